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

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// browser starts Chromium and returns its context; every request that leaves
// the host of base fails the test.
func browser(t *testing.T, base string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true))
	alloc, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
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
	return map[string]string{
		"/":                                  "recall",
		"/?q=recall*":                        "recall",
		"/mentions/" + found.Rows[0].ID:      "ecall",
		"/incidents":                         "own-crisis",
		"/incidents/" + incidents.Rows[0].ID: "own-crisis",
		"/sources":                           "corner-blog",
		"/api/v1/docs":                       "/mentions/{id}",
		"/inbox":                             "webhook",
	}
}

// TestPages opens every page in a real browser: it shows what it is for, runs
// no script of anybody's, and asks nobody else for anything.
func TestPages(t *testing.T) {
	base := demo(t)
	paths := pages(t, base)
	ctx := browser(t, base)
	for path, want := range paths {
		if err := chromedp.Do(ctx, chromedp.Navigate(base+path)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("%s does not show %q:\n%s", path, want, tail(text, 600))
		}
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
		if err != nil || wide {
			t.Errorf("%s scrolls sideways: %v, %v", path, wide, err)
		}
	}
}

// TestScreenshots takes a picture of every page in two widths.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		return
	}
	base := demo(t)
	paths := pages(t, base)
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, base)
	for path := range paths {
		name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "*", "", "=", "-").Replace(path), "-")
		for _, width := range []int64{1280, 390} {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(base+path)); err != nil {
				t.Fatal(err)
			}
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(*screenshots, fmt.Sprintf("%s-%d.png", cmp.Or(name, "home"), width))
			if err := os.WriteFile(file, png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
