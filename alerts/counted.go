package alerts

import (
	"fmt"
	"io"
	"strings"
	"time"

	"earshot/mention"
)

// maxCounted is how many steps the counts of a notice have at most.
const maxCounted = 56

// Counted is how many mentions came over time, as a notice shows it.
type Counted struct {
	From   time.Time        `json:"from"`
	Step   mention.Duration `json:"step"`
	Counts []int            `json:"counts"`
}

// A Draw draws counts as a PNG.
type Draw func(w io.Writer, title string, c *Counted) error

// steps are the widths that counts are told in.
var steps = []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 24 * time.Hour}

// counted gives the counts that an incident is about: of a counting rule those
// that it judges by, of the others when the incident's mentions came; nil
// where there is nothing to see.
func (g *group) counted(at instant) *Counted {
	switch g.rule.kind() {
	case KindSafety, KindFlatline:
		return nil
	case KindSpike, KindDrop:
		return g.Series.counted(at, binWidth, g.rule.Window.Std())
	case KindRatio, KindSentimentShift, KindShareOfVoice:
		window := g.rule.Window.Std()
		if window == 0 {
			window = shareWindow
		}
		return g.Series.counted(at, time.Hour, window)
	case KindThreshold:
		return countedOf(g.Times, at, g.rule.Window.Std())
	}
	return countedOf(g.Incident.When, at, 0)
}

// counted reads counts out of a series of bins: two days by the hour, or two
// weeks for windows of more than six hours.
func (s *series) counted(at instant, bin, window time.Duration) *Counted {
	if s == nil {
		return nil
	}
	step, n := time.Hour, 48
	if window > 6*time.Hour {
		step, n = 6*time.Hour, maxCounted
	}
	per := int64(step / bin)
	last := int64(at) / step.Milliseconds()
	first := max(last-int64(n)+1, s.First/per)
	c := &Counted{From: instant(first * step.Milliseconds()).Time(), Step: mention.Duration(step)}
	for k := first; k <= last; k++ {
		c.Counts = append(c.Counts, int(s.sum(k*per, (k+1)*per)))
	}
	return c.orNil()
}

// countedOf counts times; span 0 means from the first of them.
func countedOf(times []instant, at instant, span time.Duration) *Counted {
	first := at.add(-span)
	if span == 0 {
		for _, t := range times {
			first = min(first, t)
		}
	}
	step := steps[len(steps)-1]
	for _, s := range steps {
		if at.sub(first) <= maxCounted/2*s {
			step = s
			break
		}
	}
	ms := step.Milliseconds()
	begin, end := int64(first)/ms, int64(at)/ms
	begin = max(begin, end-maxCounted+1)
	c := &Counted{From: instant(begin * ms).Time(), Step: mention.Duration(step), Counts: make([]int, end-begin+1)}
	for _, t := range times {
		if k := int64(t) / ms; k >= begin && k <= end {
			c.Counts[k-begin]++
		}
	}
	return c.orNil()
}

// orNil is nil where one number, or nothing, is all there is.
func (c *Counted) orNil() *Counted {
	full := 0
	for _, n := range c.Counts {
		if n > 0 {
			full++
		}
	}
	if len(c.Counts) < 2 || full == 0 || full == 1 && c.sum() < 2 {
		return nil
	}
	return c
}

func (c *Counted) sum() int {
	sum := 0
	for _, n := range c.Counts {
		sum += n
	}
	return sum
}

// Title says what the counts are.
func (c *Counted) Title() string {
	switch c.Step.Std() {
	case time.Hour:
		return "Mentions an hour"
	case 24 * time.Hour:
		return "Mentions a day"
	}
	return "Mentions every " + c.Step.String()
}

// Words tells the counts to who does not see the picture.
func (c *Counted) Words() string {
	most, when := 0, 0
	var b strings.Builder
	for i, n := range c.Counts {
		if n > most {
			most, when = n, i
		}
		if i > 0 {
			b.WriteString(" ")
		}
		fmt.Fprint(&b, n)
	}
	at := func(i int) string {
		return c.From.Add(time.Duration(i) * c.Step.Std()).UTC().Format("2 Jan 15:04")
	}
	return fmt.Sprintf("%s from %s to %s UTC: %d in all, at most %d, from %s on. %s.",
		c.Title(), at(0), at(len(c.Counts)), c.sum(), most, at(when), b.String())
}
