package api

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"earshot/mention"
)

// A piece is a stretch of text with what was found in it.
type piece struct {
	Text  string
	Class string // "" plain; else of brand, positive, negative, safety
	Title string // what was found, in words
}

// A finding is a span with what it stands for.
type finding struct {
	start, end int
	class      string
	title      string
}

// findings collects what is to be marked in one field.
func findings(rec *mention.Record, field string) []finding {
	var list []finding
	text := rec.Mention.Text
	if field == "title" {
		text = rec.Mention.Title
	}
	add := func(s mention.Span, class, title string) {
		if (s.Field == "title") == (field == "title") && !covers(s, text) {
			list = append(list, finding{s.Start, s.End, class, title})
		}
	}
	for i := range rec.Linking.Brands {
		b := &rec.Linking.Brands[i]
		name := b.Brand
		if b.Product != "" {
			name += " · " + b.Product
		}
		for _, s := range b.Spans {
			add(s, "brand", name)
		}
	}
	if s := rec.Analysis.Sentiment; s != nil {
		for _, e := range weighed(s.Evidence, false) {
			class := mention.Positive
			if e.Weight < 0 {
				class = mention.Negative
			}
			add(e.Span, class, fmt.Sprintf("%s %+.2f", class, e.Weight))
		}
	}
	if s := rec.Analysis.Safety; s != nil && s.AdverseEvent {
		for _, el := range []struct {
			name  string
			spans []mention.Span
		}{{"patient", s.Elements.Patient}, {"reporter", s.Elements.Reporter}, {"product", s.Elements.Product}, {"reaction", s.Elements.Reaction}} {
			for _, span := range el.spans {
				add(span, "safety", el.name)
			}
		}
	}
	return list
}

// slightWeight is the weight of a word that hardly moves a sentiment.
const slightWeight = .05

// weighed are the pieces of evidence that moved a sentiment, or those that
// hardly did, in their order.
func weighed(list []mention.Evidence, slight bool) []mention.Evidence {
	var out []mention.Evidence
	for _, e := range list {
		if (math.Abs(e.Weight) < slightWeight) == slight {
			out = append(out, e)
		}
	}
	return out
}

// pieces cuts a text where findings begin and end. Spans come from models and
// imports: what does not fit the text is left out or moved to whole characters.
func pieces(text string, list []finding) []piece {
	cuts := []int{0, len(text)}
	fit := list[:0:0]
	for _, f := range list {
		if f.start < 0 || f.end > len(text) || f.start >= f.end {
			continue
		}
		for f.start > 0 && !utf8.RuneStart(text[f.start]) {
			f.start--
		}
		for f.end < len(text) && !utf8.RuneStart(text[f.end]) {
			f.end++
		}
		fit = append(fit, f)
		cuts = append(cuts, f.start, f.end)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []piece
	for i := range len(cuts) - 1 {
		from, to := cuts[i], cuts[i+1]
		var classes, titles []string
		for _, f := range fit {
			if f.start <= from && to <= f.end {
				if !slices.Contains(classes, f.class) {
					classes = append(classes, f.class)
				}
				if !slices.Contains(titles, f.title) {
					titles = append(titles, f.title)
				}
			}
		}
		out = append(out, piece{text[from:to], strings.Join(classes, " "), strings.Join(titles, ", ")})
	}
	return out
}
