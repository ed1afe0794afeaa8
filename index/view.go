package index

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/mention"
)

// A view is one shard as it stands at one instant.
type view struct {
	key  string
	sh   *shard // nil when it is gone
	snap *scorch.IndexSnapshot
	segs []*segView
}

// A segView is one segment of a view. It is used by one goroutine.
type segView struct {
	id      uint64
	seg     segment.Segment
	deleted *roaring.Bitmap // may be nil
	sh      *shard
	dicts   map[string]segment.TermDictionary
	col     *column
}

// keys returns the shards' keys, newest first.
func (x *Index) keys() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	keys := make([]string, 0, len(x.shards))
	for key := range x.shards {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	slices.Reverse(keys)
	return keys
}

func (x *Index) all() []*shard {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := make([]*shard, 0, len(x.shards))
	for _, sh := range x.shards {
		list = append(list, sh)
	}
	return list
}

func (x *Index) isClosed() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.closed
}

// acquire opens a shard for use until it is released.
func (x *Index) acquire(sh *shard) (bleve.Index, error) {
	if x.isClosed() {
		return nil, ErrClosed
	}
	idx, err := sh.acquire(time.Now())
	if err != nil {
		return nil, err
	}
	if x.isClosed() { // in between
		sh.release()
		return nil, errors.Join(ErrClosed, sh.close())
	}
	x.evict(sh)
	return idx, nil
}

// evict closes the shard that was not used for longest when too many are
// open.
func (x *Index) evict(sh *shard) {
	var oldest *shard
	var when time.Time
	open := 0
	for _, s := range x.all() {
		if used, ok := s.isOpen(); ok {
			open++
			if s != sh && (oldest == nil || used.Before(when)) {
				oldest, when = s, used
			}
		}
	}
	if open > maxOpen && oldest != nil {
		if err := oldest.closeIdle(when.Add(1)); err != nil {
			x.log.Warn("shard does not close", "shard", oldest.key, "err", err)
		}
	}
}

// known returns a shard, or nil when there is none.
func (x *Index) known(key string) *shard {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shards[key]
}

// view opens a shard and takes its present state. It is to be closed.
func (x *Index) view(key string) (*view, error) {
	sh := x.known(key)
	if sh == nil {
		return &view{key: key}, nil
	}
	idx, err := x.acquire(sh)
	if errors.Is(err, errDropped) {
		return &view{key: key}, nil
	}
	if err != nil {
		return nil, err
	}
	v, err := newView(sh, idx)
	if err != nil {
		sh.release()
		return nil, err
	}
	return v, nil
}

func newView(sh *shard, idx bleve.Index) (*view, error) {
	under, err := idx.Advanced()
	if err != nil {
		return nil, fmt.Errorf("index: shard %s: %w", sh.key, err)
	}
	reader, err := under.Reader()
	if err != nil {
		return nil, fmt.Errorf("index: shard %s: %w", sh.key, err)
	}
	snap, ok := reader.(*scorch.IndexSnapshot)
	if !ok || snap == nil {
		return nil, fmt.Errorf("index: shard %s: %w", sh.key, ErrClosed)
	}
	v := &view{key: sh.key, sh: sh, snap: snap}
	for _, s := range snap.Segments() {
		v.segs = append(v.segs, &segView{id: s.Id(), seg: s.Segment(), deleted: s.Deleted(), sh: sh, dicts: map[string]segment.TermDictionary{}})
	}
	return v, nil
}

func (v *view) closeSnapshot() { _ = v.snap.Close() }

func (v *view) close() {
	if v.sh == nil {
		return
	}
	v.closeSnapshot()
	v.sh.release()
}

// ids returns the ids of the segments of v.
func (v *view) ids() map[uint64]bool {
	ids := make(map[uint64]bool, len(v.segs))
	for _, s := range v.segs {
		ids[s.id] = true
	}
	return ids
}

// count returns the number of documents of v.
func (v *view) count() (n uint64) {
	for _, s := range v.segs {
		n += s.count()
	}
	return n
}

func (s *segView) count() uint64 {
	n := s.seg.Count()
	if s.deleted != nil {
		n -= s.deleted.GetCardinality()
	}
	return n
}

// live returns the documents of s that are not deleted; the caller owns it.
func (s *segView) live() *roaring.Bitmap {
	all := roaring.New()
	all.AddRange(0, s.seg.Count())
	if s.deleted != nil {
		all.AndNot(s.deleted)
	}
	return all
}

func (s *segView) column() (*column, error) {
	if s.col == nil {
		col, err := s.sh.columns.get(s.id, s.seg)
		if err != nil {
			return nil, err
		}
		s.col = col
	}
	return s.col, nil
}

// ref returns where the record of a document is.
func (s *segView) ref(n uint32) (mention.Ref, error) {
	col, err := s.column()
	if err != nil {
		return mention.Ref{}, err
	}
	id, err := s.docID(n)
	return mention.Ref{ID: id, Number: col.ledger[n]}, err
}

func (s *segView) docID(n uint32) (string, error) {
	id, err := s.seg.DocID(uint64(n))
	if err != nil {
		return "", fmt.Errorf("%w: shard %s: %w", ErrDamaged, s.sh.key, err)
	}
	return string(id), nil
}

func (s *segView) dict(name string) (segment.TermDictionary, error) {
	if d := s.dicts[name]; d != nil {
		return d, nil
	}
	d, err := s.seg.Dictionary(name)
	if err != nil {
		return nil, s.damaged(err)
	}
	s.dicts[name] = d
	return d, nil
}

func (s *segView) damaged(err error) error {
	return fmt.Errorf("%w: shard %s: %w", ErrDamaged, s.sh.key, err)
}

// postings returns the list of a term.
func (s *segView) postings(name, term string) (segment.PostingsList, error) {
	d, err := s.dict(name)
	if err != nil {
		return nil, err
	}
	list, err := d.PostingsList([]byte(term), nil, nil)
	if err != nil {
		return nil, s.damaged(err)
	}
	return list, nil
}

var empty = roaring.New()

// bitmap returns the documents of a list, deleted ones too. It is shared and
// must not be changed.
func bitmap(list segment.PostingsList) (*roaring.Bitmap, error) {
	it, ok := list.Iterator(false, false, false, nil).(segment.OptimizablePostingsIterator)
	if !ok {
		return nil, errors.New("index: postings without a bitmap")
	}
	if n, ok := it.DocNum1Hit(); ok {
		return roaring.BitmapOf(uint32(n)), nil
	}
	if b := it.ActualBitmap(); b != nil {
		return b, nil
	}
	return empty, nil
}

// docs returns the documents that have a term in a field; shared, deleted
// ones too.
func (s *segView) docs(name, term string) (*roaring.Bitmap, error) {
	list, err := s.postings(name, term)
	if err != nil {
		return nil, err
	}
	return bitmap(list)
}

// union returns the documents that have one of the terms in a field; shared
// when there is one term.
func (s *segView) union(name string, terms []string) (*roaring.Bitmap, error) {
	switch len(terms) {
	case 0:
		return empty, nil
	case 1:
		return s.docs(name, terms[0])
	}
	sum := roaring.New()
	for _, term := range terms {
		b, err := s.docs(name, term)
		if err != nil {
			return nil, err
		}
		sum.Or(b)
	}
	return sum, nil
}

// terms calls fn with each term of a field that begins with prefix, in order,
// until it returns false.
func (s *segView) terms(name, prefix string, fn func(term string) (bool, error)) error {
	d, err := s.dict(name)
	if err != nil {
		return err
	}
	var from, to []byte
	if prefix != "" {
		from, to = []byte(prefix), after(prefix)
	}
	for it := iterate(d, from, to); ; {
		e, err := it.Next()
		if err != nil {
			return s.damaged(err)
		}
		if e == nil {
			return nil
		}
		more, err := fn(e.Term)
		if err != nil || !more {
			return err
		}
	}
}

// iterate reads a dictionary without the counts, which would cost a read of
// each list.
func iterate(d segment.TermDictionary, from, to []byte) segment.DictionaryIterator {
	if o, ok := d.(interface {
		AutomatonIteratorOmitCount(a segment.Automaton, from, to []byte) segment.DictionaryIterator
	}); ok {
		return o.AutomatonIteratorOmitCount(nil, from, to)
	}
	return d.AutomatonIterator(nil, from, to)
}

// after returns the first key after all that begin with prefix; nil when
// there is none.
func after(prefix string) []byte {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return b[:i+1]
		}
	}
	return nil
}

// lookup returns the document numbers of those ids that are live in s.
func (s *segView) lookup(ids []string) (map[string]uint32, error) {
	found := map[string]uint32{}
	d, err := s.dict(fieldKey)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		list, err := d.PostingsList([]byte(id), s.deleted, nil)
		if err != nil {
			return nil, s.damaged(err)
		}
		p, err := list.Iterator(false, false, false, nil).Next()
		if err != nil {
			return nil, s.damaged(err)
		}
		if p != nil {
			found[id] = uint32(p.Number())
		}
	}
	return found, nil
}
