package mention

import (
	"errors"
	"time"
)

// ErrNoText reports a mention with neither a title nor a text.
var ErrNoText = errors.New("mention: neither title nor text")

// A Kind says what sort of content a mention is.
type Kind string

// The kinds of content. Any other content is KindOther.
const (
	KindNews    Kind = "news"
	KindPost    Kind = "post"
	KindBlog    Kind = "blog"
	KindForum   Kind = "forum"
	KindReview  Kind = "review"
	KindRelease Kind = "release"
	KindPage    Kind = "page"
	KindComment Kind = "comment"
	KindVideo   Kind = "video"
	KindOther   Kind = "other"
)

// Kinds lists every [Kind] in the order they are told to people.
var Kinds = []Kind{KindNews, KindPost, KindBlog, KindForum, KindReview, KindRelease, KindPage, KindComment, KindVideo, KindOther}

// An Origin says by which door a mention came in.
type Origin string

// The doors. Everything but OriginCollect may bring old content in bulk.
const (
	OriginCollect  Origin = "collect"
	OriginBackfill Origin = "backfill"
	OriginImport   Origin = "import"
	OriginPush     Origin = "push"
	OriginReplay   Origin = "replay"
)

// A Mention is one piece of published content as it was collected.
//
// Title and Text are plain text; at least one of them is not empty. The
// ledger sets Revision, Sources and Seen.
type Mention struct {
	ID         string      `json:"id"`
	Revision   int         `json:"revision,omitempty"` // 1 for the first text stored under ID
	Source     string      `json:"source"`             // the source that saw it first
	Sources    []string    `json:"sources,omitempty"`  // every source that saw it, first one first
	Origin     Origin      `json:"origin,omitempty"`
	Kind       Kind        `json:"kind,omitempty"`
	GUID       string      `json:"guid,omitempty"`
	URL        string      `json:"url,omitempty"`       // as published
	Canonical  string      `json:"canonical,omitempty"` // the form that ID is made of; empty without a URL
	Site       string      `json:"site,omitempty"`      // host without www., m., amp., mobile.
	Title      string      `json:"title,omitempty"`
	Text       string      `json:"text,omitempty"`
	Author     string      `json:"author,omitempty"`
	Lang       string      `json:"lang,omitempty"`    // ISO 639-1 as declared by the source; the analysis decides
	Country    string      `json:"country,omitempty"` // ISO 3166-1 alpha-2, lower case
	Channel    string      `json:"channel,omitempty"` // community within a platform
	Thread     string      `json:"thread,omitempty"`
	Parent     string      `json:"parent,omitempty"`
	Categories []string    `json:"categories,omitempty"`
	Published  time.Time   `json:"published,omitzero"`
	Updated    time.Time   `json:"updated,omitzero"`
	Seen       time.Time   `json:"seen,omitzero"`      // first seen; never moves
	Collected  time.Time   `json:"collected,omitzero"` // when this revision was stored
	Engagement *float64    `json:"engagement,omitempty"`
	Reach      *float64    `json:"reach,omitempty"`
	Rating     *float64    `json:"rating,omitempty"`
	Gone       time.Time   `json:"gone,omitzero"`         // when the platform was found to have it no more
	PageChange *PageChange `json:"page_change,omitempty"` // set for what a watched page changed
	Given      *Given      `json:"given,omitempty"`       // what an import states; wins over analysis
	Capture    string      `json:"capture,omitempty"`     // id of the [Capture] it was read from
}

// Time returns the instant a mention counts at: Published, else Seen.
func (m *Mention) Time() time.Time {
	if m.Published.IsZero() {
		return m.Seen
	}
	return m.Published
}

// Given are fields that came with an imported document. A field that is set
// wins over what the pipeline would find.
type Given struct {
	Brands    []string `json:"brands,omitempty"`
	Products  []string `json:"products,omitempty"`
	Entities  []string `json:"entities,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Sentiment string   `json:"sentiment,omitempty"`
	Score     *float64 `json:"score,omitempty"`
	Story     string   `json:"story,omitempty"`
	Lang      string   `json:"lang,omitempty"`
}

// A PageChange is one thing a reader would see change on a watched page.
type PageChange struct {
	Type     string `json:"type"`     // pricing, feature, wording, people, legal, new_page, removed_page
	Severity string `json:"severity"` // low, medium, high, critical
	Before   string `json:"before,omitempty"`
	After    string `json:"after,omitempty"`
	Where    string `json:"where,omitempty"` // heading or element nearest to the change
}

// A Capture is the bytes of one answer as fetched.
type Capture struct {
	ID      string // set by the ledger when stored
	URL     string // after redirects
	Fetched time.Time
	Status  int
	Header  map[string][]string
	Body    []byte // after content decoding
}

// A Metric is what a platform says of a mention at a later time. A number that
// it does not tell is nil.
type Metric struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Engagement *float64  `json:"engagement,omitempty"`
	Reach      *float64  `json:"reach,omitempty"`
	Gone       bool      `json:"gone,omitempty"` // the platform has it no more
}

// A Batch is what one answer of a source brought: acknowledged whole or not at all.
type Batch struct {
	Source   string
	Mentions []Mention
	Metrics  []Metric     // of mentions that are known; of others they are passed over
	Capture  *Capture     // nil when nothing was fetched (304, errors, pushes)
	State    *SourceState // nil leaves the source's state alone
}

// A Receipt says what became of a batch.
type Receipt struct {
	New       int      // first seen
	Revised   int      // known, with another title or text
	Unchanged int      // known, the same
	Refused   int      // tombstoned, erased, or without title and text
	IDs       []string // ids of the new and revised ones, in the batch's order
	LastSeq   int64    // mention log sequence after the batch
}

// A SourceState is what a source remembers between passes.
type SourceState struct {
	Source       string    `json:"source"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Cursor       []byte    `json:"cursor,omitempty"` // opaque to all but the collector of the kind
	Next         time.Time `json:"next,omitzero"`    // not before; zero means now
	NotBefore    time.Time `json:"not_before,omitzero"`
	LastTry      time.Time `json:"last_try,omitzero"`
	LastOK       time.Time `json:"last_ok,omitzero"`
	LastNew      time.Time `json:"last_new,omitzero"`
	Failures     int       `json:"failures,omitempty"` // in a row
	Error        string    `json:"error,omitempty"`    // in words, with what to do; empty when the last pass went well
	ErrorClass   string    `json:"error_class,omitempty"`
	Usual        Duration  `json:"usual,omitempty"`  // time between two new mentions, smoothed
	Notice       string    `json:"notice,omitempty"` // what is odd although the passes go well: silence, a flood, an overflow
	Items        int64     `json:"items,omitempty"`  // mentions brought, all time
	Passes       int64     `json:"passes,omitempty"` // tries, all time
}

// A Span is a stretch of bytes in a mention's text or title.
type Span struct {
	Field string `json:"field,omitempty"` // "title"; left out means text
	Start int    `json:"start"`
	End   int    `json:"end"`
}
