package query

// A store holds the tokens of the texts of one document with a table of their
// forms. It is filled again and again in the same memory.
type store struct {
	texts   []string // what the tokens' offsets count in
	tokens  []storeToken
	entries []entry // those of a token lie side by side
	forms   []storeForm
	bytes   []byte   // of the forms
	table   []uint32 // number of a form plus 1, by hash
	fm      former
}

type storeToken struct {
	start, end uint32
	sentence   uint32 // no two texts share a sentence
	entries    uint32 // first of its entries
	count      uint8  // of its entries
	seg        uint32 // text it stands in
	kind       tokenKind
	sigil      byte
	plain      bool
	curly      bool
}

// An entry is one token that answers to one form.
type entry struct {
	form, token uint32
	next        int32 // next entry of the same form, or -1
}

type storeForm struct {
	hash       uint64
	start, end uint32 // in bytes
	head, tail int32  // its entries
	count      uint32 // of its entries
	term       int32  // number of the form in the set that is matched, or -1
}

func (s *store) reset() {
	s.texts, s.tokens, s.entries, s.forms, s.bytes = s.texts[:0], s.tokens[:0], s.entries[:0], s.forms[:0], s.bytes[:0]
	clear(s.table)
}

// add tokenizes one more text.
func (s *store) add(text string, links bool) {
	seg := uint32(len(s.texts))
	s.texts = append(s.texts, text)
	sentence, first := uint32(0), len(s.tokens)
	if first > 0 {
		sentence = s.tokens[first-1].sentence + 1
	}
	last := 0
	for sc := (scanner{s: text, links: links}); ; {
		raw, ok := sc.next()
		if !ok {
			return
		}
		if !s.fm.form(text, raw) {
			continue
		}
		if len(s.tokens) > first && endsSentence(text[last:raw.start]) {
			sentence++
		}
		last = raw.end
		token := uint32(len(s.tokens))
		s.tokens = append(s.tokens, storeToken{
			start: uint32(raw.start), end: uint32(raw.end), sentence: sentence, entries: uint32(len(s.entries)), count: uint8(s.fm.n),
			seg: seg, kind: raw.kind, sigil: raw.sigil, plain: raw.plain, curly: raw.curly,
		})
		for i := range s.fm.n {
			s.enter(s.fm.at(i), token)
		}
	}
}

// enter notes that token answers to form.
func (s *store) enter(form []byte, token uint32) {
	if 2*len(s.forms) >= len(s.table) {
		s.grow()
	}
	h := hashOf(form)
	mask := uint64(len(s.table) - 1)
	slot := h & mask
	for ; s.table[slot] != 0; slot = (slot + 1) & mask {
		f := &s.forms[s.table[slot]-1]
		if f.hash == h && string(s.bytes[f.start:f.end]) == string(form) {
			e := int32(len(s.entries))
			s.entries = append(s.entries, entry{form: s.table[slot] - 1, token: token, next: -1})
			s.entries[f.tail].next = e
			f.tail = e
			f.count++
			return
		}
	}
	e := int32(len(s.entries))
	s.entries = append(s.entries, entry{form: uint32(len(s.forms)), token: token, next: -1})
	start := uint32(len(s.bytes))
	s.bytes = append(s.bytes, form...)
	s.forms = append(s.forms, storeForm{hash: h, start: start, end: uint32(len(s.bytes)), head: e, tail: e, count: 1})
	s.table[slot] = uint32(len(s.forms))
}

func (s *store) grow() {
	n := max(64, 2*len(s.table))
	if cap(s.table) >= n {
		s.table = s.table[:n]
		clear(s.table)
	} else {
		s.table = make([]uint32, n)
	}
	mask := uint64(n - 1)
	for i := range s.forms {
		slot := s.forms[i].hash & mask
		for s.table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		s.table[slot] = uint32(i + 1)
	}
}

// find returns the number of a form, or -1.
func (s *store) find(hash uint64, form string) int32 {
	if len(s.forms) == 0 {
		return -1
	}
	mask := uint64(len(s.table) - 1)
	for slot := hash & mask; s.table[slot] != 0; slot = (slot + 1) & mask {
		f := &s.forms[s.table[slot]-1]
		if f.hash == hash && string(s.bytes[f.start:f.end]) == form {
			return int32(s.table[slot] - 1)
		}
	}
	return -1
}

// text returns the bytes of a form.
func (s *store) text(form uint32) []byte {
	f := &s.forms[form]
	return s.bytes[f.start:f.end]
}

// entriesOf returns the entries of a token.
func (s *store) entriesOf(token int) []entry {
	t := &s.tokens[token]
	return s.entries[t.entries : t.entries+uint32(t.count)]
}

// fits reports whether a token fits w; id is the form that w looks up, when it
// looks up one.
func (s *store) fits(token int, w *progWord, id int32) bool {
	for _, e := range s.entriesOf(token) {
		switch w.kind {
		case Literal:
			if int32(e.form) == id {
				return true
			}
		case Exact:
			if int32(e.form) == id && s.fitsExact(token, w.text) {
				return true
			}
		default:
			if w.fits(s.text(e.form)) {
				return true
			}
		}
	}
	return false
}

// fitsExact reports whether a token has the exact form want: as written, with
// or without the sigil and a final 's.
func (s *store) fitsExact(token int, want string) bool {
	t := &s.tokens[token]
	text := s.texts[t.seg]
	raw := rawToken{
		start: int(t.start), end: int(t.end), body: int(t.start), kind: t.kind, sigil: t.sigil, plain: t.plain, curly: t.curly,
	}
	if t.sigil != 0 {
		raw.body += runeLen(text, raw.start)
		if want != "" && want[0] == t.sigil {
			want = want[1:]
		}
	}
	s.fm.tmp = appendSurface(s.fm.tmp[:0], text, raw)
	got := s.fm.tmp
	if string(got) == want {
		return true
	}
	n := len(got) - 2
	return n > 0 && got[n] == '\'' && got[n+1]|0x20 == 's' && string(got[:n]) == want
}
