package demo

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tidy squeezes spaces, starts sentences with a capital and turns the
// paragraph sign into an empty line.
func tidy(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 8)
	start, space := true, true // at the start of a sentence; spaces are dropped
	for i, c := range text {
		switch {
		case c == ' ':
			if !space && !closes(text[i:]) {
				b.WriteByte(' ')
			}
			space = true
			continue
		case c == '¶':
			trimmed := strings.TrimRight(b.String(), " ")
			b.Reset()
			b.WriteString(trimmed)
			b.WriteString("\n\n")
			start, space = true, true
			continue
		case start && unicode.IsLetter(c):
			b.WriteRune(unicode.ToUpper(c))
			start = false
		default:
			b.WriteRune(c)
			start = ends(c, text[i+utf8.RuneLen(c):]) || start && !unicode.IsDigit(c) && c != '@' && c != '#' && c != '.'
		}
		space = false
	}
	return strings.TrimSpace(b.String())
}

// ends reports whether a sentence is over after c.
func ends(c rune, rest string) bool {
	if c != '.' && c != '!' && c != '?' {
		return false
	}
	return strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\"")
}

// closes reports whether nothing but a comma or full stop comes after the
// spaces, which an optional word that was left out has left behind.
func closes(rest string) bool {
	rest = strings.TrimLeft(rest, " ")
	return strings.HasPrefix(rest, ",") || strings.HasPrefix(rest, ". ") || rest == "."
}

// A voice is how one author writes.
type voice int

const (
	voicePlain   voice = iota
	voiceLower         // never a capital
	voiceLoud          // a word in capitals, more exclamation marks
	voiceHasty         // typing errors
	voiceShort         // abbreviations
	voiceStretch       // sooo
	voiceDots          // trailing off...
	voiceCount
)

var shorter = strings.NewReplacer(
	" you ", " u ", " because ", " bc ", " and ", " & ", " are ", " r ", " please ", " pls ", " people ", " ppl ",
	" really ", " rly ", " with ", " w/ ", " without ", " w/o ", " about ", " abt ", " for ", " 4 ",
)

var longer = strings.NewReplacer(" so ", " sooo ", " no ", " nooo ", " really ", " reaaally ", " not ", " NOT ", " what ", " whaaat ", " great ", " greeeat ")

// speak gives a text the voice of its author.
func (p *pen) speak(v voice, text string) string {
	switch v {
	case voiceLower:
		return strings.ToLower(text)
	case voiceLoud:
		return strings.ReplaceAll(p.shout(text), ". ", "!! ")
	case voiceHasty:
		return p.slip(p.slip(text))
	case voiceShort:
		return shorter.Replace(text)
	case voiceStretch:
		return longer.Replace(text)
	case voiceDots:
		return strings.ReplaceAll(text, ". ", "... ")
	default:
		return text
	}
}

// shout puts one plain word in capitals.
func (p *pen) shout(text string) string {
	words := strings.Split(text, " ")
	if i, ok := p.plainWord(words); ok {
		words[i] = strings.ToUpper(words[i])
	}
	return strings.Join(words, " ")
}

// slip swaps two letters inside one plain word.
func (p *pen) slip(text string) string {
	words := strings.Split(text, " ")
	if i, ok := p.plainWord(words); ok {
		w := []byte(words[i])
		k := 1 + p.rng.IntN(len(w)-3)
		w[k], w[k+1] = w[k+1], w[k]
		words[i] = string(w)
	}
	return strings.Join(words, " ")
}

// plainWord picks a word of lower-case letters that carries no story: a
// planted truth must survive every voice.
func (p *pen) plainWord(words []string) (int, bool) {
	for range 8 {
		i := p.rng.IntN(len(words))
		if len(words[i]) >= 5 && plain(words[i]) && !strings.HasPrefix(words[i], "recall") {
			return i, true
		}
	}
	return 0, false
}

func plain(word string) bool {
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return false
		}
	}
	return true
}

// slug makes a piece of an address out of a title.
func slug(title string) string {
	var b strings.Builder
	dash := true
	for _, c := range strings.ToLower(title) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
			dash = false
		} else if !dash {
			b.WriteByte('-')
			dash = true
		}
		if b.Len() >= 60 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}
