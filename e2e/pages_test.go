package e2e

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
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

// TestPages opens every page in a real browser: it shows what it is for, runs
// no script of anybody's, and asks nobody else for anything.
func TestPages(t *testing.T) {
	base := demo(t)
	ctx := browserAt(t, base)
	for _, s := range sights(t, base) {
		for _, width := range []int64{1280, 390} {
			s.open(ctx, t, base, width, "light")
			notWide(ctx, t, s.name, width)
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
	ctx := browserAt(t, base)
	for _, s := range sights(t, base) {
		s.shoot(ctx, t, base)
	}
}

// TestNobodyIsLeftOut lets axe-core look at every page, in both themes and at
// two widths: it finds nothing serious.
func TestNobodyIsLeftOut(t *testing.T) {
	base := demo(t)
	ctx := browserAt(t, base)
	faults := axe(ctx, t)
	for _, s := range sights(t, base) {
		if s.path != "/inbox" { // the demo's own, no page of ours
			s.examine(ctx, t, base, faults)
		}
	}
}

// axe gives a function that tells what is wrong with the page that is open for
// people who cannot see, or not well.
func axe(ctx context.Context, t *testing.T) func() ([]string, error) {
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
	return func() ([]string, error) {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](string(script)+"; true")); err != nil {
			return nil, err
		}
		return chromedp.Run(ctx, chromedp.Evaluate[[]string](ask, chromedp.EvalAwaitPromise))
	}
}
