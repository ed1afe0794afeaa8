package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"

	"earshot/mention"
	"earshot/nlp"
)

func (a *app) analyzeCmd() *cobra.Command {
	var why bool
	c := &cobra.Command{
		Use:   "analyze",
		Short: "Read NDJSON mentions from standard input and say what each one says",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			collectSeldom()
			cfg, err := a.config()
			if err != nil {
				return err
			}
			an, err := nlp.New(nlp.Options{Brands: cfg.Brands, SafetyThreshold: cfg.Safety.Threshold})
			if err != nil {
				return err
			}
			return a.inOrder(cmd.Context(), func(dst []byte, n int, line []byte) ([]byte, error) {
				return analyzeLine(dst, an, why, n, line)
			})
		},
	}
	a.dataFlags(c)
	c.Flags().BoolVar(&why, "why", false, "give the reason of each brand decision")
	return c
}

// What analyze lives on between lines are the words it saw lately and buffers,
// 50 MB at most and 2 MB for each processor. So the heap may grow to four times what lives, to save a
// twentieth of the time, but not so where lines are huge.
const (
	seldomPercent = 300
	seldomLimit   = 256 << 20 // bytes from which the collector works harder,
	seldomMore    = 8 << 20   // and as many more for each processor
)

// collectSeldom lets the collector run seldom, unless the environment says
// how often.
func collectSeldom() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(seldomPercent)
	debug.SetMemoryLimit(seldomLimit + seldomMore*int64(runtime.GOMAXPROCS(0)))
}

// analyzeLine appends what a line says.
func analyzeLine(dst []byte, an *nlp.Analyzer, why bool, n int, line []byte) ([]byte, error) {
	row, err := decodeRow(n, line)
	if err != nil {
		return dst, err
	}
	var more struct {
		Targets []mention.Span `json:"targets"`
	}
	if bytes.Contains(line, []byte("targets")) { // few lines have them, and reading a line twice is dear
		if err := json.Unmarshal(line, &more); err != nil {
			return dst, fmt.Errorf("line %d: %w", n, err)
		}
	}
	m := row.Mention()
	analysis, brands := an.Analyze(&m)
	out := analyzed{
		ID: row.ID, Language: analysis.Language, Status: analysis.Status, Sentiment: analysis.Sentiment,
		Entities: orEmpty(analysis.Entities), Brands: orEmpty(brands), Keyphrases: orEmpty(analysis.Keyphrases),
		Events: orEmpty(analysis.Events), Safety: analysis.Safety,
	}
	if !why {
		for i := range out.Brands {
			out.Brands[i].Why = ""
		}
	}
	for i, s := range an.Targets(&m, more.Targets) {
		out.Targets = append(out.Targets, target{Span: more.Targets[i], Sentiment: s})
	}
	return out.append(dst), nil
}

const (
	batchLines = 256      // lines that are read before they are worked on together,
	batchBytes = 8 << 20  // or fewer of so many bytes
	maxKept    = 64 << 10 // bytes of a line or an answer whose memory is used again
)

// A batchLine is one line on its way. Its memory is used again and again.
type batchLine struct {
	n         int
	line, out []byte
	err       error
}

// inOrder runs fn over the lines of standard input on every processor and
// writes what it appends in the order of the lines. A line that fails is told
// on stderr and in its place; the rest goes on, and the status says partly.
func (a *app) inOrder(ctx context.Context, fn func(dst []byte, n int, line []byte) ([]byte, error)) error {
	out := newLines(a.stdout)
	failed, used, size := 0, 0, 0
	batch := make([]batchLine, batchLines)
	flush := func() error {
		ready := batch[:used]
		used, size = 0, 0 // whatever comes, no line is worked on twice
		work(ready, fn)
		for i := range ready {
			it := &ready[i]
			var err error
			if it.err != nil {
				failed++
				err = a.badLine(out, it.n, it.err)
			} else {
				err = out.line(it.out)
			}
			if err != nil {
				return err
			}
			if cap(it.line)+cap(it.out) > maxKept {
				*it = batchLine{}
			}
		}
		return out.flush()
	}
	err := documents(a.stdin, func(n int, line []byte) error {
		it := &batch[used]
		it.n, it.line = n, append(it.line[:0], line...)
		size += len(line)
		if used++; used < len(batch) && size < batchBytes {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return flush()
	})
	if used > 0 {
		err = errors.Join(err, flush())
	}
	if err != nil {
		return err
	}
	return partly(failed)
}

// work runs fn over the lines of a batch on every processor.
func work(batch []batchLine, fn func(dst []byte, n int, line []byte) ([]byte, error)) {
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(batch); i += workers {
				it := &batch[i]
				it.out, it.err = fn(it.out[:0], it.n, it.line)
			}
		})
	}
	wg.Wait()
}
