package query

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"earshot/mention"
)

// MaxHighlights is how many spans [Query.Highlights] gives of one document.
const MaxHighlights = 100

// Highlights returns the stretches of title and text for which d is what q
// looks for, title first, in order and without overlaps; none when it is not.
//
// These are the words, phrases, raw characters and links of those parts of q
// that are true, never of what stands behind NOT. Of NEAR and SENTENCE they
// are the words within the pairs; of "a b"~3 the words and not those among
// them. Fields such as brand: mark nothing.
func (q *Query) Highlights(d *Document) []mention.Span {
	m := marker{eval: eval{d: d, p: q.prog, now: q.now}}
	if !m.match(0) {
		return nil
	}
	m.mark(0, nil)
	slices.SortFunc(m.marks, func(a, b mention.Span) int {
		return cmp.Or(cmp.Compare(b.Field, a.Field), cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	list := m.marks[:0]
	for _, s := range m.marks {
		if n := len(list); n > 0 && list[n-1].Field == s.Field && s.Start < list[n-1].End {
			list[n-1].End = max(list[n-1].End, s.End)
			continue
		}
		list = append(list, s)
	}
	return slices.Clip(list[:min(len(list), MaxHighlights)])
}

// A marker collects the marks of one document.
type marker struct {
	eval
	marks []mention.Span
}

// maxMarks bounds what one part of a query may mark in one document.
const maxMarks = 4096

// mark marks what node i, which is true, looks for; within the windows when
// there are any.
func (m *marker) mark(i int32, windows *windows) {
	in := &m.p.insts[i]
	base := len(m.d.spans)
	defer func() { m.d.spans = m.d.spans[:base] }()
	switch in.op {
	case doAnd, doOr:
		for k := in.a; k < in.b; k++ {
			if windows != nil || in.op == doAnd || m.match(k) {
				m.mark(k, windows)
			}
		}
	case doRepeat:
		m.mark(in.a, windows)
	case doNear, doSentence, doNotNear:
		m.pushInst(in)
		inner := windowsOf(windows.only(m.d.spans[base:]))
		m.mark(in.a, inner)
		if in.op != doNotNear {
			m.mark(in.a+1, inner)
		}
	case doWord, doPhrase:
		m.pushInst(in)
		for _, s := range windows.only(m.d.spans[base:]) {
			m.stretch(s)
		}
	case doSlop:
		m.pushInst(in)
		m.slopWords(windows.only(m.d.spans[base:]))
	case doRaw:
		m.raw(m.p.texts[in.a])
	case doAddress:
		m.links(in)
	}
}

// stretch marks a stretch of tokens.
func (m *marker) stretch(s span) {
	if len(m.marks) >= maxMarks {
		return
	}
	first, last := m.token(s.first), m.token(s.last)
	m.marks = append(m.marks, mention.Span{Field: fieldOf(first.seg), Start: int(first.start), End: int(last.end)})
}

// token returns the token at a position.
func (m *marker) token(pos int32) *storeToken {
	if int(pos) >= m.d.title {
		pos -= fieldGap
	}
	return &m.d.stores[textStore].tokens[pos]
}

func fieldOf(seg uint32) string {
	if seg == 0 {
		return "title"
	}
	return ""
}

// slopWords marks the words that were found in spans; e.d.masks says which
// tokens are words.
func (m *marker) slopWords(spans []span) {
	for _, s := range spans {
		for pos := s.first; pos <= s.last; pos++ {
			at := pos
			if int(pos) >= m.d.title {
				at -= fieldGap
			}
			if m.d.masks[at] != 0 {
				m.stretch(span{pos, pos})
			}
		}
	}
}

// raw marks characters wherever they stand.
func (m *marker) raw(want string) {
	for _, f := range []struct{ name, text string }{{"title", m.d.row.Title}, {"", m.d.row.Text}} {
		for from := 0; len(m.marks) < maxMarks; {
			at := strings.Index(f.text[from:], want)
			if at < 0 {
				break
			}
			m.marks = append(m.marks, mention.Span{Field: f.name, Start: from + at, End: from + at + len(want)})
			from += at + len(want)
		}
	}
}

// links marks the links that have the words of a link: in them.
func (m *marker) links(in *inst) {
	if int(in.n) != linkStore {
		return // the mention's own address is not text
	}
	base := len(m.d.spans)
	s, title := m.d.store(linkStore), m.d.title
	m.d.title = len(s.tokens) // in links there is no title to keep apart
	m.phrase(in, linkStore, true)
	m.d.title = title
	found := map[uint32]bool{}
	for _, sp := range m.d.spans[base:] {
		found[s.tokens[sp.first].seg] = true
	}
	text, seg := &m.d.stores[textStore], uint32(0)
	for i := range text.tokens {
		t := &text.tokens[i]
		if t.kind != kindLink {
			continue
		}
		if found[seg] && len(m.marks) < maxMarks {
			m.marks = append(m.marks, mention.Span{Field: fieldOf(t.seg), Start: int(t.start), End: int(t.end)})
		}
		seg++
	}
}

// A windows is spans that others must lie within: sorted by their beginning,
// each with the furthest end of it and those before.
type windows []span

func windowsOf(spans []span) *windows {
	w := make(windows, len(spans))
	copy(w, spans)
	for i := 1; i < len(w); i++ {
		w[i].last = max(w[i].last, w[i-1].last)
	}
	return &w
}

// only returns the spans within a window; without windows all of them.
func (w *windows) only(spans []span) []span {
	if w == nil {
		return spans
	}
	list := spans[:0]
	for _, s := range spans {
		n := sort.Search(len(*w), func(i int) bool { return (*w)[i].first > s.first })
		if n > 0 && (*w)[n-1].last >= s.last {
			list = append(list, s)
		}
	}
	return list
}
