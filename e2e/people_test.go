package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestTheDoor looks at what stands before the door, at the pages of people
// when there are some, and at every page while nothing was heard yet: nobody is
// left out there, and nothing leaves the host.
func TestTheDoor(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "earshot.yaml")
	if err := os.WriteFile(config, []byte("version: 1\nserver: {listen: \"127.0.0.1:0\"}\nbrands: [{id: acme, name: Acme, role: own}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := start(t, filepath.Join(dir, "data"), "serve", "--config", config)
	w := &walker{t, browserAt(t, base)}
	faults := axe(w.ctx, t)
	see := func(list []sight) {
		for _, s := range list {
			s.examine(w.ctx, t, base, faults)
			s.shoot(w.ctx, t, base)
		}
	}
	see([]sight{
		{name: "empty-overview", path: "/", want: "nothing has been heard yet"},
		{name: "empty-mentions", path: "/mentions", want: "nothing has been heard yet"},
		{name: "empty-trends", path: "/trends", want: "nothing stands out"},
		{name: "empty-competitors", path: "/competitors", want: "no activity"},
		{name: "empty-compare", path: "/compare", want: "nothing to compare"},
		{name: "empty-voices", path: "/voices", want: "nobody spoke"},
		{name: "empty-alerts", path: "/alerts", want: "no rule is watching"},
		{name: "empty-deliveries", path: "/alerts?tab=deliveries", want: "no notice"},
		{name: "empty-safety", path: "/alerts?tab=safety", want: "adverse event"},
		{name: "empty-rules", path: "/alerts?tab=rules", want: "no rule is watching"},
		{name: "empty-sources", path: "/sources", want: "no source"},
		{name: "empty-boards", path: "/boards", want: "none yet"},
		{name: "empty-reports", path: "/reports", want: "planned"},
		{name: "empty-settings", path: "/settings", want: "nobody but this machine"},
		{name: "empty-people", path: "/settings/people", want: "nobody yet"},
	})
	password := strings.TrimSpace(run(t, dir, binary(t), "users", "add", "root", "--role", "admin", "--config", config))
	run(t, dir, binary(t), "users", "add", "agency@example.org", "--scope", "brand:acme AND country:ch", "--config", config)
	see([]sight{
		{name: "signin", path: "/signin?next=/mentions", want: "password"},
		{name: "setup-used", path: "/setup", want: "does nothing any more"},
	})
	w.do("sign in", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(base+"/signin"), chromedp.SetValue("#name", "root"), chromedp.SetValue("#password", password), chromedp.Click("button.main"))
	w.has("signed in", "what changed")
	w.do("account", chromedp.Navigate(base+"/account"), chromedp.SetValue("#tname", "sheet"), chromedp.Click("form[action$='/account/tokens'] button"))
	w.has("the secret, once", "earshot_")
	see([]sight{
		{name: "door-account", path: "/account", want: "sheet"},
		{name: "door-settings", path: "/settings", want: "2 users"},
		{name: "door-people", path: "/settings/people", want: "agency@example.org"},
		{name: "door-audit", path: "/audit", want: "signin"},
	})
}

// TestTheFirstStart looks at the set-up link that a daemon prints when it
// listens beyond this machine and nobody could sign in.
func TestTheFirstStart(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "earshot.yaml")
	if err := os.WriteFile(config, []byte("version: 1\nserver: {listen: \"0.0.0.0:0\", public_url: \"https://earshot.example\"}\nbrands: [{id: acme, name: Acme, role: own}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := start(t, filepath.Join(dir, "data"), "serve", "--config", config)
	ctx := browserAt(t, base)
	s := sight{name: "setup", path: "/setup?code=of-the-link", want: "make the admin"}
	s.examine(ctx, t, base, axe(ctx, t))
	s.shoot(ctx, t, base)
}
