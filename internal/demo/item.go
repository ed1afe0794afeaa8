package demo

import (
	"strings"
	"time"

	"earshot/mention"
)

// The planted stories. Everything else is ambient talk.
const (
	StoryRecall    = "recall"    // Velmora recalls Tensivane, and the outcry
	StoryLaunch    = "launch"    // Velmora launches Lumovarin, weeks ago
	StoryFailure   = "failure"   // Quorvance's Pellaquin fails a trial, weeks ago
	StoryPrice     = "price"     // talk about a price that Quorvance changed on its page
	StoryRival     = "rival"     // a competitor launches something
	StoryAdverse   = "adverse"   // adverse-event reports
	StorySyndicate = "syndicate" // a press release and its copies
	StoryNoise     = "noise"     // about none of the brands
)

// An Item is one piece of content of the world, with what is true about it.
type Item struct {
	Source    string   // the source that carries it
	Also      []string // other sources that carry it too
	GUID      string   // as published; empty in a feed that makes a new one each minute
	URL       string   // as published, perhaps with tracking parameters
	Canonical string   // URL without them: what its identity is made of
	Title     string
	Text      string
	Author    string
	Lang      string
	Kind      mention.Kind
	Thread    string
	Published time.Time // also when it becomes visible
	Edits     []Edit    // later versions, oldest first

	Story     string // planted story, or empty
	Brand     string // brand it is about, or empty
	Product   string // product it is about, or empty
	Sentiment string // how it was meant; empty for news, where nothing was meant
	CopyOf    string // Canonical of the press release it is a copy of
	Own       string // brand whose own channel says it
	Adverse   *Adverse
}

// An Edit is a later version of an item.
type Edit struct {
	At          time.Time
	Title, Text string
}

// Adverse is what an adverse-event report holds, as words of its text.
type Adverse struct {
	Product  string
	Reaction string
}

// At returns the item as a reader sees it at a time.
func (it Item) At(now time.Time) Item {
	for _, e := range it.Edits {
		if !e.At.After(now) {
			it.Title, it.Text = e.Title, e.Text
		}
	}
	return it
}

// changed returns when the item last changed before now.
func (it *Item) changed(now time.Time) time.Time {
	last := it.Published
	for _, e := range it.Edits {
		if !e.At.After(now) {
			last = e.At
		}
	}
	return last
}

// Alarming reports whether the item belongs to what the rule own-crisis counts: the
// recalled product, or its maker, in one text with a word that begins with
// recall, outside the maker's own channels.
func (it Item) Alarming() bool {
	text := strings.ToLower(it.Title + "\n" + it.Text)
	if it.Own != "" || !strings.Contains(text, "recall") {
		return false
	}
	return strings.Contains(text, "velmora") || strings.Contains(text, "tensivane") || strings.Contains(text, "lumovarin")
}
