package nlp

// Clues are what speaks for and against a name being the watched brand: the
// logarithm of the odds, and in words.
type clues struct {
	odds float32
	says string
}

func (c *clues) add(odds float32, says string) {
	c.odds += odds
	c.says += says
}

// What the clues weigh was chosen by hand, in round numbers, on the
// development sets; no single one of them matters much.
const (
	priorWatched = 0.8 // a watched name is likelier the brand than not
	priorUnseen  = 2.5 // nobody else has the name
	priorKnown   = 0.7 // a name in newspapers
	withOthers   = 3   // another name of the brand stands in the text
	unreadOdds   = -1  // of a language without a model
)

// speaks decides about a hit by what the name may else be, how it is written,
// what kind of name the entity model believes it is, and the words beside it.
func (v *nameView) speaks(h *hit, s *scanned, says string, other *nameForm) (bool, string) {
	c := clues{odds: priorWatched, says: says}
	if other != nil {
		c.add(withOthers, ", with "+other.text)
	}
	w, last := &s.words[h.from], &s.words[h.to-1]
	c.kind(h.form)
	known, read := v.believed(w.start, last.end)
	if read {
		c.believe(&known)
	} else if w.flags&flagTitle == 0 || startsSentence(s, h.from) || shouts(s) {
		c.add(unreadOdds, ", in a language that is not read")
	}
	c.written(h, s, v, &known)
	if v.inPerson(w.start, last.end) {
		c.add(-1.2, ", part of a person's name")
	}
	c.before(h, s, v, read)
	c.after(h, s, v)
	if scored(s, h) {
		c.add(2.5, ", beside a score")
	}
	return c.odds > 0, c.says
}

// kind weighs what else the name may be.
func (c *clues) kind(f *nameForm) {
	if f.kind.common {
		c.says += ", also an everyday word or a place"
	}
	switch {
	case f.kind.unseen && !f.kind.common:
		c.odds += priorUnseen
	case !f.kind.common && f.kind.named:
		c.odds += priorKnown
	}
	if f.single && doubles.has(f.keys[0]) {
		c.odds++ // a list of companies
		return
	}
	for _, l := range listOdds {
		if f.kind.lists&l.list != 0 {
			c.odds += l.odds
		}
	}
}

// listOdds are what the lists of names weigh.
var listOdds = [...]struct {
	list uint8
	odds float32
}{
	{nameBody, 1},
	{nameCountry, -1},
	{nameDemonym, -1},
	{nameRegion, -0.7},
	{nameCity, -0.4},
	{nameFirst, -0.7},
}

// believe weighs what the entity model takes the name for.
func (c *clues) believe(known *belief) {
	names := [...]string{"no name", "a person", "a place", "an organization", "a name"}
	top := 0
	for k := range known {
		if known[k] > known[top] {
			top = k
		}
	}
	c.add(-1.4*known[0]-1.5*known[1]-1.6*known[2], ", read as "+names[top]+" here")
}

// written weighs the case of the name.
func (c *clues) written(h *hit, s *scanned, v *nameView, known *belief) {
	w, f := &s.words[h.from], h.form
	switch {
	case w.flags&flagUpper == 0 && w.kind == kindWord:
		switch {
		case f.kind.common:
			c.add(-2.3, ", in lower case")
		case f.kind.named:
			c.add(-1, ", in lower case")
		default:
			c.odds += known[0] // posts have names so, and the model misses them
		}
	case v.shouting:
		if !f.kind.common {
			c.odds += known[0]
		}
	case w.flags&flagCaps != 0:
		c.odds++
		if startsSentence(s, h.from) {
			c.odds -= 0.7
		}
	case w.flags&flagTitle != 0:
		c.odds += 0.5
		if last := &s.words[h.to-1]; !f.single && f.ends && last.kind == kindWord && last.flags&flagUpper == 0 {
			c.add(-1.5, ", partly in lower case") // the Swiss re-elect
		}
		if f.kind.common && startsSentence(s, h.from) {
			c.odds -= known[0] // any word has it there
			if v.acts(s, h) {
				c.odds += 1.2
			}
		}
	}
}

// place reports whether a name may be that of a place: of several words only
// those that are on a list of places.
func (f *nameForm) place() bool {
	return f.single || f.kind.lists&(nameCity|nameCountry|nameRegion) != 0
}

// acts reports whether a verb follows that needs the name for its subject.
func (v *nameView) acts(s *scanned, h *hit) bool {
	if h.to >= len(s.words) {
		return false
	}
	switch v.tagAt(s.words[h.to].start) {
	case "VBZ", "VBD", "MD":
		return true
	}
	return v.verbAhead(s, h)
}

// Words beside names.
var (
	placing = setOf("in", "near", "across", "around", "outside", "inside", "throughout", "within")
	rivals  = setOf("against", "v", "vs", "beat", "beats", "beating", "defeated", "defeat", "defeating", "thrash", "thrashed", "host", "hosts", "play", "plays",
		"playing", "face", "faces", "join", "joined", "joins", "sign", "signed", "signs")
	bodied = setOf("inc", "corp", "co", "ltd", "plc", "group", "ceo", "chief", "chairman", "shares", "stock", "spokesman", "spokeswoman", "executives", "executive", "coach", "manager",
		"fans", "fan", "striker", "captain", "midfielder", "defender", "goalkeeper", "squad", "president", "employees", "customers", "users", "app", "store", "profits", "results")
	keyAt, keyOf, keyVersus, keyComma = hash("at"), hash("of"), hash("vs"), hash(",")
)

// before weighs the word before the name. In a language that is not read a
// small "de" or "von" is grammar, and no part of a longer name.
func (c *clues) before(h *hit, s *scanned, v *nameView, read bool) {
	if h.from == 0 {
		return
	}
	p := &s.words[h.from-1]
	is := func(odds float32) { c.add(odds, ", after "+string(s.form(p))) }
	switch k := p.key; {
	case particles.has(k) && (read || p.flags&flagTitle != 0 && !startsSentence(s, h.from-1)):
		is(-3)
	case placing.has(k):
		is(-1.2)
	case rivals.has(k):
		is(2)
	case k == keyAt && capitals(s, h.from):
		is(-2.5) // where a game is played
	case k != keyThe && named(p) && !v.shouting:
		is(-0.9)
	}
}

// after weighs what follows the name.
func (c *clues) after(h *hit, s *scanned, v *nameView) {
	if h.to >= len(s.words) {
		return
	}
	n := &s.words[h.to]
	is := func(odds float32) { c.add(odds, ", before "+string(s.form(n))) }
	switch k := n.key; {
	case n.kind == kindNumber:
		c.odds++
	case n.kind == kindURL, k == keyOf:
		is(-0.9)
	case n.kind == kindPoss:
		c.odds += 0.5
	case k == keyAt && capitals(s, h.from):
		is(4) // who comes to play there
	case k == keyAgainst || k == keyVersus:
		is(1.5)
	case bodied.has(k):
		is(1.3)
	case k == keyComma:
		if h.form.place() && h.to+1 < len(s.words) && s.words[h.to+1].flags&flagTitle != 0 {
			is(-1) // Paris, Texas
		}
	case named(n) && !v.shouting:
		is(-0.9)
	}
	if h.form.kind.common && s.words[h.from].flags&flagCaps == 0 && startsSentence(s, h.from) {
		return // judged by how it is written
	}
	switch v.tagAt(n.start) {
	case "VBZ", "VBD", "MD", "VB", "VBP", "VBG", "VBN":
		c.add(0.6, ", does something")
	}
}

// named reports whether a word begins in upper case, as names do.
func named(w *word) bool {
	return w.kind == kindWord && w.flags&(flagTitle|flagCaps) == flagTitle
}

// capitals reports whether word i is all in upper case.
func capitals(s *scanned, i int) bool { return s.words[i].flags&flagCaps != 0 }
