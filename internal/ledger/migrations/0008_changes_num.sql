-- What the log says of one mention, and when.
CREATE INDEX changes_num ON changes (num, at);
