package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/egress"
	"earshot/mention"
	"earshot/query"
)

// fetchAtOnce is how many sources one pass reads side by side: many, because
// a host that drips holds its place for its whole time-out.
const fetchAtOnce = 64

// FetchOptions are what one pass over sources needs.
type FetchOptions struct {
	Config  *config.Config
	Sources []mention.Source
	Emit    func(mention.Mention) error // told of each new mention; never called twice at once
	Log     *slog.Logger
}

// A FetchResult is what a pass came to.
type FetchResult struct {
	New, Revised int
	Failed       []mention.SourceState // sources that could not be read, with the error in words
}

// Fetch makes one pass over the sources and takes what they bring all the way
// into the index. What a source asked for (Retry-After) is kept; its interval
// is not, for somebody asked for the pass.
func (s *Store) Fetch(ctx context.Context, o FetchOptions) (FetchResult, error) {
	in, err := newIntake(ctx, s.Ledger, o.Config.Privacy, now)
	if err != nil {
		return FetchResult{}, err
	}
	f, err := newFetcher(ctx, o.Config, in, now, o.Log)
	if err != nil {
		return FetchResult{}, err
	}
	l, err := newLinker(o.Config, now())
	if err != nil {
		return FetchResult{}, err
	}
	u, err := newUnderstander(ctx, s.Ledger, l, now, o.Log)
	if err != nil {
		return FetchResult{}, err
	}
	result, err := gather(o.Sources, func(src mention.Source, add func(FetchResult, []mention.Mention) error) error {
		before, err := s.Ledger.SourceState(ctx, src.ID)
		if err != nil {
			return err
		}
		if before.NotBefore.After(now()) {
			before.Error = "asked to be left alone until " + before.NotBefore.Format("2006-01-02 15:04:05 MST")
			return add(FetchResult{Failed: []mention.SourceState{before}}, nil)
		}
		state, err := f.pass(ctx, src, func(b mention.Batch, r mention.Receipt) {
			if err := add(FetchResult{New: r.New, Revised: r.Revised}, changed(b, r)); err != nil {
				o.Log.Warn("new mentions not printed", "err", err)
			}
		})
		if err == nil && state.Error != "" {
			err = add(FetchResult{Failed: []mention.SourceState{state}}, nil)
		}
		return err
	}, o.Emit)
	if err != nil {
		return result, err
	}
	if err := u.catchUp(ctx); err != nil {
		return result, err
	}
	return result, s.CatchUp(ctx, nil)
}

// changed returns the mentions of a batch that were new or revised.
func changed(b mention.Batch, r mention.Receipt) []mention.Mention {
	var out []mention.Mention
	for _, m := range b.Mentions {
		if slices.Contains(r.IDs, m.ID) {
			out = append(out, m)
		}
	}
	return out
}

// FetchOnly makes one pass over the sources and stores nothing.
func FetchOnly(ctx context.Context, o FetchOptions) (FetchResult, error) {
	eg, err := egress.New(o.Config.Fetch)
	if err != nil {
		return FetchResult{}, fmt.Errorf("daemon: %w", err)
	}
	hosts := crawler.NewHosts(crawler.HostsOptions{Egress: eg, Now: now})
	return gather(o.Sources, func(src mention.Source, add func(FetchResult, []mention.Mention) error) error {
		c, err := crawler.New(src, crawler.Options{Egress: eg, Hosts: hosts, Brands: o.Config.Brands, Decode: query.DecodeRow, Now: now})
		if err != nil {
			return fmt.Errorf("daemon: source %s: %w", src.ID, err)
		}
		var state mention.SourceState
		var emitErr error
		ctx, cancel := context.WithTimeout(ctx, passLimit)
		defer cancel()
		err = c.Collect(ctx, mention.SourceState{Source: src.ID}, func(b mention.Batch) error {
			if b.State != nil {
				state = *b.State
			}
			emitErr = add(FetchResult{New: len(b.Mentions)}, b.Mentions)
			return emitErr
		})
		if err != nil && emitErr == nil {
			if state.Error == "" {
				state.Source, state.Error = src.ID, err.Error()
			}
			return add(FetchResult{Failed: []mention.SourceState{state}}, nil)
		}
		return emitErr
	}, o.Emit)
}

// gather runs pass over every source, many side by side, and adds up.
func gather(sources []mention.Source, pass func(mention.Source, func(FetchResult, []mention.Mention) error) error, emit func(mention.Mention) error) (FetchResult, error) {
	var mu sync.Mutex
	var total FetchResult
	var errs []error
	add := func(r FetchResult, list []mention.Mention) error {
		mu.Lock()
		defer mu.Unlock()
		total.New, total.Revised, total.Failed = total.New+r.New, total.Revised+r.Revised, append(total.Failed, r.Failed...)
		for i := range list {
			if emit != nil {
				if err := emit(list[i]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	slots := make(chan struct{}, fetchAtOnce)
	var wg sync.WaitGroup
	for _, src := range sources {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := pass(src, add); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return total, errors.Join(errs...)
}
