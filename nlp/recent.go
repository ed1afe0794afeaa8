package nlp

import (
	"hash/maphash"
	"sync"
)

// A recent remembers what was asked for lately; any number of goroutines may
// ask. It is in parts, so that they seldom wait for each other.
type recent[V any] struct {
	seed  maphash.Seed
	parts [32]recentPart[V]
}

// A recentPart has two generations: when the young one is full the old one is
// forgotten, and what is asked for again is young again.
type recentPart[V any] struct {
	mu         sync.RWMutex
	young, old map[string]kept[V]
}

// A kept has its own copy of the key: what is asked with may be a part of a
// long text.
type kept[V any] struct {
	key   string
	value V
}

// maxYoung bounds a generation of a part.
const maxYoung = 512

func newRecent[V any]() *recent[V] { return &recent[V]{seed: maphash.MakeSeed()} }

func (c *recent[V]) part(key string) *recentPart[V] {
	return &c.parts[maphash.String(c.seed, key)%uint64(len(c.parts))]
}

func (c *recent[V]) get(key string) (v V, ok bool) {
	p := c.part(key)
	p.mu.RLock()
	k, ok := p.young[key]
	again := false
	if !ok {
		k, ok = p.old[key]
		again = ok
	}
	p.mu.RUnlock()
	if again {
		p.add(k)
	}
	return k.value, ok
}

// put remembers a value, which must not be changed from now on; key must not
// be a part of a longer text.
func (c *recent[V]) put(key string, v V) { c.part(key).add(kept[V]{key, v}) }

func (p *recentPart[V]) add(k kept[V]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.young) >= maxYoung {
		p.young, p.old = p.old, p.young
		clear(p.young)
	}
	if p.young == nil {
		p.young = make(map[string]kept[V], maxYoung)
	}
	p.young[k.key] = k
}
