package api

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"earshot/mention"
	"earshot/report/chart"
)

// titleOf is the title of a row with what was found in it.
func titleOf(r *mention.Row) []piece { return pieces(r.Title, found(r, "title")) }

// excerptOf is the part of a row's text that shows the first of what was found.
func excerptOf(r *mention.Row) []piece {
	list := found(r, "")
	from := 0
	if len(list) > 0 && list[0].start > 240 {
		from = list[0].start - 90
		for from > 0 && !utf8.RuneStart(r.Text[from]) {
			from--
		}
		if sp := strings.IndexByte(r.Text[from:list[0].start], ' '); sp >= 0 {
			from += sp + 1
		}
	}
	text, more := strings.CutSuffix(excerpt(r.Text[from:]), " …")
	for i := range list {
		list[i].start, list[i].end = list[i].start-from, min(list[i].end-from, len(text))
	}
	out := pieces(text, list)
	if from > 0 {
		out = slices.Insert(out, 0, piece{Text: "… "})
	}
	if more {
		out = append(out, piece{Text: " …"})
	}
	return out
}

// sentence is a remark as a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(s[n:], ".") + "."
}

// usual is an expected count as people read it.
func usual(v float64) string {
	if v < 9.95 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return chart.Count(v)
}

// found are the places of one field that a query found, in order.
func found(r *mention.Row, field string) []finding {
	text := r.Text
	if field == "title" {
		text = r.Title
	}
	var list []finding
	for _, s := range r.Highlights {
		if (s.Field == "title") == (field == "title") && s.Start >= 0 && s.Start < s.End && s.End <= len(text) {
			list = append(list, finding{start: s.Start, end: s.End, class: "hit"})
		}
	}
	slices.SortFunc(list, func(x, y finding) int { return x.start - y.start })
	return list
}
