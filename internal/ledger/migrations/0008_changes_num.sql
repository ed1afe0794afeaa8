-- What the log says of one mention.
CREATE INDEX changes_num ON changes (num);
