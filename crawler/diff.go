package crawler

import (
	"regexp"
	"slices"
	"strings"

	"earshot/mention"
)

const (
	maxChanges  = 500
	shownText   = 2000 // bytes of a change's text before only the part that differs is shown
	contextSize = 12   // words around it
	pairWindow  = 60   // candidates looked at for each block
)

// DiffPages says what a reader would see change between two versions of a
// page, or of the part that a CSS selector matches: nothing when only noise
// changed, or when blocks only moved. The error is a [*FetchError] with a
// class and advice.
func DiffPages(older, newer []byte, selector string) ([]mention.PageChange, error) {
	var sides [2][]block
	for i, data := range [][]byte{older, newer} {
		if len(strings.TrimSpace(string(data))) == 0 {
			continue // a page that is not there yet, or no more
		}
		doc, err := parsePage(data, "")
		if err != nil {
			return nil, pageError(err, "")
		}
		if sides[i], err = pageBlocks(doc, selector); err != nil {
			return nil, err
		}
	}
	return diffBlocks(sides[0], sides[1]), nil
}

// A placed block is one that only one side has, with its place among those
// that both have.
type placed struct {
	block
	place int
	words map[string]int
	size  int
	taken bool
}

// diffBlocks compares two pages as bags of blocks: what both have counts as
// unchanged wherever it stands. What is left is paired by likeness and place.
func diffBlocks(older, newer []block) []mention.PageChange {
	gone, come := onlyIn(older, newer), onlyIn(newer, older)
	if sameWords(gone, come) {
		return nil // cut into blocks differently
	}
	if frameOnly(gone) && frameOnly(come) {
		return nil // the site got another menu; the page is the same
	}
	var changes []mention.PageChange
	for i := range gone {
		g := &gone[i]
		match := -1
		best := 0.3
		from, _ := slices.BinarySearchFunc(come, g.place-20, func(p placed, place int) int { return p.place - place })
		for k := from; k < len(come) && k < from+pairWindow; k++ {
			if come[k].taken {
				continue
			}
			if s := likeness(g, &come[k]); s > best {
				best, match = s, k
			}
		}
		if match < 0 {
			continue
		}
		g.taken, come[match].taken = true, true
		before, after := differing(g.Text, come[match].Text)
		changes = append(changes, grade(before, after, firstNonEmpty(come[match].Where, g.Where)))
		if len(changes) >= maxChanges {
			return changes
		}
	}
	left, right := untaken(gone), untaken(come)
	if sameWords(left, right) {
		return changes
	}
	changes = append(changes, runs(left, true)...)
	changes = append(changes, runs(right, false)...)
	return changes[:min(len(changes), maxChanges)]
}

func frameOnly(list []placed) bool {
	return !slices.ContainsFunc(list, func(p placed) bool { return !p.Frame })
}

// onlyIn gives the blocks of a that b does not have as often.
func onlyIn(a, b []block) []placed {
	counts := make(map[string]int, len(b))
	for i := range b {
		counts[keyOf(&b[i])]++
	}
	var only []placed
	place := 0
	for i := range a {
		key := keyOf(&a[i])
		if counts[key] > 0 {
			counts[key]--
			place++
			continue
		}
		p := placed{block: a[i], place: place, words: map[string]int{}}
		for w := range strings.FieldsSeq(key) {
			p.words[w]++
			p.size++
		}
		only = append(only, p)
	}
	return only
}

func keyOf(b *block) string {
	if b.key == "" {
		b.key = blockKey(b.Text)
	}
	return b.key
}

// sameWords reports that two sets of blocks hold the same words in all.
func sameWords(a, b []placed) bool {
	counts := map[string]int{}
	for i := range a {
		for w, n := range a[i].words {
			counts[w] += n
		}
	}
	for i := range b {
		for w, n := range b[i].words {
			counts[w] -= n
		}
	}
	for _, n := range counts {
		if n != 0 {
			return false
		}
	}
	return true
}

// likeness is the share of words that two blocks have in common.
func likeness(a, b *placed) float64 {
	if a.size == 0 || b.size == 0 || a.size > 8*b.size || b.size > 8*a.size {
		return 0
	}
	common := 0
	for w, n := range a.words {
		common += min(n, b.words[w])
	}
	return 2 * float64(common) / float64(a.size+b.size)
}

func untaken(list []placed) []placed {
	return slices.DeleteFunc(slices.Clone(list), func(p placed) bool { return p.taken })
}

// runs makes one change of blocks that came or went together.
func runs(list []placed, removed bool) []mention.PageChange {
	var changes []mention.PageChange
	for i := 0; i < len(list); {
		end := i + 1
		size := len(list[i].Text)
		for end < len(list) && list[end].place == list[i].place && list[end].Where == list[i].Where && size < shownText && end-i < 30 {
			size += len(list[end].Text)
			end++
		}
		var lines []string
		for _, p := range list[i:end] {
			lines = append(lines, p.Text)
		}
		text := strings.Join(lines, "\n")
		if removed {
			changes = append(changes, grade(text, "", list[i].Where))
		} else {
			changes = append(changes, grade("", text, list[i].Where))
		}
		i = end
	}
	return changes
}

// differing cuts two long texts down to where they differ, with some words
// around it.
func differing(before, after string) (shownBefore, shownAfter string) {
	if len(before) <= shownText && len(after) <= shownText {
		return before, after
	}
	a, b := strings.Fields(before), strings.Fields(after)
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA--
		endB--
	}
	return window(a, start, endA), window(b, start, endB)
}

func window(words []string, start, end int) string {
	from, to := max(0, start-contextSize), min(len(words), end+contextSize)
	text := strings.Join(words[from:to], " ")
	if from > 0 {
		text = "… " + text
	}
	if to < len(words) {
		text += " …"
	}
	return text
}

// The words that tell what a change is about.
var (
	priceWord   = regexp.MustCompile(`(?i)[$€£¥₹]\s?\d[\d.,']*|\d[\d.,']*\s?(?:€|£|usd|eur|chf|gbp|dollars?|euros?)\b|\bper (?:month|user|seat|year)\b|\b(?:price|pricing|discount|subscription fee)\b`)
	amount      = regexp.MustCompile(`[$€£¥₹]\s?\d[\d.,']*|\d[\d.,']*\s?(?:€|£|(?i:usd|eur|chf|gbp|dollars?|euros?)\b)`)
	legalWord   = regexp.MustCompile(`(?i)\b(?:terms|privacy|liabilit\w*|warrant\w*|indemni\w*|arbitration|governing law|personal data|data protection|gdpr|licen[cs]e|copyright|policy|policies|consent|agreement|jurisdiction|third part(?:y|ies))\b`)
	peopleWord  = regexp.MustCompile(`(?i)\b(?:ceo|cfo|cto|coo|cmo|chief \w+ officer|president|vice president|chair(?:man|woman|person)?|board of directors|founder|head of|managing director|geschäftsführer\w*|vorstand\w*|joins? (?:us|the team)|appointed|our team|leadership)\b`)
	featureWord = regexp.MustCompile(`(?i)\b(?:feature\w*|new|launch\w*|now available|introducing|support(?:s|ed)? for|integrat\w*|beta|version|release\w*|api|coming soon|discontinu\w*|no longer)\b`)
)

// grade gives a change its type and how much it matters.
func grade(before, after, where string) mention.PageChange {
	c := mention.PageChange{Type: "wording", Severity: "low", Before: before, After: after, Where: where}
	both := before + "\n" + after
	size := len(strings.Fields(before)) + len(strings.Fields(after))
	pricesBefore, pricesAfter := amount.FindAllString(before, -1), amount.FindAllString(after, -1)
	switch {
	case len(pricesBefore)+len(pricesAfter) > 0 && !slices.Equal(pricesBefore, pricesAfter):
		c.Type, c.Severity = "pricing", "high"
		if len(pricesBefore) > 0 && len(pricesAfter) > 0 {
			c.Severity = "critical"
		}
	case priceWord.MatchString(both) && size < 80:
		c.Type, c.Severity = "pricing", "medium"
	case peopleWord.MatchString(both) && size < 200:
		c.Type, c.Severity = "people", "medium"
	case legalWord.MatchString(both) || legalWord.MatchString(where):
		c.Type, c.Severity = "legal", "medium"
		if size > 150 {
			c.Severity = "high"
		}
	case featureWord.MatchString(both) && size < 200:
		c.Type, c.Severity = "feature", "medium"
	case size > 100:
		c.Severity = "medium"
	}
	return c
}

// severities from mild to grave.
var severities = []string{"low", "medium", "high", "critical"} //nolint:gochecknoglobals // a constant table

// gravest is the change that matters most; the first of equals.
func gravest(changes []mention.PageChange) *mention.PageChange {
	best := &changes[0]
	for i := range changes {
		if slices.Index(severities, changes[i].Severity) > slices.Index(severities, best.Severity) {
			best = &changes[i]
		}
	}
	return best
}
