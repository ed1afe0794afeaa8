package crawler

import (
	"errors"
	"strings"
	"testing"
)

func TestExtractSmallPage(t *testing.T) {
	tests := []struct{ name, page, title, text, language string }{
		{
			"one paragraph", `<html lang=en><body><main><h1>Prices up</h1><p>One short paragraph about Tensivane with ten words.</p></main></body></html>`,
			"Prices up", "One short paragraph about Tensivane with ten words.", "en",
		},
		{
			"blocks and what stands around", `<html lang="de-AT"><head><title>Preise</title></head><body><nav>Start Kontakt</nav><h1>Preise</h1><p>Der <b>erste</b> Absatz.</p><p>Der zweite<br>Absatz.</p><footer>Impressum</footer></body></html>`,
			"Preise", "Der erste Absatz.\nDer zweite\nAbsatz.", "de",
		},
		{
			"an article among others", `<html lang=fr><body><p>Ailleurs.</p><article><h1>Titre court</h1><p>Un seul paragraphe.</p></article></body></html>`,
			"Titre court", "Un seul paragraphe.", "fr",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Extract([]byte(tt.page), "")
			if err != nil {
				t.Fatal(err)
			}
			if a.Title != tt.title || a.Text != tt.text || a.Language != tt.language {
				t.Errorf("title %q, text %q, language %q; want %q, %q, %q", a.Title, a.Text, a.Language, tt.title, tt.text, tt.language)
			}
		})
	}
}

func TestAdviceForFiles(t *testing.T) {
	_, err := ParseFeed([]byte("<html><body><p>A page</p></body></html>"), "")
	fe, ok := errors.AsType[*FetchError](err)
	if !ok || fe.Class != ClassNotFeed {
		t.Fatalf("ParseFeed = %v, want class %s", err, ClassNotFeed)
	}
	if got := fe.Message(); !strings.HasPrefix(got, "this is no feed: ") || strings.Contains(got, "sources test") {
		t.Errorf("for a file: %q", got)
	}
	fe.URL = "https://news.example/"
	if got := fe.Message(); !strings.Contains(got, "earshot sources test URL") {
		t.Errorf("for an address: %q", got)
	}
}
