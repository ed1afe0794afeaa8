package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"
)

// schema is the version of what is written. Another one is not read: the
// index is filled again.
const schema = 7

const metaFile = "index.json"

// A meta is what the index knows about itself. It is written after the shards
// of a Put, so what it says is contained in them; a crash in between repeats
// the Put, which changes nothing.
type meta struct {
	Schema int              `json:"schema"`
	Offset int64            `json:"offset"`
	Shards map[string]int64 `json:"shards"` // offset of each shard's last batch, which the shard holds too
	// Newest is when the newest of what each shard holds was collected, in
	// Unix milliseconds.
	Newest map[string]int64 `json:"newest"`
}

func newMeta() meta {
	return meta{Schema: schema, Shards: map[string]int64{}, Newest: map[string]int64{}}
}

// clone returns a meta that may be changed while m is read.
func (m *meta) clone() meta {
	return meta{Schema: m.Schema, Offset: m.Offset, Shards: maps.Clone(m.Shards), Newest: maps.Clone(m.Newest)}
}

func readMeta(dir string) (meta, error) {
	m := newMeta()
	data, err := os.ReadFile(filepath.Join(dir, metaFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("index: open: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrDamaged, metaFile, err)
	}
	if m.Schema != schema {
		return m, &schemaError{m.Schema}
	}
	if m.Shards == nil || m.Newest == nil {
		return m, fmt.Errorf("%w: %s does not tell what its shards hold", ErrDamaged, metaFile)
	}
	return m, nil
}

// write puts m in place of the former one, whole or not at all.
func (m *meta) write(dir string) error {
	if dir == "" {
		return nil
	}
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, metaFile)
	f, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// Times outside these years share a shard, so that a feed's absurd dates
// cannot make thousands of them.
const (
	firstYear = 1990
	lastYear  = 2099
)

// shardKey returns the shard that holds mentions of an instant: its month.
// Keys are ordered as their times are.
func shardKey(t time.Time) string {
	t = t.UTC()
	switch y := t.Year(); {
	case y < firstYear:
		return "0000-00"
	case y > lastYear:
		return "9999-99"
	}
	return t.Format("2006-01")
}

// shardSpan returns the first instant of a shard and the first after it; the
// zero time means without end.
func shardSpan(key string) (from, to time.Time) {
	switch key {
	case "0000-00":
		return time.Time{}, time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	case "9999-99":
		return time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}
	}
	t, _ := time.Parse("2006-01", key) // keys come from shardKey or were checked
	return t, t.AddDate(0, 1, 0)
}

func isShardKey(name string) bool {
	if name == "0000-00" || name == "9999-99" {
		return true
	}
	_, err := time.Parse("2006-01", name)
	return err == nil && len(name) == 7
}

// A schemaError is [ErrSchema] and, for it cannot be read, [ErrDamaged].
type schemaError struct{ written int }

func (e *schemaError) Error() string {
	return fmt.Sprintf("%v: written with schema %d, this is %d", ErrSchema, e.written, schema)
}

func (*schemaError) Is(target error) bool { return target == ErrSchema || target == ErrDamaged }
