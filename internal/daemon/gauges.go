package daemon

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"earshot/internal/ledger"
	"earshot/mention"
)

// scrapeTimeout bounds what one reading of the metrics asks of the ledger.
const scrapeTimeout = 5 * time.Second

// outboxGauges tell how each receiver does. They are read when somebody asks.
type outboxGauges struct{ d *Daemon }

var (
	waitingDesc = prometheus.NewDesc("earshot_outbox_waiting", "Notices that wait for a receiver.", []string{"receiver"}, nil)
	oldestDesc  = prometheus.NewDesc("earshot_outbox_oldest_seconds", "Age of the oldest notice that waits for a receiver.", []string{"receiver"}, nil)
	upDesc      = prometheus.NewDesc("earshot_receiver_up", "1, or 0 while a receiver fails and is sent nothing but a probe now and then, or has switched itself off; of a heartbeat, while it does not beat.", []string{"receiver"}, nil)
)

// Describe implements prometheus.Collector.
func (outboxGauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- waitingDesc
	ch <- oldestDesc
	ch <- upDesc
}

// Collect implements prometheus.Collector.
func (g outboxGauges) Collect(ch chan<- prometheus.Metric) {
	if g.d.dispatch == nil {
		return // not open yet
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	count, oldest := map[string]float64{}, map[string]float64{}
	for _, r := range g.d.dispatch.receivers() {
		count[r], oldest[r] = 0, 0
		up := 1.0
		if s := g.d.dispatch.health(r); s.Open || s.Gone {
			up = 0
		}
		ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, up, r)
	}
	for r, up := range g.d.pulses.up() {
		ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, up, r)
	}
	waiting, err := g.d.store.Ledger.Waiting(ctx)
	if err != nil {
		g.d.log.Warn("outbox not counted", "err", err)
		return
	}
	for _, w := range waiting { // also what waits for receivers that are gone
		count[w.Receiver], oldest[w.Receiver] = float64(w.Count), now().Sub(w.Oldest).Seconds()
	}
	for r := range count {
		ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, count[r], r)
		ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, oldest[r], r)
	}
}

// stateGauges tell how the daemon itself does: its sources, its disk, what
// waits to be analysed, and what it says is wrong.
type stateGauges struct{ d *Daemon }

var (
	lastOKDesc   = prometheus.NewDesc("earshot_source_last_success_timestamp_seconds", "When a pass over a source last went well; 0 means never.", []string{"source"}, nil)
	lastNewDesc  = prometheus.NewDesc("earshot_source_last_new_timestamp_seconds", "When a source last brought something new; 0 means never.", []string{"source"}, nil)
	diskFreeDesc = prometheus.NewDesc("earshot_disk_free_bytes", "What may still be written to the data directory.", nil, nil)
	diskSizeDesc = prometheus.NewDesc("earshot_disk_size_bytes", "The size of the file system that the data directory is on.", nil, nil)
	analysisDesc = prometheus.NewDesc("earshot_analysis_lag_entries", "Entries of the ledger that are not analysed yet.", nil, nil)
	faultDesc    = prometheus.NewDesc("earshot_faults", "Things that the daemon says are wrong, by what they are about.", []string{"about"}, nil)
)

// Describe implements prometheus.Collector.
func (stateGauges) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{lastOKDesc, lastNewDesc, diskFreeDesc, diskSizeDesc, analysisDesc, faultDesc} {
		ch <- desc
	}
}

// Collect implements prometheus.Collector.
func (g stateGauges) Collect(ch chan<- prometheus.Metric) {
	cfg := g.d.cfg.Load()
	if cfg == nil {
		return // not open yet
	}
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	if free, size, err := ledger.FreeSpace(cfg.DataDir()); err == nil {
		gauge(diskFreeDesc, float64(free))
		gauge(diskSizeDesc, float64(size))
	}
	last, _, err := g.d.store.Ledger.LastSeq(ctx)
	if offset, err2 := g.d.store.Ledger.Offset(ctx, "understand"); errors.Join(err, err2) == nil {
		gauge(analysisDesc, float64(last-offset))
	}
	counts := map[string]float64{"configuration": 0, "safety": 0} // there from the start, so that a rise is seen
	g.d.status.mu.Lock()
	for about := range g.d.status.faults {
		kind, _, _ := strings.Cut(about, " ")
		counts[kind]++
	}
	g.d.status.mu.Unlock()
	for kind, n := range counts {
		gauge(faultDesc, n, kind)
	}
	states, err := g.d.store.Ledger.SourceStates(ctx)
	if err != nil {
		g.d.log.Warn("sources not counted", "err", err)
		return
	}
	known := map[string]*mention.SourceState{}
	for i := range states {
		known[states[i].Source] = &states[i]
	}
	for i := range cfg.Sources {
		if cfg.Sources[i].Paused {
			continue
		}
		ok, fresh := 0.0, 0.0
		if s := known[cfg.Sources[i].ID]; s != nil {
			ok, fresh = stampOf(s.LastOK), stampOf(s.LastNew)
		}
		gauge(lastOKDesc, ok, cfg.Sources[i].ID)
		gauge(lastNewDesc, fresh, cfg.Sources[i].ID)
	}
}

// stampOf is a time as Prometheus has it.
func stampOf(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
