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
	always []uint32 // queries that nothing calls up
	runs   sync.Pool
}

// NewSet returns the set of saved queries. The time is that of the check; what
// -7d means is told with each Match. The error is a [*SetError].
func NewSet(saved []Saved, now time.Time) (*Set, error) {
	s := &Set{roots: make([]int32, len(saved))}
	for i := range saved {
		root, messages := parse(saved[i].Query, now)
		if root == nil {
			return nil, &SetError{ID: saved[i].ID, Messages: messages}
		}
		s.roots[i] = s.prog.root(root)
	}
	b := newRouter(&s.prog)
	for i, root := range s.roots {
		if !b.file(uint32(i), root) {
			s.always = append(s.always, uint32(i))
		}
	}
	s.routes = b.table()
	return s, nil
}

// Len returns the number of saved queries.
func (s *Set) Len() int { return len(s.roots) }

// A setRun is the memory of one Match.
type setRun struct {
	eval
	set   *Set
	seen  []uint32 // by query: the run that asked it last
	epoch uint32
	found []int
}

// Match appends to dst the indexes of the saved queries that d is what they
// look for, in ascending order. Relative dates count from now.
func (s *Set) Match(d *Document, now time.Time, dst []int) []int {
	r, _ := s.runs.Get().(*setRun)
	if r == nil {
		r = &setRun{set: s, seen: make([]uint32, len(s.roots))}
	}
	if r.epoch++; r.epoch == 0 {
		clear(r.seen)
		r.epoch = 1
	}
	r.eval = eval{d: d, p: &s.prog, now: now}
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
	if r.match(r.set.roots[q]) {
		r.found = append(r.found, int(q))
	}
}

// call asks the queries filed under a key, each once.
func (r *setRun) call(key uint64) {
	t := &r.set.routes
	slot := key & t.mask
	for t.slots[slot].key != key {
		if t.slots[slot].count == 0 {
			return
		}
		slot = (slot + 1) & t.mask
	}
	at := t.slots[slot]
	for _, q := range t.queries[at.start : at.start+at.count] {
		if r.seen[q] != r.epoch {
			r.seen[q] = r.epoch
			r.ask(q)
		}
	}
}

// calls gives call every key of the document.
func (r *setRun) calls() {
	t := &r.set.routes
	text := &r.d.stores[textStore]
	if t.uses[routeForm] {
		for i := range text.forms {
			r.call(routeKey(routeForm, text.forms[i].hash))
		}
	}
	if t.parts != 0 {
		for i := range text.forms {
			r.callParts(text.text(uint32(i)))
		}
	}
	r.callStore(urlStore, routeURL, routeURLPrefix)
	r.callStore(linkStore, routeLink, routeLinkPrefix)
	for field := range int32(len(keywordFields)) {
		r.callField(field)
	}
	if t.uses[routeGram] {
		r.callGrams(r.d.row.Title)
		r.callGrams(r.d.row.Text)
	}
}

func (r *setRun) callStore(which int32, words, prefixes route) {
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

func (r *setRun) callField(field int32) {
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
