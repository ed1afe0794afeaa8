package daemon

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"earshot/alerts"
	"earshot/mention"
)

const (
	maxBehind     = 20_000 // entries of the log that the index may not know yet
	candidatePart = 5      // more than one in so many mentions: the log is read as a whole
	idsAtOnce     = 2000
	entriesAtOnce = 500
)

// errMany ends the search for candidates.
var errMany = errors.New("daemon: too many candidates")

// candidates gives the sequences of the entries of the log since a time that
// rules can say anything about, as the index knows them, and what they were
// picked from; that is nil where all of the log has to be read.
func (s *Store) candidates(ctx context.Context, rules []alerts.Rule, since time.Time) ([]int64, *alerts.Stretch, error) {
	queries, ok := alerts.Candidates(rules)
	x, err := s.Index()
	if !ok || err != nil {
		return nil, nil, nil //nolint:nilerr // the index may be away: the log is there
	}
	known := x.Offset()
	span, err := s.Ledger.Span(ctx, since)
	if err != nil || span.Changes == 0 || span.Last-known > maxBehind {
		return nil, nil, err
	}
	ids := map[string]struct{}{}
	add := func(id string) error {
		ids[id] = struct{}{}
		if len(ids) > span.Changes/candidatePart+1000 {
			return errMany
		}
		return nil
	}
	for _, q := range queries {
		if err := x.EachID(ctx, q, now(), add); err != nil {
			s.Suspect(x, err)
			return nil, nil, ctx.Err()
		}
	}
	for after := known; after < span.Last; { // what the index does not know yet may match
		rows, err := s.Ledger.Changes(ctx, after, pageSpan)
		if err != nil || len(rows) == 0 {
			return nil, nil, err
		}
		for i := range rows {
			ids[rows[i].Record.Mention.ID] = struct{}{}
		}
		after = rows[len(rows)-1].Seq
	}
	seqs, err := s.entriesOf(ctx, ids, since)
	return seqs, &alerts.Stretch{From: span.From, To: span.To, Changes: span.Changes}, err
}

// entriesOf gives the sequences of the entries of mentions, in order.
func (s *Store) entriesOf(ctx context.Context, ids map[string]struct{}, since time.Time) (list []int64, err error) {
	all := make([]string, 0, len(ids))
	for id := range ids {
		all = append(all, id)
	}
	slices.Sort(all) // neighbours stand on the same pages
	chunks := slices.Collect(slices.Chunk(all, idsAtOnce))
	ahead(ctx, len(chunks), func(ctx context.Context, i int) ([]int64, error) { return s.Ledger.ChangeSeqs(ctx, chunks[i], since) },
		func(seq int64, e error) bool {
			list, err = append(list, seq), e
			return e == nil
		})
	slices.Sort(list)
	return list, err
}

// entries reads entries of the log.
func (s *Store) entries(ctx context.Context, seqs []int64) iter.Seq2[mention.Change, error] {
	chunks := slices.Collect(slices.Chunk(seqs, entriesAtOnce))
	return func(yield func(mention.Change, error) bool) {
		ahead(ctx, len(chunks), func(ctx context.Context, i int) ([]mention.Change, error) { return s.Ledger.ChangesAt(ctx, chunks[i]) }, yield)
	}
}
