package crawler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"earshot/internal/egress"
	"earshot/mention"
)

const (
	maxAPIBytes     = 8 << 20
	maxSecret       = 8 << 10
	apiPages        = 20 // of a pass, unless given
	apiWait         = 15 * time.Minute
	defaultBackfill = 30 * 24 * time.Hour
)

// A platform is one public API: how it is asked, and how its answers are
// read. What all have in common (pages, back-fill, rate limits, engagement
// read again) is done by [api].
type platform struct {
	base    string        // of its address, where the source names none
	gap     time.Duration // least time between two requests; 0 means that of any host
	wait    time.Duration // between passes, without an every; 0 means 15 minutes
	lag     time.Duration // how much later than it was published something may turn up
	keyed   bool          // nothing can be had without a key
	timed   bool          // from and to of a call are honoured by the API: history can be asked for
	needs   string        // in words, what a source must say; empty for a query
	batch   int           // ids that one re-reading takes; 0 means that engagement cannot be read again
	topics  func(src *mention.Source, names [][]string) []string
	page    func(ctx context.Context, c *call) (*leaf, error)
	measure func(ctx context.Context, c *call, ids []string) ([]mention.Metric, error)
	topicOf func(*url.URL) string                             // of the address of a capture; nil where the answer does not depend on it
	listen  func(ctx context.Context, p *apiPass) error       // hears what is new between two passes, as long as it may; nil where the platform has no stream
	again   func(ctx context.Context, c *call) (*leaf, error) // reads a capture, where that is not what page does
}

// kind makes a kind of source of a platform.
func (p *platform) kind(name mention.SourceKind) kind {
	return kind{
		name: name, check: p.check, platform: p,
		make: func(src mention.Source, o Options) Collector { return newAPI(p, src, o) },
	}
}

func (p *platform) check(src *mention.Source) []error {
	var errs []error
	if src.Query.IsZero() && len(src.In) == 0 && p.needs != "" {
		errs = append(errs, errors.New("query: "+p.needs))
	}
	if p.base == "" && src.URL == "" {
		errs = append(errs, errors.New("url is missing: the address of the instance"))
	}
	if src.Stream && p.listen == nil {
		errs = append(errs, fmt.Errorf("stream: a %s has none", src.Kind))
	}
	if p.keyed && src.SecretFile() == "" {
		errs = append(errs, fmt.Errorf("key_file is missing: a %s answers nobody without a key", src.Kind))
	}
	return errs
}

// A secret is a key or token; it prints as <secret>.
type secret string

// String implements [fmt.Stringer].
func (secret) String() string { return "<secret>" }

// GoString implements [fmt.GoStringer].
func (secret) GoString() string { return "<secret>" }

// LogValue keeps it out of logs.
func (secret) MarshalText() ([]byte, error) { return []byte("<secret>"), nil }

// readSecret reads a source's key; "" where it has none.
func readSecret(src *mention.Source) (secret, error) {
	path := src.SecretFile()
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", &FetchError{URL: src.URL, Class: ClassSecret, Err: err}
	}
	key := strings.TrimSpace(string(data))
	if key == "" || len(key) > maxSecret || strings.ContainsAny(key, "\r\n\x00") {
		return "", &FetchError{URL: src.URL, Class: ClassSecret, Err: fmt.Errorf("%s does not hold one key on one line", path)}
	}
	return secret(key), nil
}

// A call is one request for a page of a topic.
type call struct {
	api    *api
	src    *mention.Source
	base   string
	key    secret
	topic  string
	cursor string    // of the page before; "" for the first
	from   time.Time // what is older is not wanted
	to     time.Time // nor what is newer; zero for no bound
	now    time.Time

	offline bool // a capture answers: nobody is asked for a session
}

// A leaf is one page of answers, newest first.
type leaf struct {
	answer   *answer
	mentions []mention.Mention
	watch    map[string]string // ids of mentions to what the platform calls them, for those whose engagement can be read again
	next     string            // cursor of the next page; "" on the last
	oldest   time.Time         // of anything on the page, also of what made no mention
}

// add puts a mention on the page. Its id is that of the platform; where there
// is none, the address tells it.
func (l *leaf) add(c *call, m mention.Mention) {
	src := c.src
	m.Source, m.Origin = src.ID, mention.OriginCollect
	m.Published, m.Updated = clamp(m.Published, c.now), clamp(m.Updated, c.now)
	if !m.Published.IsZero() && (l.oldest.IsZero() || m.Published.Before(l.oldest)) {
		l.oldest = m.Published
	}
	if m.Title == "" && m.Text == "" {
		return
	}
	if src.Type != "" {
		m.Kind = src.Type
	}
	m.Lang = firstNonEmpty(m.Lang, src.Lang)
	m.Country = firstNonEmpty(m.Country, src.Country)
	m.Channel = firstNonEmpty(m.Channel, src.Channel)
	if !m.Updated.After(m.Published) {
		m.Updated = time.Time{}
	}
	id := m.ID
	Identify(&m)
	if id != "" {
		m.ID = id
	}
	l.mentions = append(l.mentions, m)
}

// track remembers that a mention's engagement can be read again.
func (l *leaf) track(id, native string) {
	if l.watch == nil {
		l.watch = map[string]string{}
	}
	l.watch[id] = native
}

// get asks for an address below the base and decodes the JSON of the answer.
func (c *call) get(ctx context.Context, path string, params url.Values, header http.Header, into any) (*answer, error) {
	a, err := c.raw(ctx, question{url: c.address(path, params), accept: "application/json", header: header})
	if err != nil {
		return nil, err
	}
	return a, c.decode(a, into)
}

// feed asks for a feed below the base; each makes of a mention what the
// platform means by it.
func (c *call) feed(ctx context.Context, path string, params url.Values, each func(l *leaf, m *mention.Mention, it *Item)) (*leaf, error) {
	a, err := c.raw(ctx, question{url: c.address(path, params), accept: acceptFeed})
	if err != nil {
		return nil, err
	}
	parsed, err := ParseFeed(a.body, a.header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a}
	for i := range parsed.Items {
		m := itemMention(*c.src, parsed, &parsed.Items[i], a.url, c.now)
		each(l, &m, &parsed.Items[i])
		l.add(c, m)
	}
	return l, nil
}

func (c *call) address(path string, params url.Values) string {
	address := strings.TrimRight(c.base, "/") + path
	if len(params) > 0 {
		address += "?" + params.Encode()
	}
	return address
}

// raw makes a request. A limit that the answer tells of is kept by the host.
func (c *call) raw(ctx context.Context, q question) (*answer, error) {
	a, err := ask(ctx, c.api.client, c.api.o.Now, q)
	if err != nil {
		return nil, err
	}
	if until, spent := rateSpent(a.header, a.fetched); spent {
		c.api.o.Hosts.Hold(q.url, until)
	}
	return a, nil
}

func (*call) decode(a *answer, into any) error {
	if err := scanJSON(a.body); err != nil {
		return &FetchError{URL: a.url.String(), Class: classOf(err), Err: err}
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return &FetchError{URL: a.url.String(), Class: ClassMalformed, Err: fmt.Errorf("the answer is not what the API's documentation says: %w", err)}
	}
	return nil
}

// session gives a token that lasts longer than a pass; renew gets another one
// and says how long it lasts.
func (c *call) session(renew func() (string, time.Duration, error)) (secret, error) {
	if c.offline {
		return "none", nil
	}
	name := string(c.src.Kind) + " " + c.base + " " + c.src.User + " " + hash(string(c.key))
	if token := c.api.o.Hosts.session(name); token != "" {
		return token, nil
	}
	token, lasts, err := renew()
	if err != nil {
		return "", err
	}
	if token == "" {
		return "", &FetchError{URL: c.base, Class: ClassSecret, Err: errors.New("the platform gave no token for the key")}
	}
	c.api.o.Hosts.keepSession(name, secret(token), lasts)
	return secret(token), nil
}

// api collects from a platform.
type api struct {
	platform *platform
	src      mention.Source
	o        Options
	client   *http.Client
	base     string
}

func newAPI(p *platform, src mention.Source, o Options) *api {
	a := &api{platform: p, src: src, o: o, base: firstNonEmpty(src.URL, p.base)}
	if src.URL == "" {
		a.src.URL = p.base // what the source's host is known by
	}
	if p.gap > 0 {
		o.Hosts.slow(a.base, p.gap)
	}
	a.client = o.Egress.Client(egress.ClientOptions{MaxBody: maxAPIBytes, Wrap: o.Hosts.wrap(o.MaxWait)})
	return a
}

// names are the words that each watched brand is searched by, most telling
// first, one list a brand.
func (a *api) names() [][]string {
	q := &a.src.Query
	var groups [][]string
	if len(q.Any) > 0 {
		groups = append(groups, q.Any)
	}
	if q.From != mention.FromBrands {
		return groups
	}
	for i := range a.o.Brands {
		b := &a.o.Brands[i]
		if len(q.Only) > 0 && !slices.Contains(q.Only, b.ID) {
			continue
		}
		groups = append(groups, brandNames(b))
	}
	return groups
}

// brandNames are the words a brand may be called by, each once.
func brandNames(b *mention.Brand) []string {
	var names []string
	seen := map[string]bool{}
	add := func(list ...string) {
		for _, s := range list {
			s = strings.Join(strings.Fields(strings.ReplaceAll(s, `"`, " ")), " ")
			if key := strings.ToLower(s); s != "" && !seen[key] {
				seen[key] = true
				names = append(names, s)
			}
		}
	}
	add(b.Name)
	add(b.Aliases...)
	add(b.Former...)
	for i := range b.Products {
		add(b.Products[i].Name)
		add(b.Products[i].Aliases...)
	}
	add(b.Handles...)
	return names
}

// plainNames leaves out handles and tags, for platforms that have neither.
func plainNames(names []string) []string {
	var out []string
	for _, n := range names {
		if !strings.ContainsAny(n[:1], "@#$") {
			out = append(out, n)
		}
	}
	return out
}

// tagsOf are the hashtags of names: those given, and each name as one word.
func tagsOf(names []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, n := range names {
		if strings.ContainsAny(n[:1], "@$") {
			continue
		}
		tag := strings.Map(func(r rune) rune {
			if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, n)
		if key := strings.ToLower(tag); len(tag) > 1 && !seen[key] {
			seen[key] = true
			out = append(out, key)
		}
	}
	return out
}

// anyOf joins quoted names to queries no longer than most bytes.
func anyOf(names []string, or string, most int) []string {
	var out []string
	var b strings.Builder
	for _, n := range names {
		quoted := `"` + n + `"`
		if b.Len() > 0 && b.Len()+len(or)+len(quoted) > most {
			out = append(out, b.String())
			b.Reset()
		}
		if b.Len() > 0 {
			b.WriteString(or)
		}
		b.WriteString(quoted)
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}
