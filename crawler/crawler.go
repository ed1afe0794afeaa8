package crawler

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

// A Collector brings in mentions from one source.
type Collector interface {
	// Collect makes one pass over the source and calls emit for each answer
	// that brought something, and once at the end with the state of the
	// source after the pass, failed or not. The state never acknowledges a
	// mention that was not emitted before it or with it. Collect returns nil,
	// the error that emit gave, the context's error, or a [*FetchError] for a
	// pass that failed, and leaves no goroutine behind.
	Collect(ctx context.Context, state mention.SourceState, emit func(mention.Batch) error) error
}

// Options are what collectors need from outside.
type Options struct {
	Egress  *egress.Egress   // required
	Hosts   *Hosts           // required; one for the whole process
	Now     func() time.Time // nil means time.Now
	Brands  []mention.Brand  // the watch list, for sources that are asked for it
	Decode  DecodeFunc       // reads a JSON document, for drops; nil refuses them
	MaxWait time.Duration    // longest wait for a busy host before giving the pass up; 0 means as long as the context allows
	Log     *slog.Logger     // nil means no logging
}

// A DecodeFunc reads one JSON document.
type DecodeFunc func(line []byte) (mention.Row, error)

// The limits of a pass. They hold for every kind of source.
const (
	maxFeedBytes = 5 << 20
	maxPageBytes = 10 << 20
	maxItems     = 5000
	maxDepth     = 256
	maxText      = 256 << 10 // bytes of a mention's text
	maxTitle     = 1 << 10
	maxPass      = 15 * time.Minute
)

// New makes the collector of a source.
func New(src mention.Source, o Options) (Collector, error) {
	if errs := Faults(&src); len(errs) > 0 {
		return nil, fmt.Errorf("crawler: source %s: %w", src.ID, errs[0])
	}
	if o.Egress == nil || o.Hosts == nil {
		return nil, fmt.Errorf("crawler: source %s: no egress or hosts given", src.ID)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("source", src.ID)
	k, ok := kindOf(src.Kind)
	if !ok {
		return nil, fmt.Errorf("crawler: source %s: no collector for kind %q", src.ID, src.Kind)
	}
	return k.make(src, o), nil
}
