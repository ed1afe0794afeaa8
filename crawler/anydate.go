package crawler

import "time"

// ParseDate reads a date as feeds and the exports of other tools write it: ISO
// 8601, RFC 822, day.month.year, names of months in the main European
// languages, with or without a time. Without a zone it is UTC; ok is false for
// what is no date.
func ParseDate(s string) (t time.Time, ok bool) { return parseDate(s) }
