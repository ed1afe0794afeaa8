package alerts

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
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

// termState is what a rule knows of terms, by hash.
type termState struct {
	Since instant // when it began to listen
	Seen  map[uint32]*term
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
	j := r.judge.(*termJudge)
	if r.terms == nil {
		r.terms = &termState{Since: x.t, Seen: map[uint32]*term{}}
	}
	s := r.terms
	s.Since = min(s.Since, x.t)
	story := hash32(storyOf(x.row))
	for _, text := range termsOf(x) {
		h := hash32(strings.ToLower(text))
		t := s.Seen[h]
		if t == nil || x.t.sub(t.last) > j.window {
			t = &term{first: x.t}
			s.Seen[h] = t
		}
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
			j.add(e, e.group(r, key), x)
		}
	}
	s.forget(x.at.add(-2 * j.window))
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
func (s *termState) forget(before instant) {
	if len(s.Seen) <= maxTerms {
		return
	}
	last := make([]instant, 0, len(s.Seen))
	for _, t := range s.Seen {
		last = append(last, t.last)
	}
	slices.Sort(last)
	before = max(before, last[len(last)/10]) // the oldest tenth, so that it is not done each time
	for h, t := range s.Seen {
		if t.last <= before {
			delete(s.Seen, h)
		}
	}
}

// add implements judge.
func (*termJudge) add(e *Engine, g *group, x *entry) { matchJudge{}.add(e, g, x) }

// history implements judge.
func (*termJudge) history(*Engine, *group, *entry) {}

// tick implements judge.
func (*termJudge) tick(*Engine, *group, instant) {}

// MarshalText implements encoding.TextMarshaler.
func (s *termState) MarshalText() ([]byte, error) {
	raw := binary.AppendVarint(nil, int64(s.Since))
	last := uint32(0)
	for _, h := range sortedKeys(s.Seen) {
		t := s.Seen[h]
		raw = binary.AppendUvarint(raw, uint64(h-last))
		raw = binary.AppendVarint(raw, int64(t.first-s.Since))
		raw = binary.AppendVarint(raw, int64(t.last-t.first))
		raw = binary.AppendUvarint(raw, uint64(t.stories))
		raw = binary.AppendUvarint(raw, uint64(t.story))
		last = h
	}
	return base64.RawStdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *termState) UnmarshalText(text []byte) error {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	bad := errors.New("terms cannot be read")
	signed := func() int64 {
		v, n := binary.Varint(raw)
		if n <= 0 {
			err, raw = bad, nil
			return 0
		}
		raw = raw[n:]
		return v
	}
	unsigned := func() uint64 {
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			err, raw = bad, nil
			return 0
		}
		raw = raw[n:]
		return v
	}
	*s = termState{Since: instant(signed()), Seen: map[uint32]*term{}}
	last := uint32(0)
	for len(raw) > 0 && err == nil {
		last += uint32(unsigned()) //nolint:gosec // what was written from one
		t := &term{first: s.Since + instant(signed())}
		t.last = t.first + instant(signed())
		t.stories, t.story = int(unsigned()), uint32(unsigned()) //nolint:gosec // as above
		s.Seen[last] = t
	}
	return err
}
