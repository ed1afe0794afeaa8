package alerts

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"earshot/mention"
)

// maxRecent is how many mentions a counter remembers for its first notice.
const maxRecent = 5

// A thresholdJudge counts mentions over a window of event time.
type thresholdJudge struct {
	count          int
	window         time.Duration
	authors, sites int // at least so many of them in the window
}

// add implements judge. A mention that comes late counts in the window it
// belongs to, and may complete it after the fact.
func (j *thresholdJudge) add(e *Engine, g *group, x *entry) {
	at := j.insert(g, x)
	it := itemOf(x.row)
	it.Excerpt = clip(it.Excerpt, maxGroupName)
	g.remember(&it)
	j.forget(g, x.at.add(-e.options.Lateness-j.window))
	g.Idle = x.at.add(e.options.Lateness + j.window)
	if g.Incident != nil {
		g.Incident.join(&it, x.at)
	}
	n, until := j.widest(g, at)
	if n == 0 {
		e.reschedule(g)
		if g.Incident != nil {
			e.out.incident(&g.Incident.Incident)
		}
		return
	}
	if g.Incident == nil {
		inc := e.ensure(g, x.at, x)
		for _, old := range slices.Backward(g.Recent) {
			inc.join(&old, x.at)
		}
		inc.Count = n
		inc.Ends = fmt.Sprintf("fewer than %s come within %s", plural(j.count, "mention"), mention.Duration(j.window))
	}
	reason := fmt.Sprintf("%s in %s (limit %d); newest: %s", plural(n, "mention"), mention.Duration(j.window), j.count, g.newest(&it).words())
	e.met(g, x.at, max(x.at, until), reason)
}

// history implements judge.
func (*thresholdJudge) history(*Engine, *group, *entry) {}

// tick implements judge.
func (*thresholdJudge) tick(*Engine, *group, instant) {}

// insert puts an event in its place and returns the place.
func (j *thresholdJudge) insert(g *group, x *entry) int {
	at, _ := slices.BinarySearch(g.Times, x.t+1) // after its equals
	g.Times = slices.Insert(g.Times, at, x.t)
	if j.authors > 0 {
		g.Authors = slices.Insert(g.Authors, at, hash32(x.row.Author))
	}
	if j.sites > 0 {
		g.Sites = slices.Insert(g.Sites, at, hash32(x.row.Site))
	}
	if most := 2*j.count + 1000; len(g.Times) > most {
		j.cut(g, len(g.Times)-most)
		at = max(at-1, 0)
	}
	return at
}

// forget drops what can be in no window any more.
func (j *thresholdJudge) forget(g *group, before instant) {
	n, _ := slices.BinarySearch(g.Times, before)
	// Not for every one: moving the rest costs more than keeping a few.
	if n > 0 && (n > len(g.Times)/2 || n > 100) {
		j.cut(g, n)
	}
}

func (j *thresholdJudge) cut(g *group, n int) {
	g.Times = slices.Delete(g.Times, 0, n)
	if j.authors > 0 {
		g.Authors = slices.Delete(g.Authors, 0, n)
	}
	if j.sites > 0 {
		g.Sites = slices.Delete(g.Sites, 0, n)
	}
}

// widest finds, among the windows that hold event at, the one with the most
// events that meets the rule, and when that would cease to be so. It returns
// 0 when none does.
func (j *thresholdJudge) widest(g *group, at int) (n int, until instant) {
	at = min(at, len(g.Times)-1)
	for k := at; k < len(g.Times) && g.Times[k] < g.Times[at].add(j.window); k++ {
		first, _ := slices.BinarySearch(g.Times, g.Times[k].add(-j.window)+1)
		got := k - first + 1
		if got < j.count || !j.diverse(g, first, k+1) {
			continue
		}
		n = max(n, got)
		until = max(until, g.Times[k-j.count+1].add(j.window))
	}
	return n, until
}

func (j *thresholdJudge) diverse(g *group, from, to int) bool {
	return (j.authors == 0 || distinct(g.Authors[from:to]) >= j.authors) && (j.sites == 0 || distinct(g.Sites[from:to]) >= j.sites)
}

// distinct counts the different hashes; 0 stands for unknown and does not count.
func distinct(list []uint32) int {
	seen := make(map[uint32]bool, len(list))
	for _, v := range list {
		if v != 0 {
			seen[v] = true
		}
	}
	return len(seen)
}

func hash32(s string) uint32 {
	if s == "" {
		return 0
	}
	h := fnv.New32a()
	h.Write([]byte(s))
	return max(h.Sum32(), 1)
}

// remember keeps the newest mentions for the first notice.
func (g *group) remember(it *Item) {
	g.Recent = insertItem(g.Recent, it, maxRecent)
}

// keep remembers a mention, and joins it to the incident that goes on.
func (e *Engine) keep(g *group, x *entry) Item {
	it := itemOf(x.row)
	it.Excerpt = clip(it.Excerpt, maxGroupName)
	g.remember(&it)
	if g.Incident != nil {
		g.Incident.join(&it, x.at)
		e.out.incident(&g.Incident.Incident)
	}
	return it
}

// millis are ascending times, kept as differences.
type millis []instant

// MarshalText implements encoding.TextMarshaler.
func (m millis) MarshalText() ([]byte, error) {
	w := packed{raw: make([]byte, 0, 4*len(m))}
	last := instant(0)
	for _, t := range m {
		w.signed(int64(t - last))
		last = t
	}
	return w.text(), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *millis) UnmarshalText(text []byte) error {
	r := unpack(text)
	*m = nil
	last := instant(0)
	for r.more() {
		last += instant(r.signed())
		*m = append(*m, last)
	}
	if r.err == nil && !slices.IsSorted(*m) {
		return errors.New("times are out of order")
	}
	return r.err
}
