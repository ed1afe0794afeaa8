package nlp

import (
	"slices"
	"strings"

	"earshot/mention"
)

// A compiledRule is an eventRule as phrases.
type compiledRule struct {
	*eventRule
	near, never, avoid *phrases
}

// An eventReader finds events; read-only.
type eventReader struct {
	rules    []compiledRule
	triggers *phrases // class: index of the rule
}

const (
	maxEventSentences = 4   // of a text: what happened stands first
	maxEventWords     = 170 // of a text
	maxEventBytes     = 2000
	maxEvents         = 12
	maxClause         = 200 // bytes of evidence
)

func newEventReader() *eventReader {
	rules := eventRules()
	e := &eventReader{}
	triggers := make([]string, len(rules))
	for i := range rules {
		r := &rules[i]
		c := compiledRule{eventRule: r}
		if r.near != "" {
			c.near = newPhrases(r.near)
		}
		c.never = newPhrases(r.never)
		c.avoid = newPhrases(r.avoid)
		e.rules = append(e.rules, c)
		triggers[i] = r.trigger
	}
	e.triggers = newPhrases(triggers...)
	return e
}

// events tells what happened, by title and the beginning of the text.
func (w *worker) events(a *Analyzer) []mention.Event {
	var out []mention.Event
	for i := range w.fields {
		d := &w.fields[i]
		if !d.present {
			continue
		}
		if !w.triggered(&d.scan) {
			continue
		}
		w.hits = a.linker.find(w.hits[:0], &d.scan)
		a.linker.decide(w.hits, &d.scan, &d.view)
		from := 0
		w.sentences.begin(d.text[:min(len(d.text), maxEventBytes)])
		for n := 0; n < maxEventSentences && from < min(len(d.scan.words), maxEventWords) && len(out) < maxEvents; n++ {
			to := sentenceEnd(&d.scan, &w.sentences, from)
			out = w.sentenceEvents(out, a, d, from, to)
			from = to
		}
	}
	return out
}

// triggered reports whether a trigger stands where events are looked for:
// mostly none does.
func (w *worker) triggered(s *scanned) bool {
	for i := range s.words[:min(len(s.words), 2*maxEventWords)] {
		for _, p := range w.m.events.triggers.starting(s.words[i].key) {
			if i+1+len(p.rest) <= len(s.words) && sameKeys(s.words[i+1:], p.rest) {
				return true
			}
		}
	}
	return false
}

// sentenceEnd returns the word after the sentence that begins at word from:
// sentences end where the reader says, and at the end of a line.
func sentenceEnd(s *scanned, ends *sentenceReader, from int) int {
	for i := from; i+1 < len(s.words); i++ {
		end, next := s.words[i].end, s.words[i+1].start
		if strings.IndexByte(s.text[end:next], '\n') >= 0 || ends.reach(end) <= next {
			return i + 1
		}
	}
	return len(s.words)
}

// sentenceEvents appends the events of words from..to-1, one of each type.
func (w *worker) sentenceEvents(out []mention.Event, a *Analyzer, d *field, from, to int) []mention.Event {
	s := &d.scan
	for i := from; i < to; i++ {
		for _, p := range w.m.events.triggers.starting(s.words[i].key) {
			end := i + 1 + len(p.rest)
			if end > to || !sameKeys(s.words[i+1:], p.rest) {
				continue
			}
			r := &w.m.events.rules[p.class]
			if slices.ContainsFunc(out, func(e mention.Event) bool { return e.Type == r.kind }) || !r.fits(s, from, to, i, end) {
				continue
			}
			out = w.addEvents(out, a, d, r, from, to, i, end)
		}
	}
	return out
}

// fits reports whether the rule holds with its trigger at words i..end-1 of
// the sentence from..to-1.
func (r *compiledRule) fits(s *scanned, from, to, i, end int) bool {
	for k := max(from, i-6); k < min(to, end+3); k++ {
		if k >= i && k < end {
			continue
		}
		if stop, _, ok := r.never.at(s, k); ok && stop <= to && (k >= i || !broken(s, k, i)) {
			return false
		}
	}
	for k := from; k < to; k++ {
		if _, _, ok := r.avoid.at(s, k); ok {
			return false
		}
	}
	if i > from && s.words[i-1].kind == kindPunct && s.text[s.words[i-1].start] == '-' && s.words[i].flags&flagSpace == 0 {
		return false // the second half of a compound: hospital-acquired
	}
	if r.near == nil {
		return true
	}
	a, b := from, to
	if r.within > 0 {
		a, b = max(from, i-r.within), min(to, end+r.within)
	}
	for k := a; k < b; k++ {
		if k >= i && k < end && end-i == 1 {
			continue
		}
		if _, _, ok := r.near.at(s, k); ok {
			return true
		}
	}
	return false
}

// broken reports whether a clause ends between words k and i.
func broken(s *scanned, k, i int) bool {
	for j := k; j < i; j++ {
		if w := &s.words[j]; w.kind == kindPunct && (s.text[w.start] == ';' || s.text[w.start] == ':' && w.end-w.start == 1) {
			return true
		}
	}
	return false
}

// addEvents adds an event for every brand of the sentence, or one for nobody.
func (w *worker) addEvents(out []mention.Event, a *Analyzer, d *field, r *compiledRule, from, to, i, end int) []mention.Event {
	evidence := d.clause(from, to, i, end)
	n := len(out)
	for _, h := range w.hits {
		if !h.ok || h.from < from || h.from >= to || len(out) >= maxEvents {
			continue
		}
		id := a.o.Brands[h.form.brand].ID
		role := roleOf(r.kind, &d.scan, to, i, end, &h)
		if k := slices.IndexFunc(out[n:], func(e mention.Event) bool { return e.Brand == id }); k >= 0 {
			continue
		}
		out = append(out, mention.Event{Type: r.kind, Role: role, Evidence: evidence, Brand: id})
	}
	if len(out) == n {
		out = append(out, mention.Event{Type: r.kind, Evidence: evidence})
	}
	return out
}

// roleOf tells what the brand at h does in the event.
func roleOf(kind string, s *scanned, to, i, end int, h *hit) string {
	if kind != eventAcquisition {
		if kind == eventLawsuit && h.from > i {
			return "defendant"
		}
		return "subject"
	}
	passive := end < to && s.words[end].key == keyBy || s.words[end-1].key == keyBy
	switch {
	case h.from < i && passive:
		return "target"
	case h.from < i:
		return "acquirer"
	case passive:
		return "acquirer"
	}
	for k := h.from - 1; k >= max(end, h.from-3); k-- {
		if s.words[k].key == keyFrom {
			return "seller"
		}
	}
	return "target"
}

var (
	keyBy   = hash("by")
	keyFrom = hash("from")
)

// clause is the part of the sentence around the trigger, as it stands in the
// text.
func (d *field) clause(from, to, i, end int) string {
	words := d.scan.words
	a, b := i, end
	for b < to && int(words[b].end-words[a].start) <= maxClause*2/3 {
		b++
	}
	for a > from && int(words[b-1].end-words[a-1].start) <= maxClause {
		a--
	}
	return d.text[words[a].start:words[b-1].end]
}
