package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// A walker is a person at a browser.
type walker struct {
	t   *testing.T
	ctx context.Context
}

func (w *walker) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, actions...); err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

// text is what an expression gives on the page.
func (w *walker) text(js string) string {
	w.t.Helper()
	v, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// has waits until the page shows a text.
func (w *walker) has(what, want string) {
	w.t.Helper()
	within(w.t, 30*time.Second, what, func() error {
		v, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
		if err != nil {
			return err
		}
		if b := strings.ToLower(v); !strings.Contains(b, want) {
			return fmt.Errorf("no %q on\n%s", want, tail(b, 800))
		}
		return nil
	})
}

// ask reads a path of the API as the page would, with its session.
func (w *walker) ask(path string) string {
	w.t.Helper()
	return w.text(`fetch("` + path + `").then(r => r.ok ? r.text() : "answer " + r.status)`)
}

// The strategist of the walk.
const (
	walkName     = "strategist"
	walkPassword = "a walk on a bad morning"
)

// TestWalk is what a person does on a bad morning: signs in, sees that
// something is wrong, reads why, puts two mentions aside, makes a rule of a
// search, sees what it would have told, watches it fire, acknowledges it, takes
// the rows along and opens the report.
func TestWalk(t *testing.T) {
	base := demo(t)
	sights(t, base) // the recall has happened
	w := &walker{t, browserAt(t, base)}
	w.signIn(base)
	w.findTheRecall()
	q := w.settledSearch()
	w.setTwoAside(base, q)
	w.ruleOfTheSearch(base)
	w.watchItFire(base)
	w.takeTheRows(base, q)
	w.openTheReport(base)
	w.signOut(base)
}

// signIn makes the only user, who closes the door to everybody else, and
// comes in as that one. A wrong password loses nothing.
func (w *walker) signIn(base string) {
	w.t.Helper()
	w.do("people", look(1280, "light"), chromedp.Navigate(base+"/settings/people"))
	w.has("nobody yet", "with the first user everybody has to sign in")
	w.do("first user", chromedp.SetValue("#uname", walkName), chromedp.SetValue("#upassword", walkPassword), chromedp.SetValue("#urole", "admin"), chromedp.Click("button.main"))
	w.has("the door is closed", "name\npassword")
	if _, err := fetch(w.t.Context(), base+"/api/v1/count"); err == nil {
		w.t.Error("a program without a token is let in")
	}
	w.do("overview", chromedp.Navigate(base+"/?period=7d"))
	w.do("wrong password", chromedp.SetValue("#name", walkName), chromedp.SetValue("#password", "wrong"), chromedp.Click("button.main"))
	w.has("refused", "do not fit together")
	w.do("sign in", chromedp.SetValue("#password", walkPassword), chromedp.Click("button.main"))
	w.has("signed in, where one wanted to be", "what changed")
	if at := w.text("location.pathname + location.search"); at != "/?period=7d" {
		w.t.Errorf("signed in to %s", at)
	}
	if c := w.text("document.cookie"); c != "" {
		w.t.Errorf("scripts can read the session: %q", c)
	}
}

// findTheRecall takes two clicks from the overview, and reads why.
func (w *walker) findTheRecall() {
	w.t.Helper()
	w.has("the crisis is firing", "own-crisis")
	w.do("incident", chromedp.Click(".alarm a"))
	w.has("who was told", "who was told")
	if h := w.text(`document.querySelector("h1").textContent`); h != "own-crisis" {
		w.t.Errorf("the first alarm leads to %q", h)
	}
	w.do("mention", chromedp.Click(".hit h3 a"))
	w.has("why", "why this sentiment")
	if text := w.text(`document.querySelector(".mention").innerText.toLowerCase()`); !strings.Contains(text, "recall") {
		w.t.Errorf("two clicks from the overview stands\n%s", text)
	}
	for _, why := range []string{"why these brands", "velmora", "on a scale of", "why these labels", "recalls"} {
		w.has("the reasons", why)
	}
}

// settledSearch is a search whose count stands still: the demo goes on.
func (w *walker) settledSearch() string {
	w.t.Helper()
	q := url.QueryEscape("brand:velmora AND recall* AND published:[* TO " + time.Now().Add(-2*time.Minute).UTC().Format(time.RFC3339) + "]")
	last := ""
	within(w.t, time.Minute, "the demo's past is read", func() error {
		count := w.ask("/api/v1/count?q=" + q)
		if count == last {
			return nil
		}
		last = count
		time.Sleep(3 * time.Second)
		return fmt.Errorf("%s still grows", count)
	})
	return q
}

const totalText = `document.querySelector(".total strong").textContent`

// setTwoAside marks two mentions irrelevant: the number follows, and undoing
// brings it back.
func (w *walker) setTwoAside(base, q string) {
	w.t.Helper()
	w.do("search", chromedp.Navigate(base+"/mentions?fold=no&q="+q))
	before := w.text(totalText)
	aside := func() {
		w.t.Helper()
		w.do("two irrelevant", chromedp.Click(".hit:nth-of-type(1) > input"), chromedp.Click(".hit:nth-of-type(2) > input"), chromedp.Click(`button[value=marked]`))
		w.has("done", "2 mentions are irrelevant")
	}
	aside()
	n, err1 := strconv.Atoi(strings.ReplaceAll(before, ",", ""))
	after, err2 := strconv.Atoi(strings.ReplaceAll(w.text(totalText), ",", ""))
	if err1 != nil || err2 != nil || after != n-2 {
		w.t.Errorf("%d mentions after two of %s were set aside", after, before)
	}
	w.do("undo", chromedp.Click(".notice.good button"))
	w.has("undone", "undone")
	if again := w.text(totalText); again != before {
		w.t.Errorf("%s mentions after undoing, %s before", again, before)
	}
	aside()
}

// ruleOfTheSearch makes a rule of what was looked for, and sees what it would
// have told.
func (w *walker) ruleOfTheSearch(base string) {
	w.t.Helper()
	w.do("search", chromedp.Navigate(base+"/mentions?q="+url.QueryEscape("brand:velmora AND walkabout*")))
	w.do("as a rule", chromedp.Evaluate[chromedp.Void](`document.querySelector("a[href*='/rules/new?match=']").click()`))
	w.has("the editor", "a new rule")
	if got := w.text(`document.querySelector("textarea[name=match]").value`); got != "brand:velmora AND walkabout*" {
		w.t.Errorf("the editor holds %q", got)
	}
	w.do("save", chromedp.SetValue("input[name=id]", "walk"), chromedp.SetValue("input[name=count]", "2"), chromedp.Click("button.main"))
	w.has("saved", "saved and watching")
	if n := w.tryRule(); n != 0 {
		w.t.Errorf("a rule of what was never said would have fired %d times", n)
	}
	w.do("a rule with a past", chromedp.Navigate(base+"/rules/new?match="+url.QueryEscape("brand:velmora AND recall*")))
	w.has("what it watches", "match now")
	w.do("30 in an hour", chromedp.SetValue("input[name=count]", "30"))
	fired := w.tryRule()
	if fired < 1 {
		w.t.Errorf("a rule about the recall would have fired %d times", fired)
	}
	if marks := w.text(`String(document.querySelectorAll("#trial .wide svg circle").length)`); marks != strconv.Itoa(fired) {
		w.t.Errorf("the strip marks %s of %d firings", marks, fired)
	}
	count := w.text(`document.querySelector("#trial .stack td:last-child a").textContent.replace(" of that time", "")`)
	w.do("its mentions", chromedp.Click("#trial .stack td:last-child a"))
	w.has("they are listed", "narrow down")
	if total := w.text(totalText); total != count {
		w.t.Errorf("a firing of %s mentions leads to %s", count, total)
	}
}

// tryRule presses the button that tries the rule in the editor over the past,
// and gives how often it would have fired, which stands above a strip.
func (w *walker) tryRule() int {
	w.t.Helper()
	const press = `document.querySelector("button[formaction$='/rules/try']").click()`
	fired := -1
	within(w.t, time.Minute, "the past is read", func() error {
		if err := chromedp.Do(w.ctx, chromedp.Evaluate[chromedp.Void](press)); err != nil {
			return err
		}
		w.has("the trial", "had it existed")
		text := w.text(`(document.querySelector("#trial strong") || {}).textContent || ""`)
		if _, err := fmt.Sscanf(text, "%d firing", &fired); err != nil {
			return fmt.Errorf("the trial says %q", text)
		}
		return nil
	})
	if n := w.text(`String(document.querySelectorAll("#trial .wide svg").length)`); n != "1" {
		w.t.Errorf("%s strips of the past", n)
	}
	return fired
}

// watchItFire has the overview open when two mentions come in, and goes where
// it says that the rule fires.
func (w *walker) watchItFire(base string) {
	w.t.Helper()
	w.do("overview", chromedp.Navigate(base+"/?period=7d"))
	w.has("the overview", "what changed")
	time.Sleep(time.Second) // the stream is opened after the page
	push := `fetch("/api/v1/mentions", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({mentions: [1, 2].map(i => (
		{guid: "walk-" + i, title: "Velmora walkabout " + i, text: "Velmora begins a walkabout.", author: "a" + i, kind: "post", published: new Date().toISOString()}))})}).then(r => r.text())`
	if got := w.text(push); !strings.Contains(got, `"new":2`) {
		w.t.Fatalf("push: %s", got)
	}
	within(w.t, 45*time.Second, "the page says that it fires", func() error {
		v, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`(document.querySelector("#live") || {}).innerText || ""`))
		if err != nil {
			return err
		}
		if !strings.Contains(v, "walk") || !strings.Contains(v, "firing") {
			return fmt.Errorf("it says %q", v)
		}
		return nil
	})
	w.do("show", chromedp.Click("#live a"))
	w.has("it stands on the overview", "walk")
	w.do("incident", chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".alarm a")].find(a => a.textContent.trim() === "walk").click()`))
	w.has("the incident", "velmora walkabout")
	w.do("ack", chromedp.Click("button[value=ack]"))
	w.has("acknowledged", "acknowledged.")
	w.has("by whom", walkName)
}

// takeTheRows downloads what the search found, and counts.
func (w *walker) takeTheRows(base, q string) {
	w.t.Helper()
	dir := w.t.TempDir()
	w.do("downloads", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: "allow", DownloadPath: dir})
		return err
	}))
	w.do("search", chromedp.Navigate(base+"/mentions?fold=no&q="+q))
	total := strings.ReplaceAll(w.text(totalText), ",", "")
	w.do("export", chromedp.Evaluate[chromedp.Void](`document.querySelector("a[href*='/api/v1/export?format=csv']").click()`))
	within(w.t, 30*time.Second, "the rows are here", func() error {
		files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
		if err != nil || len(files) != 1 {
			return fmt.Errorf("%d files, %w", len(files), err)
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			return err
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
		if err == nil && strconv.Itoa(len(rows)-1) != total {
			err = fmt.Errorf("%d rows of %s", len(rows)-1, total)
		}
		return err
	})
}

// openTheReport opens the weekly digest as people read it.
func (w *walker) openTheReport(base string) {
	w.t.Helper()
	w.do("reports", chromedp.Navigate(base+"/reports"), chromedp.Click("a[href*='/reports/weekly'][href*='format=html']"))
	w.has("the report", "velmora")
	if at := w.text("location.pathname"); at != "/api/v1/reports/weekly" {
		w.t.Errorf("the report is at %s", at)
	}
}

// signOut ends the session; who did what stands in the audit before.
func (w *walker) signOut(base string) {
	w.t.Helper()
	w.do("audit", chromedp.Navigate(base+"/audit?actor="+walkName))
	for _, want := range []string{"signin", "curate.irrelevant", "put.rule"} {
		w.has("the audit", want)
	}
	w.do("sign out", chromedp.Click("footer button.link"))
	w.has("the door is closed", "name\npassword")
	w.do("back", chromedp.Navigate(base+"/mentions"))
	w.has("it stays closed", "name\npassword")
	var problem struct{ Status int }
	if err := json.Unmarshal([]byte(w.text(`fetch("/api/v1/count").then(r => r.text())`)), &problem); err != nil || problem.Status != http.StatusUnauthorized {
		w.t.Errorf("after signing out: %+v, %v", problem, errors.Unwrap(err))
	}
}
