package demo

import (
	"math/rand/v2"
	"time"

	"earshot/mention"
)

// loadStart is when the first mention of [Load] was published, and loadStep
// the time between two.
var loadStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const loadStep = 50 * time.Millisecond

// Load returns an endless stream of mentions for benchmarks: 90 of 100 are
// posts, 10 are articles. It does no I/O. The same seed gives the same stream;
// the function it returns is not safe for concurrent use.
func Load(seed uint64) func() mention.Mention {
	g, err := loadGrammar()
	if err != nil {
		panic(err) // the grammar is built in, and tested
	}
	w := &World{grammar: g, outlets: newOutlets(g, seed), threads: map[string][]thread{}}
	w.openThreads()
	p := newPen(g, rand.New(rand.NewPCG(seed, 4)))
	n := 0
	return func() mention.Mention {
		source := []int{outHealth, outPharma, outMurmel}[p.rng.IntN(3)]
		if n%10 == 9 {
			source = []int{outLedger, outBrim}[p.rng.IntN(2)]
		}
		at := loadStart.Add(time.Duration(n) * loadStep)
		n++
		return w.ambient(p, &w.outlets[source], at, n).Mention(at)
	}
}

// Mention returns the item as a collector would bring it, without the fields
// that identity and the ledger set later. Its ID is its address.
func (it Item) Mention(collected time.Time) mention.Mention {
	return mention.Mention{
		ID: it.Canonical, Source: it.Source, Origin: mention.OriginCollect, Kind: it.Kind, GUID: it.GUID, URL: it.URL, Canonical: it.Canonical,
		Title: it.Title, Text: it.Text, Author: it.Author, Lang: it.Lang, Thread: it.Thread, Published: it.Published, Collected: collected,
	}
}
