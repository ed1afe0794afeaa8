package daemon

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the daemon's own numbers, in Prometheus's words.
type metrics struct {
	registry   *prometheus.Registry
	stored     *prometheus.CounterVec
	passes     *prometheus.CounterVec
	stage      *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	visible    prometheus.Histogram
}

func newMetrics(d *Daemon) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		stored: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "earshot_mentions_stored_total", Help: "Mentions stored, by what became of them.",
		}, []string{"outcome"}),
		passes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "earshot_passes_total", Help: "Passes over sources, by result.",
		}, []string{"result"}),
		stage: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "earshot_stage_seconds", Help: "Time a stage took for one batch.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"stage"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "earshot_deliveries_total", Help: "Tries to deliver a notice, by state after the try.",
		}, []string{"state"}),
		visible: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "earshot_seen_to_searchable_seconds", Help: "Time from stored to searchable.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
		}),
	}
	gauge := func(name, help string, value func(ctx context.Context) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(context.Background()) }))
	}
	m.registry.MustRegister(m.stored, m.passes, m.stage, m.deliveries, m.visible, outboxGauges{d}, stateGauges{d})
	gauge("earshot_index_lag_entries", "Entries of the analyzed log that are not searchable yet.", func(ctx context.Context) float64 {
		lag, err := d.store.Lag(ctx)
		if err != nil {
			return -1
		}
		return float64(lag)
	})
	gauge("earshot_mentions", "Mentions in the ledger.", func(ctx context.Context) float64 {
		c, err := d.store.Ledger.Counts(ctx)
		if err != nil {
			return -1
		}
		return float64(c.Mentions)
	})
	gauge("earshot_dead_letters", "Deliveries given up.", func(ctx context.Context) float64 {
		c, err := d.store.Ledger.Counts(ctx)
		if err != nil {
			return -1
		}
		return float64(c.DeadLetters)
	})
	gauge("earshot_sources_failing", "Sources whose last pass failed.", func(ctx context.Context) float64 {
		states, err := d.store.Ledger.SourceStates(ctx)
		if err != nil {
			return -1
		}
		n := 0
		for i := range states {
			if states[i].Error != "" {
				n++
			}
		}
		return float64(n)
	})
	return m
}
