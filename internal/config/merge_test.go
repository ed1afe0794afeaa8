package config_test

import (
	"fmt"
	"strings"
	"testing"

	"earshot/internal/config"
)

// feeds are objects that each add a source.
func feeds(n int) []config.Object {
	list := make([]config.Object, n)
	for i := range list {
		list[i] = config.Object{Kind: "source", ID: fmt.Sprintf("feed-%d", i), Owner: "ann", Body: fmt.Appendf(nil, `{"kind":"feed","url":"https://h%d.example/feed"}`, i)}
	}
	return list
}

func plain(tb testing.TB) *config.Config {
	tb.Helper()
	cfg, err := config.Parse("earshot.yaml", []byte("version: 1\nsources: [{id: wire, kind: feed, url: 'https://wire.example/f'}]\n"))
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}

// TestMergeLeavesOutThoseAtFaultAlone, wherever they stand among many.
func TestMergeLeavesOutThoseAtFaultAlone(t *testing.T) {
	for _, bad := range [][]int{{0}, {99}, {40, 41, 42}, {0, 7, 50, 99}} {
		objects := feeds(100)
		var want []string
		for _, i := range bad {
			objects[i].Body = []byte(`{"kind":"feed","url":"https://h.example/f","brand":"nobody"}`)
			want = append(want, "source "+objects[i].ID+" of ann")
		}
		objects[20].ID = "wire" // the file wins
		cfg, left := config.Merge(plain(t), objects)
		if len(left) != len(bad) || len(cfg.Sources) != 1+99-len(bad) {
			t.Fatalf("at fault %v: %d are left out and %d sources there: %v", bad, len(left), len(cfg.Sources), left)
		}
		for i, err := range left {
			if !strings.Contains(err.Error(), want[i]) || !strings.Contains(err.Error(), "nobody") {
				t.Errorf("left out: %v, want %s", err, want[i])
			}
		}
	}
	objects := feeds(3)
	objects[2].ID = objects[0].ID // stored twice, which a ledger does not
	if _, left := config.Merge(plain(t), objects); len(left) != 1 {
		t.Errorf("left out %v, want the second of two with one id", left)
	}
}

// BenchmarkObjects checks and merges many sources made through the API: ten
// times as many take ten times as long.
func BenchmarkObjects(b *testing.B) {
	for _, n := range []int{50, 500, 5000} {
		cfg := plain(b)
		merged, left := config.Merge(cfg, feeds(n))
		if len(left) > 0 {
			b.Fatal(left)
		}
		run := func(name string, fn func() bool) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					if !fn() {
						b.Fatal("not as it should be")
					}
				}
			})
		}
		run("check new", func() bool { return len(config.CheckObject(cfg, feeds(n)...)) == 0 })
		run("check replaced", func() bool { return len(config.CheckObject(merged, feeds(n)...)) == 0 })
		run("merge", func() bool { m, left := config.Merge(cfg, feeds(n)); return len(m.Sources) == n+1 && len(left) == 0 })
		bad := feeds(n)
		bad[n/2].Body = []byte(`{"kind":"feed"}`)
		run("merge what the files have", func() bool { m, left := config.Merge(merged, bad); return len(m.Sources) == n+1 && len(left) == 0 })
		run("merge but one", func() bool { m, left := config.Merge(cfg, bad); return len(m.Sources) == n && len(left) == 1 })
	}
}
