package api

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"earshot/mention"
	"earshot/report"
)

// The errors a [Backend] gives, alone or wrapped, so that the answer gets its
// status. Anything else is an internal error: logged, and told without detail.
// A bad query is a *query.Error, a bad object an *[InvalidError].
var (
	ErrNotFound    = errors.New("api: not found")                            // 404
	ErrReadOnly    = errors.New("api: defined by file; change it there")     // 409
	ErrConflict    = errors.New("api: not possible in its present state")    // 409; wrap it with the reason
	ErrCursor      = errors.New("api: cursor does not belong to this query") // 400
	ErrUnavailable = errors.New("api: not available now; try again")         // 503, with Retry-After
)

// An InvalidError lists everything that is wrong with what was sent (422).
type InvalidError struct {
	Faults []string
}

// Error joins the faults.
func (e *InvalidError) Error() string { return "api: " + strings.Join(e.Faults, "; ") }

// A Backend is what the API needs of the daemon. All methods may be called
// from many goroutines and obey ctx. Queries are text; "" means all.
type Backend interface {
	Reading
	Counting
	Writing
	Alerting
	Archiving
	Noting
	Configuring
	Health
}

// Reading is the searchable record.
type Reading interface {
	Search(ctx context.Context, s mention.Search) (mention.Page, error) // at least Limit 1; the API caps it
	Count(ctx context.Context, query string) (uint64, error)
	Histogram(ctx context.Context, query, interval string, zone *time.Location) (mention.Series, error)
	Facets(ctx context.Context, query string, fields []string, size int) ([]mention.Facet, error)
	// Export calls fn with every row, newest first, until fn gives an error.
	Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error
	Record(ctx context.Context, id string) (mention.Record, error)
	// Changes reads the analyzed log after a sequence, oldest first.
	Changes(ctx context.Context, after int64, limit int) ([]mention.Change, error)
	Curations(ctx context.Context, id string) ([]mention.CurationEvent, error) // oldest first
	// Screening tells of every source what became of what was first seen in a
	// period, and when it did not answer.
	Screening(ctx context.Context, from, to time.Time) ([]mention.Screening, error)
	Metrics(ctx context.Context, id string) ([]mention.Metric, error) // oldest first
}

// Counting is the numbers: each answer has its recipe, filled in.
type Counting interface {
	Aggregate(ctx context.Context, a mention.Aggregation) (mention.Table, error)
	Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error)
	Voices(ctx context.Context, s mention.VoiceSearch) (mention.Voices, error)
	Activities(ctx context.Context, s mention.ActivitySearch) (mention.Activities, error)
	Trends(ctx context.Context, s mention.TrendSearch) (mention.Trends, error)
	Peaks(ctx context.Context, s mention.PeakSearch) (mention.Peaks, error)
	// Head is the recipe of an export of a query: what its rows are.
	Head(ctx context.Context, query string) (mention.Recipe, error)
	Draw(ctx context.Context, s mention.SampleSearch) (mention.Sample, error)
	// PutAccuracy keeps what a coded sample says of its query.
	PutAccuracy(ctx context.Context, actor string, a mention.Accuracy) (mention.Accuracy, error)
}

// Writing is what people and programs put in.
type Writing interface {
	// Push stores mentions that a program sends, with the origin push;
	// identity, and the source where none is given, are the backend's. It
	// returns when they are durable.
	Push(ctx context.Context, actor string, mentions []mention.Mention) (mention.Receipt, error)
	Curate(ctx context.Context, events []mention.CurationEvent) error                    // ErrNotFound when an id is not known
	Audit(ctx context.Context, after int64, limit int) ([]mention.AuditEntry, error)     // oldest first
	AuditTrail(ctx context.Context, f mention.AuditFilter) ([]mention.AuditEntry, error) // newest first
}

// An IncidentFilter narrows [Alerting.Incidents].
type IncidentFilter = mention.IncidentFilter

// A DeliveryFilter narrows [Alerting.Deliveries].
type DeliveryFilter = mention.DeliveryFilter

// The actions of a [Flag].
const (
	FlagAck      = "ack" // until Until, when it is set
	FlagUnack    = "unack"
	FlagSnooze   = "snooze" // until Until
	FlagUnsnooze = "unsnooze"
	FlagMute     = "mute"
	FlagUnmute   = "unmute"
	FlagAssign   = "assign"  // to Text; "" takes it back
	FlagNote     = "note"    // Text
	FlagRespond  = "respond" // it was answered
)

// A Flag is what a person does to an incident.
type Flag struct {
	Action string
	Until  time.Time
	Text   string
	Actor  string
}

// Alerting is what rules found and what became of it.
type Alerting interface {
	Incidents(ctx context.Context, f IncidentFilter) ([]mention.Incident, error) // newest first
	Incident(ctx context.Context, id string) (mention.Incident, error)
	FlagIncident(ctx context.Context, id string, f Flag) (mention.Incident, error)
	Deliveries(ctx context.Context, f DeliveryFilter) ([]mention.Delivery, error) // newest first
	Delivery(ctx context.Context, id string) (mention.Delivery, error)
	// Redeliver queues a dead, held or sent delivery again under its own id.
	Redeliver(ctx context.Context, id, actor string) (mention.Delivery, error)
	SafetyFlags(ctx context.Context, since time.Time) ([]mention.SafetyFlag, error)
	OpenSafety(ctx context.Context, id, actor string) error // acknowledged by a person
	// Backtest tells what a rule, with the keys of the configuration file,
	// would have told since a time: at once, or how far it is.
	Backtest(ctx context.Context, rule json.RawMessage, since time.Time) (mention.Backtest, error)
	// MutePreview tells what a mute would have held back since a time.
	MutePreview(ctx context.Context, id string, since time.Time) (mention.MutePreview, error)
	// Reconcile compares flagged, sent and acknowledged since a time.
	Reconcile(ctx context.Context, since time.Time) (mention.Reconciliation, error)
}

// A PlanInfo is a planned report with its owner.
type PlanInfo struct {
	report.Plan
	Owner string    `json:"owner" doc:"file, or the one who made it through the API"`
	Next  time.Time `json:"next,omitzero" doc:"when it is made next"`
}

// A BoardInfo is a board with its owner.
type BoardInfo struct {
	report.Board
	Owner string `json:"owner" doc:"file, or the one who made it through the API"`
}

// Archiving is reports as they were made, what they are made of, and the
// links that open one of them.
type Archiving interface {
	Reports(ctx context.Context, f mention.KeptFilter) ([]mention.KeptReport, error) // newest first, without body
	Report(ctx context.Context, id string) (mention.KeptReport, error)
	// KeepReport makes a report now and keeps it.
	KeepReport(ctx context.Context, actor string, o report.Order) (mention.KeptReport, error)
	DeleteReport(ctx context.Context, id, actor string) error
	// ReviewReport makes a kept report again: which numbers are others now, and why.
	ReviewReport(ctx context.Context, id string) (mention.ReportReview, error)
	// SendPlan makes a planned report now, keeps it and sends it to its receivers.
	SendPlan(ctx context.Context, actor, id string) (mention.KeptReport, error)
	// MailReport makes a report now, keeps it and mails it to receivers of mail,
	// named by their ids or by single addresses of theirs.
	MailReport(ctx context.Context, actor string, o report.Order, to []string) (mention.KeptReport, error)
	Plans(ctx context.Context) ([]PlanInfo, error)
	Boards(ctx context.Context) ([]BoardInfo, error)
	Share(ctx context.Context, s mention.Share) error
	Shares(ctx context.Context, report string) ([]mention.Share, error) // newest first
	// Shared gives what a link is to, also one that ended, by the hash of its
	// secret. It is asked by whoever has the link.
	Shared(ctx context.Context, hash string) (mention.Share, mention.KeptReport, error)
	RevokeShare(ctx context.Context, id, actor string) error
}

// Noting is what people pin to the timeline.
type Noting interface {
	Notes(ctx context.Context) ([]mention.TimeNote, error) // by their stretch
	// PutNote pins a note, a new one when it has no id.
	PutNote(ctx context.Context, actor string, n mention.TimeNote) (mention.TimeNote, error)
	DeleteNote(ctx context.Context, id, actor string) error
}

// OwnerFile is the owner of what the configuration file defines.
const OwnerFile = "file"

// The kinds of an [Object].
const (
	KindBrand        = "brand"
	KindLabel        = "label"
	KindSource       = "source"
	KindRule         = "rule"
	KindReceiver     = "receiver"
	KindSubscription = "subscription"
	KindBoard        = "board"
	KindReport       = "report" // a planned one
	KindMuted        = "muted"  // a term that trends never tell
)

// An Object is a part of the configuration made through the API.
type Object struct {
	Kind, ID, Owner string
	Body            json.RawMessage // with the keys of the configuration file
}

// A BrandInfo is a brand with its owner.
type BrandInfo struct {
	mention.Brand
	Owner string `json:"owner" doc:"file, or the one who made it through the API"`
}

// A LabelInfo is a label with its owner.
type LabelInfo struct {
	mention.Label
	Owner string `json:"owner" doc:"file, or the one who made it through the API"`
}

// A RuleInfo is a rule as people see it.
type RuleInfo struct {
	ID       string          `json:"id"`
	Kind     string          `json:"kind"`
	Match    string          `json:"match,omitempty" doc:"the query that says which mentions count"`
	Severity string          `json:"severity,omitempty"`
	Notify   []string        `json:"notify,omitempty" doc:"ids of receivers"`
	State    string          `json:"state,omitempty" doc:"the worst state of its groups"`
	Fired    int             `json:"fired" doc:"incidents of it that fired in the last 30 days"`
	Last     time.Time       `json:"last_fired,omitzero" doc:"when its latest incident was opened"`
	Error    string          `json:"error,omitempty"`
	Owner    string          `json:"owner" doc:"file, or the one who made it through the API"`
	Body     json.RawMessage `json:"rule,omitempty" doc:"the whole rule, with the keys of the configuration file"`
}

// A ReceiverInfo is a receiver as people see it; it never carries a secret.
type ReceiverInfo struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Target   string    `json:"target,omitempty" doc:"host or addresses it sends to"`
	To       []string  `json:"to,omitempty" doc:"email: the addresses"`
	Waiting  int       `json:"waiting" doc:"deliveries waiting"`
	Dead     int       `json:"dead" doc:"deliveries given up"`
	LastSent time.Time `json:"last_sent,omitzero"`
	Error    string    `json:"error,omitempty" doc:"of the last try"`
	State    string    `json:"state" enum:"ok,failing,paused,off" doc:"paused: it fails again and again, its notices wait and one tries every so often; off: it answered 410, its notices are given up"`
	Since    time.Time `json:"since,omitzero" doc:"since when it fails"`
	NextTry  time.Time `json:"next_try,omitzero" doc:"when the next notice tries; of one that is paused, for all"`
	Owner    string    `json:"owner" doc:"file, or the one who made it through the API"`
}

// The states of a [ReceiverInfo].
const (
	ReceiverOK      = "ok"
	ReceiverFailing = "failing"
	ReceiverPaused  = "paused"
	ReceiverOff     = "off"
)

// A SubscriptionInfo is a subscription with its owner.
type SubscriptionInfo struct {
	ID    string           `json:"id"`
	Query string           `json:"query"`
	Name  string           `json:"name,omitempty"`
	Via   string           `json:"via" doc:"receiver: a webhook, or an email whose server and sender are used"`
	To    []string         `json:"to,omitempty" doc:"addresses, for an email"`
	Every mention.Duration `json:"every,omitempty" doc:"one digest every so often; left out: at once"`
	Owner string           `json:"owner" doc:"file, or the one who made it through the API"`
}

// Configuring is the configuration in force.
type Configuring interface {
	Brands(ctx context.Context) ([]BrandInfo, error)
	Labels(ctx context.Context) ([]LabelInfo, error)
	Sources(ctx context.Context) ([]mention.SourceStatus, error)
	Rules(ctx context.Context) ([]RuleInfo, error)
	Receivers(ctx context.Context) ([]ReceiverInfo, error)
	Subscriptions(ctx context.Context) ([]SubscriptionInfo, error)
	// PutObject makes or replaces an object and puts it in force:
	// *InvalidError with all faults, ErrReadOnly when a file defines the id.
	PutObject(ctx context.Context, o Object) error
	// DeleteObject removes one: ErrNotFound, ErrReadOnly, or ErrConflict
	// when something in force needs it.
	DeleteObject(ctx context.Context, kind, id, actor string) error
	// TestSource reads an address once and tells what a source of it would be
	// and bring; nothing is stored.
	TestSource(ctx context.Context, actor, address string) (mention.SourceTest, error)
	// ReadSources tells what importing a list of feeds (OPML) would add, and
	// gives those sources; WriteSources gives such a list of the feeds there are.
	ReadSources(ctx context.Context, opml []byte) (mention.SourceImport, []mention.Source, error)
	WriteSources(ctx context.Context) ([]byte, error)
	// AddSources makes sources, all or none.
	AddSources(ctx context.Context, actor string, list []mention.Source) error
	MutedTerms(ctx context.Context) ([]mention.MutedTerm, error)
	// MuteTerm mutes a term for all trends; one that is muted stays as it is.
	MuteTerm(ctx context.Context, actor string, m mention.MutedTerm) (mention.MutedTerm, error)
	// Backfill asks for the past of a source; the daemon collects it in the
	// background.
	Backfill(ctx context.Context, id, actor string, from time.Time) error
}

// A Status says how the daemon is.
type Status struct {
	Version  string    `json:"version"`
	Started  time.Time `json:"started"`
	Mentions uint64    `json:"mentions" doc:"in the ledger"`
	Searched uint64    `json:"searchable" doc:"in the index"`
	Seq      int64     `json:"seq" doc:"last sequence of the analyzed log"`
	Lag      int64     `json:"lag" doc:"mentions stored that are not searchable yet"`
	Models   string    `json:"models" doc:"version of the language models"`
	Config   string    `json:"config" doc:"version of brands and labels"`
	Zone     string    `json:"zone"`
	Progress []string  `json:"progress,omitempty" doc:"background work, in words"`
	Faults   []string  `json:"faults,omitempty" doc:"what is wrong, in words; such as a configuration file that could not be read"`
}

// Health is the state of the daemon.
type Health interface {
	Ready(ctx context.Context) (reasons []string) // why not, in words; empty means ready
	Status(ctx context.Context) (Status, error)
	// Gaps are the stretches in which a source did not answer, oldest first.
	Gaps(ctx context.Context, from, to time.Time) ([]mention.Coverage, error)
	// Covered are the stretches in which one source answered, and in which it
	// did not, oldest first. Of the rest nothing is known.
	Covered(ctx context.Context, source string, from, to time.Time) ([]mention.Coverage, error)
}
