package mention

import "time"

// The severities, mildest first.
const (
	SeverityInfo    = "info"
	SeverityWarning = "warning"
	SeverityCrisis  = "crisis"
	SeveritySafety  = "safety"
)

// The states of an [Incident].
const (
	StateInactive = "inactive"
	StatePending  = "pending"
	StateFiring   = "firing"
	StateResolved = "resolved"
	StateNoData   = "no_data"
	StateError    = "error"
)

// An Incident is a rule firing for one group.
type Incident struct {
	ID       string    `json:"id"`
	Rule     string    `json:"rule"`
	Kind     string    `json:"kind"`            // of the rule
	Match    string    `json:"match,omitempty"` // what the rule asked for when it was opened; empty for every mention
	Group    string    `json:"group,omitempty"`
	State    string    `json:"state"`
	Severity string    `json:"severity"`
	Reason   string    `json:"reason"`             // one sentence with the numbers
	Count    int       `json:"count"`              // mentions in it so far
	Mentions []string  `json:"mentions,omitempty"` // ids, newest first, at most 100
	Stories  []string  `json:"stories,omitempty"`
	Opened   time.Time `json:"opened"`
	Fired    time.Time `json:"fired,omitzero"`
	Resolved time.Time `json:"resolved,omitzero"`
	Updated  time.Time `json:"updated"`
	Late     bool      `json:"late,omitempty"` // found after the fact: import, back-fill, replay

	Resolves   string    `json:"resolves,omitempty"`   // what would end it
	Terms      []string  `json:"terms,omitempty"`      // said in it more often than usual
	Department string    `json:"department,omitempty"` // that answers for it
	AckDue     time.Time `json:"ack_due,omitzero"`     // somebody is to acknowledge it by then
	RespondDue time.Time `json:"respond_due,omitzero"` // and answer it by then
	Escalated  int       `json:"escalated,omitempty"`  // steps of escalation done

	Acked      time.Time `json:"acked,omitzero"` // flags, set by people
	AckedBy    string    `json:"acked_by,omitempty"`
	AckExpires time.Time `json:"ack_expires,omitzero"`
	Snoozed    time.Time `json:"snoozed_until,omitzero"`
	Muted      bool      `json:"muted,omitempty"`
	Held       bool      `json:"held,omitempty"`

	Assigned    string         `json:"assigned,omitempty"` // who sees to it
	Responded   time.Time      `json:"responded,omitzero"` // it was answered
	RespondedBy string         `json:"responded_by,omitempty"`
	Notes       []IncidentNote `json:"notes,omitempty"` // oldest first, at most MaxNotes
}

// MaxNotes is how many notes an incident keeps; the oldest go first.
const MaxNotes = 100

// An IncidentNote is what a person wrote about an incident.
type IncidentNote struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Text string    `json:"text"`
}

// TakeFlags sets everything that people set on an incident as it is in from.
func (in *Incident) TakeFlags(from *Incident) {
	in.Acked, in.AckedBy, in.AckExpires = from.Acked, from.AckedBy, from.AckExpires
	in.Snoozed, in.Muted, in.Held = from.Snoozed, from.Muted, from.Held
	in.Assigned, in.Responded, in.RespondedBy, in.Notes = from.Assigned, from.Responded, from.RespondedBy, from.Notes
}

// The states of a [Delivery].
const (
	DeliveryPending = "pending" // waiting for its first or next try
	DeliverySending = "sending" // handed to the network; a crash here may repeat it once
	DeliverySent    = "sent"
	DeliveryHeld    = "held" // not sent, with the reason
	DeliveryDead    = "dead" // given up; can be redelivered
)

// A Delivery is one notice to one receiver. Its ID stays the same on every
// retry and is the webhook-id and the local part of the Message-ID.
type Delivery struct {
	ID       string    `json:"id"`
	Incident string    `json:"incident"`
	Rule     string    `json:"rule"`
	Receiver string    `json:"receiver"`
	Type     string    `json:"type"` // incident.firing, incident.resolved, safety.flagged …
	State    string    `json:"state"`
	Reason   string    `json:"reason,omitempty"`  // why sent, or why held back
	Mention  string    `json:"mention,omitempty"` // safety: the mention it is about
	Payload  []byte    `json:"payload,omitempty"` // frozen when accepted; JSON
	Attempts int       `json:"attempts"`
	Next     time.Time `json:"next,omitzero"`
	Created  time.Time `json:"created"`
	Sent     time.Time `json:"sent,omitzero"`
	Error    string    `json:"error,omitempty"` // of the last try
	Seq      int64     `json:"seq,omitempty"`   // order in the outbox
}

// A SafetyFlag is a mention that was flagged as an adverse event, with the
// times of what became of it.
type SafetyFlag struct {
	Mention   string    `json:"mention"`
	Revision  int       `json:"revision"`
	Score     float64   `json:"score"`
	Published time.Time `json:"published,omitzero"`
	Seen      time.Time `json:"seen"`
	Flagged   time.Time `json:"flagged"`
	Notified  time.Time `json:"notified,omitzero"` // first notice sent
	Opened    time.Time `json:"opened,omitzero"`   // acknowledged by a person
	OpenedBy  string    `json:"opened_by,omitempty"`
	Late      bool      `json:"late,omitempty"`
}

// An AuditEntry is one line of who did what.
type AuditEntry struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Action string    `json:"action"`
	Object string    `json:"object,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

// A RuleTally is what the incidents of a rule add up to.
type RuleTally struct {
	Fired  int       // incidents that fired since the time asked about
	Last   time.Time // when its latest incident was opened
	Firing bool      // one is firing now
}
