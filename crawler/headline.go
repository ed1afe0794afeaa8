package crawler

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// headline is the title of a page's text: of what the page calls its title,
// the one that a heading on it says too, without the name of the site.
func (f *facts) headline() string {
	site := f.siteName()
	og := cutSite(f.first("og:title", "twitter:title"), site)
	ld := cutSite(plainLine(f.ld.headline), site)
	title := cutSite(f.title, site)
	for _, candidate := range []string{og, ld, title} {
		for _, h := range f.headings {
			if candidate != "" && folded(h.text) == folded(candidate) {
				return h.text
			}
		}
	}
	// A heading that is a part of the page's title is the title without the
	// site's name, whatever stands between them.
	for _, h := range f.headings {
		if n := folded(h.text); len(n) >= 10 && (strings.Contains(folded(f.title), n) || strings.Contains(folded(og), n)) && len(h.text)*3 > len(title) {
			return h.text
		}
	}
	if first := firstNonEmpty(og, ld); first != "" {
		return first
	}
	ones := f.level(1)
	if len(ones) == 1 && len(ones[0]) >= 10 && (title == "" || len(strings.Fields(title)) <= 2) {
		return ones[0]
	}
	return firstNonEmpty(title, strings.Join(ones[:min(len(ones), 1)], ""))
}

func (f *facts) level(n int) []string {
	var list []string
	for _, h := range f.headings {
		if h.level == n && h.text != "" {
			list = append(list, h.text)
		}
	}
	return list
}

// folded is a text's letters and digits in lower case.
func folded(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// titleBreak stands between the parts of a title.
var titleBreak = regexp.MustCompile(`\s+[|·•»«›—–:\-]+\s+|\s*[|»›]\s*|\s+::\s+`)

// cutSite takes the site's name off the end or the beginning of a title. When
// the name is not known, a last part that is much shorter than the rest is
// taken for it.
func cutSite(title, site string) string {
	title = strings.TrimSpace(title)
	breaks := titleBreak.FindAllStringIndex(title, -1)
	if len(breaks) == 0 {
		return title
	}
	first, last := breaks[0], breaks[len(breaks)-1]
	if name := folded(site); name != "" {
		tail, head := folded(title[last[1]:]), folded(title[:first[0]])
		switch {
		case tail != "" && (strings.Contains(name, tail) || strings.Contains(tail, name)) && len(title[:last[0]]) >= 8:
			return cutSite(title[:last[0]], site)
		case head != "" && (strings.Contains(name, head) || head == name) && len(title[first[1]:]) >= 8:
			return cutSite(title[first[1]:], site)
		}
		return title
	}
	if rest := title[:last[0]]; len(strings.Fields(rest)) >= 3 && len(strings.Fields(title[last[1]:])) <= 4 && strings.ContainsAny(title[last[0]:last[1]], "|·•»—–-") {
		return cutSite(rest, site)
	}
	return title
}

// byWord stands before a writer's name.
var byWord = regexp.MustCompile(`(?i)^(?:(?:written|posted|published|story|text|geschrieben|veröffentlicht|publié|escrito)\s+)?(?:by|von|par|por|di|av|door|przez|autor(?:in)?|author|auteur|text|texte|autore|redaktion)\s*[:\s]\s*`)

// notNames are what stands in the place of a writer and is none.
var notNames = regexp.MustCompile(`(?i)^(?:admin|administrator|editor|editors|redaktion|staff|staff reports?|guest|gast|webmaster|anonymous|unknown|author|autor|by|user|team|none|null|undefined|root|about the author|posted by|share|follow|comments?)$|https?://|[@{}<>]|\bcookies?\b|\bsubscribe\b`)

// author is who a page says wrote it.
func (f *facts) author() string {
	if len(f.ld.authors) > 0 {
		if names := cleanNames(f.ld.authors, f.siteName()); names != "" {
			return names
		}
	}
	for _, name := range []string{"author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl", "authors", "creator", "twitter:data1", "citation_author", "article:author_name", "cxenseparse:author", "rbauthors", "og:article:author"} {
		if name == "twitter:data1" && !strings.Contains(strings.ToLower(f.meta["twitter:label1"]), "by") && !strings.Contains(strings.ToLower(f.meta["twitter:label1"]), "verfasst") {
			continue
		}
		if v := cleanNames([]string{f.first(name)}, f.siteName()); v != "" {
			return v
		}
	}
	for _, marked := range f.authors {
		if v := cleanNames([]string{marked}, f.siteName()); v != "" {
			return v
		}
	}
	return ""
}

// cleanNames joins names, without words around them and without what is none.
func cleanNames(names []string, site string) string {
	var keep []string
	for _, name := range names {
		name = strings.TrimSpace(byWord.ReplaceAllString(strings.TrimSpace(name), ""))
		if i := strings.IndexAny(name, "|•·\n"); i > 0 {
			name = name[:i]
		}
		name = strings.Trim(name, " ,;:-–—/.")
		words := len(strings.Fields(name))
		if name == "" || words > 8 || len(name) > 100 || notNames.MatchString(name) || site != "" && folded(name) == folded(site) || slices.Contains(keep, name) {
			continue
		}
		if !strings.ContainsFunc(name, unicode.IsLetter) {
			continue
		}
		keep = append(keep, name)
	}
	return strings.Join(keep[:min(len(keep), 8)], ", ")
}
