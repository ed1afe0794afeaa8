package nlp_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/nlp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func sentence(seed, n int) string {
	words := strings.Fields("river stone market tower garden winter coffee signal engine paper mirror bridge candle forest harbor kettle ladder meadow needle orchard pocket quarry ribbon saddle temple umbrella valley window yellow zephyr anchor basket copper dragon ember falcon")
	var b strings.Builder
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	for range n {
		b.WriteString(words[rng.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}

func TestStoriesKeepCopiesTogether(t *testing.T) {
	s := nlp.NewStories(nlp.StoryOptions{})
	body := sentence(3, 120)
	tests := []struct {
		id, title, text string
		want            string
	}{
		{"a", "Acme recalls Zoltrex tablets", body, "a"},
		{"b", "ACME RECALLS ZOLTREX", body + " More to follow.", "a"},
		{"c", "", body[:len(body)/2], "a"},
		{"d", "Weather in Bern", sentence(11, 120), "d"},
		{"e", "", "", "e"},
	}
	for _, tt := range tests {
		if got, _ := s.Assign(tt.id, tt.title, tt.text, noon); got != tt.want {
			t.Errorf("Assign(%q) = %q, want %q", tt.id, got, tt.want)
		}
	}
}

func TestStoriesGroupHeadlinesOfOneEvent(t *testing.T) {
	s := nlp.NewStories(nlp.StoryOptions{Window: 24 * time.Hour})
	first, _ := s.Assign("1", "Globex to acquire Initech for $2 billion", "", noon)
	second, _ := s.Assign("2", "Initech agrees to be bought by Globex", "", noon.Add(time.Hour))
	late, _ := s.Assign("3", "Globex buys Initech", "", noon.Add(100*time.Hour))
	other, _ := s.Assign("4", "Penguins escape from the zoo in Basel", "", noon)
	if first != second || late == first || other == first {
		t.Errorf("stories are %q %q %q %q, want the first two equal, the others apart", first, second, late, other)
	}
}

func TestRestoredStoriesAnswerAlike(t *testing.T) {
	type kept struct {
		id, story string
		at        time.Time
		signature []byte
	}
	live := nlp.NewStories(nlp.StoryOptions{})
	var log []kept
	for i := range 40 {
		id := fmt.Sprint(i)
		at := noon.Add(time.Duration(i) * time.Minute)
		story, sig := live.Assign(id, "Headline about "+sentence(i%7, 4), sentence(i%9, 60), at)
		log = append(log, kept{id, story, at, slices.Clone(sig)})
	}
	again := nlp.NewStories(nlp.StoryOptions{})
	for _, k := range log {
		again.Restore(k.id, k.story, k.at, k.signature)
	}
	for i := range 20 {
		title, text := "Headline about "+sentence(i%11, 4), sentence(i%13, 60)
		a, _ := live.Assign(fmt.Sprint("n", i), title, text, noon.Add(time.Hour))
		b, _ := again.Assign(fmt.Sprint("n", i), title, text, noon.Add(time.Hour))
		if a != b {
			t.Errorf("text %d: live says %q, restored says %q", i, a, b)
		}
	}
}

func TestStoriesForgetWhatIsTooMuch(t *testing.T) {
	s := nlp.NewStories(nlp.StoryOptions{Texts: 50})
	body := sentence(1, 80)
	s.Assign("first", "", body, noon)
	for i := range 300 {
		s.Assign(fmt.Sprint(i), "", sentence(i+100, 80), noon)
	}
	if got, _ := s.Assign("again", "", body, noon); got == "first" {
		t.Errorf("the first text is still remembered")
	}
}

func FuzzStories(f *testing.F) {
	f.Add("title", "text", []byte{1, 0, 0, 0})
	f.Add("", strings.Repeat("a b c ", 500), []byte("\x01\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, title, text string, signature []byte) {
		s := nlp.NewStories(nlp.StoryOptions{Texts: 10})
		s.Restore("x", "y", noon, signature)
		story, sig := s.Assign("a", title, text, noon)
		if story == "" {
			t.Errorf("no story")
		}
		if len(sig) > 1000 {
			t.Errorf("signature of %d bytes", len(sig))
		}
		fresh := nlp.NewStories(nlp.StoryOptions{Texts: 10})
		fresh.Restore("a", "s", noon, sig)
		again, _ := fresh.Assign("b", title, text, noon)
		once, _ := s.Assign("b", title, text, noon)
		if (again == "s") != (once == story) {
			t.Errorf("restored says %q, live says %q of story %q", again, once, story)
		}
	})
}

func TestStoriesKeepShortTextsApart(t *testing.T) {
	texts := []struct{ title, text string }{
		{"Velmora recalls Tensivane after glass was found", ""},
		{"Recall of Tensivane in three cantons", ""},
		{"Recall news", "Velmora recall again"},
		{"T2", "recall two"},
		{"T4", "recall four"},
		{"", "recall of x"},
		{"Lovely weather, the velmora tree blooms", ""},
		{"Recall news", "of another firm altogether, says the trade office"},
		{"Recall", ""},
		{"Recall", "a"},
	}
	for turn := range texts { // in whatever order they come
		s := nlp.NewStories(nlp.StoryOptions{})
		seen := map[string]string{}
		for i := range texts {
			tt := texts[(i+turn)%len(texts)]
			id := fmt.Sprint(i)
			story, _ := s.Assign(id, tt.title, tt.text, noon.Add(time.Duration(i)*30*time.Minute))
			if with, ok := seen[story]; ok {
				t.Errorf("turn %d: %q is in the story of %q", turn, tt, with)
			}
			seen[story] = fmt.Sprint(tt)
		}
	}
}

func TestStoriesKeepCopiesOfShortTextsTogether(t *testing.T) {
	s := nlp.NewStories(nlp.StoryOptions{})
	first, _ := s.Assign("1", "Velmora recalls Tensivane", "", noon)
	second, _ := s.Assign("2", "VELMORA RECALLS TENSIVANE!", "", noon.Add(time.Hour))
	if first != second {
		t.Errorf("stories are %q and %q, want one", first, second)
	}
}
