package mention

import "time"

// An IncidentFilter narrows a list of incidents; zero fields do not filter.
type IncidentFilter struct {
	Rule, State string
	Keep        Keep   // nil keeps all
	Limit       int    // 0 means 100
	Before      string // id to go on after
}

// A DeliveryFilter narrows a list of deliveries; zero fields do not filter.
type DeliveryFilter struct {
	Receiver, State, Incident, Mention string
	Keep                               Keep  // nil keeps all, also what is of no incident
	Limit                              int   // 0 means 100
	Before                             int64 // Seq to go on below
}

// A Keep reports whether incidents, and what was delivered of them, are to be
// in a list: by the kind of their rule and what it asked for when they were
// opened.
type Keep func(kind, match string) bool

// A MutePreview says what a mute would have held back.
type MutePreview struct {
	Incident  string     `json:"incident"`
	Since     time.Time  `json:"since"`
	Incidents int        `json:"incidents"` // of the same rule and group that fired
	Notices   int        `json:"notices"`   // sent about them
	Sent      []Delivery `json:"sent"`      // newest first, at most 100, without payload
}

// What is wrong with a flagged mention in a [Reconciliation].
const (
	SafetyUntold   = "untold"         // nobody was told: no rule or receiver
	SafetyMissing  = "missing"        // its notice is gone
	SafetyWaiting  = "waiting"        // its notice waits for longer than an hour
	SafetyHeld     = "held"           // its notice was held back, which must never be
	SafetyDead     = "dead"           // its notice was given up, and nobody else took it
	SafetyOpen     = "unacknowledged" // for longer than a day
	SafetyUnmarked = "unflagged"      // there is a notice, and no flag on record
)

// A SafetyFault is a flagged mention that does not add up.
type SafetyFault struct {
	Mention  string    `json:"mention"`
	Receiver string    `json:"receiver,omitempty"`
	Fault    string    `json:"fault"`
	Since    time.Time `json:"since"`
	Detail   string    `json:"detail,omitempty"`
}

// A Reconciliation compares what was flagged with what was sent and with what
// people acknowledged.
type Reconciliation struct {
	At           time.Time     `json:"at"`
	From         time.Time     `json:"from"` // flagged since
	Flagged      int           `json:"flagged"`
	Sent         int           `json:"sent"`         // mentions of which every notice was sent
	Acknowledged int           `json:"acknowledged"` // by a person
	Notices      int           `json:"notices"`
	AddsUp       bool          `json:"adds_up"` // no faults
	Faults       []SafetyFault `json:"faults"`
	More         int           `json:"more,omitempty"` // faults beyond those listed
}
