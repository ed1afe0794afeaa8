package alerts

import (
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"earshot/mention"
)

// The kinds of receivers.
const (
	ReceiverWebhook   = "webhook"
	ReceiverEmail     = "email"
	ReceiverChat      = "chat"
	ReceiverHeartbeat = "heartbeat" // takes no notices: it is told that all is well
)

// ReceiverKinds lists the kinds of receivers.
var ReceiverKinds = []string{ReceiverWebhook, ReceiverEmail, ReceiverChat, ReceiverHeartbeat}

// How a mail server is spoken to.
const (
	TLSStart    = "starttls" // the default: encrypted before anything is said, or nothing is sent
	TLSImplicit = "implicit" // encrypted from the first byte, usually port 465
	TLSInsecure = "insecure" // in clear; never with a password
)

var (
	tlsModes  = []string{TLSStart, TLSImplicit, TLSInsecure}
	authModes = []string{"plain", "login", "cram-md5", "scram-sha-256"}
)

// maxSecret bounds a file that holds a secret.
const maxSecret = 64 << 10

// A Secret is a text that is never shown: it prints as <secret> wherever it
// goes. Reveal gives it to who needs it.
type Secret string

const hidden = "<secret>"

// String hides s.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides s.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides s from every encoder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// readSecret reads a secret from a file, without the newline at its end.
func readSecret(path string) (Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = fmt.Errorf("more than %d bytes", maxSecret)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	s := strings.TrimSpace(string(data))
	if s == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return Secret(s), nil
}

// SMTP says how mail is handed over.
type SMTP struct {
	Host         string `yaml:"host" json:"host"`
	Port         int    `yaml:"port,omitempty" json:"port,omitempty"` // 0 means 587, or 465 with implicit TLS, or 25 with insecure
	Username     string `yaml:"username,omitempty" json:"username,omitempty"`
	PasswordFile string `yaml:"password_file,omitempty" json:"password_file,omitempty"`
	Auth         string `yaml:"auth,omitempty" json:"auth,omitempty"`   // plain, login, cram-md5, scram-sha-256; empty means what the server offers
	TLS          string `yaml:"tls,omitempty" json:"tls,omitempty"`     // starttls (default), implicit, insecure
	Hello        string `yaml:"hello,omitempty" json:"hello,omitempty"` // our name to the server; empty means this host's
}

// Quiet is a stretch of the day in which notices wait. What was held is told
// in one digest when it ends.
type Quiet struct {
	From string `yaml:"from" json:"from"`                     // 22:00
	To   string `yaml:"to" json:"to"`                         // 07:00; earlier than From means the next day
	Zone string `yaml:"zone,omitempty" json:"zone,omitempty"` // IANA; empty means the installation's
	Days Words  `yaml:"days,omitempty" json:"days,omitempty"` // mon … sun on which it begins; empty means all
	Pass string `yaml:"pass,omitempty" json:"pass,omitempty"` // the severity that goes through; empty means crisis
}

// A Receiver is where notices go.
type Receiver struct {
	ID             string           `yaml:"id" json:"id"`
	Kind           string           `yaml:"kind" json:"kind"`
	URL            string           `yaml:"url,omitempty" json:"url,omitempty"`                         // webhook, heartbeat
	SecretFile     string           `yaml:"secret_file,omitempty" json:"secret_file,omitempty"`         // webhook: whsec_…, 24 to 64 bytes in base64
	OldSecretFile  string           `yaml:"old_secret_file,omitempty" json:"old_secret_file,omitempty"` // webhook: signs too, while a secret is being changed
	URLFile        string           `yaml:"url_file,omitempty" json:"url_file,omitempty"`               // chat: its address holds secrets
	To             Words            `yaml:"to,omitempty" json:"to,omitempty"`                           // email
	From           string           `yaml:"from,omitempty" json:"from,omitempty"`                       // email
	SMTP           *SMTP            `yaml:"smtp,omitempty" json:"smtp,omitempty"`                       // email
	UnsubscribeURL string           `yaml:"unsubscribe_url,omitempty" json:"unsubscribe_url,omitempty"` // email: List-Unsubscribe
	Every          mention.Duration `yaml:"every,omitempty" json:"every,omitempty"`                     // heartbeat: how often; 0 means 1m
	Method         string           `yaml:"method,omitempty" json:"method,omitempty"`                   // heartbeat: get (default) or post
	Timeout        mention.Duration `yaml:"timeout,omitempty" json:"timeout,omitempty"`                 // of one try; 0 means 20s
	Severity       string           `yaml:"severity,omitempty" json:"severity,omitempty"`               // nothing milder is sent
	Quiet          *Quiet           `yaml:"quiet,omitempty" json:"quiet,omitempty"`
	Digest         mention.Duration `yaml:"digest,omitempty" json:"digest,omitempty"`     // one notice over all rules every so often, on the clock; crisis goes through
	Cap            int              `yaml:"cap,omitempty" json:"cap,omitempty"`           // most notices an hour; 0 means 60. The rest comes in one digest
	Fallback       string           `yaml:"fallback,omitempty" json:"fallback,omitempty"` // receiver that is told when a safety notice cannot be delivered
}

// Parallel is how many notices a receiver of this kind is sent at a time. Those
// of one incident are never sent together.
func (r *Receiver) Parallel() int {
	switch r.Kind {
	case ReceiverWebhook:
		return 8
	case ReceiverEmail:
		return 2
	}
	return 1
}

const (
	defaultCap     = 60
	defaultTimeout = 20 * time.Second
	maxTimeout     = 2 * time.Minute
)

// Faults returns everything that is wrong with r.
func (r *Receiver) Faults() []error {
	var errs []error
	if err := mention.CheckID(r.ID); err != nil {
		errs = append(errs, err)
	}
	switch r.Kind {
	case ReceiverWebhook:
		errs = append(errs, r.webhookFaults()...)
	case ReceiverEmail:
		errs = append(errs, r.emailFaults()...)
	case ReceiverChat:
		if r.URLFile == "" {
			errs = append(errs, errors.New("url_file is missing: a file with the address of the service, such as slack://hook:…@webhook"))
		}
	case ReceiverHeartbeat:
		errs = append(errs, r.heartbeatFaults()...)
	case "":
		errs = append(errs, fmt.Errorf("kind is missing; one of %s", strings.Join(ReceiverKinds, ", ")))
	default:
		errs = append(errs, oneOf("kind", r.Kind, ReceiverKinds))
	}
	errs = append(errs, r.unread()...)
	if t := r.Timeout.Std(); t != 0 && (t < time.Second || t > maxTimeout) {
		errs = append(errs, fmt.Errorf("timeout %s is not 1s to %s", r.Timeout, mention.Duration(maxTimeout)))
	}
	if r.Severity != "" && !slices.Contains(Severities, r.Severity) {
		errs = append(errs, oneOf("severity", r.Severity, Severities))
	}
	if d := r.Digest.Std(); d != 0 && (d < time.Minute || d > 7*24*time.Hour) {
		errs = append(errs, fmt.Errorf("digest %s is not 1m to 7d", r.Digest))
	}
	if r.Cap < 0 || r.Cap > 10_000 {
		errs = append(errs, fmt.Errorf("cap %d is not 1 to 10000 an hour", r.Cap))
	}
	if r.Quiet != nil {
		if _, err := r.Quiet.compile(time.UTC); err != nil {
			errs = append(errs, fmt.Errorf("quiet: %w", err))
		}
	}
	return errs
}

func (r *Receiver) webhookFaults() []error {
	errs := urlFaults(r.URL)
	if r.SecretFile == "" {
		errs = append(errs, errors.New("secret_file is missing: a file with whsec_ and 24 to 64 bytes in base64, as made by: printf 'whsec_%s' \"$(openssl rand -base64 32)\""))
	}
	return errs
}

// unread tells of keys that another kind of receiver would read.
func (r *Receiver) unread() []error {
	var errs []error
	for _, k := range []struct {
		set   bool
		name  string
		kinds []string
	}{
		{r.URL != "", "url", []string{ReceiverWebhook, ReceiverHeartbeat}},
		{r.SecretFile != "" || r.OldSecretFile != "", "secret_file", []string{ReceiverWebhook}},
		{r.URLFile != "", "url_file", []string{ReceiverChat}},
		{len(r.To) > 0, "to", []string{ReceiverEmail}},
		{r.From != "", "from", []string{ReceiverEmail}},
		{r.SMTP != nil, "smtp", []string{ReceiverEmail}},
		{r.UnsubscribeURL != "", "unsubscribe_url", []string{ReceiverEmail}},
		{r.Every != 0, "every", []string{ReceiverHeartbeat}},
		{r.Method != "", "method", []string{ReceiverHeartbeat}},
	} {
		if k.set && slices.Contains(ReceiverKinds, r.Kind) && !slices.Contains(k.kinds, r.Kind) {
			errs = append(errs, fmt.Errorf("%s is not read by kind %s, but by %s", k.name, r.Kind, strings.Join(k.kinds, ", ")))
		}
	}
	return errs
}

func (r *Receiver) emailFaults() []error {
	var errs []error
	if len(r.To) == 0 {
		errs = append(errs, errors.New("to is missing: who gets the mail"))
	}
	if len(r.To) > maxNotify {
		errs = append(errs, fmt.Errorf("to names %d addresses; at most %d", len(r.To), maxNotify))
	}
	for _, to := range r.To {
		if _, err := mail.ParseAddress(to); err != nil {
			errs = append(errs, fmt.Errorf("to %q is not an address: %w", to, err))
		}
	}
	if r.From == "" {
		errs = append(errs, errors.New("from is missing: whose address the mail carries"))
	} else if _, err := mail.ParseAddress(r.From); err != nil {
		errs = append(errs, fmt.Errorf("from %q is not an address: %w", r.From, err))
	}
	if u, err := url.Parse(r.UnsubscribeURL); r.UnsubscribeURL != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		errs = append(errs, errors.New("unsubscribe_url is not an https address; one-click unsubscribing needs one"))
	}
	if r.SMTP == nil {
		return append(errs, errors.New("smtp is missing: the server that takes the mail, as in smtp: {host: mail.example.org}"))
	}
	return append(errs, r.SMTP.faults()...)
}

func (s *SMTP) faults() []error {
	var errs []error
	if s.Host == "" || strings.ContainsAny(s.Host, "/ :@") && !strings.Contains(s.Host, "::") {
		errs = append(errs, fmt.Errorf("smtp: host %q is not a host name", s.Host))
	}
	if s.Port < 0 || s.Port > 65535 {
		errs = append(errs, fmt.Errorf("smtp: port %d is not 1 to 65535", s.Port))
	}
	if s.TLS != "" && !slices.Contains(tlsModes, s.TLS) {
		errs = append(errs, fmt.Errorf("smtp: %w", oneOf("tls", s.TLS, tlsModes)))
	}
	if s.Auth != "" && !slices.Contains(authModes, s.Auth) {
		errs = append(errs, fmt.Errorf("smtp: %w", oneOf("auth", s.Auth, authModes)))
	}
	if (s.Username == "") != (s.PasswordFile == "") {
		errs = append(errs, errors.New("smtp: username and password_file come together"))
	}
	if s.TLS == TLSInsecure && s.Username != "" {
		errs = append(errs, errors.New("smtp: tls insecure would send the password in clear; use starttls or implicit"))
	}
	return errs
}

// port is the port with its default.
func (s *SMTP) port() int {
	switch {
	case s.Port != 0:
		return s.Port
	case s.TLS == TLSImplicit:
		return 465
	case s.TLS == TLSInsecure:
		return 25
	}
	return 587
}
