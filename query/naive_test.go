package query_test

import (
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/query"
)

// A naive answers a query by brute force over the tokens, without an index:
// what Match and Set must agree with.
type naive struct {
	row   *mention.Row
	now   time.Time
	texts [2][]query.Token // title, text
	url   []query.Token
	links [][]query.Token
}

type naiveSpan struct {
	field, first, last int
}

func newNaive(row *mention.Row, now time.Time) *naive {
	n := &naive{row: row, now: now}
	for i, text := range []string{row.Title, row.Text} {
		n.texts[i] = naiveTokens(text, query.Tokenize)
		for _, t := range n.texts[i] {
			if t.Link {
				n.links = append(n.links, naiveTokens(text[t.Start:t.End], query.TokenizeAddress))
			}
		}
	}
	n.url = naiveTokens(row.URL, query.TokenizeAddress)
	return n
}

func naiveTokens(text string, tokenize func(string, func(query.Token))) []query.Token {
	var out []query.Token
	tokenize(text, func(t query.Token) {
		t.Forms = slices.Clone(t.Forms)
		out = append(out, t)
	})
	return out
}

func (n *naive) match(x query.Node) bool {
	switch x := x.(type) {
	case *query.And:
		return !slices.ContainsFunc(x.Args, func(a query.Node) bool { return !n.match(a) })
	case *query.Or:
		return slices.ContainsFunc(x.Args, n.match)
	case *query.Not:
		return !n.match(x.Arg)
	case *query.Raw:
		return strings.Contains(n.row.Title, x.Text) || strings.Contains(n.row.Text, x.Text)
	case *query.Repeat:
		starts := map[[2]int]bool{}
		for _, s := range n.spans(x.Arg) {
			starts[[2]int{s.field, s.first}] = true
		}
		return len(starts) >= x.N
	case *query.Address:
		lists := n.links
		if x.Field == "url" {
			lists = [][]query.Token{n.url}
		}
		return slices.ContainsFunc(lists, func(tokens []query.Token) bool { return len(naiveRows(x.Words, tokens)) > 0 })
	case *query.Keyword:
		return slices.ContainsFunc(query.Values(x.Field, n.row), func(v string) bool {
			if !x.Wildcard {
				return v == x.Value
			}
			w := query.Word{Kind: query.Wildcard, Text: x.Value}
			return w.Fits(v)
		})
	case *query.Range:
		return n.inRange(x)
	case *query.Everything:
		return true
	}
	return len(n.spans(x)) > 0
}

func (n *naive) inRange(x *query.Range) bool {
	if x.Field == "published" || x.Field == "time" {
		t := n.row.Published
		if x.Field == "time" {
			t = n.row.Time()
		}
		from, before := x.Times(n.now)
		return !t.IsZero() && (from.IsZero() || !t.Before(from)) && (before.IsZero() || t.Before(before))
	}
	v := map[string]*float64{"score": n.row.Score, "engagement": n.row.Engagement, "reach": n.row.Reach, "rating": n.row.Rating}[x.Field]
	low, high, withLow, withHigh := x.Numbers()
	return v != nil && (*v > low || withLow && *v == low) && (*v < high || withHigh && *v == high)
}

func (n *naive) spans(x query.Node) []naiveSpan {
	var out []naiveSpan
	switch x := x.(type) {
	case *query.Or:
		for _, a := range x.Args {
			out = append(out, n.spans(a)...)
		}
	case *query.Phrase:
		for f, tokens := range n.texts {
			if x.Scope == query.TitleOnly && f == 1 || x.Scope == query.TextOnly && f == 0 {
				continue
			}
			var found [][2]int
			if x.Slop == query.InRow {
				found = naiveRows(x.Words, tokens)
			} else {
				found = naiveSlops(x.Words, x.Slop, tokens)
			}
			for _, s := range found {
				out = append(out, naiveSpan{f, s[0], s[1]})
			}
		}
	case *query.Near:
		return n.near(x)
	case *query.Sentence:
		for _, a := range n.spans(x.Left) {
			for _, b := range n.spans(x.Right) {
				if a.field != b.field || a.first <= b.last && b.first <= a.last {
					continue
				}
				t := n.texts[a.field]
				if s := t[a.first].Sentence; s == t[a.last].Sentence && s == t[b.first].Sentence && s == t[b.last].Sentence {
					out = append(out, naiveSpan{a.field, min(a.first, b.first), max(a.last, b.last)})
				}
			}
		}
	}
	return naiveSet(out)
}

func naiveSet(spans []naiveSpan) []naiveSpan {
	seen := map[naiveSpan]bool{}
	return slices.DeleteFunc(spans, func(s naiveSpan) bool {
		was := seen[s]
		seen[s] = true
		return was
	})
}

func (n *naive) near(x *query.Near) []naiveSpan {
	var out []naiveSpan
	right := n.spans(x.Right)
	for _, a := range n.spans(x.Left) {
		hit := false
		for _, b := range right {
			if a.field != b.field {
				continue
			}
			after, before := b.first > a.last, a.first > b.last
			near := after && b.first-a.last-1 <= x.N || before && !x.Ordered && a.first-b.last-1 <= x.N
			hit = hit || near || !after && !before
			if near && !x.Negated {
				out = append(out, naiveSpan{a.field, min(a.first, b.first), max(a.last, b.last)})
			}
		}
		if x.Negated && !hit {
			out = append(out, a)
		}
	}
	return naiveSet(out)
}

func naiveRows(words []query.Word, tokens []query.Token) [][2]int {
	var out [][2]int
	for p := 0; p+len(words) <= len(tokens); p++ {
		fits := true
		for j := range words {
			fits = fits && naiveFits(&words[j], &tokens[p+j])
		}
		if fits {
			out = append(out, [2]int{p, p + len(words) - 1})
		}
	}
	return out
}

// naiveSlops tries every way to give each word a token of its own.
func naiveSlops(words []query.Word, slop int, tokens []query.Token) [][2]int {
	var out [][2]int
	width := len(words) + slop
	for first := range tokens {
		best := -1
		used := map[int]bool{}
		var try func(w int)
		try = func(w int) {
			if w == len(words) {
				last := 0
				for p := range used {
					last = max(last, p)
				}
				if used[first] && (best < 0 || last < best) {
					best = last
				}
				return
			}
			for p := first; p < min(first+width, len(tokens)); p++ {
				if !used[p] && naiveFits(&words[w], &tokens[p]) {
					used[p] = true
					try(w + 1)
					delete(used, p)
				}
			}
		}
		try(0)
		if best >= 0 {
			out = append(out, [2]int{first, best})
		}
	}
	return out
}

func naiveFits(w *query.Word, t *query.Token) bool {
	if w.Kind != query.Exact {
		return slices.ContainsFunc(t.Forms, w.Fits)
	}
	if t.Link {
		return false
	}
	exact := []string{t.Exact}
	if t.Sigil != 0 {
		exact = append(exact, t.Exact[1:])
	}
	for _, e := range exact {
		base, _ := strings.CutSuffix(e, "'s")
		if e == base {
			base, _ = strings.CutSuffix(e, "'S")
		}
		if w.Text == e || w.Text == base && strings.Trim(base, "#@$") != "" {
			return true
		}
	}
	return false
}
