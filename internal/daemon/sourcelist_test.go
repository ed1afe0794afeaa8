package daemon

import (
	"context"
	"fmt"
	"strconv"
	"strings"
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

// BenchmarkOPML reads a list of feeds, adds them all, and has who owns what
// told: ten times as many take ten times as long.
func BenchmarkOPML(b *testing.B) {
	for _, n := range []int{50, 500, 5000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				d := opened(b, b.TempDir(), "version: 1\n")
				var text strings.Builder
				text.WriteString(`<opml version="2.0"><body>`)
				for i := range n {
					fmt.Fprintf(&text, `<outline type="rss" text="Feed %d" xmlUrl="https://h%d.example/feed"/>`, i, i)
				}
				text.WriteString(`</body></opml>`)
				b.StartTimer()
				took := func(name string, fn func() error) {
					began := cpu()
					if err := fn(); err != nil {
						b.Fatal(err)
					}
					b.ReportMetric((cpu()-began).Seconds()*1000, name)
				}
				var fresh []mention.Source
				took("read-ms", func() (err error) {
					_, fresh, err = backend{d}.ReadSources(b.Context(), []byte(text.String()))
					return err
				})
				took("add-ms", func() error { return backend{d}.AddSources(b.Context(), "ann", fresh) })
				took("list-ms", func() error { _, err := backend{d}.Sources(b.Context()); return err })
				b.StopTimer()
				if got := len(d.cfg.Load().Sources); got != n {
					b.Fatalf("%d sources, want %d", got, n)
				}
				if err := d.close(context.WithoutCancel(b.Context())); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
