-- What coded samples said of queries, the latest of a query last.
CREATE TABLE accuracies (
	seq   INTEGER PRIMARY KEY AUTOINCREMENT,
	query TEXT NOT NULL,
	body  TEXT NOT NULL
) STRICT;
CREATE INDEX accuracies_query ON accuracies (query, seq);
