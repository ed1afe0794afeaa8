package nlp

import (
	"strings"
	"sync"
	"unicode"
)

// titled reports whether every word inside w begins in upper case, by the rule
// of strings.Title, which prose uses.
func titled(w string) bool {
	prev := ' '
	for _, r := range w {
		if !isTitleLetter(prev) && unicode.ToTitle(r) != r {
			return false
		}
		prev = r
	}
	return true
}

// isTitleLetter reports whether strings.Title takes r for part of a word.
func isTitleLetter(r rune) bool {
	if r <= 0x7F {
		return r < 0x80 && isHandleByte(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || !unicode.IsSpace(r)
}

// emoticons are the ones that prose keeps whole (its tokenize.go, MIT licence).
const emoticons = ` (-8 (-; (-_-) (._.) (: (= (o: (¬_¬) (ಠ_ಠ) (╯°□°）╯︵┻━┻ -__- 8-) 8-D 8D :( :(( :((( :() :))) :-) :-)) :-))) :-* :-/ :-X :-] :-o :-p :-x :-| :-} :0 :3 :P :] :` +
	"`( :`) :`-(" + ` :o :o) =( =) =D =| @_@ O.o O_o V_V XDD [-: ^___^ o_0 o_O o_o v_v xD xDD ¯\(ツ)/¯ `

var emoticonSet = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for e := range strings.FieldsSeq(emoticons) {
		set[e] = true
	}
	return set
})

// isEmoticon reports whether prose takes w for an emoticon.
func isEmoticon(w string) bool { return len(w) > 1 && len(w) <= 40 && emoticonSet()[w] }
