package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/internal/demo"
	"earshot/internal/ledger"
	"earshot/mention"
)

// kills is how often the crash test kills the daemon.
const kills = 50

// TestKilledAtAnyMoment kills the daemon at random moments while it listens
// to the demo's web and programs push into it. Afterwards every mention that
// was acknowledged is there once, in ledger and index, and the notice of every
// incident was received, repeats only under the same webhook-id. A backup
// taken in between restores to the same answers.
func TestKilledAtAnyMoment(t *testing.T) {
	rounds := kills
	if testing.Short() {
		rounds = 8
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := newCrash(t, seed)
	for round := range rounds {
		c.round(time.Duration(20+c.rng.IntN(1200))*time.Millisecond, round%3 > 0)
		if round == rounds/2 {
			c.backup()
		}
	}
	c.settle()
	c.checkAcknowledged()
	c.checkWeb()
	c.checkNotices()
}

type crash struct {
	t      *testing.T
	rng    *rand.Rand
	world  *demo.World
	config string
	data   string
	pushed int      // made up so far
	acked  []string // ids that were acknowledged
}

func newCrash(t *testing.T, seed uint64) *crash {
	t.Helper()
	c := &crash{t: t, rng: rand.New(rand.NewPCG(seed, 1))}
	c.world = demo.NewWorld(7, time.Now())
	ctx, stop := context.WithCancel(t.Context())
	if err := c.world.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); c.world.Wait() })
	dir := t.TempDir()
	path, err := c.world.WriteFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("127.0.0.1:8080"), []byte("127.0.0.1:0"), 1)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	c.config, c.data = path, cfg.DataDir()
	return c
}

// command is the program as a process of its own.
func (c *crash) command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "EARSHOT_TEST_PROCESS=1")
	return cmd
}

// stderr has a process write to a file, and returns what reads it.
func (c *crash) stderr(cmd *exec.Cmd) (talk func() string) {
	f, err := os.CreateTemp(c.t.TempDir(), "stderr")
	if err != nil {
		c.t.Fatal(err)
	}
	cmd.Stderr = f
	c.t.Cleanup(func() { _ = f.Close() })
	return func() string {
		data, err := os.ReadFile(f.Name())
		return fmt.Sprint(string(data), err)
	}
}

// round runs the daemon for about as long as given, from its start or from
// when it answers, pushing all the while, and kills it.
func (c *crash) round(life time.Duration, answering bool) {
	c.t.Helper()
	_ = os.Remove(filepath.Join(c.data, "daemon.json"))
	cmd := c.command("serve", "--config", c.config)
	talk := c.stderr(cmd)
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	over, base := time.After(life), ""
	if answering {
		over = nil
	}
	for {
		select {
		case <-over:
			_ = cmd.Process.Kill()
			<-done
			return
		case err := <-done:
			c.t.Fatalf("the daemon ended by itself: %v\n%s", err, talk())
		case <-time.After(10 * time.Millisecond):
		}
		if base == "" {
			if running, ok, err := daemon.Find(c.t.Context(), c.data); err == nil && ok {
				base = running.Address
				if answering {
					over = time.After(life)
				}
			}
			continue
		}
		c.push(base, 5)
	}
}

// push sends some mentions and remembers those that the daemon took.
func (c *crash) push(base string, n int) {
	var body struct {
		Mentions []map[string]any `json:"mentions"`
	}
	var ids []string
	for range n {
		c.pushed++
		url := fmt.Sprintf("https://push.example/%d", c.pushed)
		m := mention.Mention{URL: url}
		crawler.Identify(&m)
		ids = append(ids, m.ID)
		body.Mentions = append(body.Mentions, map[string]any{
			"url": url, "title": fmt.Sprintf("Pushed note number %d", c.pushed), "published": time.Now().UTC(),
		})
	}
	data, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/mentions", bytes.NewReader(data))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // killed under way: not acknowledged
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode < 300 {
		c.acked = append(c.acked, ids...)
	} else if err == nil && resp.StatusCode < 500 {
		c.t.Fatalf("push: %s %s", resp.Status, answer)
	}
}

// backup takes a backup of what a kill left and restores it elsewhere: both
// answer the same.
func (c *crash) backup() {
	c.t.Helper()
	dir := c.t.TempDir()
	file, other := filepath.Join(dir, "backup.tar.gz"), filepath.Join(dir, "data")
	c.tool("backup", file, "--config", c.config)
	c.tool("restore", file, "--data-dir", other)
	for _, q := range []string{"", "recall*", "brand:velmora AND sentiment:negative"} {
		was := c.tool("export", "--config", c.config, "--", q)
		is := c.tool("export", "--data-dir", other, "--", q)
		if was != is {
			c.t.Errorf("restored, %q gives %d bytes of rows, want the %d bytes of before", q, len(is), len(was))
		}
	}
}

func (c *crash) tool(args ...string) string {
	c.t.Helper()
	cmd := c.command(args...)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("earshot %s: %v\n%s", strings.Join(args, " "), err, talk.String())
	}
	return out.String()
}

// settle lets the daemon run until everything that the web shows and every
// notice has arrived, then stops it as a person would.
func (c *crash) settle() {
	c.t.Helper()
	since := time.Now()
	cmd := c.command("serve", "--config", c.config)
	talk := c.stderr(cmd)
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	want := c.webIDs(since)
	var last error
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if last = c.settled(want); last == nil {
			break
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			c.t.Fatalf("not settled: %v\n%s", last, talk())
		}
		time.Sleep(300 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		c.t.Errorf("the daemon did not stop cleanly: %v\n%s", err, talk())
	}
}

// settled asks the running daemon whether all is in, and out.
func (c *crash) settled(want []string) error {
	running, ok, err := daemon.Find(c.t.Context(), c.data)
	if err != nil || !ok {
		return fmt.Errorf("no daemon yet: %w", err)
	}
	r, err := (&app{}).remote(config.Default(), running)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	err = r.Export(c.t.Context(), mention.Export{}, func(row mention.Row) error { have[row.ID] = true; return nil })
	if err != nil {
		return err
	}
	for _, id := range append(slices.Clone(want), c.acked...) {
		if !have[id] {
			return fmt.Errorf("%s is not searchable yet", id)
		}
	}
	for _, state := range []string{mention.DeliveryPending, mention.DeliverySending} {
		rows, err := r.deliveries(c.t.Context(), ledger.DeliveryFilter{State: state, Limit: 10})
		if err != nil || len(rows) > 0 {
			return fmt.Errorf("%d deliveries are %s, %w", len(rows), state, err)
		}
	}
	return nil
}

// webIDs are the ids of what the web has shown until a time. The price page is
// left out, which is only a mention when it changes, and the blog that answers
// 404 most of the time: what it shows comes when it comes.
func (c *crash) webIDs(until time.Time) []string {
	var ids []string
	for _, it := range c.world.Truth().VisibleAt(until) {
		if it.Source == "corner-blog" {
			continue
		}
		m := mention.Mention{URL: it.URL, GUID: it.GUID, Title: it.Title, Text: it.Text}
		crawler.Identify(&m)
		ids = append(ids, m.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (c *crash) open() (*daemon.Store, map[string]int) {
	c.t.Helper()
	s, err := daemon.OpenStore(c.t.Context(), c.data, time.UTC, slog.New(slog.DiscardHandler))
	if err != nil {
		c.t.Fatal(err)
	}
	counts := map[string]int{}
	err = s.Export(c.t.Context(), mention.Export{}, func(row mention.Row) error { counts[row.ID]++; return nil })
	if err != nil {
		c.t.Fatal(err)
	}
	return s, counts
}

func (c *crash) checkAcknowledged() {
	c.t.Helper()
	s, counts := c.open()
	defer s.Close()
	for _, id := range c.acked {
		if counts[id] != 1 {
			c.t.Errorf("acknowledged %s is in the index %d times", id, counts[id])
		}
	}
	recs, err := s.Ledger.Records(c.t.Context(), c.acked)
	if err != nil || len(recs) != len(c.acked) {
		c.t.Errorf("%d of %d acknowledged mentions are in the ledger, %v", len(recs), len(c.acked), err)
	}
	v, err := s.Verify(c.t.Context(), nil)
	if err != nil || v.Missing+v.Extra+v.Stale > 0 {
		c.t.Errorf("Verify = %+v, %v, want agreement", v, err)
	}
	c.t.Logf("%d pushed mentions acknowledged, %d mentions in all", len(c.acked), len(counts))
}

func (c *crash) checkWeb() {
	c.t.Helper()
	s, counts := c.open()
	defer s.Close()
	for id, n := range counts {
		if n != 1 {
			c.t.Errorf("%s is in the index %d times", id, n)
		}
	}
}

// checkNotices compares what the receivers got with the outbox.
func (c *crash) checkNotices() {
	c.t.Helper()
	s, _ := c.open()
	defer s.Close()
	got := map[string][]byte{}
	repeats := 0
	for _, h := range c.world.Inbox().Webhooks() {
		if !h.Verified {
			c.t.Errorf("webhook %s: %s", h.ID, h.Problem)
		}
		if before, ok := got[h.ID]; ok {
			repeats++
			if !bytes.Equal(before, h.Body) {
				c.t.Errorf("webhook %s was repeated with another body", h.ID)
			}
		}
		got[h.ID] = h.Body
	}
	mails := map[string]bool{}
	for _, m := range c.world.Inbox().Mails() {
		mails[strings.SplitN(m.ID, "@", 2)[0]] = true
	}
	sent := 0
	for before := int64(0); ; {
		rows, err := s.Ledger.Deliveries(c.t.Context(), ledger.DeliveryFilter{Limit: 500, Before: before})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, d := range rows {
			before = d.Seq
			if d.State != mention.DeliverySent {
				continue
			}
			sent++
			if _, ok := got[d.ID]; d.Receiver == demo.ReceiverHook && !ok {
				c.t.Errorf("webhook %s is said to be sent and was not received", d.ID)
			}
			if d.Receiver != demo.ReceiverHook && !mails[d.ID] {
				c.t.Errorf("mail %s is said to be sent and was not received", d.ID)
			}
			delete(got, d.ID)
		}
		if len(rows) == 0 {
			break
		}
	}
	for id := range got {
		c.t.Errorf("webhook %s was received and is not in the outbox", id)
	}
	incidents, err := s.Ledger.Incidents(c.t.Context(), ledger.IncidentFilter{Rule: demo.RuleCrisis})
	if err != nil || len(incidents) != 1 {
		c.t.Errorf("%d incidents of the recall, %v, want 1", len(incidents), err)
	}
	c.t.Logf("%d notices sent, %d repeated after a crash", sent, repeats)
	if sent == 0 {
		c.t.Error(errors.New("nothing was sent at all"))
	}
}
