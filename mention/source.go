package mention

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// A SourceKind says how a source is read.
type SourceKind string

// The kinds of sources that are web pages and files. The crawler knows these
// and more, one for each public API.
const (
	SourceFeed SourceKind = "feed"
	SourceSite SourceKind = "site"
	SourcePage SourceKind = "page"
)

// FromBrands as [SourceQuery.From] asks for the brands of the watch list.
const FromBrands = "brands"

// MinEvery is the shortest interval a source may be given; WarnEvery is the
// shortest that draws no warning.
const (
	MinEvery  = Duration(time.Second)
	WarnEvery = Duration(time.Minute)
)

// A Source says where to collect, and how often.
type Source struct {
	ID       string     `yaml:"id" json:"id"`
	Kind     SourceKind `yaml:"kind" json:"kind"`
	URL      string     `yaml:"url,omitempty" json:"url,omitempty"`
	Every    Duration   `yaml:"every,omitempty" json:"every,omitempty"`     // longest wait; 0 means that the source's own rhythm decides
	Brand    string     `yaml:"brand,omitempty" json:"brand,omitempty"`     // whose page or channel it is
	Owned    bool       `yaml:"owned,omitempty" json:"owned,omitempty"`     // our own channel, screened for safety
	Country  string     `yaml:"country,omitempty" json:"country,omitempty"` // ISO 3166-1 alpha-2
	Lang     string     `yaml:"lang,omitempty" json:"lang,omitempty"`       // ISO 639-1
	Type     Kind       `yaml:"type,omitempty" json:"type,omitempty"`       // kind of its mentions; empty means found out
	Channel  string     `yaml:"channel,omitempty" json:"channel,omitempty"`
	Select   string     `yaml:"select,omitempty" json:"select,omitempty"`     // page: CSS selector of the part watched
	Follow   string     `yaml:"follow,omitempty" json:"follow,omitempty"`     // site: only links whose path begins so
	Depth    int        `yaml:"depth,omitempty" json:"depth,omitempty"`       // site: links away from the start; 0 means 1
	Pages    int        `yaml:"pages,omitempty" json:"pages,omitempty"`       // site: most pages a pass; 0 means 200
	Sitemap  string     `yaml:"sitemap,omitempty" json:"sitemap,omitempty"`   // site: auto, or an address; empty means that links alone are followed
	Lists    int        `yaml:"lists,omitempty" json:"lists,omitempty"`       // site: further pages of a list that are read a pass
	Comments bool       `yaml:"comments,omitempty" json:"comments,omitempty"` // site: also what is marked up as comments below an article
	Fields   Fields     `yaml:"fields,omitempty" json:"fields,omitzero"`      // site: selectors that win over what is found
	Dir      string     `yaml:"dir,omitempty" json:"dir,omitempty"`           // drop: the folder that is watched
	Format   string     `yaml:"format,omitempty" json:"format,omitempty"`     // drop: of its tables; empty means found out
	Columns  ColumnMap  `yaml:"columns,omitempty" json:"columns,omitempty"`   // drop: field to column
	Paused   bool       `yaml:"paused,omitempty" json:"paused,omitempty"`

	// Of public APIs.
	Query     SourceQuery `yaml:"query,omitempty" json:"query,omitzero"`
	Stream    bool        `yaml:"stream,omitempty" json:"stream,omitempty"`     // mastodon: hear what is new at once, between the passes
	In        []string    `yaml:"in,omitempty" json:"in,omitempty"`             // where on the platform: subreddits, hashtags, channels, apps
	User      string      `yaml:"user,omitempty" json:"user,omitempty"`         // who the key belongs to, where the platform asks
	KeyFile   string      `yaml:"key_file,omitempty" json:"key_file,omitempty"` // holds the key, token or app password alone
	Backfill  Duration    `yaml:"backfill,omitempty" json:"backfill,omitempty"` // how far back the first passes go; 0 means 30d
	TokenFile string      `yaml:"token_file,omitempty" json:"token_file,omitempty"`
}

// A ColumnMap names the columns of a table by the fields of a document.
type ColumnMap map[string]string

// Fields are CSS selectors of the parts of a site's articles. An empty one
// leaves what is found without it.
type Fields struct {
	Title     string `yaml:"title,omitempty" json:"title,omitempty"`
	Text      string `yaml:"text,omitempty" json:"text,omitempty"`
	Author    string `yaml:"author,omitempty" json:"author,omitempty"`
	Published string `yaml:"published,omitempty" json:"published,omitempty"` // its datetime or content attribute, else its text
	Remove    string `yaml:"remove,omitempty" json:"remove,omitempty"`       // what is no part of an article
}

// A SourceQuery says what a public API is asked for. A plain string is Text.
type SourceQuery struct {
	From string   `yaml:"from,omitempty" json:"from,omitempty"` // brands: the names of the watch list
	Only []string `yaml:"only,omitempty" json:"only,omitempty"` // of these brands alone; empty means all
	Any  []string `yaml:"any,omitempty" json:"any,omitempty"`   // any of these words or phrases
	Text string   `yaml:"text,omitempty" json:"text,omitempty"` // in the platform's own language, as it is
}

// IsZero reports a query that asks for nothing.
func (q *SourceQuery) IsZero() bool {
	return q.From == "" && len(q.Any) == 0 && q.Text == ""
}

// UnmarshalText reads a query given as a plain string.
func (q *SourceQuery) UnmarshalText(text []byte) error {
	*q = SourceQuery{Text: string(text)}
	return nil
}

// UnmarshalJSON reads a query given as a plain string or as an object.
func (q *SourceQuery) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*q = SourceQuery{}
		return json.Unmarshal(data, &q.Text)
	}
	type plain SourceQuery
	return json.Unmarshal(data, (*plain)(q))
}

// SecretFile names the file of the source's key or token; "" when it has none.
func (s *Source) SecretFile() string {
	if s.TokenFile != "" {
		return s.TokenFile
	}
	return s.KeyFile
}

// Faults returns everything that is wrong with s, whatever its kind is.
func (s *Source) Faults() []error {
	var errs []error
	if err := checkID(s.ID); err != nil {
		errs = append(errs, err)
	}
	if s.URL != "" {
		errs = append(errs, checkURL(s.URL)...)
	}
	if s.Query.From != "" && s.Query.From != FromBrands {
		errs = append(errs, fmt.Errorf("query: from %q is not %s", s.Query.From, FromBrands))
	}
	if len(s.Query.Only) > 0 && s.Query.From == "" {
		errs = append(errs, errors.New("query: only goes with from: brands"))
	}
	if s.KeyFile != "" && s.TokenFile != "" {
		errs = append(errs, errors.New("key_file and token_file: give one of the two"))
	}
	if s.Backfill < 0 {
		errs = append(errs, fmt.Errorf("backfill %s is negative", s.Backfill))
	}
	if s.Every != 0 && s.Every < MinEvery {
		errs = append(errs, fmt.Errorf("every %s is below %s", s.Every, MinEvery))
	}
	if s.Depth < 0 || s.Depth > 10 {
		errs = append(errs, fmt.Errorf("depth %d is not 0 to 10", s.Depth))
	}
	if s.Lists < 0 || s.Lists > 1000 {
		errs = append(errs, fmt.Errorf("lists %d is not 0 to 1000", s.Lists))
	}
	if s.Sitemap != "" && s.Sitemap != "auto" {
		for _, err := range checkURL(s.Sitemap) {
			errs = append(errs, fmt.Errorf("sitemap: %w (or auto)", err))
		}
	}
	if s.Pages < 0 || s.Pages > 10000 {
		errs = append(errs, fmt.Errorf("pages %d is not 0 to 10000", s.Pages))
	}
	return errs
}

func checkURL(raw string) []error {
	u, err := url.Parse(raw)
	if err != nil {
		return []error{fmt.Errorf("url %q cannot be read: %w", raw, err)}
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return []error{fmt.Errorf("url %q: scheme is not http or https", raw)}
	}
	if u.Host == "" {
		return []error{fmt.Errorf("url %q has no host", raw)}
	}
	return nil
}
