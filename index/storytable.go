package index

import "math"

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

// A storySet is a set of stories: half the memory of a [storyTable], where no
// numbers are needed. The zero value is empty.
type storySet struct {
	slots []uint64
	n     int
}

// empty makes t hold nothing, in the memory it has.
func (t *storySet) empty() {
	if t.n == 0 {
		return
	}
	clear(t.slots)
	t.n = 0
}

// add adds a story, which is not 0.
func (t *storySet) add(story uint64) {
	if 2*t.n >= len(t.slots) {
		t.reserve(max(32, t.n))
	}
	if s := t.slot(story); *s == 0 {
		*s = story
		t.n++
	}
}

func (t *storySet) has(story uint64) bool { return t.n > 0 && *t.slot(story) == story }

// reserve makes room for more.
func (t *storySet) reserve(more int) {
	size := max(64, len(t.slots))
	for size < 2*(t.n+more) {
		size *= 2
	}
	if size == len(t.slots) {
		return
	}
	old := t.slots
	t.slots = make([]uint64, size)
	for _, story := range old {
		if story != 0 {
			*t.slot(story) = story
		}
	}
}

func (t *storySet) slot(story uint64) *uint64 {
	mask := uint64(len(t.slots) - 1)
	for i := story & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; *s == story || *s == 0 {
			return s
		}
	}
}

// A storySketch tells roughly how often it met stories: never less often than
// it did. The zero value met none.
type storySketch [1 << 20]uint8

func (t *storySketch) add(story uint64) {
	if n := &t[story%uint64(len(t))]; *n < math.MaxUint8 {
		*n++
	}
}

// has reports whether it may have met a story so often.
func (t *storySketch) has(story uint64, often uint8) bool { return t[story%uint64(len(t))] >= often }

// A distinctCount counts distinct values by what stands for them: a story's
// number, or the hash of a name. It puts them by in heaps first, so that each is
// counted in memory that a processor keeps at hand. The zero value has none.
type distinctCount struct {
	heaps [distinctHeaps][]uint64
	sets  [distinctHeaps]storySet // of what did not fit the heaps
	small storySet
}

const (
	distinctHeaps = 256
	heapSize      = 4096
)

// add adds a value, which is not 0.
func (t *distinctCount) add(value uint64) {
	heap := &t.heaps[value>>56]
	if len(*heap) == heapSize {
		t.sets[value>>56].addAll(*heap)
		*heap = (*heap)[:0]
	}
	*heap = append(*heap, value)
}

// addAll adds stories, of which none is 0.
func (t *storySet) addAll(list []uint64) {
	for _, story := range list {
		t.add(story)
	}
}

// empty makes t hold nothing, in the memory it has.
func (t *distinctCount) empty() {
	for i := range t.sets {
		t.sets[i].empty()
		t.heaps[i] = t.heaps[i][:0]
	}
}

// count returns how many there are.
func (t *distinctCount) count() (n uint64) {
	for i := range t.heaps {
		set := &t.sets[i]
		if set.n == 0 {
			t.small.empty()
			set = &t.small
		}
		set.addAll(t.heaps[i])
		n += uint64(set.n)
	}
	return n
}
