package crawler

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

// quickly compares the two ways to read a feed, and tells whether the quick
// one took it.
func quickly(t interface{ Fatalf(string, ...any) }, data []byte) bool {
	text := withoutControls(withoutProlog(toUTF8(data, "")))
	fast, ok := quickFeed(text)
	if !ok {
		return false
	}
	slow, err := parseXML(text)
	if err != nil || slow.Salvaged != "" {
		t.Fatalf("the parser refuses what was read quickly: %v\n%.2000q", err, text)
	}
	if d := cmp.Diff(slow, fast); d != "" {
		t.Fatalf("the quick way reads otherwise than the parser (-parser +quick):\n%s\n%.2000q", d, bytes.TrimSpace(text))
	}
	return true
}

// quickSeeds are feeds of every shape, ordinary ones first.
func quickSeeds(tb testing.TB) (ordinary, odd []string) {
	tb.Helper()
	for _, data := range benchShapes() {
		ordinary = append(ordinary, string(data))
	}
	ordinary = append(
		ordinary,
		rssItems(rssItem1(1, "a"), rssItem1(2, "b")),
		`<rss version="2.0" xmlns:m="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>a<![CDATA[<b>]]>&amp;c</title>
<itunes:author>Ada</itunes:author><item><title/><m:group><m:title> T
 <![CDATA[x]]>&#65;</m:title><m:category label="L &lt; M">v</m:category></m:group><itunes:summary>S</itunes:summary><content:encoded>&lt;p>x&lt;/p></content:encoded><dcterms:issued>2026-03-01</dcterms:issued><summary>other <i>one</i></summary></item></channel></rss>`,
		`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>b</b></div></title><entry><id> http://x.test/a b </id><link HREF="x" href=" /rel?a=%zz"/><author><name>N</name><email>e@x.test</email></author><category term="t" label=""/><title><!-- no -->T &copy; &copy=2; &foo; &#x41;</title><issued>2026-03-01T10:00:00Z</issued><content type="text/plain">&lt;p</content></entry></feed>`,
		"<rss><channel><item><guid isPermaLink='true'>http://x.test/1</guid><author>a@x.test (Ada)</author>\r\n<description>one\r\ntwo</description></item></channel></rss><!-- made in 0.1 s -->\n",
	)
	odd = []string{
		`<rss xml:base="http://x.test/"><channel><item><link>a</link></item></channel></rss>`,
		`<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><item><title>&a;</title></item></channel></rss>`,
		`<rss><channel><item><title>a<br>b</title></item></channel></rss>`,
		`<rss><channel><item><title>a]]>b</title></item></channel></rss>`,
		`<rss><channel><item><title>a&#2;b</title></item></channel></rss>`,
		`<rss><channel><item><title checked>a</title></item></channel></rss>`,
		`<rss><channel><item><pubDate>in spring</pubDate></item></channel></rss>`,
		`<rss><channel><item><title>a</title><pubDate>Sun, 01 Mar 2026 09:00:00 GMT</pubDate><pubDate></pubDate></item></channel></rss>`,
		`<rss><channel><item><!-- a -- b --><title>a</title></item></channel></rss>`,
		`<feed xmlns="http://purl.org/atom/ns#"><entry><created>2026-03-01</created><content mode="base64">YQ==</content></entry></feed>`,
		`<rss xmlns:media="http://purl.org/rss/1.0/modules/slash/"><channel><item><media:title>a</media:title></item></channel></rss>`,
		`<rss><channel>` + strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300) + `</channel></rss>`,
		`<rss><channel>` + strings.Repeat("<item/>", maxItems+1) + `</channel></rss>`,
		`<html><body>no feed</body></html>`, "", "<", "<r", "<?x", "<!--", "<rss", "<rss a", "<rss a=", "<rss a='", "<rss><", "<rss></", "<rss><![CDATA[", "<rss>&", "<rss/",
	}
	return ordinary, odd
}

func TestQuickReadsAsTheParserDoes(t *testing.T) {
	ordinary, odd := quickSeeds(t)
	for _, s := range ordinary {
		if !quickly(t, []byte(s)) {
			t.Errorf("an ordinary feed goes to the parser:\n%.500s", s)
		}
	}
	for _, s := range odd {
		if quickly(t, []byte(s)) {
			t.Errorf("an odd feed is read quickly:\n%.500s", s)
		}
	}
	paths, err := filepath.Glob(filepath.Join("testdata", "feeds", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no feeds: %v", err)
	}
	for _, path := range paths {
		for _, f := range txtar.Parse(readFile(t, path)).Files {
			if f.Name == "feed" {
				quickly(t, f.Data)
			}
		}
	}
}

// TestQuickOnFeedsPutTogether draws feeds from the pieces that matter to the
// two parsers.
func TestQuickOnFeedsPutTogether(t *testing.T) {
	names := []string{"title", "link", "Item", "item", "entry", "description", "content:encoded", "content", "summary", "id", "guid", "author", "name", "email", "category", "dc:date", "dc:creator", "dcterms:issued", "media:group", "media:title", "itunes:category", "atom:link", "a:b", "x", "pubDate", "updated", "published", "comments", "encoded", "rss:title", "created", "ttl", "source"}
	pieces := []string{"text", " ", "\n", "\r\n", "&amp;", "&lt;b&gt;", "&nbsp;", "&copy=", "&", "&#65;", "&#x0a;", "&#0;", "&#xd800;", "&apos;", "&AMP;", "<![CDATA[<p>c</p>]]>", "<![CDATA[]]>", "<!-- c -->", "<?pi x?>", "]]", "ü", "2026-03-01T10:00:00Z", "Sun, 01 Mar 2026 09:00:00 GMT", "1 mars 2026", "http://x.test/a b", "a@x.test (Ada)", "]]>", "<br>", "<", "'", "\""}
	attrs := []string{` href="/a?b=c&amp;d"`, ` rel='alternate'`, ` type="html"`, ` type="xhtml"`, ` type="text"`, ` isPermaLink="false"`, ` label="l&lt;"`, ` term="t"`, ` rdf:about="http://x.test/r"`, ` xmlns="http://purl.org/rss/1.0/"`, ` xmlns:media="http://search.yahoo.com/mrss/"`, ` xmlns:a="http://www.w3.org/2005/Atom"`, ` xmlns:dc="http://purl.org/dc/elements/1.1/"`, ` xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"`, ` xmlns:x="urn:x"`, ` x`, ` mode="escaped"`, ` xml:lang="de"`, ` text="t" `, "\n uri = ' b'"}
	roots := [][2]string{{`<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>`, "</channel></rss>"}, {`<feed xmlns="http://www.w3.org/2005/Atom">`, "</feed>"}, {`<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`, "</rdf:RDF>"}, {"<rss><channel>", "</channel></rss>\n"}, {`<feed>`, "</feed><!-- x -->"}}
	took, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		var element func(depth int)
		element = func(depth int) {
			name := rapid.SampledFrom(names).Draw(t, "name")
			if depth == 0 && rapid.IntRange(0, 2).Draw(t, "as") > 0 {
				name = map[bool]string{true: "entry", false: "item"}[strings.HasPrefix(b.String(), "<feed")]
			}
			b.WriteString("<" + name)
			for range max(0, rapid.IntRange(-2, 2).Draw(t, "attrs")) {
				b.WriteString(rapid.SampledFrom(attrs).Draw(t, "attr"))
			}
			if rapid.IntRange(0, 9).Draw(t, "empty") == 0 {
				b.WriteString("/>")
				return
			}
			b.WriteString(">")
			for range rapid.IntRange(0, 4).Draw(t, "inside") {
				if depth < 4 && rapid.Bool().Draw(t, "element") {
					element(depth + 1)
				} else if i := rapid.IntRange(0, 3*len(pieces)).Draw(t, "piece"); i < len(pieces) {
					b.WriteString(pieces[i])
				}
			}
			b.WriteString("</" + name + ">")
		}
		root := rapid.SampledFrom(roots).Draw(t, "root")
		b.WriteString(root[0])
		for range rapid.IntRange(1, 4).Draw(t, "children") {
			element(0)
		}
		b.WriteString(root[1])
		all++
		if quickly(t, []byte(b.String())) {
			took++
		}
	})
	t.Logf("%d of %d read quickly", took, all)
	if took*10 < all {
		t.Errorf("%d of %d feeds were read quickly: too few to compare", took, all)
	}
}

func FuzzQuick(f *testing.F) {
	ordinary, odd := quickSeeds(f)
	for _, s := range append(ordinary, odd...) {
		if len(s) < 4000 {
			f.Add([]byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { quickly(t, data) })
}
