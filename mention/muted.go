package mention

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const maxMuted = 500 // bytes of a term

// A MutedTerm is a word, tag, name, site, question or story that trends and the
// reasons of peaks never tell. It is counted, found and alerted on as before.
type MutedTerm struct {
	ID   string    `json:"id"`
	Term string    `json:"term"`          // as people read it
	Key  string    `json:"key,omitempty"` // of a story: its id
	By   string    `json:"by"`            // file, or who muted it
	At   time.Time `json:"at,omitzero"`
}

// Faults returns everything that is wrong with m.
func (m *MutedTerm) Faults() []error {
	var errs []error
	if strings.TrimSpace(m.Term) == "" || len(m.Term) > maxMuted {
		errs = append(errs, fmt.Errorf("term: a term has 1 to %d bytes", maxMuted))
	}
	switch odd := strings.IndexFunc(m.Key, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError }); {
	case len(m.Key) > maxMuted:
		errs = append(errs, fmt.Errorf("key: more than %d bytes", maxMuted))
	case odd >= 0:
		errs = append(errs, fmt.Errorf("key: %.50q is no id of a story, which has no spaces in it; leave the key out to mute a word", m.Key))
	}
	return errs
}
