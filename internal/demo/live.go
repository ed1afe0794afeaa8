package demo

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"earshot/mention"
)

// liveMinutes is how far back a feed shows what came live; keptChunks how many
// minutes of it are kept written.
const (
	liveMinutes = 60
	keptChunks  = liveMinutes + 8
)

// A chunk is one minute of the live part, oldest first. Every minute is
// written from the seed and its own number, so none has to be kept.
type chunk struct {
	items [][]Item // by outlet
}

// minute says in which minute of the live part a time is.
func (w *World) minute(now time.Time) int { return int(now.Sub(w.end) / time.Minute) }

// chunk returns a minute of the live part.
func (w *World) chunk(k int) *chunk {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.chunks[k]; c != nil {
		return c
	}
	for old := range w.chunks {
		if len(w.chunks) >= keptChunks && (old < k-keptChunks || old > k) {
			delete(w.chunks, old)
		}
	}
	if len(w.chunks) >= 2*keptChunks {
		clear(w.chunks)
	}
	c := &chunk{items: make([][]Item, len(w.outlets))}
	for _, it := range w.live(k) {
		source := slices.IndexFunc(w.outlets, func(o outlet) bool { return o.id == it.Source })
		c.items[source] = append(c.items[source], it)
	}
	w.chunks[k] = c
	return c
}

// of returns what a source shows of the chunk at a time.
func (c *chunk) of(w *World, source int, now time.Time) []Item {
	var out []Item
	for i := range c.items[source] {
		if it := &c.items[source][i]; !it.Published.After(now) {
			out = append(out, w.finish(it.At(now)))
		}
	}
	return out
}

// live writes minute k: the outcry, which slowly calms down, and all else.
func (w *World) live(k int) []Item {
	p := newPen(w.grammar, rand.New(rand.NewPCG(w.seed, 1<<32+uint64(k))))
	start := w.end.Add(time.Duration(k) * time.Minute)
	at := func() time.Time { return start.Add(time.Duration(1+p.rng.IntN(59)) * time.Second) }
	outcry := max(0.12, 0.4*math.Exp(-float64(k)/40))
	var items []Item
	for serial := range 80 + p.rng.IntN(16) {
		if p.rng.Float64() < outcry {
			source := []int{outHealth, outPharma, outMurmel, outForum, outBrim}[weighted(p.rng, 36, 32, 14, 16, 1)]
			items = append(items, w.tell(p, source, StoryRecall, recalled, at(), serial))
			continue
		}
		o := &w.outlets[w.liveOutlet(p)]
		items = append(items, w.ambient(p, o, at(), serial))
	}
	items = append(items, w.liveEvents(p, k, start)...)
	slices.SortStableFunc(items, func(a, b Item) int { return a.Published.Compare(b.Published) })
	return items
}

// liveOutlet picks a source by its share.
func (w *World) liveOutlet(p *pen) int {
	sum := 0.0
	for i := range w.outlets {
		sum += w.outlets[i].live
	}
	x := p.rng.Float64() * sum
	for i := range w.outlets {
		if x -= w.outlets[i].live; x < 0 {
			return i
		}
	}
	return 0
}

// liveEvents writes what happens in some minutes only: a report in every one, a
// corrected article, a release with its copies, a launch.
func (w *World) liveEvents(p *pen, k int, start time.Time) []Item {
	source := []int{outHealth, outMurmel, outForum, outReviews}[p.rng.IntN(4)]
	items := []Item{w.adverse(p, source, start.Add(time.Duration(5+p.rng.IntN(50))*time.Second), 200)}
	if k%4 == 0 {
		it := w.ambient(p, &w.outlets[outLedger], start.Add(6*time.Second), 201)
		it.Edits = []Edit{p.correction(it, start.Add(38*time.Second))}
		items = append(items, it)
	}
	if k%6 == 1 {
		delays := []time.Duration{11 * time.Second, 24 * time.Second, 41 * time.Second}
		bySource := w.syndicate(p, start.Add(9*time.Second), delays, 210)
		for source := range w.outlets {
			items = append(items, bySource[source]...)
		}
	}
	if k%15 == 2 {
		items = append(items, w.rivalLaunch(p, start.Add(20*time.Second), 220))
	}
	return items
}

// correction is an article's second version.
func (p *pen) correction(it Item, at time.Time) Edit {
	note := "\n\nCorrection: an earlier version gave a wrong figure. It is " + p.write("pct") + ", not " + p.write("pct") + "."
	return Edit{At: at, Title: strings.TrimSuffix(it.Title, " (corrected)") + " (corrected)", Text: it.Text + note}
}

// plantEdits gives articles of the last hours a correction that comes live.
func (w *World) plantEdits(p *pen) {
	for _, source := range []int{outBrim, outLedger, outGazette} {
		items := w.past[source]
		left := 2
		for i := len(items) - 1; i >= 0 && left > 0; i-- {
			if items[i].Kind != mention.KindNews || items[i].Story != "" {
				continue
			}
			at := w.end.Add(time.Duration(20+30*left) * time.Second)
			items[i].Edits = []Edit{p.correction(items[i], at)}
			left--
		}
	}
}
