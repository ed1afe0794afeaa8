package mention

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// A SourceKind says how a source is read.
type SourceKind string

// The kinds of sources that collectors exist for.
const (
	SourceFeed SourceKind = "feed"
	SourceSite SourceKind = "site"
	SourcePage SourceKind = "page"
)

// SourceKinds lists the kinds that can be configured.
var SourceKinds = []SourceKind{SourceFeed, SourceSite, SourcePage}

// MinEvery is the shortest interval a source may be given; WarnEvery is the
// shortest that draws no warning.
const (
	MinEvery  = Duration(time.Second)
	WarnEvery = Duration(time.Minute)
)

// A Source says where to collect, and how often.
type Source struct {
	ID      string     `yaml:"id" json:"id"`
	Kind    SourceKind `yaml:"kind" json:"kind"`
	URL     string     `yaml:"url,omitempty" json:"url,omitempty"`
	Every   Duration   `yaml:"every,omitempty" json:"every,omitempty"`     // longest wait; 0 means that the source's own rhythm decides
	Brand   string     `yaml:"brand,omitempty" json:"brand,omitempty"`     // whose page or channel it is
	Owned   bool       `yaml:"owned,omitempty" json:"owned,omitempty"`     // our own channel, screened for safety
	Country string     `yaml:"country,omitempty" json:"country,omitempty"` // ISO 3166-1 alpha-2
	Lang    string     `yaml:"lang,omitempty" json:"lang,omitempty"`       // ISO 639-1
	Type    Kind       `yaml:"type,omitempty" json:"type,omitempty"`       // kind of its mentions; empty means found out
	Channel string     `yaml:"channel,omitempty" json:"channel,omitempty"`
	Select  string     `yaml:"select,omitempty" json:"select,omitempty"` // page: CSS selector of the part watched
	Follow  string     `yaml:"follow,omitempty" json:"follow,omitempty"` // site: only links whose path begins so
	Depth   int        `yaml:"depth,omitempty" json:"depth,omitempty"`   // site: links away from the start; 0 means 1
	Pages   int        `yaml:"pages,omitempty" json:"pages,omitempty"`   // site: most pages a pass; 0 means 200
	Paused  bool       `yaml:"paused,omitempty" json:"paused,omitempty"`
}

// Faults returns everything that is wrong with s.
func (s *Source) Faults() []error {
	var errs []error
	if err := checkID(s.ID); err != nil {
		errs = append(errs, err)
	}
	switch s.Kind {
	case SourceFeed, SourceSite, SourcePage:
		errs = append(errs, checkURL(s.URL)...)
	case "":
		errs = append(errs, fmt.Errorf("kind is missing; one of %v", SourceKinds))
	default:
		errs = append(errs, fmt.Errorf("kind %q is none of %v", s.Kind, SourceKinds))
	}
	if s.Every != 0 && s.Every < MinEvery {
		errs = append(errs, fmt.Errorf("every %s is below %s", s.Every, MinEvery))
	}
	if s.Depth < 0 || s.Depth > 10 {
		errs = append(errs, fmt.Errorf("depth %d is not 0 to 10", s.Depth))
	}
	if s.Pages < 0 || s.Pages > 10000 {
		errs = append(errs, fmt.Errorf("pages %d is not 0 to 10000", s.Pages))
	}
	return errs
}

func checkURL(raw string) []error {
	if raw == "" {
		return []error{errors.New("url is missing")}
	}
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
