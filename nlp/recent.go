package nlp

// A recent remembers what was asked for lately, in two generations: when the
// young one is full the old one is forgotten, and what is asked for again is
// young again.
type recent[V any] struct{ young, old map[string]kept[V] }

// A kept has its own copy of the key: what is asked with may be a part of a
// long text.
type kept[V any] struct {
	key   string
	value V
}

// maxYoung bounds a generation.
const maxYoung = 10_000

func newRecent[V any]() recent[V] { return recent[V]{young: map[string]kept[V]{}} }

func (c *recent[V]) get(key string) (v V, ok bool) {
	if k, ok := c.young[key]; ok {
		return k.value, true
	}
	k, ok := c.old[key]
	if ok {
		c.add(k)
	}
	return k.value, ok
}

// put remembers a value; key must not be a part of a longer text.
func (c *recent[V]) put(key string, v V) { c.add(kept[V]{key, v}) }

func (c *recent[V]) add(k kept[V]) {
	if len(c.young) >= maxYoung {
		c.young, c.old = c.old, c.young
		if c.young == nil {
			c.young = make(map[string]kept[V], maxYoung)
		}
		clear(c.young)
	}
	c.young[k.key] = k
}
