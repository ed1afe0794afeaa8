package crawler

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// facts are what a page says of itself: in its head, in its structured data,
// and in elements marked for machines.
type facts struct {
	canonical string
	lang      string
	meta      map[string]string // by lower-case name, property or itemprop; the first wins
	ld        linkedData
	title     string // <title>
	headings  []heading
	authors   []string // marked in the body, best first
	bylines   []string // texts that begin like one
	creators  []string // of Dublin Core, which names each on its own
	dates     []string // of <time> and itemprop, in reading order
	articles  int      // <article> elements
}

type heading struct {
	text  string
	level int
}

const maxFacts = 200 // of each sort

// readFacts collects them in one walk.
func readFacts(doc *html.Node, at *url.URL) *facts {
	f := &facts{meta: map[string]string{}}
	if at != nil {
		f.canonical = relCanonical(doc, at)
	}
	eachNode(doc, func(n *html.Node) bool {
		switch n.Type {
		case html.ElementNode:
			return f.element(n)
		case html.TextNode:
			f.text(n)
		}
		return true
	})
	return f
}

// element takes one element; false keeps the walk out of it.
func (f *facts) element(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Html:
		f.lang = attr(n, "lang")
	case atom.Title:
		if f.title == "" && (n.Parent == nil || n.Parent.DataAtom != atom.Svg) {
			f.title = nodeLine(n)
		}
		return false
	case atom.Meta:
		f.metaElement(n)
	case atom.Script:
		if strings.Contains(strings.ToLower(attr(n, "type")), "ld+json") && n.FirstChild != nil {
			f.ld.read(n.FirstChild.Data)
		}
		return false
	case atom.Style, atom.Template, atom.Svg:
		return false
	case atom.Article:
		f.articles++
	case atom.H1, atom.H2:
		if len(f.headings) < maxFacts {
			f.headings = append(f.headings, heading{text: nodeLine(n), level: int(n.Data[1] - '0')})
		}
	case atom.Time:
		f.date(firstNonEmpty(attr(n, "datetime"), nodeLine(n)))
	}
	f.marked(n)
	return true
}

// bylineText is a text that is a byline and not much else; byTail one whose
// name is in the next element.
var (
	//nolint:misspell // other languages
	bylineText = regexp.MustCompile(`^[-–|\s]*(?:(?i:ein (?:artikel|beitrag|text)|an? (?:article|story)|text|story|geschrieben|written|posted|veröffentlicht)\s+)?(?i:by|von|par|por|autor|autorin|author|auteur|redaktion|text)\s*:?\s+` +
		`(\p{Lu}[\pL.'’-]+(?:\s+(?:(?:van|von|de|der|den|di|da|la|le)\s+)?\p{Lu}[\pL.'’-]*){1,3}?)(?:\s*(?:[(|,•·/–-]|(?i:illus|foto|photo|bild)).*)?$`)
	byTail = regexp.MustCompile(`(?i)(?:^|\s|\|)(?:by|von|par|por)\s*:?$`)
)

// text takes a text that reads like a byline.
func (f *facts) text(n *html.Node) {
	if len(n.Data) > 300 || len(f.bylines) >= 10 {
		return
	}
	s := strings.Join(strings.Fields(n.Data), " ")
	if len(s) < 40 && byTail.MatchString(s) {
		if next := nextElement(n); next != nil {
			s = "by " + nodeLine(next)
		}
	}
	if len(s) < 8 || len(s) > 150 {
		return
	}
	if m := bylineText.FindStringSubmatch(s); m != nil {
		f.bylines = append(f.bylines, m[1])
	}
}

// nextElement is the element that comes after a text, beside it or beside the
// element that holds nothing else.
func nextElement(n *html.Node) *html.Node {
	for range 2 {
		for s := n.NextSibling; s != nil; s = s.NextSibling {
			if s.Type == html.ElementNode {
				return s
			}
		}
		if n = n.Parent; n == nil {
			return nil
		}
	}
	return nil
}

func (f *facts) metaElement(n *html.Node) {
	value := attr(n, "content")
	for _, key := range []string{"property", "name", "itemprop", "http-equiv"} {
		for name := range strings.FieldsSeq(strings.ToLower(attr(n, key))) {
			if (name == "dc.creator" || name == "citation_author") && len(f.creators) < 10 {
				f.creators = append(f.creators, plainLine(value))
			}
			if _, taken := f.meta[name]; !taken && value != "" && len(f.meta) < maxFacts {
				f.meta[name] = value
			}
		}
	}
}

func (f *facts) date(text string) {
	if text != "" && len(f.dates) < maxFacts {
		f.dates = append(f.dates, text)
	}
}

// byline finds classes that hold the writer's name.
var byline = regexp.MustCompile(`(?i)(^|[\s_-])(byline|author|autor|writer|redacteur|auteur|verfasser)(s?)([\s_-](name|link|names|title|text|inner|vcard|url|info)|__name|__link)?($|\s)`) //nolint:misspell // other languages

// marked takes what an element's attributes mark it as.
func (f *facts) marked(n *html.Node) {
	prop, class := attr(n, "itemprop"), attr(n, "class")
	switch {
	case strings.Contains(prop, "datePublished"), strings.Contains(class, "published") && n.DataAtom != atom.Body && n.DataAtom != atom.Article:
		f.date(firstNonEmpty(attr(n, "content"), attr(n, "datetime"), attr(n, "title"), shorten(nodeLine(n), 90)))
	}
	if n.DataAtom == atom.Meta || len(f.authors) >= maxFacts {
		return
	}
	isAuthor := strings.Contains(prop, "author") || attr(n, "rel") == "author" || class != "" && len(class) < 200 && byline.MatchString(class) ||
		byline.MatchString(attr(n, "id"))
	if !isAuthor || n.DataAtom == atom.Body || n.DataAtom == atom.Article || n.DataAtom == atom.Label || n.DataAtom == atom.Form {
		return
	}
	if name := nodeLine(n); name != "" && len(name) < 120 {
		f.authors = append(f.authors, name)
	}
}

// nodeLine is the text of an element on one line.
func nodeLine(n *html.Node) string {
	var b strings.Builder
	writeText(&b, n)
	return shortenText(strings.Join(strings.Fields(b.String()), " "), maxTitle)
}

// first gives the first of the named metas that is there.
func (f *facts) first(names ...string) string {
	for _, name := range names {
		if v := strings.TrimSpace(f.meta[name]); v != "" {
			return plainLine(v)
		}
	}
	return ""
}

// isArticle decides whether a page is a text of its own or a list of others.
func (f *facts) isArticle(a *Article) bool {
	kind := strings.ToLower(f.meta["og:type"])
	switch {
	case len(a.Text) < 200 && !f.ld.article:
		return false
	case f.ld.article, strings.Contains(kind, "article"), strings.Contains(kind, "blog"):
		return len(a.Text) >= 100
	case f.ld.list, f.articles >= 4:
		return false
	}
	return len(a.Text) >= 300
}

// siteName is the name of the site as the page gives it.
func (f *facts) siteName() string {
	return firstNonEmpty(f.first("og:site_name", "application-name", "publisher", "dc.publisher", "twitter:site:name"), plainLine(f.ld.publisher))
}

// language is what the page declares.
func (f *facts) language() string {
	return firstNonEmpty(languageCode(f.lang), languageCode(f.first("content-language", "og:locale", "language", "dc.language")), languageCode(f.ld.language))
}

// urlDate finds a day in a path.
var urlDate = regexp.MustCompile(`/((?:19|20)\d\d)[/-]?([01]\d)[/-]?([0-3]\d)(?:[/_-]|$)`)

// published is the day a page says it was published.
func (f *facts) published(at *url.URL) time.Time {
	candidates := []string{f.ld.published}
	for _, name := range []string{
		"article:published_time", "og:article:published_time", "og:published_time", "og:pubdate", "datepublished", "pubdate", "publishdate", "publish-date", "publish_date",
		"parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created", "dcterms.date", "dc.date", "article.published", "article:publish_date",
		"published_at", "publicationdate", "publication_date", "cxenseparse:recs:publishtime", "bt:pubdate", "displaydate", "ptime", "pdate", "rnews:datepublished", "article.created",
		"article_date_original", "cxenseparse:publishtime", "created", "citation_publication_date", "citation_date", "originalpublicationdate", "date", "article:created", "release_date", "last-modified-date",
	} {
		candidates = append(candidates, f.meta[name])
	}
	for _, c := range candidates {
		if t, ok := parseDate(c); ok {
			return t
		}
	}
	if at != nil {
		if m := urlDate.FindStringSubmatch(at.Path); m != nil {
			if t, err := time.Parse("2006-01-02", m[1]+"-"+m[2]+"-"+m[3]); err == nil {
				return t
			}
		}
	}
	for _, c := range f.dates {
		if t, ok := parseDate(c); ok {
			return t
		}
	}
	return time.Time{}
}

// updated is the day a page says it was changed.
func (f *facts) updated() time.Time {
	for _, c := range []string{f.ld.modified, f.meta["article:modified_time"], f.meta["og:updated_time"], f.meta["datemodified"], f.meta["dcterms.modified"], f.meta["last-modified"]} {
		if t, ok := parseDate(c); ok {
			return t
		}
	}
	return time.Time{}
}
