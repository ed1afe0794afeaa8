package nlp

import (
	"hash/maphash"
	"sync/atomic"
)

// A recent remembers what was asked for lately. Any number of goroutines may
// ask and none waits for another: each place holds a pointer to what never
// changes.
type recent[V any] struct {
	seed   maphash.Seed
	places [recentSize]atomic.Pointer[kept[V]]
}

// recentSize bounds how much is remembered; a power of two. A key has two
// places beside each other: what is put takes the first, and what was there
// moves to the second.
const recentSize = 1 << 15

// A kept has its own copy of the key: what is asked with may be a part of a
// long text.
type kept[V any] struct {
	key   string
	value V
}

func newRecent[V any]() *recent[V] { return &recent[V]{seed: maphash.MakeSeed()} }

func (c *recent[V]) place(key string) uint64 { return maphash.String(c.seed, key) % recentSize }

// first returns what stands at the first place of a key, or nil: mostly what
// is kept for it.
func (c *recent[V]) first(key string) *kept[V] { return c.places[c.place(key)].Load() }

func (c *recent[V]) get(key string) (v V, ok bool) {
	i := c.place(key)
	for _, at := range [...]uint64{i, i ^ 1} {
		if k := c.places[at].Load(); k != nil && k.key == key {
			return k.value, true
		}
	}
	return v, false
}

// put remembers a value, which must not be changed from now on; key must not
// be a part of a longer text.
func (c *recent[V]) put(key string, v V) {
	i := c.place(key)
	if old := c.places[i].Swap(&kept[V]{key, v}); old != nil && old.key != key {
		c.places[i^1].Store(old)
	}
}
