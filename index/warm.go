package index

import (
	"context"
	"time"
)

// warmSize is the least number of documents of a segment that is worth reading
// before anyone asks: smaller ones are read in no time, and soon merged.
const warmSize = 500

// warmFields are the values that overviews, trends and comparisons count.
var warmFields = []string{"brand", "source", "author", fieldHost, "entity", fieldToward}

// Warm reads into memory what questions about mentions since a time need of
// the index, so that none of them has to wait for it; what is there already
// costs nothing. It keeps the shards of that time open, too, and takes no more
// memory than questions would (see ordinalBytes). It is to be called now and
// then, by one goroutine.
func (x *Index) Warm(ctx context.Context, since time.Time) error {
	for _, key := range x.keysBetween(since, shardEnd) {
		if err := x.warmShard(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// shardEnd is after all that shards of months hold.
var shardEnd = time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, time.UTC)

func (x *Index) warmShard(ctx context.Context, key string) (err error) {
	defer x.survive(key, &err)
	v, err := x.view(key)
	if err != nil || v.sh == nil {
		return err
	}
	defer v.close()
	v.sh.columns.keep(v.ids()) // what was merged since nobody wrote is not kept beside what it became
	for _, s := range v.segs {
		if s.seg.Count() < warmSize {
			continue
		}
		if err := s.warm(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *segView) warm(ctx context.Context) error {
	if _, err := s.column(); err != nil {
		return err
	}
	for _, name := range warmFields {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := s.ordinals(ctx, name); err != nil {
			return err
		}
	}
	for i := range trendKinds {
		if k := &trendKinds[i]; k.words {
			if _, err := s.forward(ctx, k); err != nil {
				return err
			}
		}
	}
	return nil
}
