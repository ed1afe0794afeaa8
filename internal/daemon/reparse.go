package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/egress"
	"earshot/internal/ledger"
	"earshot/mention"
	"earshot/query"
)

// A Reparsed is what reading captures again came to.
type Reparsed struct {
	Captures int `json:"captures"` // read again
	Gone     int `json:"gone"`     // swept or erased since
	Faulty   int `json:"faulty"`   // that cannot be read now
	Mentions int `json:"mentions"` // compared
	Revised  int `json:"revised"`  // that say something else now
	Lost     int `json:"lost"`     // not found in their capture any more; they stay as they are
}

// Reparse reads every capture again that a mention was read from, as after a
// repair of a parser, and stores what differs as revisions. Doing it again
// changes nothing. What was published when, and who wrote it, stays.
func (s *Store) Reparse(ctx context.Context, cfg *config.Config, progress func(done, total int64)) (Reparsed, error) {
	var r Reparsed
	eg, err := egress.New(cfg.Fetch)
	if err != nil {
		return r, fmt.Errorf("daemon: %w", err)
	}
	defer eg.CloseIdle()
	in, err := newIntake(ctx, s.Ledger, cfg.Privacy, now)
	if err != nil {
		return r, err
	}
	byCapture := map[string][]string{}
	err = s.Ledger.EachRecord(ctx, "", func(rec mention.Record) error {
		if m := &rec.Mention; m.Capture != "" && m.PageChange == nil && m.Gone.IsZero() {
			byCapture[m.Capture] = append(byCapture[m.Capture], m.ID)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	captures := make([]string, 0, len(byCapture))
	for id := range byCapture {
		captures = append(captures, id)
	}
	slices.Sort(captures)
	o := crawler.Options{Egress: eg, Brands: cfg.Brands, Decode: query.DecodeRow}
	for i, id := range captures {
		if err := s.reparseOne(ctx, cfg, in, o, id, byCapture[id], &r); err != nil {
			return r, err
		}
		if progress != nil {
			progress(int64(i+1), int64(len(captures)))
		}
	}
	return r, nil
}

func (s *Store) reparseOne(ctx context.Context, cfg *config.Config, in *intake, o crawler.Options, id string, ids []string, r *Reparsed) error {
	c, err := s.Ledger.Capture(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		r.Gone++
		return nil
	}
	if err != nil {
		return err
	}
	recs, err := s.Ledger.Records(ctx, ids)
	if err != nil || len(recs) == 0 {
		return err
	}
	r.Captures++
	again := map[string]map[string]*mention.Mention{} // by source, then id
	var list []mention.Mention
	for i := range recs {
		old := &recs[i].Mention
		found, ok := again[old.Source]
		if !ok {
			read, err := crawler.Reparse(ctx, sourceNamed(cfg, old.Source), c, o)
			if err != nil {
				r.Faulty++
				s.log.Debug("capture not read", "capture", id, "err", err)
			}
			found = map[string]*mention.Mention{}
			for j := range read {
				found[read[j].ID] = &read[j]
			}
			again[old.Source] = found
		}
		r.Mentions++
		m := found[old.ID]
		switch {
		case m == nil:
			r.Lost++
		case m.Title != old.Title || m.Text != old.Text:
			m.Source, m.Capture, m.Origin = old.Source, id, mention.OriginReplay
			m.Seen = old.Seen
			list = append(list, *m)
		}
	}
	for _, group := range bySource(list) {
		receipt, err := in.put(ctx, mention.Batch{Source: group[0].Source, Mentions: group})
		if err != nil {
			return err
		}
		r.Revised += receipt.Revised
	}
	return nil
}

// sourceNamed is a source of the configuration; one that is gone has its name
// alone.
func sourceNamed(cfg *config.Config, id string) mention.Source {
	for i := range cfg.Sources {
		if cfg.Sources[i].ID == id {
			return cfg.Sources[i]
		}
	}
	return mention.Source{ID: id}
}
