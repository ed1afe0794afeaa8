package mention

import "time"

// A KeptReport is a report with its numbers as they were when it was made.
type KeptReport struct {
	ID      string    `json:"id"`
	Plan    string    `json:"plan,omitempty"` // the planned report it is one of; empty when somebody asked for it
	Kind    string    `json:"kind"`
	Subject string    `json:"subject"` // the finding
	Title   string    `json:"title"`
	Query   string    `json:"query,omitempty"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Due     time.Time `json:"due,omitzero"` // when the plan asked for it
	Made    time.Time `json:"made"`
	By      string    `json:"by"` // who asked for it, or schedule
	Seq     int64     `json:"seq"`
	Models  string    `json:"models,omitempty"`
	Config  string    `json:"config,omitempty"`
	Body    []byte    `json:"-"` // order and document, as package report freezes them; left out of lists
}

// A KeptFilter narrows a list of kept reports; zero fields do not filter.
type KeptFilter struct {
	Plan   string
	Limit  int    // 0 means 100
	Before string // id to go on after
}

// A Share lets whoever has its link read one kept report, until it ends.
type Share struct {
	ID      string    `json:"id"`
	Report  string    `json:"report"`
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Revoked time.Time `json:"revoked,omitzero"`
	Hash    string    `json:"-"` // of the secret in the link, which is kept nowhere
}

// Open reports whether the link still opens the report.
func (s *Share) Open(now time.Time) bool { return s.Revoked.IsZero() && now.Before(s.Expires) }

// A ReportChange is a number of a kept report that is another now.
type ReportChange struct {
	Name  string `json:"name"`
	Was   string `json:"was"`
	Now   string `json:"now"`
	Query string `json:"query,omitempty"` // of the mentions behind it now
}

// A ReportReview sets a kept report beside the same one made now.
type ReportReview struct {
	Report  string         `json:"report"`
	Numbers int            `json:"numbers"` // that were compared
	Changes []ReportChange `json:"changes"`
	Causes  []string       `json:"causes"` // in words; empty when nothing changed
}
