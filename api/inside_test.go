package api

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
	"earshot/query"
)

func TestPieces(t *testing.T) {
	tests := []struct {
		name string
		text string
		list []finding
		want []piece
	}{
		{"nothing", "abc", nil, []piece{{Text: "abc"}}},
		{"empty", "", []finding{{0, 1, "brand", "b"}}, nil},
		{"whole", "abc", []finding{{0, 3, "brand", "b"}}, []piece{{"abc", "brand", "b"}}},
		{"overlap", "abcd", []finding{{0, 3, "brand", "b"}, {2, 4, "negative", "n"}}, []piece{{"ab", "brand", "b"}, {"c", "brand negative", "b, n"}, {"d", "negative", "n"}}},
		{"outside", "abc", []finding{{-1, 2, "brand", "b"}, {2, 9, "brand", "b"}, {2, 1, "brand", "b"}}, []piece{{Text: "abc"}}},
		{"inside a character", "aäb", []finding{{2, 4, "brand", "b"}}, []piece{{Text: "a"}, {"äb", "brand", "b"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, pieces(tt.text, tt.list)); diff != "" {
				t.Errorf("pieces(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func FuzzPieces(f *testing.F) {
	f.Add("Brillux ist gründlich", 0, 7, 14, 20)
	f.Add("a\xffb", 1, 2, 0, 3)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		var all strings.Builder
		for _, p := range pieces(text, []finding{{a, b, "brand", "x"}, {c, d, "negative", "y"}}) {
			if all.WriteString(p.Text); utf8.ValidString(text) && !utf8.ValidString(p.Text) {
				t.Errorf("piece %q cuts a character", p.Text)
			}
		}
		if all.String() != text {
			t.Errorf("pieces of %q make %q", text, all.String())
		}
	})
}

func FuzzSafeURL(f *testing.F) {
	f.Add("https://a.example/x?y#z")
	f.Add("java\nscript:alert(1)")
	f.Fuzz(func(t *testing.T, raw string) {
		switch got := safeURL(raw); {
		case got == "":
		case got != raw || !strings.HasPrefix(strings.ToLower(raw), "http"):
			t.Errorf("safeURL(%q) = %q", raw, got)
		}
	})
}

func FuzzPosition(f *testing.F) {
	f.Add("12-1700000000000")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePosition(s)
		if err != nil {
			return
		}
		if again, err := parsePosition(p.String()); err != nil || again != p {
			t.Errorf("parsePosition(%q) = %v, again %v, %v", s, p, again, err)
		}
	})
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestExcerptCutsBetweenWords(t *testing.T) {
	long := strings.Repeat("wörter ", 100)
	if got := excerpt(long); !utf8.ValidString(got) || !strings.HasSuffix(got, "wörter …") || len(got) > 330 {
		t.Errorf("excerpt = %q", got)
	}
	if got := excerpt(strings.Repeat("ä", 400)); !utf8.ValidString(got) {
		t.Errorf("excerpt cuts a character: %q", got)
	}
}

func TestFiringIsFoldedByRule(t *testing.T) {
	list := []mention.Incident{
		{ID: "a", Rule: "safety", Severity: mention.SeveritySafety},
		{ID: "b", Rule: "launch", Severity: mention.SeverityInfo},
		{ID: "c", Rule: "safety", Severity: mention.SeveritySafety, Acked: time.Unix(1, 0)},
		{ID: "d", Rule: "outcry", Severity: mention.SeverityCrisis},
	}
	want := []firing{{Newest: list[3], Count: 1}, {Newest: list[0], Count: 2, Acked: 1}, {Newest: list[1], Count: 1}}
	if diff := cmp.Diff(want, byRule(list)); diff != "" {
		t.Errorf("byRule (-want +got):\n%s", diff)
	}
}

func TestNarrowedQueriesCanBeRead(t *testing.T) {
	for _, q := range []string{"", "*", "a OR b", `title:"x y" AND (c OR d)`} {
		for _, value := range []string{"acme", "two words", `say "hi"`, "„so“", "a:b(c)", `back\slash`} {
			text := narrow(q, "author", value)
			if parsed, messages := query.Parse(text); parsed == nil && text != q {
				t.Errorf("narrow(%q, %q) = %s: %v", q, value, text, messages)
			}
		}
	}
}

func TestEvidenceInWords(t *testing.T) {
	long := strings.Repeat("word ", 50)
	tests := []struct {
		text string
		span mention.Span
		want string
	}{
		{"so bad", mention.Span{Start: 3, End: 6}, "“bad”"},
		{"so bad", mention.Span{Start: 3, End: 7}, ""},
		{"so bad", mention.Span{Start: 0, End: 6}, "“so bad”"},
		{long, mention.Span{End: len(long)}, "the whole of it"},
	}
	for _, tt := range tests {
		if got := evidence(tt.text, tt.span); got != tt.want {
			t.Errorf("evidence(%.20q, %v) = %q, want %q", tt.text, tt.span, got, tt.want)
		}
	}
}

func TestBrowserName(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36":                 "Chrome on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0": "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1":   "Safari on iPhone",
		"curl/8.0": "curl", "": "", "something else": "something else",
	} {
		if got := browserName(agent); got != want {
			t.Errorf("browserName(%q) = %q, want %q", agent, got, want)
		}
	}
}

func TestThrottle(t *testing.T) {
	var th throttle
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	from := netip.MustParseAddr("192.0.2.7")
	var waits []time.Duration
	for range 10 {
		th.failed("ann", from, now)
		waits = append(waits, th.wait("ann", from, now).Round(time.Second))
	}
	want := []time.Duration{0, 0, 0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("waits after failures (-want +got):\n%s", diff)
	}
	if w := th.wait("ann", netip.MustParseAddr("192.0.2.8"), now) + th.wait("bob", from, now); w != 0 {
		t.Errorf("others wait %s", w)
	}
	if w := th.wait("ann", from, now.Add(time.Minute)); w != 0 {
		t.Errorf("a minute later she waits %s", w)
	}
	th.failed("ann", from, now.Add(time.Hour)) // by then all is forgotten
	if w := th.wait("ann", from, now.Add(time.Hour)); w != 0 {
		t.Errorf("the first failure after an hour waits %s", w)
	}
	six := netip.MustParseAddr("2001:db8::1")
	for i := range 20 {
		th.failed("name"+strconv.Itoa(i), six, now)
	}
	if w := th.wait("another", netip.MustParseAddr("2001:db8::2:3"), now); w == 0 {
		t.Error("a network of IPv6 is not throttled as one")
	}
	for i := range 20_000 {
		th.failed("n"+strconv.Itoa(i), netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), now.Add(time.Duration(i)))
	}
	if len(th.list) > 3*maxThrottled {
		t.Errorf("%d are remembered, at most %d may be", len(th.list), 3*maxThrottled)
	}
	if w := th.wait("another", six, now); w == 0 {
		t.Error("many others make it forget who failed most")
	}
}
