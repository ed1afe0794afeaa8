package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"

	"github.com/wneessen/go-mail"

	"earshot/mention"
)

// TypeReport is the type of a notice that a report was made. Receivers of mail
// get the report itself.
const TypeReport = "report.ready"

// A Letter is a mail that was written elsewhere.
type Letter struct {
	To                  []string // of the receiver's addresses; empty: all of them
	Subject, Text, HTML string
	Pictures            []File // shown where the HTML names cid: and the file's name
	Attachments         []File
}

// A File travels with a [Letter].
type File struct {
	Name, Type string
	Data       []byte
}

// A Mailer is a [Notifier] that can send a letter.
type Mailer interface {
	Notifier
	// Mail makes one try to send a letter, as Notify does for a notice.
	Mail(ctx context.Context, d mention.Delivery, l *Letter) error
}

// WithLetter is a notifier that sends a letter instead of a notice, where n is
// able to; else it is n.
func WithLetter(n Notifier, l *Letter) Notifier {
	if m, ok := n.(Mailer); ok {
		return lettered{m, l}
	}
	return n
}

type lettered struct {
	Mailer
	letter *Letter
}

// Notify implements [Notifier].
func (l lettered) Notify(ctx context.Context, d mention.Delivery) error {
	return l.Mail(ctx, d, l.letter)
}

// ReportNotice is the payload of a notice that a report was made, for those of
// the receiver's addresses; none means all.
func ReportNotice(r *mention.KeptReport, link string, to ...string) ([]byte, error) {
	n := Notice{Type: TypeReport, Timestamp: r.Made, Data: NoticeData{Subject: r.Subject, Reason: r.Title, Report: r.ID, To: to}}
	if link != "" {
		n.Data.Links = map[string]string{"report": link}
	}
	return json.Marshal(n)
}

// Mail implements [Mailer].
func (e *email) Mail(ctx context.Context, d mention.Delivery, l *Letter) error {
	msg, err := e.letter(&d, l)
	if err != nil {
		return &NotifyError{Permanent: true, Err: err}
	}
	return e.send(ctx, msg)
}

// among are the addresses of a receiver that are named; one that it has no
// more is an error: mail goes where the configuration says, and nowhere else.
func among(list, names []string) ([]string, error) {
	if len(names) == 0 {
		return list, nil
	}
	var out []string
	for _, name := range names {
		i := slices.IndexFunc(list, func(to string) bool {
			a, err := netmail.ParseAddress(to)
			return strings.EqualFold(to, name) || err == nil && strings.EqualFold(a.Address, name)
		})
		if i < 0 {
			return nil, fmt.Errorf("the receiver has the address %s no more", name)
		}
		out = append(out, list[i])
	}
	return out, nil
}

// letter writes the mail of a letter. The same delivery gives the same
// Message-ID.
func (e *email) letter(d *mention.Delivery, l *Letter) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(e.from); err != nil {
		return nil, err
	}
	to, err := among(e.to, l.To)
	if err != nil {
		return nil, err
	}
	if err := msg.To(to...); err != nil {
		return nil, err
	}
	msg.Subject(subject("", &letter{Notice: Notice{Data: NoticeData{Subject: l.Subject}}}))
	msg.SetMessageIDWithValue(d.ID + "@" + e.domain)
	msg.SetDateWithValue(d.Created)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if e.unsubscribe != "" {
		if err := msg.SetListUnsubscribeOneClick(e.unsubscribe); err != nil {
			return nil, err
		}
	}
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, l.HTML)
	for _, f := range l.Pictures {
		if err := msg.EmbedReader(f.Name, bytes.NewReader(f.Data), mail.WithFileContentType(mail.ContentType(f.Type))); err != nil {
			return nil, fmt.Errorf("picture %s: %w", f.Name, err)
		}
	}
	for _, f := range l.Attachments {
		if err := msg.AttachReader(f.Name, bytes.NewReader(f.Data), mail.WithFileContentType(mail.ContentType(f.Type))); err != nil {
			return nil, fmt.Errorf("attachment %s: %w", f.Name, err)
		}
	}
	return msg, nil
}
