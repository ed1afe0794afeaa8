package nlp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"earshot/mention"
)

// A nameForm is one way to write a brand or one of its products.
type nameForm struct {
	brand   int    // index into linker.brands
	product string // empty: the brand itself
	text    string // as configured
	keys    []uint64
	what    string // name, alias, product …
	exact   bool   // only in this case and spelling
	plural  bool   // the last word carries a plural s
	kind    formKind
	single  bool
	ends    bool // its last word begins in upper case
}

// A formKind is what else a form may be.
type formKind struct {
	common bool  // also a word of everyday language, or a place
	named  bool  // also a name that people or other firms have
	unseen bool  // on no list and in no text that was learned from
	lists  uint8 // of names that have it
}

// A linker finds the watched brands in scanned texts. It is read-only after
// newLinker.
type linker struct {
	brands   []mention.Brand
	contexts []compiledContext
	first    map[uint64][]*nameForm // by the key of the first word
	handles  map[uint64][]*nameForm // by sigil and key
	tags     map[uint64][]*nameForm // hashtags, by the hash of the joined name
	everyday func(word string) bool // what a hashtag may be made of beside a name
	forms    int
}

// A compiledContext is a brand's context as keys of words.
type compiledContext struct {
	any, none [][]uint64
	anyText   []string
	noneText  []string
	within    int
	given     bool
}

// newLinker compiles brands; kind tells what else a name may be, everyday what
// is a word at all.
func newLinker(brands []mention.Brand, kind func(keys []uint64, form string) formKind, everyday func(string) bool) *linker {
	l := &linker{brands: brands, everyday: everyday, first: map[uint64][]*nameForm{}, handles: map[uint64][]*nameForm{}, tags: map[uint64][]*nameForm{}}
	for i := range brands {
		b := &brands[i]
		l.contexts = append(l.contexts, compileContext(b.Context))
		add := func(text, product, what string, exact bool) { l.add(i, text, product, what, exact, kind) }
		add(b.Name, "", "name", false)
		for _, a := range b.Aliases {
			add(a, "", "alias", false)
		}
		for _, a := range b.Former {
			add(a, "", "former name", false)
		}
		for _, a := range b.Exact {
			add(a, "", "exact form", true)
		}
		for _, p := range b.Products {
			id := productID(&p)
			add(p.Name, id, "product", false)
			for _, a := range p.Aliases {
				add(a, id, "product alias", false)
			}
		}
		for _, h := range b.Handles {
			l.addHandle(i, h)
		}
	}
	for _, list := range l.first {
		slices.SortStableFunc(list, func(a, b *nameForm) int { return cmp.Compare(len(b.keys), len(a.keys)) })
	}
	return l
}

func productID(p *mention.ProductName) string {
	if p.ID != "" {
		return p.ID
	}
	return strings.ToLower(p.Name)
}

// add registers a form, its plural and its hashtag.
func (l *linker) add(brand int, text, product, what string, exact bool, kind func([]uint64, string) formKind) {
	var s scanned
	s.scan(text)
	keys := trimmedKeys(&s)
	if len(keys) == 0 {
		return
	}
	f := &nameForm{brand: brand, product: product, text: text, keys: keys, what: what, exact: exact, single: len(keys) == 1}
	if !exact {
		f.kind = kind(keys, strings.ToLower(text))
	}
	l.first[keys[0]] = append(l.first[keys[0]], f)
	l.forms++
	if exact {
		return
	}
	joined := hashString(joinedName(text))
	l.tags[joined] = append(l.tags[joined], f)
	f.ends = s.words[len(s.words)-1].flags&flagTitle != 0
	last := s.form(&s.words[len(s.words)-1])
	if utf8.RuneCount(last) < 4 || f.kind.common || s.words[len(s.words)-1].kind != kindWord {
		return
	}
	for _, end := range []string{"s", "es"} {
		p := *f
		p.keys = slices.Clone(keys)
		p.keys[len(keys)-1] = hashString(string(last) + end)
		p.plural = true
		l.first[p.keys[0]] = append(l.first[p.keys[0]], &p)
	}
}

// trimmedKeys are the keys of the words of s without punctuation at the ends.
func trimmedKeys(s *scanned) []uint64 {
	words := s.words
	for len(words) > 0 && words[len(words)-1].kind == kindPunct {
		words = words[:len(words)-1]
	}
	for len(words) > 0 && words[0].kind == kindPunct {
		words = words[1:]
	}
	s.words = words
	keys := make([]uint64, 0, len(words))
	for i := range words {
		keys = append(keys, words[i].key)
	}
	return keys
}

// joinedName is a name as a hashtag writes it.
func joinedName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func (l *linker) addHandle(brand int, h string) {
	if len(h) < 2 {
		return
	}
	f := &nameForm{brand: brand, text: h, what: "handle"}
	k := handleKey(h[0], hashString(strings.ToLower(h[1:])))
	l.handles[k] = append(l.handles[k], f)
	l.forms++
}

func handleKey(sigil byte, key uint64) uint64 { return mix(key, uint64(sigil)) }

func compileContext(c *mention.Context) compiledContext {
	if c == nil {
		return compiledContext{}
	}
	out := compiledContext{within: c.Within, given: true, anyText: c.Any, noneText: c.None}
	compile := func(words []string) [][]uint64 {
		var list [][]uint64
		for _, w := range words {
			var s scanned
			s.scan(w)
			list = append(list, trimmedKeys(&s))
		}
		return list
	}
	out.any, out.none = compile(c.Any), compile(c.None)
	return out
}

// A hit is one place where a form stands.
type hit struct {
	form     *nameForm
	from, to int // words
	ok       bool
	why      string
}

// find appends the hits of all forms in s.
func (l *linker) find(dst []hit, s *scanned) []hit {
	if l.forms == 0 {
		return dst
	}
	for i := range s.words {
		w := &s.words[i]
		switch w.kind {
		case kindHandle:
			dst = l.findHandle(dst, w, i, '@')
		case kindCashtag:
			dst = l.findHandle(dst, w, i, '$')
		case kindHashtag:
			n := len(dst)
			if dst = l.findHandle(dst, w, i, '#'); len(dst) == n {
				dst = l.findTag(dst, s, w, i)
			}
		case kindURL, kindEmote, kindPoss:
		case kindWord, kindNumber, kindPunct:
			for _, f := range l.first[w.key] {
				if to := f.matches(s, i); to > 0 {
					dst = append(dst, hit{form: f, from: i, to: to})
				}
			}
		}
	}
	return dst
}

// matches returns the word after the form if it stands at word i, else 0.
func (f *nameForm) matches(s *scanned, i int) int {
	if i+len(f.keys) > len(s.words) {
		return 0
	}
	for j, k := range f.keys {
		if s.words[i+j].key != k {
			return 0
		}
	}
	to := i + len(f.keys)
	if f.exact && s.text[s.words[i].start:s.words[to-1].end] != f.text {
		return 0
	}
	return to
}

func (l *linker) findHandle(dst []hit, w *word, i int, sigil byte) []hit {
	for _, f := range l.handles[handleKey(sigil, w.key)] {
		dst = append(dst, hit{form: f, from: i, to: i + 1, ok: true, why: "handle " + f.text})
	}
	return dst
}

// findTag finds names that a hashtag is, or begins with by its case.
func (l *linker) findTag(dst []hit, s *scanned, w *word, i int) []hit {
	body := s.text[w.start+1 : w.end]
	h := uint64(fnvOffset)
	var prev rune
	for at, r := range body {
		if at > 0 && boundary(prev, r) {
			dst = l.tagged(dst, h, i, "hashtag begins with ")
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			var b [utf8.UTFMax]byte
			for _, c := range b[:utf8.EncodeRune(b[:], unicode.ToLower(r))] {
				h = (h ^ uint64(c)) * fnvPrime
			}
		}
		prev = r
	}
	n := len(dst)
	if dst = l.tagged(dst, h, i, "hashtag is "); len(dst) > n {
		return dst
	}
	return l.insideTag(dst, string(s.form(w)), i)
}

// The sizes of names inside hashtags, in bytes.
const (
	minInside = 4
	maxTag    = 40
)

// insideTag finds a name in a hashtag of lower case whose rest is made of
// words, as in #boycottacme. Names that are words themselves do not count.
func (l *linker) insideTag(dst []hit, tag string, i int) []hit {
	if len(tag) > maxTag || len(tag) <= minInside || len(l.tags) == 0 {
		return dst
	}
	for from := 0; from+minInside <= len(tag); from++ {
		h := uint64(fnvOffset)
		for to := from; to < len(tag); to++ {
			h = (h ^ uint64(tag[to])) * fnvPrime
			if to+1-from < minInside || to+1-from == len(tag) || l.tags[h] == nil {
				continue
			}
			for _, f := range l.tags[h] {
				if !f.kind.common && l.worded(tag[:from]) && l.worded(tag[to+1:]) {
					dst = append(dst, hit{form: f, from: i, to: i + 1, ok: true, why: "hashtag contains " + f.what + " " + f.text})
				}
			}
		}
	}
	return dst
}

// worded reports whether a text can be cut into words.
func (l *linker) worded(text string) bool {
	var ends [maxTag + 1]bool
	ends[0] = true
	for from := range text {
		if !ends[from] {
			continue
		}
		for to := from + 2; to <= len(text); to++ {
			if !ends[to] && l.everyday(text[from:to]) {
				ends[to] = true
			}
		}
	}
	return ends[len(text)]
}

func (l *linker) tagged(dst []hit, h uint64, i int, why string) []hit {
	for _, f := range l.tags[h] {
		dst = append(dst, hit{form: f, from: i, to: i + 1, ok: true, why: why + f.what + " " + f.text})
	}
	return dst
}

// boundary reports whether a new part of a hashtag begins at r.
func boundary(prev, r rune) bool {
	return unicode.IsUpper(r) && !unicode.IsUpper(prev) || unicode.IsDigit(r) != unicode.IsDigit(prev) || prev == '_'
}

// near reports whether one of the word lists stands near the hit, and which.
func near(s *scanned, h *hit, lists [][]uint64, within int) int {
	from, to := 0, len(s.words)
	if within > 0 {
		from, to = max(0, h.from-within), min(to, h.to+within)
	}
	for n, keys := range lists {
		if len(keys) == 0 {
			continue
		}
		for i := from; i+len(keys) <= to; i++ {
			if s.words[i].key == keys[0] && sameKeys(s.words[i:], keys) {
				return n
			}
		}
	}
	return -1
}

func sameKeys(words []word, keys []uint64) bool {
	for j, k := range keys {
		if words[j].key != k {
			return false
		}
	}
	return true
}

// decide says for every hit whether it speaks of its brand, and why.
func (l *linker) decide(hits []hit, s *scanned, v *nameView) {
	var room [maxSure]*nameForm
	sure := sureForms(room[:0], hits)
	for i := range hits {
		h := &hits[i]
		if h.ok {
			continue
		}
		h.ok, h.why = l.judge(h, s, v, sure)
	}
	for i := range hits {
		h := &hits[i]
		for j := range hits {
			o := &hits[j]
			if !o.ok || o.from > h.from || o.to < h.to || o.to-o.from <= h.to-h.from {
				continue
			}
			if o.form.brand == h.form.brand {
				h.ok, h.why = true, o.why
				continue
			}
			if o.form.brand != h.form.brand && o.from <= h.from && o.to >= h.to && o.to-o.from > h.to-h.from && h.ok && o.ok {
				h.ok, h.why = false, fmt.Sprintf("part of %q, which is %s", o.form.text, l.brands[o.form.brand].ID)
				break
			}
		}
	}
}

// maxSure is how many forms that leave no doubt are remembered of a text.
const maxSure = 16

// sureForms are the forms of hits that name their brand and nothing else.
func sureForms(dst []*nameForm, hits []hit) []*nameForm {
	for i := range hits {
		if h := &hits[i]; len(dst) < maxSure && (h.ok || !h.form.kind.common && !h.form.kind.named) && !slices.Contains(dst, h.form) {
			dst = append(dst, h.form)
		}
	}
	return dst
}

// company is a form among sure that speaks of the brand of h in other words,
// or nil.
func company(sure []*nameForm, h *hit) *nameForm {
	for _, f := range sure {
		if f.brand == h.form.brand && f.text != h.form.text {
			return f
		}
	}
	return nil
}

func (l *linker) judge(h *hit, s *scanned, v *nameView, sure []*nameForm) (bool, string) {
	f, c := h.form, &l.contexts[h.form.brand]
	says := f.what + " " + f.text
	if c.given && f.product == "" {
		if len(c.any) > 0 {
			n := near(s, h, c.any, c.within)
			if n < 0 {
				return false, says + ": none of its context words is near"
			}
			says += ", with " + c.anyText[n]
		}
		if f.single {
			if n := near(s, h, c.none, c.within); n >= 0 {
				return false, says + ": " + c.noneText[n] + " is near"
			}
		}
		if len(c.any) > 0 {
			return true, says
		}
	}
	if f.exact || !f.single && !f.kind.common {
		return true, says // several words that are no phrase of the language are nothing else
	}
	return v.speaks(h, s, says, company(sure, h))
}
