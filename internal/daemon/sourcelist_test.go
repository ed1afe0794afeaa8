package daemon

import (
	"testing"

	"earshot/internal/config"
	"earshot/mention"
)

func TestNewSourcesHaveNamesOfTheirOwn(t *testing.T) {
	l := NewSourceList(&config.Config{Sources: []mention.Source{{ID: "wire"}, {ID: "wire-3"}}})
	tests := []struct{ name, title, address, want string }{
		{"a title", "The Wire", "https://wire.example/feed", "the-wire"},
		{"no title", "", "https://www.wire.example/feed", "wire.example"},
		{"in other letters", "Новости", "https://news.example/feed", "news.example"},
		{"a long title", "A title that goes on for more than forty bytes", "https://long.example/", "long.example"},
		{"nothing to name it by", "Новости", "", "source"},
		{"taken", "wire", "https://a.example/", "wire-2"},
		{"taken, and the next, too", "wire", "https://b.example/", "wire-4"},
	}
	for _, tt := range tests {
		got := l.NewID(tt.title, tt.address)
		if l.Add(&mention.Source{ID: got}); got != tt.want {
			t.Errorf("%s: NewID(%q, %q) = %q, want %q", tt.name, tt.title, tt.address, got, tt.want)
		}
	}
	for i := range 20_000 { // a list may have them all under one name
		if id := l.NewID("blog", ""); l.ids[id] {
			t.Fatalf("the %dth is %s again", i, id)
		} else {
			l.Add(&mention.Source{ID: id})
		}
	}
}
