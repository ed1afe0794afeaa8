package nlp

// hash returns the hash of a word that is written in the code.
func hash(s string) uint64 { return hashString(s) }

// A wordSet is a set of words by their hash, each with a number.
type wordSet struct {
	some  *[setWords]uint64 // most words are in no set: a bit for each that is
	words map[uint64]float32
}

const setWords = 32

func setOf(words ...string) wordSet {
	s := wordSet{new([setWords]uint64), make(map[uint64]float32, len(words))}
	for _, w := range words {
		s.put(hash(w), 1)
	}
	return s
}

func (s *wordSet) put(h uint64, v float32) {
	i := h * fnvPrime >> 32
	s.some[i/64%setWords] |= 1 << (i % 64)
	s.words[h] = v
}

func (s *wordSet) has(h uint64) bool { _, ok := s.find(h); return ok }

func (s *wordSet) find(h uint64) (v float32, ok bool) {
	if i := h * fnvPrime >> 32; s.some[i/64%setWords]>>(i%64)&1 == 0 {
		return 0, false
	}
	v, ok = s.words[h]
	return v, ok
}

// polarityWords are the words with a grammar of their own.
type polarityWords struct {
	negations, contrasts wordSet
	finance              *financeReader
	degrees              wordSet // how much a word strengthens or weakens the next
}

func newPolarityWords() *polarityWords {
	p := &polarityWords{
		negations: setOf("not", "no", "never", "none", "nothing", "neither", "nor", "nobody", "nowhere", "cannot", "without", "hardly", "barely", "scarcely",
			"cant", "dont", "wont", "didnt", "isnt", "doesnt", "wasnt", "aint", "havent", "hasnt", "hadnt", "couldnt", "wouldnt", "shouldnt", "arent", "werent", "mustnt", "neednt", "lack", "lacks", "lacking"),
		contrasts: setOf("but", "however", "yet", "although", "though", "nevertheless", "nonetheless"),
		degrees:   setOf(),
		finance:   newFinanceReader(),
	}
	for _, w := range []string{"very", "really", "so", "too", "extremely", "absolutely", "totally", "super", "completely", "incredibly", "highly", "truly", "utterly", "deeply", "especially", "exceptionally", "particularly", "fucking", "freaking", "hella", "insanely", "awfully", "damn", "quite", "most", "more"} {
		p.degrees.put(hash(w), degreeStep)
	}
	for _, w := range []string{"barely", "slightly", "somewhat", "kinda", "kindof", "partly", "marginally", "occasionally", "almost", "less", "little", "scarcely", "sorta", "mildly"} {
		p.degrees.put(hash(w), -degreeStep)
	}
	return p
}

// degreeStep is how much a word strengthens the next.
const degreeStep = 0.293

// lists tells the lists that a word is on, and its valence in the lexicon.
func (p *polarityWords) lists(l *lexicon, w *word) (on wordLists, valence int8) {
	if v, ok := l.find(w.hash); ok {
		on, valence = onLexicon, v
	}
	if p.negations.has(w.hash) {
		on |= onNegations
	}
	if p.contrasts.has(w.hash) {
		on |= onContrasts
	}
	if medicalWords.has(w.hash) {
		on |= onMedical
	}
	switch by, _ := p.degrees.find(w.hash); {
	case by > 0:
		on |= onMore
	case by < 0:
		on |= onLess
	}
	if len(p.finance.words.starting(w.key)) > 0 {
		on |= onFinance
	}
	return on, valence
}
