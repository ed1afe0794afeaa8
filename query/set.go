package query

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Saved is a query that is kept under an ID: a label, a rule.
type Saved struct {
	ID    string
	Query string
}

// A SetError names the first saved query that cannot be used.
type SetError struct {
	ID       string
	Messages []Message // errors first
}

// Error returns the ID and the messages.
func (e *SetError) Error() string {
	return fmt.Sprintf("query: saved query %q: %v", e.ID, (&Error{Messages: e.Messages}).Error())
}

// A Set answers many saved queries for one document at once. It does not
// change and is safe for concurrent use: build another and swap it when
// queries change.
//
// Each query is filed under the cheapest words, values or parts of words
// without which it cannot be true. A document's own words call up the few
// queries worth asking, and each of those is then answered in full.
type Set struct {
	prog   program
	roots  []int32
	routes routeTable
	terms  termTable
	always []uint32 // queries that nothing calls up
	runs   sync.Pool
}

// NewSet returns the set of saved queries. The time is that of the check, zero
// for the present; what -7d means is told with each Match. The error is a
// [*SetError].
func NewSet(saved []Saved, now time.Time) (*Set, error) {
	if now.IsZero() {
		now = time.Now()
	}
	roots := make([]Node, len(saved))
	for i := range saved {
		root, messages := parse(saved[i].Query, now)
		if root == nil {
			return nil, &SetError{ID: saved[i].ID, Messages: messages}
		}
		roots[i] = root
	}
	return setOf(roots), nil
}

// SetOf returns the set of queries that were read before. Where one was given
// a time with [Query.At], the time of each Match counts nevertheless.
func SetOf(queries []*Query) *Set {
	roots := make([]Node, len(queries))
	for i, q := range queries {
		roots[i] = q.root
	}
	return setOf(roots)
}

func setOf(roots []Node) *Set {
	s := &Set{roots: make([]int32, len(roots))}
	for i, root := range roots {
		s.roots[i] = s.prog.root(root)
	}
	s.prog.ids = nil
	b := newRouter(&s.prog)
	for i, root := range s.roots {
		if !b.file(uint32(i), root) {
			s.always = append(s.always, uint32(i))
		}
	}
	s.routes = b.table()
	s.terms = newTermTable(s.prog.terms)
	return s
}

// Len returns the number of saved queries.
func (s *Set) Len() int { return len(s.roots) }

// A setRun is the memory of one Match.
type setRun struct {
	eval
	set       *Set
	sightings []sighting // by term
	seen      []uint32   // by query: the run that asked it last
	run       uint32
	found     []int
}

// Match appends to dst the indexes of the saved queries that d is what they
// look for, in ascending order. Relative dates count from now.
func (s *Set) Match(d *Document, now time.Time, dst []int) []int {
	r, _ := s.runs.Get().(*setRun)
	if r == nil {
		r = &setRun{set: s, seen: make([]uint32, len(s.roots)), sightings: make([]sighting, len(s.prog.terms)+1)}
	}
	if r.run++; r.run == 0 {
		clear(r.seen)
		clear(r.sightings)
		r.run = 1
	}
	r.eval = eval{d: d, p: &s.prog, now: now, terms: r.sightings[1:], epoch: r.run}
	r.found = dst
	r.calls()
	for _, q := range s.always {
		r.ask(q)
	}
	out := r.found
	slices.Sort(out[len(dst):])
	r.eval, r.found = eval{}, nil
	s.runs.Put(r)
	return out
}

// ask answers one query.
func (r *setRun) ask(q uint32) {
	r.joined = 0
	if r.match(r.set.roots[q]) {
		r.found = append(r.found, int(q))
	}
}

// call asks the queries filed under a key.
func (r *setRun) call(key uint64) {
	t := &r.set.routes
	for slot := key & t.mask; t.slots[slot].count != 0; slot = (slot + 1) & t.mask {
		if t.slots[slot].key == key {
			r.askAll(t.filed[t.slots[slot].start:][:t.slots[slot].count], false)
			return
		}
	}
}

// askAll asks queries, each once in a run. Of those called by a word that was
// compared, some need no more than that word.
func (r *setRun) askAll(filed []filed, compared bool) {
	for i := range filed {
		f := &filed[i]
		if f.also[0] != 0 && !r.sees(f.also[0]) && !r.sees(f.also[1]) && !r.sees(f.also[2]) {
			continue
		}
		q := f.query
		if r.seen[q] == r.run {
			continue
		}
		r.seen[q] = r.run
		if f.enough && compared {
			r.found = append(r.found, int(q))
		} else {
			r.ask(q)
		}
	}
}

// sees reports whether the document has a term, given plus 1; 0 is none.
func (r *setRun) sees(term uint32) bool {
	return r.sightings[term].epoch == r.run
}

// calls gives call every key of the document.
func (r *setRun) calls() {
	t := &r.set.routes
	text := &r.d.stores[textStore]
	r.sight(text)
	for i := range text.forms {
		if term := text.forms[i].term; term >= 0 {
			r.askAll(t.byTerm(term), true)
		}
	}
	if t.parts {
		for i := range text.forms {
			r.callParts(text.text(uint32(i)))
		}
	}
	r.callStore(urlStore, routeURL, routeURLPrefix)
	r.callStore(linkStore, routeLink, routeLinkPrefix)
	for field := range keywordFields {
		r.callField(field)
	}
	if t.uses[routeGram] {
		r.callGrams(r.d.row.Title)
		r.callGrams(r.d.row.Text)
	}
}

// sight notes which terms title and text have.
func (r *setRun) sight(text *store) {
	for i := range text.forms {
		f := &text.forms[i]
		f.term = r.set.terms.find(r.set.prog.terms, f.hash, text.bytes[f.start:f.end])
		if f.term >= 0 {
			r.sightings[f.term+1] = sighting{epoch: r.run, form: int32(i)}
		}
	}
}

func (r *setRun) callStore(which int, words, prefixes route) {
	t := &r.set.routes
	if !t.uses[words] && !t.uses[prefixes] {
		return
	}
	s := r.d.store(which)
	for i := range s.forms {
		r.call(routeKey(words, s.forms[i].hash))
		if t.uses[prefixes] {
			r.callPrefixes(prefixes, s.text(uint32(i)))
		}
	}
}

func (r *setRun) callField(field int) {
	t := &r.set.routes
	values, prefixes := routeField+route(field), routeFieldPrefix+route(field)
	if !t.uses[values] && !t.uses[prefixes] {
		return
	}
	for _, v := range r.d.fieldValues(field) {
		r.call(routeKey(values, v.hash))
		if t.uses[prefixes] {
			r.callPrefixes(prefixes, r.d.valueBytes(v))
		}
	}
}

// callPrefixes calls each beginning of s whose length is in use.
func (r *setRun) callPrefixes(kind route, s []byte) {
	lengths := r.set.routes.lengths[kind]
	var h partHash
	for i, n := 0, 0; i < len(s) && lengths>>n > 1; n++ {
		size := runeLen(s, i)
		h = h.add(s[i : i+size])
		i += size
		if lengths>>(n+1)&1 == 1 {
			r.call(routeKey(kind, h.sum()))
		}
	}
}

// callParts calls the parts of a form that wildcard and fuzzy words ask for.
func (r *setRun) callParts(form []byte) {
	t := &r.set.routes
	if t.uses[routePrefix] {
		r.callPrefixes(routePrefix, form)
	}
	if !t.uses[routeSuffix] && !t.uses[routeMiddle] {
		return
	}
	var offsets [maxFuzzyForm + 1]uint16
	n := 0
	for i := 0; i < len(form); n++ {
		if n == maxFuzzyForm {
			return
		}
		offsets[n] = uint16(i)
		i += runeLen(form, i)
	}
	offsets[n] = uint16(len(form))
	for size := 1; size <= min(n, maxPart); size++ {
		if t.lengths[routeSuffix]>>size&1 == 1 {
			r.call(routeKey(routeSuffix, partOf(form[offsets[n-size]:])))
		}
		if t.lengths[routeMiddle]>>size&1 == 1 {
			for i := 0; i+size <= n; i++ {
				r.call(routeKey(routeMiddle, partOf(form[offsets[i]:offsets[i+size]])))
			}
		}
	}
}

// callGrams calls the grams of a text that raw queries ask for.
func (r *setRun) callGrams(s string) {
	grams := r.set.routes.grams
	for i := 0; i+gramSize <= len(s); i++ {
		if g := gramBit(s[i:]); grams[g>>6]>>(g&63)&1 == 1 {
			r.call(routeKey(routeGram, partOf(s[i:i+gramSize])))
		}
	}
}
