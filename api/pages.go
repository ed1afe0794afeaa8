package api

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"earshot/mention"
	"earshot/query"
	"earshot/report/chart"
)

//go:embed pages
var pageFiles embed.FS

// assetNames are the files that pages load.
var assetNames = []string{"style.css", "icon.svg", "app.js"}

// pages are the templates, parsed once.
type pages struct {
	api   *api
	sets  map[string]*template.Template
	stamp string // of the assets, so that they may be cached for good
}

// A view is what every page is given.
type view struct {
	Title   string
	Here    string // path of the navigation's entry
	Live    string // parameters of the event stream; "" is none
	Feed    string // address of the page's mentions as a feed
	Nav     []entry
	Who     string
	SignOut bool // there is a session to end
	Account bool // Who has a page of their own
	Bare    bool // without navigation: nobody is signed in
	Flash   *flash
	Back    string // address of the page itself
	Data    any
}

// An entry is a page in the navigation.
type entry struct {
	Path, Name, Key string
	Badge           string
}

// A flash tells once what was done.
type flash struct{ Text, Undo string }

// entries are the pages, each with its key after g.
var entries = []entry{
	{Path: "/", Name: "Overview", Key: "h"},
	{Path: "/mentions", Name: "Mentions", Key: "m"},
	{Path: "/trends", Name: "Trends", Key: "t"},
	{Path: "/competitors", Name: "Competitors", Key: "c"},
	{Path: "/compare", Name: "Compare", Key: "p"},
	{Path: "/voices", Name: "Voices", Key: "v"},
	{Path: "/alerts", Name: "Alerts", Key: "a"},
	{Path: "/sources", Name: "Sources", Key: "s"},
	{Path: "/boards", Name: "Boards", Key: "b"},
	{Path: "/reports", Name: "Reports", Key: "r"},
	{Path: "/settings", Name: "Settings", Key: "e"},
}

func newPages(a *api) (*pages, error) {
	p := &pages{api: a, sets: map[string]*template.Template{}}
	sum := sha256.New()
	for _, name := range assetNames {
		b, err := pageFiles.ReadFile("pages/" + name)
		if err != nil {
			return nil, fmt.Errorf("api: page assets: %w", err)
		}
		_, _ = sum.Write(b)
	}
	p.stamp = hex.EncodeToString(sum.Sum(nil)[:6])
	layout, err := template.New("layout.html").Funcs(p.funcs()).ParseFS(pageFiles, "pages/layout.html", "pages/parts.html")
	if err != nil {
		return nil, fmt.Errorf("api: page layout: %w", err)
	}
	for _, name := range []string{"overview", "mentions", "mention", "trends", "voices", "competitors", "compare", "alerts", "incident", "sources", "reports", "report", "boards", "board", "boardedit", "settings", "rule", "docs", "error", "signin", "carried", "setup", "account", "people", "audit", "onward"} {
		set, err := layout.Clone()
		if err == nil {
			set, err = set.ParseFS(pageFiles, "pages/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("api: page %s: %w", name, err)
		}
		p.sets[name] = set
	}
	return p, nil
}

// show writes a page; it is rendered whole first, so that no half page goes out.
func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) {
	v.Nav = slices.Clone(entries)
	for _, l := range p.api.links {
		v.Nav = append(v.Nav, entry{Path: l.Path, Name: l.Name})
	}
	who := actorOf(r.Context())
	v.Who, v.Back, v.SignOut, v.Account = who.name, r.URL.RequestURI(), who.session != "", p.api.people != nil
	v.Flash = p.api.flashOf(r)
	var buf bytes.Buffer
	if err := p.sets[name].ExecuteTemplate(&buf, "layout.html", v); err != nil {
		p.api.log.ErrorContext(r.Context(), "page failed", "page", name, "err", err)
		writeProblem(w, r, newProblem(http.StatusInternalServerError, "internal", "the page could not be made; the log says why"))
		return
	}
	pageHeaders(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes())
}

func (p *pages) fail(w http.ResponseWriter, r *http.Request, problem *problem) {
	maps.Copy(w.Header(), problem.header)
	p.show(w, r, problem.Status, "error", view{Title: problem.Title, Data: problem})
}

// pageHeaders let a page have our style, our script, our icon and our forms, and
// nothing else; not even our script may make markup of text.
func pageHeaders(h http.Header) {
	secure(h)
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "+
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
}

// assets serves the style and the icon.
func (p *pages) assets(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind := map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml", "app.js": "text/javascript; charset=utf-8"}[name]
	b, err := pageFiles.ReadFile("pages/" + name)
	if kind == "" || err != nil {
		writeProblem(w, r, newProblem(http.StatusNotFound, "not-found", "there is no such file"))
		return
	}
	w.Header().Set("Content-Type", kind)
	if r.URL.RawQuery == "v="+p.stamp {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	_, _ = w.Write(b)
}

func (p *pages) funcs() template.FuncMap {
	return template.FuncMap{
		"to":      p.to,
		"asset":   func(name string) string { return p.api.link + "/assets/" + name + "?v=" + p.stamp },
		"search":  p.search,
		"mention": func(id string) string { return p.to("/mentions/" + url.PathEscape(id)) },
		"link":    safeURL,
		"when":    func(t time.Time) string { return p.when(t, "2 Jan 2006 15:04") },
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"count":   grouped,
		"excerpt": excerpt,
		"browser": browserName,
		"glyph":   glyph,
		"score":   chart.Signed,
		"quote":   quote,
		"narrow":  narrow,
		"plural":  plural,
		"plus":    func(a, b int) int { return a + b },
		"pair":    func(a, b any) struct{ A, B any } { return struct{ A, B any }{a, b} },
		"join":    strings.Join,
		"str":     func(v any) string { return fmt.Sprint(v) },
		"evidence": func(m mention.Mention, s mention.Span) string {
			text := m.Text
			if s.Field == "title" {
				text = m.Title
			}
			return evidence(text, s)
		},
		"sentiments": func() []string { return []string{mention.Positive, mention.Negative, mention.Neutral, mention.Mixed} },
		"plural64":   func(n uint64, word string) string { return plural(int(min(n, 1<<52)), word) },
		"ago":        func(t time.Time) string { return ago(t, time.Now()) },
		"num":        chart.Count,
		"growth":     growth,
		"brief":      func(s string) string { return shorten(s, 60) },
		"amount":     func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) },
		"lone":       func(r mention.Row) *hitView { return &hitView{Row: r} },
		"has":        slices.Contains[[]string],
		"titleOf":    func(h *hitView) []piece { return titleOf(&h.Row) },
		"weighty":    func(list []mention.Evidence) []mention.Evidence { return weighed(list, false) },
		"slight":     func(list []mention.Evidence) []mention.Evidence { return weighed(list, true) },
		"usual":      usual,
		"examples":   examples,
		"sentence":   sentence,
		"excerptOf":  func(h *hitView) []piece { return excerptOf(&h.Row) },
	}
}

// ago is a time as people tell it, told exactly in the tip.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	in := d < 0
	if in {
		d = -d
	}
	var text string
	switch {
	case d < time.Minute:
		return map[bool]string{true: "in a moment", false: "just now"}[in]
	case d < time.Hour:
		text = strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		text = strconv.Itoa(int(d.Hours())) + " h"
	default:
		text = strconv.Itoa(int(d.Hours()/24)) + " days"
	}
	if in {
		return "in " + text
	}
	return text + " ago"
}

func (p *pages) to(path string) string { return p.api.link + path }

// search is the address of a search, with the whole state in it.
func (p *pages) search(q string) string {
	if q == "" {
		return p.to("/mentions")
	}
	return p.to("/mentions") + "?q=" + plainer.Replace(url.QueryEscape(q))
}

// plainer takes back what an address need not escape, and writes spaces so that
// they stay short inside an attribute: a page has hundreds of addresses.
var plainer = strings.NewReplacer("%3A", ":", "%2F", "/", "%2C", ",", "%40", "@", "+", "%20")

func (p *pages) when(t time.Time, layout string) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(p.api.zone).Format(layout)
}

// grouped is a whole number as people read it: 12,345.
func grouped(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// excerpt is the beginning of a text, cut between words.
func excerpt(text string) string { return shorten(text, 320) }

// shorten cuts a text between words to a length in bytes.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := most
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	if i := strings.LastIndexByte(text[:cut], ' '); i > most/2 {
		cut = i
	}
	return text[:cut] + " …"
}

// evidence is the words of a span; one over a whole field is told as that.
func evidence(text string, s mention.Span) string {
	switch {
	case s.Start < 0 || s.End > len(text) || s.Start >= s.End:
		return ""
	case covers(s, text):
		return "the whole of it"
	}
	return "“" + excerpt(strings.ToValidUTF8(text[s.Start:s.End], "")) + "”"
}

// covers reports whether a span is about a text as such, not about a place in it.
func covers(s mention.Span, text string) bool {
	n := s.End - s.Start
	return n > 60 && n*4 >= len(text)*3
}

// glyph tells a sentiment without colour.
func glyph(label string) string {
	switch label {
	case mention.Positive:
		return "▲"
	case mention.Negative:
		return "▼"
	case mention.Mixed:
		return "◆"
	}
	return "●"
}

// quote is a value as the query language takes it, or "" when it cannot be
// asked for: there are no escapes, and a question mark stands for a quote.
func quote(field, value string) string {
	text := field + `:"` + strings.NewReplacer(`"`, "?", "“", "?", "”", "?", "„", "?").Replace(value) + `"`
	if q, _ := query.Parse(text); q == nil {
		return ""
	}
	return text
}

// narrow is a query that also asks for one value.
func narrow(q, field, value string) string {
	switch part := quote(field, value); {
	case part == "":
		return q
	case q == "" || q == "*":
		return part
	default:
		return "(" + q + ") AND " + part
	}
}

// without is a query that leaves one value out, "" when that cannot be asked.
func without(q, field, value string) string {
	part := quote(field, value)
	if part == "" {
		return ""
	}
	if q == "" || q == "*" {
		q = "published:[* TO *]" // everything that has a date: a query needs something to look for
	}
	return "(" + q + ") AND NOT " + part
}

// plural is a count with its word.
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return grouped(n) + " " + word + "s"
}

func first[T any](n int, list []T) []T { return list[:min(n, len(list))] }
