package index

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
)

// A portrait is what one voice said, while it is counted.
type portrait struct {
	voice       mention.Voice
	first, last int64
	engagement  []float64
	stories     map[uint64]struct{}
	brands      map[string]*mention.VoiceBrand
	sites       map[string]uint64
}

// listen counts what the chosen voices said in a shard.
func (c *choir) listen(f *finding) error {
	for _, part := range f.parts {
		counted, _, err := Volume{}.split(part)
		if err != nil {
			return err
		}
		for name, p := range c.chosen {
			docs, err := part.seg.docs(c.field, name)
			if err != nil {
				return err
			}
			if docs = roaring.And(docs, counted); docs.IsEmpty() {
				continue
			}
			if err := p.add(c, part.seg, docs); err != nil {
				return err
			}
		}
	}
	return nil
}

// add counts documents of the voice.
func (p *portrait) add(c *choir, s *segView, docs *roaring.Bitmap) error {
	col, err := s.column()
	if err != nil {
		return err
	}
	numbers := col.numbers[numEngagement]
	for it := docs.Iterator(); it.HasNext(); {
		doc := it.Next()
		t := col.times[doc]
		if p.voice.Mentions == 0 || t < p.first {
			p.first = t
		}
		if p.voice.Mentions == 0 || t > p.last {
			p.last = t
		}
		p.voice.Mentions++
		if number := col.stories[doc]; number != 0 {
			p.stories[number] = struct{}{}
		}
		if numbers != nil && !math.IsNaN(numbers[doc]) {
			p.engagement = append(p.engagement, numbers[doc])
		}
	}
	if c.s.By == "author" {
		if err := s.countValues(c.ctx, fieldHost, docs, func(host string, n uint64) { p.sites[host] += n }); err != nil {
			return err
		}
	}
	if err := s.addSentiment(&p.voice.Sentiment, docs); err != nil {
		return err
	}
	return p.addBrands(c, s, docs)
}

// addSentiment counts documents by the label of the whole mention.
func (s *segView) addSentiment(sum *mention.SentimentCounts, docs *roaring.Bitmap) error {
	rest := docs.GetCardinality()
	for _, l := range []struct {
		field, term string
		n           *uint64
	}{
		{"sentiment", mention.Positive, &sum.Positive},
		{"sentiment", mention.Negative, &sum.Negative},
		{"sentiment", mention.Neutral, &sum.Neutral},
		{"sentiment", mention.Mixed, &sum.Mixed},
		{fieldFlag, flagNoModel, &sum.Unsupported},
	} {
		b, err := s.docs(l.field, l.term)
		if err != nil {
			return err
		}
		n := b.AndCardinality(docs)
		*l.n += n
		rest -= min(rest, n)
	}
	sum.Unscored += rest
	return nil
}

// addBrands counts documents by brand, and by what they say of each.
func (p *portrait) addBrands(c *choir, s *segView, docs *roaring.Bitmap) error {
	brand := func(name string) *mention.VoiceBrand {
		b := p.brands[name]
		if b == nil {
			b = &mention.VoiceBrand{Brand: name}
			p.brands[name] = b
		}
		return b
	}
	if err := s.countValues(c.ctx, "brand", docs, func(name string, n uint64) { brand(name).Mentions += n }); err != nil {
		return err
	}
	unscored, err := s.docs(fieldFlag, flagNoModel)
	if err != nil {
		return err
	}
	if unscored = roaring.And(unscored, docs); !unscored.IsEmpty() {
		if err := s.countValues(c.ctx, "brand", unscored, func(name string, n uint64) { brand(name).Sentiment.Unsupported += n }); err != nil {
			return err
		}
	}
	return s.countValues(c.ctx, fieldToward, docs, func(term string, n uint64) {
		kind, name, label := cutToward(term)
		if kind != towardBrand {
			return
		}
		b := brand(name)
		if sum := labelCount(&b.Sentiment, label); sum != nil {
			*sum += n
		}
	})
}

// labelCount returns the count of a label; nil when there is none.
func labelCount(c *mention.SentimentCounts, label string) *uint64 {
	switch label {
	case mention.Positive:
		return &c.Positive
	case mention.Negative:
		return &c.Negative
	case mention.Neutral:
		return &c.Neutral
	case mention.Mixed:
		return &c.Mixed
	}
	return nil
}

// finish makes the answer; names are as the index knows them.
func (p *portrait) finish() mention.Voice {
	v := p.voice
	v.First, v.Last = time.UnixMilli(p.first).UTC(), time.UnixMilli(p.last).UTC()
	v.Stories = uint64(len(p.stories))
	v.Engagement = amountOf(p.engagement)
	for _, site := range slices.Sorted(maps.Keys(p.sites)) {
		if v.Site == "" || p.sites[site] > p.sites[v.Site] {
			v.Site = site
		}
	}
	for _, b := range p.brands {
		s := &b.Sentiment
		b.Sentiment.Unscored = b.Mentions - min(b.Mentions, s.Positive+s.Negative+s.Neutral+s.Mixed+s.Unsupported)
		v.Brands = append(v.Brands, *b)
	}
	slices.SortFunc(v.Brands, func(a, b mention.VoiceBrand) int {
		return cmp.Or(cmp.Compare(b.Mentions, a.Mentions), cmp.Compare(a.Brand, b.Brand))
	})
	return v
}

// amountOf sums numbers up; nil when there are none. It sorts them.
func amountOf(numbers []float64) *mention.Amount {
	if len(numbers) == 0 {
		return nil
	}
	slices.Sort(numbers)
	a := mention.Amount{N: uint64(len(numbers))}
	for _, v := range numbers {
		a.Sum += v
	}
	a.Mean = a.Sum / float64(len(numbers))
	mid := len(numbers) / 2
	a.Median = numbers[mid]
	if len(numbers)%2 == 0 {
		a.Median = (numbers[mid-1] + numbers[mid]) / 2
	}
	return &a
}
