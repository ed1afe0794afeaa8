package mention

import (
	"slices"
	"time"
)

// A Record is a mention, its latest analysis and linking, and what people
// made of it. It is what the index and the alert engine are given.
type Record struct {
	Mention  Mention  `json:"mention"`
	Analysis Analysis `json:"analysis"`
	Linking  Linking  `json:"linking"`
	Story    string   `json:"story,omitempty"`
	Curation Curation `json:"curation,omitzero"`
	Hold     bool     `json:"hold,omitempty"`
}

// Why a change entered the analyzed log.
const (
	ChangeNew      = "new"
	ChangeRevised  = "revised"
	ChangeRescored = "rescored" // other models, brands or labels
	ChangeCurated  = "curated"
	ChangeErased   = "erased"
)

// A Change is one entry of the analyzed log: the state of a record as the
// entry left it. An erased one carries the mention's ID alone.
type Change struct {
	Seq    int64     `json:"seq"`
	Kind   string    `json:"kind"`
	At     time.Time `json:"at"`
	Record Record    `json:"record"`
	Number uint32    `json:"-"` // see [Ref]
}

// A Ref names a record to be read. Its number is where the record lies in this
// ledger and makes reading faster; it is a hint that may be 0 or wrong.
type Ref struct {
	ID     string
	Number uint32
}

// Curation is what people made of a mention; it wins over analysis.
type Curation struct {
	Tags       []string `json:"tags,omitempty"` // sorted
	Starred    bool     `json:"starred,omitempty"`
	Irrelevant bool     `json:"irrelevant,omitempty"`
	Sentiment  string   `json:"sentiment,omitempty"` // corrected label
	Brands     []string `json:"brands,omitempty"`    // corrected list; nil means as analysed
	NoBrands   bool     `json:"no_brands,omitempty"` // corrected to none at all
	Notes      []Note   `json:"notes,omitempty"`
}

// A Note is a remark on a mention.
type Note struct {
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
	Text  string    `json:"text"`
}

// The actions of a [CurationEvent]. Value is the tag, label, comma-separated
// brands or note; it is empty for the others.
const (
	CurateTag        = "tag"
	CurateUntag      = "untag"
	CurateStar       = "star"
	CurateUnstar     = "unstar"
	CurateIrrelevant = "irrelevant"
	CurateRelevant   = "relevant"
	CurateSentiment  = "sentiment" // empty value takes the correction back
	CurateBrands     = "brands"    // "-" means none; empty value takes the correction back
	CurateNote       = "note"
)

// A CurationEvent is one thing a person did to a mention.
type CurationEvent struct {
	Seq    int64     `json:"seq,omitempty"`
	ID     string    `json:"id"` // of the mention
	Actor  string    `json:"actor"`
	At     time.Time `json:"at"`
	Action string    `json:"action"`
	Value  string    `json:"value,omitempty"`
}

// A Row is the flat view of a record: the document of the query language, and
// a line of search and export. Curation has won over given fields, and those
// over analysis.
type Row struct {
	Seq        int64     `json:"seq,omitempty"`
	ID         string    `json:"id"`
	Revision   int       `json:"revision,omitempty"`
	Source     string    `json:"source,omitempty"`
	Sources    []string  `json:"sources,omitempty"`
	GUID       string    `json:"guid,omitempty"`
	URL        string    `json:"url,omitempty"`
	Site       string    `json:"site,omitempty"`
	Title      string    `json:"title,omitempty"`
	Text       string    `json:"text,omitempty"`
	Author     string    `json:"author,omitempty"`
	Published  time.Time `json:"published,omitzero"`
	Updated    time.Time `json:"updated,omitzero"`
	Seen       time.Time `json:"seen,omitzero"`
	Collected  time.Time `json:"collected,omitzero"`
	Lang       string    `json:"lang,omitempty"`
	Country    string    `json:"country,omitempty"`
	Kind       Kind      `json:"kind,omitempty"`
	Channel    string    `json:"channel,omitempty"`
	Thread     string    `json:"thread,omitempty"`
	Own        string    `json:"own_channel,omitempty"`
	Brands     []string  `json:"brands,omitempty"`
	Products   []string  `json:"products,omitempty"`
	Entities   []string  `json:"entities,omitempty"`
	Labels     []string  `json:"labels,omitempty"`
	Activities []string  `json:"activities,omitempty"` // types of what companies did in it
	Tags       []string  `json:"tags,omitempty"`
	Toward     []string  `json:"toward,omitempty"` // sentiment towards brands and products: acme:negative, product/widget:mixed
	Sentiment  string    `json:"sentiment,omitempty"`
	Score      *float64  `json:"score,omitempty"`
	Story      string    `json:"story,omitempty"`
	Engagement *float64  `json:"engagement,omitempty"`
	Reach      *float64  `json:"reach,omitempty"`
	Rating     *float64  `json:"rating,omitempty"`
	Starred    bool      `json:"starred,omitempty"`
	Irrelevant bool      `json:"irrelevant,omitempty"`
	Safety     bool      `json:"safety,omitempty"`     // flagged as an adverse event
	Status     string    `json:"status,omitempty"`     // of the analysis, when not ok
	Folded     uint64    `json:"folded,omitempty"`     // mentions of its story in a folded answer, this one among them
	Highlights []Span    `json:"highlights,omitempty"` // what a query found in title and text, where a search asked for it
}

// Time returns the instant a row counts at: Published, else Seen.
func (r *Row) Time() time.Time {
	if r.Published.IsZero() {
		return r.Seen
	}
	return r.Published
}

// Row returns the flat view of r.
func (r *Record) Row() Row {
	m, a, l := &r.Mention, &r.Analysis, &r.Linking
	row := Row{
		ID: m.ID, Revision: m.Revision, Source: m.Source, Sources: m.Sources, GUID: m.GUID, URL: m.URL, Site: m.Site,
		Title: m.Title, Text: m.Text, Author: m.Author, Published: m.Published, Updated: m.Updated, Seen: m.Seen,
		Collected: m.Collected, Lang: a.Language, Country: m.Country, Kind: m.Kind, Channel: m.Channel, Thread: m.Thread,
		Own: l.Own, Labels: l.Labels, Activities: r.activities(), Tags: r.Curation.Tags, Story: r.Story, Engagement: m.Engagement, Reach: m.Reach,
		Rating: m.Rating, Starred: r.Curation.Starred, Irrelevant: r.Curation.Irrelevant,
	}
	if row.Lang == "" {
		row.Lang = m.Lang
	}
	if a.Status != StatusOK {
		row.Status = a.Status
	}
	if a.Safety != nil {
		row.Safety = a.Safety.AdverseEvent
	}
	if a.Sentiment != nil {
		score := a.Sentiment.Score
		row.Sentiment, row.Score = a.Sentiment.Label, &score
	}
	for i := range l.Brands {
		row.Brands = appendNew(row.Brands, l.Brands[i].Brand)
		if p := l.Brands[i].Product; p != "" {
			row.Products = appendNew(row.Products, p)
		}
	}
	for i := range a.Entities {
		row.Entities = appendNew(row.Entities, a.Entities[i].Text)
	}
	row.give(m.Given)
	row.curate(&r.Curation)
	row.Toward = r.towards(&row)
	return row
}

// give lays the fields of an import over what was found.
func (r *Row) give(g *Given) {
	if g == nil {
		return
	}
	for _, f := range []struct{ dst, src *[]string }{
		{&r.Brands, &g.Brands}, {&r.Products, &g.Products}, {&r.Entities, &g.Entities}, {&r.Labels, &g.Labels},
	} {
		if *f.src != nil {
			*f.dst = *f.src
		}
	}
	for _, t := range g.Tags {
		r.Tags = appendNew(slices.Clip(r.Tags), t)
	}
	if g.Lang != "" {
		r.Lang = g.Lang
	}
	if g.Story != "" {
		r.Story = g.Story
	}
	if g.Sentiment != "" {
		r.Sentiment = g.Sentiment
		r.Score = g.Score
	} else if g.Score != nil {
		r.Score = g.Score
	}
}

// curate lays people's corrections over all else. A corrected label has no
// score: the model's would contradict it.
func (r *Row) curate(c *Curation) {
	if c.Sentiment != "" && c.Sentiment != r.Sentiment {
		r.Sentiment, r.Score = c.Sentiment, nil
	}
	if c.NoBrands {
		r.Brands, r.Products = nil, nil
	} else if c.Brands != nil {
		r.Brands = c.Brands
	}
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// Mention returns the mention that a row given from outside describes: what
// the pipeline would find by itself is kept as [Given], so that it wins.
func (r *Row) Mention() Mention {
	m := Mention{
		ID: r.ID, Source: r.Source, Kind: r.Kind, GUID: r.GUID, URL: r.URL, Site: r.Site, Title: r.Title, Text: r.Text,
		Author: r.Author, Lang: r.Lang, Country: r.Country, Channel: r.Channel, Thread: r.Thread,
		Published: r.Published, Updated: r.Updated, Seen: r.Seen,
		Engagement: r.Engagement, Reach: r.Reach, Rating: r.Rating,
	}
	g := Given{
		Brands: r.Brands, Products: r.Products, Entities: r.Entities, Labels: r.Labels, Tags: r.Tags,
		Sentiment: r.Sentiment, Score: r.Score, Story: r.Story, Lang: r.Lang,
	}
	if g.Brands != nil || g.Products != nil || g.Entities != nil || g.Labels != nil || g.Tags != nil ||
		g.Sentiment != "" || g.Score != nil || g.Story != "" || g.Lang != "" {
		m.Given = &g
	}
	return m
}
