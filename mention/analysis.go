package mention

// StatusOK and StatusUnsupported are the states of an [Analysis].
const (
	StatusOK          = "ok"
	StatusUnsupported = "unsupported_language"
)

// The labels of a [Sentiment].
const (
	Positive = "positive"
	Negative = "negative"
	Neutral  = "neutral"
	Mixed    = "mixed"
)

// The types of an [Entity].
const (
	Person       = "PERSON"
	Organization = "ORGANIZATION"
	Location     = "LOCATION"
	Product      = "PRODUCT"
	Misc         = "MISC"
)

// An Analysis is what the text of one revision was found to say by one
// version of the models. It never changes; another version makes another.
type Analysis struct {
	Models     string     `json:"models"`              // version of the models
	Language   string     `json:"language"`            // ISO 639-1, or "und"
	Status     string     `json:"status"`              // StatusOK or StatusUnsupported
	Sentiment  *Sentiment `json:"sentiment,omitempty"` // nil when not scored
	Entities   []Entity   `json:"entities,omitempty"`
	Keyphrases []string   `json:"keyphrases,omitempty"` // best first
	Events     []Event    `json:"events,omitempty"`
	Safety     *Safety    `json:"safety,omitempty"` // nil when not assessed
}

// A Sentiment is a polarity with its reasons.
type Sentiment struct {
	Label      string     `json:"label"` // Positive, Negative, Neutral or Mixed
	Score      float64    `json:"score"` // -1..1
	Confidence float64    `json:"confidence,omitempty"`
	Evidence   []Evidence `json:"evidence,omitempty"` // strongest first; weights add up to Score
}

// Evidence is a span that moved a score.
type Evidence struct {
	Span
	Weight float64 `json:"weight"` // signed contribution to the score
}

// An Entity is a name found in the text.
type Entity struct {
	Text string `json:"text"`
	Type string `json:"type"`
	Span
}

// An Event is a typed thing that a company did or that happened to it.
type Event struct {
	Type     string `json:"type"`           // acquisition, approval, recall, launch …
	Role     string `json:"role,omitempty"` // of the brand spoken about: buyer, seller, subject …
	Evidence string `json:"evidence"`       // a string out of title or text
	Brand    string `json:"brand,omitempty"`
}

// Safety says whether a text looks like an adverse event report.
type Safety struct {
	AdverseEvent bool           `json:"adverse_event"`
	Score        float64        `json:"score"` // 0..1
	Elements     SafetyElements `json:"elements"`
	Serious      []Span         `json:"serious,omitempty"` // words of seriousness
	Types        []string       `json:"types,omitempty"`   // special situations: pregnancy, overdose …
}

// SafetyElements are the four elements of a valid report, each with its spans.
type SafetyElements struct {
	Patient  []Span `json:"patient,omitempty"`
	Reporter []Span `json:"reporter,omitempty"`
	Product  []Span `json:"product,omitempty"`
	Reaction []Span `json:"reaction,omitempty"`
}

// A Linking says which brands and labels of one version of the configuration
// a revision concerns.
type Linking struct {
	Config string         `json:"config"`        // version of brands and labels
	Own    string         `json:"own,omitempty"` // brand whose own channel this is; empty for other people's talk
	Brands []BrandMention `json:"brands,omitempty"`
	Labels []string       `json:"labels,omitempty"` // ids, sorted
}

// A BrandMention is one brand, or one of its products, spoken about.
type BrandMention struct {
	Brand     string     `json:"brand"`
	Product   string     `json:"product,omitempty"` // empty: the brand itself
	Sentiment *Sentiment `json:"sentiment,omitempty"`
	Spans     []Span     `json:"spans"`
	Why       string     `json:"why,omitempty"` // the decision in words
}
