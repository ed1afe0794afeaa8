package daemon

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"earshot/alerts"
	"earshot/internal/egress"
	"earshot/internal/ledger"
	"earshot/mention"
)

const (
	fireDir    = "EARSHOT_TEST_FIRE_DIR"
	fireURL    = "EARSHOT_TEST_FIRE_URL"
	fireHook   = "hook"
	fireSecret = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
	// Waits between tries are this much shorter than in earnest.
	fireHaste = 10_000
)

var fullFire = flag.Bool("fire", os.Getenv("CI") != "", "the test of delivery under fire in full size")

// A hastyLedger makes the waits between tries short.
type hastyLedger struct{ ledger.Ledger }

func (h hastyLedger) UpdateDelivery(ctx context.Context, id string, change func(*mention.Delivery) error) (mention.Delivery, error) {
	return h.Ledger.UpdateDelivery(ctx, id, func(d *mention.Delivery) error {
		err := change(d)
		if at := now(); d.Next.After(at) {
			d.Next = at.Add(d.Next.Sub(at) / fireHaste)
		}
		return err
	})
}

// outbox is the delivering half of a daemon: ledger, queue, dispatcher.
func outbox(tb testing.TB, dir, url string, hasty bool) *Daemon {
	tb.Helper()
	ctx := tb.Context()
	led, err := ledger.Open(ctx, ledger.Options{Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	if hasty {
		led = hastyLedger{led}
	}
	d := &Daemon{store: &Store{Ledger: led}, log: slog.New(slog.DiscardHandler)}
	d.jobs, err = ledger.OpenJobs(ctx, ledger.JobOptions{Dir: dir, Deliver: func(ctx context.Context, r string) error { return d.dispatch.run(ctx, r) }})
	if err != nil {
		tb.Fatal(err)
	}
	d.dispatch = &dispatcher{
		ledger: led, log: d.log, now: now, tried: func(string) {}, told: func(string, error) {},
		dead: func(_ context.Context, row mention.Delivery) error {
			return fmt.Errorf("%s was given up: %s", row.ID, row.Error)
		},
		again: func(receiver string, at time.Time) { d.deliverAt(ctx, receiver, at) },
	}
	secret := filepath.Join(dir, "hook.secret")
	if err := os.WriteFile(secret, []byte(fireSecret+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	eg, err := egress.New(egress.Config{AllowCIDRs: []string{"127.0.0.0/8"}})
	if err != nil {
		tb.Fatal(err)
	}
	outlets, err := outletsOf([]alerts.Receiver{{ID: fireHook, Kind: alerts.ReceiverWebhook, URL: url, SecretFile: secret}}, eg, nil, d.log)
	if err != nil {
		tb.Fatal(err)
	}
	d.dispatch.set(outlets)
	if err := d.jobs.Start(ctx); err != nil {
		tb.Fatal(err)
	}
	return d
}

// fireAlert is the nth notice; those of an incident come in their order.
func fireAlert(n, incidents int) mention.Delivery {
	at := now()
	return mention.Delivery{
		ID: fmt.Sprintf("ntc_%06d", n), Incident: fmt.Sprintf("inc_%d", n%incidents), Rule: "r", Receiver: fireHook, Type: alerts.TypeFiring,
		State: mention.DeliveryPending, Payload: fmt.Appendf(nil, `{"type":"incident.firing","n":%d,"incident":%d}`, n, n%incidents), Created: at, Next: at,
	}
}

// TestFireChild is the process that is killed: it accepts notices that it is
// told to, says when they are durable, and delivers.
func TestFireChild(t *testing.T) {
	dir := os.Getenv(fireDir)
	if dir == "" {
		t.Skip("runs as the child of TestDeliveryUnderFire")
	}
	d := outbox(t, dir, os.Getenv(fireURL), true)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { d.sweepOutbox(ctx) })
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var from, to, incidents int
		if _, err := fmt.Sscan(lines.Text(), &from, &to, &incidents); err != nil {
			break
		}
		c := ledger.AlertCommit{Offset: int64(to)}
		for n := from; n < to; n++ {
			c.Deliveries = append(c.Deliveries, fireAlert(n, incidents))
		}
		if err := d.store.Ledger.CommitAlerts(ctx, c); err != nil {
			t.Fatal(err)
		}
		d.deliverAt(ctx, fireHook, now())
		if _, err := fmt.Fprintln(os.Stdout, "accepted", from, to); err != nil {
			t.Fatal(err)
		}
	}
	for open := true; open; time.Sleep(5 * time.Millisecond) {
		open = false
		for _, state := range []string{mention.DeliveryPending, mention.DeliverySending} {
			rows, err := d.store.Ledger.Deliveries(ctx, ledger.DeliveryFilter{State: state, Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			open = open || len(rows) > 0
		}
	}
	stop()
	wg.Wait()
	if err := errors.Join(d.jobs.Stop(context.Background()), d.store.Ledger.Close()); err != nil {
		t.Fatal(err)
	}
}

// A fireTarget is a receiver that refuses three in ten and checks the rest with
// the reference library.
type fireTarget struct {
	verify *standardwebhooks.Webhook

	mu       sync.Mutex
	rng      *rand.Rand
	got      map[string][]byte
	last     map[int]int // by incident: the number of its last notice
	calls    int
	refused  int
	repeated int
	faults   []string
}

func newFireTarget(t *testing.T, seed uint64) *fireTarget {
	t.Helper()
	v, err := standardwebhooks.NewWebhook(fireSecret)
	if err != nil {
		t.Fatal(err)
	}
	return &fireTarget{verify: v, rng: rand.New(rand.NewPCG(seed, 2)), got: map[string][]byte{}, last: map[int]int{}}
}

func (f *fireTarget) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed under way
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if err := f.verify.Verify(body, r.Header); err != nil {
		f.fault("%s: %v", body, err)
	}
	if f.rng.IntN(10) < 3 {
		f.refused++
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var n struct{ N, Incident int }
	if err := json.Unmarshal(body, &n); err != nil {
		f.fault("%s: %v", body, err)
	}
	id := r.Header.Get(alerts.HeaderID)
	if before, ok := f.got[id]; ok {
		f.repeated++
		if !bytes.Equal(before, body) {
			f.fault("%s came again as %s", before, body)
		}
		return
	}
	if last, ok := f.last[n.Incident]; ok && n.N < last {
		f.fault("notice %d of incident %d came after %d", n.N, n.Incident, last)
	}
	if want := fmt.Sprintf("ntc_%06d", n.N); id != want {
		f.fault("%s came as %s", want, id)
	}
	f.last[n.Incident], f.got[id] = n.N, body
}

func (f *fireTarget) fault(format string, args ...any) {
	if len(f.faults) < 20 {
		f.faults = append(f.faults, fmt.Sprintf(format, args...))
	}
}

func (f *fireTarget) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.got)
}

// TestDeliveryUnderFire accepts notices for a receiver that refuses three in
// ten, and kills the process that delivers them again and again. None is lost,
// none comes twice but under its own id, those of an incident come in order,
// and every one is signed.
func TestDeliveryUnderFire(t *testing.T) {
	total, kills := 2000, 5
	if *fullFire && !testing.Short() {
		total, kills = 20_000, 20
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	hook := newFireTarget(t, seed)
	server := httptest.NewServer(hook)
	defer server.Close()
	dir, accepted := t.TempDir(), 0
	began := time.Now()
	for round := range kills + 1 {
		c := startFireChild(t, dir, server.URL)
		if round == kills {
			c.finish(&accepted, total)
			break
		}
		// Some are killed as they start, all of them with work in hand.
		at := total * (round + 1) / (kills + 2)
		c.feed(&accepted, total, func() bool { return hook.count() >= at })
		time.Sleep(time.Duration(rng.IntN(30)) * time.Millisecond)
		c.kill()
	}
	t.Logf("%d accepted and received in %s, %d kills; %d calls, %d of them refused, %d came again", total, time.Since(began).Round(time.Millisecond), kills, hook.calls, hook.refused, hook.repeated)
	for _, f := range hook.faults {
		t.Error(f)
	}
	if len(hook.got) != total {
		t.Errorf("%d of %d notices were received", len(hook.got), total)
	}
	checkAllSent(t, dir, total)
}

func checkAllSent(t *testing.T, dir string, total int) {
	t.Helper()
	led, err := ledger.Open(t.Context(), ledger.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer led.Close()
	rows, err := led.Deliveries(t.Context(), ledger.DeliveryFilter{State: mention.DeliverySent, Limit: 2 * total})
	if err != nil || len(rows) != total {
		t.Errorf("%d of %d deliveries are sent, %v", len(rows), total, err)
	}
}

type fireChild struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
	talk *strings.Builder
}

func startFireChild(t *testing.T, dir, url string) *fireChild {
	t.Helper()
	c := &fireChild{t: t, cmd: exec.Command(os.Args[0], "-test.run=^TestFireChild$"), talk: &strings.Builder{}}
	c.cmd.Env = append(os.Environ(), fireDir+"="+dir, fireURL+"="+url)
	c.cmd.Stderr = c.talk
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// feed has the child accept notices until enough were received. Only what it
// said is durable counts; the rest is asked of the next one again.
func (c *fireChild) feed(accepted *int, total int, enough func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); !enough(); {
		if time.Now().After(deadline) {
			c.kill()
			c.t.Fatalf("too slow: %d accepted\n%s", *accepted, c.talk)
		}
		if *accepted == total {
			time.Sleep(time.Millisecond)
			continue
		}
		to := min(*accepted+50, total)
		if _, err := fmt.Fprintln(c.in, *accepted, to, total/20); err != nil {
			c.t.Fatalf("the child went away: %v\n%s", err, c.talk)
		}
		for {
			if !c.out.Scan() {
				_ = c.cmd.Wait()
				c.t.Fatalf("the child ended: %v\n%s", c.out.Err(), c.talk)
			}
			var a, b int
			if n, _ := fmt.Sscanf(c.out.Text(), "accepted %d %d", &a, &b); n == 2 {
				*accepted = b
				break
			}
		}
	}
}

func (c *fireChild) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// finish has the last child deliver what is left.
func (c *fireChild) finish(accepted *int, total int) {
	c.t.Helper()
	c.feed(accepted, total, func() bool { return *accepted == total })
	if err := c.in.Close(); err != nil {
		c.t.Fatal(err)
	}
	rest, _ := io.ReadAll(c.readRest())
	if err := c.cmd.Wait(); err != nil {
		c.t.Fatalf("the child did not end well: %v\n%s\n%s", err, rest, c.talk)
	}
}

// readRest lets the child write what it likes until it ends.
func (c *fireChild) readRest() io.Reader {
	var b strings.Builder
	for c.out.Scan() {
		b.WriteString(c.out.Text() + "\n")
	}
	return strings.NewReader(b.String())
}

// BenchmarkDelivery commits 200 notices a second for one receiver, each of an
// incident of its own, and tells how long after its commit each was received.
// An operation is one notice.
func BenchmarkDelivery(b *testing.B) {
	const every = 5 * time.Millisecond
	var mu sync.Mutex
	accepted, took := map[string]time.Time{}, []time.Duration{}
	all := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		at := time.Now()
		mu.Lock()
		defer mu.Unlock()
		took = append(took, at.Sub(accepted[r.Header.Get(alerts.HeaderID)]))
		if len(took) == b.N {
			close(all)
		}
	}))
	defer server.Close()
	d := outbox(b, b.TempDir(), server.URL, false)
	began := time.Now()
	b.ResetTimer()
	for n := range b.N {
		time.Sleep(time.Until(began.Add(time.Duration(n) * every)))
		row := fireAlert(n, b.N)
		mu.Lock()
		accepted[row.ID] = time.Now() // before it is durable: it may arrive before the commit is told
		mu.Unlock()
		if err := d.store.Ledger.CommitAlerts(b.Context(), ledger.AlertCommit{Offset: int64(n), Deliveries: []mention.Delivery{row}}); err != nil {
			b.Fatal(err)
		}
		d.deliverAt(b.Context(), fireHook, now())
	}
	<-all
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "notices/s")
	if err := errors.Join(d.jobs.Stop(context.Background()), d.store.Ledger.Close()); err != nil {
		b.Fatal(err)
	}
}
