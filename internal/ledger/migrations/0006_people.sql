-- People, what lets them and their programs in, and the browsers that signed in.
-- Of passwords and secrets only hashes are kept.
CREATE TABLE users (
	name     TEXT    PRIMARY KEY,
	role     TEXT    NOT NULL,
	scope    TEXT    NOT NULL,
	subject  TEXT    NOT NULL,
	password TEXT    NOT NULL,
	made     INTEGER NOT NULL,
	seen     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_subject ON users (subject) WHERE subject <> '';

CREATE TABLE access_tokens (
	id      TEXT    PRIMARY KEY,
	hash    BLOB    NOT NULL UNIQUE,
	owner   TEXT    NOT NULL,
	role    TEXT    NOT NULL,
	scope   TEXT    NOT NULL,
	made    INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX access_tokens_owner ON access_tokens (owner, id);

CREATE TABLE sessions (
	id      TEXT    PRIMARY KEY,
	hash    BLOB    NOT NULL UNIQUE,
	user    TEXT    NOT NULL,
	token   TEXT    NOT NULL,
	witness BLOB,
	made    INTEGER NOT NULL,
	used    INTEGER NOT NULL,
	address TEXT    NOT NULL,
	agent   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user, used);
