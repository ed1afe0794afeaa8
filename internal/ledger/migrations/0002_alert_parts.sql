-- The state of the alert engine, in parts: a commit writes what it changed.
CREATE TABLE alert_parts (
	name TEXT PRIMARY KEY,
	body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
UPDATE alert_state SET state = NULL;
