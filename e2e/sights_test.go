package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A sight is a page as somebody may come to see it.
type sight struct {
	name, path string
	want       string // a text that must be on it, in any case
	act        string // a script that goes on from there, "" for none
}

// sights are the pages of a demo, all of them unless some are asked for.
func sights(t *testing.T, base string) []sight {
	t.Helper()
	return slices.DeleteFunc(allSights(t, base), func(s sight) bool { return !strings.HasPrefix(s.name, *only) })
}

func allSights(t *testing.T, base string) []sight {
	t.Helper()
	var incidents struct {
		Rows []struct{ ID string } `json:"rows"`
	}
	within(t, 60*time.Second, "the recall has raised its incident", func() error {
		get(t, base+"/api/v1/incidents?rule=own-crisis", &incidents)
		if len(incidents.Rows) != 1 {
			return fmt.Errorf("%d incidents", len(incidents.Rows))
		}
		return nil
	})
	within(t, 60*time.Second, "the past is read", func() error {
		_, err := fetch(t.Context(), base+"/readyz")
		return err
	})
	var found struct {
		Rows []struct{ ID string } `json:"rows"`
	}
	get(t, base+"/api/v1/mentions?limit=1&q=brand:velmora+AND+recall*+AND+sentiment:negative", &found)
	if len(found.Rows) != 1 {
		t.Fatal("nothing found")
	}
	kept, crisis := keepReport(t, base), incidents.Rows[0].ID
	return []sight{
		{name: "overview", path: "/?period=30d", want: "what changed"},
		{name: "overview-nothing", path: "/?q=unheardof", want: "nothing matches"},
		{name: "mentions", path: "/mentions", want: "recall"},
		{name: "mentions-query", path: "/mentions?q=recall*+AND+brand:velmora", want: "recall"},
		{name: "mentions-fault", path: "/mentions?q=brand:velmora+AND+(recall", want: "cannot be read"},
		{name: "mentions-nothing", path: "/mentions?q=unheardof", want: "nothing matches"},
		{name: "mention", path: "/mentions/" + found.Rows[0].ID + "?q=recall*+AND+brand:velmora", want: "why it was found"},
		{name: "trends", path: "/trends", want: "what do people talk about"},
		{name: "competitors", path: "/competitors", want: "what did they do"},
		{name: "compare", path: "/compare?by=product", want: "tensivane"},
		{name: "compare-segments", path: "/compare?q=brand:velmora&q2=brand:quorvance", want: "b against a"},
		{name: "compare-periods", path: "/compare?q=brand:velmora&period=7d&than=before&by=product", want: "each from its beginning"},
		{name: "voices", path: "/voices", want: "who moves the talk"},
		{name: "alerts", path: "/alerts", want: "own-crisis"},
		{name: "alerts-all", path: "/alerts?tab=all", want: "own-crisis"},
		{name: "alerts-deliveries", path: "/alerts?tab=deliveries", want: "desk-hook"},
		{name: "alerts-safety", path: "/alerts?tab=safety", want: "flagged"},
		{name: "alerts-rules", path: "/alerts?tab=rules", want: "rival-launch"},
		{name: "rule-new", path: "/rules/new?match=recall*", want: "a new rule"},
		{name: "rule", path: "/rules/own-crisis", want: "rule own-crisis"},
		{
			name: "rule-tried", path: "/rules/own-crisis", want: "a week",
			act: `document.querySelector("button[formaction$='/rules/try']").click()`,
		},
		{name: "incident", path: "/incidents/" + crisis, want: "own-crisis"},
		{name: "mute-preview", path: "/incidents/" + crisis + "?mute=1", want: "in the last 30 days"},
		{name: "crisis-sheet", path: "/api/v1/reports/incident?name=" + crisis + "&format=html", want: "own-crisis"},
		{name: "sources", path: "/sources", want: "corner-blog"},
		{name: "boards", path: "/boards", want: "service desk"},
		{name: "board", path: "/boards/desk", want: "what people ask"},
		{name: "board-new", path: "/boards/new", want: "a new board"},
		{name: "board-edit", path: "/boards/desk/edit", want: "board desk"},
		{name: "reports", path: "/reports", want: "make and send now"},
		{name: "report-weekly", path: "/api/v1/reports/weekly?format=html", want: "velmora"},
		{name: "report-versus", path: "/api/v1/reports/versus?format=html", want: "velmora"},
		{name: "report-kept", path: "/reports/" + kept, want: "links to this report"},
		{name: "report-review", path: "/reports/" + kept + "?review=1", want: "then and now"},
		{name: "report-shared", path: shareReport(t, base, kept), want: "velmora"},
		{name: "report-ended", path: "/shared/of-yesterday", want: "opens nothing"},
		{name: "settings", path: "/settings", want: "velmora"},
		{name: "people", path: "/settings/people", want: "who may come in"},
		{name: "account", path: "/account", want: "who am i here"},
		{name: "audit", path: "/audit", want: "who did what"},
		{name: "api", path: "/api/v1/docs", want: "/mentions/{id}"},
		{name: "api-objects", path: "/api/v1/docs?objects=1", want: "objects"},
		{name: "missing", path: "/nowhere", want: "no such page"},
		{name: "inbox", path: "/inbox", want: "webhook"},
	}
}

// shareReport makes a link to a kept report and gives its path.
func shareReport(t *testing.T, base, id string) string {
	t.Helper()
	resp, err := http.Post(base+"/api/v1/archive/"+id+"/shares", "application/json", bytes.NewReader([]byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var share struct{ Link string }
	if err := json.NewDecoder(resp.Body).Decode(&share); err != nil || !strings.Contains(share.Link, "/shared/") {
		t.Fatalf("share: %s, %q, %v", resp.Status, share.Link, err)
	}
	return share.Link[strings.Index(share.Link, "/shared/"):]
}

// open shows a sight in a browser and waits for what it is for.
func (s sight) open(ctx context.Context, t *testing.T, base string, width int64, theme string) {
	t.Helper()
	if err := chromedp.Do(ctx, look(width, theme), chromedp.Navigate(base+s.path)); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	again := ""
	if s.act != "" {
		again = s.act
	}
	within(t, 30*time.Second, s.name+" shows "+s.want, func() error {
		if again != "" {
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](again+"; true")); err != nil {
				return err
			}
			time.Sleep(500 * time.Millisecond)
		}
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
		if err == nil && !strings.Contains(strings.ToLower(text), strings.ToLower(s.want)) {
			err = fmt.Errorf("no %q on\n%s", s.want, tail(text, 600))
		}
		return err
	})
}

// shoot takes a picture of a sight in two widths and both themes.
func (s sight) shoot(ctx context.Context, t *testing.T, base string) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{1280, 390} {
		for _, theme := range []string{"light", "dark"} {
			s.open(ctx, t, base, width, theme)
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(*screenshots, fmt.Sprintf("%s-%d-%s.png", s.name, width, theme)), png, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// examine lets axe-core look at a sight in two widths and both themes.
func (s sight) examine(ctx context.Context, t *testing.T, base string, faults func() ([]string, error)) {
	t.Helper()
	for _, width := range []int64{1280, 390} {
		for _, theme := range []string{"light", "dark"} {
			s.open(ctx, t, base, width, theme)
			list, err := faults()
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			for _, f := range list {
				t.Errorf("%s %d %s: %s", s.name, width, theme, f)
			}
			notWide(ctx, t, s.name, width)
		}
	}
}

// notWide fails when the page that is open scrolls sideways.
func notWide(ctx context.Context, t *testing.T, name string, width int64) {
	t.Helper()
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
	if err != nil || wide {
		t.Errorf("%s scrolls sideways at %d: %v, %v", name, width, wide, err)
	}
}
