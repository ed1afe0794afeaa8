package mention

import "time"

// Dimensions lists what mentions are counted by. Hour, day and week are told in
// the zone of the question; weeks begin on Monday. An activity is the type of
// an event told in the mention.
var Dimensions = []string{
	"brand", "product", "sentiment", "kind", "source", "site", "author", "lang", "country", "label", "tag", "entity",
	"activity", "story", "channel", "hour", "day", "week",
}

// The measures of a [Cell] beside its count.
const (
	MeasureSentiment  = "sentiment"
	MeasureEngagement = "engagement"
	MeasureReach      = "reach" // where measured: never estimated
	MeasureAuthors    = "authors"
	MeasureSites      = "sites"
	MeasureStories    = "stories"
)

// An Aggregation asks for measures of the volume of a query by up to two
// dimensions. Volume leaves out what people marked irrelevant and what brands
// say in their own channels, unless these are asked for.
type Aggregation struct {
	Query      string   // "" means all
	By         []string // at most two of [Dimensions]
	Zone       string   // IANA name; "" means the index's own
	Measures   []string // beside the count
	Size       int      // most values of a dimension that is not time, by count; 0 means all
	Own        bool     // also own channels
	Irrelevant bool     // also irrelevant ones
}

// A Table answers an [Aggregation].
type Table struct {
	By         []string `json:"by"`
	Zone       string   `json:"zone"`
	Total      Cell     `json:"total"` // over all mentions of the query, each counted once
	Cells      []Cell   `json:"cells"` // time ascending, else by count; a mention with two values counts in both
	Own        uint64   `json:"own_channel"`
	Irrelevant uint64   `json:"irrelevant"`
	Recipe     Recipe   `json:"recipe"`
}

// A Cell is the measures of one value, or pair of values. Measures that were
// not asked for are nil.
type Cell struct {
	Keys       []string         `json:"keys,omitempty"` // one for each dimension
	Start      time.Time        `json:"start,omitzero"` // of the time dimension
	Count      uint64           `json:"count"`
	Query      string           `json:"query,omitempty"` // whose rows are exactly those counted; empty when there is none
	Sentiment  *SentimentCounts `json:"sentiment,omitempty"`
	Engagement *Amount          `json:"engagement,omitempty"`
	Reach      *Amount          `json:"reach,omitempty"`
	Authors    *uint64          `json:"authors,omitempty"` // distinct
	Sites      *uint64          `json:"sites,omitempty"`   // distinct
	Stories    *uint64          `json:"stories,omitempty"` // distinct
}

// SentimentCounts is a volume by label. Where the cell is of one brand or
// product, it is the sentiment towards it, else that of the mention.
type SentimentCounts struct {
	Positive    uint64 `json:"positive"`
	Negative    uint64 `json:"negative"`
	Neutral     uint64 `json:"neutral"`
	Mixed       uint64 `json:"mixed"`
	Unsupported uint64 `json:"unsupported_language"` // no model for the language
	Unscored    uint64 `json:"unscored"`             // not scored for another reason
}

// An Amount sums up a number that not every mention has.
type Amount struct {
	N      uint64  `json:"n"` // mentions that have it
	Sum    float64 `json:"sum"`
	Mean   float64 `json:"mean"`
	Median float64 `json:"median"`
}

// A Recipe says how a number came about, so that anyone can check it.
type Recipe struct {
	Measure     string    `json:"measure"`                     // name of the KPI: volume, share_of_voice, nss_polar …
	Formula     string    `json:"formula"`                     // in words and symbols
	Stage       string    `json:"amec_stage,omitempty"`        // of the AMEC framework: outputs, out-takes …
	Interval    string    `json:"interval_method,omitempty"`   // how Low and High came about
	Version     int       `json:"version"`                     // of the formula
	Query       string    `json:"query"`                       // the filter
	From        time.Time `json:"from,omitzero"`               // of the window
	To          time.Time `json:"to,omitzero"`                 // first instant after it
	Zone        string    `json:"zone,omitempty"`              // of days and weeks
	N           uint64    `json:"n"`                           // mentions it rests on
	Denominator uint64    `json:"denominator,omitempty"`       // of a share
	Of          string    `json:"denominator_query,omitempty"` // whose rows are the denominator, each counted once for every value it has
	Models      string    `json:"models,omitempty"`            // version of the language models
	Config      string    `json:"config,omitempty"`            // version of brands and labels
	Seq         int64     `json:"seq,omitempty"`               // analyzed log up to here
	At          time.Time `json:"at,omitzero"`                 // when it was computed
	Coverage    string    `json:"coverage,omitempty"`          // in words: which sources did not answer, and when
	Accuracy    string    `json:"accuracy,omitempty"`          // precision and recall of a coded sample, where there is one
	Caveats     []string  `json:"caveats,omitempty"`           // what was not scored, what is not complete
}

// A Figure is one KPI with its interval and recipe.
type Figure struct {
	Subject  string   `json:"subject,omitempty"` // the brand it is of; empty: all of the query
	Value    float64  `json:"value"`
	Low      float64  `json:"low"` // of the interval; equal to Value for a plain count
	High     float64  `json:"high"`
	Level    float64  `json:"level,omitempty"` // confidence of the interval, such as .95
	Known    bool     `json:"known"`           // false: there is nothing to compute it of
	Previous *Earlier `json:"previous,omitempty"`
	Recipe   Recipe   `json:"recipe"`
}

// An Earlier is the same KPI over the stretch of equal length right before.
type Earlier struct {
	Value float64   `json:"value"`
	Low   float64   `json:"low"`
	High  float64   `json:"high"`
	Known bool      `json:"known"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	N     uint64    `json:"n"`
	Query string    `json:"query,omitempty"` // whose rows are exactly those it rests on
}

// A KPISearch asks for the key figures of a query and of brands.
type KPISearch struct {
	Query      string
	Brands     []string  // the declared set of brands; empty means figures of the query alone
	From       time.Time // of the time mentions count at; zero means open
	To         time.Time // first instant after the window
	Zone       string    // IANA name; "" means the index's own
	Own        bool      // also own channels
	Irrelevant bool      // also what people marked irrelevant
	Measures   []string  // that figures are made of; empty means all. When given, the figures of brands are volume, share of voice and sentiment
}

// A Scorecard answers a [KPISearch].
type Scorecard struct {
	Query   string    `json:"query"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Zone    string    `json:"zone"`
	Figures []Figure  `json:"figures"`
	Caveats []string  `json:"caveats,omitempty"`
}

// The kinds of a [Trend].
const (
	TrendTerm     = "term"
	TrendHashtag  = "hashtag"
	TrendEntity   = "entity"
	TrendStory    = "story"
	TrendSite     = "site"
	TrendAuthor   = "author" // of peaks alone
	TrendQuestion = "question"
)

// TrendKinds lists what emerges.
var TrendKinds = []string{TrendTerm, TrendHashtag, TrendEntity, TrendStory, TrendSite, TrendQuestion}

// A TrendSearch asks what is over-represented in a window of a query against
// the past of the same query.
type TrendSearch struct {
	Query string
	From  time.Time
	To    time.Time
	Past  Duration // length of the past right before From
	Kinds []string // of [TrendKinds]; empty means all
	Size  int      // most of each kind; 0 means 20
	Muted []string // terms that are never told
}

// A Trend is something that grew.
type Trend struct {
	Kind     string    `json:"kind"`
	Term     string    `json:"term"` // as most write it; a story's headline
	Key      string    `json:"key"`  // folded; a story's id
	Count    uint64    `json:"count"`
	Past     uint64    `json:"past"`     // count in the past
	Expected float64   `json:"expected"` // count in the window had nothing changed
	Growth   float64   `json:"growth"`   // count over expected, smoothed
	Score    float64   `json:"score"`    // higher is more surprising
	Authors  uint64    `json:"authors"`  // distinct, in the window
	Sites    uint64    `json:"sites"`
	First    time.Time `json:"first,omitzero"` // seen first, in past and window
	Examples []Example `json:"examples,omitempty"`
	Query    string    `json:"query,omitempty"` // whose rows are exactly those counted
}

// An Example is a mention in short.
type Example struct {
	ID    string    `json:"id"`
	Title string    `json:"title"` // or the beginning of the text
	URL   string    `json:"url,omitempty"`
	Site  string    `json:"site,omitempty"`
	At    time.Time `json:"at"`
}

// Trends answers a [TrendSearch].
type Trends struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Count   uint64    `json:"count"` // volume of the window
	Past    uint64    `json:"past"`  // volume of the past
	Rows    []Trend   `json:"rows"`
	Recipe  Recipe    `json:"recipe"`
	Caveats []string  `json:"caveats,omitempty"` // such as a past that is not whole
}

// A Peak is a stretch of a series far above what was usual, with what is
// over-represented in it.
type Peak struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"` // first instant after it
	Top      time.Time `json:"top"` // start of its highest bucket
	Count    uint64    `json:"count"`
	Expected float64   `json:"expected"`
	Score    float64   `json:"score"`
	Reasons  []Trend   `json:"reasons"`
	Sentence string    `json:"sentence"` // with the numbers
	Query    string    `json:"query"`
}

// A PeakSearch asks for the peaks of a query's volume.
type PeakSearch struct {
	Query    string
	From     time.Time
	To       time.Time
	Interval string // hour, day or week; empty means day
	Zone     string
	Size     int // most peaks, highest first; 0 means 10
	Muted    []string
}

// A Peaks answers a [PeakSearch].
type Peaks struct {
	Series Series `json:"series"`
	Rows   []Peak `json:"rows"` // by time
	Recipe Recipe `json:"recipe"`
}

// An ActivitySearch asks what companies did.
type ActivitySearch struct {
	Query  string    // filters the mentions that tell of it
	Brands []string  // empty means all
	Types  []string  // empty means all
	From   time.Time // of At; zero means open
	To     time.Time
	Limit  int // 0 means 100
}

// A VoiceSearch asks who speaks.
type VoiceSearch struct {
	Query string
	By    string // author or site; empty means author
	Order string // mentions, stories or engagement; empty means mentions
	Size  int    // 0 means 20
}

// A Voice is an author or a site with what it said.
type Voice struct {
	Name       string          `json:"name"`
	By         string          `json:"by"`
	Site       string          `json:"site,omitempty"` // where an author writes most
	Mentions   uint64          `json:"mentions"`
	Stories    uint64          `json:"stories"`
	Engagement *Amount         `json:"engagement,omitempty"`
	Sentiment  SentimentCounts `json:"sentiment"`
	Brands     []VoiceBrand    `json:"brands,omitempty"` // most mentions first
	First      time.Time       `json:"first"`
	Last       time.Time       `json:"last"`
	Query      string          `json:"query,omitempty"`
}

// Voices answers a [VoiceSearch].
type Voices struct {
	Rows   []Voice `json:"rows"`
	Recipe Recipe  `json:"recipe"`
}

// Activities answers an [ActivitySearch].
type Activities struct {
	Rows   []Activity `json:"rows"` // newest first
	Recipe Recipe     `json:"recipe"`
}

// A VoiceBrand is what a voice said of one brand.
type VoiceBrand struct {
	Brand     string          `json:"brand"`
	Mentions  uint64          `json:"mentions"`
	Sentiment SentimentCounts `json:"sentiment"` // towards the brand
}
