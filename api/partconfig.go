package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"earshot/mention"
)

// Brands implements [Configuring]: what is watched is known to all.
func (p part) Brands(ctx context.Context) ([]BrandInfo, error) { return p.whole.Brands(ctx) }

// Labels implements [Configuring]. What a label asks for is not part of a part.
func (p part) Labels(ctx context.Context) ([]LabelInfo, error) {
	list, err := p.whole.Labels(ctx)
	if err != nil || whole(ctx) == nil {
		return list, err
	}
	out := make([]LabelInfo, len(list))
	for i, l := range list {
		out[i] = LabelInfo{Label: mention.Label{ID: l.ID, Name: l.Name, Department: l.Department}, Owner: l.Owner}
	}
	return out, nil
}

// Sources implements [Configuring]. Of a source a part has what its numbers
// rest on: whether it answers, and when.
func (p part) Sources(ctx context.Context) ([]mention.SourceStatus, error) {
	list, err := p.whole.Sources(ctx)
	if err != nil || whole(ctx) == nil {
		return list, err
	}
	out := make([]mention.SourceStatus, len(list))
	for i := range list {
		s, st := &list[i].Source, &list[i].State
		out[i] = mention.SourceStatus{
			Source: mention.Source{ID: s.ID, Kind: s.Kind, Paused: s.Paused},
			State:  mention.SourceState{Source: st.Source, LastOK: st.LastOK, Next: st.Next, Failures: st.Failures},
			Owner:  list[i].Owner,
		}
		if st.Error != "" {
			out[i].State.Error = "it does not answer"
		}
	}
	return out, nil
}

// Rules implements [Configuring].
func (p part) Rules(ctx context.Context) ([]RuleInfo, error) {
	keeps, err := keep(ctx)
	if err != nil {
		return nil, err
	}
	list, err := p.whole.Rules(ctx)
	if err != nil || keeps == nil {
		return list, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(r RuleInfo) bool { return !keeps(cmp.Or(r.Kind, "match"), r.Match) }), nil
}

// Receivers implements [Configuring].
func (p part) Receivers(ctx context.Context) ([]ReceiverInfo, error) {
	if partial(ctx) {
		return nil, nil
	}
	return p.whole.Receivers(ctx)
}

// Subscriptions implements [Configuring].
func (p part) Subscriptions(ctx context.Context) ([]SubscriptionInfo, error) {
	list, err := p.whole.Subscriptions(ctx)
	if err != nil || whole(ctx) == nil {
		return list, err
	}
	me := actorOf(ctx).name
	return slices.DeleteFunc(slices.Clone(list), func(s SubscriptionInfo) bool { return s.Owner != me }), nil
}

// PutObject implements [Configuring]: what is made counts for all.
func (p part) PutObject(ctx context.Context, o Object) error {
	if err := whole(ctx); err != nil {
		return err
	}
	return p.whole.PutObject(ctx, o)
}

// DeleteObject implements [Configuring].
func (p part) DeleteObject(ctx context.Context, kind, id, actor string) error {
	if err := whole(ctx); err != nil {
		return err
	}
	return p.whole.DeleteObject(ctx, kind, id, actor)
}

// TestSource implements [Configuring].
func (p part) TestSource(ctx context.Context, actor, address string) (mention.SourceTest, error) {
	if err := whole(ctx); err != nil {
		return mention.SourceTest{}, err
	}
	return p.whole.TestSource(ctx, actor, address)
}

// ReadSources implements [Configuring].
func (p part) ReadSources(ctx context.Context, opml []byte) (mention.SourceImport, []mention.Source, error) {
	if err := whole(ctx); err != nil {
		return mention.SourceImport{}, nil, err
	}
	return p.whole.ReadSources(ctx, opml)
}

// WriteSources implements [Configuring].
func (p part) WriteSources(ctx context.Context) ([]byte, error) {
	if err := whole(ctx); err != nil {
		return nil, err
	}
	return p.whole.WriteSources(ctx)
}

// AddSources implements [Configuring].
func (p part) AddSources(ctx context.Context, actor string, list []mention.Source) error {
	if err := whole(ctx); err != nil {
		return err
	}
	return p.whole.AddSources(ctx, actor, list)
}

// Backfill implements [Configuring].
func (p part) Backfill(ctx context.Context, id, actor string, from time.Time) error {
	if err := whole(ctx); err != nil {
		return err
	}
	return p.whole.Backfill(ctx, id, actor, from)
}

// Ready implements [Health].
func (p part) Ready(ctx context.Context) []string { return p.whole.Ready(ctx) }

// Status implements [Health]. Sizes are those of the part.
func (p part) Status(ctx context.Context) (Status, error) {
	s, err := p.whole.Status(ctx)
	if err != nil || whole(ctx) == nil {
		return s, err
	}
	n, err := p.Count(ctx, "")
	s.Mentions, s.Searched, s.Progress, s.Faults = n, n, nil, nil
	return s, err
}

// Gaps implements [Health].
func (p part) Gaps(ctx context.Context, from, to time.Time) ([]mention.Coverage, error) {
	return p.whole.Gaps(ctx, from, to)
}

// Covered implements [Health].
func (p part) Covered(ctx context.Context, source string, from, to time.Time) ([]mention.Coverage, error) {
	return p.whole.Covered(ctx, source, from, to)
}

// MutedTerms implements [Configuring]: the words of others are not part of a part.
func (p part) MutedTerms(ctx context.Context) ([]mention.MutedTerm, error) {
	if partial(ctx) {
		return nil, nil
	}
	return p.whole.MutedTerms(ctx)
}

// MuteTerm implements [Configuring]: it counts for all.
func (p part) MuteTerm(ctx context.Context, actor string, m mention.MutedTerm) (mention.MutedTerm, error) {
	if err := whole(ctx); err != nil {
		return m, err
	}
	return p.whole.MuteTerm(ctx, actor, m)
}
