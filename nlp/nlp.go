package nlp

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"earshot/mention"
)

// modelVersion names what the models and the rules around them say; it
// changes whenever an answer may.
const modelVersion = "earshot-nlp-10"

// Options are what an [Analyzer] needs from outside.
type Options struct {
	Brands          []mention.Brand
	SafetyThreshold float64 // of the score at which a text is flagged as an adverse event; 0 means the model's own
}

// An Analyzer reads mentions. It may be used by any number of goroutines.
type Analyzer struct {
	o       Options
	m       *models
	linker  *linker
	own     map[string]string // "@handle" and domain → brand
	workers chan *worker
}

// New makes an analyzer; the first one of a program loads the models.
func New(o Options) (*Analyzer, error) {
	m, err := loadModels()
	if err != nil {
		return nil, err
	}
	for i := range o.Brands {
		if errs := o.Brands[i].Faults(); len(errs) > 0 {
			return nil, fmt.Errorf("nlp: brands[%d]: %w", i, errors.Join(errs...))
		}
	}
	if o.SafetyThreshold < 0 || o.SafetyThreshold > 1 {
		return nil, fmt.Errorf("nlp: safety threshold %g is not 0 to 1", o.SafetyThreshold)
	}
	a := &Analyzer{o: o, m: m, workers: make(chan *worker, runtime.GOMAXPROCS(0))}
	a.linker = newLinker(o.Brands, m.kind, m.word)
	a.own = ownChannels(o.Brands)
	return a, nil
}

// Models names the version of the models and rules.
func (*Analyzer) Models() string { return modelVersion }

// models are what is embedded; read-only.
type models struct {
	base     *base
	lexicon  *lexicon
	language *languageModel
	polarity *linear
	words    *polarityWords
	drugs    *lexicon
	casing   *lexicon // words that are written in lower case

	idf      *lexicon
	events   *eventReader
	entities *entityModel
	targets  *targetReader

	seen *recent[wordFeatures, *wordFeatures] // words, for all workers
	runs *recent[cutRun, *cutRun]

	safetyModel *linear
	safetyWords *phrases
}

// loadModels reads the models once for the whole program.
var loadModels = sync.OnceValues(func() (*models, error) { return readModels(newMemory()) })

func readModels(mem *memory) (*models, error) {
	m := &models{seen: newRecent[wordFeatures](), runs: newRecent[cutRun](), words: newPolarityWords(), safetyWords: safetyLists(), events: newEventReader()}
	var wg sync.WaitGroup
	var errs [10]error
	wg.Go(func() { m.base, errs[0] = readBase(mem) })
	m.lexicon, errs[1] = openLexicon(mem, "lexicon")
	l, err := openLinear(mem, "language")
	m.language, errs[2] = &languageModel{l}, err
	m.polarity, errs[3] = openLinear(mem, "sentiment")
	m.drugs, errs[4] = openLexicon(mem, "drugs")
	m.casing, errs[9] = openLexicon(mem, "casing")
	wg.Go(func() { m.entities, errs[7] = loadEntities(mem) })
	targets, err := openLinear(mem, "targets")
	m.targets, errs[8] = newTargetReader(targets), err
	m.idf, errs[6] = wordFrequencies()
	m.safetyModel, errs[5] = openLinear(mem, "safety")
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	m.entities.none = uint8(slices.Index(m.base.labels, "O"))
	return m, nil
}

// kind tells what else a form may be.
func (m *models) kind(keys []uint64, form string) formKind {
	h := keys[0]
	for _, k := range keys[1:] {
		h = mix(h, k)
	}
	bits, listed := m.entities.names.find(mix(h, nameSeed))
	k := formKind{lists: uint8(bits)}
	if !listed {
		k.lists = 0
	}
	group, _ := m.entities.usage.of(form)
	_, seen := m.idf.find(hashString(form))
	k.unseen = !listed && group == 0 && !seen
	switch {
	case k.lists&(nameCity|nameCountry|nameRegion) != 0:
		k.common, k.named = true, true
	case len(keys) == 1:
		plain := m.base.listed.find(hashString(form))&plainWord != 0
		k.common, k.named = plain || doubles.has(keys[0]) || m.everyday(form), m.base.named(form)
	default:
		k.common = true
		for w := range strings.FieldsSeq(form) {
			k.common = k.common && m.everyday(w)
		}
	}
	return k
}

// everyday reports whether a form is a word rather than a name.
func (m *models) everyday(form string) bool {
	_, lower := m.casing.find(hashString(form))
	return lower || m.base.everyday(form)
}

// word reports whether a form of a hashtag's part is a word: one that prose's
// tagger knows, or a longer one that many texts have.
func (m *models) word(form string) bool {
	if m.base.everyday(form) {
		return true
	}
	if len(form) < minWord {
		return false
	}
	_, seen := m.idf.find(hashString(form))
	group, _ := m.entities.usage.of(form)
	return seen || group != 0
}

// minWord is the length from which a word that was merely seen counts as one.
const minWord = 4

// everyday reports whether prose's tagger learned a word, and not as a name.
func (b *base) everyday(form string) bool {
	r := b.pos.ref(hashString("i word " + form))
	if r.n() == 0 {
		return false
	}
	weights := b.tagsOf(r)
	top := weights[0]
	for _, w := range weights {
		if w.thousandths() > top.thousandths() {
			top = w
		}
	}
	return !strings.HasPrefix(b.classes[top.class()], "NNP")
}

// named reports whether prose's tagger learned a word as a name.
func (b *base) named(form string) bool { return b.pos.ref(hashString("i word "+form)).n() > 0 }

// A worker holds the scratch of one goroutine.
type worker struct {
	m         *models
	tagger    *tagger
	polarity  polarity
	fields    [2]field
	rows      []uint32
	hits      []hit
	contrib   []float32
	letters   *languageCache
	parts     strongest
	keys      keyReader
	told      []toldWords // of the safety elements
	safe      safetyScorer
	sentences sentenceReader

	names     entityText
	shaped    shapeSums
	emissions []float32
	path      path
	single    bool // a name of one word stands in the field: beliefs are needed
}

// A field is the title or the text of a mention, at every stage of reading.
type field struct {
	name    string // "title", or empty for the text
	text    string
	scan    scanned
	clean   cleaned
	tokens  []token
	view    nameView
	tagged  bool
	present bool
	opinion
}

func (a *Analyzer) acquire() *worker {
	select {
	case w := <-a.workers:
		return w
	default:
		t := newSharedTagger(a.m.base, a.m.seen, a.m.runs)
		t.entities, t.idf = a.m.entities, a.m.idf
		return &worker{
			m: a.m, tagger: t, letters: newLanguageCache(),
			polarity: polarity{model: a.m.polarity, words: a.m.lexicon, known: newWordCache(a.m)},
		}
	}
}

func (a *Analyzer) release(w *worker) {
	select {
	case a.workers <- w:
	default: // enough of them
	}
}

// Analyze reads one mention: what its text says, and which brands it speaks
// of and how. It never fails; of a language without a model it finds brands
// alone.
func (a *Analyzer) Analyze(m *mention.Mention) (mention.Analysis, []mention.BrandMention) {
	w := a.acquire()
	defer a.release(w)
	w.load(m)
	out := mention.Analysis{Models: modelVersion, Status: mention.StatusOK}
	var scored bool
	out.Language, scored = w.language(m)
	if !scored {
		out.Status = mention.StatusUnsupported
		return out, a.brands(w, false)
	}
	w.read()
	out.Sentiment = w.sentiment()
	out.Entities = w.entities(a)
	linked := a.brands(w, true)
	out.Safety = w.safety(a, linked)
	out.Events = w.events(a)
	out.Keyphrases = w.keyphrases()
	return out, linked
}

// Targets tells how m speaks of each of the spans, in their order.
func (a *Analyzer) Targets(m *mention.Mention, spans []mention.Span) []mention.Sentiment {
	if len(spans) == 0 {
		return nil
	}
	w := a.acquire()
	defer a.release(w)
	w.load(m)
	out := make([]mention.Sentiment, len(spans))
	_, scored := w.language(m)
	if scored {
		w.score()
	}
	for i, sp := range spans {
		out[i] = mention.Sentiment{Label: mention.Neutral}
		if scored {
			out[i] = w.target(sp)
		}
	}
	return out
}

// load cuts the fields of a mention. A text that begins with the title counts
// once.
func (w *worker) load(m *mention.Mention) {
	title := m.Title
	if strings.HasPrefix(strings.TrimSpace(m.Text), strings.TrimSpace(title)) {
		title = ""
	}
	for i, f := range [2]struct{ name, text string }{{"title", title}, {"", m.Text}} {
		d := &w.fields[i]
		d.name, d.text, d.tagged, d.present = f.name, f.text, false, f.text != ""
		d.scan.scan(f.text)
		d.tokens = d.tokens[:0]
		d.view = nameView{entities: d.view.entities[:0], beliefs: d.view.beliefs[:0]}
		d.logits, d.lean = [3]float32{}, 0
	}
}

// language tells the language of the mention and whether the models read it.
// Too few letters decide nothing: then the source's word counts.
func (w *worker) language(m *mention.Mention) (string, bool) {
	f := &w.fields[1]
	if len(f.scan.words) < 4 && w.fields[0].present {
		f = &w.fields[0]
	}
	lang, p, letters, rows := w.m.language.identify(w.rows, w.letters, &f.scan)
	w.rows = rows
	declared := strings.ToLower(m.Lang)
	if len(declared) > 2 {
		declared = declared[:2]
	}
	switch {
	case letters < minLetters:
		if declared == "" || declared == "en" {
			return cmpOr(declared, undLanguage), true // emoji and marks speak for themselves
		}
		return declared, false
	case lang == undLanguage && letters < 12 && declared != "":
		lang = declared
	}
	if lang == "en" {
		return lang, true
	}
	if p[0] > 0 && declared == "" && nameless(&f.scan) < minPlain {
		return lang, true // a guess from names and numbers, which are of every language
	}
	// A text that may well be English is read rather than left out.
	return lang, p[0] > 0.02 && letters < 200 && declared != lang
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// read tokenizes, tags and names all fields, and scores them.
func (w *worker) read() {
	for i := range w.fields {
		d := &w.fields[i]
		if !d.present {
			continue
		}
		d.clean.clean(d.text)
		d.tokens = w.tagger.tokenize(d.tokens[:0], &d.clean)
		w.tagger.tag(d.tokens)
		w.tagger.label(d.tokens)
		d.tagged = true
		d.view.shouting = shouts(&d.scan)
	}
	w.score()
}
