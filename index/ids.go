package index

import (
	"context"
	"time"
)

// EachID calls fn with the id of every mention that a query matches, in no
// order, those that people found irrelevant included. Relative dates count
// from now.
func (x *Index) EachID(ctx context.Context, text string, now time.Time, fn func(id string) error) error {
	qu, err := newQuestion(text, now, exclusion{})
	if err != nil {
		return err
	}
	return x.eachShard(ctx, qu, func(f *finding) error {
		for _, part := range f.parts {
			for it := part.docs.Iterator(); it.HasNext(); {
				id, err := part.seg.docID(it.Next())
				if err != nil {
					return err
				}
				if err := fn(id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
