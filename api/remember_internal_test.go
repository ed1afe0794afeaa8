package api

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestFiguresAreRememberedInProportion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory[int]
		var changed edits
		made := 0
		ask := func(key string, takes time.Duration, whole bool) int {
			v, at := m.recall(key, &changed, func() (int, bool) {
				time.Sleep(takes)
				made++
				return made, whole
			})
			if at.After(time.Now()) || time.Since(at) > reuseMost+takes {
				t.Errorf("recall gives a value of %s", at)
			}
			return v
		}
		for _, step := range []struct {
			name  string
			key   string
			takes time.Duration
			after time.Duration
			want  int
		}{
			{"first", "a", 300 * time.Millisecond, 0, 1},
			{"again", "a", 300 * time.Millisecond, 5 * time.Second, 1},
			{"another", "b", 10 * time.Second, 0, 2},
			{"twenty times as long", "a", 300 * time.Millisecond, time.Second, 3},
			{"never longer than most", "b", 10 * time.Second, 25 * time.Second, 4},
			{"quick ones", "c", 200 * time.Millisecond, 0, 5},
			{"are made anew", "c", 200 * time.Millisecond, 0, 6},
		} {
			time.Sleep(step.after)
			if got := ask(step.key, step.takes, true); got != step.want {
				t.Errorf("%s: %d, want %d", step.name, got, step.want)
			}
		}
		if ask("b", time.Second, true) != 4 {
			t.Error("forgotten too early")
		}
		if changed.add(); ask("b", time.Second, true) != 7 {
			t.Error("remembered beyond a change")
		}
		if ask("b", time.Second, true) != 8 {
			t.Error("what was counted before a change had come into the index is remembered")
		}
		time.Sleep(editSettles)
		if ask("d", time.Second, false) != 9 || ask("d", time.Second, true) != 10 {
			t.Error("what is not whole is remembered")
		}
		for i := range 3 * reuseKept {
			ask(string(rune('A'+i)), time.Second/2, true)
		}
		if len(m.entries) > reuseKept {
			t.Errorf("%d are remembered, want %d at most", len(m.entries), reuseKept)
		}
	})
}
