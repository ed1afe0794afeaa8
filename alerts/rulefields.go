package alerts

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"earshot/mention"
)

// fieldKinds says which kinds read a field; a field that its kind would not
// read is a fault, so that nobody waits for what cannot come.
var fieldKinds = map[string][]string{
	"count":           {KindThreshold, KindSpike, KindDrop, KindNewTerm, KindRatio, KindSentimentShift, KindShareOfVoice},
	"window":          {KindThreshold, KindSpike, KindDrop, KindFlatline, KindNewTerm, KindRatio, KindSentimentShift, KindShareOfVoice},
	"min_authors":     {KindThreshold, KindSpike},
	"min_sites":       {KindThreshold, KindSpike},
	"sensitivity":     {KindSpike, KindDrop},
	"of":              {KindRatio},
	"above":           {KindRatio, KindShareOfVoice},
	"below":           {KindRatio, KindShareOfVoice},
	"change":          {KindRatio, KindShareOfVoice, KindSentimentShift},
	"for":             {KindThreshold, KindSpike, KindDrop, KindFlatline, KindRatio, KindSentimentShift, KindShareOfVoice},
	"keep_firing_for": {KindMatch, KindThreshold, KindSpike, KindDrop, KindFlatline, KindNewTerm, KindRatio, KindSentimentShift, KindShareOfVoice, KindCompetitorActivity},
	"repeat_every":    {KindMatch, KindThreshold, KindSpike, KindDrop, KindFlatline, KindNewTerm, KindRatio, KindSentimentShift, KindShareOfVoice, KindCompetitorActivity},
	"on_edit":         {KindMatch, KindCompetitorActivity},
	"by":              {KindMatch, KindThreshold, KindSpike, KindDrop, KindFlatline, KindNewTerm, KindRatio, KindSentimentShift, KindShareOfVoice, KindCompetitorActivity},
	"own":             {KindMatch, KindThreshold, KindSpike, KindDrop, KindFlatline, KindNewTerm, KindRatio, KindSentimentShift},
}

// fieldFaults checks the numbers of a rule against its kind.
func (r *Rule) fieldFaults() []error {
	var errs []error
	kind := r.kind()
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"count", r.Count != 0},
		{"window", r.Window != 0},
		{"min_authors", r.MinAuthors != 0},
		{"min_sites", r.MinSites != 0},
		{"sensitivity", r.Sensitivity != ""},
		{"of", r.Of != ""},
		{"above", r.Above != 0},
		{"below", r.Below != 0},
		{"change", r.Change != 0},
		{"for", r.For != 0},
		{"keep_firing_for", r.KeepFiringFor != 0},
		{"repeat_every", r.RepeatEvery != 0},
		{"on_edit", r.OnEdit},
		{"by", len(r.By) > 0},
		{"own", r.Own},
	} {
		if f.set && !slices.Contains(fieldKinds[f.name], kind) {
			errs = append(errs, fmt.Errorf("%s is not read by a rule of kind %s", f.name, kind))
		}
	}
	if r.Sensitivity != "" && !slices.Contains(Sensitivities, r.Sensitivity) {
		errs = append(errs, oneOf("sensitivity", r.Sensitivity, Sensitivities))
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"count", r.Count}, {"min_authors", r.MinAuthors}, {"min_sites", r.MinSites}} {
		if n.value < 0 || n.value > maxCount {
			errs = append(errs, fmt.Errorf("%s %d is not 1 to %d", n.name, n.value, maxCount))
		}
	}
	for _, d := range []struct {
		name  string
		value mention.Duration
	}{{"for", r.For}, {"keep_firing_for", r.KeepFiringFor}, {"repeat_every", r.RepeatEvery}} {
		if d.value < 0 || d.value.Std() > maxWindow {
			errs = append(errs, fmt.Errorf("%s %s is longer than %s", d.name, d.value, mention.Duration(maxWindow)))
		}
	}
	return append(errs, r.kindFaults()...)
}

// kindFaults says what a kind needs and does not have.
func (r *Rule) kindFaults() []error {
	var errs []error
	limits := windowLimits[r.kind()]
	if w := r.Window.Std(); w != 0 && limits.most != 0 && (w < limits.least || w > limits.most) {
		errs = append(errs, fmt.Errorf("window %s is not %s to %s", r.Window, mention.Duration(limits.least), mention.Duration(limits.most)))
	}
	switch r.kind() {
	case KindThreshold:
		if r.Count == 0 {
			errs = append(errs, errors.New("count is missing: how many mentions make an incident"))
		}
		if r.Window == 0 {
			errs = append(errs, errors.New("window is missing: over how long mentions are counted, as in 1h"))
		}
	case KindFlatline:
		if r.Window == 0 {
			errs = append(errs, errors.New("window is missing: how long nothing must come, as in 6h"))
		}
	case KindRatio:
		if r.Of == "" {
			errs = append(errs, errors.New("of is missing: the query whose share among the matches is judged, as in sentiment:negative"))
		}
		errs = append(errs, r.levelFaults()...)
	case KindShareOfVoice:
		if len(r.By) == 0 {
			errs = append(errs, errors.New("by is missing: whose share is judged, as in brand"))
		}
		errs = append(errs, r.levelFaults()...)
	case KindSentimentShift:
		if r.Change < 0 || r.Change > 200 {
			errs = append(errs, fmt.Errorf("change %g is not 1 to 200 points of net sentiment", r.Change))
		}
	}
	return errs
}

func (r *Rule) levelFaults() []error {
	var errs []error
	if r.Above == 0 && r.Below == 0 && r.Change == 0 {
		errs = append(errs, errors.New("above, below or change is missing: the per cent at which it is told"))
	}
	for _, n := range []struct {
		name  string
		value float64
	}{{"above", r.Above}, {"below", r.Below}, {"change", r.Change}} {
		if n.value < 0 || n.value > 100 {
			errs = append(errs, fmt.Errorf("%s %g is not 0 to 100 per cent", n.name, n.value))
		}
	}
	return errs
}

// windowLimits says how short and long the window of a kind may be.
var windowLimits = map[string]struct{ least, most time.Duration }{
	KindThreshold:      {time.Second, maxWindow},
	KindSpike:          {5 * time.Minute, 24 * time.Hour},
	KindDrop:           {time.Hour, 24 * time.Hour},
	KindFlatline:       {time.Minute, maxWindow},
	KindNewTerm:        {24 * time.Hour, maxWindow},
	KindRatio:          {time.Hour, maxWindow},
	KindSentimentShift: {time.Hour, maxWindow},
	KindShareOfVoice:   {time.Hour, maxWindow},
}

// CheckRules returns everything that is wrong with rules and receivers taken
// together, each fault with its place.
func CheckRules(rules []Rule, receivers []Receiver) []error {
	_, errs := checkRules(rules, receivers, nil)
	return errs
}

func checkRules(rules []Rule, receivers []Receiver, x *Examiner) ([]Examined, []error) {
	if len(rules) > MaxRules {
		return nil, []error{fmt.Errorf("rules[%d]: more than %d rules; split them over installations or join them by labels", MaxRules, MaxRules)}
	}
	if len(receivers) > MaxReceivers {
		return nil, []error{fmt.Errorf("receivers[%d]: more than %d receivers", MaxReceivers, MaxReceivers)}
	}
	var errs []error
	names := make([]string, 0, len(receivers))
	for i := range receivers {
		for _, err := range receivers[i].Faults() {
			errs = append(errs, fmt.Errorf("receivers[%d]: %w", i, err))
		}
		if id := receivers[i].ID; slices.Contains(names, id) {
			errs = append(errs, fmt.Errorf("receivers[%d]: id %q is there twice", i, id))
		} else {
			names = append(names, id)
		}
	}
	takers := slices.DeleteFunc(slices.Clone(receivers), func(r Receiver) bool { return !r.TakesNotices() })
	names = names[:0]
	for i := range takers {
		names = append(names, takers[i].ID)
	}
	for i := range receivers {
		if f := receivers[i].Fallback; f != "" && (!slices.Contains(names, f) || f == receivers[i].ID) {
			errs = append(errs, fmt.Errorf("receivers[%d]: fallback: %w", i, oneOf("receiver", f, names)))
		}
	}
	known := make(map[string]bool, len(names))
	for i := range receivers {
		known[receivers[i].ID] = receivers[i].TakesNotices()
	}
	seen := make(map[string]int, len(rules))
	examined := x.Examine(rules)
	for i := range rules {
		r := &rules[i]
		for _, err := range examined[i].Faults {
			errs = append(errs, fmt.Errorf("rules[%d]: %w", i, err))
		}
		if first, ok := seen[r.ID]; ok {
			errs = append(errs, fmt.Errorf("rules[%d]: id %q is rules[%d]'s already", i, r.ID, first))
		} else {
			seen[r.ID] = i
		}
		for _, name := range r.told() {
			if !known[name] {
				errs = append(errs, fmt.Errorf("rules[%d]: notify: %w", i, oneOf("receiver", name, names)))
			}
		}
	}
	return examined, errs
}

// told are the receivers that a rule names.
func (r *Rule) told() []string {
	list := []string(r.Notify)
	for i := range r.Escalate {
		list = append(list[:len(list):len(list)], r.Escalate[i].Notify...)
	}
	return list
}
