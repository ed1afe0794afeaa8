package report

import (
	"cmp"
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"earshot/mention"
	"earshot/query"
)

// An ExportFunc calls fn with every row of a query until fn gives an error.
type ExportFunc func(ctx context.Context, query string, fn func(mention.Row) error) error

// MaxSample is how many rows a sample may have.
const MaxSample = 10_000

// restShare is which part of a sample is drawn from what the query leaves out
// when nobody says how much: recall rests on it.
const restShare = 4

// Draw draws a sample, the same one for the same seed and mentions, whatever
// their order. Rows are read one by one; only the sample is kept.
func Draw(ctx context.Context, export ExportFunc, s mention.SampleSearch) (mention.Sample, error) {
	if s.N < 1 || s.N > MaxSample || s.Rest > s.N {
		return mention.Sample{}, fmt.Errorf("report: sample of %d rows, %d of them from the rest: ask for 1 to %d in all", s.N, s.Rest, MaxSample)
	}
	out := mention.Sample{Seed: s.Seed}
	var err error
	if out.Query, err = canonical(s.Query); err != nil {
		return out, err
	}
	if out.Within, err = canonical(s.Within); err != nil {
		return out, err
	}
	rest := s.Rest
	if rest < 0 {
		rest = s.N / restShare
	}
	var found, left drawer
	if out.Query != "" && rest > 0 {
		frame := out.Within
		if frame == "" {
			frame = "time:[* TO *]" // all: a query of NOT alone is refused
		}
		left = drawer{n: rest, seed: s.Seed, stratum: mention.StratumRest}
		if err := export(ctx, "("+frame+") AND NOT ("+out.Query+")", left.add); err != nil {
			return out, err
		}
	}
	found = drawer{n: s.N - len(left.rows), seed: s.Seed, stratum: mention.StratumFound}
	text := out.Query
	if out.Within != "" {
		text = "(" + out.Within + ")"
		if out.Query != "" {
			text += " AND (" + out.Query + ")"
		}
	}
	if err := export(ctx, text, found.add); err != nil {
		return out, err
	}
	out.Found, out.Rest = found.all, left.all
	// A mention that changed meanwhile may be in both.
	left.rows = slices.DeleteFunc(left.rows, func(r *lotRow) bool {
		return slices.ContainsFunc(found.rows, func(f *lotRow) bool { return f.lot == r.lot })
	})
	drawn := slices.Concat(found.rows, left.rows)
	slices.SortFunc(drawn, (*lotRow).compare)
	for _, r := range drawn {
		out.Rows = append(out.Rows, r.SampleRow)
	}
	return out, nil
}

// canonical is a query in its one spelling; "" stays.
func canonical(text string) (string, error) {
	if text == "" || text == "*" {
		return "", nil
	}
	q, messages := query.Parse(text)
	if q == nil {
		return "", &query.Error{Messages: messages}
	}
	return q.Canonical(), nil
}

// A lotRow is a row with its lot: a hash of the seed and the id, so that the
// draw depends on nothing else.
type lotRow struct {
	lot [sha256.Size]byte
	mention.SampleRow
}

func (r *lotRow) compare(o *lotRow) int {
	return cmp.Or(slices.Compare(r.lot[:], o.lot[:]), cmp.Compare(r.Row.ID, o.Row.ID))
}

// A drawer keeps the n rows with the least lots. It is a heap with the
// greatest of them on top.
type drawer struct {
	n       int
	seed    uint64
	stratum string
	all     uint64 // rows seen
	rows    []*lotRow
}

// Len implements [heap.Interface].
func (d *drawer) Len() int { return len(d.rows) }

// Less implements [heap.Interface].
func (d *drawer) Less(i, j int) bool { return d.rows[i].compare(d.rows[j]) > 0 }

// Swap implements [heap.Interface].
func (d *drawer) Swap(i, j int) { d.rows[i], d.rows[j] = d.rows[j], d.rows[i] }

// Push implements [heap.Interface].
func (d *drawer) Push(r any) { d.rows = append(d.rows, r.(*lotRow)) }

// Pop implements [heap.Interface].
func (d *drawer) Pop() any {
	last := d.rows[len(d.rows)-1]
	d.rows = d.rows[:len(d.rows)-1]
	return last
}

func (d *drawer) add(row mention.Row) error {
	d.all++
	r := &lotRow{lot: lot(d.seed, row.ID), SampleRow: mention.SampleRow{Stratum: d.stratum, Row: row}}
	switch {
	case len(d.rows) < d.n:
		heap.Push(d, r)
	case d.n > 0 && r.compare(d.rows[0]) < 0:
		d.rows[0] = r
		heap.Fix(d, 0)
	}
	return nil
}

func lot(seed uint64, id string) [sha256.Size]byte {
	return sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, seed), id...))
}
