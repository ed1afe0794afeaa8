package index

// A storyTable numbers stories from 0 on, by what stands for them in the
// columns (see [storyNumber]); there may be millions. The zero value is empty.
type storyTable struct {
	slots []storySlot // open addressing, half of them empty at least
	n     uint32
}

// A storySlot is empty when its story is 0.
type storySlot struct {
	story  uint64
	number uint32
}

// number returns the number of a story, which is not 0.
func (t *storyTable) number(story uint64) uint32 {
	if 2*int(t.n) >= len(t.slots) {
		t.grow()
	}
	s := t.slot(story)
	if s.story == story {
		return s.number
	}
	*s = storySlot{story, t.n}
	t.n++
	return s.number
}

// find returns the number of a story, if it has one.
func (t *storyTable) find(story uint64) (n uint32, ok bool) {
	if t.n == 0 {
		return 0, false
	}
	s := t.slot(story)
	return s.number, s.story == story
}

// slot returns the place of a story: its own, or the empty one where it is to
// go. What stands for a story is a mixed hash, so its lower bits will do.
func (t *storyTable) slot(story uint64) *storySlot {
	mask := uint64(len(t.slots) - 1)
	for i := story & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.story == story || s.story == 0 {
			return s
		}
	}
}

func (t *storyTable) grow() {
	old := t.slots
	t.slots = make([]storySlot, max(64, 4*len(old)))
	for i := range old {
		if old[i].story != 0 {
			*t.slot(old[i].story) = old[i]
		}
	}
}

// A bitset is a set of small numbers, for where most of them are in it: a
// roaring bitmap takes ten times as long to add to.
type bitset []uint64

func (b *bitset) add(n uint32) {
	i := int(n >> 6)
	for i >= len(*b) {
		*b = append(*b, make([]uint64, max(64, len(*b)))...)
	}
	(*b)[i] |= 1 << (n & 63)
}
