package query

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The shapes of what stands in a range. A number has no exponent.
var (
	dateShape     = regexp.MustCompile(`^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$`)
	instantShape  = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$`)
	relativeShape = regexp.MustCompile(`^-(\d{1,5})([mhdw])$`)
	numberShape   = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)$`)
)

// maxAgo is how many minutes a relative date may go back: 290 years, as far as
// a Duration reaches.
const maxAgo = 290 * 365 * 24 * 60

// ParseTime returns the first instant of a year, month, day or instant as
// queries and documents write them, and the first instant after it. Without a
// zone the time is UTC.
func ParseTime(s string) (start, end time.Time, ok bool) {
	if len(s) == len("2006-01-02") && s[4] == '-' && s[7] == '-' {
		start, err := time.Parse(time.DateOnly, s)
		return start, start.AddDate(0, 0, 1), err == nil && start.Year() > 0
	}
	if m := dateShape.FindStringSubmatch(s); m != nil {
		start, err := time.Parse("2006-01", m[1]+"-"+max(m[2], "01"))
		if m[2] == "" {
			return start, start.AddDate(1, 0, 0), err == nil && start.Year() > 0
		}
		return start, start.AddDate(0, 1, 0), err == nil && start.Year() > 0
	}
	if len(s) == len("2006-01-02T15:04:05Z") && s[len(s)-1] == 'Z' {
		if t, err := time.Parse(time.RFC3339, s); err == nil && t.Year() > 0 {
			return t, t.Add(1), true
		}
	}
	m := instantShape.FindStringSubmatch(s)
	if m == nil {
		return start, end, false
	}
	seconds, zone := m[2], m[3]
	if seconds == "" {
		seconds = ":00"
	}
	if zone == "" {
		zone = "Z"
	}
	t, err := time.Parse(time.RFC3339Nano, m[1]+seconds+zone)
	return t.UTC(), t.UTC().Add(1), err == nil && t.Year() > 0
}

// ranged takes the value or range of a time or a number field.
func (p *parser) ranged(field string, at int) (Node, error) {
	if err := p.clause(at); err != nil {
		return nil, err
	}
	if p.peek() == '[' {
		return p.brackets(field, at)
	}
	w := p.word()
	r := &Range{Field: field}
	for _, op := range [...]string{">=", "<=", ">", "<"} {
		if rest, ok := strings.CutPrefix(w, op); ok {
			r.Op, w = op, rest
			break
		}
	}
	if w == "" && r.Op != "" {
		return nil, fail("empty-value", at, "no space after the colon", "%s: has no value", field)
	}
	var err error
	r.From, err = bound(field, w, at)
	return r, err
}

// brackets takes [a TO b] or [a..b].
func (p *parser) brackets(field string, at int) (Node, error) {
	hint := field + ":[a TO b]"
	e := strings.IndexByte(p.q[p.i:], ']')
	if e < 0 {
		return nil, fail("bad-range", at, hint, "the [ is not closed")
	}
	body := p.q[p.i+1 : p.i+e]
	p.i += e + 1
	from, to, ok := rangeEnds(body)
	if !ok {
		return nil, fail("bad-range", at, hint, "[%s] is not a range", short(body))
	}
	r := &Range{Field: field, Op: "[]"}
	var err error
	if r.From, err = rangeEnd(field, from, at); err != nil {
		return nil, err
	}
	if r.To, err = rangeEnd(field, to, at); err != nil {
		return nil, err
	}
	if r.reversed(p.now) {
		return nil, fail("range-reversed", at, "swap the two", "%s is after %s", short(from), short(to))
	}
	return r, nil
}

func (r *Range) reversed(now time.Time) bool {
	if r.From.open() || r.To.open() {
		return false
	}
	if fields[r.Field] == fieldTime {
		from, before := r.Times(now)
		return !from.Before(before)
	}
	return r.From.number > r.To.number
}

// rangeEnds splits "a TO b" and "a..b".
func rangeEnds(body string) (from, to string, ok bool) {
	parts := strings.FieldsFunc(body, isSpace)
	if len(parts) == 3 && parts[1] == "TO" {
		return parts[0], parts[2], true
	}
	if len(parts) != 1 {
		return "", "", false
	}
	i := strings.Index(parts[0][1:], "..") + 1
	if i < 1 || i+2 >= len(parts[0]) {
		return "", "", false
	}
	return parts[0][:i], parts[0][i+2:], true
}

// rangeEnd reads one end of a range; * is an open one.
func rangeEnd(field, s string, at int) (Bound, error) {
	if s == "*" {
		return Bound{Text: s}, nil
	}
	return bound(field, s, at)
}

// bound reads a date or number.
func bound(field, s string, at int) (Bound, error) {
	b := Bound{Text: s}
	if fields[field] == fieldNumber {
		err := number(&b, field, at)
		return b, err
	}
	if s == "now" {
		b.relative = true
		return b, nil
	}
	if m := relativeShape.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		minutes := map[string]int{"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}[m[2]]
		b.relative, b.ago = true, time.Duration(min(n*minutes, maxAgo))*time.Minute
		return b, nil
	}
	var ok bool
	if b.start, b.end, ok = ParseTime(s); !ok {
		return b, fail("bad-value", at, "2020-01-31, 2020-01-31T09:00Z, -7d or now", "%s is not a date", short(s))
	}
	return b, nil
}

// number reads b.Text as a number that the field can have.
func number(b *Bound, field string, at int) error {
	if !numberShape.MatchString(b.Text) {
		return fail("bad-value", at, "a number like 12 or 0.5", "%s is not a number", short(b.Text))
	}
	b.number, _ = strconv.ParseFloat(b.Text, 64) // out of range is infinite, which is what is meant
	if field == "score" && (b.number < -1 || b.number > 1) {
		return fail("out-of-range", at, "-1 to 1", "score:%s is outside -1 to 1", short(b.Text))
	}
	if field != "score" && b.number < 0 {
		return fail("out-of-range", at, "0 or more", "%s:%s is below 0", field, short(b.Text))
	}
	return nil
}
