package daemon

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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
