package query

import (
	"fmt"
	"strings"
)

// The severities of a [Message].
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// A Message says what is wrong with a query, where, and what to write instead.
type Message struct {
	Code     string `json:"code"`
	Severity string `json:"severity"` // SeverityError or SeverityWarning
	Message  string `json:"message"`
	At       int    `json:"at"` // byte offset in the query
	Hint     string `json:"hint"`
}

// String returns the message on one line.
func (m Message) String() string {
	s := fmt.Sprintf("%s at %d: %s", m.Code, m.At, m.Message)
	if m.Hint != "" {
		s += " (" + m.Hint + ")"
	}
	return s
}

// An Error is a query that cannot be asked. Callers that take a query as text
// return it, so that every place gives the same messages.
type Error struct {
	Messages []Message
}

// Error returns the messages, errors first.
func (e *Error) Error() string {
	parts := make([]string, len(e.Messages))
	for i, m := range e.Messages {
		parts[i] = m.String()
	}
	return "query: " + strings.Join(parts, "; ")
}

// fault is the error that ends a parse.
type fault struct {
	m Message
}

func (f *fault) Error() string {
	return f.m.String()
}
