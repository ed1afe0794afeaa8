package mention

import "time"

// Orders of a search.
const (
	NewestFirst     = "newest"
	RelevanceFirst  = "relevance"
	EngagementFirst = "engagement"
)

// A Search asks the index for records.
type Search struct {
	Query      string // empty means all
	Limit      int    // 0 means all
	Order      string // empty means NewestFirst
	Cursor     string // opaque; from a former Page of the same query
	Highlight  bool   // also where in title and text the words of the query stand
	Fold       bool   // one row a story: the first of the order
	Irrelevant bool   // also what people marked irrelevant; searches that name it by query do not exist
}

// An Export asks for every row of a query, newest first, or for those after a
// row that was had already.
type Export struct {
	Query     string
	AfterTime time.Time // of the row, as [Row.Time] tells it
	AfterID   string    // "" begins at the beginning
	Now       time.Time // what relative dates are counted from; zero means now
}

// A Page is one page of an answer.
type Page struct {
	Rows  []Row         `json:"rows"`
	Total uint64        `json:"total"`             // mentions; exact
	Folds uint64        `json:"stories,omitempty"` // rows of all pages together, when they are folded; exact
	Next  string        `json:"next,omitempty"`    // cursor; empty on the last page
	Took  time.Duration `json:"-"`
}

// A Bucket is one interval of a histogram, or one value of a facet.
type Bucket struct {
	Key   string    `json:"key"`
	Start time.Time `json:"start,omitzero"`
	Count uint64    `json:"count"`
	Query string    `json:"query,omitempty"` // whose result is exactly the rows counted
}

// A Series is counts over time.
type Series struct {
	Interval string   `json:"interval"` // hour, day, week
	Zone     string   `json:"zone"`
	Buckets  []Bucket `json:"buckets"`
}

// A Facet is the counts of one dimension's values, most first.
type Facet struct {
	Field  string   `json:"field"`
	Values []Bucket `json:"values"`
}

// Coverage says in which stretches of time a source answered.
type Coverage struct {
	Source string    `json:"source"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	OK     bool      `json:"ok"`
}

// A Screening is the proof that a source was looked through in a period:
// every mention first seen in it, what became of it, and when the source did
// not answer.
type Screening struct {
	Source     string     `json:"source"`
	Owned      bool       `json:"owned"`
	From       time.Time  `json:"from"`
	To         time.Time  `json:"to"`
	Collected  uint64     `json:"collected"`
	Understood uint64     `json:"understood"`
	Assessed   uint64     `json:"assessed"` // looked through for adverse events; the rest has no language that can be
	Flagged    uint64     `json:"flagged"`
	Erased     uint64     `json:"erased"`
	Gaps       []Coverage `json:"gaps"` // stretches in which it did not answer, or was not asked
}

// A SourceStatus is a source with its state in words.
type SourceStatus struct {
	Source Source      `json:"source"`
	State  SourceState `json:"state"`
	Owner  string      `json:"owner"` // "file", or the user who made it
}

// Activity is what a competitor did: a typed event from its own channels,
// from news or from a page change. One deal told many times is one activity.
type Activity struct {
	ID       string      `json:"id"`
	Brand    string      `json:"brand"`
	Type     string      `json:"type"`
	Role     string      `json:"role,omitempty"` // of the brand: buyer, seller, subject …
	Severity string      `json:"severity,omitempty"`
	At       time.Time   `json:"at"`   // first told
	Last     time.Time   `json:"last"` // told last
	Evidence string      `json:"evidence"`
	Change   *PageChange `json:"change,omitempty"`
	Count    uint64      `json:"count"`    // mentions that tell of it: the volume it caused
	Sites    uint64      `json:"sites"`    // distinct ones among them
	Own      bool        `json:"own"`      // the brand said it itself
	Mentions []string    `json:"mentions"` // ids, first told first, at most 20
	Stories  []string    `json:"stories,omitempty"`
	Query    string      `json:"query,omitempty"`
}
