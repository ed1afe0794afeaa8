package mention

import "time"

// A Backtest is what a rule would have told of the stored history.
type Backtest struct {
	Done        bool       `json:"done"`            // false: it is still being read
	Read        int64      `json:"read"`            // entries so far
	Error       string     `json:"error,omitempty"` // why there is no answer
	From        time.Time  `json:"from"`
	To          time.Time  `json:"to"`
	AsPublished bool       `json:"as_published"` // as if each mention had come in when it was published, else as it did
	Fired       int        `json:"fired"`        // incidents
	PerWeek     float64    `json:"per_week"`
	Late        int64      `json:"late,omitempty"`               // matches that were too old to be told
	Incidents   []Incident `json:"incidents"`                    // oldest first
	Cut         bool       `json:"cut,omitempty"`                // more than are listed
	Suggested   int        `json:"suggested,omitempty"`          // a count at which it fires about once a week; 0: none was found, or looked for
	SuggestedBy float64    `json:"suggested_per_week,omitempty"` // how often it fires then
}
