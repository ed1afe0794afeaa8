-- A ledger as schema 1 wrote it. Never changed.
CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
CREATE TABLE mentions (
	num       INTEGER PRIMARY KEY AUTOINCREMENT,
	id        TEXT    NOT NULL UNIQUE,
	revision  INTEGER NOT NULL,           -- latest
	seq       INTEGER NOT NULL,           -- of the latest in revisions
	seen      INTEGER NOT NULL,
	published INTEGER NOT NULL,
	sources   TEXT    NOT NULL,           -- JSON list, first one first
	hashes    BLOB    NOT NULL,           -- 16 bytes each: of the latest text, then of what each source said last
	logged    INTEGER NOT NULL DEFAULT 0, -- latest revision in changes
	curation  TEXT,                       -- JSON, folded from curation_events
	erased    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE revisions (
	seq       INTEGER PRIMARY KEY AUTOINCREMENT,
	num       INTEGER NOT NULL,
	revision  INTEGER NOT NULL,
	prev      INTEGER NOT NULL,           -- seq of the revision before, 0 for the first
	collected INTEGER NOT NULL,
	author    TEXT    NOT NULL,
	capture   TEXT    NOT NULL,
	title     TEXT    NOT NULL,
	text      TEXT    NOT NULL,
	meta      TEXT    NOT NULL            -- JSON of everything else; empty when erased
) STRICT;
CREATE INDEX revisions_author ON revisions (author) WHERE author <> '';
CREATE TABLE understood (
	num       INTEGER PRIMARY KEY,
	seq       INTEGER NOT NULL,           -- of the revision analysed
	revision  INTEGER NOT NULL,
	at        INTEGER NOT NULL,           -- published, else seen
	models    TEXT    NOT NULL,
	config    TEXT    NOT NULL,
	story     TEXT    NOT NULL,
	signature BLOB,
	analysis  TEXT    NOT NULL,
	linking   TEXT    NOT NULL
) STRICT;
CREATE INDEX understood_at ON understood (at);
CREATE TABLE analyses_past (
	num      INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	models   TEXT    NOT NULL,
	analysis TEXT    NOT NULL,
	PRIMARY KEY (num, revision, models)
) STRICT;
CREATE TABLE changes (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	num      INTEGER NOT NULL,
	kind     TEXT    NOT NULL,
	at       INTEGER NOT NULL
) STRICT;
CREATE TABLE tombstones (
	id     TEXT PRIMARY KEY,
	at     INTEGER NOT NULL,
	actor  TEXT NOT NULL,
	reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE holds (
	object TEXT PRIMARY KEY,              -- mention:ID, capture:ID, author:NAME
	reason TEXT NOT NULL,
	actor  TEXT NOT NULL,
	at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE source_states (
	source   TEXT PRIMARY KEY,
	body     TEXT,                        -- JSON as the collector left it
	items    INTEGER NOT NULL DEFAULT 0,  -- new mentions, all time
	last_new INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE coverage (
	source TEXT    NOT NULL,
	start  INTEGER NOT NULL,
	stop   INTEGER NOT NULL,
	ok     INTEGER NOT NULL
) STRICT;
CREATE INDEX coverage_source ON coverage (source, ok, stop);
CREATE TABLE capture_files (
	file INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE captures (
	id       TEXT PRIMARY KEY,
	file     INTEGER NOT NULL,
	start    INTEGER NOT NULL,
	length   INTEGER NOT NULL,
	fetched  INTEGER NOT NULL,
	last_ref INTEGER NOT NULL             -- newest collected of what was read from it
) STRICT, WITHOUT ROWID;
CREATE INDEX captures_file ON captures (file, start);
CREATE TABLE curation_events (
	seq    INTEGER PRIMARY KEY AUTOINCREMENT,
	id     TEXT    NOT NULL,
	actor  TEXT    NOT NULL,
	at     INTEGER NOT NULL,
	action TEXT    NOT NULL,
	value  TEXT    NOT NULL
) STRICT;
CREATE INDEX curation_events_id ON curation_events (id);
CREATE TABLE audit (
	seq    INTEGER PRIMARY KEY AUTOINCREMENT,
	at     INTEGER NOT NULL,
	actor  TEXT    NOT NULL,
	action TEXT    NOT NULL,
	object TEXT    NOT NULL,
	detail TEXT    NOT NULL
) STRICT;
CREATE TABLE objects (
	kind    TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	owner   TEXT    NOT NULL,
	body    BLOB    NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE incidents (
	num    INTEGER PRIMARY KEY AUTOINCREMENT,
	id     TEXT    NOT NULL UNIQUE,
	rule   TEXT    NOT NULL,
	state  TEXT    NOT NULL,
	opened INTEGER NOT NULL,
	body   TEXT    NOT NULL
) STRICT;
CREATE INDEX incidents_opened ON incidents (opened, num);
CREATE INDEX incidents_rule ON incidents (rule, opened, num);
CREATE TABLE deliveries (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT    NOT NULL UNIQUE,
	receiver TEXT    NOT NULL,
	incident TEXT    NOT NULL,
	mention  TEXT    NOT NULL,
	state    TEXT    NOT NULL,
	next     INTEGER NOT NULL,            -- not before
	payload  BLOB,
	body     TEXT    NOT NULL
) STRICT;
CREATE INDEX deliveries_open ON deliveries (receiver, seq) WHERE state IN ('pending', 'sending');
CREATE INDEX deliveries_order ON deliveries (receiver, incident, seq) WHERE state IN ('pending', 'sending');
CREATE INDEX deliveries_state ON deliveries (state, seq);
CREATE INDEX deliveries_incident ON deliveries (incident, seq);
CREATE INDEX deliveries_mention ON deliveries (mention, seq) WHERE mention <> '';
CREATE TABLE safety_flags (
	mention TEXT PRIMARY KEY,
	flagged INTEGER NOT NULL,
	body    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX safety_flags_flagged ON safety_flags (flagged);
CREATE TABLE alert_state (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	offset INTEGER NOT NULL,
	state  BLOB
) STRICT;
CREATE TABLE offsets (
	consumer TEXT PRIMARY KEY,
	offset   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE settings (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE counters (
	name TEXT PRIMARY KEY,
	n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO schema_version VALUES (1);
INSERT INTO mentions VALUES (1, 'old', 1, 1, 1772366400000, 1772366400000, '["feed"]', x'ff814da6427e63953eb8c46c65e547d6ff814da6427e63953eb8c46c65e547d6', 1, NULL, 0);
INSERT INTO revisions VALUES (1, 1, 1, 0, 1772366400000, 'ann', '', 'Old', 'written by the first schema', '{"id":"","source":""}');
INSERT INTO understood VALUES (1, 1, 1, 1772366400000, 'm1', '', 'old', NULL, '{"models":"m1","language":"en","status":"ok"}', '{"config":""}');
INSERT INTO changes VALUES (1, 1, 'new', 1795304458170);
INSERT INTO source_states VALUES ('feed', '{"source":"","etag":"x"}', 1, 1772366400000);
INSERT INTO offsets VALUES ('understand', 1);
INSERT INTO counters VALUES ('analyzed', 1);
INSERT INTO counters VALUES ('mentions', 1);
INSERT INTO counters VALUES ('revisions', 1);
