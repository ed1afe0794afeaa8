package api_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"earshot/api"
	"earshot/mention"
)

// vectors are texts that some page, somewhere, took for more than text.
var vectors = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	`</title><svg/onload=alert(1)>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<a href="javascript:alert(1)">x</a>`,
	`javascript:alert(1)`,
	`JaVaScRiPt:alert(1)`,
	"java\tscript:alert(1)",
	` javascript:alert(1)`,
	`data:text/html,<script>alert(1)</script>`,
	`//evil.example/x`,
	`/\evil.example`,
	`https:alert(1)`,
	`{{.Who}}`,
	`<iframe srcdoc="<script>alert(1)</script>">`,
	`<base href="https://evil.example/">`,
	`<form action="https://evil.example/"><input name=q>`,
	`<link rel=stylesheet href="https://evil.example/x.css">`,
	`<style>*{background:url(https://evil.example/)}</style>`,
	"\x00<b>\xff\xfe",
	"\u202etxet esrever",
}

// mayStand are the elements our own templates write.
var mayStand = strings.Fields(`html head script ol dialog datalist kbd textarea fieldset legend em b path g circle text desc hr meta title link body a header span nav main footer h1 h2 h3 p strong em section article form label div input select option
	button pre mark ul li figure figcaption svg line rect title details summary table thead tbody tr th td aside time code del ins dl dt dd br`)

// faultsOf lists what a page must never have.
func faultsOf(t *testing.T, body string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(mayStand, n.Data) {
			faults = append(faults, "element "+n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case n.Data == "script" && a.Key == "src" && strings.HasPrefix(a.Val, "/assets/app.js?v=") && n.FirstChild == nil:
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", a.Key == "src":
				faults = append(faults, "attribute "+a.Key+"="+a.Val)
			case a.Key == "href" || a.Key == "action":
				u, err := url.Parse(a.Val)
				ours := err == nil && u.Scheme == "" && u.Host == "" && (strings.HasPrefix(u.Path, "/") || u.Path == "") && !strings.HasPrefix(a.Val, "//")
				world := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && n.Data == "a" && strings.Contains(attr(n, "rel"), "noreferrer")
				if !ours && !world {
					faults = append(faults, n.Data+" "+a.Key+"="+a.Val)
				}
			}
		}
	}
	return faults
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestTextOfTheWorldStaysText(t *testing.T) {
	for _, x := range vectors {
		f := newFake(2)
		for i := range f.records {
			r := &f.records[i]
			m := &r.Mention
			m.Title, m.Text, m.Author, m.URL, m.Site, m.Source, m.GUID, m.Channel, m.Lang = x, x+" "+x, x, x, x, x, x, x, x
			m.Kind = mention.Kind(x)
			m.PageChange = &mention.PageChange{Type: x, Severity: x, Before: x, After: x, Where: x}
			r.Story, r.Curation.Tags, r.Linking.Labels, r.Analysis.Language, r.Linking.Own = x, []string{x}, []string{x}, x, x
			r.Linking.Brands = []mention.BrandMention{{Brand: x, Product: x, Why: x, Spans: []mention.Span{{Start: 1, End: 3}, {Field: "title", End: 2}}}}
			r.Analysis.Sentiment.Label = x
			r.Analysis.Entities = []mention.Entity{{Text: x, Type: x}}
			r.Analysis.Keyphrases = []string{x}
		}
		for i := range f.incidents {
			inc := &f.incidents[i]
			inc.Rule, inc.Group, inc.Reason, inc.AckedBy, inc.Severity = x, x, x, x, x
		}
		for i := range f.outbox {
			f.outbox[i].Receiver, f.outbox[i].Reason, f.outbox[i].Error = x, x, x
		}
		f.sources[0].Source.URL, f.sources[0].Source.ID, f.sources[0].State.Error = x, x, x
		f.rules[0].ID, f.rules[0].Match, f.rules[0].Error = x, x, x
		f.curated = []mention.CurationEvent{{Actor: x, Action: "note", Value: x}}
		f.reasons = []string{x}
		f.labels[0].Name = x
		f.objects["muted m"] = api.Object{Kind: api.KindMuted, ID: "m", Body: mustJSON(mention.MutedTerm{ID: "m", Term: x, Key: x, By: x})}
		h := handler(t, api.Options{Backend: f})
		for _, path := range []string{
			"/?period=30d", "/trends", "/voices?by=site", "/competitors", "/reports", "/compare?by=brand", "/compare?by=brand&q=brillux&than=before&q2=" + url.QueryEscape(x), "/compare?period=7d&q2=recall&from2=" + url.QueryEscape(x), "/compare?by=" + url.QueryEscape(x), "/trends?q=" + url.QueryEscape(x),
			"/mentions", "/mentions?q=" + url.QueryEscape("recall "+x), "/mentions?q=recall+AND+brillux&order=" + url.QueryEscape(x), "/mentions?from=" + url.QueryEscape(x), "/mentions?done=" + url.QueryEscape(x),
			"/mentions/m0?q=" + url.QueryEscape(x), "/alerts?tab=all", "/alerts?tab=deliveries", "/alerts?tab=safety", "/alerts?tab=rules", "/alerts?rule=" + url.QueryEscape(x), "/incidents/i0", "/sources", "/settings",
			"/rules/new?match=" + url.QueryEscape(x), "/api/v1/docs?" + url.QueryEscape(x),
		} {
			r := request(http.MethodGet, path, "")
			r.Header.Set("Accept", "text/html")
			res, body := answer(h, r)
			if ct := res.Header.Get("Content-Type"); ct != "text/html; charset=utf-8" {
				t.Fatalf("%s with %q: %d %s %s", path, x, res.StatusCode, ct, body)
			}
			for _, fault := range faultsOf(t, body) {
				t.Errorf("%s with %q has %s", path, x, fault)
			}
		}
	}
}

func TestHostNameStaysText(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(1), Tokens: tokens()})
	r := request("GET", "/api/v1/docs", "")
	r.Host = `"><script>alert(1)</script>`
	r.Header.Set("Authorization", "Bearer read")
	_, body := answer(h, r)
	for _, fault := range faultsOf(t, body) {
		t.Errorf("docs have %s", fault)
	}
}

func TestPages(t *testing.T) {
	f := newFake(60)
	h := handler(t, api.Options{Backend: f, Links: []api.Link{{Path: "/inbox/", Name: "Inbox"}}})
	tests := []struct {
		path string
		want []string
	}{
		{"/?period=30d", []string{"What changed, and why?", "Net sentiment", "40 mentions where 4 were expected", "/rules/new?match=", "Ada Muster", "own", "How this is counted", "1 of 2 sources", "outcry", "aria-labelledby"}},
		{"/trends", []string{"splinters", "× 20.0", "expected"}},
		{"/voices", []string{"Ada Muster", "not measured", "most engagement"}},
		{"/competitors", []string{"Share of voice"[:5], "No activity is known"[:2]}},
		{"/reports?q=recall", []string{"/api/v1/reports/weekly?format=pdf&amp;period=7d&amp;q=recall"}},
		{"/compare?by=brand", []string{"platforms", "mentions"}},
		{"/mentions", []string{"<strong>60</strong> mentions", `href="/mentions/m0"`, "Brillux recalls lot 0", "one of 60 that tell this story", `href="/mentions?q=published:2026-11-20"`, `rel="next"`, `href="/inbox/"`, "▼</span> negative", "Mentions over time"}},
		{"/mentions?q=recall+AND+brillux&cursor=25&fold=no", []string{"Brillux <mark>recalls</mark>"[:8], "lot 25", "back to the first page", `value="recall AND brillux"`, "format=csv&amp;bom=true&amp;q=recall", "Without recall"}},
		{"/mentions?from=2026-11-01&to=2026-11-07", []string{"1 Nov 2026 – 7 Nov 2026", "%5B2026-11-01"}},
		{"/mentions/m0?q=recall*", []string{`<mark class="brand" title="brillux">Brillux</mark> recalls`, `<mark class="negative" title="negative -0.60">angry</mark>`, "its name", "“angry”", "recall*", "incident.firing", `action="/mentions/m0/curate"`, "Why it was found"}},
		{"/alerts", []string{"12 mentions in 1h", "Needs a person", "/incidents/i0"}},
		{"/alerts?tab=deliveries", []string{"incident.firing", "hooks.example"}},
		{"/alerts?tab=safety", []string{"<strong>1</strong> flagged", "Brillux recalls lot 0", "waiting for a person", "acknowledge"}},
		{"/alerts?tab=rules", []string{"outcry", "threshold", "brand:brillux"}},
		{"/rules/outcry", []string{"defined in the configuration file", "brand:brillux", "hook"}},
		{"/rules/new?match=recall*", []string{"recall*", "60</strong> mentions"}},
		{"/incidents/i0", []string{"Acknowledge", "Brillux recalls lot 1", "the newest 2", "incident.firing"}},
		{"/sources", []string{"✕ the address is gone (410)", "3 times in a row", "✓ well", "12,345", "Gaps in the last 30 days", "of the last 48 hours: 45 answered, 3 with a gap", "of the last 48 hours: 24 answered, 24 not asked"}},
		{"/settings", []string{"Nobody but this machine", "recall*", "Who did what"}},
		{"/api/v1/docs", []string{"searchMentions", "/mentions/{id}/why", "curl -X POST --json @body.json 'http://127.0.0.1:8080/api/v1/curation'", "needs analyst"}},
		{"/api/v1/docs?objects=1", []string{`id="schema-Record"`}},
	}
	for _, tt := range tests {
		res, body := get(h, tt.path)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", tt.path, res.StatusCode)
		}
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q\n%s", tt.path, want, body)
			}
		}
		if len(body) > 150<<10 {
			t.Errorf("%s weighs %d bytes", tt.path, len(body))
		}
	}
}

func TestPagesSayWhatIsWrong(t *testing.T) {
	f := newFake(0)
	h := handler(t, api.Options{Backend: f})
	if res, body := get(h, "/mentions?q=bad("); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "cannot be read") || !strings.Contains(body, `value="bad("`) || !strings.Contains(body, "bad<mark>▸</mark>(") {
		t.Errorf("bad query: %d %s", res.StatusCode, body)
	}
	if _, body := get(h, "/mentions"); !strings.Contains(body, "Nothing has been heard yet") {
		t.Error("no advice when there is nothing")
	}
	if _, body := get(h, "/mentions?q=a"); !strings.Contains(body, "Nothing matches") {
		t.Error("no advice when nothing matches")
	}
	f.incidents, f.sources = nil, nil
	if _, body := get(h, "/sources"); !strings.Contains(body, "No source is configured") {
		t.Error("no advice without sources")
	}
	r := request("GET", "/nope", "")
	r.Header.Set("Accept", "text/html")
	if res, body := answer(h, r); res.StatusCode != http.StatusNotFound || !strings.Contains(body, "<h1>Not Found</h1>") {
		t.Errorf("no such page: %d", res.StatusCode)
	}
}

func TestFormsOfPages(t *testing.T) {
	f := newFake(2)
	h := handler(t, api.Options{Backend: f, BasePath: "/ear"})
	tests := []struct {
		path, form string
		status     int
		location   string
	}{
		{"/ear/mentions/m0/curate", "action=tag&value=urgent", 303, "/ear/mentions/m0"},
		{"/ear/mentions/m0/curate", "action=explode", 422, ""},
		{"/ear/mentions/m0/curate", "action=sentiment&value=angry", 422, ""},
		{"/ear/curate", "one=star:m1&back=/ear/mentions", 303, "/ear/mentions"},
		{"/ear/curate", "id=m0&id=m1&action=irrelevant&back=//evil.example/", 303, "/ear/"},
		{"/ear/curate", "id=m0&action=irrelevant&back=https://evil.example/", 303, "/ear/"},
		{"/ear/curate", "id=m0&action=irrelevant&back=/\\evil.example", 303, "/ear/"},
		{"/ear/curate", "action=irrelevant&scope=marked", 422, ""},
		{"/ear/curate", "q=recall&action=tag&value=lot&scope=all&back=/ear/mentions", 303, "/ear/mentions"},
		{"/ear/curate", "q=bad(&action=star&scope=all", 400, ""},
		{"/ear/undo", "token=none", 409, ""},
		{"/ear/labels", "id=mine&query=recall", 303, "/ear/mentions?q=label%3A%22mine%22"},
		{"/ear/labels", "id=a/b&query=recall", 422, ""},
		{"/ear/rules", "id=mine&kind=threshold&match=recall&count=ten", 422, ""},
		{"/ear/rules", "id=mine&kind=threshold&match=recall&count=10&window=1h&notify=hook&more=%7B%22lateness%22:%221d%22%7D", 303, "/ear/rules/mine"},
		{"/ear/deliveries/d0/redeliver", "back=/ear/alerts", 303, "/ear/alerts"},
		{"/ear/safety/m0/open", "back=/ear/alerts", 303, "/ear/alerts"},
		{"/ear/incidents/i0/flag", "action=ack", 303, "/ear/incidents/i0"},
		{"/ear/incidents/i0/flag", "action=snooze", 303, "/ear/incidents/i0"},
		{"/ear/incidents/i0/flag", "action=explode", 422, ""},
		{"/ear/incidents/nope/flag", "action=ack", 404, ""},
		{"/ear/incidents/%2F%2Fevil.example/flag", "action=ack", 404, ""},
	}
	for _, tt := range tests {
		r := request("POST", tt.path, tt.form)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, body := answer(h, r)
		where := regexp.MustCompile(`done=\w+&?`).ReplaceAllString(res.Header.Get("Location"), "")
		where = strings.TrimSuffix(where, "?")
		if res.StatusCode != tt.status || where != tt.location {
			t.Errorf("%s %s: %d to %q %s, want %d to %q", tt.path, tt.form, res.StatusCode, res.Header.Get("Location"), body, tt.status, tt.location)
		}
	}
	if len(f.curated) != 8 || f.curated[0].Value != "urgent" || f.curated[0].Actor != "local" {
		t.Errorf("curated %v", f.curated)
	}
}

func TestLinksKeepTheBasePath(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(60), BasePath: "/ear/"})
	for _, path := range []string{"/ear/mentions", "/ear/mentions/m0", "/ear/alerts", "/ear/rules/new", "/ear/settings", "/ear/incidents/i0", "/ear/sources", "/ear/api/v1/docs"} {
		_, body := get(h, path)
		doc, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				if (a.Key == "href" || a.Key == "action") && strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "/ear/") {
					t.Errorf("%s: %s=%s", path, a.Key, a.Val)
				}
			}
		}
	}
	if res, _ := get(h, "/ear"); res.Header.Get("Location") != "/ear/" {
		t.Errorf("/ear leads to %q", res.Header.Get("Location"))
	}
}

func TestWhatWasDoneCanBeUndone(t *testing.T) {
	f := newFake(2)
	f.records[1].Curation.Tags = []string{"lot"}
	h := handler(t, api.Options{Backend: f})
	post := func(path, form string) string {
		r := request("POST", path, form)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, body := answer(h, r)
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, res.StatusCode, body)
		}
		return res.Header.Get("Location")
	}
	there := post("/curate", "id=m0&id=m1&action=tag&value=lot&back=/mentions")
	_, body := get(h, there)
	if !strings.Contains(body, "2 mentions are tagged #lot") || !strings.Contains(body, "Undo") {
		t.Fatalf("not told: %s", body)
	}
	_, token, _ := strings.Cut(there, "done=")
	post("/undo", "token="+token+"&back=/mentions")
	last := f.curated[len(f.curated)-1]
	if len(f.curated) != 3 || last.ID != "m0" || last.Action != mention.CurateUntag || last.Value != "lot" {
		t.Errorf("undone by %v; m1 had the tag before", f.curated)
	}
	if _, body := get(h, there); strings.Contains(body, ">Undo<") {
		t.Error("may be undone twice")
	}
}
