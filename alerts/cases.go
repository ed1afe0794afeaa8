package alerts

import (
	"errors"
	"fmt"
	"time"

	"earshot/mention"
)

// A Test is a case beside a rule: mentions, and the transitions that must
// come of them. Mentions arrive when they say they were published.
type Test struct {
	Name   string       `yaml:"name" json:"name"`
	Given  []TestEntry  `yaml:"given" json:"given"`
	Until  time.Time    `yaml:"until,omitempty" json:"until,omitzero"` // time goes on to here; zero means a day after the last mention
	Expect []TestExpect `yaml:"expect,omitempty" json:"expect,omitempty"`
}

// A TestEntry is a canned mention, as often as Times says, Every apart.
type TestEntry struct {
	At        time.Time        `yaml:"at" json:"at"`
	Times     int              `yaml:"times,omitempty" json:"times,omitempty"` // 0 means once
	Every     mention.Duration `yaml:"every,omitempty" json:"every,omitempty"`
	Title     string           `yaml:"title,omitempty" json:"title,omitempty"`
	Text      string           `yaml:"text,omitempty" json:"text,omitempty"`
	Author    string           `yaml:"author,omitempty" json:"author,omitempty"`
	Site      string           `yaml:"site,omitempty" json:"site,omitempty"`
	Source    string           `yaml:"source,omitempty" json:"source,omitempty"`
	Lang      string           `yaml:"lang,omitempty" json:"lang,omitempty"`
	Kind      mention.Kind     `yaml:"kind,omitempty" json:"kind,omitempty"`
	Sentiment string           `yaml:"sentiment,omitempty" json:"sentiment,omitempty"`
	Brands    Words            `yaml:"brands,omitempty" json:"brands,omitempty"`
	Products  Words            `yaml:"products,omitempty" json:"products,omitempty"`
	Labels    Words            `yaml:"labels,omitempty" json:"labels,omitempty"`
	Story     string           `yaml:"story,omitempty" json:"story,omitempty"`
	Reach     *float64         `yaml:"reach,omitempty" json:"reach,omitempty"`
	Safety    bool             `yaml:"safety,omitempty" json:"safety,omitempty"`
}

// A TestExpect is a transition that must happen.
type TestExpect struct {
	State string    `yaml:"state" json:"state"`
	At    time.Time `yaml:"at,omitempty" json:"at,omitzero"` // zero means whenever
	Group string    `yaml:"group,omitempty" json:"group,omitempty"`
}

// maxTestMentions bounds a case.
const maxTestMentions = 10_000

// Faults returns everything that is wrong with t.
func (t *Test) Faults() []error {
	var errs []error
	if t.Name == "" {
		errs = append(errs, errors.New("name is missing"))
	}
	total := 0
	for i := range t.Given {
		g := &t.Given[i]
		total += max(g.Times, 1)
		if g.At.IsZero() {
			errs = append(errs, fmt.Errorf("given[%d]: at is missing", i))
		}
		if g.Title == "" && g.Text == "" {
			errs = append(errs, fmt.Errorf("given[%d]: neither title nor text", i))
		}
		if g.Times < 0 || g.Times > 1 && g.Every < 0 {
			errs = append(errs, fmt.Errorf("given[%d]: times and every must not be negative", i))
		}
	}
	if total > maxTestMentions {
		errs = append(errs, fmt.Errorf("%d mentions given; at most %d", total, maxTestMentions))
	}
	for i := range t.Expect {
		switch t.Expect[i].State {
		case mention.StatePending, mention.StateFiring, mention.StateResolved, mention.StateInactive, mention.StateNoData:
		default:
			errs = append(errs, fmt.Errorf("expect[%d]: state %q is none of pending, firing, resolved, inactive, no_data", i, t.Expect[i].State))
		}
	}
	return errs
}
