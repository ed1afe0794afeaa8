package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"earshot/mention"
)

// alertsView is the page of alerts: what needs a person now, and who has it?
type alertsView struct {
	Tab        string
	Tabs       []choice
	Here       string
	May        bool
	Rule       string
	Rows       []mention.Incident
	Folded     []foldedRule // how many each rule has
	Next       string
	Watching   int
	Rules      []RuleInfo
	States     []choice
	Deliveries []mention.Delivery
	Receivers  []ReceiverInfo
	Safety     safetyView
}

// A foldedRule is a rule with the number of its incidents.
type foldedRule struct {
	Rule  string
	Count int
}

// Rest is how many are not shown.
func (f foldedRule) Rest() int { return max(0, f.Count-perRule) }

// safetyView is the reconciliation: flagged, told, acknowledged.
type safetyView struct {
	Flagged, Sent, Opened, Untold, Waiting int
	Even                                   bool
	Rows                                   []safetyRow
}

type safetyRow struct {
	Flag        mention.SafetyFlag
	Title, Path string
}

var alertTabs = []field{
	{"now", "Needs a person"},
	{"firing", "Firing"},
	{"acked", "Acknowledged"},
	{"resolved", "Resolved"},
	{"all", "All"},
	{"deliveries", "Deliveries"},
	{"safety", "Safety"},
	{"rules", "Rules"},
}

func (a *api) alertsPage(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	v := &alertsView{Tab: params.Get("tab"), Rule: params.Get("rule"), May: actorOf(r.Context()).role.may(RoleAnalyst)}
	if !slices.ContainsFunc(alertTabs, func(f field) bool { return f.Name == v.Tab }) {
		v.Tab = "now"
		if s := params.Get("state"); s == mention.StateFiring || s == mention.StateResolved { // as links were before
			v.Tab = s
		}
	}
	for _, f := range alertTabs {
		v.Tabs = append(v.Tabs, choice{f.Value, a.pages.to("/alerts") + "?tab=" + f.Name, f.Name == v.Tab})
	}
	params.Del("done")
	v.Here = a.pages.to("/alerts") + "?" + params.Encode()
	_, err := ask(r.Context(), a, "incident", func(ctx context.Context) (struct{}, error) { return struct{}{}, a.fillAlerts(ctx, v, params) })
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "page"))
		return
	}
	a.pages.show(w, r, http.StatusOK, "alerts", view{Title: "Alerts", Here: "/alerts", Live: "types=incident", Feed: a.pages.to("/api/v1/feed/incidents"), Data: v})
}

func (a *api) fillAlerts(ctx context.Context, v *alertsView, params url.Values) (err error) {
	switch v.Tab {
	case "rules":
		v.Rules, err = a.backend.Rules(ctx)
		return err
	case "deliveries":
		return a.fillDeliveries(ctx, v, params.Get("state"))
	case "safety":
		return a.fillSafety(ctx, v)
	}
	f := IncidentFilter{Rule: v.Rule, Limit: 50, Before: params.Get("before")}
	switch v.Tab {
	case "now", "firing", "acked":
		f.State, f.Limit = mention.StateFiring, maxFiring
	case "resolved":
		f.State = v.Tab
	}
	list, err := a.backend.Incidents(ctx, f)
	if err != nil {
		return err
	}
	for i := range list {
		u := urgency(&list[i])
		if v.Tab == "now" && u != 0 || v.Tab == "acked" && u != 1 {
			continue
		}
		if v.Rule == "" && v.Tab != "all" && v.Tab != "resolved" && v.folded(&list[i]) {
			continue
		}
		v.Rows = append(v.Rows, list[i])
	}
	if n := len(list); n == f.Limit {
		params.Set("before", list[n-1].ID)
		v.Next = a.pages.to("/alerts") + "?" + params.Encode()
	}
	gravestFirst(v.Rows)
	rules, err := a.backend.Rules(ctx)
	v.Watching = len(rules)
	return err
}

// perRule is how many incidents of one rule are shown before the rest is folded.
const perRule = 5

// folded counts the incidents of a rule, and reports whether there are enough
// of it in the list, so that one rule does not hide the others.
func (v *alertsView) folded(inc *mention.Incident) bool {
	i := slices.IndexFunc(v.Folded, func(f foldedRule) bool { return f.Rule == inc.Rule })
	if i < 0 {
		i = len(v.Folded)
		v.Folded = append(v.Folded, foldedRule{Rule: inc.Rule})
	}
	v.Folded[i].Count++
	return v.Folded[i].Count > perRule
}

// gravestFirst sorts what is firing by severity; the rest stays in order of time.
func gravestFirst(list []mention.Incident) {
	slices.SortStableFunc(list, func(x, y mention.Incident) int {
		if x.State != mention.StateFiring || y.State != mention.StateFiring {
			return urgency(&x) - urgency(&y)
		}
		return slices.Index(grave, x.Severity) - slices.Index(grave, y.Severity)
	})
}

var grave = []string{mention.SeverityCrisis, mention.SeveritySafety, mention.SeverityWarning, mention.SeverityInfo}

func urgency(i *mention.Incident) int {
	switch {
	case i.State != mention.StateFiring:
		return 2
	case !i.Acked.IsZero() || i.Muted || !i.Snoozed.IsZero():
		return 1
	}
	return 0
}

func (a *api) fillDeliveries(ctx context.Context, v *alertsView, state string) (err error) {
	known := []string{"", mention.DeliverySent, mention.DeliveryHeld, mention.DeliveryDead, mention.DeliveryPending}
	if !slices.Contains(known, state) {
		state = ""
	}
	for _, s := range known {
		name := s
		if name == "" {
			name = "all"
		}
		v.States = append(v.States, choice{name, a.pages.to("/alerts") + "?tab=deliveries&state=" + s, s == state})
	}
	if v.Deliveries, err = a.backend.Deliveries(ctx, DeliveryFilter{State: state, Limit: 100}); err != nil {
		return err
	}
	v.Receivers, err = a.backend.Receivers(ctx)
	return err
}

func (a *api) fillSafety(ctx context.Context, v *alertsView) error {
	list, err := a.backend.SafetyFlags(ctx, time.Now().AddDate(0, 0, -30))
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(x, y mention.SafetyFlag) int { return y.Flagged.Compare(x.Flagged) })
	s := &v.Safety
	for i := range list {
		f := &list[i]
		s.Flagged++
		if f.Notified.IsZero() {
			s.Untold++
		} else {
			s.Sent++
		}
		if f.Opened.IsZero() {
			s.Waiting++
		} else {
			s.Opened++
		}
		if len(s.Rows) < 100 {
			row := safetyRow{Flag: *f, Title: f.Mention, Path: url.PathEscape(f.Mention)}
			if rec, err := a.backend.Record(ctx, f.Mention); err == nil {
				row.Title = headline(&rec.Mention)
			}
			s.Rows = append(s.Rows, row)
		}
	}
	s.Even = s.Untold == 0 && s.Waiting == 0
	return nil
}

// headline is the title of a mention, or the beginning of its text.
func headline(m *mention.Mention) string {
	if m.Title != "" {
		return m.Title
	}
	return excerpt(m.Text)
}

// incidentView is one incident, with what can be done about it.
type incidentView struct {
	Sheet      []choice
	Incident   mention.Incident
	Mentions   []mention.Row
	Deliveries []mention.Delivery
	Safety     bool
	May        bool
	Match      string
	Playbook   string
	Chart      *figure
	Mute       *mention.MutePreview // asked for before it is muted
	Mailboxes  []ReceiverInfo       // that the crisis sheet can be mailed to
}

// incidentMentions is how many mentions the page of an incident shows.
const incidentMentions = 10

func (a *api) incidentPage(w http.ResponseWriter, r *http.Request) {
	v, err := ask(r.Context(), a, "incident", func(ctx context.Context) (*incidentView, error) {
		inc, err := a.backend.Incident(ctx, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		v := &incidentView{Incident: inc, Safety: inc.Severity == mention.SeveritySafety || inc.Kind == "safety", May: actorOf(ctx).role.may(RoleAnalyst)}
		for _, id := range first(incidentMentions, inc.Mentions) {
			if rec, err := a.backend.Record(ctx, id); err == nil { // an erased one is left out
				v.Mentions = append(v.Mentions, rec.Row())
			}
		}
		a.aboutRule(ctx, v)
		if r.URL.Query().Get("mute") != "" && v.May && !v.Safety && !inc.Muted {
			p, err := a.backend.MutePreview(ctx, inc.ID, stamp(time.Now().AddDate(0, 0, -previewDays)))
			if err != nil {
				return nil, err
			}
			p.Sent = first(20, p.Sent)
			v.Mute = &p
		}
		for _, l := range a.formatLinks("/api/v1/reports/incident", url.Values{"name": {inc.ID}}) {
			v.Sheet = append(v.Sheet, choice{Name: l.Name, Link: l.Link})
		}
		if v.Mailboxes, err = a.mailboxes(ctx); err != nil {
			return nil, err
		}
		v.Deliveries, err = a.backend.Deliveries(ctx, DeliveryFilter{Incident: inc.ID, Limit: 100})
		return v, err
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "incident"))
		return
	}
	a.pages.show(w, r, http.StatusOK, "incident", view{Title: v.Incident.Rule, Here: "/alerts", Data: v})
}

// aboutRule adds what the rule of an incident watches, as it stands now; a
// rule may be gone.
func (a *api) aboutRule(ctx context.Context, v *incidentView) {
	rules, err := a.backend.Rules(ctx)
	if err != nil {
		return
	}
	i := slices.IndexFunc(rules, func(r RuleInfo) bool { return r.ID == v.Incident.Rule })
	if i < 0 {
		return
	}
	keys := ruleKeys(rules[i].Body)
	v.Match, v.Playbook = rules[i].Match, textOf(keys["playbook"])
	if v.Match == "" || v.Safety {
		return
	}
	w := aroundTime(v.Incident.Opened, v.Incident.Updated)
	interval := intervalFor(w)
	if w.To.Sub(w.From) <= 6*24*time.Hour {
		interval = "hour"
	}
	s, err := a.backend.Histogram(ctx, w.Query(v.Match), interval, a.zone)
	a.pages.spread(&s, w)
	if err == nil && len(s.Buckets) > 0 {
		v.Chart = half(a.pages.history(s, "What the rule watches"), "around")
		v.Chart.Zoom = false
	}
}
