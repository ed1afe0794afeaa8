package report

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"earshot/mention"
)

// ReadAccuracy reads a coding sheet back and says how well its query and the
// sentiment do. Actor and time of the reading are the caller's to set.
func ReadAccuracy(r io.Reader) (mention.Accuracy, error) {
	s, err := readSheet(r)
	if err != nil {
		return mention.Accuracy{}, err
	}
	return s.score()
}

// A tally counts what people judged of a stratum.
type tally struct {
	size     uint64 // of the stratum
	n        uint64 // rows judged
	relevant uint64
}

// share is the part of the stratum that is relevant. A stratum that was
// judged whole leaves nothing to chance.
func (t tally) share() mention.Estimate { return estimate(t.relevant, t.n, t.size) }

// estimate is x in n, drawn out of a population.
func estimate(x, n, population uint64) mention.Estimate {
	e := mention.Estimate{N: n}
	if n == 0 {
		return e
	}
	e.Known, e.Value = true, float64(x)/float64(n)
	if e.Low, e.High = e.Value, e.Value; population == 0 || n < population {
		e.Low, e.High = Wilson(float64(x), float64(n))
	}
	return e
}

func (s *sheet) score() (mention.Accuracy, error) {
	a := mention.Accuracy{
		Query: s.sample.Query, Within: s.sample.Within, Seed: s.sample.Seed, Drawn: s.sample.Drawn, Models: s.sample.Models, Config: s.sample.Config,
	}
	found, rest := tally{size: s.sample.Found}, tally{size: s.sample.Rest}
	for _, r := range s.rows {
		t := &found
		if r.stratum == mention.StratumRest {
			t = &rest
		}
		if r.relevant == "" && r.sentiment == "" {
			a.Uncoded++
			continue
		}
		a.Coded++
		if r.relevant != "" {
			t.n++
		}
		if r.relevant == "yes" {
			t.relevant++
		}
	}
	if a.Coded == 0 {
		return a, errors.New("report: coding sheet: nothing is coded yet; fill the column relevant with yes or no")
	}
	if found.n > found.size || rest.n > rest.size {
		return a, errors.New("report: coding sheet: it has more rows than mentions were found")
	}
	a.Precision = found.share()
	a.Recall = recall(found, rest)
	if a.Uncoded > 0 {
		a.Caveats = append(a.Caveats, fmt.Sprintf("%d of %d rows are not coded: if those are not chosen by chance, the figures are off", a.Uncoded, a.Coded+a.Uncoded))
	}
	switch {
	case a.Recall.Known:
	case found.relevant == 0:
		a.Caveats = append(a.Caveats, "recall is not known: nothing that the query found is relevant")
	default:
		a.Caveats = append(a.Caveats, "recall is not known: nothing was coded of what the query leaves out; draw with --rest")
	}
	s.sentiments(&a)
	return a, nil
}

// recall is the relevant mentions found over all relevant ones, both strata
// weighed by their size: R = 1/(1 + rest/found).
func recall(found, rest tally) mention.Estimate {
	e := mention.Estimate{N: found.n + rest.n}
	if found.relevant == 0 || rest.n == 0 && rest.size > 0 {
		return e
	}
	e.Known = true
	if rest.size == 0 {
		e.Value, e.Low, e.High = 1, 1, 1
		return e
	}
	f, l := found.share(), rest.share()
	r := ratio(times(l, rest.size), times(f, found.size))
	e.Value, e.Low, e.High = 1/(1+r.at), 1/(1+r.high), 1/(1+r.low)
	if math.IsInf(r.high, 1) {
		e.Low = 0
	}
	return e
}

func times(e mention.Estimate, size uint64) bound {
	n := float64(size)
	return bound{e.Value * n, e.Low * n, e.High * n}
}

// sentiments compares the labels of what was found and is not off topic.
func (s *sheet) sentiments(a *mention.Accuracy) {
	labels := []string{mention.Positive, mention.Negative, mention.Neutral, mention.Mixed}
	told, right, meant := map[string]uint64{}, map[string]uint64{}, map[string]uint64{}
	var n, same, unscored uint64
	for _, r := range s.rows {
		if r.stratum != mention.StratumFound || r.relevant == "no" || r.sentiment == "" {
			continue
		}
		if r.machine == "none" {
			unscored++
			continue
		}
		n++
		told[r.machine]++
		meant[r.sentiment]++
		if r.machine == r.sentiment {
			right[r.machine]++
			same++
		}
	}
	a.Agreement = estimate(same, n, 0)
	for _, label := range labels {
		if told[label]+meant[label] > 0 {
			a.Sentiment = append(a.Sentiment, mention.Class{
				Label: label, Precision: estimate(right[label], told[label], 0), Recall: estimate(right[label], meant[label], 0),
			})
		}
	}
	if unscored > 0 {
		a.Caveats = append(a.Caveats, fmt.Sprintf("%d rows with a coded sentiment were not scored by the machine; they are in no figure", unscored))
	}
}

// AccuracyText tells an accuracy in a recipe. Models and config are those in
// force: where others were measured it says so.
func AccuracyText(a *mention.Accuracy, models, config string) string {
	var parts []string
	add := func(name string, e mention.Estimate) {
		if e.Known {
			parts = append(parts, fmt.Sprintf("%s %.2f (95 %% %.2f to %.2f, n %d)", name, e.Value, e.Low, e.High, e.N))
		}
	}
	add("precision", a.Precision)
	add("recall", a.Recall)
	add("sentiment agreement", a.Agreement)
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ") + "; coded " + a.Scored.UTC().Format("2006-01-02")
	if a.Models != "" && models != "" && a.Models != models || a.Config != "" && config != "" && a.Config != config {
		text += ", when models, brands or labels were others"
	}
	return text
}

// AccuracyGrid lays an accuracy out, a row for each measure.
func AccuracyGrid(a *mention.Accuracy) Grid {
	g := Grid{Columns: []string{"measure", "label", "value", "low", "high", "n"}}
	add := func(measure, label string, e mention.Estimate) {
		var value, low, high *float64
		if e.Known {
			value, low, high = &e.Value, &e.Low, &e.High
		}
		g.Rows = append(g.Rows, []any{measure, label, value, low, high, e.N})
	}
	add("precision", "", a.Precision)
	add("recall", "", a.Recall)
	add("sentiment_agreement", "", a.Agreement)
	for _, c := range a.Sentiment {
		add("sentiment_precision", c.Label, c.Precision)
		add("sentiment_recall", c.Label, c.Recall)
	}
	return g
}
