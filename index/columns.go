package index

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// A column is the meta bytes of a segment's documents, in memory: 22 to 54
// bytes a document.
type column struct {
	times     []int64 // unix milliseconds
	published []bool
	classes   []uint8      // of sentiment, see [sentiments]
	stories   []uint64     // see storyNumber
	ledger    []uint32     // number of the mention in the ledger, 0 where not known
	numbers   [4][]float64 // score, engagement, reach, rating; nil where no document has one, else NaN where one lacks it
	blocks    []timeBlock
	classSets func() *[len(sentiments)]*roaring.Bitmap // documents of each class
}

// A timeBlock tells of the times of some documents that follow each other:
// most were collected in the order of their times, so that most blocks lie
// within a stretch of time or without.
type timeBlock struct {
	first, last int64
	published   bool // all of them
}

const timeBlockSize = 1024 // a multiple of 64

// The columns of numbers.
const (
	numScore = iota
	numEngagement
	numReach
	numRating
)

func numberField(field string) (int, bool) {
	switch field {
	case "score":
		return numScore, true
	case "engagement":
		return numEngagement, true
	case "reach":
		return numReach, true
	case "rating":
		return numRating, true
	}
	return 0, false
}

// A columnCache keeps the columns of a shard's segments, and what else is read
// of them. A segment never changes, so each is read once.
type columnCache struct {
	mu     sync.Mutex
	byID   map[uint64]*columnEntry
	memory *budget // for what is kept beside the columns
}

type columnEntry struct {
	once  sync.Once
	col   *column
	err   error
	kept  map[string]kept
	needs map[string]int64 // bytes of what there was no memory for
}

// A kept is something that is kept of a segment while there is memory for it.
type kept interface{ bytes() int64 }

// drop gives back the memory of what is kept in e; c.mu is held.
func (c *columnCache) drop(e *columnEntry) {
	for _, k := range e.kept {
		c.memory.give(k.bytes())
	}
}

// look returns what is kept under a name, and whether there would be no memory
// for it.
func (c *columnCache) look(id uint64, name string) (k kept, futile bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byID[id]
	if e == nil {
		return nil, false
	}
	return e.kept[name], e.needs[name] > c.memory.left()
}

// cached returns what is kept of a segment under a name, or reads it, unless
// that was in vain before and would be again: then it is nil, as it is when
// read gives nothing. Read is told what memory there is, and says how many bytes
// what it read needs, or would need. It is called for one segment at a time, or
// two.
func (c *columnCache) cached(id uint64, name string, read func(most int64) (k kept, needs int64, err error)) (kept, error) {
	if k, futile := c.look(id, name); k != nil || futile {
		return k, nil
	}
	mu := &c.memory.reading[id%uint64(len(c.memory.reading))]
	mu.Lock()
	defer mu.Unlock()
	if k, futile := c.look(id, name); k != nil || futile {
		return k, nil
	}
	k, needs, err := read(c.memory.left())
	if err != nil {
		return nil, err
	}
	c.put(id, name, k, needs)
	return k, nil
}

// put keeps something if there is memory for it, and else what it needs.
func (c *columnCache) put(id uint64, name string, k kept, needs int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byID[id]
	if e == nil {
		return
	}
	if e.kept == nil {
		e.kept, e.needs = map[string]kept{}, map[string]int64{}
	}
	delete(e.needs, name)
	if k != nil && c.memory.take(k.bytes()) {
		e.kept[name] = k
		return
	}
	e.needs[name] = needs
}

func (c *columnCache) get(id uint64, seg segment.Segment) (*column, error) {
	c.mu.Lock()
	e := c.byID[id]
	if e == nil {
		if c.byID == nil {
			c.byID = map[uint64]*columnEntry{}
		}
		e = &columnEntry{}
		c.byID[id] = e
	}
	c.mu.Unlock()
	e.once.Do(func() { e.col, e.err = readColumn(seg) })
	return e.col, e.err
}

// keep drops the columns of segments that are gone.
func (c *columnCache) keep(ids map[uint64]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, e := range c.byID {
		if !ids[id] {
			c.drop(e)
			delete(c.byID, id)
		}
	}
}

func (c *columnCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.byID {
		c.drop(e)
	}
	c.byID = nil
}

func readColumn(seg segment.Segment) (*column, error) {
	n := int(seg.Count())
	c := &column{times: make([]int64, n), published: make([]bool, n), classes: make([]uint8, n), stories: make([]uint64, n), ledger: make([]uint32, n)}
	for i := range n {
		var data []byte
		err := seg.VisitStoredFields(uint64(i), func(name string, _ byte, value []byte, _ []uint64) bool {
			if name == fieldMeta {
				data = value
				c.set(i, data)
			}
			return true
		})
		if err != nil {
			return nil, fmt.Errorf("%w: stored fields: %w", ErrDamaged, err)
		}
		if len(data) < metaFixed {
			return nil, fmt.Errorf("%w: stored fields: %d bytes", ErrDamaged, len(data))
		}
	}
	c.block()
	c.classSets = sync.OnceValue(c.sortClasses)
	return c, nil
}

// sortClasses returns the documents of each class.
func (c *column) sortClasses() *[len(sentiments)]*roaring.Bitmap {
	dense := [len(sentiments)][]uint64{}
	for class := range dense {
		dense[class] = make([]uint64, (len(c.classes)+63)/64)
	}
	for doc, class := range c.classes {
		dense[class][doc/64] |= 1 << (doc % 64)
	}
	sets := new([len(sentiments)]*roaring.Bitmap)
	for class := range dense {
		sets[class] = roaring.FromDense(dense[class], false)
		sets[class].RunOptimize()
	}
	return sets
}

// block makes the blocks of the column.
func (c *column) block() {
	for from := 0; from < len(c.times); from += timeBlockSize {
		to := min(from+timeBlockSize, len(c.times))
		times := c.times[from:to]
		c.blocks = append(c.blocks, timeBlock{slices.Min(times), slices.Max(times), !slices.Contains(c.published[from:to], false)})
	}
}

func (c *column) set(i int, data []byte) {
	if len(data) < metaFixed {
		return
	}
	c.times[i] = int64(binary.BigEndian.Uint64(data))
	c.stories[i] = binary.BigEndian.Uint64(data[16:])
	c.ledger[i] = binary.BigEndian.Uint32(data[24:])
	set := data[metaFixed-1]
	c.published[i] = set&metaPublished != 0
	c.classes[i] = min(set>>metaClass, classUnscored)
	data = data[metaFixed:]
	for k := range c.numbers {
		if set&(metaScore<<k) == 0 || len(data) < 8 {
			continue
		}
		if c.numbers[k] == nil {
			c.numbers[k] = make([]float64, len(c.times))
			for j := range c.numbers[k] {
				c.numbers[k][j] = math.NaN()
			}
		}
		c.numbers[k][i] = math.Float64frombits(binary.BigEndian.Uint64(data))
		data = data[8:]
	}
}

// between returns those of docs that count from an instant on and before
// another; a zero time is an open end.
func (c *column) between(docs *roaring.Bitmap, from, to time.Time) *roaring.Bitmap {
	if docs.IsEmpty() {
		return empty
	}
	return c.within(docs, millisOf(from, minMillis), millisOf(to, maxMillis), func(*timeBlock) bool { return true }, func(int) bool { return true })
}

// span returns the times of the first and the last of documents, or times
// around these; the documents are not none.
func (c *column) span(docs *roaring.Bitmap) (first, last int64) {
	first, last = maxMillis, minMillis
	for k := docs.Minimum() / timeBlockSize; k <= docs.Maximum()/timeBlockSize; k++ {
		first, last = min(first, c.blocks[k].first), max(last, c.blocks[k].last)
	}
	return first, last
}

// within returns the documents, those among docs where that is not nil, that
// count from lo on and before hi and for which also is true. It need not be
// asked where all is true of a block.
func (c *column) within(docs *roaring.Bitmap, lo, hi int64, all func(b *timeBlock) bool, also func(i int) bool) *roaring.Bitmap {
	fits := func(i int) bool { return c.times[i] >= lo && c.times[i] < hi && also(i) }
	if docs != nil && docs.GetCardinality() < uint64(len(c.times)/16) {
		return those(len(c.times), docs, fits)
	}
	dense := make([]uint64, (len(c.times)+63)/64)
	for k := range c.blocks {
		b, from := &c.blocks[k], k*timeBlockSize
		switch {
		case b.last < lo || b.first >= hi:
		case b.first >= lo && b.last < hi && all(b):
			for i := from / 64; i < min((from+timeBlockSize)/64, len(dense)); i++ {
				dense[i] = math.MaxUint64
			}
		default:
			for i := from; i < min(from+timeBlockSize, len(c.times)); i++ {
				if fits(i) {
					dense[i/64] |= 1 << (i % 64)
				}
			}
		}
	}
	if rest := len(c.times) % 64; rest > 0 {
		dense[len(dense)-1] &= 1<<rest - 1
	}
	found := roaring.FromDense(dense, false)
	if docs != nil {
		found.And(docs)
	}
	return found
}

// metaSum returns the checksum in meta bytes.
func metaSum(data []byte) uint64 { return binary.BigEndian.Uint64(data[8:]) }
