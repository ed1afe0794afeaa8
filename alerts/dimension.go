package alerts

import (
	"cmp"
	"slices"
	"strings"

	"earshot/mention"
)

// none is the group of mentions that have no value in a rule's dimension.
const none = "none"

// maxGroupName bounds one value within the name of a group.
const maxGroupName = 200

// dimensions are what a rule may group by, and how a row answers.
var dimensions = map[string]func(*mention.Row) []string{
	"author":      func(r *mention.Row) []string { return one(r.Author) },
	"brand":       func(r *mention.Row) []string { return r.Brands },
	"channel":     func(r *mention.Row) []string { return one(r.Channel) },
	"country":     func(r *mention.Row) []string { return one(r.Country) },
	"entity":      func(r *mention.Row) []string { return r.Entities },
	"kind":        func(r *mention.Row) []string { return one(string(r.Kind)) },
	"label":       func(r *mention.Row) []string { return r.Labels },
	"lang":        func(r *mention.Row) []string { return one(r.Lang) },
	"own_channel": func(r *mention.Row) []string { return one(r.Own) },
	"product":     func(r *mention.Row) []string { return r.Products },
	"sentiment":   func(r *mention.Row) []string { return one(r.Sentiment) },
	"site":        func(r *mention.Row) []string { return one(r.Site) },
	"source":      func(r *mention.Row) []string { return one(r.Source) },
	"story":       func(r *mention.Row) []string { return one(r.Story) },
	"tag":         func(r *mention.Row) []string { return r.Tags },
	"thread":      func(r *mention.Row) []string { return one(r.Thread) },
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func dimensionNames() []string { return sortedKeys(dimensions) }

// groupsOf names the groups of a row: one for each value, and for each
// combination of values when there are several dimensions.
func groupsOf(by []string, row *mention.Row) []string {
	if len(by) == 0 {
		return []string{""}
	}
	groups := []string{""}
	for i, dim := range by {
		values := dimensions[dim](row)
		if len(values) == 0 {
			values = []string{none}
		}
		next := make([]string, 0, len(groups)*len(values))
		for _, g := range groups {
			for _, v := range values {
				if v = clip(v, maxGroupName); i > 0 {
					v = g + " / " + v
				}
				if !slices.Contains(next, v) && len(next) < 100 {
					next = append(next, v)
				}
			}
		}
		groups = next
	}
	return groups
}

// clip cuts s to at most n bytes, at the border of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
