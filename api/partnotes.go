package api

import (
	"context"
	"slices"

	"earshot/mention"
)

// Notes implements [Noting]. A part has those whose filter lies within it, and
// their own.
func (p part) Notes(ctx context.Context) ([]mention.TimeNote, error) {
	list, err := p.whole.Notes(ctx)
	who := actorOf(ctx)
	if err != nil || who.scope == nil {
		return list, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(n mention.TimeNote) bool { return n.By != who.name && !within(n.Query, who.scope) }), nil
}

// PutNote implements [Noting]. What a part pins is about their part.
func (p part) PutNote(ctx context.Context, actor string, n mention.TimeNote) (mention.TimeNote, error) {
	who := actorOf(ctx)
	if who.scope != nil && !within(n.Query, who.scope) {
		var err error
		if n.Query, err = narrowed(ctx, n.Query); err != nil {
			return n, err
		}
	}
	return p.whole.PutNote(ctx, actor, n)
}

// DeleteNote implements [Noting].
func (p part) DeleteNote(ctx context.Context, id, actor string) error {
	return p.whole.DeleteNote(ctx, id, actor)
}
