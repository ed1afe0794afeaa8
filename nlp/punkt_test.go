package nlp

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/neurosnap/sentences.v1"
	"gopkg.in/neurosnap/sentences.v1/english"
	"pgregory.net/rapid"
)

// splitEnds are the ends that the splitter itself finds.
func splitEnds(p *sentences.DefaultSentenceTokenizer, text string) []int32 {
	var ends []int32
	if strings.ContainsAny(text, ".!?") {
		for _, s := range p.Tokenize(text) {
			ends = append(ends, int32(s.End))
		}
	}
	if n := int32(len(text)); len(ends) == 0 || ends[len(ends)-1] < n {
		ends = append(ends, n)
	}
	return ends
}

func readEnds(r *sentenceReader, text string) []int32 {
	r.begin(text)
	var ends []int32
	for e := r.reach(1); e != math.MaxInt32; e = r.reach(e + 1) {
		ends = append(ends, e)
	}
	return ends
}

func checkEnds(t interface{ Fatalf(string, ...any) }, p *sentences.DefaultSentenceTokenizer, r *sentenceReader, text string) {
	if text == "" {
		return
	}
	if diff := cmp.Diff(splitEnds(p, text), readEnds(r, text)); diff != "" {
		t.Fatalf("sentences of %q: %s", text, diff)
	}
}

// sentenceParts are what makes a splitter think.
var sentenceParts = []string{
	"The", "the", "He", "said", "Dr.", "dr.", "Mr", "U.S.", "F.B.I.", "a.m.", "e.g.", "J.", "j.", "K", "No.", "no.", "Inc.", "inc.,", "St.", "Sgt.", "co-Corp.",
	"1.", "1", "12.5", "-3,000.", "2,", "##number##.", "3.)", ".", "..", "...", "....", "!", "?", "?!", "!!", ".\"", "?'", "!)", ".’", "?”", "a.[1]", "x!(", "y.'z", "b?\"c",
	"。", "！", "？", "；", "，", "こ。", "é.", "É.", "ÀB.c.", "“It", "‘so", "ends.”", "It", "In", "But", "A", "I", "million.", "week.", "\xff", "\xbc", "\xbc.", "İ.", "_a.b_.", "a..", "a.-.", ",", ",,.", "-.", "z,.",
	" ", " ", " ", " ", " ", " ", " ", "\n", "\n\n", "\t", "\u00a0", "\u0085", "\x01", "\x7f", "\u2003",
}

func TestSentencesEndWhereTheSplitterSays(t *testing.T) {
	p, err := english.NewSentenceTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	var r sentenceReader
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(sentenceParts), 1, 40).Draw(t, "parts")
		checkEnds(t, p, &r, strings.Join(parts, ""))
		checkEnds(t, p, &r, strings.Join(parts, " "))
	})
}

func FuzzSentences(f *testing.F) {
	p, err := english.NewSentenceTokenizer(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Mr. J. Smith of Acme Inc. paid 3.5 million U.S. dollars. He said: \"It is over.\" Was it? No. 5 was.")
	f.Add("一。二？ three.”  four")
	var r sentenceReader
	f.Fuzz(func(t *testing.T, text string) { checkEnds(t, p, &r, text) })
}
