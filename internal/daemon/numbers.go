package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/index"
	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

// The answers of a [Store] are those of its index with a whole recipe: which
// models, brands and labels they rest on, which sources did not answer, and
// what coded samples say of the query.

// number asks the index for an answer and fills its recipe in.
func number[T any](ctx context.Context, s *Store, base string, recipe func(*T) *mention.Recipe, ask func(*index.Index, time.Time) (T, error)) (T, error) {
	var zero T
	x, err := s.Index()
	if err != nil {
		return zero, err
	}
	v, err := ask(x, now())
	if err != nil {
		s.Suspect(x, err)
		return zero, told(err)
	}
	r := recipe(&v)
	r.Seq = x.Offset()
	if err := s.complete(ctx, r, base); err != nil {
		return zero, err
	}
	return v, nil
}

// Aggregate counts by dimensions.
func (s *Store) Aggregate(ctx context.Context, a mention.Aggregation) (mention.Table, error) {
	return number(ctx, s, a.Query, func(t *mention.Table) *mention.Recipe { return &t.Recipe }, func(x *index.Index, now time.Time) (mention.Table, error) {
		return x.Aggregate(ctx, a, now)
	})
}

// Voices tells who speaks.
func (s *Store) Voices(ctx context.Context, v mention.VoiceSearch) (mention.Voices, error) {
	return number(ctx, s, v.Query, func(v *mention.Voices) *mention.Recipe { return &v.Recipe }, func(x *index.Index, now time.Time) (mention.Voices, error) {
		rows, err := x.Voices(ctx, v, now)
		return mention.Voices{Rows: rows, Recipe: mention.Recipe{
			Measure: "voices", Formula: "mentions, stories, engagement and sentiment by author or site", Version: 1, Query: v.Query, N: uint64(len(rows)), At: now,
		}}, err
	})
}

// Activities tells what companies did.
func (s *Store) Activities(ctx context.Context, a mention.ActivitySearch) (mention.Activities, error) {
	return number(ctx, s, a.Query, func(v *mention.Activities) *mention.Recipe { return &v.Recipe }, func(x *index.Index, now time.Time) (mention.Activities, error) {
		rows, err := x.Activities(ctx, a, now)
		return mention.Activities{Rows: rows, Recipe: mention.Recipe{
			Measure: "activities", Formula: "typed events and page changes; told many times is one", Version: 1, Query: a.Query, From: a.From, To: a.To, N: uint64(len(rows)), At: now,
		}}, err
	})
}

// Trends tells what is talked about that was not before.
func (s *Store) Trends(ctx context.Context, t mention.TrendSearch) (mention.Trends, error) {
	muted, err := s.mutedTerms(ctx)
	if err != nil {
		return mention.Trends{}, err
	}
	t.Muted = slices.Concat(t.Muted, muted)
	return number(ctx, s, t.Query, func(t *mention.Trends) *mention.Recipe { return &t.Recipe }, func(x *index.Index, now time.Time) (mention.Trends, error) {
		found, err := x.Trends(ctx, t, now)
		found.Caveats = append(found.Caveats, mutedCaveat(muted)...)
		return found, err
	})
}

// Peaks finds and explains the peaks of a query's volume.
func (s *Store) Peaks(ctx context.Context, p mention.PeakSearch) (mention.Peaks, error) {
	muted, err := s.mutedTerms(ctx)
	if err != nil {
		return mention.Peaks{}, err
	}
	p.Muted = slices.Concat(p.Muted, muted)
	return number(ctx, s, p.Query, func(p *mention.Peaks) *mention.Recipe { return &p.Recipe }, func(x *index.Index, now time.Time) (mention.Peaks, error) {
		found, err := x.Peaks(ctx, p, now)
		found.Recipe.Caveats = append(found.Recipe.Caveats, mutedCaveat(muted)...)
		return found, err
	})
}

// Scorecard computes key figures.
func (s *Store) Scorecard(ctx context.Context, k mention.KPISearch) (mention.Scorecard, error) {
	zone := s.zone
	if k.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(k.Zone); err != nil || k.Zone == "Local" {
			return mention.Scorecard{}, &query.Error{Messages: []query.Message{{Code: "unknown-zone", Severity: "error", Message: fmt.Sprintf("%q is no time zone", k.Zone), Hint: "a name like Europe/Zurich or UTC"}}}
		}
	}
	card, err := report.Scorecard(ctx, s.Aggregate, k, zone)
	if err != nil {
		return card, err
	}
	// The figures are of the query within a window; what people coded is the
	// query itself.
	text, err := s.accuracy(ctx, k.Query)
	for i := range card.Figures {
		card.Figures[i].Recipe.Accuracy = text
	}
	return card, err
}

// Head is the recipe of an export: what its rows are.
func (s *Store) Head(ctx context.Context, q string) (mention.Recipe, error) {
	return number(ctx, s, q, func(r *mention.Recipe) *mention.Recipe { return r }, func(x *index.Index, now time.Time) (mention.Recipe, error) {
		n, err := x.Count(ctx, q, now)
		return mention.Recipe{Measure: "mentions", Formula: "every mention that matches, newest first; own channels among them, irrelevant ones not", Version: 1, Query: q, Zone: s.zone.String(), N: n, At: now}, err
	})
}

// Search returns one page.
func (s *Store) Search(ctx context.Context, q mention.Search) (mention.Page, error) {
	x, err := s.Index()
	if err != nil {
		return mention.Page{}, err
	}
	page, err := x.Search(ctx, q, now())
	s.Suspect(x, err)
	return page, told(err)
}

// Count returns how many mentions match.
func (s *Store) Count(ctx context.Context, q string) (uint64, error) {
	x, err := s.Index()
	if err != nil {
		return 0, err
	}
	n, err := x.Count(ctx, q, now())
	s.Suspect(x, err)
	return n, told(err)
}

// Changes calls fn with every entry of the analyzed log after a sequence.
func (s *Store) Changes(ctx context.Context, after int64, fn func(mention.Change) error) error {
	for {
		list, err := s.Ledger.Changes(ctx, after, batchSize)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			if err := fn(list[i]); err != nil {
				return err
			}
		}
		after = list[len(list)-1].Seq
	}
}

// Export calls fn with every row that an export asks for.
func (s *Store) Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error {
	x, err := s.Index()
	if err != nil {
		return err
	}
	if e.Now.IsZero() {
		e.Now = now()
	}
	err = x.Export(ctx, e, fn)
	s.Suspect(x, err)
	return told(err)
}

// Draw draws a sample to be coded.
func (s *Store) Draw(ctx context.Context, d mention.SampleSearch) (mention.Sample, error) {
	at := now()
	out, err := report.Draw(ctx, func(ctx context.Context, q string, fn func(mention.Row) error) error {
		return s.Export(ctx, mention.Export{Query: q, Now: at}, fn)
	}, d)
	if err != nil {
		return out, err
	}
	out.Drawn = at
	out.Models, out.Config, _, err = s.versions(ctx)
	return out, err
}

// PutAccuracy keeps what a coded sample says of its query.
func (s *Store) PutAccuracy(ctx context.Context, actor string, a mention.Accuracy) (mention.Accuracy, error) {
	a.Scored, a.Actor = now(), actor
	if err := s.Ledger.PutAccuracy(ctx, a); err != nil {
		return a, err
	}
	return a, s.Ledger.Audit(ctx, mention.AuditEntry{At: a.Scored, Actor: actor, Action: "score", Object: a.Query, Detail: report.AccuracyText(&a, "", "")})
}

// complete fills the rest of a recipe in: base is the query whose accuracy counts.
func (s *Store) complete(ctx context.Context, r *mention.Recipe, base string) error {
	var reading bool
	var err error
	if r.Models, r.Config, reading, err = s.versions(ctx); err != nil {
		return err
	}
	if reading {
		r.Caveats = append(r.Caveats, "history is being read again: some mentions still rest on older models, brands or labels")
	}
	if _, last, err := s.Ledger.LastSeq(ctx); err != nil {
		return err
	} else if behind := last - r.Seq; behind > 0 {
		r.Caveats = append(r.Caveats, fmt.Sprintf("%d changes of mentions are not counted yet", behind))
	}
	if r.Accuracy, err = s.accuracy(ctx, base); err != nil {
		return err
	}
	r.Coverage, err = s.coverage(ctx, r.From, r.To)
	return err
}

// versions tells what history was read with, and whether it is being read
// again.
func (s *Store) versions(ctx context.Context) (models, config string, reading bool, err error) {
	text, err := s.Ledger.Setting(ctx, relinkKey)
	if err != nil {
		return "", "", false, err
	}
	text, reading = strings.CutPrefix(text, relinkTo)
	if i := strings.LastIndexByte(text, '/'); i >= 0 {
		return text[:i], text[i+1:], reading, nil
	}
	return text, "", reading, nil
}

// accuracy is what the latest coded sample says of a query, in whatever
// window, in words.
func (s *Store) accuracy(ctx context.Context, text string) (string, error) {
	if text == "*" {
		text = ""
	}
	list, err := s.Ledger.Accuracies(ctx, report.OpenTimes(text))
	if err != nil || len(list) == 0 {
		return "", err
	}
	models, config, _, err := s.versions(ctx)
	return report.AccuracyText(&list[0], models, config), err
}

// maxTold is how many sources a recipe names.
const maxTold = 5

// coverage tells in words which sources did not answer in a window.
func (s *Store) coverage(ctx context.Context, from, to time.Time) (string, error) {
	states, err := s.Ledger.SourceStates(ctx)
	if err != nil {
		return "", err
	}
	end := to
	if end.IsZero() || end.After(now()) {
		end = now()
	}
	var gaps []string
	var known int
	for i := range states {
		list, err := s.Ledger.Coverage(ctx, states[i].Source, from, end)
		if err != nil {
			return "", err
		}
		if len(list) == 0 {
			continue
		}
		known++
		if gap := gapOf(list, from, end); gap != "" {
			gaps = append(gaps, states[i].Source+" "+gap)
		}
	}
	switch {
	case known == 0:
		return "", nil
	case len(gaps) == 0:
		return fmt.Sprintf("all of %d sources answered", known), nil
	}
	text := fmt.Sprintf("%d of %d sources did not always answer: ", len(gaps), known)
	if n := len(gaps); n > maxTold {
		gaps = append(gaps[:maxTold:maxTold], fmt.Sprintf("and %d more", n-maxTold))
	}
	return text + strings.Join(gaps, "; "), nil
}

// gapOf tells how long a source did not answer within a window, and since
// when it is collected where that is later than the window begins.
func gapOf(list []mention.Coverage, from, to time.Time) string {
	var failed time.Duration
	for _, c := range list {
		start, end := later(c.From, from), c.To
		if end.After(to) {
			end = to
		}
		if !c.OK && end.After(start) {
			failed += end.Sub(start)
		}
	}
	var parts []string
	if !from.IsZero() && list[0].From.After(from) {
		parts = append(parts, "is collected since "+list[0].From.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if failed > 0 {
		parts = append(parts, "failed for "+mention.Duration(failed.Truncate(time.Second)).String())
	}
	return strings.Join(parts, ", ")
}
