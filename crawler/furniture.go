package crawler

import (
	"regexp"
	"strings"
	"unicode"
)

// furniture are lines that stand inside texts on many sites and are no part
// of them.
var furniture = regexp.MustCompile(`(?i)^(?:continue reading(?: below)?|read (?:more|also|next)\b.*|advertisements?|anzeige|werbung|publicidad|publicité|share (?:this|on)\b.*|follow (?:us|her|him|them) on\b.*|` +
	`(?:sign up|subscribe)\b.*|get the .{0,60}\bapp\b.*|get .{0,40}\b(?:newsletters?|inbox|letterbox)\b.*|click here\b.*|you (?:may|might) also like.*|related(?: (?:articles?|stories|posts?|content))?:?|tags:?|more:|` +
	`like this story\?.*|you must (?:log|be logged) in\b.*|have a tip\?.*|get the latest\b.*|.{0,40}\ball rights reserved\b.*|copyright ©.*|an error has occurred.*|this copy is for your personal.*|this article has been sent to.*|thank you|` +
	`there's plenty more where that came from.*|mehr zum thema:?|lesen sie auch:?.*|diesen artikel teilen.*|lire aussi:?.*|lee también:?.*|updated (?:at|on)\b.*|published (?:on )?\d.*|\[/?\w+ [^\]]*\].*|write to .{0,60}@.*)$`)

var yearNumber = regexp.MustCompile(`\b(?:19|20)\d\d\b`)

const furnitureWords = 60 // a longer line is text, whatever it begins with

// withoutFurniture takes out the lines that are no part of a text: its title
// again, bylines and dates at its head, calls to subscribe, headlines of
// other texts in capitals. A text that would lose most of itself stays.
func withoutFurniture(text, title string) string {
	lines := strings.Split(text, "\n")
	keep := make([]string, 0, len(lines))
	size, shouted := 0, 0
	for _, line := range lines {
		if capitals(line) {
			shouted++
		}
	}
	others := false // within a list of other texts
	for i, line := range lines {
		if others = otherTexts.MatchString(line) || others && isHeadline(line); others {
			continue
		}
		if isFurniture(line, title, i < 4 || i >= len(lines)-3) || 4*shouted <= len(lines) && capitals(line) {
			continue
		}
		keep = append(keep, line)
		size += len(line)
	}
	if 2*size < len(text) {
		return text
	}
	return strings.Join(keep, "\n")
}

// otherTexts is a line that a list of other texts, or of tags, follows.
var otherTexts = regexp.MustCompile(`(?i)^(?:you (?:may|might) also like\W*|related(?: (?:articles?|stories|posts?|content|coverage))?:?|read more:|more:|see also:?|tags:?|mehr zum thema:?|lesen sie auch:?|lire aussi:?|lee también:?|leia também:?)$`)

// isHeadline reports a line that is no sentence of a text.
func isHeadline(line string) bool {
	return len(strings.Fields(line)) <= 18 && !strings.ContainsAny(line[len(line)-min(len(line), 4):], ".!”\"")
}

func isFurniture(line, title string, margin bool) bool {
	words := len(strings.Fields(line))
	if words > furnitureWords {
		return false
	}
	if furniture.MatchString(strings.TrimSpace(line)) || title != "" && folded(line) == folded(title) {
		return true
	}
	if !margin || words > 10 {
		return false
	}
	if bylineText.MatchString(line) || words == 1 && strings.Contains(line, "://") {
		return true
	}
	_, isDate := parseDate(line)
	return isDate && yearNumber.MatchString(line) && !strings.ContainsAny(line, "!?") && !strings.HasSuffix(line, ".")
}

// capitals reports a short line shouted from beginning to end: the headline of
// another text. Where many lines are, it is how the text is written.
func capitals(line string) bool {
	if words := len(strings.Fields(line)); words < 4 || words > 16 || strings.ContainsAny(line, "0123456789€$£") {
		return false
	}
	upper, lower := 0, 0
	for _, r := range line {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return upper >= 12 && lower*20 < upper
}
