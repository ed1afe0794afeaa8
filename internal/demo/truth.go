package demo

import (
	"slices"
	"time"
)

// Truth says what a daemon that listened to the world should know.
type Truth struct{ w *World }

// Truth returns the world's truth. Addresses of the site's own pages are
// final only while the world is served.
func (w *World) Truth() Truth { return Truth{w} }

// All returns everything that has been published until a time, in the order
// of publication. An item that several sources carry is there once.
func (t Truth) All(until time.Time) []Item {
	var out []Item
	for i := range t.w.outlets {
		for _, it := range t.w.past[i] {
			if !it.Published.After(until) {
				out = append(out, t.w.finish(it))
			}
		}
	}
	if until.After(t.w.end) {
		for k := range t.w.minute(until) + 1 {
			for _, it := range t.w.live(k) {
				if !it.Published.After(until) {
					out = append(out, t.w.finish(it))
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Item) int { return a.Published.Compare(b.Published) })
	return out
}

// VisibleAt returns what the sources, taken together, show at a time, each item
// as it reads then. A feed shows its newest 600 items.
func (t Truth) VisibleAt(now time.Time) []Item {
	var out []Item
	for i := range t.w.outlets {
		for _, it := range t.w.visible(i, now, t.w.outlets[i].limit()) {
			if it.Source == t.w.outlets[i].id {
				out = append(out, it)
			}
		}
	}
	return out
}

// Story returns the items of a planted story that were published until a time.
func (t Truth) Story(story string, until time.Time) []Item {
	return keepIf(t.All(until), func(it Item) bool { return it.Story == story })
}

// AdverseEvents returns the adverse-event reports published until a time.
func (t Truth) AdverseEvents(until time.Time) []Item {
	return keepIf(t.All(until), func(it Item) bool { return it.Adverse != nil })
}

// CopiesOf returns the copies of a press release published until a time.
func (t Truth) CopiesOf(canonical string, until time.Time) []Item {
	return keepIf(t.All(until), func(it Item) bool { return it.CopyOf == canonical })
}

// Edited returns the items that were edited until a time, with their edits.
func (t Truth) Edited(until time.Time) []Item {
	return keepIf(t.All(until), func(it Item) bool { return len(it.Edits) > 0 && !it.Edits[0].At.After(until) })
}

// Pages returns the versions of the watched price page until a time.
func (t Truth) Pages(until time.Time) []PageVersion { return t.w.pageVersions(until) }

// Sources returns the ids of the world's sources.
func (t Truth) Sources() []string {
	var ids []string
	for i := range t.w.outlets {
		ids = append(ids, t.w.outlets[i].id)
	}
	return ids
}

func keepIf(items []Item, keep func(Item) bool) []Item {
	return slices.DeleteFunc(items, func(it Item) bool { return !keep(it) })
}

// limit is the most items a source shows.
func (o *outlet) limit() int {
	if o.format == formatSite {
		return siteItems
	}
	return feedItems
}
