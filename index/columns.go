package index

import (
	"encoding/binary"
	"fmt"
	"math"
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
}

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

// A columnCache keeps the columns of a shard's segments. A segment never
// changes, so a column is read once.
type columnCache struct {
	mu     sync.Mutex
	byID   map[uint64]*columnEntry
	memory *budget // for ordinals
}

type columnEntry struct {
	once     sync.Once
	col      *column
	err      error
	ordinals map[string]*ordinals
}

// drop gives back the memory of e's ordinals; c.mu is held.
func (c *columnCache) drop(e *columnEntry) {
	for _, o := range e.ordinals {
		c.memory.give(o.bytes())
	}
}

func (c *columnCache) ordinals(id uint64, name string) *ordinals {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byID[id]; e != nil {
		return e.ordinals[name]
	}
	return nil
}

// setOrdinals keeps the ordinals of a field, if there is memory for them.
func (c *columnCache) setOrdinals(id uint64, name string, o *ordinals) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byID[id]
	if e == nil || e.ordinals[name] != nil || !c.memory.take(o.bytes()) {
		return
	}
	if e.ordinals == nil {
		e.ordinals = map[string]*ordinals{}
	}
	e.ordinals[name] = o
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
	return c, nil
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
	lo, hi := millisOf(from, minMillis), millisOf(to, maxMillis)
	return those(len(c.times), docs, func(i int) bool { return c.times[i] >= lo && c.times[i] < hi })
}

// metaSum returns the checksum in meta bytes.
func metaSum(data []byte) uint64 { return binary.BigEndian.Uint64(data[8:]) }
