-- Reports as they were made, and the links that open one of them.
CREATE TABLE reports (
	seq  INTEGER PRIMARY KEY AUTOINCREMENT,
	id   TEXT NOT NULL UNIQUE,
	plan TEXT NOT NULL,
	head TEXT NOT NULL,
	body BLOB NOT NULL
) STRICT;
CREATE INDEX reports_plan ON reports (plan, seq);
CREATE TABLE shares (
	id      TEXT PRIMARY KEY,
	report  TEXT NOT NULL,
	hash    TEXT NOT NULL UNIQUE,
	body    TEXT NOT NULL
) STRICT;
CREATE INDEX shares_report ON shares (report);
