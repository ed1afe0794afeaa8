package nlp

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// plainClean makes a text clean byte by byte. It tells where each byte of the
// outcome came from.
func plainClean(text string) (clean string, from []int) {
	var out strings.Builder
	put := func(s string, i int) {
		out.WriteString(s)
		for k := range len(s) {
			from = append(from, i+k)
		}
	}
	run, span, limit := 0, 0, maxToken
	var last rune
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		wide := r >= utf8.RuneSelf
		switch {
		case strings.HasPrefix(text[i:], "&rsquo;"):
			put("'", i)
			i += len("&rsquo;")
			continue
		case r == '\n' || r == '\t':
			put(string(r), i)
		case r == utf8.RuneError && size == 1 || unicode.IsControl(r):
			put(" ", i)
			if !wide {
				r = ' '
			}
		case strings.ContainsRune("“”‘’", r):
			put(map[rune]string{'“': `"`, '”': `"`, '‘': "'", '’': "'"}[r], i)
		case wide && utf8.RuneLen(unicode.ToLower(r)) != size:
			put(string(unicode.ToLower(r)), i)
		case !wide && r == last && r > ' ' && !isHandleByte(byte(r)):
			if run++; run >= maxRun {
				i++
				continue
			}
			put(string(r), i)
		default:
			put(text[i:i+size], i)
		}
		if r != last {
			run = 0
		}
		last = r
		if span += size; !wide && r <= ' ' {
			span, limit = 0, maxToken
		} else if span == 1 && isURL(text[i:]) {
			limit = maxLink
		}
		if wide {
			last = 0
		}
		if i += size; span >= limit {
			put(" ", i)
			from[len(from)-1] = -1
			span, limit = 0, maxToken
		}
	}
	return out.String(), from
}

func TestCleanTextKnowsWhereItCameFrom(t *testing.T) {
	part := rapid.OneOf(
		rapid.SampledFrom([]string{" ", "\n", "\t", "&rsquo;", "&", "!!!", "....", "“", "’", "İ", "ẞ", "é", "\x00", "\x7f", "\xff", "\u0085", "http://a.b/", "www.", "_____", "😂", strings.Repeat("word", 40), strings.Repeat("é", 50), strings.Repeat("/x", 60)}),
		rapid.StringMatching(`[a-zA-Z0-9_.,!' -]{1,12}`),
		rapid.StringMatching(`[a-z.]{85,105} `),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(part, 1, 30).Draw(t, "parts"), "")
		var c cleaned
		c.clean(text)
		want, from := plainClean(text)
		if diff := cmp.Diff(want, c.text); diff != "" {
			t.Fatalf("clean form of %q: %s", text, diff)
		}
		var delta int32
		k := 0
		for at := range len(want) {
			delta, k = c.delta(delta, k, at)
			if got := at + int(delta); from[at] >= 0 && got != from[at] {
				t.Fatalf("byte %d of %q came from %d of %q, want %d", at, want, got, text, from[at])
			}
		}
	})
}
