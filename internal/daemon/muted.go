package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
)

// mutedCaveat says that terms are left out: who sees a part only does not see
// the list of them.
func mutedCaveat(muted []string) []string {
	switch len(muted) {
	case 0:
		return nil
	case 1:
		return []string{"a muted term is left out"}
	}
	return []string{fmt.Sprintf("%d muted terms are left out", len(muted))}
}

// mutedTerms are the terms that trends never tell, those of the configuration
// and those that people muted.
func (s *Store) mutedTerms(ctx context.Context) ([]string, error) {
	if s.muted != nil {
		return s.muted(), nil
	}
	list, err := mutedBy(ctx, s.Ledger)
	if err != nil {
		return nil, err
	}
	terms := slices.Clone(s.mute)
	for i := range list {
		terms = append(terms, cmp.Or(list[i].Key, list[i].Term))
	}
	return terms, nil
}

// Mute names the terms of a configuration that trends never tell, beside those
// that people muted. It is called before the first question.
func (s *Store) Mute(terms []string) { s.mute = terms }

// mutedBy are the terms that people muted.
func mutedBy(ctx context.Context, l ledger.Ledger) ([]mention.MutedTerm, error) {
	objects, err := l.Objects(ctx, api.KindMuted)
	if err != nil {
		return nil, told(err)
	}
	list := make([]mention.MutedTerm, 0, len(objects))
	for _, o := range objects {
		m := mention.MutedTerm{}
		if err := json.Unmarshal(o.Body, &m); err != nil {
			continue // told as an object that was left out
		}
		m.ID, m.By, m.At = o.ID, o.Owner, o.Updated
		list = append(list, m)
	}
	return list, nil
}

// MutedTerms implements api.Configuring.
func (b backend) MutedTerms(ctx context.Context) ([]mention.MutedTerm, error) {
	list, err := mutedBy(ctx, b.store.Ledger)
	if err != nil {
		return nil, err
	}
	files := b.files.Load()
	there := config.IDs(files, api.KindMuted)
	list = slices.DeleteFunc(list, func(m mention.MutedTerm) bool { return there[m.ID] })
	for _, term := range files.Muted {
		list = append(list, mention.MutedTerm{ID: config.MutedID(term), Term: term, By: api.OwnerFile})
	}
	slices.SortStableFunc(list, func(x, y mention.MutedTerm) int { return cmp.Compare(x.Term, y.Term) })
	return list, nil
}

// maxMutedTerms is how many terms people may mute.
const maxMutedTerms = 5000

// MuteTerm implements api.Configuring.
func (b backend) MuteTerm(ctx context.Context, actor string, m mention.MutedTerm) (mention.MutedTerm, error) {
	id := config.MutedID(cmp.Or(m.Key, m.Term))
	list, err := b.MutedTerms(ctx)
	if err != nil {
		return m, err
	}
	if i := slices.IndexFunc(list, func(x mention.MutedTerm) bool { return x.ID == id }); i >= 0 {
		return list[i], nil // as it was, with who did it first
	}
	if len(list) >= maxMutedTerms {
		return m, fmt.Errorf("%w: %d terms are muted, and there may be no more: unmute old ones", api.ErrConflict, maxMutedTerms)
	}
	if err := b.checkStory(ctx, m.Key); err != nil {
		return m, err
	}
	body, err := json.Marshal(struct {
		Term string `json:"term"`
		Key  string `json:"key,omitempty"`
	}{m.Term, m.Key})
	if err != nil {
		return m, err
	}
	m.ID, m.By, m.At = id, actor, now()
	return m, b.PutObject(ctx, api.Object{Kind: api.KindMuted, ID: id, Owner: actor, Body: body})
}

// checkStory reports a key that is no story's: what it mutes would not be what
// the list of muted terms tells.
func (b backend) checkStory(ctx context.Context, key string) error {
	if key == "" {
		return nil
	}
	list, err := b.store.Ledger.Records(ctx, []string{key}) // its first member gives a story its id
	if err != nil {
		return told(err)
	}
	if len(list) == 1 && list[0].Story == key {
		return nil
	}
	var n uint64
	if !strings.ContainsAny(key, "\"“”„*?") { // the first member may have been kept long enough
		if n, err = b.Count(ctx, `story:"`+key+`"`); err != nil {
			return err
		}
	}
	if n == 0 {
		return &api.InvalidError{Faults: []string{fmt.Sprintf("key: there is no story %.100q; give the key that trends tell of it, or leave it out to mute the word", key)}}
	}
	return nil
}
