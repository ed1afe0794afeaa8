package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"earshot/mention"
	"earshot/query"
)

// The kinds of rules.
const (
	KindMatch              = "match"
	KindThreshold          = "threshold"
	KindSpike              = "spike"
	KindDrop               = "drop"
	KindFlatline           = "flatline"
	KindNewTerm            = "new_term"
	KindRatio              = "ratio"
	KindSentimentShift     = "sentiment_shift"
	KindShareOfVoice       = "share_of_voice"
	KindCompetitorActivity = "competitor_activity"
	KindSafety             = "safety"
)

// Kinds lists the kinds of rules in the order they are told to people.
var Kinds = []string{
	KindMatch, KindThreshold, KindSpike, KindDrop, KindFlatline, KindNewTerm, KindRatio,
	KindSentimentShift, KindShareOfVoice, KindCompetitorActivity, KindSafety,
}

// Severities lists the severities, mildest first.
var Severities = []string{mention.SeverityInfo, mention.SeverityWarning, mention.SeverityCrisis, mention.SeveritySafety}

// Sensitivities lists how easily a spike or drop is told, least easily first.
var Sensitivities = []string{"low", "medium", "high"}

// The limits of a rule file. One that goes beyond is refused as a whole.
const (
	MaxRules     = 20_000
	MaxReceivers = 1_000
	maxQuery     = 20_000
	maxWhere     = 4_000
	maxText      = 4_000
	maxCount     = 100_000
	maxWindow    = 28 * 24 * time.Hour
	maxNotify    = 50
)

// Words is a list of words. In the configuration one word may stand without
// brackets.
type Words []string

// UnmarshalYAML reads a word or a list of words.
func (w *Words) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*w = Words{node.Value}
		return nil
	}
	if node.Kind == yaml.SequenceNode {
		list := make(Words, 0, len(node.Content))
		for _, n := range node.Content {
			if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
				list = append(list, n.Value)
			}
		}
		if len(list) == len(node.Content) {
			*w = list
			return nil
		}
	}
	return node.Decode((*[]string)(w))
}

// UnmarshalJSON reads a word or a list of words.
func (w *Words) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*w = Words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

// A Rule is a condition and who is told when it holds.
//
// Match says which mentions it is about, in the query language; Where narrows
// them by an expression over typed fields. Mentions of a brand's own channels
// and those that people marked irrelevant are left out, but for safety.
type Rule struct {
	ID            string           `yaml:"id" json:"id"`
	Name          string           `yaml:"name,omitempty" json:"name,omitempty"`
	Match         string           `yaml:"match,omitempty" json:"match,omitempty"`                     // empty means every mention
	Where         string           `yaml:"where,omitempty" json:"where,omitempty"`                     // as in: reach > 5000 and "recall" in labels
	Kind          string           `yaml:"kind,omitempty" json:"kind,omitempty"`                       // empty means match
	Severity      string           `yaml:"severity,omitempty" json:"severity,omitempty"`               // info, warning, crisis; safety for kind safety
	By            Words            `yaml:"by,omitempty" json:"by,omitempty"`                           // an incident for each value: brand, product, site, source …
	Own           bool             `yaml:"own,omitempty" json:"own,omitempty"`                         // also what brands say on their own channels
	Count         int              `yaml:"count,omitempty" json:"count,omitempty"`                     // threshold: how many; others: the least to be told about
	Window        mention.Duration `yaml:"window,omitempty" json:"window,omitempty"`                   // over how long
	MinAuthors    int              `yaml:"min_authors,omitempty" json:"min_authors,omitempty"`         // distinct authors in the window
	MinSites      int              `yaml:"min_sites,omitempty" json:"min_sites,omitempty"`             // distinct sites in the window
	Sensitivity   string           `yaml:"sensitivity,omitempty" json:"sensitivity,omitempty"`         // spike, drop: low, medium (default), high
	Of            string           `yaml:"of,omitempty" json:"of,omitempty"`                           // ratio: the query whose share among the matches is judged
	Above         float64          `yaml:"above,omitempty" json:"above,omitempty"`                     // ratio, share_of_voice: per cent and more
	Below         float64          `yaml:"below,omitempty" json:"below,omitempty"`                     // ratio, share_of_voice: per cent and less
	Change        float64          `yaml:"change,omitempty" json:"change,omitempty"`                   // ratio, share_of_voice, sentiment_shift: points against the baseline
	For           mention.Duration `yaml:"for,omitempty" json:"for,omitempty"`                         // how long the condition must hold
	KeepFiringFor mention.Duration `yaml:"keep_firing_for,omitempty" json:"keep_firing_for,omitempty"` // how long it must not hold
	RepeatEvery   mention.Duration `yaml:"repeat_every,omitempty" json:"repeat_every,omitempty"`       // least time between notices while firing
	OnEdit        bool             `yaml:"on_edit,omitempty" json:"on_edit,omitempty"`                 // match: also when a mention is edited
	Notify        Words            `yaml:"notify,omitempty" json:"notify,omitempty"`                   // receivers
	AckWithin     mention.Duration `yaml:"ack_within,omitempty" json:"ack_within,omitempty"`           // somebody must acknowledge it so soon
	RespondWithin mention.Duration `yaml:"respond_within,omitempty" json:"respond_within,omitempty"`   // and answer it so soon
	Hours         *Hours           `yaml:"hours,omitempty" json:"hours,omitempty"`                     // in which these clocks run; nil means always
	Escalate      []Step           `yaml:"escalate,omitempty" json:"escalate,omitempty"`               // who is told while nobody acknowledges
	Department    string           `yaml:"department,omitempty" json:"department,omitempty"`           // who answers for it; empty means the first label that has one
	Playbook      string           `yaml:"playbook,omitempty" json:"playbook,omitempty"`               // what to do; told in every notice
	Disabled      bool             `yaml:"disabled,omitempty" json:"disabled,omitempty"`
	Tests         []Test           `yaml:"tests,omitempty" json:"tests,omitempty"`
}

// kind is the rule's kind with its default.
func (r *Rule) kind() string {
	if r.Kind == "" {
		return KindMatch
	}
	return r.Kind
}

// severity is the rule's severity with its default.
func (r *Rule) severity() string {
	switch {
	case r.kind() == KindSafety:
		return mention.SeveritySafety
	case r.Severity == "":
		return mention.SeverityInfo
	}
	return r.Severity
}

// Faults returns everything that is wrong with r by itself. [CheckRules] adds
// what is wrong between rules and receivers.
func (r *Rule) Faults() []error { return r.examine().Faults }

func (r *Rule) examine() Examined {
	var errs []error
	if err := mention.CheckID(r.ID); err != nil {
		errs = append(errs, err)
	}
	known := slices.Contains(Kinds, r.kind())
	if !known {
		errs = append(errs, oneOf("kind", r.Kind, Kinds))
	}
	errs = append(errs, r.severityFaults()...)
	x := Examined{mark: r.fingerprint()}
	errs = append(errs, r.readTexts(&x)...)
	for _, dim := range r.By {
		if _, ok := dimensions[dim]; !ok {
			errs = append(errs, oneOf("by", dim, dimensionNames()))
		}
	}
	if len(r.By) > 3 {
		errs = append(errs, fmt.Errorf("by names %d dimensions; at most 3", len(r.By)))
	}
	if len(r.Notify) > maxNotify {
		errs = append(errs, fmt.Errorf("notify names %d receivers; at most %d", len(r.Notify), maxNotify))
	}
	if known {
		errs = append(errs, r.fieldFaults()...)
	}
	errs = append(errs, r.clockFaults()...)
	for i := range r.Tests {
		for _, err := range r.Tests[i].Faults() {
			errs = append(errs, fmt.Errorf("tests[%d]: %w", i, err))
		}
	}
	x.Faults = errs
	return x
}

func (r *Rule) severityFaults() []error {
	switch {
	case r.Severity == "":
		return nil
	case !slices.Contains(Severities, r.Severity):
		return []error{oneOf("severity", r.Severity, Severities)}
	case r.kind() == KindSafety && r.Severity != mention.SeveritySafety:
		return []error{fmt.Errorf("severity %s: a safety rule is always of severity safety", r.Severity)}
	case r.kind() != KindSafety && r.Severity == mention.SeveritySafety:
		return []error{errors.New("severity safety is for rules of kind safety; use info, warning or crisis")}
	}
	return nil
}

// readTexts reads what is written in a language of its own, and says what is
// wrong with it.
func (r *Rule) readTexts(x *Examined) (errs []error) {
	for _, q := range []struct {
		name, text string
		into       **query.Query
		messages   *[]query.Message
	}{{"of", r.Of, &x.of, new([]query.Message)}, {"match", r.Match, &x.Match, &x.Messages}} {
		switch {
		case len(q.text) > maxQuery:
			errs = append(errs, fmt.Errorf("%s is %d bytes long; at most %d", q.name, len(q.text), maxQuery))
		case !matchesAll(q.text):
			if *q.into, *q.messages = query.Parse(q.text); hasError(*q.messages) {
				errs = append(errs, fmt.Errorf("%s: %w", q.name, &query.Error{Messages: *q.messages}))
			}
		}
	}
	if len(r.Where) > maxWhere {
		errs = append(errs, fmt.Errorf("where is %d bytes long; at most %d", len(r.Where), maxWhere))
	} else if r.Where != "" {
		var err error
		if x.where, err = compileWhere(r.Where); err != nil {
			errs = append(errs, err)
		}
	}
	for _, t := range []struct{ name, text string }{{"name", r.Name}, {"playbook", r.Playbook}} {
		if len(t.text) > maxText {
			errs = append(errs, fmt.Errorf("%s is %d bytes long; at most %d", t.name, len(t.text), maxText))
		}
	}
	return errs
}

func hasError(messages []query.Message) bool {
	return slices.ContainsFunc(messages, func(m query.Message) bool { return m.Severity == "error" })
}

// matchesAll reports whether a match text stands for every mention.
func matchesAll(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || text == "*"
}

// oneOf says that a word is none of a list, with the nearest one.
func oneOf(field, word string, list []string) error {
	hint := ""
	if near := mention.Nearest(word, list); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return fmt.Errorf("%s %q is none of %s%s", field, word, strings.Join(list, ", "), hint)
}
