package query

import (
	"slices"
	"strings"

	"earshot/mention"
)

// moreCommon are words beside commonWords that say nothing by themselves.
const moreCommon = " am any anyone because been being both does doing don't doesn't didn't can't won't isn't i'm i've it's that's you're we're they're" +
	" down during each few first further got going gonna had he's how's i'll itself just let made make many may me might more most much must" +
	" myself never off ok once only other ours own please really said same say says see she's should so some someone something still such" +
	" take than their themselves thing things through till today too under until upon us use used very via want way well went were what's" +
	" where which while whom whose why yes yet your yours you'll amp gt lt last next two go goes know think need it'll lol" +
	" auch aber oder wie wir ihr sie er ist sind war wird werden hat haben noch nur mehr nach bei aus dem für als" +
	" du au aux sur pas plus avec sont qui ce cette il elle nous vous je ne mais ou los las para una más pero como su al lo "

// allCommon are both lists, to be looked up.
var allCommon = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(commonWords + moreCommon) {
		set[w] = true
	}
	return set
}()

// IsCommon reports whether a folded word is one that most texts have, so that
// it says nothing by itself.
func IsCommon(word string) bool { return allCommon[word] }

// Questions gives emit each sentence of a text that ends in a question mark,
// and the values by which question: finds it: its words that are not common
// ones, and those that stand side by side as pairs, each once.
func Questions(text string, emit func(sentence string, values []string)) {
	if !strings.ContainsAny(text, "?？؟") {
		return
	}
	var (
		values     []string
		base       string // of the token before; empty where it is common
		start, end int
		sentence   int
		begun      bool
	)
	flush := func(next int) {
		gap := text[end:next]
		if begun && strings.ContainsAny(gap, "?？؟") && len(values) > 0 {
			emit(text[start:end]+gap[:markEnd(gap)], values)
		}
		values, base, begun = nil, "", false
	}
	Tokenize(text, func(t Token) {
		if begun && t.Sentence != sentence {
			flush(t.Start)
		}
		if !begun {
			start, begun, sentence = t.Start, true, t.Sentence
		}
		end = t.End
		was := base
		base = ""
		if t.Link {
			return
		}
		for _, form := range t.Forms {
			if t.Sigil != 0 && form[0] == t.Sigil || IsCommon(form) {
				continue
			}
			values = appendOnce(values, form)
		}
		if w := strings.TrimSuffix(t.Forms[0], "'s"); w != "" && !IsCommon(w) {
			base = w
			if was != "" {
				values = appendOnce(values, was+" "+w)
			}
		}
	})
	flush(len(text))
}

// markEnd returns the end of the first question mark of a gap.
func markEnd(gap string) int {
	i := strings.IndexAny(gap, "?？؟")
	return i + runeLen(gap, i)
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// asked returns the values of question: of a row.
func asked(row *mention.Row) []string {
	var all []string
	for _, text := range [...]string{row.Title, row.Text} {
		Questions(text, func(_ string, values []string) {
			for _, v := range values {
				all = appendOnce(all, v)
			}
		})
	}
	return all
}
