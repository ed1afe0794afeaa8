package nlp

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
)

const (
	entityBits   = 19
	entityEpochs = 12
)

// entityLabel maps the tags of the sets to the labels of the model.
func entityLabel(tag string) uint8 {
	if tag == "O" || len(tag) < 3 {
		return 0
	}
	kind := uint8(7)
	switch strings.ToLower(tag[2:]) {
	case "per", "person":
		kind = 1
	case "loc", "location":
		kind = 3
	case "org", "corporation", "group":
		kind = 5
	}
	if tag[0] == 'I' {
		kind++
	}
	return kind
}

// A tagged is a row of a set as the model sees it.
type tagged struct {
	rows  [][]uint32
	gold  []uint8
	spans map[[2]int32]uint8 // gold names by bytes
	toks  []token
	limit int // labels that the set uses
	set   string
}

// prepare cuts a row into tokens and carries its tags over.
func (m *entityModel) prepare(tg *tagger, r *sample) tagged {
	out := tagged{limit: entityLabels, set: r.set, spans: map[[2]int32]uint8{}}
	if strings.HasPrefix(r.set, "btc") || strings.HasPrefix(r.set, "sec_fin") {
		out.limit = 7 // other names were not marked there
	}
	text := strings.Join(r.Tokens, " ")
	var marks []uint8
	at := int32(0)
	var open [2]int32
	kind := uint8(0)
	flush := func() {
		if kind != 0 {
			out.spans[open] = kind
		}
		kind = 0
	}
	for i, w := range r.Tokens {
		l := entityLabel(r.Tags[i])
		if l%2 == 1 || l == 0 || (l-1)|1 != kind {
			flush()
		}
		end := at + int32(len(w))
		switch {
		case l == 0:
		case kind == 0:
			open, kind = [2]int32{at, end}, (l-1)|1
		default:
			open[1] = end
		}
		for range len(w) + 1 {
			marks = append(marks, l)
		}
		at = end + 1
	}
	flush()
	et, toks := m.text(tg, text)
	out.toks = toks
	var joint []uint32
	for i, tok := range toks {
		gold := marks[tok.start]
		if gold%2 == 1 && tok.start > 0 && marks[tok.start-1] == gold && i > 0 && toks[i-1].end > tok.start-1 {
			gold++ // a later piece of a token that begins a name
		}
		if gold != 0 && gold%2 == 0 && (i == 0 || out.gold[i-1] == 0 || (out.gold[i-1]-1)|1 != gold-1) {
			gold-- // its beginning was lost
		}
		out.gold = append(out.gold, gold)
		rows := slices.Clone(et.at(i).trained(placeSelf))
		for _, at := range [...]struct{ place, off int }{{placePrev, -1}, {placeNext, 1}, {placePrev2, -2}, {placeNext2, 2}} {
			rows = append(rows, et.at(i+at.off).trained(at.place)...)
		}
		joint = m.joint(joint[:0], et, i)
		out.rows = append(out.rows, append(rows, joint...))
	}
	return out
}

// text makes the tokens of a text ready for the model.
func (m *entityModel) text(tg *tagger, text string) (*entityText, []token) {
	var c cleaned
	c.clean(text)
	var s scanned
	s.scan(text)
	tg.entities = m
	toks := tg.tokenize(nil, &c)
	tg.tag(toks)
	tg.label(toks)
	t := &entityText{}
	t.read(toks, shouts(&s))
	m.lookUp(t)
	return t, toks
}

// makeEntities trains the entity model.
func (t *trainer) makeEntities() error {
	b, err := loadBase()
	if err != nil {
		return err
	}
	names, err1 := openLexiconFile(filepath.Join(t.Out, "names.bin"))
	words, err2 := openUsageFile(filepath.Join(t.Out, "usage.bin"))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	names.sift(nil)
	m := &entityModel{linear: &linear{classes: entityLabels, mask: 1<<entityBits - 1}, names: names, usage: words}
	tg := newTagger(b)
	// One set counts three times: it is small, and alone in marking all kinds
	// in everyday tweets. Chosen on the development sets.
	rows, err := t.sets("btc.train", "wnut17.train", "tweebank.train", "wikigold", "tweebank.train", "tweebank.train")
	if err != nil {
		return err
	}
	judged, err := t.ambiguousTexts()
	if err != nil {
		return err
	}
	var train, check []tagged
	dropped := 0
	for i := range rows {
		r := &rows[i]
		switch {
		case judged[normalText(r.Text)]:
			dropped++
		case t.Check && checks(r):
			check = append(check, m.prepare(tg, r))
		default:
			train = append(train, m.prepare(tg, r))
		}
	}
	t.say("entities: %d texts, %d more dropped for being in ambiguous", len(train), dropped)
	w, moves := fitFields(train, entityBits, entityEpochs, 0.2, 1e-3)
	m.linear = quantize(w, entityLabels)
	m.moves = moves
	if err := t.chooseBias(m, tg, check); err != nil {
		return err
	}
	return t.write("entities", m.encode())
}

// ambiguousTexts are the normal forms of the texts that judge brand linking.
func (t *trainer) ambiguousTexts() (map[string]bool, error) {
	rows, err := t.read("ambiguous")
	judged := map[string]bool{}
	for i := range rows {
		judged[normalText(rows[i].Text)] = true
	}
	return judged, err
}

// chooseBias takes from O what serves the sets that judge tweets, and tells
// the figures.
func (t *trainer) chooseBias(m *entityModel, tg *tagger, check []tagged) error {
	sets := map[string][]tagged{"wikigold check": check}
	order := []string{"wnut17", "btc", "tweebank", "conll03"}
	plain := *m.linear
	m.linear.w = nil // rows, not sums
	for _, name := range order {
		rows, err := t.read(name)
		if err != nil {
			return err
		}
		for i := range rows {
			sets[name] = append(sets[name], m.prepare(tg, &rows[i]))
		}
	}
	m.linear = &plain
	m.bias = t.leastRegret(m, sets, order[:3])
	for _, name := range append(order, "wikigold check") {
		typed, untyped := m.figures(sets[name], m.bias)
		t.say("entities %s: n %d F1 %.3f untyped %.3f (bias %.2f)", name, len(sets[name]), typed, untyped, m.bias)
	}
	return nil
}

// leastRegret is the bias with which no set falls far behind what it would
// reach with its own best one.
func (*trainer) leastRegret(m *entityModel, sets map[string][]tagged, names []string) float32 {
	const steps, width = 17, 0.15
	var regrets [steps]float64
	for _, name := range names {
		var f [steps]float64
		for k := range f {
			f[k], _ = m.figures(sets[name], width*float32(k))
		}
		top := slices.Max(f[:])
		for k := range f {
			regrets[k] = max(regrets[k], top-f[k])
		}
	}
	best := 0
	for k, r := range regrets {
		if r < regrets[best] {
			best = k
		}
	}
	return width * float32(best)
}

// figures are the F1 of names with and without their kind.
func (m *entityModel) figures(set []tagged, bias float32) (typed, untyped float64) {
	var p path
	var hit, place, said, gold float64
	for i := range set {
		x := &set[i]
		em := make([]float32, 0, len(x.rows)*entityLabels)
		for _, rows := range x.rows {
			var sum [entityLabels]float32
			for _, r := range rows {
				for k, v := range m.linear.w[int(r)*entityLabels:][:entityLabels] {
					sum[k] += float32(v) * m.linear.scale
				}
			}
			em = append(em, sum[:]...)
		}
		best := p.decode(em, &m.moves, bias)
		gold += float64(len(x.spans))
		for a := 0; a < len(best); a++ {
			if best[a] == 0 {
				continue
			}
			b := a + 1
			for b < len(best) && best[b] != 0 && best[b]%2 == 0 {
				b++
			}
			kind := best[a]
			if kind > 6 && x.limit == 7 {
				a = b - 1
				continue
			}
			said++
			if k, ok := x.spans[[2]int32{x.toks[a].start, x.toks[b-1].end}]; ok {
				place++
				if k == kind {
					hit++
				}
			}
			a = b - 1
		}
	}
	return 2 * hit / max(said+gold, 1), 2 * place / max(said+gold, 1)
}
