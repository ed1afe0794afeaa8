package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/mention"
	"earshot/report"
)

// A reader answers questions: from the data directory itself, or from the
// daemon that runs on it.
type reader interface {
	Search(ctx context.Context, s mention.Search) (mention.Page, error)
	Count(ctx context.Context, query string) (uint64, error)
	Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error
	Changes(ctx context.Context, after int64, fn func(mention.Change) error) error
	Head(ctx context.Context, query string) (mention.Recipe, error)
	Aggregate(ctx context.Context, a mention.Aggregation) (mention.Table, error)
	Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error)
	Trends(ctx context.Context, s mention.TrendSearch) (mention.Trends, error)
	Peaks(ctx context.Context, s mention.PeakSearch) (mention.Peaks, error)
	Voices(ctx context.Context, s mention.VoiceSearch) (mention.Voices, error)
	Activities(ctx context.Context, s mention.ActivitySearch) (mention.Activities, error)
	// Sample draws a coding sheet; Score reads one back and keeps the result.
	Sample(ctx context.Context, w io.Writer, format string, s mention.SampleSearch) error
	Score(ctx context.Context, sheet []byte) (mention.Accuracy, error)
	Close() error
}

// An offline is the data directory itself.
type offline struct{ *daemon.Store }

// Sample implements reader.
func (o offline) Sample(ctx context.Context, w io.Writer, format string, s mention.SampleSearch) error {
	sample, err := o.Draw(ctx, s)
	if err != nil {
		return err
	}
	return report.WriteSheet(w, format, &sample)
}

// Score implements reader.
func (o offline) Score(ctx context.Context, sheet []byte) (mention.Accuracy, error) {
	a, err := report.ReadAccuracy(bytes.NewReader(sheet))
	if err != nil {
		return a, err
	}
	return o.PutAccuracy(ctx, "cli", a)
}

// A place is where the data of a command is, and who has it.
type place struct {
	cfg    *config.Config
	daemon daemon.Running
	runs   bool // a daemon has it
}

// place finds the data, and the daemon that runs on it. A daemon that runs is
// found although the configuration was broken since: it has its own.
func (a *app) place(ctx context.Context) (place, error) {
	var p place
	cfg, fault := a.config()
	if fault != nil {
		cfg = config.Default()
		cfg.SetDataDir(a.dataDirAnyway())
	}
	p.cfg = cfg
	var err error
	if p.daemon, p.runs, err = daemon.Find(ctx, cfg.DataDir()); err != nil {
		return p, errors.Join(fault, err)
	}
	if fault != nil && !p.runs {
		return p, fault
	}
	if fault != nil {
		fmt.Fprintln(a.stderr, "earshot: the configuration is at fault (earshot check says how); the running daemon answers with the one it has")
	}
	a.zone = cfg.Location()
	return p, nil
}

// dataDirAnyway is the data directory as far as a broken configuration tells.
func (a *app) dataDirAnyway() string {
	switch {
	case a.dataDir != "":
		return a.dataDir
	case a.configFile != "":
		return config.DataDirOf(a.configFile)
	}
	return config.DataDirOf(defaultConfig)
}

// reading opens whatever answers for the data, once the query is known to be
// good, and closes it after fn.
func (a *app) reading(ctx context.Context, args []string, fn func(ctx context.Context, r reader, query string) error) error {
	text, err := queryText(args)
	if err != nil {
		return err
	}
	r, err := a.reader(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, r, text), r.Close())
}

// reader opens whatever answers for the configured data.
func (a *app) reader(ctx context.Context) (reader, error) {
	p, err := a.place(ctx)
	if err != nil {
		return nil, err
	}
	if p.runs {
		return a.remote(p.cfg, p.daemon)
	}
	if err := hasData(p.cfg); err != nil {
		return nil, err
	}
	s, err := a.store(ctx, p.cfg)
	if err != nil {
		return nil, err
	}
	s.Mute(p.cfg.Muted)
	if err := s.CatchUp(ctx, nil); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return offline{s}, nil
}

// when tells a time in a table, with its zone.
func (a *app) when(t time.Time) string {
	zone := a.zone
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

// toFile runs write with standard output going to a file, which gets its name
// only when all is written.
func (a *app) toFile(name string, write func() error) error {
	if name == "" {
		return write()
	}
	tmp, err := createBeside(name)
	if err != nil {
		return err
	}
	old := a.stdout
	a.stdout = tmp
	err = write()
	a.stdout = old
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s was not written: %w", name, err), os.Remove(tmp.Name()))
	}
	return nil
}
