package crawler

import (
	"bytes"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-shiori/go-readability"
	"github.com/mmcdole/gofeed"
)

// cpu is the processor time of this process, which other work on the machine
// does not change much.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// beside measures ours and theirs in turns, and reports megabytes a second of
// processor time of each and how many times as fast ours is.
func beside(b *testing.B, size int, ours, theirs func() error) {
	b.Helper()
	var spent [2]time.Duration
	for b.Loop() {
		for i, do := range []func() error{ours, theirs} {
			runtime.GC() // each pays for its own garbage
			began := cpu()
			for range 1 + 1<<20/size {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
			spent[i] += cpu() - began
		}
	}
	rate := func(d time.Duration) float64 { return float64(size*(1+1<<20/size)) * float64(b.N) / 1e6 / d.Seconds() }
	b.ReportMetric(rate(spent[0]), "MB/cpu-s")
	b.ReportMetric(rate(spent[1]), "theirs-MB/cpu-s")
	b.ReportMetric(rate(spent[0])/rate(spent[1]), "x")
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

// benchShapes are feeds as others put them out.
func benchShapes() map[string][]byte {
	words := "Nordlicht Pharma said on Monday that its new plant would open in spring and hire. "
	var news, atom, rdf strings.Builder
	news.WriteString(feedHead)
	atom.WriteString(`<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Nordlicht</title><link href="http://nordlicht.test/"/>`)
	rdf.WriteString(`<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Nordlicht</title></channel>`)
	for i := range 50 {
		fmt.Fprintf(&news, `<item><title>Story %d</title><link>http://nordlicht.test/%d</link><guid isPermaLink="false">n%d</guid><pubDate>Sun, 01 Mar 2026 09:%02d:00 GMT</pubDate><category>Plants</category><description>%s</description></item>`, i, i, i, i, strings.Repeat(words, 3))
		fmt.Fprintf(&atom, `<entry><id>tag:nordlicht.test,2026:%d</id><title type="html">Story %d &amp;amp; more</title><link rel="alternate" href="http://nordlicht.test/%d"/><published>2026-03-01T09:%02d:00Z</published><updated>2026-03-01T10:00:00+01:00</updated><author><name>Ada Berg</name></author><content type="html">%s</content></entry>`,
			i, i, i, i, strings.Repeat("&lt;p class=&quot;a&quot;&gt;"+words+"&lt;/p&gt;", 20))
		fmt.Fprintf(&rdf, `<item rdf:about="http://nordlicht.test/%d"><title>Story %d</title><link>http://nordlicht.test/%d</link><dc:date>2026-03-01T09:%02d:00Z</dc:date><dc:creator>Ada Berg</dc:creator><description>%s</description></item>`, i, i, i, i, strings.Repeat(words, 3))
	}
	news.WriteString("</channel></rss>")
	atom.WriteString("</feed>")
	rdf.WriteString("</rdf:RDF>")
	return map[string][]byte{"blog": benchFeed(50), "news": []byte(news.String()), "atom": []byte(atom.String()), "rdf": []byte(rdf.String())}
}

// BenchmarkParseFeed reads feeds of 50 items, guards, repair and plain text
// included, and so does gofeed without any of them.
func BenchmarkParseFeed(b *testing.B) {
	for name, data := range benchShapes() {
		b.Run(name, func(b *testing.B) {
			beside(b, len(data), func() error {
				f, err := ParseFeed(data, "application/rss+xml")
				if err == nil && len(f.Items) != 50 {
					err = fmt.Errorf("%d items", len(f.Items))
				}
				return err
			}, func() error {
				_, err := gofeed.NewParser().Parse(bytes.NewReader(data))
				return err
			})
		})
	}
}

// BenchmarkExtract takes the article out of a short page and a long one, and
// so does go-readability.
func BenchmarkExtract(b *testing.B) {
	for _, more := range []int{8, 300} {
		page := []byte(strings.Replace(story("Nordlicht opens a plant in Kiel", ""), "</article>",
			strings.Repeat("<p>Nordlicht Pharma said on Monday that its new plant in Kiel would open in spring, a year late, and that it would hire.</p>\n<div class=\"teaser\"><a href=\"/a\">Read</a></div>\n", more)+"</article>", 1))
		b.Run(fmt.Sprintf("%dKiB", len(page)>>10), func(b *testing.B) {
			at, err := url.Parse("http://nordlicht.test/news/a.html")
			if err != nil {
				b.Fatal(err)
			}
			beside(b, len(page), func() error {
				_, err := Extract(page, "http://nordlicht.test/news/a.html")
				return err
			}, func() error {
				_, err := readability.FromReader(bytes.NewReader(page), at)
				return err
			})
		})
	}
}
