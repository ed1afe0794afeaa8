package nlp

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/jdkato/prose/v2"
	"gopkg.in/neurosnap/sentences.v1"
	"gopkg.in/neurosnap/sentences.v1/english"
)

// A token is a token of prose with its place in the original text.
type token struct {
	text       string // of the clean text
	known      *wordFeatures
	start, end int32
	tag        uint8 // part of speech: index into base.classes
	label      uint8 // prose's entity label: index into base.labels
}

// emptyModel keeps prose from loading its own: it only cuts tokens for us.
var emptyModel prose.Model

// A piece is a token inside a run of text without white space.
type piece struct {
	from, to uint16
	known    *wordFeatures
}

// tokenize appends the tokens of c to dst. Prose cuts at white space first
// and then every run by itself, so what it made of a run is remembered.
func (t *tagger) tokenize(dst []token, c *cleaned) []token {
	text := c.text
	k := 0
	var delta int32
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		if unicode.IsSpace(r) {
			i += size
			continue
		}
		end := i
		for end < len(text) && text[end] > ' ' {
			if text[end] >= utf8.RuneSelf {
				r, size := utf8.DecodeRuneInString(text[end:])
				if unicode.IsSpace(r) {
					break
				}
				end += size
				continue
			}
			end++
		}
		if end == i { // a control character that is no space
			i++
			continue
		}
		for _, p := range t.pieces(text[i:end]) {
			from, to := i+int(p.from), i+int(p.to)
			var begin, after int32
			delta, k = c.delta(delta, k, from)
			begin = int32(from) + delta
			delta, k = c.delta(delta, k, to)
			after = int32(to) + delta
			dst = append(dst, token{text: text[from:to], known: p.known, start: begin, end: max(after, begin)})
		}
		i = end
	}
	return dst
}

// pieces are the tokens of a run without white space.
func (t *tagger) pieces(run string) []piece {
	if p, ok := t.runs.get(run); ok {
		return p
	}
	if t.entities != nil && isURL(run) && whole(run) { // no two are alike, and none says more than another
		return []piece{{0, uint16(len(run)), t.known("http://t.co/x")}}
	}
	run = strings.Clone(run)
	if whole(run) {
		out := []piece{{0, uint16(len(run)), t.known(run)}}
		t.runs.put(run, out)
		return out
	}
	var out []piece
	toks, err := proseTokens(run)
	if err != nil {
		toks = []prose.Token{{Text: run}}
	}
	at := 0
	for i := range toks {
		j := strings.Index(run[at:], toks[i].Text)
		if toks[i].Text == "" || j < 0 {
			continue // the tokenizer made up a byte: leave it out
		}
		from := at + j
		at = from + len(toks[i].Text)
		out = append(out, piece{uint16(from), uint16(at), t.known(run[from:at])})
	}
	t.runs.put(run, out)
	return out
}

// whole reports whether prose leaves a run as it is: it takes off marks at
// both ends, and cuts at apostrophes.
func whole(run string) bool {
	return strings.IndexByte(run, '\'') < 0 && strings.IndexByte(`$("[`, run[0]) < 0 && strings.IndexByte(`,)"]!;.?:'`, run[len(run)-1]) < 0
}

// proseTokens runs prose's tokenizer.
func proseTokens(text string) (toks []prose.Token, err error) {
	defer func() {
		if r := recover(); r != nil {
			toks, err = nil, fmt.Errorf("nlp: tokenize: %v", r)
		}
	}()
	doc, err := prose.NewDocument(text, prose.UsingModel(&emptyModel),
		prose.WithSegmentation(false), prose.WithTagging(false), prose.WithExtraction(false))
	if err != nil {
		return nil, fmt.Errorf("nlp: tokenize: %w", err)
	}
	return doc.Tokens(), nil
}

// punkt is the sentence splitter that prose uses, read once: prose would read
// it again for every document.
var punkt = sync.OnceValues(func() (*sentences.DefaultSentenceTokenizer, error) {
	return english.NewSentenceTokenizer(nil)
})

// sentenceEnds appends to dst the bytes of a text at which a sentence
// ends, the last one included.
func sentenceEnds(dst []int32, text string) (ends []int32) {
	if !strings.ContainsAny(text, ".!?") {
		return append(dst, int32(len(text)))
	}
	ends = dst
	defer func() {
		if r := recover(); r != nil {
			ends = append(dst[:0], int32(len(text)))
		}
	}()
	p, err := punkt()
	if err != nil {
		return append(ends, int32(len(text)))
	}
	for _, s := range p.Tokenize(text) {
		if e := int32(s.End); e > 0 && (len(ends) == 0 || e > ends[len(ends)-1]) {
			ends = append(ends, e)
		}
	}
	if len(ends) == 0 || ends[len(ends)-1] < int32(len(text)) {
		ends = append(ends, int32(len(text)))
	}
	return ends
}
