package crawler

import (
	"encoding/json"
	"fmt"
	"time"

	"earshot/mention"
)

// Backfill gives the state in which a source collects its past from a time
// on, beside what is new. Only a public API has a past that can be asked for.
func Backfill(src mention.Source, brands []mention.Brand, state mention.SourceState, from, now time.Time) (mention.SourceState, error) {
	k, known := kindOf(src.Kind)
	if !known {
		return state, fmt.Errorf("crawler: source %s: no collector for kind %q", src.ID, src.Kind)
	}
	if k.platform == nil {
		return state, fmt.Errorf("crawler: source %s: a %s shows its present alone; its past cannot be asked for", src.ID, src.Kind)
	}
	a := &api{platform: k.platform, src: src, o: Options{Brands: brands}}
	cursor := recall[apiCursor](state.Cursor)
	if cursor.Trails == nil {
		cursor.Trails = map[string]*trail{}
	}
	for _, topic := range a.topics() {
		t := cursor.Trails[topic]
		if t == nil {
			t = &trail{Used: now}
			cursor.Trails[topic] = t
		}
		t.gap(gap{From: from.UTC(), To: now.UTC()})
	}
	data, err := json.Marshal(cursor)
	if err != nil {
		return state, fmt.Errorf("crawler: source %s: %w", src.ID, err)
	}
	state.Source, state.Cursor, state.Next = src.ID, data, time.Time{}
	return state, nil
}

// Behind reports whether a source still has some of its past to collect.
func Behind(state mention.SourceState) bool {
	for _, t := range recall[apiCursor](state.Cursor).Trails {
		if len(t.Gaps) > 0 {
			return true
		}
	}
	return false
}
