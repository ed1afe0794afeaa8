package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
	"earshot/query"
	"earshot/report"
	"earshot/report/chart"
	"earshot/report/scene"
)

// ruleView is the editor of a rule.
type ruleView struct {
	New, Fixed                     bool
	Owner                          string
	ID, Kind, Severity, Match      string
	Count, Span, GroupBy, Playbook string
	Notify                         []string
	More                           string // keys that have no field of their own, as JSON
	Kinds                          []field
	Severities                     []string
	Receivers                      []ReceiverInfo
	Faults                         []string
	Matches                        uint64
	Chart                          *figure
	Incidents                      []mention.Incident
	Trial                          *trialView
	Days                           string // that a trial goes back
}

var ruleKinds = []field{
	{"match", "every mention"},
	{"threshold", "so many within a time"},
	{"spike", "more than usual"},
	{"drop", "fewer than usual"},
	{"flatline", "silence"},
	{"new_term", "a word that is new"},
	{"ratio", "a share of the talk"},
	{"sentiment_shift", "the mood turns"},
	{"share_of_voice", "a brand gains or loses voice"},
	{"competitor_activity", "a competitor acts"},
	{"safety", "possible adverse events"},
}

// formKeys have a field of their own in the editor.
var formKeys = []string{"id", "kind", "severity", "match", "count", "window", "by", "playbook", "notify"}

func ruleKeys(body json.RawMessage) map[string]any {
	keys := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	_ = d.Decode(&keys) // none: the editor is empty
	return keys
}

// textOf is a value as the editor shows it.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []string:
		return strings.Join(v, ", ")
	case []any:
		list := make([]string, len(v))
		for i := range v {
			list[i] = textOf(v[i])
		}
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(v)
}

// fill puts the keys of a rule into the fields.
func (v *ruleView) fill(keys map[string]any) {
	v.ID, v.Kind, v.Severity, v.Match = textOf(keys["id"]), textOf(keys["kind"]), textOf(keys["severity"]), textOf(keys["match"])
	v.Count, v.Span, v.GroupBy, v.Playbook = textOf(keys["count"]), textOf(keys["window"]), textOf(keys["by"]), textOf(keys["playbook"])
	for s := range strings.SplitSeq(textOf(keys["notify"]), ", ") {
		if s != "" {
			v.Notify = append(v.Notify, s)
		}
	}
	more := maps.Clone(keys)
	maps.DeleteFunc(more, func(k string, _ any) bool { return slices.Contains(formKeys, k) })
	if len(more) > 0 {
		if b, err := json.MarshalIndent(more, "", "  "); err == nil {
			v.More = string(b)
		}
	}
}

// formRule is the rule a form holds, with what is wrong with the form itself;
// what is wrong with the rule, the backend says.
func formRule(form url.Values) (map[string]any, []string) {
	rule := map[string]any{}
	var faults []string
	if more := strings.TrimSpace(form.Get("more")); more != "" {
		d := json.NewDecoder(strings.NewReader(more))
		d.UseNumber()
		if err := d.Decode(&rule); err != nil {
			faults = append(faults, "more keys: not a JSON object: "+err.Error())
		}
	}
	for _, k := range []string{"id", "kind", "severity", "match", "window", "playbook"} {
		if s := strings.TrimSpace(form.Get(k)); s != "" {
			rule[k] = s
		}
	}
	if s := strings.TrimSpace(form.Get("count")); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			faults = append(faults, fmt.Sprintf("count: %q is not a number", s))
		}
		rule["count"] = n
	}
	if s := strings.TrimSpace(form.Get("by")); s != "" {
		var list []string
		for g := range strings.SplitSeq(s, ",") {
			list = append(list, strings.TrimSpace(g))
		}
		rule["by"] = list
	}
	if list := form["notify"]; len(list) > 0 {
		rule["notify"] = list
	}
	return rule, faults
}

func (a *api) ruleNew(w http.ResponseWriter, r *http.Request) {
	v := &ruleView{New: true, Kind: "threshold", Severity: mention.SeverityWarning, Match: r.URL.Query().Get("match"), Count: "10", Span: "1h"}
	a.showRule(w, r, http.StatusOK, v)
}

func (a *api) rulePage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	rules, err := ask(r.Context(), a, "rule", a.backend.Rules)
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "rule"))
		return
	}
	i := slices.IndexFunc(rules, func(k RuleInfo) bool { return k.ID == id })
	if i < 0 {
		a.pages.fail(w, r, newProblem(http.StatusNotFound, "not-found", "there is no such rule"))
		return
	}
	v := &ruleView{Owner: rules[i].Owner, Fixed: rules[i].Owner == OwnerFile}
	v.fill(ruleKeys(rules[i].Body))
	v.ID, v.Kind, v.Match = rules[i].ID, rules[i].Kind, rules[i].Match
	if v.Severity == "" {
		v.Severity = rules[i].Severity
	}
	if len(v.Notify) == 0 {
		v.Notify = rules[i].Notify
	}
	if v.Incidents, err = a.backend.Incidents(r.Context(), IncidentFilter{Rule: id, Limit: 5}); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "rule"))
		return
	}
	a.showRule(w, r, http.StatusOK, v)
}

// showRule adds what every editor shows: who can be told, and what the query finds.
func (a *api) showRule(w http.ResponseWriter, r *http.Request, status int, v *ruleView) {
	v.Kinds = ruleKinds
	v.Severities = []string{mention.SeverityInfo, mention.SeverityWarning, mention.SeverityCrisis, mention.SeveritySafety}
	_, err := ask(r.Context(), a, "rule", func(ctx context.Context) (struct{}, error) {
		var err error
		if v.Receivers, err = a.backend.Receivers(ctx); err != nil {
			return struct{}{}, err
		}
		if q, _ := query.Parse(v.Match); v.Match == "" || q == nil {
			return struct{}{}, nil
		}
		if v.Matches, err = a.backend.Count(ctx, v.Match); err != nil {
			return struct{}{}, err
		}
		now := time.Now()
		win := report.Window{From: now.AddDate(0, 0, -30), To: now}
		s, err := a.backend.Histogram(ctx, win.Query(v.Match), "day", a.zone)
		a.pages.spread(&s, win)
		if err == nil && len(s.Buckets) > 0 {
			v.Chart = half(a.pages.history(s, "Mentions that match, last 30 days"), "match")
			v.Chart.Zoom = false
		}
		return struct{}{}, err
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "rule"))
		return
	}
	if v.Days == "" {
		v.Days = "30"
	}
	title := "New rule"
	if !v.New {
		title = "Rule " + v.ID
	}
	a.pages.show(w, r, status, "rule", view{Title: title, Here: "/alerts", Data: v})
}

// A trialView is what a rule would have told, as a page shows it.
type trialView struct {
	mention.Backtest
	Strip  *figure
	Rows   []trialRow
	Weekly string
}

// A trialRow is a firing of a rule that was tried.
type trialRow struct {
	mention.Incident
	Link  string // to the mentions of its time
	Found uint64 // how many those are; what came in late, or was edited since, may be others
}

// ruleTry shows what a rule, saved or not, would have told.
func (a *api) ruleTry(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		a.wrong(w, r, "the form could not be read")
		return
	}
	rule, faults := formRule(r.PostForm)
	v := &ruleView{New: r.PostFormValue("new") != "", Days: r.PostFormValue("days"), Faults: faults}
	v.fill(rule)
	if err := a.ownerOf(r.Context(), v); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "rule"))
		return
	}
	days, err := strconv.Atoi(v.Days)
	if err != nil || days < 1 || days > 366 {
		v.Days, days = "30", 30
	}
	status := http.StatusOK
	if len(faults) == 0 {
		if textOf(rule["id"]) == "" {
			rule["id"] = "tried" // it needs no name to be tried
		}
		var body []byte
		var b mention.Backtest
		if body, err = json.Marshal(rule); err == nil {
			b, err = a.backend.Backtest(r.Context(), body, time.Now().AddDate(0, 0, -days))
		}
		if err != nil {
			p := a.problem(r.Context(), err, "rule")
			status = p.Status
			v.Faults = append(v.Faults, p.Detail)
			for _, e := range p.Errors {
				if e.Message != p.Detail {
					v.Faults = append(v.Faults, e.Message)
				}
			}
		} else {
			v.Trial = a.trial(r.Context(), &b, rule)
		}
	}
	a.showRule(w, r, status, v)
}

// ownerOf says whose rule a form is about, and what it told so far.
func (a *api) ownerOf(ctx context.Context, v *ruleView) error {
	if v.New || v.ID == "" {
		return nil
	}
	rules, err := a.backend.Rules(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(rules, func(k RuleInfo) bool { return k.ID == v.ID }); i >= 0 {
		v.Owner, v.Fixed = rules[i].Owner, rules[i].Owner == OwnerFile
		v.Incidents, err = a.backend.Incidents(ctx, IncidentFilter{Rule: v.ID, Limit: 5})
	}
	return err
}

// maxFirings is how many firings of a trial are listed.
const maxFirings = 50

func (a *api) trial(ctx context.Context, b *mention.Backtest, rule map[string]any) *trialView {
	v := &trialView{Backtest: *b, Weekly: strconv.FormatFloat(b.PerWeek, 'f', 1, 64)}
	if !b.Done || b.Error != "" {
		return v
	}
	match := textOf(rule["match"])
	span, err := mention.ParseDuration(textOf(rule["window"]))
	if err != nil || span <= 0 {
		span = mention.Duration(time.Hour)
	}
	interval := intervalFor(report.Window{From: b.From, To: b.To})
	c := &chart.Time{Title: "When it would have fired", Interval: interval}
	values := chart.Series{Name: "firings", Ink: scene.Negative, Hatched: true}
	for at := dayStart(b.From.In(a.zone), interval); at.Before(b.To) && len(c.Buckets) < 400; {
		next := report.After(at, interval)
		c.Buckets = append(c.Buckets, chart.Bucket{From: at, To: next})
		values.Values = append(values.Values, 0)
		at = next
	}
	lane := chart.Lane{Name: "fired", Ink: scene.Negative}
	for i := range b.Incidents {
		in := &b.Incidents[i]
		q := firedQuery(in, match, rule["own"] == true, span.Std(), b.To)
		row := trialRow{Incident: *in, Link: a.pages.search(q)}
		for k := range c.Buckets {
			if !in.Fired.Before(c.Buckets[k].From) && in.Fired.Before(c.Buckets[k].To) {
				values.Values[k]++
				c.Buckets[k].Link = row.Link
			}
		}
		lane.Marks = append(lane.Marks, chart.Mark{At: in.Fired, Big: true, Tip: a.pages.when(in.Fired, "2 Jan 15:04") + ": " + in.Reason, Link: row.Link})
		if i < maxFirings {
			if row.Found, err = a.backend.Count(ctx, q); err != nil {
				row.Link = "" // of what cannot be told now
			}
			v.Rows = append(v.Rows, row)
		}
	}
	c.Series, c.Lanes = []chart.Series{values}, []chart.Lane{lane}
	c.Desc = fmt.Sprintf("%s, %s a week.", plural(b.Fired, "firing"), v.Weekly)
	if len(c.Buckets) > 0 {
		v.Strip = half(c, "trial")
		v.Strip.Zoom = false
	}
	return v
}

// firedQuery finds the mentions of the time of an incident; one that had not
// resolved when the trial ended lasts until then.
func firedQuery(in *mention.Incident, match string, own bool, span time.Duration, until time.Time) string {
	end := in.Resolved
	if end.IsZero() || end.Before(in.Fired) {
		end = until
	}
	q := report.Window{From: in.Fired.Add(-span), To: end}.Query(match)
	if own {
		return q
	}
	return q + " AND NOT flag:own_channel"
}

// dayStart is the beginning of the hour, day or week that t is in.
func dayStart(t time.Time, interval string) time.Time {
	if interval == "hour" {
		return t.Truncate(time.Hour)
	}
	t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	if interval == "week" {
		t = t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	}
	return t
}

// ruleForm saves a rule; what was typed is shown again when it cannot be.
func (a *api) ruleForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		a.wrong(w, r, "the form could not be read")
		return
	}
	rule, faults := formRule(r.PostForm)
	id := textOf(rule["id"])
	if err := mention.CheckID(id); err != nil {
		faults = append(faults, "name: "+err.Error())
	}
	body, err := json.Marshal(rule)
	if err != nil {
		faults = append(faults, err.Error())
	}
	if len(faults) == 0 {
		err = a.backend.PutObject(r.Context(), Object{Kind: KindRule, ID: id, Owner: actorOf(r.Context()).name, Body: body})
		if err == nil {
			a.done(w, r, a.pages.to("/rules/"+url.PathEscape(id)), deed{text: "Saved and watching."})
			return
		}
		p := a.problem(r.Context(), err, "rule")
		faults = append(faults, p.Detail)
		for _, e := range p.Errors {
			if e.Message != p.Detail {
				faults = append(faults, e.Message)
			}
		}
	}
	v := &ruleView{New: true, Faults: faults}
	v.fill(rule)
	a.showRule(w, r, http.StatusUnprocessableEntity, v)
}

func (a *api) ruleDelete(w http.ResponseWriter, r *http.Request) {
	if err := a.backend.DeleteObject(r.Context(), KindRule, r.PathValue("id"), actorOf(r.Context()).name); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "rule"))
		return
	}
	a.done(w, r, a.pages.to("/alerts")+"?tab=rules", deed{text: "The rule is gone; its incidents stay in the record."})
}

// aroundTime is a stretch about an incident, wide enough to see what was before.
func aroundTime(from, to time.Time) report.Window {
	span := max(to.Sub(from), 24*time.Hour)
	return report.Window{From: from.Add(-min(3*span, 30*24*time.Hour)), To: to.Add(min(span/2, 7*24*time.Hour))}
}
