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
	candidates := []string{f.first("dc:title", "dcterms.title", "og:title", "twitter:title"), plainLine(f.ld.headline), cutSite(f.title, site)}
	for i, candidate := range candidates {
		if site != "" && i < 2 {
			candidates[i] = cutSite(candidate, site)
		}
		if h := f.headingLike(candidates[i], site); h != "" {
			return h
		}
		for _, h := range f.headings {
			if i < 2 && alike(h.text, candidates[i]) {
				return candidates[i]
			}
		}
	}
	// A candidate that a heading holds among other words is the title still.
	for _, candidate := range candidates {
		for _, h := range f.headings {
			if len(candidate) >= 20 && strings.Contains(folded(h.text), folded(candidate)) {
				return candidate
			}
		}
	}
	if ones := f.ones(); len(ones) == 1 && len(ones[0]) >= 60 && len(ones[0]) > len(candidates[0]) {
		return ones[0] // nothing but a headline is as long
	}
	if first := firstNonEmpty(candidates[0], candidates[1]); first != "" {
		return first
	}
	if ones := f.ones(); len(ones) == 1 && len(ones[0]) >= 5 && folded(ones[0]) != folded(site) && kindred(ones[0], f.title) {
		return ones[0]
	}
	return firstNonEmpty(candidates[2], strings.Join(f.ones()[:min(len(f.ones()), 1)], ""))
}

// alike reports two titles that have all but a word in common.
func alike(a, b string) bool {
	x, y := strings.Fields(folded(a)), strings.Fields(folded(b))
	common := 0
	for _, w := range x {
		if slices.Contains(y, w) {
			common++
		}
	}
	return len(x) >= 4 && 10*common >= 9*max(len(x), len(y))
}

// kindred reports that a heading has something to do with a title.
func kindred(heading, title string) bool {
	h := folded(heading)
	for w := range strings.FieldsSeq(folded(title)) {
		if len(w) >= 5 && strings.Contains(h, w) {
			return true
		}
	}
	return title == ""
}

// headingLike is the heading that says what a title says, or the greater part
// of it: the rest is the name of the site or section, whatever stands between.
func (f *facts) headingLike(title, site string) string {
	want := folded(title)
	if want == "" {
		return ""
	}
	best := ""
	for _, h := range f.headings {
		have := folded(h.text)
		switch {
		case have == "" || have == folded(site) && have != want:
		case have == want:
			return h.text
		case len(have) >= 5 && strings.HasPrefix(want, have) && (site == "" || 2*len(have) > len(want)), len(have) >= 10 && strings.Contains(want, have) && 5*len(have) > 3*len(want):
			if len(h.text) > len(best) && (best == "" || !strings.HasPrefix(want, folded(best))) {
				best = h.text
			}
		}
	}
	return best
}

func (f *facts) ones() []string {
	var list []string
	for _, h := range f.headings {
		if h.level == 1 && h.text != "" {
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
		case tail != "" && (strings.Contains(name, tail) || strings.Contains(tail, name) && len(tail) < 2*len(name)+4) && len(title[:last[0]]) >= 8:
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
var byWord = regexp.MustCompile(`(?i)^(?:(?:written|posted|published|story|text|geschrieben|veröffentlicht|publié|escrito)\s+)?(?:by|von|par|por|di|av|door|przez|autor(?:in)?|author|auteur|text|texte|autore|redaktion)\s*[:\s]\s*`) //nolint:misspell // other languages

// notNames are what stands in the place of a writer and is none.
var notNames = regexp.MustCompile(`(?i)^(?:\w*admin\w*|editors?|redaktion|staff|staff reports?|guest|gast|webmaster|anonymous|unknown|author|autor|by|user|team|none|null|undefined|root|about the author|posted(?: by| on)?|last|in|in \w+|share|follow|comments?|name)$|^name\b|https?://|[@{}<>*]|\bcookies?\b|\bsubscribe\b|\berforderlich\b|\brequired\b|\d{4}|\b(?:says|sagt):?$`) //nolint:misspell // other languages

// corporate names are believed only where no person is named.
var corporate = regexp.MustCompile(`(?i)\b(?:gmbh|e\.\s?v|ag|inc|ltd|llc|verlag|www\.[\w.]+|[\w-]+\.(?:de|at|ch|com|org|net))\b`)

// author is who a page says wrote it.
func (f *facts) author() string {
	sets := [][]string{f.ld.authors, f.creators}
	for _, name := range []string{"dc:creator", "author", "article:author", "parsely-author", "sailthru.author", "dcterms.creator", "byl", "authors", "creator", "twitter:data1", "citation_author", "article:author_name", "cxenseparse:author", "rbauthors", "og:article:author"} {
		label := strings.ToLower(f.meta["twitter:label1"])
		if name == "twitter:data1" && !strings.Contains(label, "by") && !strings.Contains(label, "verfasst") {
			continue
		}
		sets = append(sets, []string{f.first(name)})
	}
	for _, marked := range append(f.authors, f.bylines...) {
		sets = append(sets, []string{marked})
	}
	fallback := ""
	for _, set := range sets {
		switch names := cleanNames(set, f.siteName()); {
		case names == "":
		case corporate.MatchString(names):
			fallback = firstNonEmpty(fallback, names)
		default:
			return names
		}
	}
	return fallback
}

// cleanNames joins names, without words around them and without what is none.
func cleanNames(names []string, site string) string {
	var keep []string
	for _, name := range names {
		if name = cleanName(name); name == "" || site != "" && folded(name) == folded(site) || slices.Contains(keep, name) {
			continue
		}
		keep = append(keep, name)
	}
	return strings.Join(keep[:min(len(keep), 8)], ", ")
}

// afterName is what follows a name in a byline.
var afterName = regexp.MustCompile(`(?i)\s*(?:@\w+|\b(?:updated|published|posted|on|am|vom|le|staff|in|\w+ staff(?: writer)?)\b).*$`)

func cleanName(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '|' || r == '•' || r == '·' || r == '\n' })
	// The part that begins with a by-word is the name; else the first one
	// that can be one.
	slices.SortStableFunc(parts, func(a, b string) int {
		switch inA, inB := byWord.MatchString(strings.TrimSpace(a)), byWord.MatchString(strings.TrimSpace(b)); {
		case inA == inB:
			return 0
		case inA:
			return -1
		}
		return 1
	})
	for _, part := range parts {
		part = strings.TrimSpace(byWord.ReplaceAllString(strings.TrimSpace(part), ""))
		if cut := afterName.ReplaceAllString(part, ""); cut != "" {
			part = cut
		}
		part = strings.Trim(part, " ,;:-–—/.")
		if part == "" || len(strings.Fields(part)) > 8 || len(part) > 100 || notNames.MatchString(part) || !strings.ContainsFunc(part, unicode.IsLetter) {
			continue
		}
		if _, isDate := parseDate(part); isDate {
			continue
		}
		return part
	}
	return ""
}
