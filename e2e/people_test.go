package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestTheDoor looks at what stands before the door, and at the pages of people
// when there are some: nobody is left out there, and nothing leaves the host.
func TestTheDoor(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "earshot.yaml")
	if err := os.WriteFile(config, []byte("version: 1\nserver: {listen: \"127.0.0.1:0\"}\nbrands: [{id: acme, name: Acme, role: own}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := start(t, filepath.Join(dir, "data"), "serve", "--config", config)
	password := strings.TrimSpace(run(t, dir, binary(t), "users", "add", "root", "--role", "admin", "--config", config))
	run(t, dir, binary(t), "users", "add", "agency@example.org", "--scope", "brand:acme AND country:ch", "--config", config)
	w := &walker{t, browserAt(t, base)}
	look := axe(t, w.ctx, base)
	shoot := func(name string) {
		if *screenshots == "" {
			return
		}
		png, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
		if err == nil {
			err = os.MkdirAll(*screenshots, 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o644)
		}
		if err != nil {
			t.Error(err)
		}
	}
	for _, path := range []string{"/", "/signin?next=/mentions", "/setup"} {
		look(path)
	}
	w.do("the door", chromedp.EmulateViewport(1280, 900), chromedp.Navigate(base+"/signin"))
	shoot("signin-1280-dark")
	w.do("sign in", chromedp.SetValue("#name", "root"), chromedp.SetValue("#password", password), chromedp.Click("button.main"))
	w.has("signed in", "what changed")
	w.do("account", chromedp.Navigate(base+"/account"), chromedp.SetValue("#tname", "sheet"), chromedp.Click("form[action$='/account/tokens'] button"))
	w.has("the secret, once", "earshot_")
	shoot("token-390-dark")
	for _, path := range []string{"/account", "/settings", "/settings/people", "/audit"} {
		look(path)
		shoot(strings.ReplaceAll(path, "/", "-") + "-390-dark")
		w.do(path, chromedp.EmulateViewport(1280, 900))
		shoot(strings.ReplaceAll(path, "/", "-") + "-1280-dark")
	}
}
