package api_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"earshot/api"
	"earshot/mention"
)

// labored is a backend whose key figures take long, and that counts them.
type labored struct {
	*fake
	n *atomic.Int64
}

func (l labored) Scorecard(ctx context.Context, k mention.KPISearch) (mention.Scorecard, error) {
	l.n.Add(1)
	time.Sleep(time.Second)
	return l.fake.Scorecard(ctx, k)
}

// TestFiguresAreCountedAnewAfterAnyEdit, wherever it was made: the overview is
// shown again and again within the time that it is remembered.
func TestFiguresAreCountedAnewAfterAnyEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		var hub api.Hub
		h := handler(t, api.Options{Backend: labored{newFake(3), &n}, Hub: &hub})
		change := func(kind string) func() {
			return func() { hub.Change(mention.Change{Kind: kind, Record: newFake(1).records[0]}) }
		}
		for _, step := range []struct {
			name string
			do   func()
			want bool // it is counted anew
		}{
			{"the first who looks", func() {}, true},
			{"the next", func() {}, false},
			{"a new mention", change(mention.ChangeNew), false},
			{"a mention that somebody marked, found at last", change(mention.ChangeCurated), true},
			{"nothing more", func() {}, false},
			{"an erased mention", change(mention.ChangeErased), true},
			{"one that was read again, among many", change(mention.ChangeRescored), false},
			{"a file of the configuration", hub.Edited, true},
			{"nothing since", func() {}, false},
		} {
			step.do()
			before := n.Load()
			if res, _ := get(h, "/"); res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d", step.name, res.StatusCode)
			}
			if got := n.Load() > before; got != step.want {
				t.Errorf("%s: counted anew %v, want %v", step.name, got, step.want)
			}
		}
	})
}
