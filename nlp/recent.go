package nlp

import (
	"hash/maphash"
	"sync/atomic"
)

// A recent remembers what was made of texts lately. Any number of goroutines
// may ask and none waits for another: each place holds a pointer to what never
// changes.
type recent[T any, P remembered[T]] struct {
	seed   maphash.Seed
	places [recentSize]atomic.Pointer[T]
}

// A remembered knows what text it was made of: its own copy, since what is
// asked with may be a part of a long text.
type remembered[T any] interface {
	*T
	of(text string) bool
}

// recentSize bounds how much is remembered; a power of two. A text has two
// places beside each other: what is put takes the first, and what was there
// moves to the second.
const recentSize = 1 << 16

func newRecent[T any, P remembered[T]]() *recent[T, P] {
	return &recent[T, P]{seed: maphash.MakeSeed()}
}

func (c *recent[T, P]) place(text string) uint64 { return maphash.String(c.seed, text) % recentSize }

// first returns what stands at the first place of a text, or nil: mostly what
// was made of it.
func (c *recent[T, P]) first(text string) P { return c.places[c.place(text)].Load() }

// get returns what was made of a text, or nil.
func (c *recent[T, P]) get(text string) P {
	i := c.place(text)
	for _, at := range [...]uint64{i, i ^ 1} {
		if p := P(c.places[at].Load()); p != nil && p.of(text) {
			return p
		}
	}
	return nil
}

// put remembers what was made of a text, which must not be changed from now on.
func (c *recent[T, P]) put(text string, p P) {
	i := c.place(text)
	if old := P(c.places[i].Swap(p)); old != nil && !old.of(text) {
		c.places[i^1].Store(old)
	}
}
