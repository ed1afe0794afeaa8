package mention

import "time"

// An Accuracy is what a coded sample says of a query and of the sentiment of
// what it finds. Recipes of the same query tell it from then on.
type Accuracy struct {
	Query     string    `json:"query"`            // canonical
	Within    string    `json:"within,omitempty"` // frame of the recall; empty means everything
	Seed      uint64    `json:"seed"`
	Drawn     time.Time `json:"drawn,omitzero"`
	Scored    time.Time `json:"scored,omitzero"`
	Actor     string    `json:"actor,omitempty"`
	Models    string    `json:"models,omitempty"` // that were measured
	Config    string    `json:"config,omitempty"`
	Coded     uint64    `json:"coded"`   // rows with a judgement
	Uncoded   uint64    `json:"uncoded"` // rows without
	Precision Estimate  `json:"precision"`
	Recall    Estimate  `json:"recall"`
	Sentiment []Class   `json:"sentiment,omitempty"`
	Agreement Estimate  `json:"sentiment_agreement"` // share of labels that are as coded
	Caveats   []string  `json:"caveats,omitempty"`
}

// An Estimate is a share of a population, estimated from a sample.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"` // of the 95 % interval
	High  float64 `json:"high"`
	N     uint64  `json:"n"`     // rows of the sample it rests on
	Known bool    `json:"known"` // false: the sample says nothing about it
}

// A Class is how well one sentiment label is told.
type Class struct {
	Label     string   `json:"label"`
	Precision Estimate `json:"precision"`
	Recall    Estimate `json:"recall"`
}

// A SampleSearch asks for a sample of a query to be coded by people.
type SampleSearch struct {
	Query  string
	Within string // the frame in which the query may miss something; empty means everything
	N      int    // rows in all
	Rest   int    // how many of them from what the query does not find; negative means a quarter
	Seed   uint64
}

// The strata of a [Sample].
const (
	StratumFound = "found" // by the query
	StratumRest  = "rest"  // what it leaves out of the frame
)

// A Sample is mentions drawn at random: each of a stratum is as likely.
type Sample struct {
	Query  string      `json:"query"` // canonical
	Within string      `json:"within,omitempty"`
	Seed   uint64      `json:"seed"`
	Found  uint64      `json:"found"` // size of the strata
	Rest   uint64      `json:"rest"`
	Models string      `json:"models,omitempty"`
	Config string      `json:"config,omitempty"`
	Drawn  time.Time   `json:"drawn,omitzero"`
	Rows   []SampleRow `json:"rows"` // in an order that tells nothing
}

// A SampleRow is one mention of a [Sample].
type SampleRow struct {
	Stratum string `json:"stratum"`
	Row     Row    `json:"row"`
}
