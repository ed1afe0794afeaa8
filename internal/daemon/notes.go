package daemon

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"earshot/api"
	"earshot/internal/ledger"
	"earshot/mention"
	"earshot/query"
)

// noteKind is the kind under which the ledger has notes. They are objects of
// people, and no part of the configuration.
const noteKind = "note"

// maxNotes is how many notes there may be.
const maxNotes = 5000

// Configured are the objects made through the API that are a part of the
// configuration.
func (s *Store) Configured(ctx context.Context) ([]ledger.Object, error) {
	list, err := s.Ledger.Objects(ctx, "")
	return slices.DeleteFunc(list, func(o ledger.Object) bool { return o.Kind == noteKind }), err
}

// Notes are what people pinned to the timeline, by their stretch.
func (s *Store) Notes(ctx context.Context) ([]mention.TimeNote, error) {
	list, err := s.Ledger.Objects(ctx, noteKind)
	if err != nil {
		return nil, told(err)
	}
	notes := make([]mention.TimeNote, len(list))
	for i := range list {
		if err := json.Unmarshal(list[i].Body, &notes[i]); err != nil {
			return nil, fmt.Errorf("daemon: note %s: %w", list[i].ID, err)
		}
	}
	slices.SortFunc(notes, func(a, b mention.TimeNote) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), strings.Compare(a.ID, b.ID))
	})
	return notes, nil
}

// Notes implements api.Noting.
func (b backend) Notes(ctx context.Context) ([]mention.TimeNote, error) { return b.store.Notes(ctx) }

// PutNote implements api.Noting.
func (b backend) PutNote(ctx context.Context, actor string, n mention.TimeNote) (mention.TimeNote, error) {
	n.Text = strings.ReplaceAll(n.Text, "\r\n", "\n") // as forms send what they count as one
	var faults []string
	for _, err := range n.Faults() {
		faults = append(faults, err.Error())
	}
	if len(faults) > 0 {
		return n, &api.InvalidError{Faults: faults}
	}
	if n.Query = strings.TrimSpace(n.Query); n.Query == "*" {
		n.Query = ""
	}
	if n.Query != "" {
		if q, messages := query.Parse(n.Query); q == nil {
			return n, &query.Error{Messages: messages}
		}
	}
	n.Text, n.From, n.To = strings.TrimSpace(n.Text), n.From.UTC(), n.To.UTC()
	b.store.noting.Lock()
	defer b.store.noting.Unlock()
	list, err := b.store.Notes(ctx)
	if err != nil {
		return n, err
	}
	if n.ID == "" {
		if len(list) >= maxNotes {
			return n, fmt.Errorf("%w: there are %d notes, and there may be no more: delete old ones", api.ErrConflict, maxNotes)
		}
		n.ID, n.By, n.At = "n"+strings.ToLower(rand.Text()[:12]), actor, now()
	} else {
		i := slices.IndexFunc(list, func(x mention.TimeNote) bool { return x.ID == n.ID })
		if i < 0 {
			return n, fmt.Errorf("note %s: %w", n.ID, api.ErrNotFound)
		}
		n.By, n.At, n.Edited, n.Editor = list[i].By, list[i].At, now(), actor
	}
	body, err := json.Marshal(n)
	if err == nil {
		err = b.store.Ledger.PutObject(ctx, ledger.Object{Kind: noteKind, ID: n.ID, Owner: n.By, Body: body, Updated: now()})
	}
	if err != nil {
		return n, told(err)
	}
	return n, b.audit(ctx, actor, "put.note", n.ID, string(body))
}

// DeleteNote implements api.Noting.
func (b backend) DeleteNote(ctx context.Context, id, actor string) error {
	b.store.noting.Lock()
	defer b.store.noting.Unlock()
	list, err := b.store.Notes(ctx)
	if err != nil {
		return err
	}
	was := ""
	if i := slices.IndexFunc(list, func(x mention.TimeNote) bool { return x.ID == id }); i >= 0 {
		was = list[i].Text
	}
	if err := b.store.Ledger.DeleteObject(ctx, noteKind, id); errors.Is(err, ledger.ErrNotFound) {
		return fmt.Errorf("note %s: %w", id, api.ErrNotFound)
	} else if err != nil {
		return told(err)
	}
	return b.audit(ctx, actor, "delete.note", id, was)
}
