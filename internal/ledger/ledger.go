package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"earshot/mention"
)

// The errors callers tell apart.
var (
	ErrNotFound = errors.New("ledger: not found")
	ErrNewer    = errors.New("ledger: written by a newer earshot")
	ErrLocked   = errors.New("ledger: in use by another process")
	ErrHeld     = errors.New("ledger: on hold")
)

// A Ledger is the system of record. SQLite is behind it by default, and
// PostgreSQL may be; nothing above it knows which. All methods may be called
// from many goroutines. A method that writes returns only when the write is
// durable. A function that a method is given to change something is called
// while nothing else can be written: it must not call the ledger.
type Ledger interface {
	Intake
	Understanding
	Reading
	Curating
	People
	Alerting
	Archiving
	Keeping
	// Watch returns a channel that gets a value (never blocking the writer)
	// after each commit that made either log longer, and a function to stop.
	Watch() (<-chan struct{}, func())
	Close() error
}

// Intake is what collectors and pushes write.
type Intake interface {
	// Append stores a batch whole: the capture's bytes are written and synced
	// first, then in one transaction the mentions (new, revised by another
	// title or text, or known), the sources that saw them, and the source's
	// state. A tombstoned id is refused and counted. Seen and Collected are
	// set to now where they are zero.
	//
	// Of one batch, the first text of an id counts. A source that says again
	// what it said before makes no revision, even when another source says it
	// differently. What a known mention did not have (a time, an author), and
	// engagement, reach, rating and given fields that are others now, are
	// taken over without a revision, and logged as rescored.
	//
	// Metrics are added to the series of mentions that are known; the latest
	// numbers are taken over without a revision, and logged as rescored.
	//
	// The capture is stored when anything refers to it, or when the batch has
	// no mentions at all; its ID is set then. The same answer of the same URL
	// is stored once.
	Append(ctx context.Context, now time.Time, b mention.Batch) (mention.Receipt, error)
	// SourceState gives the state that came with the last batch; one without
	// any when unknown. The ledger itself keeps Items (new mentions) and
	// LastNew.
	SourceState(ctx context.Context, source string) (mention.SourceState, error)
	SourceStates(ctx context.Context) ([]mention.SourceState, error)
	// AddCoverage notes that a source did or did not answer in a stretch of
	// time. Adjoining stretches with the same answer are joined.
	AddCoverage(ctx context.Context, c mention.Coverage) error
	Coverage(ctx context.Context, source string, from, to time.Time) ([]mention.Coverage, error)
	// Capture reads stored bytes back; [ErrNotFound] when they were never
	// stored, or swept or erased since.
	Capture(ctx context.Context, id string) (*mention.Capture, error)
}

// An Entry is one revision in the mention log. Of an erased one ID, number and
// times are left.
type Entry struct {
	Seq     int64
	Mention mention.Mention
}

// An Understood is what the understand stage makes of an entry.
type Understood struct {
	ID        string
	Revision  int
	Kind      string // mention.ChangeNew, ChangeRevised or ChangeRescored; the ledger puts right what replays make wrong
	Analysis  mention.Analysis
	Linking   mention.Linking
	Story     string
	Signature []byte // of the story matcher; opaque
}

// A StoryMember is what the story matcher needs to go on after a restart.
type StoryMember struct {
	ID, Story string
	At        time.Time
	Signature []byte
}

// Understanding is what the understand stage reads and writes.
type Understanding interface {
	// Entries reads the mention log after a sequence, oldest first.
	Entries(ctx context.Context, after int64, limit int) ([]Entry, error)
	// PutUnderstood writes analyses, linkings and stories, appends one entry
	// for each to the analyzed log and, when offset > 0, moves the offset of
	// "understand" to it, in one transaction. A revision that is no longer
	// the latest is stored and not logged. Doing it again changes nothing: an
	// analysis by the same models stays as it was stored first, and so does
	// a story. The first entry of a mention is new, whatever Kind says. What
	// was erased meanwhile is passed over.
	PutUnderstood(ctx context.Context, offset int64, list []Understood) error
	// StoryMembers reads the newest n members since a time, oldest first.
	StoryMembers(ctx context.Context, since time.Time, n int) ([]StoryMember, error)
	Offset(ctx context.Context, consumer string) (int64, error)
	SetOffset(ctx context.Context, consumer string, offset int64) error
	// Setting and SetSetting keep small facts, such as which configuration
	// version history was last re-read for.
	Setting(ctx context.Context, key string) (string, error) // "" when unset
	SetSetting(ctx context.Context, key, value string) error
}

// A ChangeSpan is a stretch of the analyzed log.
type ChangeSpan struct {
	Changes  int
	Last     int64     // sequence
	From, To time.Time // when its first entry was made, and its latest; zero when there is none
}

// Reading is what everything after understand reads.
type Reading interface {
	// Changes reads the analyzed log after a sequence, oldest first. A
	// record is given in its state at reading time: the latest revision that
	// is understood, with its analysis. Entries that a later one of the same
	// id has overtaken are still given, so that every sequence is seen once;
	// all those of an erased mention are given as erased.
	Changes(ctx context.Context, after int64, limit int) ([]mention.Change, error)
	// Span tells what the analyzed log holds since a time.
	Span(ctx context.Context, since time.Time) (ChangeSpan, error)
	// ChangeSeqs gives the sequences of the entries of mentions since a time,
	// in no order.
	ChangeSeqs(ctx context.Context, ids []string, since time.Time) ([]int64, error)
	// ChangesAt reads the entries with these sequences, as Changes does. They
	// must be given in ascending order.
	ChangesAt(ctx context.Context, seqs []int64) ([]mention.Change, error)
	LastSeq(ctx context.Context) (mentions, analyzed int64, err error)
	// Records hydrates ids, in their order. Unknown and erased ones are left
	// out, and those of which no revision is understood yet.
	Records(ctx context.Context, ids []string) ([]mention.Record, error)
	// RecordsAt is Records of what is found by its number first, in a third
	// less time; by its id where the number is 0 or another's.
	RecordsAt(ctx context.Context, refs []mention.Ref) ([]mention.Record, error)
	// EachRecord calls fn with every live record, ordered by id, after an id
	// ("" for all): how an index is rebuilt and verified.
	EachRecord(ctx context.Context, after string, fn func(mention.Record) error) error
	Counts(ctx context.Context) (Counts, error)
	// Screening tells what became of a source's mentions that were first seen
	// in a period, and when the source did not answer in it.
	Screening(ctx context.Context, source string, from, to time.Time) (mention.Screening, error)
	// Metrics gives what was measured of a mention over time, oldest first.
	Metrics(ctx context.Context, id string) ([]mention.Metric, error)
}

// Counts are the sizes of the ledger's parts.
type Counts struct {
	Mentions, Revisions, Analyzed, Deliveries, DeadLetters int64
	MentionSeq, AnalyzedSeq                                int64
}

// Curating is what people write.
type Curating interface {
	// Curate appends events and one analyzed-log entry per mention touched,
	// all or none. An unknown or erased mention gives [ErrNotFound].
	Curate(ctx context.Context, events []mention.CurationEvent) error
	Curations(ctx context.Context, id string) ([]mention.CurationEvent, error)
	// SetHold puts or lifts a hold; object is "mention:ID", "capture:ID" or
	// "author:NAME". It writes its own line of the audit log.
	SetHold(ctx context.Context, object, reason, actor string, on bool) error
	Audit(ctx context.Context, e mention.AuditEntry) error
	AuditLog(ctx context.Context, after int64, limit int) ([]mention.AuditEntry, error)
	// PutAccuracy keeps what a coded sample said of a query; those before it
	// are kept too.
	PutAccuracy(ctx context.Context, a mention.Accuracy) error
	// Accuracies gives what coded samples said of a query, by its canonical
	// form, the latest first.
	Accuracies(ctx context.Context, query string) ([]mention.Accuracy, error)
	// Objects are brands, labels, sources, rules and receivers made through
	// the API, as JSON with their owner.
	PutObject(ctx context.Context, list ...Object) error // all of them, or none
	DeleteObject(ctx context.Context, kind, id string) error
	Objects(ctx context.Context, kind string) ([]Object, error) // kind "" means all
}

// People is who may come in. What changes is written with its line of the
// audit in one transaction; an entry without an action writes none.
type People interface {
	Users(ctx context.Context) ([]mention.User, error) // by name
	User(ctx context.Context, name string) (mention.User, bool, error)
	UserOf(ctx context.Context, subject string) (mention.User, bool, error) // at the identity provider
	Peopled(ctx context.Context) (bool, error)                              // whether there is any user
	// AddUser keeps a new user; false when there is one of that name.
	AddUser(ctx context.Context, u mention.User, e mention.AuditEntry) (bool, error)
	// ChangeUser changes role, scope and password of a user as they are at the
	// time, in one transaction; false when there is none. The change is told
	// whether they are the only admin. A new scope withdraws what they handed
	// out, as Withdraw does, but tokens and sessions.
	ChangeUser(ctx context.Context, name string, change func(u *mention.User, only bool) (mention.AuditEntry, error)) (mention.User, bool, error)
	// DeleteUser withdraws all of a user's, too; false when there was none. The
	// check is told whether they are the only admin.
	DeleteUser(ctx context.Context, name string, check func(u mention.User, only bool) (mention.AuditEntry, error)) (bool, error)
	// Withdraw ends what a user has in hand and handed out: sessions, tokens,
	// links to reports, subscriptions. What it ended is added to the entry, of
	// which there is none when it ended nothing.
	Withdraw(ctx context.Context, name string, e mention.AuditEntry) error

	AccessTokens(ctx context.Context, owner string) ([]mention.AccessToken, error) // owner "" means all
	AccessToken(ctx context.Context, hash [sha256.Size]byte) (mention.AccessToken, bool, error)
	// PutAccessToken keeps a new token; false when its owner is not there. An
	// id there is already is an error.
	PutAccessToken(ctx context.Context, k mention.AccessToken, e mention.AuditEntry) (bool, error)
	DeleteAccessToken(ctx context.Context, id string, e mention.AuditEntry) (bool, error)

	// PutSession keeps a new session, and that its user was seen; false when
	// that user is not there. Of one user's or token's many, those used longest
	// ago end.
	PutSession(ctx context.Context, s mention.Session, e mention.AuditEntry) (bool, error)
	Session(ctx context.Context, hash [sha256.Size]byte) (mention.Session, bool, error)
	Sessions(ctx context.Context, user string) ([]mention.Session, error) // used last first; user "" means all; at most 1,000
	UseSession(ctx context.Context, id string, used time.Time) error
	EndSessions(ctx context.Context, f mention.SessionFilter, e mention.AuditEntry) (int, error)

	AuditTrail(ctx context.Context, f mention.AuditFilter) ([]mention.AuditEntry, error) // newest first
}

// An Object is a part of the configuration that was made through the API.
type Object struct {
	Kind, ID, Owner string
	Body            []byte // JSON
	Updated         time.Time
}

// An AlertCommit is everything one step of the alert engine changed.
type AlertCommit struct {
	Offset     int64                // analyzed-log sequence judged so far
	Parts      map[string][]byte    // of the engine's state that changed, opaque; nil ones are gone
	Incidents  []mention.Incident   // of known ones the flags stay as people set them
	Deliveries []mention.Delivery   // an ID already there is left as it is
	Flags      []mention.SafetyFlag // a mention already flagged is left as it is; else it, its capture and its author are put on hold
}

// A Waiting is what the outbox holds for a receiver.
type Waiting struct {
	Receiver string
	Count    int
	Oldest   time.Time // when the oldest was made
}

// Alerting is what the alert engine and the outbox write.
type Alerting interface {
	// Frontier is a time, not after now, before which the analyzed log gains
	// no entry any more: those on their way were stamped later.
	Frontier() time.Time
	CommitAlerts(ctx context.Context, c AlertCommit) error
	AlertState(ctx context.Context) (offset int64, parts map[string][]byte, err error)
	Incidents(ctx context.Context, f IncidentFilter) ([]mention.Incident, error) // newest first
	// Tallies sums the incidents of each rule up.
	Tallies(ctx context.Context, since time.Time) (map[string]mention.RuleTally, error)
	Incident(ctx context.Context, id string) (mention.Incident, error)
	// UpdateIncident changes the flags of an incident in one transaction.
	UpdateIncident(ctx context.Context, id string, change func(*mention.Incident) error) (mention.Incident, error)
	Deliveries(ctx context.Context, f DeliveryFilter) ([]mention.Delivery, error) // newest first
	Delivery(ctx context.Context, id string) (mention.Delivery, error)
	// DueDeliveries gives what a receiver is to be sent now, in outbox order;
	// of an incident only the first that is not yet sent or dead. One that
	// was sending when the process ended is due again.
	DueDeliveries(ctx context.Context, receiver string, now time.Time, limit int) ([]mention.Delivery, error)
	// NextDelivery is when a receiver's next retry is due; the zero time when none waits.
	NextDelivery(ctx context.Context, receiver string) (time.Time, error)
	// HastenDeliveries makes everything that waits for a receiver due.
	HastenDeliveries(ctx context.Context, receiver string, now time.Time) error
	// Waiting tells what waits for each receiver that something waits for.
	Waiting(ctx context.Context) ([]Waiting, error)
	// UpdateDelivery changes a delivery in one transaction. When one about a
	// mention becomes sent, the mention's safety flag is told so too.
	UpdateDelivery(ctx context.Context, id string, change func(*mention.Delivery) error) (mention.Delivery, error)
	SafetyFlags(ctx context.Context, since time.Time) ([]mention.SafetyFlag, error)
	UpdateSafetyFlag(ctx context.Context, id string, change func(*mention.SafetyFlag) error) error
}

// An IncidentFilter narrows [Alerting.Incidents].
type IncidentFilter = mention.IncidentFilter

// A DeliveryFilter narrows [Alerting.Deliveries].
type DeliveryFilter = mention.DeliveryFilter

// Archiving keeps reports as they were made, and the links that open one.
type Archiving interface {
	// PutReport keeps a report and puts the notices of it into the outbox,
	// all or none. One whose ID is there already changes nothing.
	PutReport(ctx context.Context, r mention.KeptReport, notices []mention.Delivery) error
	// AddDeliveries puts more notices into the outbox; an ID already there is
	// left as it is.
	AddDeliveries(ctx context.Context, list []mention.Delivery) error
	Reports(ctx context.Context, f mention.KeptFilter) ([]mention.KeptReport, error) // newest first, without body
	Report(ctx context.Context, id string) (mention.KeptReport, error)
	// DeleteReport deletes one with its shares, gives up the notices of it that
	// wait, and writes it into the audit log.
	DeleteReport(ctx context.Context, id, actor string) error
	// PutShare, and RevokeShare, write their own lines of the audit log.
	PutShare(ctx context.Context, s mention.Share) error
	Shares(ctx context.Context, report string) ([]mention.Share, error) // newest first
	ShareOf(ctx context.Context, hash string) (mention.Share, error)    // also one that ended
	RevokeShare(ctx context.Context, id, actor string, now time.Time) error
}

// Keeping is the care of the data.
type Keeping interface {
	// Backup writes a consistent copy of the whole ledger, captures
	// included, while it is in use.
	Backup(ctx context.Context, w io.Writer) error
	// Check runs the store's own integrity check.
	Check(ctx context.Context) error
	// Sweep deletes captures older than keep that are not on hold or
	// referenced by an acknowledged mention still within keep, and orphans.
	Sweep(ctx context.Context, now time.Time, keep time.Duration) (int, error)
	// Expire deletes the mentions whose latest revision was collected longer
	// ago than keep and that are not on hold, as [Keeping.Erase] does: what
	// still stands in a feed is not collected anew. It returns how many there
	// were, and writes one line of the audit log.
	Expire(ctx context.Context, now time.Time, keep time.Duration) (int, error)
	// Held gives the mentions on hold, by themselves, their author or their
	// capture, that were collected before a time.
	Held(ctx context.Context, before time.Time) ([]mention.Record, error)
	// Erase blanks the content of mentions in place, deletes the captures
	// they were read from, leaves tombstones, and appends erased entries to
	// the analyzed log, all or none. A held one gives [ErrHeld]. An id never
	// seen gets a tombstone all the same. It writes its own lines of the
	// audit log.
	Erase(ctx context.Context, actor, reason string, ids []string) error
}
