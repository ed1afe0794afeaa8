package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"earshot/internal/egress"
	"earshot/mention"
)

// chatServices are those whose requests go through the guard: they use
// [http.DefaultTransport], or let us give them a client. Others bring a
// transport of their own, or speak something else than HTTP.
var chatServices = map[string]bool{
	"bark": true, "discord": true, "googlechat": true, "gotify": true, "ifttt": true, "join": true, "lark": true, "matrix": true, "mattermost": true,
	"notifiarr": true, "ntfy": true, "opsgenie": true, "pagerduty": true, "pushbullet": true, "pushover": true, "rocketchat": true, "signal": true,
	"slack": true, "teams": true, "telegram": true, "wecom": true, "zulip": true,
}

// The limits of a message: most services take 2,000 characters.
const (
	maxChat      = 1900
	maxChatItems = 5
)

// A chat hands notices to a chat service: best effort, since such services
// do not know our ids, and show a notice twice that came twice.
type chat struct {
	url     Secret
	service string
	timeout time.Duration
	door    *egress.Door
	out     http.RoundTripper // of this receiver alone
}

func newChat(r *Receiver, eg *egress.Egress) (*chat, error) {
	door, ok := http.DefaultTransport.(*egress.Door)
	if !ok {
		return nil, fmt.Errorf("alerts: receiver %s: chat goes out by the daemon alone", r.ID)
	}
	address, err := readSecret(r.URLFile)
	if err != nil {
		return nil, fmt.Errorf("alerts: receiver %s: url_file: %w", r.ID, err)
	}
	c := &chat{url: address, timeout: r.Timeout.Std(), door: door}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.service, err = chatService(address.Reveal()); err != nil {
		return nil, fmt.Errorf("alerts: receiver %s: %s: %w", r.ID, r.URLFile, err)
	}
	c.out = eg.Transport(egress.ClientOptions{MaxBody: maxReply, Timeout: c.timeout})
	if c.service != "matrix" { // making that one signs in
		if _, err := c.open(); err != nil {
			return nil, fmt.Errorf("alerts: receiver %s: %s: %w", r.ID, r.URLFile, err)
		}
	}
	return c, nil
}

// chatService says which service an address is of.
func chatService(address string) (string, error) {
	scheme, _, ok := strings.Cut(address, "://")
	scheme, _, _ = strings.Cut(scheme, "+")
	names := slices.Sorted(maps.Keys(chatServices))
	if !ok {
		return "", fmt.Errorf("it is no address such as slack://…; one of %s", strings.Join(names, ", "))
	}
	if !chatServices[scheme] {
		return "", oneOf("service", scheme, names)
	}
	return scheme, nil
}

// open makes the service, with our client where it takes one.
func (c *chat) open() (service types.Service, err error) {
	defer c.rescue(&err)
	service, err = (&router.ServiceRouter{}).Locate(c.url.Reveal())
	if err != nil {
		return nil, c.redact(err)
	}
	switch s := service.(type) {
	case interface{ SetHTTPClient(c *http.Client) }:
		s.SetHTTPClient(&http.Client{Timeout: c.timeout})
	case interface{ GetHTTPClient() *http.Client }:
		client := s.GetHTTPClient()
		if client == nil {
			return nil, fmt.Errorf("%s cannot be guarded", c.service)
		}
		client.Transport = nil // the default one, which is guarded
	}
	return service, nil
}

// rescue makes a panic within the library an error: some of them read answers
// that never came.
func (c *chat) rescue(err *error) {
	if p := recover(); p != nil {
		*err = c.redact(fmt.Errorf("%s did not take it (%v)", c.service, p))
	}
}

// Notify implements [Notifier]. The library knows no contexts: when ctx ends
// first, its requests end, and it is left to itself to notice.
func (c *chat) Notify(ctx context.Context, d mention.Delivery) error {
	var n Notice
	if err := json.Unmarshal(d.Payload, &n); err != nil {
		return &NotifyError{Permanent: true, Err: fmt.Errorf("the payload cannot be read: %w", err)}
	}
	done := make(chan error, 1)
	go func() { done <- c.send(ctx, chatText(&n, c.service)) }()
	select {
	case <-ctx.Done():
		return &NotifyError{Err: ctx.Err()}
	case err := <-done:
		return err
	}
}

// send has the library send a text, and believes what was answered rather
// than what the library says: some call it a success when nobody answered.
func (c *chat) send(ctx context.Context, text string) error {
	var err error
	answers := c.door.Through(ctx, c.out, func() { err = c.hand(text) })
	failed := &NotifyError{Err: err}
	if len(answers) > 0 {
		last := answers[len(answers)-1]
		failed.Status, failed.RetryAfter = last.Status, retryAfter(last.RetryAfter, time.Now())
		switch {
		case last.Err != nil:
			failed.Err = c.redact(last.Err)
		case failed.Gone():
			failed.Permanent, failed.Err = true, fmt.Errorf("%s answered 410: it does not want notices any more", c.service)
		case last.Status < 200 || last.Status > 299:
			failed.Err = fmt.Errorf("%s answered %d", c.service, last.Status)
		}
	} else if err == nil {
		failed.Err = fmt.Errorf("%s was asked nothing", c.service)
	}
	if failed.Err == nil {
		return nil
	}
	return failed
}

func (c *chat) hand(text string) (err error) {
	defer c.rescue(&err)
	service, err := c.open()
	if err != nil {
		return err
	}
	return c.redact(service.Send(text, &types.Params{}))
}

var addressPattern = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*)://[^\s"']+`)

// redact takes out of an error what may be a secret: every address, and every
// part of the configured one that is longer than a word.
func (c *chat) redact(err error) error {
	if err == nil {
		return nil
	}
	text := addressPattern.ReplaceAllString(firstLine(err.Error()), "$1://"+hidden)
	for _, part := range secretParts(c.url.Reveal()) {
		text = strings.ReplaceAll(text, part, hidden)
	}
	return errors.New(text)
}

func secretParts(address string) []string {
	var parts []string
	add := func(list ...string) {
		for _, part := range list {
			if len(part) >= 6 {
				parts = append(parts, part)
			}
		}
	}
	add(address)
	u, err := url.Parse(address)
	if err != nil {
		return append(parts, strings.FieldsFunc(address, func(r rune) bool { return strings.ContainsRune(":/@?&=", r) })...)
	}
	add(u.User.Username(), u.Host, u.Hostname(), u.Fragment)
	if password, ok := u.User.Password(); ok {
		add(password)
	}
	add(strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })...)
	add(strings.FieldsFunc(u.EscapedPath(), func(r rune) bool { return r == '/' })...)
	for _, values := range u.Query() {
		add(values...)
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	return parts
}

// broken takes from what the world wrote the power to call people, to hide an
// address behind words and to look like lines of ours. The zero-width space
// is not seen.
var broken = strings.NewReplacer("@", "@\u200b", "<", "<\u200b", "](", "]\u200b(")

// entities are how Slack wants its own signs written.
var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// chatWords is a text of the world as one line of plain words.
func chatWords(service, text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		if unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u200c' { // turns of direction and the like
			return -1
		}
		return r
	}, text)
	text = broken.Replace(strings.Join(strings.Fields(text), " "))
	if service == "slack" {
		text = entities.Replace(text)
	}
	return text
}

// addressSigns are what in an address means more to a chat.
var addressSigns = strings.NewReplacer("@", "%40", "<", "%3C", ">", "%3E", "|", "%7C", "(", "%28", ")", "%29", " ", "%20")

// chatAddress is an address of the world that is an address and nothing else.
func chatAddress(service, address string) string {
	address = addressSigns.Replace(strings.Join(strings.FieldsFunc(address, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " "))
	if service == "slack" {
		address = entities.Replace(address)
	}
	return address
}

// chatText is a notice in plain words, short enough for every service.
func chatText(n *Notice, service string) string {
	var b strings.Builder
	words := func(text string, most int) string { return clip(chatWords(service, clip(text, 4*most)), most) }
	state := stateWords[n.Type]
	if state == "" {
		state = n.Type
	}
	if n.Data.Rule != nil {
		fmt.Fprintf(&b, "[%s] ", n.Data.Rule.Severity)
	}
	fmt.Fprintf(&b, "%s: %s\n", state, words(n.Data.Subject, maxTitle))
	if n.Data.Reason != "" && n.Data.Reason != n.Data.Subject {
		fmt.Fprintln(&b, words(n.Data.Reason, maxExcerpt))
	}
	tail := chatTail(n)
	line := func(format string, args ...any) bool {
		text := fmt.Sprintf(format, args...)
		if b.Len()+len(text)+len(tail) > maxChat {
			return false
		}
		b.WriteString(text)
		return true
	}
	for i := range n.Data.Mentions {
		m := &n.Data.Mentions[i]
		title := m.Title
		if title == "" {
			title = m.Excerpt
		}
		if i == maxChatItems || !line("- %s (%s) %s\n", words(title, 160), words(m.Site, 100), chatAddress(service, m.URL)) {
			line("… and %d more\n", len(n.Data.Mentions)-i)
			break
		}
	}
	for i := range n.Data.Digest {
		it := &n.Data.Digest[i]
		if !line("- [%s] %s: %s\n", it.Severity, it.State, words(it.Reason, 160)) {
			line("… and %d more\n", len(n.Data.Digest)-i+n.Data.More)
			break
		}
	}
	return b.String() + tail
}

// chatTail is what must not be cut off.
func chatTail(n *Notice) string {
	var b strings.Builder
	if s := n.Data.Safety; s != nil && s.Late {
		b.WriteString("Late find.\n")
	}
	if n.Data.Rule != nil && n.Data.Rule.Playbook != "" {
		fmt.Fprintf(&b, "What to do: %s\n", clip(n.Data.Rule.Playbook, 300))
	}
	for _, name := range []string{"incident", ActionAck} {
		if link := n.Data.Links[name]; link != "" && len(link) < 300 {
			fmt.Fprintf(&b, "%s: %s\n", name, link)
		}
	}
	return b.String()
}
