package crawler

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-shiori/go-readability"
	"github.com/mmcdole/gofeed"
)

// cpuRate reports bytes a second of processor time, which other work on the
// machine does not change much.
func cpuRate(b *testing.B, size int) func() {
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return 0
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began := cpu()
	return func() { b.ReportMetric(float64(size)*float64(b.N)/1e6/(cpu()-began).Seconds(), "MB/cpu-s") }
}

// benchFeed is a feed with whole texts, as blogs put out.
func benchFeed(items int) []byte {
	var b strings.Builder
	b.WriteString(feedHead)
	for i := range items {
		fmt.Fprintf(&b, `<item><title>Story %d of the bench</title><link>http://nordlicht.test/%d</link><guid>%d</guid><pubDate>Sun, 01 Mar 2026 09:%02d:00 GMT</pubDate><description><![CDATA[<p>%s</p><p><a href="/x">more</a></p>]]></description></item>`,
			i, i, i, i%60, strings.Repeat("Nordlicht Pharma said on Monday that its new plant would open in spring &amp; hire. ", 40))
	}
	b.WriteString("</channel></rss>")
	return []byte(b.String())
}

// BenchmarkParseFeed reads a feed of 50 items with whole texts, guards, repair
// and plain text included, and so does gofeed without any of them.
func BenchmarkParseFeed(b *testing.B) {
	data := benchFeed(50)
	b.Run("earshot", func(b *testing.B) {
		b.ReportAllocs()
		defer cpuRate(b, len(data))()
		for b.Loop() {
			if f, err := ParseFeed(data, "application/rss+xml"); err != nil || len(f.Items) != 50 {
				b.Fatal(err)
			}
		}
	})
	b.Run("gofeed", func(b *testing.B) {
		b.ReportAllocs()
		defer cpuRate(b, len(data))()
		for b.Loop() {
			if _, err := gofeed.NewParser().Parse(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkExtract takes the article out of a short page and a long one, and
// so does go-readability.
func BenchmarkExtract(b *testing.B) {
	for _, more := range []int{8, 300} {
		page := []byte(strings.Replace(story("Nordlicht opens a plant in Kiel", ""), "</article>",
			strings.Repeat("<p>Nordlicht Pharma said on Monday that its new plant in Kiel would open in spring, a year late, and that it would hire.</p>\n<div class=\"teaser\"><a href=\"/a\">Read</a></div>\n", more)+"</article>", 1))
		b.Run(fmt.Sprintf("%dKiB", len(page)>>10), func(b *testing.B) {
			b.ReportAllocs()
			defer cpuRate(b, len(page))()
			for b.Loop() {
				if _, err := Extract(page, "http://nordlicht.test/news/a.html"); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("readability/%dKiB", len(page)>>10), func(b *testing.B) {
			b.ReportAllocs()
			defer cpuRate(b, len(page))()
			at, err := url.Parse("http://nordlicht.test/news/a.html")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := readability.FromReader(bytes.NewReader(page), at); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
