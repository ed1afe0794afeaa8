package alerts

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"earshot/mention"
	"earshot/query"
)

// A Subscription has what a saved search finds sent to somebody: by mail to
// the addresses of To, or to a webhook that is configured.
type Subscription struct {
	ID    string           `yaml:"id" json:"id"`
	Query string           `yaml:"query" json:"query"`
	Name  string           `yaml:"name,omitempty" json:"name,omitempty"`
	Via   string           `yaml:"via" json:"via"`                         // receiver: a webhook, or an email whose server and sender are used
	To    Words            `yaml:"to,omitempty" json:"to,omitempty"`       // addresses, for an email
	Every mention.Duration `yaml:"every,omitempty" json:"every,omitempty"` // one digest every so often; 0 means at once, an hour's stories together
}

// subscribed is what begins the ids of a subscription's rule and receiver.
const subscribed = "subscription-"

// MaxSubscriptions bounds them, together with the rules.
const MaxSubscriptions = 5_000

// Faults returns everything that is wrong with s by itself.
func (s *Subscription) Faults() []error {
	var errs []error
	if err := mention.CheckID(s.ID); err != nil {
		errs = append(errs, err)
	}
	switch _, messages := query.Parse(s.Query); {
	case matchesAll(s.Query):
		errs = append(errs, errors.New("query is missing: a subscription to everything would be a stream"))
	case len(s.Query) > maxQuery:
		errs = append(errs, fmt.Errorf("query is %d bytes long; at most %d", len(s.Query), maxQuery))
	case hasError(messages):
		errs = append(errs, fmt.Errorf("query: %w", &query.Error{Messages: messages}))
	}
	if s.Via == "" {
		errs = append(errs, errors.New("via is missing: the receiver that is used"))
	}
	if len(s.To) > maxNotify {
		errs = append(errs, fmt.Errorf("to names %d addresses; at most %d", len(s.To), maxNotify))
	}
	for _, to := range s.To {
		if _, err := mail.ParseAddress(to); err != nil || strings.ContainsAny(to, "\r\n") {
			errs = append(errs, fmt.Errorf("to %q is not an address", to))
		}
	}
	if d := s.Every.Std(); d != 0 && (d < time.Minute || d > 7*24*time.Hour) {
		errs = append(errs, fmt.Errorf("every %s is not 1m to 7d", s.Every))
	}
	return errs
}

// Subscribe gives the rule and the receiver that a subscription stands for.
func (s *Subscription) Subscribe(receivers []Receiver) (Rule, Receiver, error) {
	r := Rule{ID: subscribed + s.ID, Name: s.Name, Match: s.Query, Notify: Words{subscribed + s.ID}}
	if r.Name == "" {
		r.Name = s.ID
	}
	for i := range receivers {
		if receivers[i].ID != s.Via {
			continue
		}
		to := receivers[i]
		switch {
		case !to.TakesNotices():
			return r, to, fmt.Errorf("via: %s is a %s, which takes no notices", s.Via, to.Kind)
		case to.Kind == ReceiverEmail && len(s.To) == 0:
			return r, to, errors.New("to is missing: who gets the mail")
		case to.Kind == ReceiverEmail:
			to.To = s.To
		case len(s.To) > 0:
			return r, to, fmt.Errorf("to is not read: receiver %s sends no mail", s.Via)
		}
		to.ID, to.Severity, to.Digest = subscribed+s.ID, "", s.Every
		return r, to, nil
	}
	return r, Receiver{}, fmt.Errorf("via: there is no receiver %q", s.Via)
}
