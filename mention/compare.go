package mention

import "time"

// A Comparison sets two segments, or two periods of one, side by side.
type Comparison struct {
	By        string   `json:"by"`       // dimension of Parts
	Interval  string   `json:"interval"` // of Over: hour, day or week
	A         Compared `json:"a"`
	B         Compared `json:"b"`
	Both      *uint64  `json:"both,omitempty"`       // mentions that are in both
	BothQuery string   `json:"both_query,omitempty"` // whose rows are exactly those
}

// A Compared is one side of a [Comparison].
type Compared struct {
	Query   string    `json:"query"` // without the window
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Figures []Figure  `json:"figures"` // each beside the period before where the window has two ends
	Parts   Table     `json:"parts"`   // with sentiment
	Over    Table     `json:"over"`    // over time
	Terms   []Trend   `json:"terms"`   // what is new against its own past; none where the window is open
}
