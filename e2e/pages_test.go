package e2e

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// browserAt starts Chromium and returns its context; every request that leaves
// the host of base fails the test.
func browserAt(t *testing.T, base string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true))
	alloc, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	home, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	sent := chromedp.Events(ctx, network.RequestWillBeSent)
	go func() {
		for ev, err := range sent {
			if err != nil {
				return
			}
			u, err := url.Parse(ev.Request.URL)
			if err == nil && u.Host != "" && u.Host != home.Host {
				t.Errorf("a request left the host: %s", ev.Request.URL)
			}
		}
	}()
	return ctx
}

// pages are the paths of every page, with a text that must be on it.
func pages(t *testing.T, base string) map[string]string {
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
	var found struct {
		Rows []struct{ ID string } `json:"rows"`
	}
	get(t, base+"/api/v1/mentions?limit=1&q=recall*", &found)
	if len(found.Rows) != 1 {
		t.Fatal("nothing found")
	}
	kept := keepReport(t, base)
	return map[string]string{
		"/boards":                               "service desk",
		"/boards/desk":                          "what people ask",
		"/boards/new":                           "a new board",
		"/reports":                              "make and send now",
		"/reports/" + kept:                      "links to this report",
		"/?period=30d":                          "what changed",
		"/mentions":                             "recall",
		"/mentions?q=recall*+AND+brand:velmora": "recall",
		"/mentions/" + found.Rows[0].ID:         "ecall",
		"/trends":                               "what do people talk about",
		"/competitors":                          "what did they do",
		"/compare?by=product":                   "tensivane",
		"/voices":                               "who moves the talk",
		"/alerts":                               "own-crisis",
		"/alerts?tab=deliveries":                "desk-hook",
		"/alerts?tab=safety":                    "flagged",
		"/alerts?tab=rules":                     "rival-launch",
		"/rules/new?match=recall*":              "a new rule",
		"/incidents/" + incidents.Rows[0].ID:    "own-crisis",
		"/sources":                              "corner-blog",
		"/settings":                             "velmora",
		"/settings/people":                      "who may come in",
		"/account":                              "who am i here",
		"/audit":                                "who did what",
		"/api/v1/docs":                          "/mentions/{id}",
		"/inbox":                                "webhook",
	}
}

// TestPages opens every page in a real browser: it shows what it is for, runs
// no script of anybody's, and asks nobody else for anything.
func TestPages(t *testing.T) {
	base := demo(t)
	paths := pages(t, base)
	ctx := browserAt(t, base)
	for path, want := range paths {
		for _, width := range []int64{1280, 390} {
			if err := chromedp.Do(ctx, look(width, "light"), chromedp.Navigate(base+path)); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
				t.Errorf("%s does not show %q:\n%s", path, want, tail(text, 600))
			}
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
			if err != nil || wide {
				t.Errorf("%s scrolls sideways at %d: %v, %v", path, width, wide, err)
			}
		}
	}
}

// look sets the width and the theme of the browser.
func look(width int64, theme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}
		if _, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			return err
		}
		return chromedp.Do(ctx, chromedp.EmulateViewport(width, 900))
	})
}

// TestScreenshots takes a picture of every page in two widths and both themes.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		return
	}
	base := demo(t)
	paths := pages(t, base)
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx := browserAt(t, base)
	for path := range paths {
		name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "*", "", "=", "-", "+", "-", ":", "-").Replace(path), "-")
		for _, width := range []int64{1280, 390} {
			for _, theme := range []string{"light", "dark"} {
				if err := chromedp.Do(ctx, look(width, theme), chromedp.Navigate(base+path)); err != nil {
					t.Fatal(err)
				}
				png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(*screenshots, fmt.Sprintf("%s-%d-%s.png", cmp.Or(name, "home"), width, theme))
				if err := os.WriteFile(file, png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestNobodyIsLeftOut lets axe-core look at every page, in both themes and at
// two widths: it finds nothing serious.
func TestNobodyIsLeftOut(t *testing.T) {
	base := demo(t)
	paths := pages(t, base)
	look := axe(t, browserAt(t, base), base)
	for path := range paths {
		if path != "/inbox" { // the demo's own, no page of ours
			look(path)
		}
	}
}

// axe gives a function that tells what is wrong with a page for people who
// cannot see, or not well.
func axe(t *testing.T, ctx context.Context, base string) func(path string) {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(".tools", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	bypass := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { // axe is a script of nobody's page
		_, err := cdp.Call(ctx, t, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
		return err
	})
	if err := chromedp.Do(ctx, bypass); err != nil {
		t.Fatal(err)
	}
	const ask = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations
		.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + (n.any[0] ? n.any[0].message : "")).join(" | ")))`
	return func(path string) {
		t.Helper()
		for _, width := range []int64{1280, 390} {
			for _, theme := range []string{"light", "dark"} {
				if err := chromedp.Do(ctx, look(width, theme), chromedp.Navigate(base+path)); err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](string(script)+"; true")); err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](ask, chromedp.EvalAwaitPromise))
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				for _, f := range faults {
					t.Errorf("%s %d %s: %s", path, width, theme, f)
				}
				wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
				if err != nil || wide {
					t.Errorf("%s scrolls sideways at %d: %v, %v", path, width, wide, err)
				}
			}
		}
	}
}
