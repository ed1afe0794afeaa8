package index

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
	"earshot/query"
)

// rows makes the answer: all picks with their examples, read at once.
func (p *picker) rows(window string) ([]mention.Trend, error) {
	var shown []item
	for _, one := range p.picked {
		if err := p.e.exemplify(one); err != nil {
			return nil, err
		}
		shown = append(shown, one.examples...)
	}
	slices.SortFunc(shown, func(a, b item) int { return strings.Compare(a.id, b.id) })
	refs, err := refsOf(slices.CompactFunc(shown, func(a, b item) bool { return a.id == b.id }))
	if err != nil {
		return nil, err
	}
	list, err := p.e.x.rows(p.e.ctx, refs)
	if err != nil {
		return nil, tooSlow(p.e.ctx, err)
	}
	byID := make(map[string]*mention.Row, len(list))
	for i := range list {
		byID[list[i].ID] = &list[i]
	}
	rows := make([]mention.Trend, len(p.picked))
	queries := make([]string, len(p.picked))
	for i, one := range p.picked {
		var examples []*mention.Row
		for _, it := range one.examples {
			if row := byID[it.id]; row != nil {
				examples = append(examples, row)
			}
		}
		rows[i] = one.row(examples)
		queries[i] = p.e.find.query(window, one.cond)
	}
	for i, text := range checked(queries) {
		rows[i].Query = text
	}
	return rows, nil
}

func (one *pick) row(examples []*mention.Row) mention.Trend {
	t := mention.Trend{
		Kind: one.kind.name, Key: one.key, Term: termOf(one, examples), Count: one.now, Past: one.past,
		// What came from sources that are not compared is as expected.
		Expected: one.odds.expected + float64(one.now-one.steady),
		Growth:   one.odds.growth(one.steady), Score: one.score, Authors: one.authors, Sites: one.sites,
	}
	if one.first != math.MaxInt64 {
		t.First = time.UnixMilli(one.first).UTC()
	}
	for _, row := range examples {
		t.Examples = append(t.Examples, exampleOf(row))
	}
	return t
}

// exemplify finds when a pick was told first, and the mentions that stand for
// it: the window's first one and its newest.
func (e *era) exemplify(one *pick) error {
	one.first = math.MaxInt64
	var oldest *item
	var newest []item
	older := func(a, b item) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(b.id, a.id)) }
	for i, g := range e.segs {
		if err := one.firstOf(g, one.docs[i]); err != nil {
			return err
		}
		if one.docs[i] == nil {
			continue
		}
		col, err := g.s.column()
		if err != nil {
			return err
		}
		// Only documents as new as the newest so far, or as old as the oldest,
		// need their ids, which break ties.
		eachDoc(one.docs[i], func(doc uint32) {
			it := item{time: col.times[doc], doc: doc, seg: g.s}
			isNew := len(newest) < examplesOf || it.time >= newest[0].time
			isOld := oldest == nil || it.time <= oldest.time
			if !isNew && !isOld || err != nil {
				return
			}
			if it.id, err = g.s.docID(doc); err != nil {
				return
			}
			if isOld && (oldest == nil || older(it, *oldest) < 0) {
				oldest = &it
			}
			newest = append(newest, it)
			slices.SortFunc(newest, older)
			newest = newest[max(0, len(newest)-examplesOf):]
		})
		if err != nil {
			return err
		}
	}
	if oldest == nil {
		return nil
	}
	one.examples = []item{*oldest}
	for i := len(newest) - 1; i >= 0 && len(one.examples) < examplesOf; i-- {
		if newest[i].id != oldest.id {
			one.examples = append(one.examples, newest[i])
		}
	}
	return nil
}

// firstOf finds the first mention of a pick in a segment.
func (one *pick) firstOf(g *eraSeg, now *roaring.Bitmap) error {
	docs, err := g.s.having(one.kind.fields, one.key)
	if err != nil {
		return err
	}
	docs = roaring.And(docs, g.past)
	if now != nil {
		docs.Or(now)
	}
	first, err := g.s.earliest(docs, minMillis)
	one.first = min(one.first, first)
	return err
}

// termOf returns how a pick is told: as the examples write it, a story by its
// headline, a group of questions by one of them.
func termOf(one *pick, examples []*mention.Row) string {
	switch one.kind.name {
	case mention.TrendTerm, mention.TrendHashtag:
		return spelling(one.key, examples)
	case mention.TrendStory:
		for _, row := range examples {
			return exampleOf(row).Title
		}
	case mention.TrendQuestion:
		return questionOf(one.key, examples)
	default:
		for _, row := range examples {
			if raw, ok := asWritten(row, one.kind.dim, one.key); ok {
				return raw
			}
		}
	}
	return one.key
}

// spelling returns how most examples write a word.
func spelling(key string, examples []*mention.Row) string {
	counts := map[string]int{}
	for _, row := range examples {
		for _, text := range []string{row.Title, row.Text} {
			query.Tokenize(text, func(t query.Token) {
				if slices.Contains(t.Forms, key) {
					w := text[t.Start:t.End]
					if !strings.HasPrefix(key, "#") {
						w = strings.TrimLeft(w, "#@$")
					}
					counts[strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")]++
				}
			})
		}
	}
	best := key
	for _, w := range slices.Sorted(maps.Keys(counts)) {
		if counts[w] > counts[best] {
			best = w
		}
	}
	return best
}

// questionOf returns a sentence of the examples that asks with the words of a
// key.
func questionOf(key string, examples []*mention.Row) string {
	best := ""
	for _, row := range examples {
		for _, text := range []string{row.Title, row.Text} {
			query.Questions(text, func(sentence string, values []string) {
				if slices.Contains(values, key) && (best == "" || len(sentence) < len(best)) {
					best = strings.Join(strings.Fields(sentence), " ")
				}
			})
		}
	}
	if best == "" || len(best) > 300 {
		return key
	}
	return best
}
