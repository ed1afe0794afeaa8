package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"earshot/internal/daemon"
	"earshot/internal/ledger"
	"earshot/mention"
)

const (
	shownMentions = 10  // of an incident that are told by name
	mostStories   = 100 // that an incident lists
)

// A shownIncident is an incident with what belongs to it.
type shownIncident struct {
	mention.Incident
	rows []mention.Row      // of its newest mentions, as far as they are there
	told []mention.Delivery // newest first
}

func (a *app) showIncident(ctx context.Context, id string) error {
	var inc shownIncident
	err := a.eitherWay(ctx, func(r *remote) error {
		if err := r.get(ctx, "/incidents/"+url.PathEscape(id), nil, &inc.Incident); err != nil || a.output == "json" {
			return err
		}
		for _, m := range inc.Mentions[:min(len(inc.Mentions), shownMentions)] {
			var rec mention.Record
			if err := r.get(ctx, "/mentions/"+url.PathEscape(m), nil, &rec); err == nil { // else it was erased
				inc.rows = append(inc.rows, rec.Row())
			}
		}
		var err error
		inc.told, err = r.deliveries(ctx, ledger.DeliveryFilter{Incident: id, Limit: 100})
		return err
	}, func(s *daemon.Store) (err error) {
		if inc.Incident, err = s.Ledger.Incident(ctx, id); err != nil {
			return err
		}
		list, err := s.Ledger.Records(ctx, inc.Mentions[:min(len(inc.Mentions), shownMentions)])
		if err != nil {
			return err
		}
		for i := range list {
			inc.rows = append(inc.rows, list[i].Row())
		}
		inc.told, err = s.Ledger.Deliveries(ctx, ledger.DeliveryFilter{Incident: id, Limit: 100})
		return err
	})
	if err != nil {
		return missing(err, "incident")
	}
	if a.output == "json" {
		return a.json(inc.Incident)
	}
	return inc.print(a.stdout, a.clock)
}

// missing says in words that something is not there.
func missing(err error, what string) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return fmt.Errorf("there is no such %s", what)
	}
	return err
}

// print tells the incident to a person; in writes a time in their zone.
func (inc *shownIncident) print(w io.Writer, in func(time.Time) string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		if text := strings.TrimSpace(fmt.Sprintf(format, args...)); text != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, text)
		}
	}
	when := func(name string, at time.Time, by string) {
		if !at.IsZero() {
			line(name, "%s %s", in(at), by)
		}
	}
	line("why", "%s", inc.Reason)
	line("rule", "%s (%s, %s)", inc.Rule, inc.Kind, inc.Severity)
	line("asks for", "%s", inc.Match)
	line("group", "%s", inc.Group)
	line("state", "%s%s", inc.State, map[bool]string{true: ", a late find"}[inc.Late])
	when("opened", inc.Opened, "")
	when("fired", inc.Fired, "")
	when("resolved", inc.Resolved, "")
	line("ends when", "%s", inc.Resolves)
	line("mentions", "%d, of %d stories%s", inc.Count, len(inc.Stories), map[bool]string{true: " and more"}[len(inc.Stories) == mostStories])
	line("said more", "%s", strings.Join(inc.Terms, ", "))
	line("department", "%s", inc.Department)
	when("to ack by", inc.AckDue, "")
	when("to answer by", inc.RespondDue, "")
	when("acknowledged", inc.Acked, "by "+inc.AckedBy)
	when("until", inc.AckExpires, "")
	when("snoozed until", inc.Snoozed, "")
	line("muted", "%s", map[bool]string{true: "yes"}[inc.Muted])
	line("held", "%s", map[bool]string{true: "yes"}[inc.Held])
	line("assigned to", "%s", inc.Assigned)
	when("answered", inc.Responded, "by "+inc.RespondedBy)
	for _, n := range inc.Notes {
		line("note", "%s %s: %s", in(n.At), n.By, n.Text)
	}
	for i := range inc.rows {
		r := &inc.rows[i]
		line("mention", "%s  %s  %s  %s", in(r.Time()), orWord(r.Site, r.Source), clip(orWord(r.Title, r.Text), 100), r.URL)
	}
	if more := len(inc.Mentions) - shownMentions; more > 0 {
		line("", "and more: -o json has their ids")
	}
	for _, d := range inc.told {
		state := d.State
		if why := orWord(d.Error, heldReason(&d)); why != "" {
			state += ": " + clip(why, 80)
		}
		line("told", "%s  %s  %s  %s", in(d.Created), d.Receiver, d.Type, state)
	}
	return t.Flush()
}

// heldReason says why a notice was held back; of others it is empty.
func heldReason(d *mention.Delivery) string {
	if d.State == mention.DeliveryHeld {
		return d.Reason
	}
	return ""
}

// clock is a time as people of the installation's zone read it.
func (a *app) clock(t time.Time) string {
	zone := a.zone
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02 15:04 MST")
}
