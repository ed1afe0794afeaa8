package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"earshot/mention"
)

// A WorkLine is a line of the answer to a command that takes long: how far it
// is, and at last what came of it.
type WorkLine struct {
	Done   int64           `json:"done,omitempty"`
	Total  int64           `json:"total,omitempty"`
	Error  string          `json:"error,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

// workEvery is how often progress is told.
const workEvery = 200 * time.Millisecond

// work does something long for a command and streams how far it is.
func (d *Daemon) work(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, progress func(done, total int64)) (any, error)) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	enc, flush := json.NewEncoder(w), http.NewResponseController(w)
	say := func(line WorkLine) {
		if err := errors.Join(enc.Encode(line), flush.Flush()); err != nil {
			d.log.Debug("client went away", "err", err)
		}
	}
	var told time.Time
	result, err := do(r.Context(), func(done, total int64) {
		if now := time.Now(); done >= total || now.Sub(told) >= workEvery {
			told = now
			say(WorkLine{Done: done, Total: total})
		}
	})
	line := WorkLine{}
	if err == nil {
		line.Result, err = json.Marshal(result)
	}
	if err != nil {
		d.log.Warn("command failed", "path", r.URL.Path, "err", err)
		line = WorkLine{Error: err.Error()}
	}
	say(line)
}

// replay builds the index again.
func (d *Daemon) replay(w http.ResponseWriter, r *http.Request) {
	d.work(w, r, func(ctx context.Context, progress func(done, total int64)) (any, error) {
		if err := (backend{d}).audit(ctx, "cli", "replay", "", ""); err != nil {
			return nil, err
		}
		defer d.progress("replay", "")
		return true, d.store.Replay(ctx, func(done, total int64) {
			d.progress("replay", fmt.Sprintf("building the index again: %d of %d entries done", done, total))
			progress(done, total)
		})
	})
}

// reparse reads captures again.
func (d *Daemon) reparse(w http.ResponseWriter, r *http.Request) {
	d.work(w, r, func(ctx context.Context, progress func(done, total int64)) (any, error) {
		if err := (backend{d}).audit(ctx, "cli", "replay.captures", "", ""); err != nil {
			return nil, err
		}
		defer d.progress("reparse", "")
		return d.store.Reparse(ctx, d.cfg.Load(), func(done, total int64) {
			d.progress("reparse", fmt.Sprintf("reading captures again: %d of %d done", done, total))
			progress(done, total)
		})
	})
}

// verify compares ledger and index.
func (d *Daemon) verify(w http.ResponseWriter, r *http.Request) {
	d.work(w, r, func(ctx context.Context, progress func(done, total int64)) (any, error) {
		return d.store.Verify(ctx, progress)
	})
}

// An ImportLine is a line of what is asked of [LocalImport]: the first names
// the file, the others are its documents; one without a document could not be
// read.
type ImportLine struct {
	Key    string       `json:"key,omitempty"`
	Source string       `json:"source,omitempty"`
	Line   int          `json:"line,omitempty"`
	Row    *mention.Row `json:"row,omitempty"`
}

// importRows stores the documents of a file. The stages of the daemon take
// them further; the answer comes when they are searchable.
func (d *Daemon) importRows(w http.ResponseWriter, r *http.Request) {
	d.work(w, r, func(ctx context.Context, progress func(done, total int64)) (any, error) {
		dec := json.NewDecoder(bufio.NewReaderSize(r.Body, 256<<10))
		var head ImportLine
		if err := dec.Decode(&head); err != nil {
			return nil, fmt.Errorf("daemon: import: %w", err)
		}
		f, err := (&Importer{store: d.store, intake: d.intake}).File(ctx, head.Key, head.Source)
		if err != nil {
			return nil, err
		}
		for {
			var line ImportLine
			if err := dec.Decode(&line); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("daemon: import: %w", err)
			}
			if line.Row == nil {
				err = f.Refuse(line.Line)
			} else {
				err = f.Put(ctx, line.Line, *line.Row)
			}
			if err != nil {
				return nil, err
			}
		}
		result, err := f.Close(ctx)
		if err != nil {
			return nil, err
		}
		if err := (backend{d}).audit(ctx, "cli", "import", "", fmt.Sprintf("%d new, %d revised of %d", result.New, result.Revised, result.Read)); err != nil {
			return nil, err
		}
		return result, d.arrived(ctx, progress)
	})
}

// arrived waits until what is stored now is understood and searchable.
func (d *Daemon) arrived(ctx context.Context, progress func(done, total int64)) error {
	goal, _, err := d.store.Ledger.LastSeq(ctx)
	if err != nil {
		return err
	}
	var from, logged int64 = -1, -1 // the first offset, and the end of the analyzed log when all was understood
	for ; ctx.Err() == nil; sleep(ctx, workEvery/4) {
		understood, err := d.store.Ledger.Offset(ctx, "understand")
		if err != nil {
			return err
		}
		if from < 0 {
			from = min(understood, goal)
		}
		progress(min(understood, goal)-from, goal-from+1)
		if understood < goal {
			continue
		}
		if logged < 0 {
			if _, logged, err = d.store.Ledger.LastSeq(ctx); err != nil {
				return err
			}
		}
		if x, err := d.store.Index(); err == nil && x.Offset() >= logged {
			progress(goal-from+1, goal-from+1)
			return nil
		}
	}
	return ctx.Err()
}
