package ledger

import (
	"encoding/json"
	"reflect"
	"strings"

	"earshot/mention"
)

// enrich adds to old what m knows more, and reports whether it did: fields
// that were empty, and what is measured or stated anew.
func enrich(old, m *mention.Mention) bool {
	changed := false
	for _, f := range []struct{ dst, src *string }{
		{&old.GUID, &m.GUID},
		{&old.URL, &m.URL},
		{&old.Canonical, &m.Canonical},
		{&old.Site, &m.Site},
		{&old.Author, &m.Author},
		{&old.Lang, &m.Lang},
		{&old.Country, &m.Country},
		{&old.Channel, &m.Channel},
		{&old.Thread, &m.Thread},
		{&old.Parent, &m.Parent},
		{(*string)(&old.Kind), (*string)(&m.Kind)},
		{(*string)(&old.Origin), (*string)(&m.Origin)},
	} {
		if *f.dst == "" && *f.src != "" {
			*f.dst, changed = *f.src, true
		}
	}
	for _, f := range []struct{ dst, src **float64 }{
		{&old.Engagement, &m.Engagement}, {&old.Reach, &m.Reach}, {&old.Rating, &m.Rating},
	} {
		if *f.src != nil && (*f.dst == nil || **f.dst != **f.src) {
			*f.dst, changed = *f.src, true
		}
	}
	if old.Published.IsZero() && !m.Published.IsZero() {
		old.Published, changed = m.Published, true
	}
	if old.Updated.IsZero() && !m.Updated.IsZero() {
		old.Updated, changed = m.Updated, true
	}
	if old.Categories == nil && m.Categories != nil {
		old.Categories, changed = m.Categories, true
	}
	if old.PageChange == nil && m.PageChange != nil {
		old.PageChange, changed = m.PageChange, true
	}
	if m.Given != nil && !reflect.DeepEqual(old.Given, m.Given) {
		old.Given, changed = m.Given, true
	}
	return changed
}

// parseList reads what formatList wrote. Most lists have one plain name, and
// are read a thousand at a time.
func parseList(s []byte) []string {
	if len(s) > 4 && s[0] == '[' && s[1] == '"' {
		one := string(s[2 : len(s)-2])
		if !strings.ContainsAny(one, `"\`) {
			return []string{one}
		}
	}
	var list []string
	if err := json.Unmarshal(s, &list); err != nil {
		return nil
	}
	return list
}

func formatList(list []string) string {
	data, err := json.Marshal(list)
	if err != nil {
		return "[]" // cannot be: strings always have a form
	}
	return string(data)
}
