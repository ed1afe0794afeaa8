package crawler

import (
	"context"
	"slices"
	"time"

	"earshot/mention"
)

// maxWatched is how many mentions of a source wait for their engagement to be
// read again; of more, those due last are let go.
const maxWatched = 2000

// measureCalls bounds the re-readings of a pass.
const measureCalls = 5

// rereadAges are the ages of a mention at which its engagement is read again.
var rereadAges = []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} //nolint:gochecknoglobals // a constant table

// A watched mention is one whose engagement is to be read again.
type watched struct {
	ID     string    `json:"i"`
	Native string    `json:"n"` // what the platform calls it
	Born   time.Time `json:"b"`
	At     time.Time `json:"t"` // when it is due
}

// nextAge is when a mention born at a time is due after another.
func nextAge(born, after time.Time) time.Time {
	for _, age := range rereadAges {
		if at := born.Add(age); at.After(after) {
			return at
		}
	}
	return time.Time{}
}

// watch puts a mention among those that are read again.
func (p *apiPass) watch(native string, m *mention.Mention) {
	if native == "" || p.api.platform.batch == 0 || m.Published.IsZero() {
		return
	}
	at := nextAge(m.Published, p.now)
	if at.IsZero() {
		return
	}
	p.putWatch(watched{ID: m.ID, Native: native, Born: m.Published, At: at})
}

func (p *apiPass) putWatch(w watched) {
	list := p.cursor.Watch
	i, _ := slices.BinarySearchFunc(list, w, func(a, b watched) int { return a.At.Compare(b.At) })
	list = slices.Insert(list, i, w)
	p.cursor.Watch = list[:min(len(list), maxWatched)]
}

// remeasure reads the engagement of what is due, and notes what is gone.
func (p *apiPass) remeasure(ctx context.Context) error {
	batch := p.api.platform.batch
	for range measureCalls {
		due := 0
		for due < len(p.cursor.Watch) && due < batch && !p.cursor.Watch[due].At.After(p.now) {
			due++
		}
		if due == 0 {
			return nil
		}
		list := slices.Clone(p.cursor.Watch[:due])
		natives := make([]string, due)
		ids := make(map[string]string, due)
		for i, w := range list {
			natives[i], ids[w.Native] = w.Native, w.ID
		}
		metrics, err := p.api.platform.measure(ctx, p.call(""), natives)
		if err != nil {
			return err
		}
		p.cursor.Watch = slices.Delete(p.cursor.Watch, 0, due)
		gone := map[string]bool{}
		for i := range metrics {
			m := &metrics[i]
			gone[m.ID] = m.Gone
			m.ID, m.At = ids[m.ID], p.now
		}
		metrics = slices.DeleteFunc(metrics, func(m mention.Metric) bool { return m.ID == "" })
		for _, w := range list {
			if at := nextAge(w.Born, p.now); !at.IsZero() && !gone[w.Native] {
				w.At = at
				p.putWatch(w)
			}
		}
		if len(metrics) == 0 {
			continue
		}
		if err := p.emit(mention.Batch{Source: p.src.ID, Metrics: metrics}); err != nil {
			return err
		}
	}
	return nil
}

// goneOf tells those of the asked ids that the platform did not give back.
func goneOf(asked []string, given map[string]bool) []mention.Metric {
	var out []mention.Metric
	for _, id := range asked {
		if !given[id] {
			out = append(out, mention.Metric{ID: id, Gone: true})
		}
	}
	return out
}
