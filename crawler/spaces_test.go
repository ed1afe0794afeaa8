package crawler_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"earshot/crawler"
)

// A parser that copies the name spaces around each element would take minutes
// over what packs to a few kilobytes.
func TestParseFeedRefusesNameSpacesWithoutEnd(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel `)
	for i := range 990 {
		fmt.Fprintf(&b, `xmlns:p%d="http://www.rssboard.org/media-rss" `, i)
	}
	b.WriteString(`><title>t</title><item><title>a</title>` + strings.Repeat("<p1:a/>", 30_000) + `</item></channel></rss>`)
	_, err := crawler.ParseFeed([]byte(b.String()), "")
	var fault *crawler.FetchError
	if !errors.As(err, &fault) || fault.Class != crawler.ClassTooLarge {
		t.Errorf("ParseFeed = %v, want class %s", err, crawler.ClassTooLarge)
	}
}
