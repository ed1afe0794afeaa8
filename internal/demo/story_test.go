package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/internal/demo"
)

// alarming returns the times of what the rule own-crisis counts, sorted.
func alarming(items []demo.Item) []time.Time {
	var at []time.Time
	for _, it := range items {
		if it.Alarming() {
			at = append(at, it.Published)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}

// inWindow counts the times after from and until to.
func inWindow(at []time.Time, from, to time.Time) int {
	n := 0
	for _, x := range at {
		if x.After(from) && !x.After(to) {
			n++
		}
	}
	return n
}

func TestTheRecallAloneRaisesTheAlarm(t *testing.T) {
	for seed := range uint64(3) {
		w := demo.NewWorld(seed, end)
		start := end.Add(-demo.RecallLead)
		at := alarming(w.Truth().All(end.Add(2 * time.Hour)))
		for _, x := range at {
			if x.Before(start) {
				if n := inWindow(at, x.Add(-time.Hour), x); n > demo.CrisisCount/5 {
					t.Errorf("seed %d: %d in the hour before %s, long before the recall", seed, n, x)
				}
			}
		}
		if n := inWindow(at, end.Add(-time.Hour), end); n < 2*demo.CrisisCount {
			t.Errorf("seed %d: %d in the last hour of the past, want twice the count of %d", seed, n, demo.CrisisCount)
		}
		// From there on it never falls below, so that one incident is all there is.
		for minute := range 2 * 60 {
			now := end.Add(time.Duration(minute) * time.Minute)
			if n := inWindow(at, now.Add(-time.Hour), now); n < 2*demo.CrisisCount {
				t.Errorf("seed %d: %d in the hour before minute %d", seed, n, minute)
			}
		}
	}
}

func TestEveryPostOfTheRecallSaysSo(t *testing.T) {
	for _, it := range demo.NewWorld(2, end).Truth().Story(demo.StoryRecall, end.Add(10*time.Minute)) {
		text := strings.ToLower(it.Title + " " + it.Text)
		if !strings.Contains(text, "recall") || !strings.Contains(text, "tensivane") {
			t.Errorf("%s: %q names no recall of the product", it.Canonical, it.Text)
		}
	}
}

func TestStoriesAreThere(t *testing.T) {
	truth := demo.NewWorld(1, end).Truth()
	tests := []struct {
		story       string
		least, most int
		first, last time.Duration // before the end
	}{
		{demo.StoryRecall, 300, 450, 8 * time.Hour, 0},
		{demo.StoryLaunch, 130, 130, 24 * 24 * time.Hour, 19 * 24 * time.Hour},
		{demo.StoryFailure, 90, 90, 38 * 24 * time.Hour, 34 * 24 * time.Hour},
		{demo.StoryPrice, 10, 20, 41 * 24 * time.Hour, 20 * 24 * time.Hour},
		{demo.StoryAdverse, 44, 44, 60 * 24 * time.Hour, 0},
		{demo.StoryRival, 1, 1, 4 * time.Hour, 2 * time.Hour},
		{demo.StoryNoise, 300, 700, 60 * 24 * time.Hour, 0},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			items := truth.Story(tt.story, end)
			if n := len(items); n < tt.least || n > tt.most {
				t.Errorf("%d items, want %d to %d", n, tt.least, tt.most)
			}
			for _, it := range items {
				if it.Published.Before(end.Add(-tt.first)) || it.Published.After(end.Add(-tt.last)) {
					t.Errorf("%s was published at %s", it.Canonical, it.Published)
				}
			}
		})
	}
}

func TestCopiesAreNearlyTheSame(t *testing.T) {
	truth := demo.NewWorld(1, end).Truth()
	releases := 0
	for _, it := range truth.Story(demo.StorySyndicate, end) {
		if it.CopyOf != "" {
			continue
		}
		releases++
		copies := truth.CopiesOf(it.Canonical, end)
		if len(copies) < 3 {
			t.Errorf("%s has %d copies, want 3 or 4", it.Canonical, len(copies))
		}
		for _, c := range copies {
			if share := shared(it.Text, c.Text); share < 0.8 || c.Text == it.Text {
				t.Errorf("%s shares %.2f of its words with %s", c.Canonical, share, it.Canonical)
			}
		}
	}
	if releases != 14 {
		t.Errorf("%d releases were syndicated, want 14", releases)
	}
}

// shared is the share of a's words that b has, too.
func shared(a, b string) float64 {
	words := strings.Fields(a)
	n := 0
	for _, w := range words {
		if strings.Contains(b, w) {
			n++
		}
	}
	return float64(n) / float64(len(words))
}

func TestReportsNameProductAndReaction(t *testing.T) {
	truth := demo.NewWorld(1, end).Truth()
	reports := truth.AdverseEvents(end.Add(10 * time.Minute))
	if len(reports) != 44+10 {
		t.Errorf("%d reports until minute ten, want 54", len(reports))
	}
	for _, it := range reports {
		if !strings.Contains(it.Text, it.Adverse.Product) || !strings.Contains(it.Text, it.Adverse.Reaction) {
			t.Errorf("%q does not hold %v", it.Text, *it.Adverse)
		}
	}
}

func TestArticlesAreEditedLive(t *testing.T) {
	w := demo.NewWorld(1, end)
	if n := len(w.Truth().Edited(end)); n != 0 {
		t.Errorf("%d items were edited in the past, where nobody can have seen it", n)
	}
	edited := w.Truth().Edited(end.Add(5 * time.Minute))
	if len(edited) < 6 {
		t.Fatalf("%d items were edited in five minutes, want 6", len(edited))
	}
	for _, it := range edited {
		at := it.Edits[0].At
		if before := it.At(at.Add(-time.Second)); before.Text != it.Text {
			t.Errorf("%s: edited too early", it.Canonical)
		}
		after := it.At(at)
		if !strings.HasPrefix(after.Text, it.Text) || after.Text == it.Text || !after.Published.Equal(it.Published) {
			t.Errorf("%s: the edit gave %q", it.Canonical, after.Text)
		}
	}
}

func TestItemsBecomeVisibleWhenTheirTimeHasCome(t *testing.T) {
	truth := demo.NewWorld(1, end).Truth()
	past, all := truth.VisibleAt(end), truth.All(end)
	if len(past) != len(all) {
		t.Errorf("%d items are visible at the end of the past, want all %d", len(past), len(all))
	}
	live := truth.All(end.Add(5 * time.Minute))[len(all):]
	if n := len(live); n < 300 || n > 600 {
		t.Errorf("%d items in five live minutes, want one or two a second", n)
	}
	for _, it := range truth.VisibleAt(end.Add(90 * time.Second)) {
		if it.Published.After(end.Add(90 * time.Second)) {
			t.Errorf("%s is visible before it is published", it.Canonical)
		}
	}
}

func TestPricesChange(t *testing.T) {
	truth := demo.NewWorld(1, end).Truth()
	if n := len(truth.Pages(end)); n != 3 {
		t.Errorf("%d versions of the price page in the past, want 3", n)
	}
	pages := truth.Pages(end.Add(30 * time.Minute))
	if len(pages) != 6 {
		t.Fatalf("%d versions after half an hour, want 6", len(pages))
	}
	for i := range pages[1:] {
		if slices.Equal(pages[i].Prices, pages[i+1].Prices) {
			t.Errorf("versions %d and %d are the same", i, i+1)
		}
	}
}
