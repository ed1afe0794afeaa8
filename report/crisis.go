package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/report/chart"
	"earshot/report/scene"
)

// An IncidentFile is all that is known of an incident beside its mentions.
type IncidentFile struct {
	Incident   mention.Incident
	Match      string   // what its rule watches; "" when the rule is gone, or watches everything of its kind
	GroupBy    []string // dimensions of its groups
	Playbook   string
	Deliveries []mention.Delivery
	Flags      []mention.SafetyFlag // of mentions, in or about its time
	Gaps       []mention.Coverage   // in which a source did not answer
}

// Query finds the mentions that the incident is about, in whatever time.
func (f *IncidentFile) Query() string {
	if f.Match == "" || f.Incident.Kind == "safety" {
		return anyID(f.Incident.Mentions)
	}
	if len(f.GroupBy) == 1 && f.Incident.Group != "" && slices.Contains(mention.Dimensions, f.GroupBy[0]) && !strings.ContainsAny(f.Incident.Group, `"“”„`) {
		return and(f.Match, f.GroupBy[0]+`:"`+f.Incident.Group+`"`)
	}
	return f.Match
}

// anyID finds mentions by their ids.
func anyID(ids []string) string {
	var list []string
	for _, id := range ids {
		if !strings.ContainsAny(id, `"“”„`) {
			list = append(list, `id:"`+id+`"`)
		}
	}
	if len(list) == 0 {
		return `id:"none"`
	}
	return strings.Join(list, " OR ")
}

// Window is the time of the incident with what was before it.
func (f *IncidentFile) Window() Window {
	in := &f.Incident
	end := in.Updated
	if end.Before(in.Opened) {
		end = in.Opened
	}
	span := max(end.Sub(in.Opened), day)
	return Window{
		From: in.Opened.Add(-min(3*span, 30*day)).Truncate(time.Hour),
		To:   end.Add(min(span/2, 7*day)).Truncate(time.Hour).Add(time.Hour),
	}
}

// about is the time that stories, voices and sentiment are told of.
func (f *IncidentFile) about() Window {
	return Window{From: f.Incident.Opened.Add(-day), To: f.Window().To}
}

// crisis is the sheet for the people who deal with one incident.
func (m *maker) crisis() error {
	f := m.o.Incident
	if f == nil {
		return errors.New("report: a report of kind incident needs an incident")
	}
	in := &f.Incident
	m.o.Query, m.ids = f.Query(), nil
	m.d.Query = m.o.Query
	m.d.Subject = in.Reason
	if m.d.Subject == "" {
		m.d.Subject = in.Rule + ": " + in.State
	}
	m.d.Title = fmt.Sprintf("Incident of rule %s, %s, %s, since %s", in.Rule, in.Severity, in.State, m.when(in.Opened))
	m.inShort(f)
	m.openActions(f)
	if err := m.around(f); err != nil {
		return err
	}
	if err := m.topStories(f); err != nil {
		return err
	}
	whole := m.o.Window
	m.o.Window = f.about()
	if err := m.voices(); err != nil {
		return err
	}
	m.o.Window = whole
	m.safety(f)
	m.timeline(f)
	return nil
}

func (m *maker) when(t time.Time) string { return t.In(m.o.Zone).Format("2 Jan 2006 15:04") }

// inShort is what it is, since when and why.
func (m *maker) inShort(f *IncidentFile) {
	in := &f.Incident
	var lines []Line
	say := func(text, link string) { lines = append(lines, Line{Text: text, Link: link}) }
	if in.Group != "" {
		say("It is about: "+clip(in.Group)+".", "")
	}
	say("Opened "+m.when(in.Opened)+firedText(m, in)+".", "")
	say("Why it fired: "+in.Reason, "")
	say(plural(in.Count, "mention")+" in it so far.", m.link(f.about().Query(m.o.Query)))
	if len(in.Terms) > 0 {
		line := Line{Text: "Said in it more often than usual"}
		for _, t := range in.Terms[:min(8, len(in.Terms))] {
			line.More = append(line.More, Entry{Text: clip(t)})
		}
		lines = append(lines, line)
	}
	if in.Resolves != "" && in.Resolved.IsZero() {
		say("It ends when: "+in.Resolves, "")
	}
	if in.Late {
		say("It was found after the fact: by an import, a back-fill or a replay.", "")
	}
	if f.Match != "" {
		say("The rule watches: "+f.Match, m.link(m.query()))
	}
	m.add(Block{Heading: "What happened", Lines: lines})
}

func firedText(m *maker, in *mention.Incident) string {
	text := ""
	if !in.Fired.IsZero() {
		text += ", fired " + m.when(in.Fired)
	}
	if !in.Resolved.IsZero() {
		text += ", resolved " + m.when(in.Resolved)
	}
	return text
}

// openActions is what nobody has done yet.
func (m *maker) openActions(f *IncidentFile) {
	in := &f.Incident
	var lines []Line
	say := func(text string) { lines = append(lines, Line{Text: text}) }
	due := func(what string, t time.Time) string {
		switch {
		case t.IsZero():
			return what
		case m.o.Made.After(t):
			return what + ": it was due " + m.when(t)
		}
		return what + ": it is due " + m.when(t)
	}
	if in.Acked.IsZero() {
		say(due("Nobody has acknowledged it", in.AckDue) + ".")
	}
	if in.Assigned == "" && in.Resolved.IsZero() {
		say("Nobody sees to it.")
	}
	if in.Responded.IsZero() && !in.RespondDue.IsZero() {
		say(due("It is not answered", in.RespondDue) + ".")
	}
	dead, waiting := 0, 0
	for i := range f.Deliveries {
		switch f.Deliveries[i].State {
		case mention.DeliveryDead:
			dead++
		case mention.DeliveryPending, mention.DeliverySending:
			waiting++
		}
	}
	if dead > 0 {
		say(plural(dead, "notice") + " could not be delivered and will not be tried again by itself.")
	}
	if waiting > 0 {
		say(plural(waiting, "notice") + " not delivered yet.")
	}
	if len(f.Deliveries) == 0 {
		say("Nobody was told: no rule, route or department names a receiver, or nothing was due yet.")
	}
	open := 0
	for i := range f.Flags {
		if f.Flags[i].Opened.IsZero() {
			open++
		}
	}
	if open > 0 {
		say(plural(open, "possible adverse event") + " not acknowledged by a person.")
	}
	if len(lines) == 0 {
		say("Nothing is open: it is acknowledged, and everybody was told.")
	}
	if f.Playbook != "" {
		say("Playbook: " + f.Playbook)
	}
	m.add(Block{Heading: "Open actions", Lines: lines})
}

// around draws what the rule watches before and during, and how it is meant.
func (m *maker) around(f *IncidentFile) error {
	interval := m.interval()
	if m.o.Window.To.Sub(m.o.Window.From) <= 10*day {
		interval = "hour" // a crisis is told by the hour
	}
	by := []string{interval}
	t, err := m.src.Aggregate(m.ctx, mention.Aggregation{Query: m.query(), By: by, Zone: m.o.Zone.String(), Measures: []string{mention.MeasureSentiment}})
	if err != nil {
		return err
	}
	m.d.Recipe = t.Recipe
	o := m.overTime()
	o.Interval = interval
	c := o.Moods(&t)
	for _, g := range f.Gaps {
		c.Gaps = append(c.Gaps, chart.Gap{From: g.From, To: g.To, Tip: g.Source + " did not answer"})
	}
	lane := chart.Lane{Name: "opened", Ink: scene.Negative, Marks: []chart.Mark{{At: f.Incident.Opened, Big: true, Tip: "opened " + m.when(f.Incident.Opened)}}}
	c.Lanes = append(c.Lanes, lane)
	m.pin(c, m.o.Query)
	b := Block{Heading: "Before and during", Note: "The mark above is when it opened. Hatched stretches are those in which a source did not answer: counts there may be short."}
	if len(c.Buckets) > 0 {
		b.draw(c.Stacked, c.Table())
	}
	during, err := m.src.Aggregate(m.ctx, mention.Aggregation{Query: f.about().Query(m.o.Query), Zone: m.o.Zone.String(), Measures: []string{mention.MeasureSentiment, mention.MeasureSites, mention.MeasureAuthors}})
	if err != nil {
		return err
	}
	q := f.about().Query(m.o.Query)
	if s := during.Total.Sentiment; s != nil {
		b.Lines = append(b.Lines, Line{Text: fmt.Sprintf("Since a day before it opened: %s, %s negative, %s positive, net sentiment (polar) %s.",
			plural(int(min(during.Total.Count, 1<<52)), "mention"), chart.Count(float64(s.Negative)), chart.Count(float64(s.Positive)), netOf(s)), Link: m.link(q)})
		m.number("negative", "negative mentions", float64(s.Negative), and(q, "sentiment:negative"))
	}
	m.number("volume", "mentions", float64(during.Total.Count), q)
	m.add(b)
	return nil
}

// topStories are what is read most of it, each with its copies.
func (m *maker) topStories(f *IncidentFile) error {
	page, err := m.src.Search(m.ctx, mention.Search{Query: f.about().Query(m.o.Query), Limit: 50, Fold: true})
	if err != nil {
		return err
	}
	slices.SortStableFunc(page.Rows, func(a, b mention.Row) int { return cmp.Compare(b.Folded, a.Folded) })
	b := Block{Heading: "Top stories", Head: []string{"story", "told by", "first here", "sentiment", "mentions"}}
	for i := range page.Rows[:min(8, len(page.Rows))] {
		r := &page.Rows[i]
		title := r.Title
		if title == "" {
			title = r.Text
		}
		link := anyID([]string{r.ID})
		if r.Story != "" && !strings.ContainsAny(r.Story, `"“”„`) {
			link = `story:"` + r.Story + `"`
		}
		b.Rows = append(b.Rows, []Entry{
			{Text: cutAt(strings.Join(strings.Fields(title), " "), 160), Link: m.link(link)},
			{Text: clip(cmp.Or(r.Site, r.Source))},
			{Text: m.when(r.Time())},
			{Text: r.Sentiment},
			{Text: chart.Count(float64(max(r.Folded, 1))), Link: m.link(link), Number: true},
		})
	}
	if len(b.Rows) > 0 {
		m.add(b)
	}
	return nil
}

// safety is the possible adverse events among its mentions.
func (m *maker) safety(f *IncidentFile) {
	b := Block{Heading: "Possible adverse events", Head: []string{"mention", "flagged", "told", "acknowledged"}}
	for i := range f.Flags {
		s := &f.Flags[i]
		told, opened := "not yet", "not yet"
		if !s.Notified.IsZero() {
			told = m.when(s.Notified)
		}
		if !s.Opened.IsZero() {
			opened = m.when(s.Opened) + " by " + clip(s.OpenedBy)
		}
		b.Rows = append(b.Rows, []Entry{{Text: s.Mention, Link: m.link(anyID([]string{s.Mention}))}, {Text: m.when(s.Flagged)}, {Text: told}, {Text: opened}})
		if len(b.Rows) == maxRows {
			b.Note = fmt.Sprintf("and %d more", len(f.Flags)-maxRows)
			break
		}
	}
	if len(b.Rows) > 0 {
		m.add(b)
	}
}

// An occasion is a line of the timeline.
type occasion struct {
	at   time.Time
	text string
	who  string
}

// timeline is who was told when, and what people did.
func (m *maker) timeline(f *IncidentFile) {
	in := &f.Incident
	var list []occasion
	say := func(at time.Time, text, who string) {
		if !at.IsZero() {
			list = append(list, occasion{at, text, who})
		}
	}
	say(in.Opened, "opened", "")
	say(in.Fired, "fired", "")
	say(in.Acked, "acknowledged", in.AckedBy)
	say(in.Responded, "answered", in.RespondedBy)
	say(in.Resolved, "resolved", "")
	for i := range in.Notes {
		say(in.Notes[i].At, "note: "+cutAt(in.Notes[i].Text, 300), in.Notes[i].By)
	}
	for i := range f.Deliveries {
		d := &f.Deliveries[i]
		switch d.State {
		case mention.DeliverySent:
			say(d.Sent, "told ("+d.Type+")", d.Receiver)
		case mention.DeliveryHeld:
			say(d.Created, "not told: "+d.Reason, d.Receiver)
		case mention.DeliveryDead:
			say(d.Created, "could not be told: "+cutAt(d.Error, 200), d.Receiver)
		default:
			say(d.Created, "waits to be told", d.Receiver)
		}
	}
	slices.SortStableFunc(list, func(a, b occasion) int { return a.at.Compare(b.at) })
	b := Block{Heading: "Who was told, and what people did", Head: []string{"when", "what", "who"}}
	if n := len(list); n > 2*maxRows {
		b.Note = fmt.Sprintf("The first %d of %d lines are left out.", n-2*maxRows, n)
		list = list[n-2*maxRows:]
	}
	for _, o := range list {
		b.Rows = append(b.Rows, []Entry{{Text: m.when(o.at)}, {Text: strings.Join(strings.Fields(o.text), " ")}, {Text: clip(o.who)}})
	}
	m.add(b)
}
