package query

// A Token is one word, sign or link of a text.
type Token struct {
	Position int      // counted from 0 in each text
	Sentence int      // number of its sentence, from 0
	Start    int      // first byte in the text, sigil included
	End      int      // first byte after it
	Sigil    byte     // '#', '@', '$', or 0
	Link     bool     // an address: takes a position and holds no word
	Exact    string   // spelling and case as written, after NFKC, sigil included; empty for a link
	Forms    []string // what it answers to, the folded form first; valid until emit returns
}

// Tokenize gives emit the tokens of a title or text in their order. An index
// that puts all Forms of a token at its Position finds what Match finds.
func Tokenize(text string, emit func(Token)) {
	tokenize(text, true, emit)
}

// TokenizeAddress gives emit the tokens of a web address: its words, with no
// link among them. The url field is read so, and each link of a text.
func TokenizeAddress(address string, emit func(Token)) {
	tokenize(address, false, emit)
}

func tokenize(text string, links bool, emit func(Token)) {
	var (
		sc   = scanner{s: text, links: links}
		fm   former
		tok  Token
		last int
	)
	for pos := 0; ; {
		raw, ok := sc.next()
		if !ok {
			return
		}
		if !fm.form(text, raw) {
			continue
		}
		if pos > 0 && endsSentence(text[last:raw.start]) {
			tok.Sentence++
		}
		last = raw.end
		tok.Position, tok.Start, tok.End, tok.Sigil = pos, raw.start, raw.end, raw.sigil
		tok.Link, tok.Exact, tok.Forms = raw.kind == kindLink, "", tok.Forms[:0]
		if !tok.Link {
			tok.Exact = fm.exact(text, raw)
		}
		for i := range fm.n {
			tok.Forms = append(tok.Forms, string(fm.at(i)))
		}
		emit(tok)
		pos++
	}
}
