package mention

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A TimeNote is what a person pinned to a stretch of time and a filter: why a
// curve moves, what was done.
type TimeNote struct {
	ID     string    `json:"id"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to" doc:"first instant after it"`
	Query  string    `json:"query,omitempty" doc:"the filter; left out: everything"`
	Text   string    `json:"text"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Edited time.Time `json:"edited,omitzero"`
	Editor string    `json:"editor,omitempty"`
}

// The bounds of a [TimeNote].
const (
	MaxNoteText = 2000 // characters
	MaxNoteSpan = 10 * 366 * 24 * time.Hour
)

// Faults returns everything that is wrong with n but its query.
func (n *TimeNote) Faults() []error {
	var errs []error
	switch text := strings.TrimSpace(n.Text); {
	case text == "":
		errs = append(errs, errors.New("text: a note says something"))
	case !utf8.ValidString(text):
		errs = append(errs, errors.New("text: not UTF-8"))
	case utf8.RuneCountInString(text) > MaxNoteText:
		errs = append(errs, fmt.Errorf("text: %d characters are more than %d", utf8.RuneCountInString(text), MaxNoteText))
	}
	switch {
	case n.From.IsZero() || n.To.IsZero():
		errs = append(errs, errors.New("from, to: a note is pinned to a stretch with two ends"))
	case !n.From.Before(n.To):
		errs = append(errs, errors.New("from, to: the stretch ends before it begins"))
	case n.From.Year() < 1970 || n.To.Year() > 9999 || n.To.Sub(n.From) > MaxNoteSpan:
		errs = append(errs, errors.New("from, to: a note is pinned to at most ten years"))
	}
	return errs
}
