package daemon

import (
	"cmp"
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"earshot/alerts"
	"earshot/api"
	"earshot/mention"
	"earshot/report"
)

// maxAddressed is how many receivers and addresses a report is mailed to.
const maxAddressed = 50

// An addressee is a receiver, or some of its addresses.
type addressee struct {
	receiver string
	to       []string // empty: all of its addresses
}

// addressed finds the receivers of mail that are named, each by its id or by
// one of its addresses. Mail goes to no other address.
func addressed(receivers []alerts.Receiver, names []string) (list []addressee, faults []string) {
	if len(names) == 0 {
		return nil, []string{"to: nobody is named; name a receiver of mail, or an address of one"}
	}
	if len(names) > maxAddressed {
		return nil, []string{fmt.Sprintf("to: %d are more than %d", len(names), maxAddressed)}
	}
	for _, name := range names {
		name = strings.TrimSpace(name)
		byID := slices.IndexFunc(receivers, func(r alerts.Receiver) bool { return r.ID == name })
		byAddress := slices.IndexFunc(receivers, func(r alerts.Receiver) bool {
			return r.Kind == alerts.ReceiverEmail && slices.ContainsFunc(r.To, func(to string) bool { return bare(to) == bare(name) })
		})
		switch {
		case byID >= 0 && receivers[byID].Kind != alerts.ReceiverEmail:
			faults = append(faults, fmt.Sprintf("to: receiver %s sends no mail", name))
		case byID >= 0:
			list = append(list, addressee{receiver: name})
		case byAddress >= 0:
			list = append(list, addressee{receiver: receivers[byAddress].ID, to: []string{bare(name)}})
		default:
			faults = append(faults, fmt.Sprintf("to: %q is neither a receiver of mail nor an address of one", name))
		}
	}
	return merged(list), faults
}

// merged has each receiver once; the whole of it holds its addresses.
func merged(list []addressee) []addressee {
	var out []addressee
	for _, a := range list {
		i := slices.IndexFunc(out, func(o addressee) bool { return o.receiver == a.receiver })
		switch {
		case i < 0:
			out = append(out, a)
		case len(a.to) == 0 || len(out[i].to) == 0:
			out[i].to = nil
		case !slices.Contains(out[i].to, a.to[0]):
			out[i].to = append(slices.Clone(out[i].to), a.to[0])
		}
	}
	return out
}

// bare is an address without the name before it.
func bare(text string) string {
	if a, err := mail.ParseAddress(text); err == nil {
		text = a.Address
	}
	return strings.ToLower(strings.TrimSpace(text))
}

// MailReport implements api.Archiving.
func (b backend) MailReport(ctx context.Context, actor string, o report.Order, to []string) (mention.KeptReport, error) {
	list, faults := addressed(b.cfg.Load().Receivers, to)
	if len(faults) > 0 {
		return mention.KeptReport{}, &api.InvalidError{Faults: faults}
	}
	kept, err := b.store.Keep(ctx, b.cfg.Load(), o, mention.KeptReport{By: actor})
	if err != nil {
		return kept, told(err)
	}
	about := mention.Delivery{Reason: "asked for by " + actor}
	if in := o.Incident; in != nil {
		about.Incident, about.Rule = in.Incident.ID, in.Incident.Rule
	}
	if err := b.sendReport(ctx, kept, list, about, ""); err != nil {
		return kept, told(err)
	}
	var told []string
	for _, a := range list {
		told = append(told, cmp.Or(strings.Join(a.to, ", "), a.receiver))
	}
	return kept, b.audit(ctx, actor, "mail.report", kept.ID, kept.Title+" to "+strings.Join(told, ", "))
}
