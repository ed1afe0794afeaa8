-- What was measured of a mention over time: engagement and reach as they were
-- first told and read again later, and when it was found to be gone.
CREATE TABLE metrics (
	num        INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	engagement REAL,
	reach      REAL,
	gone       INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (num, at)
) STRICT, WITHOUT ROWID;
