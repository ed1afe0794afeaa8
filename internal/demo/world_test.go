package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"earshot/internal/demo"
	"earshot/mention"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var end = time.Date(2026, 3, 18, 14, 20, 0, 0, time.UTC)

func TestTheSameSeedAndEndGiveTheSameWorld(t *testing.T) {
	until := end.Add(3 * time.Minute)
	a := demo.NewWorld(7, end).Truth().All(until)
	b := demo.NewWorld(7, end).Truth().All(until)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two worlds of one seed differ:\n%s", diff)
	}
	if c := demo.NewWorld(8, end).Truth().All(until); cmp.Equal(a, c) {
		t.Error("worlds of two seeds are the same")
	}
}

func TestLiveItemsDoNotDependOnHowTheClockIsRead(t *testing.T) {
	w := demo.NewWorld(7, end)
	late := end.Add(100 * time.Minute)
	before := w.Truth().VisibleAt(late)
	for minute := 0; minute < 90; minute += 6 {
		w.Truth().VisibleAt(end.Add(time.Duration(minute) * time.Minute))
	}
	if diff := cmp.Diff(before, w.Truth().VisibleAt(late)); diff != "" {
		t.Errorf("what was visible has changed:\n%s", diff)
	}
}

func TestThePastIsWideAndVaried(t *testing.T) {
	items := demo.NewWorld(1, end).Truth().All(end)
	if n := len(items); n < 3000 || n > 5000 {
		t.Errorf("%d items, want 3000 to 5000", n)
	}
	texts, addresses := map[string]int{}, map[string]int{}
	kinds, langs, tones, days := map[mention.Kind]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	counted := 0
	for _, it := range items {
		addresses[it.Canonical]++
		if it.CopyOf == "" {
			texts[it.Text]++
			counted++
		}
		kinds[it.Kind]++
		langs[it.Lang]++
		tones[it.Sentiment]++
		days[it.Published.Format(time.DateOnly)]++
	}
	if same := counted - len(texts); same*100 >= counted {
		t.Errorf("%d of %d texts are repeated, want under 1 %%", same, counted)
	}
	if len(addresses) != len(items) {
		t.Errorf("%d addresses for %d items", len(addresses), len(items))
	}
	if len(days) < 60 {
		t.Errorf("items on %d days, want 60", len(days))
	}
	t.Logf("%d items, %d repeated texts; kinds %v; languages %v; tones %v", len(items), counted-len(texts), kinds, langs, tones)
	for _, lang := range []string{"de", "fr", "es"} {
		if langs[lang] < 20 {
			t.Errorf("%d items in %s, want at least 20", langs[lang], lang)
		}
	}
	if tones[mention.Positive] < 500 || tones[mention.Negative] < 500 {
		t.Errorf("%d positive and %d negative, want 500 of each", tones[mention.Positive], tones[mention.Negative])
	}
}

func TestOpeningsAreNotAlwaysTheSame(t *testing.T) {
	items := demo.NewWorld(1, end).Truth().All(end)
	openings := map[string]int{}
	posts := 0
	for _, it := range items {
		words := strings.Fields(strings.ToLower(it.Text))
		if it.Kind != mention.KindPost || len(words) < 5 {
			continue
		}
		posts++
		openings[strings.Join(words[:5], " ")]++
	}
	if len(openings)*100 < posts*60 {
		t.Errorf("%d different openings of five words in %d posts, want 60 %%", len(openings), posts)
	}
}

func TestLengthsArePlausible(t *testing.T) {
	tests := []struct {
		kind            mention.Kind
		least, most     int // words that nine in ten have
		shortest, most1 int
	}{
		{mention.KindPost, 8, 40, 4, 60},
		{mention.KindForum, 8, 90, 5, 130},
		{mention.KindReview, 15, 90, 8, 130},
		{mention.KindNews, 90, 500, 40, 600},
		{mention.KindRelease, 90, 500, 40, 600},
	}
	byKind := map[mention.Kind][]int{}
	for _, it := range demo.NewWorld(1, end).Truth().All(end) {
		byKind[it.Kind] = append(byKind[it.Kind], len(strings.Fields(it.Text)))
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			inside, sum := 0, 0
			for _, n := range byKind[tt.kind] {
				sum += n
				if n >= tt.least && n <= tt.most {
					inside++
				}
				if n < tt.shortest || n > tt.most1 {
					t.Errorf("a text of %d words, want %d to %d", n, tt.shortest, tt.most1)
				}
			}
			n := len(byKind[tt.kind])
			t.Logf("%d texts, %d words on average", n, sum/n)
			if inside*10 < n*9 {
				t.Errorf("%d of %d have %d to %d words, want nine in ten", inside, n, tt.least, tt.most)
			}
		})
	}
}

func TestTextsAreClean(t *testing.T) {
	for _, it := range demo.NewWorld(3, end).Truth().All(end.Add(2 * time.Minute)) {
		for _, text := range []string{it.Title, it.Text} {
			if strings.ContainsAny(text, "{}|¶") || strings.Contains(text, "  ") || strings.TrimSpace(text) != text {
				t.Errorf("%s: %q is not clean", it.Canonical, text)
			}
		}
		if it.Text == "" {
			t.Errorf("%s has no text", it.Canonical)
		}
	}
}

func TestWeeksAndDaysHaveARhythm(t *testing.T) {
	weekday, night, day := map[bool]int{}, 0, 0
	for _, it := range demo.NewWorld(1, end).Truth().All(end) {
		if it.Story != "" {
			continue
		}
		if it.Kind == mention.KindNews {
			d := it.Published.Weekday()
			weekday[d != time.Saturday && d != time.Sunday]++
		}
		switch h := it.Published.Hour(); {
		case h < 5:
			night++
		case h >= 15 && h < 20:
			day++
		}
	}
	if weekday[true] < 4*weekday[false] {
		t.Errorf("%d articles on weekdays, %d on weekends, want four times as many", weekday[true], weekday[false])
	}
	if day < 3*night {
		t.Errorf("%d items from 15 to 20, %d from 0 to 5, want three times as many", day, night)
	}
}

func TestEveryTextNamesWhatItIsAbout(t *testing.T) {
	company := map[string][]string{}
	for _, b := range demo.Brands() {
		company[b.ID] = append([]string{b.Name}, b.Handles...)
	}
	for _, it := range demo.NewWorld(4, end).Truth().All(end.Add(10 * time.Minute)) {
		text := strings.ToLower(it.Title + "\n" + it.Text)
		names := slices.ContainsFunc(slices.Concat(company[it.Brand], []string{it.Product}), func(name string) bool { return strings.Contains(text, strings.ToLower(name)) })
		if it.Brand != "" && !names {
			t.Errorf("%s: %q names neither %s nor any of %q", it.Canonical, text, it.Product, company[it.Brand])
		}
		if it.Brand == "" && it.Story != demo.StoryNoise {
			t.Errorf("%s is about nothing and not noise", it.Canonical)
		}
	}
}
