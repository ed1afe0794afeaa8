package nlp

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/neurosnap/sentences.v1"
	"gopkg.in/neurosnap/sentences.v1/data"
)

// punkt is what the sentence splitter of prose learned, read once: prose would
// read it again for every document.
var punkt = sync.OnceValues(func() (*sentences.Storage, error) {
	b, err := data.Asset("data/english.json")
	if err != nil {
		return nil, fmt.Errorf("nlp: sentences: %w", err)
	}
	s, ok := readPunkt(string(b))
	if !ok {
		if s, err = sentences.LoadTraining(b); err != nil {
			return nil, fmt.Errorf("nlp: sentences: %w", err)
		}
	}
	for _, w := range []string{"sgt", "gov", "no"} { // which the splitter adds for English
		s.AbbrevTypes.Add(w)
	}
	return s, nil
})

// readPunkt reads what the splitter learned, an object of objects of numbers,
// in a fraction of the time that encoding/json takes.
func readPunkt(text string) (*sentences.Storage, bool) {
	s := sentences.NewStorage()
	sets := map[string]*sentences.SetString{
		"AbbrevTypes": &s.AbbrevTypes, "Collocations": &s.Collocations, "SentStarters": &s.SentStarters, "OrthoContext": &s.OrthoContext,
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(text), "{")
	for ok {
		var name string
		if name, text, ok = cutKey(text); !ok {
			break
		}
		set, known := sets[name]
		if text, ok = strings.CutPrefix(text, "{"); !ok || !known {
			return nil, false
		}
		body, rest, closed := strings.Cut(text, "}")
		if !closed || !readSet(set, body) {
			return nil, false
		}
		rest = strings.TrimSpace(rest)
		if rest == "}" {
			return s, true
		}
		text, ok = strings.CutPrefix(rest, ",")
	}
	return nil, false
}

// readSet reads words in quotes, each with its number behind a colon.
func readSet(set *sentences.SetString, body string) bool {
	*set = make(sentences.SetString, strings.Count(body, ":"))
	for {
		key, rest, ok := cutKey(body)
		if !ok {
			return strings.TrimSpace(body) == "" && len(*set) == 0
		}
		number, rest, more := strings.Cut(rest, ",")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil {
			return false
		}
		(*set)[key] = n
		if !more {
			return true
		}
		body = rest
	}
}

// cutKey cuts a name in quotes and the colon off the beginning of a text.
func cutKey(text string) (key, rest string, ok bool) {
	text, ok = strings.CutPrefix(strings.TrimLeft(text, " \n\t"), `"`)
	if !ok {
		return "", "", false
	}
	key, rest, ok = strings.Cut(text, `"`)
	if !ok || strings.IndexByte(key, '\\') >= 0 {
		return "", "", false
	}
	rest, ok = strings.CutPrefix(rest, ":")
	return key, strings.TrimLeft(rest, " "), ok
}
