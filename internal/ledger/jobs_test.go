package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to look at the queue from outside

	"earshot/internal/ledger"
)

func openJobs(t testing.TB, o ledger.JobOptions) *ledger.Jobs {
	t.Helper()
	nothing := func(context.Context, string) error { return nil }
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Fetch == nil {
		o.Fetch = nothing
	}
	if o.Deliver == nil {
		o.Deliver = nothing
	}
	j, err := ledger.OpenJobs(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return j
}

func TestJobsRun(t *testing.T) {
	ran := make(chan string, 100)
	j := openJobs(t, ledger.JobOptions{
		Fetch:   func(_ context.Context, s string) error { ran <- "fetch " + s; return nil },
		Deliver: func(_ context.Context, r string) error { ran <- "deliver " + r; return nil },
	})
	now := time.Now()
	for i := range 5 {
		if err := j.FetchAt(t.Context(), fmt.Sprint("s", i), now.Add(time.Duration(i)*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.DeliverAt(t.Context(), "hook", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := j.FetchAt(t.Context(), "far", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 6 {
		got = append(got, <-ran)
	}
	slices.Sort(got)
	if want := []string{"deliver hook", "fetch s0", "fetch s1", "fetch s2", "fetch s3", "fetch s4"}; !slices.Equal(got, want) {
		t.Errorf("ran %q, want %q", got, want)
	}
	// The earliest asking counts.
	if err := j.FetchAt(t.Context(), "far", now); err != nil {
		t.Fatal(err)
	}
	if got := <-ran; got != "fetch far" {
		t.Errorf("ran %q, want the far one", got)
	}
}

func TestJobsRunOneAtATimeAndOnceMoreWhenAsked(t *testing.T) {
	const rounds = 30
	var j *ledger.Jobs
	var mu sync.Mutex
	busy, n := map[string]bool{}, 0
	finished := make(chan struct{})
	j = openJobs(t, ledger.JobOptions{Fetch: func(ctx context.Context, s string) error {
		mu.Lock()
		defer mu.Unlock()
		if busy[s] {
			t.Errorf("%s runs twice at a time", s)
		}
		busy[s] = true
		n++
		last := n == rounds
		mu.Unlock()
		if last {
			close(finished)
		} else if n < rounds {
			// As the daemon does: at the end of a pass, ask for the next.
			if err := j.FetchAt(ctx, s, time.Now()); err != nil {
				t.Error(err)
			}
		}
		mu.Lock()
		busy[s] = false
		return nil
	}})
	if err := j.FetchAt(t.Context(), "s", time.Now()); err != nil {
		t.Fatal(err)
	}
	<-finished
}

// Askings at random moments, by many, are never lost: after the last asking a
// run begins.
func TestJobsLoseNoAsking(t *testing.T) {
	var mu sync.Mutex
	asked, seen := 0, 0
	caughtUp := make(chan struct{}, 1)
	j := openJobs(t, ledger.JobOptions{Deliver: func(context.Context, string) error {
		mu.Lock()
		defer mu.Unlock()
		seen = asked
		select {
		case caughtUp <- struct{}{}:
		default:
		}
		return nil
	}})
	for range 200 {
		mu.Lock()
		asked++
		want := asked
		mu.Unlock()
		if err := j.DeliverAt(t.Context(), "hook", time.Now()); err != nil {
			t.Fatal(err)
		}
		for got := 0; got < want; {
			<-caughtUp
			mu.Lock()
			got = seen
			mu.Unlock()
		}
	}
}

func TestJobsTryAgain(t *testing.T) {
	tries := make(chan struct{}, 10)
	first := true
	j := openJobs(t, ledger.JobOptions{Fetch: func(context.Context, string) error {
		tries <- struct{}{}
		if first {
			first = false
			return errors.New("disk full")
		}
		return nil
	}})
	if err := j.FetchAt(t.Context(), "s", time.Now()); err != nil {
		t.Fatal(err)
	}
	<-tries
	<-tries
}

func TestJobsStopWaitsAndThenCancels(t *testing.T) {
	began, ended := make(chan struct{}), make(chan struct{})
	j, err := ledger.OpenJobs(t.Context(), ledger.JobOptions{
		Dir: t.TempDir(), Deliver: func(context.Context, string) error { return nil },
		Fetch: func(ctx context.Context, _ string) error {
			close(began)
			<-ctx.Done()
			close(ended)
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.FetchAt(t.Context(), "s", time.Now()); err != nil {
		t.Fatal(err)
	}
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
	<-ended
}

func TestJobsOfADeadProcessRunAgain(t *testing.T) {
	dir := t.TempDir()
	j, err := ledger.OpenJobs(t.Context(), ledger.JobOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.FetchAt(t.Context(), "s", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := j.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := db.Exec("UPDATE river_job SET state = 'running', attempt = 1")
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := res.RowsAffected(); n != 1 {
		t.Fatalf("%d jobs waiting, want 1", n)
	}
	db.Close()
	ran := make(chan string, 1)
	openJobs(t, ledger.JobOptions{Dir: dir, Fetch: func(_ context.Context, s string) error { ran <- s; return nil }})
	if got := <-ran; got != "s" {
		t.Errorf("ran %q", got)
	}
}

func BenchmarkJobLatency(b *testing.B) {
	began := make(chan time.Time, 1)
	j := openJobs(b, ledger.JobOptions{Fetch: func(context.Context, string) error { began <- time.Now(); return nil }})
	var took []time.Duration
	for b.Loop() {
		at := time.Now()
		if err := j.FetchAt(b.Context(), fmt.Sprint("s", len(took)), at); err != nil {
			b.Fatal(err)
		}
		took = append(took, (<-began).Sub(at))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func BenchmarkJobThroughput(b *testing.B) {
	var wg sync.WaitGroup
	j := openJobs(b, ledger.JobOptions{Fetch: func(context.Context, string) error { wg.Done(); return nil }})
	n := 0
	for b.Loop() {
		wg.Add(1)
		n++
		if err := j.FetchAt(b.Context(), fmt.Sprint("s", n), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	wg.Wait()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "jobs/s")
}
