package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/internal/ledger"
	"earshot/mention"
)

// FlagIncident implements api.Alerting.
func (b backend) FlagIncident(ctx context.Context, id string, f api.Flag) (mention.Incident, error) {
	b.alerting.mu.Lock()
	inc, err := flagIncident(ctx, b.store.Ledger, id, f)
	if err == nil {
		b.alerting.engine.SetFlags(inc)
	}
	b.alerting.mu.Unlock()
	if err == nil {
		b.hub.Incident(inc)
	}
	return inc, err
}

// FlagIncident does to an incident what a person asks, with no daemon about;
// the next one takes it up.
func (s *Store) FlagIncident(ctx context.Context, id string, f api.Flag) (mention.Incident, error) {
	return flagIncident(ctx, s.Ledger, id, f)
}

func flagIncident(ctx context.Context, led ledger.Ledger, id string, f api.Flag) (mention.Incident, error) {
	inc, err := led.UpdateIncident(ctx, id, func(inc *mention.Incident) error { return setFlag(inc, f) })
	if err != nil {
		return inc, told(err)
	}
	if inc.Kind == alerts.KindSafety && f.Action == api.FlagAck {
		if err := openFlag(ctx, led, inc.Group, f.Actor); err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return inc, err
		}
	}
	return inc, led.Audit(ctx, mention.AuditEntry{At: now(), Actor: f.Actor, Action: "incident." + f.Action, Object: id, Detail: f.Text})
}

func setFlag(inc *mention.Incident, f api.Flag) error {
	at := now()
	safety := inc.Kind == alerts.KindSafety
	if safety && (f.Action == api.FlagMute || f.Action == api.FlagSnooze) {
		return fmt.Errorf("%w: a safety incident is never muted or snoozed; acknowledge it", api.ErrConflict)
	}
	if safety && f.Action == api.FlagUnack {
		return fmt.Errorf("%w: a safety incident that was acknowledged stays so", api.ErrConflict)
	}
	switch f.Action {
	case api.FlagAck:
		inc.Acked, inc.AckedBy, inc.AckExpires = at, f.Actor, f.Until
		if safety && inc.Resolved.IsZero() { // a person ends it, and nothing else
			inc.State, inc.Resolved, inc.AckExpires = mention.StateResolved, at, time.Time{}
		}
	case api.FlagUnack:
		inc.Acked, inc.AckedBy, inc.AckExpires = time.Time{}, "", time.Time{}
	case api.FlagSnooze:
		inc.Snoozed = f.Until
	case api.FlagUnsnooze:
		inc.Snoozed = time.Time{}
	case api.FlagMute, api.FlagUnmute:
		inc.Muted = f.Action == api.FlagMute
	case api.FlagAssign:
		inc.Assigned = strings.TrimSpace(f.Text)
	case api.FlagNote:
		inc.Notes = append(inc.Notes, mention.IncidentNote{At: at, By: f.Actor, Text: strings.TrimSpace(f.Text)})
		inc.Notes = inc.Notes[max(0, len(inc.Notes)-mention.MaxNotes):]
	case api.FlagRespond:
		inc.Responded, inc.RespondedBy = at, f.Actor
	default:
		return &api.InvalidError{Faults: []string{fmt.Sprintf("action %q is not known", f.Action)}}
	}
	inc.Updated = at
	return nil
}

// OpenSafety implements api.Alerting.
func (b backend) OpenSafety(ctx context.Context, id, actor string) error {
	if err := openFlag(ctx, b.store.Ledger, id, actor); err != nil {
		return told(err)
	}
	incident := alerts.SafetyIncident(id)
	if _, err := b.store.Ledger.Incident(ctx, incident); errors.Is(err, ledger.ErrNotFound) {
		return b.audit(ctx, actor, "safety.open", id, "") // no rule made one
	}
	_, err := b.FlagIncident(ctx, incident, api.Flag{Action: api.FlagAck, Actor: actor})
	return err
}

func openFlag(ctx context.Context, led ledger.Ledger, id, actor string) error {
	return led.UpdateSafetyFlag(ctx, id, func(f *mention.SafetyFlag) error {
		if f.Opened.IsZero() {
			f.Opened, f.OpenedBy = now(), actor
		}
		return nil
	})
}

// maxPreview is how many deliveries the preview of a mute lists.
const maxPreview = 100

// MutePreview implements api.Alerting.
func (b backend) MutePreview(ctx context.Context, id string, since time.Time) (mention.MutePreview, error) {
	return b.store.MutePreview(ctx, id, since)
}

// MutePreview tells what a mute would have held back since a time: the notices
// that were sent about incidents of the same group and rule, while it asked for
// the same.
func (s *Store) MutePreview(ctx context.Context, id string, since time.Time) (mention.MutePreview, error) {
	p := mention.MutePreview{Incident: id, Since: since, Sent: []mention.Delivery{}}
	inc, err := s.Ledger.Incident(ctx, id)
	if err != nil {
		return p, told(err)
	}
	before := ""
	for {
		list, err := s.Ledger.Incidents(ctx, ledger.IncidentFilter{Rule: inc.Rule, Limit: 500, Before: before})
		if err != nil || len(list) == 0 {
			return p, told(err)
		}
		for i := range list {
			if list[i].Opened.Before(since) {
				return p, nil
			}
			if list[i].Group != inc.Group || list[i].Match != inc.Match || list[i].Fired.IsZero() {
				continue
			}
			p.Incidents++
			rows, err := s.Ledger.Deliveries(ctx, ledger.DeliveryFilter{Incident: list[i].ID, Limit: 1000})
			if err != nil {
				return p, told(err)
			}
			for _, d := range rows {
				if d.State == mention.DeliveryHeld || d.Type == alerts.TypeReport { // a report that was mailed is no notice of the rule
					continue
				}
				p.Notices++
				if d.Payload = nil; len(p.Sent) < maxPreview {
					p.Sent = append(p.Sent, d)
				}
			}
		}
		before = list[len(list)-1].ID
	}
}
