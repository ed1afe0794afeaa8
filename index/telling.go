package index

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/query"
)

// openFor is how long after its last telling an activity takes in others that
// tell the same.
const openFor = 7 * 24 * time.Hour

// vagueFor is the same for a telling that names nobody, of a type that a
// company does rarely.
const vagueFor = 3 * 24 * time.Hour

// sameWords is the share of the words of two pieces of evidence, taken
// together, that must stand in both.
const sameWords = 0.5

// A telling is one mention of one deed of a brand.
type telling struct {
	id             string // of the mention
	at, seen       time.Time
	story          string
	brand          string
	kind, role     string
	evidence       string
	own            bool // in the brand's own channel
	named          bool // the mention counts for the brand
	change         *mention.PageChange
	parties, words []string
	capitals       []string // those of words that are written with one
}

// tellingsOf returns what a record tells, each deed of a brand once.
func tellingsOf(r *mention.Record) []telling {
	row := r.Row()
	var list []telling
	add := func(brand string, t telling) {
		named := slices.Contains(row.Brands, brand)
		if brand == "" || !named && brand != row.Own || slices.ContainsFunc(list, func(o telling) bool { return o.brand == brand && o.kind == t.kind }) {
			return
		}
		t.id, t.at, t.seen, t.story, t.brand = row.ID, row.Time(), row.Seen, row.Story, brand
		t.own, t.named = brand == row.Own, named
		list = append(list, t)
	}
	if c := r.Mention.PageChange; c != nil {
		brand := row.Own
		if brand == "" && len(row.Brands) == 1 {
			brand = row.Brands[0]
		}
		add(brand, telling{kind: c.Type, evidence: cmp.Or(c.After, c.Before), change: c})
	}
	for i := range r.Analysis.Events {
		ev := &r.Analysis.Events[i]
		brand := cmp.Or(ev.Brand, row.Own)
		t := telling{kind: ev.Type, role: ev.Role, evidence: ev.Evidence}
		t.read(r, brand)
		add(brand, t)
	}
	return list
}

// read finds who and what else the evidence names, and its words.
func (t *telling) read(r *mention.Record, brand string) {
	var names []string // of the brand itself
	for _, f := range []struct{ name, text string }{{fieldTitle, r.Mention.Title}, {"", r.Mention.Text}} {
		start := strings.Index(f.text, t.evidence)
		if start < 0 || t.evidence == "" {
			continue
		}
		within := func(s mention.Span) bool {
			return s.Field == f.name && s.Start >= start && s.Start < s.End && s.End <= start+len(t.evidence)
		}
		var taken []mention.Span
		for i := range r.Linking.Brands {
			b := &r.Linking.Brands[i]
			for _, s := range b.Spans {
				if !within(s) {
					continue
				}
				taken = append(taken, s)
				switch {
				case b.Product != "":
					t.parties = appendNew(t.parties, "product "+query.Fold(b.Product))
				case b.Brand != brand:
					t.parties = appendNew(t.parties, "brand "+query.Fold(b.Brand))
				default:
					names = append(names, wordsOf(f.text[s.Start:s.End])...)
				}
			}
		}
		for i := range r.Analysis.Entities {
			e := &r.Analysis.Entities[i]
			overlaps := func(s mention.Span) bool { return e.Start < s.End && s.Start < e.End }
			if within(e.Span) && !slices.ContainsFunc(taken, overlaps) {
				if p := party(e, t.kind); p != "" {
					t.parties = appendNew(t.parties, p)
				}
			}
		}
	}
	query.Tokenize(t.evidence, func(k query.Token) {
		if w, ok := wordOf(k); ok && !slices.Contains(names, w) {
			t.words = appendNew(t.words, w)
			if k.Exact != k.Forms[0] {
				t.capitals = appendNew(t.capitals, w)
			}
		}
	})
}

// party returns the name of an entity as far as it tells one deed from
// another, or nothing: who approves and who is told does not.
func party(e *mention.Entity, kind string) string {
	switch e.Type {
	case mention.Organization, mention.Product, mention.Misc:
	case mention.Person:
		if kind != "executive_change" {
			return ""
		}
	default:
		return ""
	}
	words := wordsOf(e.Text)
	for len(words) > 1 && slices.Contains(companyWords, words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	name := strings.Join(words, " ")
	if slices.Contains(bystanders, name) {
		return ""
	}
	return name
}

var (
	companyWords = []string{
		"inc", "corp", "corporation", "company", "co", "ltd", "limited", "plc", "ag", "sa", "se", "nv", "gmbh", "llc", "group", "holdings", "holding",
		"pharmaceuticals", "pharmaceutical", "pharma", "therapeutics", "biosciences", "laboratories", "labs",
	}
	bystanders = []string{
		"fda", "us fda", "u s fda", "ema", "ec", "chmp", "mhra", "pmda", "nmpa", "european commission", "european medicines agency", "health canada",
		"food and drug administration", "sec", "doj", "ftc", "cdc", "nih", "nasdaq", "nyse", "reuters", "bloomberg", "nhs", "who",
	}
	smallWords = []string{
		"a", "an", "and", "as", "at", "by", "for", "from", "has", "have", "in", "is", "it", "its", "of", "on", "or", "said", "says", "that", "the", "to",
		"was", "were", "will", "with",
	}
)

// wordsOf returns the folded words of a text, small ones left out.
func wordsOf(text string) []string {
	var list []string
	query.Tokenize(text, func(t query.Token) {
		if w, ok := wordOf(t); ok {
			list = append(list, w)
		}
	})
	return list
}

func wordOf(t query.Token) (string, bool) {
	if t.Link || len(t.Forms) == 0 || slices.Contains(smallWords, t.Forms[0]) {
		return "", false
	}
	return strings.TrimSuffix(t.Forms[0], "'s"), true
}

// A deed is an activity while it is put together.
type deed struct {
	told  []telling // oldest first
	first int       // the one that was seen first

	stories, ids []string // by which its mentions are found
	count        uint64
	last         int64
	sites        map[string]struct{}
}

// id is made of the telling that was seen first.
func (d *deed) id() string {
	t := &d.told[d.first]
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%q %q %q %t", t.brand, t.kind, t.id, t.change != nil)
	return fmt.Sprintf("%016x", h.Sum64())
}

func (d *deed) take(t telling) {
	d.told = append(d.told, t)
	f := &d.told[d.first]
	if cmp.Or(t.seen.Compare(f.seen), cmp.Compare(t.id, f.id)) < 0 {
		d.first = len(d.told) - 1
	}
}

// A deedKey is what the tellings of one deed have in common.
type deedKey struct {
	brand, kind string
	change      bool
}

// join makes deeds of tellings that are sorted by time.
func join(told []telling) []*deed {
	type storyKey struct {
		deedKey
		story string
	}
	var (
		all     []*deed
		open    = map[deedKey][]*deed{}
		stories = map[storyKey]*deed{}
	)
	for i := range told {
		t := &told[i]
		key := deedKey{t.brand, t.kind, t.change != nil}
		inStory := storyKey{key, t.story}
		var d *deed
		if t.story != "" && t.change == nil {
			d = stories[inStory]
		}
		if d == nil {
			open[key] = slices.DeleteFunc(open[key], func(d *deed) bool { return t.at.Sub(d.told[len(d.told)-1].at) > openFor })
			d = t.same(open[key])
		}
		if d == nil {
			d = &deed{}
			all = append(all, d)
		}
		d.take(*t)
		if !slices.Contains(open[key], d) {
			open[key] = append(open[key], d)
		}
		if t.story != "" {
			stories[inStory] = d
		}
	}
	return all
}

// maxCompared bounds how many tellings of a deed another is compared with: its
// first and its last ones.
const maxCompared = 16

// same returns the deed that t tells again, the latest where several would do.
func (t *telling) same(open []*deed) *deed {
	for _, like := range []func(o *telling) bool{t.sameParty, t.sameEvidence, t.sameVaguely} {
		for _, d := range slices.Backward(open) {
			n := len(d.told)
			for i := range d.told {
				if i >= maxCompared/2 && i < n-maxCompared/2 {
					continue
				}
				if like(&d.told[i]) {
					return d
				}
			}
		}
	}
	return nil
}

func (t *telling) sameParty(o *telling) bool {
	return slices.ContainsFunc(t.parties, func(a string) bool {
		return slices.ContainsFunc(o.parties, func(b string) bool { return sameName(a, b) })
	})
}

// sameName reports whether a name is another, or begins it: Arena and Arena
// Pharmaceuticals Holdings.
func sameName(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) >= 4 && strings.HasPrefix(b, a+" ") && !strings.HasPrefix(b, "brand ") && !strings.HasPrefix(b, "product ")
}

func (t *telling) sameEvidence(o *telling) bool {
	if t.change != nil {
		return t.change.Before == o.change.Before && t.change.After == o.change.After
	}
	both := 0
	for _, w := range t.words {
		if slices.Contains(o.words, w) {
			both++
		}
	}
	all := len(t.words) + len(o.words) - both
	if all == 0 || float64(both) < sameWords*float64(all) {
		return false
	}
	// One recalls this and the other that.
	return !hasMore(t.capitals, o.words) || !hasMore(o.capitals, t.words)
}

// hasMore reports whether one of list is not in words.
func hasMore(list, words []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return !slices.Contains(words, w) })
}

// sameVaguely lets a telling that names nobody be of a deed of a type that is
// rare enough.
func (t *telling) sameVaguely(o *telling) bool {
	switch t.kind {
	case "earnings":
		return true
	case "acquisition", "funding":
		return t.change == nil && (len(t.parties) == 0 || len(o.parties) == 0) && t.at.Sub(o.at) <= vagueFor
	}
	return false
}
