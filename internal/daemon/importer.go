package daemon

import (
	"context"
	"fmt"
	"strconv"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/mention"
)

// An ImportResult is what became of documents.
type ImportResult struct {
	Read, New, Revised, Unchanged, Refused int
}

// Add adds another result.
func (r *ImportResult) Add(o ImportResult) {
	r.Read, r.New, r.Revised = r.Read+o.Read, r.New+o.New, r.Revised+o.Revised
	r.Unchanged, r.Refused = r.Unchanged+o.Unchanged, r.Refused+o.Refused
}

// An Importer takes documents the whole way.
type Importer struct {
	store  *Store
	intake *intake
	under  *understander
}

// Importer prepares an import.
func (s *Store) Importer(ctx context.Context, cfg *config.Config) (*Importer, error) {
	in, err := newIntake(ctx, s.Ledger, cfg.Privacy, now)
	if err != nil {
		return nil, err
	}
	l, err := newLinker(cfg, now())
	if err != nil {
		return nil, err
	}
	u, err := newUnderstander(ctx, s.Ledger, l, now, s.log)
	if err != nil {
		return nil, err
	}
	return &Importer{store: s, intake: in, under: u}, nil
}

// Finish understands and indexes what the import stored.
func (p *Importer) Finish(ctx context.Context, progress func(done, total int64)) error {
	if err := p.under.catchUp(ctx); err != nil {
		return err
	}
	return p.store.CatchUp(ctx, progress)
}

// A FileImport is one file on its way in.
type FileImport struct {
	p      *Importer
	key    string // of the place to go on from; "" keeps none
	source string
	skip   int
	line   int
	batch  []mention.Mention
	result ImportResult
}

// File begins one file. The key names it, so that a run that was broken off
// is gone on with; without one it begins at the top. The source is for
// documents that name none.
func (p *Importer) File(ctx context.Context, key, source string) (*FileImport, error) {
	f := &FileImport{p: p, key: key, source: source}
	if key == "" {
		return f, nil
	}
	text, err := p.store.Ledger.Setting(ctx, f.setting())
	if err != nil || text == "" {
		return f, err
	}
	f.skip, err = strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("daemon: import %s: %w", key, err)
	}
	return f, nil
}

func (f *FileImport) setting() string { return "import:" + f.key }

// Skip is how many lines an earlier, unfinished run has stored.
func (f *FileImport) Skip() int { return f.skip }

// Refuse counts a line that could not be read.
func (f *FileImport) Refuse(line int) error {
	f.line = line
	if line <= f.skip {
		return nil
	}
	f.result.Read++
	f.result.Refused++
	return nil
}

// Put takes one document. Its id, title and text are kept as they are.
func (f *FileImport) Put(ctx context.Context, line int, row mention.Row) error {
	f.line = line
	if line <= f.skip {
		return nil
	}
	f.result.Read++
	m := row.Mention()
	if m.Source == "" {
		m.Source = f.source
	}
	m.Origin = mention.OriginImport
	id := m.ID
	crawler.Identify(&m)
	if id != "" {
		m.ID = id
	}
	if f.batch = append(f.batch, m); len(f.batch) >= batchSize {
		return f.flush(ctx)
	}
	return nil
}

func (f *FileImport) flush(ctx context.Context) error {
	for _, group := range bySource(f.batch) {
		r, err := f.p.intake.put(ctx, mention.Batch{Source: group[0].Source, Mentions: group})
		if err != nil {
			return err
		}
		f.result.New, f.result.Revised = f.result.New+r.New, f.result.Revised+r.Revised
		f.result.Unchanged, f.result.Refused = f.result.Unchanged+r.Unchanged, f.result.Refused+r.Refused
	}
	f.batch = f.batch[:0]
	if f.key != "" {
		if err := f.p.store.Ledger.SetSetting(ctx, f.setting(), strconv.Itoa(f.line)); err != nil {
			return err
		}
	}
	if f.p.under == nil { // the daemon's own stages go on from here
		return nil
	}
	if _, err := f.p.under.some(ctx); err != nil {
		return err
	}
	_, err := f.p.store.indexSome(ctx)
	return err
}

// Close stores what is left; a file that came to its end is forgotten, so
// that importing it again reads it again.
func (f *FileImport) Close(ctx context.Context) (ImportResult, error) {
	if err := f.flush(ctx); err != nil {
		return f.result, err
	}
	if f.key != "" {
		if err := f.p.store.Ledger.SetSetting(ctx, f.setting(), ""); err != nil {
			return f.result, err
		}
	}
	return f.result, nil
}
