package index_test

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"earshot/index"
	"earshot/mention"
	"earshot/query"
)

// compareVoices asks for the voices of a query.
func compareVoices(t *testing.T, m maker, w *truth, x backend, text string) {
	t.Helper()
	s := mention.VoiceSearch{Query: text, By: pick(m, []string{"", "author", "site"}), Order: pick(m, []string{"", index.ByStories, index.ByEngagement, index.ByMentions}), Size: 1 + m.IntN(8)}
	got, err := x.Voices(t.Context(), s, makerNow)
	if err != nil {
		t.Errorf("Voices(%+v): %v", s, err)
		return
	}
	want := w.voices(s)
	for i := range got {
		v := &got[i]
		checkBucket(t, x, mention.Bucket{Key: v.Name, Count: v.Mentions, Query: v.Query})
		v.Name, v.Query = foldedVoice(v), ""
		for k := range v.Brands {
			v.Brands[k].Brand = query.Fold(v.Brands[k].Brand)
		}
	}
	slices.SortFunc(got, func(a, b mention.Voice) int { return byVoice(s.Order, a, b) })
	if diff := gocmp.Diff(want[:min(s.Size, len(want))], got); diff != "" {
		t.Errorf("Voices(%+v) (-want +got):\n%s", s, diff)
	}
}

func foldedVoice(v *mention.Voice) string {
	if v.By == "site" {
		return v.Name
	}
	return query.Values("author", &mention.Row{Author: v.Name})[0]
}

func byVoice(order string, a, b mention.Voice) int {
	weight := func(v mention.Voice) float64 {
		switch {
		case order == index.ByStories:
			return float64(v.Stories)
		case order != index.ByEngagement:
			return float64(v.Mentions)
		case v.Engagement == nil:
			return -1
		}
		return v.Engagement.Sum
	}
	return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a.Name, b.Name))
}

// voices answers by brute force.
func (w *truth) voices(s mention.VoiceSearch) []mention.Voice {
	field := cmp.Or(s.By, "author")
	said := map[string][]*mention.Row{}
	for _, row := range w.volume(s.Query, index.Volume{}) {
		if names := query.Values(field, row); len(names) > 0 && names[0] != "" {
			said[names[0]] = append(said[names[0]], row)
		}
	}
	list := []mention.Voice{}
	for name, rows := range said {
		list = append(list, w.voice(field, name, rows))
	}
	slices.SortFunc(list, func(a, b mention.Voice) int { return byVoice(s.Order, a, b) })
	return list
}

func (w *truth) voice(field, name string, rows []*mention.Row) mention.Voice {
	v := mention.Voice{Name: name, By: field, Mentions: uint64(len(rows)), First: rows[len(rows)-1].Time(), Last: rows[0].Time()}
	stories, sites, brands := map[string]bool{}, map[string]int{}, map[string]*mention.VoiceBrand{}
	var numbers []float64
	for _, row := range rows {
		if row.Story != "" {
			stories[query.Fold(row.Story)] = true
		}
		if hosts := query.Values("site", row); field == "author" && len(hosts) > 0 && hosts[0] != "" {
			sites[hosts[0]]++
		}
		if row.Engagement != nil {
			numbers = append(numbers, *row.Engagement)
		}
		countLabel(&v.Sentiment, row.Sentiment, row.Status)
		for _, brand := range row.Brands {
			key := query.Fold(brand)
			if brands[key] == nil {
				brands[key] = &mention.VoiceBrand{Brand: key}
			}
			r := w.book[row.ID]
			label := r.Toward(brand, "")
			if row.Sentiment == "" && row.Status == mention.StatusUnsupported {
				label = ""
			}
			brands[key].Mentions++
			countLabel(&brands[key].Sentiment, label, row.Status)
		}
	}
	v.Stories = uint64(len(stories))
	for site, n := range sites {
		if n > sites[v.Site] || n == sites[v.Site] && site < v.Site {
			v.Site = site
		}
	}
	for _, b := range brands {
		v.Brands = append(v.Brands, *b)
	}
	slices.SortFunc(v.Brands, func(a, b mention.VoiceBrand) int {
		return cmp.Or(cmp.Compare(b.Mentions, a.Mentions), cmp.Compare(a.Brand, b.Brand))
	})
	if n := len(numbers); n > 0 {
		slices.Sort(numbers)
		v.Engagement = &mention.Amount{N: uint64(n), Median: (numbers[(n-1)/2] + numbers[n/2]) / 2}
		for _, f := range numbers {
			v.Engagement.Sum += f
		}
		v.Engagement.Mean = v.Engagement.Sum / float64(n)
	}
	return v
}

func countLabel(c *mention.SentimentCounts, label, status string) {
	switch {
	case label == mention.Positive:
		c.Positive++
	case label == mention.Negative:
		c.Negative++
	case label == mention.Neutral:
		c.Neutral++
	case label == mention.Mixed:
		c.Mixed++
	case status == mention.StatusUnsupported:
		c.Unsupported++
	default:
		c.Unscored++
	}
}

func TestVoicesRefuseWhatTheyCannotTell(t *testing.T) {
	x := open(t, "", book{})
	for _, s := range []mention.VoiceSearch{{By: "brand"}, {Order: "loudest"}, {Query: "a OR ("}} {
		if _, err := x.Voices(t.Context(), s, makerNow); err == nil {
			t.Errorf("Voices(%+v) gave no error", s)
		}
	}
}
