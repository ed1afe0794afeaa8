package demo

import (
	"bytes"
	"fmt"
	"html/template"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// siteItems is how many articles the site's front page links to.
const siteItems = 40

// robots is the site's robots.txt; the other sources allow everything.
const robots = "User-agent: *\nDisallow: /members/\nAllow: /\n"

var siteIndex = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The Oststern Gazette: news</title></head>
<body><header><a href="/">The Oststern Gazette</a></header>
<nav><a href="/news/">News</a> <a href="/about">About us</a> <a href="/members/archive">Members' archive</a></nav>
<main><h1>News</h1><ul>
{{range .}}<li><a href="{{.Canonical}}">{{.Title}}</a> <time datetime="{{.Published.Format "2006-01-02T15:04:05Z07:00"}}">{{.Published.Format "2 January"}}</time></li>
{{end}}</ul></main>
<footer>The Oststern Gazette, invented in {{len .}} pages.</footer></body></html>
`))

var siteArticle = template.Must(template.New("article").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Title}} | The Oststern Gazette</title>
<link rel="canonical" href="{{.Canonical}}">
<meta property="og:type" content="article"><meta property="og:title" content="{{.Title}}"><meta property="og:site_name" content="The Oststern Gazette">
<meta property="article:published_time" content="{{.Published.Format "2006-01-02T15:04:05Z07:00"}}"><meta name="author" content="{{.Author}}">
</head>
<body><header><a href="/">The Oststern Gazette</a></header>
<nav><a href="/news/">News</a> <a href="/about">About us</a> <a href="/members/archive">Members' archive</a></nav>
<main><article><h1>{{.Title}}</h1>
<p class="byline">By <span rel="author">{{.Author}}</span>, <time datetime="{{.Published.Format "2006-01-02T15:04:05Z07:00"}}">{{.Published.Format "2 January 2006, 15:04"}}</time></p>
{{range .Paragraphs}}<p>{{.}}</p>
{{end}}</article></main>
<aside><h2>Most read</h2><ul><li><a href="/news/">All news</a></li></ul></aside>
<footer>The Oststern Gazette. Write to us, we answer by post.</footer></body></html>
`))

// sitePage renders a page of the site; nil means that there is none.
func (w *World) sitePage(path string, now time.Time) []byte {
	items := w.visible(outGazette, now, siteItems)
	var b bytes.Buffer
	switch path {
	case "/", "/news/":
		must(siteIndex.Execute(&b, items))
	case "/about":
		b.WriteString("<!doctype html><html lang=\"en\"><title>About us</title><main><h1>About us</h1><p>We are invented, and so is the town we write about.</p></main></html>\n")
	case "/members/archive":
		b.WriteString("<!doctype html><html lang=\"en\"><title>Members</title><main><p>Robots were asked to stay outside.</p></main></html>\n")
	default:
		for _, it := range items {
			if strings.HasSuffix(it.Canonical, path) && strings.HasPrefix(path, "/news/") && len(path) > len("/news/") {
				must(siteArticle.Execute(&b, struct {
					Item
					Paragraphs []string
				}{it, strings.Split(it.Text, "\n\n")}))
			}
		}
	}
	return b.Bytes()
}

// must is for templates that are built in: they can only fail in a test.
func must(err error) {
	if err != nil {
		panic(fmt.Errorf("demo: page: %w", err))
	}
}

// A PageVersion is what the watched page says from a time on.
type PageVersion struct {
	At     time.Time
	Prices []Price
}

// A Price is one line of the page.
type Price struct {
	Product, Pack string
	Monthly       int // whole euros
}

// pageEvery is how often the price page changes once the world is live;
// pageFirst is when it first does.
const (
	pageFirst = 45 * time.Second
	pageEvery = 10 * time.Minute
	pageKept  = 500 // versions told at most
)

// pageVersions returns the versions of the price page until a time, oldest
// first: two changes in the past, then one every ten minutes.
func (w *World) pageVersions(until time.Time) []PageVersion {
	rng := rand.New(rand.NewPCG(w.seed, 2))
	prices := []Price{{"Glyquora pen", "4 pens", 129}, {"Glyquora pen", "12 pens", 359}, {"Pellaquin weekly pen", "4 pens", 248}, {"Patient starter kit", "1 kit", 39}}
	at := []time.Time{w.end.Add(-Past), w.end.Add(-40 * 24 * time.Hour), w.end.Add(-21 * 24 * time.Hour), w.end.Add(pageFirst)}
	var versions []PageVersion
	for v := 0; len(versions) < pageKept; v++ {
		when := at[min(v, len(at)-1)]
		if v >= len(at) {
			when = when.Add(time.Duration(v-len(at)+1) * pageEvery)
		}
		if when.After(until) {
			break
		}
		if v > 0 {
			i := v % len(prices)
			change := 4 + rng.IntN(18)
			if rng.IntN(3) == 0 {
				change = -change / 2
			}
			prices[i].Monthly = max(9, prices[i].Monthly+change)
		}
		versions = append(versions, PageVersion{when, append([]Price(nil), prices...)})
	}
	return versions
}

var pricePage = template.Must(template.New("prices").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>List prices | Quorvance</title><script nonce="{{.Nonce}}">window.build="{{.Nonce}}"</script></head>
<body><header>Quorvance Bio</header>
<main id="prices"><h1>List prices</h1>
<p>Prices are for one month, without rebates.</p>
<table><thead><tr><th>Product</th><th>Pack</th><th>Price</th></tr></thead><tbody>
{{range .Prices}}<tr><td>{{.Product}}</td><td>{{.Pack}}</td><td>€{{.Monthly}}.00</td></tr>
{{end}}</tbody></table>
<h2>Support</h2><p>Patients who cannot pay may ask our fund. An answer takes five days.</p>
<form><input type="hidden" name="token" value="{{.Nonce}}"></form></main>
<footer>Invented for you.</footer></body></html>
`))

// renderPrices renders the watched page. Its nonce is new each time, which no
// reader would see.
func (w *World) renderPrices(now time.Time) []byte {
	versions := w.pageVersions(now)
	if len(versions) == 0 {
		return nil
	}
	var b bytes.Buffer
	must(pricePage.Execute(&b, struct {
		PageVersion
		Nonce string
	}{versions[len(versions)-1], strconv.FormatInt(now.UnixNano(), 36)}))
	return b.Bytes()
}
