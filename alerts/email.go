package alerts

import (
	"bytes"
	"context"
	"crypto/tls"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/wneessen/go-mail"

	"earshot/internal/egress"
	"earshot/mention"
)

//go:embed templates
var templates embed.FS

// An email sends notices as mail: text and HTML, one thread an incident.
type email struct {
	from, domain string
	to           []string
	unsubscribe  string
	smtp         SMTP
	password     Secret
	timeout      time.Duration
	egress       *egress.Egress
	draw         Draw
	log          *slog.Logger
	text         *texttemplate.Template
	html         *htmltemplate.Template
}

func newEmail(r *Receiver, eg *egress.Egress, draw Draw, log *slog.Logger) (*email, error) {
	e := &email{
		from: r.From, to: r.To, unsubscribe: r.UnsubscribeURL, smtp: *r.SMTP, timeout: r.Timeout.Std(), egress: eg, draw: draw, log: log,
	}
	from, err := netmail.ParseAddress(r.From)
	if err != nil {
		return nil, fmt.Errorf("alerts: receiver %s: from: %w", r.ID, err)
	}
	e.domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	if e.timeout == 0 {
		e.timeout = defaultTimeout
	}
	if path := r.SMTP.PasswordFile; path != "" {
		if e.password, err = readSecret(path); err != nil {
			return nil, fmt.Errorf("alerts: receiver %s: password: %w", r.ID, err)
		}
	}
	functions := map[string]any{
		"join": func(list []string) string { return strings.Join(list, ", ") },
		"when": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
	}
	if e.text, err = texttemplate.New("mail.txt.tmpl").Funcs(functions).ParseFS(templates, "templates/mail.txt.tmpl"); err != nil {
		return nil, fmt.Errorf("alerts: mail template: %w", err)
	}
	if e.html, err = htmltemplate.New("mail.html.tmpl").Funcs(functions).ParseFS(templates, "templates/mail.html.tmpl"); err != nil {
		return nil, fmt.Errorf("alerts: mail template: %w", err)
	}
	return e, nil
}

// Notify implements [Notifier].
func (e *email) Notify(ctx context.Context, d mention.Delivery) error {
	msg, err := e.message(&d)
	if err != nil {
		return &NotifyError{Permanent: true, Err: err}
	}
	return e.send(ctx, msg)
}

// send hands one mail to the server.
func (e *email) send(ctx context.Context, msg *mail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	client, err := e.client(ctx)
	if err != nil {
		return &NotifyError{Permanent: true, Err: err}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return mailError(err)
	}
	err = client.Send(msg)
	if closeErr := client.Close(); closeErr != nil {
		// The server has taken the message or not by now; QUIT changes nothing.
		e.log.Debug("mail server did not say goodbye", "err", closeErr)
	}
	return mailError(err)
}

// mailError says how a failure is to be handled.
func mailError(err error) error {
	if err == nil {
		return nil
	}
	n := &NotifyError{Err: errors.New(firstLine(err.Error()))}
	if send, ok := errors.AsType[*mail.SendError](err); ok {
		n.Status = send.ErrorCode()
		n.Permanent = n.Status >= 500 && !send.IsTemp()
	} else if reply, ok := errors.AsType[*textproto.Error](err); ok {
		n.Status = reply.Code // before any message: a wrong password may be mended
	}
	return n
}

// client is set up for one connection, which ctx can cut.
func (e *email) client(ctx context.Context) (*mail.Client, error) {
	secure := e.egress.TLSConfig()
	if secure == nil {
		secure = &tls.Config{}
	}
	secure.ServerName, secure.MinVersion, secure.NextProtos = e.smtp.Host, tls.VersionTLS12, nil
	options := []mail.Option{
		mail.WithPort(e.smtp.port()), mail.WithTimeout(e.timeout), mail.WithTLSConfig(secure),
		mail.WithDialContextFunc(func(dial context.Context, network, addr string) (net.Conn, error) {
			return e.dial(ctx, dial, network, addr, secure)
		}),
	}
	if e.smtp.Hello != "" {
		options = append(options, mail.WithHELO(e.smtp.Hello))
	}
	switch e.smtp.TLS {
	case TLSInsecure:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case TLSImplicit:
		options = append(options, mail.WithSSL())
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if e.smtp.Username != "" {
		options = append(options, mail.WithSMTPAuth(e.auth()), mail.WithUsername(e.smtp.Username), mail.WithPassword(e.password.Reveal()))
	}
	return mail.NewClient(e.smtp.Host, options...)
}

// dial connects through the guard, and closes the connection when ctx ends.
func (e *email) dial(ctx, dial context.Context, network, addr string, secure *tls.Config) (net.Conn, error) {
	conn, err := e.egress.DialContext(dial, network, addr)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	if e.smtp.TLS != TLSImplicit {
		return conn, nil
	}
	encrypted := tls.Client(conn, secure)
	if err := encrypted.HandshakeContext(dial); err != nil {
		conn.Close()
		return nil, err
	}
	return encrypted, nil
}

func (e *email) auth() mail.SMTPAuthType {
	switch e.smtp.Auth {
	case "login":
		return mail.SMTPAuthLogin
	case "cram-md5":
		return mail.SMTPAuthCramMD5
	case "scram-sha-256":
		return mail.SMTPAuthSCRAMSHA256
	case "plain":
		return mail.SMTPAuthPlain
	}
	if e.smtp.TLS == TLSImplicit { // the library looks for what a server offers only after STARTTLS
		return mail.SMTPAuthPlain
	}
	return mail.SMTPAuthAutoDiscover
}

// A letter is what the templates are given.
type letter struct {
	Notice
	ID, State, Colour, Unsubscribe string
	Picture                        htmltemplate.URL // of the counts; empty when there is none
}

var (
	colours = map[string]string{
		mention.SeverityInfo: "#3b7dd8", mention.SeverityWarning: "#d98e04", mention.SeverityCrisis: "#c62828", mention.SeveritySafety: "#8e24aa",
	}
	stateWords = map[string]string{
		TypeFiring: "Firing", TypeUpdated: "More", TypeResolved: "Resolved", TypeSafety: "Safety: possible adverse event", TypeDigest: "Digest", TypeReport: "Report",
	}
)

// message writes the mail of a delivery. The same delivery gives the same
// Message-ID, so that a mail sent twice can be told.
func (e *email) message(d *mention.Delivery) (*mail.Msg, error) {
	l := letter{ID: d.ID, Unsubscribe: e.unsubscribe, Colour: colours[mention.SeverityInfo]}
	if err := json.Unmarshal(d.Payload, &l.Notice); err != nil {
		return nil, fmt.Errorf("the payload cannot be read: %w", err)
	}
	l.State = stateWords[l.Type]
	if l.State == "" {
		l.State = l.Type
	}
	severity := ""
	if l.Data.Rule != nil {
		severity = l.Data.Rule.Severity
		l.Colour = colours[severity]
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(e.from); err != nil {
		return nil, err
	}
	if err := msg.To(e.to...); err != nil {
		return nil, err
	}
	msg.Subject(subject(severity, &l))
	msg.SetMessageIDWithValue(d.ID + "@" + e.domain)
	msg.SetDateWithValue(d.Created)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if d.Incident != "" {
		thread := "<" + d.Incident + "@" + e.domain + ">"
		msg.SetGenHeader(mail.HeaderReferences, thread)
		if l.Type != TypeFiring && l.Type != TypeSafety {
			msg.SetGenHeader(mail.HeaderInReplyTo, thread)
		}
	}
	if e.unsubscribe != "" {
		if err := msg.SetListUnsubscribeOneClick(e.unsubscribe); err != nil {
			return nil, err
		}
	}
	e.picture(msg, d, &l)
	if err := msg.SetBodyTextTemplate(e.text, l); err != nil {
		return nil, err
	}
	return msg, msg.AddAlternativeHTMLTemplate(e.html, l)
}

// picture puts the counts into a mail as a picture. Without it the mail says
// them in words alone.
func (e *email) picture(msg *mail.Msg, d *mention.Delivery, l *letter) {
	if e.draw == nil || l.Data.Counted == nil {
		return
	}
	var png bytes.Buffer
	title := l.Data.Counted.Title()
	err := e.draw(&png, title, l.Data.Counted)
	id := d.ID + ".counts@" + e.domain
	if err == nil {
		err = msg.EmbedReader("counts.png", &png, mail.WithFileContentID("<"+id+">"), mail.WithFileContentType("image/png"), mail.WithFileDescription(title))
	}
	if err != nil {
		e.log.Warn("mail goes without its picture", "delivery", d.ID, "err", err)
		return
	}
	l.Picture = htmltemplate.URL("cid:" + id) //nolint:gosec // both parts are ours
}

// subject is one line. Later mails of an incident answer the first, with its
// subject: some programs thread by nothing else.
func subject(severity string, l *letter) string {
	s := strings.Join(strings.Fields(l.Data.Subject), " ")
	if s == "" {
		s = l.State
	}
	if len(s) > 180 {
		s = clip(s, 180) + "…"
	}
	if severity != "" {
		s = "[" + severity + "] " + s
	}
	if l.Type == TypeUpdated || l.Type == TypeResolved {
		s = "Re: " + s
	}
	return s
}
