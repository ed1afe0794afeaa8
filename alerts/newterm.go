package alerts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

const (
	termWindow = 14 * 24 * time.Hour
	termCount  = 3
	maxTerms   = 20_000 // remembered for a rule; the ones not seen for longest are forgotten
	maxPhrases = 20     // of one mention
)

// A termJudge tells of names and phrases that nobody had used for a while.
type termJudge struct {
	window time.Duration
	count  int
}

func newTermJudge(r *Rule) *termJudge {
	j := &termJudge{window: r.Window.Std(), count: r.Count}
	if j.window == 0 {
		j.window = termWindow
	}
	if j.count == 0 {
		j.count = termCount
	}
	return j
}

// termParts is into how many parts a rule's terms are kept, so that a mention
// does not write them all.
const termParts = 32

// termState is what a rule knows of terms, by hash.
type termState struct {
	Since instant // when it began to listen
	Seen  [termParts]terms
}

type terms map[uint32]*term

func termPartOf(h uint32) int { return int(h >> 27) }

func termPart(r *rule, i int) string { return partTerms + r.ID + "\n" + strconv.Itoa(i) }

// of finds or makes a term; it is made anew when it was not said for a while.
func (s *termState) of(h uint32, at instant, window time.Duration) *term {
	i := termPartOf(h)
	t := s.Seen[i][h]
	if t == nil || at.sub(t.last) > window {
		t = &term{first: at}
		if s.Seen[i] == nil {
			s.Seen[i] = terms{}
		}
		s.Seen[i][h] = t
	}
	return t
}

func (e *Engine) touchTerm(r *rule, i int) {
	t := e.changed.terms[r]
	if t == nil {
		t = &[termParts]bool{}
		e.changed.terms[r] = t
	}
	t[i] = true
}

// A term is when it was new, when it was last said, in how many stories since.
type term struct {
	first, last instant
	stories     int
	story       uint32 // the last one: copies do not count
}

// newTerms takes the terms of a mention through a rule. There is nothing to
// tell before the rule has listened for its whole window.
func (e *Engine) newTerms(r *rule, x *entry) {
	j, _ := r.judge.(*termJudge)
	if r.terms == nil {
		r.terms = &termState{Since: x.t}
	}
	s := r.terms
	s.Since = min(s.Since, x.t)
	e.changed.rules[r] = struct{}{}
	story := hash32(storyOf(x.row))
	for _, text := range termsOf(x) {
		h := hash32(strings.ToLower(text))
		t := s.of(h, x.t, j.window)
		e.touchTerm(r, termPartOf(h))
		t.first = min(t.first, x.t)
		t.last = max(t.last, x.t)
		if t.story != story {
			t.story = story
			t.stories++
		}
		if x.late || t.stories < j.count || t.first.sub(s.Since) < j.window || t.last.sub(t.first) > j.window {
			continue
		}
		for _, key := range groupsOf(r.By, x.row) {
			key = strings.TrimPrefix(key+" / "+clip(text, maxGroupName), " / ")
			x.why = fmt.Sprintf("“%s” is new: in %s within %s, and never in the %s before", clip(text, maxGroupName),
				plural(t.stories, "story"), mention.Duration(t.last.sub(t.first).Round(time.Minute)), mention.Duration(j.window))
			e.add(e.group(r, key), x)
		}
	}
	s.forget(e, r, x.at.add(-2*j.window))
}

// termsOf are the names and phrases of a mention.
func termsOf(x *entry) []string {
	var list []string
	for _, l := range [][]string{x.row.Entities, x.rec.Analysis.Keyphrases} {
		for _, t := range l {
			if len(list) < maxPhrases && len(t) > 2 && !slices.ContainsFunc(list, func(o string) bool { return strings.EqualFold(o, t) }) {
				list = append(list, t)
			}
		}
	}
	return list
}

// forget drops terms that were last said before a time, when they are many.
func (s *termState) forget(e *Engine, r *rule, before instant) {
	n := 0
	for _, list := range s.Seen {
		n += len(list)
	}
	if n <= maxTerms {
		return
	}
	last := make([]instant, 0, n)
	for _, list := range s.Seen {
		for _, t := range list {
			last = append(last, t.last)
		}
	}
	slices.Sort(last)
	before = max(before, last[len(last)/10]) // the oldest tenth, so that it is not done each time
	for i, list := range s.Seen {
		for h, t := range list {
			if t.last <= before {
				delete(list, h)
				e.touchTerm(r, i)
			}
		}
	}
}

// add implements judge.
func (*termJudge) add(e *Engine, g *group, x *entry) { matchJudge{}.add(e, g, x) }

// history implements judge.
func (*termJudge) history(*Engine, *group, *entry) {}

// tick implements judge.
func (*termJudge) tick(*Engine, *group, instant) {}

// A termsPart is the terms of one part on their way in or out.
type termsPart struct {
	since instant
	terms terms
}

func (s *termState) part(i int) termsPart { return termsPart{s.Since, s.Seen[i]} }

func (s *termState) restore(number string, data []byte) error {
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= termParts {
		return fmt.Errorf("no part %q", number)
	}
	p := termsPart{}
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	s.Seen[i] = p.terms
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (p termsPart) MarshalText() ([]byte, error) {
	w := packed{}
	w.signed(int64(p.since))
	last := uint32(0)
	for _, h := range sortedKeys(p.terms) {
		t := p.terms[h]
		w.unsigned(uint64(h - last))
		w.signed(int64(t.first - p.since))
		w.signed(int64(t.last - t.first))
		w.unsigned(uint64(t.stories)) //nolint:gosec // a count
		w.unsigned(uint64(t.story))
		last = h
	}
	return w.text(), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *termsPart) UnmarshalText(text []byte) error {
	r := unpack(text)
	*p = termsPart{since: instant(r.signed()), terms: terms{}}
	last := uint32(0)
	for r.more() {
		last += uint32(r.unsigned()) //nolint:gosec // what was written from one
		t := &term{first: p.since + instant(r.signed())}
		t.last = t.first + instant(r.signed())
		t.stories, t.story = int(r.unsigned()), uint32(r.unsigned()) //nolint:gosec // as above
		p.terms[last] = t
	}
	return r.err
}
