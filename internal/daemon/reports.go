package daemon

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

const (
	reportWait  = 10 * time.Second // until the index has caught up after a start
	reportSince = "report_since:"  // the setting that says since when a plan holds
	bySchedule  = "schedule"
	maxReviewed = 100_000 // entries of the log that a review looks through
)

// planReports queues every planned report: each looks by itself whether it is
// due. A plan that was not there before begins with its next time.
func (d *Daemon) planReports(ctx context.Context, cfg *config.Config) error {
	for i := range cfg.Reports {
		p := &cfg.Reports[i]
		since, err := d.store.Ledger.Setting(ctx, sinceKey(p))
		if err == nil && since == "" {
			err = d.store.Ledger.SetSetting(ctx, sinceKey(p), now().Format(time.RFC3339Nano))
		}
		if err == nil {
			err = d.jobs.ReportAt(ctx, p.ID, now())
		}
		if err != nil {
			return fmt.Errorf("daemon: report %s: %w", p.ID, err)
		}
	}
	return nil
}

// forgetPlans lets those that are gone begin anew if they come back.
func (d *Daemon) forgetPlans(ctx context.Context, old, cfg *config.Config) error {
	for i := range old.Reports {
		key := sinceKey(&old.Reports[i])
		if slices.ContainsFunc(cfg.Reports, func(p report.Plan) bool { return sinceKey(&p) == key }) {
			continue
		}
		if err := d.store.Ledger.SetSetting(ctx, key, ""); err != nil {
			return fmt.Errorf("daemon: report %s: %w", old.Reports[i].ID, err)
		}
	}
	return nil
}

// sinceKey changes with the schedule: another one begins anew.
func sinceKey(p *report.Plan) string { return reportSince + p.ID + ":" + p.Schedule + ":" + p.Zone }

func planOf(cfg *config.Config, id string) (*report.Plan, bool) {
	i := slices.IndexFunc(cfg.Reports, func(p report.Plan) bool { return p.ID == id })
	if i < 0 {
		return nil, false
	}
	return &cfg.Reports[i], true
}

// reportJob makes what is due of a planned report and queues its next time.
func (d *Daemon) reportJob(ctx context.Context, id string) error {
	cfg := d.cfg.Load()
	p, ok := planOf(cfg, id)
	if !ok {
		return nil // gone from the configuration since it was queued
	}
	if lag, err := d.store.Lag(ctx); err != nil || lag > 0 && !d.caughtUp.Load() {
		return d.jobs.ReportAt(ctx, id, now().Add(reportWait))
	}
	err := d.makeDue(ctx, cfg, p, now())
	if ctx.Err() == nil {
		d.fault("report "+id, err)
	}
	if err != nil {
		return err
	}
	return d.jobs.ReportAt(ctx, id, p.Next(now(), cfg.Location()))
}

// makeDue makes a planned report for the newest time it was due at, once. Of
// several times that passed while nothing ran, the newest alone is made.
func (d *Daemon) makeDue(ctx context.Context, cfg *config.Config, p *report.Plan, at time.Time) error {
	due := p.Last(at, cfg.Location())
	text, err := d.store.Ledger.Setting(ctx, sinceKey(p))
	if err != nil {
		return err
	}
	since, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || due.IsZero() || due.Before(since) {
		return nil //nolint:nilerr // a plan that is not begun is not due
	}
	id := keptID(p.ID, due.UTC().Format(time.RFC3339))
	made := func() error { // one that is deleted later is not made again
		return d.store.Ledger.SetSetting(ctx, sinceKey(p), due.Add(time.Millisecond).Format(time.RFC3339Nano))
	}
	if _, err := d.store.Ledger.Report(ctx, id); err == nil {
		return made()
	} else if !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	o, err := p.Order(due, cfg.Location(), cfg.Brands, cfg.Boards)
	if err != nil {
		return err
	}
	kept, err := d.store.Keep(ctx, cfg, o, mention.KeptReport{ID: id, Plan: p.ID, Due: due, By: bySchedule})
	if err != nil {
		return err
	}
	if err := d.sendReport(ctx, kept, wholly(p.Receivers), mention.Delivery{Reason: "due " + due.Format("Mon 2 Jan 15:04 MST")}, ""); err != nil {
		return err
	}
	return made()
}

// keptID names a report by what it is of: made twice, it is the same.
func keptID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "r" + hex.EncodeToString(sum[:10])
}

// Keep makes a report as it is to be kept; it is not stored yet.
func (s *Store) Keep(ctx context.Context, cfg *config.Config, o report.Order, head mention.KeptReport) (mention.KeptReport, error) {
	o.Made = now()
	f, body, err := report.Freeze(ctx, s, o, definitions(cfg))
	if err != nil {
		return head, err
	}
	if head.ID == "" {
		head.ID = keptID(api.NewSecret())
	}
	head.Kind, head.Subject, head.Title, head.Query = o.Kind, f.Document.Subject, f.Document.Title, f.Document.Query
	head.From, head.To, head.Made, head.Body = f.Document.From, f.Document.To, o.Made, body
	head.Seq, head.Models, head.Config = f.Document.Recipe.Seq, f.Document.Recipe.Models, f.Document.Recipe.Config
	return head, nil
}

// definitions are the brands and labels in force, each by what tells it apart
// from itself when it is changed.
func definitions(cfg *config.Config) map[string]string {
	out := map[string]string{}
	put := func(name string, v any) {
		body, err := json.Marshal(v)
		if err != nil {
			panic(err) // plain structs of strings and numbers
		}
		sum := sha256.Sum256(body)
		out[name] = hex.EncodeToString(sum[:6])
	}
	for i := range cfg.Brands {
		put("brand "+cfg.Brands[i].ID, &cfg.Brands[i])
	}
	for i := range cfg.Labels {
		put("label "+cfg.Labels[i].ID, &cfg.Labels[i])
	}
	return out
}

// sendReport keeps a report and puts its notices into the outbox in one go; again tells
// one sending of the same report from another.
func (d *Daemon) sendReport(ctx context.Context, kept mention.KeptReport, to []addressee, about mention.Delivery, again string) error {
	var list []mention.Delivery
	var err error
	for _, a := range to {
		row := about
		row.ID, row.Receiver, row.Type, row.State, row.Created = "d"+keptID(kept.ID, a.receiver, again), a.receiver, alerts.TypeReport, mention.DeliveryPending, now()
		if row.Payload, err = alerts.ReportNotice(&kept, d.publicLink("/reports/"+kept.ID), a.to...); err != nil {
			return fmt.Errorf("daemon: report %s: %w", kept.ID, err)
		}
		list = append(list, row)
	}
	if again == "" {
		err = d.store.Ledger.PutReport(ctx, kept, list)
	} else {
		err = d.store.Ledger.AddDeliveries(ctx, list)
	}
	if err != nil {
		return err
	}
	for _, a := range to {
		d.deliverAt(ctx, a.receiver, now())
	}
	return nil
}

// wholly are receivers with all of their addresses.
func wholly(receivers []string) []addressee {
	list := make([]addressee, len(receivers))
	for i, id := range receivers {
		list[i].receiver = id
	}
	return list
}

// publicLink is an address for mails; "" when people reach us under none.
func (d *Daemon) publicLink(path string) string {
	if base := d.cfg.Load().Server.PublicURL; base != "" {
		return trimSlash(base) + path
	}
	return ""
}

// searchLink is the address of the mentions of a query for mails.
func (d *Daemon) searchLink(q string) string {
	return d.publicLink("/mentions?" + url.Values{"q": {q}}.Encode())
}

// letterOf writes the mail of a kept report. A *letterError says that it never
// will.
func (d *Daemon) letterOf(ctx context.Context, row *mention.Delivery) (*alerts.Letter, error) {
	var n alerts.Notice
	if err := json.Unmarshal(row.Payload, &n); err != nil {
		return nil, &letterError{err}
	}
	kept, err := d.store.Ledger.Report(ctx, n.Data.Report)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, &letterError{errors.New("it was deleted")}
	} else if err != nil {
		return nil, fmt.Errorf("daemon: report %s: %w", n.Data.Report, err)
	}
	l, err := d.letterFor(&kept)
	if err != nil {
		return nil, &letterError{err}
	}
	l.To = n.Data.To
	return l, nil
}

func (d *Daemon) letterFor(kept *mention.KeptReport) (*alerts.Letter, error) {
	f, err := report.Thaw(kept.Body, d.searchLink)
	if err != nil {
		return nil, err
	}
	written, err := f.Document.Letter()
	if err != nil {
		return nil, err
	}
	l := &alerts.Letter{Subject: written.Subject, Text: written.Text, HTML: written.HTML}
	for _, p := range written.Pictures {
		l.Pictures = append(l.Pictures, alerts.File{Name: p.Name, Type: "image/png", Data: p.PNG})
	}
	formats := []string{report.PDF, report.XLSX}
	if p, ok := planOf(d.cfg.Load(), kept.Plan); ok && len(p.Attach) > 0 {
		formats = p.Attach
	}
	for _, format := range formats {
		var b bytes.Buffer
		if err := f.Document.Write(&b, format); err != nil {
			return nil, err
		}
		l.Attachments = append(l.Attachments, alerts.File{Name: "earshot-" + kept.Kind + "-" + kept.Made.UTC().Format(time.DateOnly) + "." + format, Type: report.MediaTypes[format], Data: b.Bytes()})
	}
	return l, nil
}

// Review makes a kept report again and says which of its numbers are others
// now, and why.
func (s *Store) Review(ctx context.Context, cfg *config.Config, kept *mention.KeptReport) (mention.ReportReview, error) {
	out := mention.ReportReview{Report: kept.ID, Causes: []string{}}
	f, err := report.Thaw(kept.Body, nil)
	if err != nil {
		return out, err
	}
	changes, doc, err := f.Review(ctx, s, now())
	if err != nil {
		return out, err
	}
	out.Numbers, out.Changes = len(f.Document.Numbers), changes
	if len(changes) == 0 {
		return out, nil
	}
	out.Causes = append(out.Causes, f.Causes(definitions(cfg))...)
	if is := doc.Recipe.Models; is != kept.Models {
		out.Causes = append(out.Causes, fmt.Sprintf("the language models are %s, and were %s", is, kept.Models))
	}
	since, err := s.happened(ctx, f, kept.Seq)
	out.Causes = append(out.Causes, since...)
	return out, err
}

// happened says in words what the log gained about the time and the filter of
// a report since it was made.
func (s *Store) happened(ctx context.Context, f *report.Frozen, seq int64) ([]string, error) {
	w := report.Window{From: f.Document.From, To: f.Document.To}
	if before, ok := w.Before(f.Order.Zone); ok {
		w.From = before.From // what changes are told against
	}
	q, _ := query.Parse(w.Query(f.Document.Query))
	last := map[string]string{} // of each mention, what happened to it first
	var read int
	more := errors.New("enough")
	err := s.Changes(ctx, seq, func(c mention.Change) error {
		if read++; read > maxReviewed {
			return more
		}
		id := c.Record.Mention.ID
		if c.Kind != mention.ChangeErased {
			row := c.Record.Row()
			if q == nil || last[id] == "" && !q.Match(query.NewDocument(&row)) && c.Kind == mention.ChangeNew {
				return nil
			}
			if at := c.Record.Mention.Time(); at.Before(w.From) || !at.Before(w.To) {
				return nil
			}
		}
		if last[id] == "" || c.Kind == mention.ChangeErased {
			last[id] = c.Kind
		}
		return nil
	})
	if err != nil && !errors.Is(err, more) {
		return nil, err
	}
	counts := map[string]int{}
	for _, kind := range last {
		counts[kind]++
	}
	var list []string
	for _, k := range []struct{ kind, text string }{
		{mention.ChangeNew, "came in after the report was made"},
		{mention.ChangeRevised, "changed their text"},
		{mention.ChangeCurated, "were tagged, corrected or marked by people"},
		{mention.ChangeRescored, "were read again for the present brands, labels and models"},
		{mention.ChangeErased, "were erased, or are past their time"},
	} {
		if n := counts[k.kind]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s %s", n, map[bool]string{true: "mention", false: "mentions"}[n == 1], k.text))
		}
	}
	if read > maxReviewed {
		list = append(list, fmt.Sprintf("more happened since than the %d changes looked at", maxReviewed))
	}
	return list, nil
}

// IncidentFile gathers what is known of an incident, with no daemon about.
func (s *Store) IncidentFile(ctx context.Context, cfg *config.Config, id string) (*report.IncidentFile, error) {
	in, err := s.Ledger.Incident(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("incident %s: %w", id, err)
	}
	f := &report.IncidentFile{Incident: in}
	rules, _ := cfg.Alerting()
	for i := range rules {
		if r := &rules[i]; r.ID == in.Rule {
			f.Match, f.GroupBy, f.Playbook = r.Match, r.By, r.Playbook
		}
	}
	if f.Deliveries, err = s.Ledger.Deliveries(ctx, ledger.DeliveryFilter{Incident: id, Limit: 500}); err != nil {
		return nil, err
	}
	w := f.Window()
	flags, err := s.Ledger.SafetyFlags(ctx, w.From)
	if err != nil {
		return nil, err
	}
	f.Flags = slices.DeleteFunc(flags, func(x mention.SafetyFlag) bool { return !slices.Contains(in.Mentions, x.Mention) })
	f.Gaps, err = s.gaps(ctx, cfg, w.From, w.To)
	return f, err
}

// gaps are the stretches in which a source did not answer, oldest first.
func (s *Store) gaps(ctx context.Context, cfg *config.Config, from, to time.Time) ([]mention.Coverage, error) {
	var gaps []mention.Coverage
	for i := range cfg.Sources {
		list, err := s.Ledger.Coverage(ctx, cfg.Sources[i].ID, from, to)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if !c.OK {
				gaps = append(gaps, c)
			}
		}
	}
	slices.SortStableFunc(gaps, func(x, y mention.Coverage) int { return x.From.Compare(y.From) })
	return gaps, nil
}
