package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"earshot/internal/config"
	"earshot/mention"
)

// imported is an open store with n mentions.
func imported(t *testing.T, n int) *Store {
	t.Helper()
	s, err := OpenStore(t.Context(), t.TempDir(), time.UTC, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	rows := make([]mention.Row, n)
	for i := range rows {
		rows[i] = mention.Row{ID: fmt.Sprintf("m%05d", i), Text: "x"}
	}
	importRows(t, s, config.Default(), rows)
	return s
}

func TestReplayGoesOnWhereItWasBrokenOff(t *testing.T) {
	s := imported(t, replayAtOnce+10)
	ctx, cancel := context.WithCancel(t.Context())
	var first []int64
	err := s.Replay(ctx, func(done, _ int64) {
		first = append(first, done)
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Replay that was called off = %v", err)
	}
	var second []int64
	if err := s.Replay(t.Context(), func(done, _ int64) { second = append(second, done) }); err != nil {
		t.Fatal(err)
	}
	if len(first) == 0 || first[0] != replayAtOnce || len(second) != 1 || second[0] != replayAtOnce+10 {
		t.Errorf("the first run came to %v, the second told %v; want it to go on", first, second)
	}
	if v, err := s.Verify(t.Context(), nil); err != nil || v != (Verification{Checked: replayAtOnce + 10}) {
		t.Errorf("Verify() = %+v, %v", v, err)
	}
	for _, name := range []string{"index.new", "index.old"} {
		if _, err := os.Stat(filepath.Join(s.dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
}

func TestReplayOverWhatIsDamaged(t *testing.T) {
	s := imported(t, 3)
	if err := os.MkdirAll(s.indexDir()+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.indexDir()+".new", "index.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Replay(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(t.Context(), nil); err != nil || v != (Verification{Checked: 3}) {
		t.Errorf("Verify() = %+v, %v", v, err)
	}
}
