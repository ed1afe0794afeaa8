-- What retention goes by: the age of what is not erased.
CREATE INDEX revisions_collected ON revisions (collected) WHERE meta <> '';
