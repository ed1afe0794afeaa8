package nlp

import (
	"fmt"
	"strings"
	"sync"

	"github.com/jdkato/prose/v2"
	"gopkg.in/neurosnap/sentences.v1"
	"gopkg.in/neurosnap/sentences.v1/english"
)

// A token is a token of prose with its place in the original text.
type token struct {
	text       string // of the clean text
	start, end int32
	tag        uint8 // part of speech: index into base.classes
	label      uint8 // prose's entity label: index into base.labels
}

// emptyModel keeps prose from loading its own: it only cuts tokens for us.
var emptyModel prose.Model

// tokenize appends the tokens of c to dst. What prose cannot read is cut at
// white space instead.
func tokenize(dst []token, c *cleaned) []token {
	toks, err := proseTokens(c.text)
	if err != nil {
		toks = toks[:0]
		for _, f := range strings.Fields(c.text) {
			toks = append(toks, prose.Token{Text: f})
		}
	}
	at, k := 0, 0
	var delta int32
	for i := range toks {
		t := toks[i].Text
		j := strings.Index(c.text[at:], t)
		if t == "" || j < 0 {
			continue // the tokenizer made up a byte: leave it out
		}
		start := at + j
		at = start + len(t)
		delta, k = c.delta(delta, k, start)
		begin := int32(start) + delta
		delta, k = c.delta(delta, k, at)
		end := int32(at) + delta
		dst = append(dst, token{text: c.text[start:at], start: begin, end: max(end, begin)})
	}
	return dst
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

// sentenceEnds appends to dst the bytes of the clean text at which a sentence
// ends, the last one included.
func sentenceEnds(dst []int32, text string) (ends []int32) {
	if strings.IndexAny(text, ".!?") < 0 {
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
