package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A World is the small web. Now may be set before [World.Serve]; nil means
// the real clock. All methods may be called from several goroutines.
type World struct {
	Now func() time.Time

	seed    uint64
	end     time.Time
	grammar *grammar
	outlets []outlet
	threads map[string][]thread
	past    [][]Item // by outlet, oldest first

	mu     sync.Mutex
	chunks map[int]*chunk // what was written of the live part lately

	servers
	inbox *Inbox
}

// A thread is a conversation of the forum.
type thread struct{ id, title string }

// NewWorld writes the world's past, which ends at end, and is ready to go on
// from there. The same seed and end give the same world.
func NewWorld(seed uint64, end time.Time) *World {
	g, err := loadGrammar()
	if err != nil {
		panic(err) // the grammar is built in, and tested
	}
	w := &World{
		seed: seed, end: end.UTC().Truncate(time.Second), grammar: g, outlets: newOutlets(g, seed),
		threads: map[string][]thread{}, chunks: map[int]*chunk{}, inbox: newInbox(),
	}
	w.openThreads()
	w.writePast()
	return w
}

// End returns when the past ends and the live part begins.
func (w *World) End() time.Time { return w.end }

func (w *World) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

// openThreads writes the titles of the forum's threads.
func (w *World) openThreads() {
	p := newPen(w.grammar, rand.New(rand.NewPCG(w.seed, 3)))
	for b := range cast {
		for i := range cast[b].products {
			s := subject{&cast[b], &cast[b].products[i]}
			for n := range 12 {
				p.about(s)
				title := p.write("forum.title")
				w.threads[s.product.name] = append(w.threads[s.product.name], thread{slug(title) + "-" + strconv.Itoa(n+1), title})
			}
		}
	}
}

// thread picks a thread about a product.
func (w *World) thread(p *pen, about *product) (title, id string) {
	all := w.threads[about.name]
	t := all[p.rng.IntN(len(all))]
	return t.title, t.id
}

// writePast writes the stories first and fills up with ambient talk.
func (w *World) writePast() {
	w.past = make([][]Item, len(w.outlets))
	p := newPen(w.grammar, rand.New(rand.NewPCG(w.seed, 1)))
	w.plant(p)
	seen := map[string]bool{}
	for i := range w.outlets {
		o := &w.outlets[i]
		when := newCalendar(w.end, o.genre)
		for serial := len(w.past[i]); serial < o.past; serial++ {
			at := when.draw(p.rng)
			it := w.ambient(p, o, at, serial)
			for range 4 {
				if !seen[it.Text] {
					break
				}
				it = w.ambient(p, o, at, serial)
			}
			seen[it.Text] = true
			w.past[i] = append(w.past[i], it)
		}
	}
	w.share(p)
	for i := range w.past {
		slices.SortStableFunc(w.past[i], func(a, b Item) int { return a.Published.Compare(b.Published) })
	}
	w.plantEdits(p)
}

// share lets some posts of one source appear in another one, too.
func (w *World) share(p *pen) {
	for range 30 {
		it := &w.past[outHealth][p.rng.IntN(len(w.past[outHealth]))]
		if it.Story == "" && len(it.Also) == 0 {
			it.Also = []string{w.outlets[outPharma].id}
		}
	}
}

// visible returns what a source shows at a time: newest first, at most limit.
func (w *World) visible(source int, now time.Time, limit int) []Item {
	var out []Item
	if now.After(w.end) {
		last := w.minute(now)
		for k := last; k >= max(0, last-liveMinutes) && len(out) < limit; k-- {
			out = append(out, w.chunk(k).of(w, source, now)...)
		}
	}
	out = append(out, w.shown(source, now, limit-len(out))...)
	slices.SortStableFunc(out, func(a, b Item) int { return b.Published.Compare(a.Published) })
	return out[:min(limit, len(out))]
}

// shown returns a source's part of the past, newest first.
func (w *World) shown(source int, now time.Time, limit int) []Item {
	var out []Item
	items := w.past[source]
	for i := len(items) - 1; i >= 0 && len(out) < limit; i-- {
		if !items[i].Published.After(now) {
			out = append(out, w.finish(items[i].At(now)))
		}
	}
	if source == outPharma {
		for _, it := range w.past[outHealth] {
			if len(it.Also) > 0 && !it.Published.After(now) {
				out = append(out, w.finish(it.At(now)))
			}
		}
	}
	return out
}

// finish completes the address of what the site serves itself.
func (w *World) finish(it Item) Item {
	if it.Canonical != "" && it.Canonical[0] == '/' {
		base := cmp.Or(w.base(it.Source), "http://oststern-gazette.example")
		it.Canonical, it.URL = base+it.Canonical, base+it.URL
	}
	if it.CopyOf != "" && it.CopyOf[0] == '/' {
		it.CopyOf = w.base(w.outlets[outGazette].id) + it.CopyOf
	}
	return it
}
