package crawler

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// parseDate reads a date as people and programs write it into feeds and
// pages: ISO 8601 with its gaps, RFC 822 with its sins, seconds since 1970,
// names of months in the main European languages. A date without a zone is
// UTC. Nothing is guessed: what is no date gives false.
func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 4 || len(s) > 100 {
		return time.Time{}, false
	}
	// An error of time.Parse costs more than the reading: ask for the layout
	// that the first and last letters promise.
	layout := time.RFC3339
	if s[0] > '9' {
		layout = time.RFC1123Z
		if strings.HasSuffix(s, " GMT") {
			layout = http.TimeFormat
		}
	}
	if t, err := time.Parse(layout, s); err == nil {
		return valid(t)
	}
	if t, ok := epoch(s); ok {
		return t, ok
	}
	var d dateParts
	for _, f := range dateFields(s) {
		d.take(f)
	}
	return d.time()
}

// valid refuses years that no publication is of.
func valid(t time.Time) (time.Time, bool) {
	if y := t.Year(); y < 1900 || y > 2200 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

func epoch(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
	case len(s) == 10:
		return valid(time.Unix(n, 0))
	case len(s) == 13:
		return valid(time.UnixMilli(n))
	}
	return time.Time{}, false
}

// A dateField is a run of digits or of letters, with what stood before it.
type dateField struct {
	text   string
	digits bool
	before string // separator
	after  byte   // first byte of the separator behind it; 0 at the end
}

// dateFields takes a date apart. Letters lose accents and case.
func dateFields(s string) []dateField {
	s = strings.ToLower(stripAccents(s))
	var fields []dateField
	sep := 0
	for i := 0; i < len(s); {
		r := rune(s[i])
		if r >= 0x80 {
			r = []rune(s[i:min(len(s), i+4)])[0]
		}
		digit, letter := r >= '0' && r <= '9', unicode.IsLetter(r)
		if !digit && !letter {
			i++
			continue
		}
		end := i
		for _, r := range s[i:] {
			if digit && (r < '0' || r > '9') || letter && !unicode.IsLetter(r) {
				break
			}
			end += len(string(r))
		}
		f := dateField{text: s[i:end], digits: digit, before: s[sep:i]}
		if len(fields) > 0 && len(f.before) > 0 {
			fields[len(fields)-1].after = f.before[0]
		} else if len(fields) > 0 {
			fields[len(fields)-1].after = s[i]
		}
		fields = append(fields, f)
		sep, i = end, end
	}
	return fields
}

func stripAccents(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToValidUTF8(s, "")))
}

// dateParts are collected field by field.
type dateParts struct {
	numbers  []int // date numbers in order, the month's name taken out
	widths   []int // their digits
	seps     []byte
	month    time.Month
	monthAt  int // how many numbers came before the name
	clock    []int
	nanos    int
	half     string // am or pm
	zone     int    // seconds
	zoned    bool
	sign     int // of an offset whose digits follow
	offset   []int
	bad      bool
	lastWord string
}

// take adds a field.
func (d *dateParts) take(f dateField) {
	if !f.digits {
		d.word(f)
		return
	}
	n, err := strconv.Atoi(f.text)
	if err != nil {
		d.bad = true
		return
	}
	before := byte(0)
	if f.before != "" {
		before = f.before[len(f.before)-1]
	}
	switch {
	case d.sign != 0 && before == ':' && len(d.offset) == 1:
		d.offset = append(d.offset, n)
	case (before == '+' || before == '-') && (len(d.clock) > 0 || d.zoned) && len(d.offset) == 0 && (len(d.numbers) > 1 || d.month != 0):
		d.sign = 1
		if before == '-' {
			d.sign = -1
		}
		if d.offset = []int{n}; len(f.text) > 2 {
			d.offset = []int{n / 100, n % 100}
		}
	case f.after == ':' && len(d.clock) == 0, before == ':' && len(d.clock) > 0 && len(d.clock) < 3:
		d.clock = append(d.clock, n)
	case before == '.' && len(d.clock) == 3 && d.nanos == 0 && f.before == ".":
		frac := (f.text + "000000000")[:9]
		d.nanos, _ = strconv.Atoi(frac)
	case f.after == 'h' && len(d.clock) == 0 && len(d.numbers) > 0: // 14h30
		d.clock = append(d.clock, n)
	case d.lastWord == "h" && f.before == "" && len(d.clock) == 1:
		d.clock = append(d.clock, n)
	case d.lastWord == "t" && f.before == "" && len(f.text) >= 4 && len(d.clock) == 0: // T101455
		d.clock = append(d.clock, n/pow10(len(f.text)-2))
		d.clock = append(d.clock, n/pow10(len(f.text)-4)%100)
		if len(f.text) >= 6 {
			d.clock = append(d.clock, n%100)
		}
	case len(d.numbers) < 4:
		d.numbers, d.widths, d.seps = append(d.numbers, n), append(d.widths, len(f.text)), append(d.seps, before)
	}
	d.lastWord = ""
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

func (d *dateParts) word(f dateField) {
	d.lastWord = f.text
	switch f.text {
	case "am", "pm", "a", "p":
		if len(f.text) == 2 && (len(d.clock) > 0 || len(d.numbers) > 0) {
			d.half = f.text
		}
		return
	case "t", "h", "st", "nd", "rd", "th":
		return
	case norm.NFKD.String("오전"): // Korean; its letters were taken apart with the accents
		d.half = "am"
		return
	case norm.NFKD.String("오후"):
		d.half = "pm"
		return
	}
	// The last one counts: mar is a Tuesday before it is a March.
	if m := monthOf(f.text); m != 0 {
		d.month, d.monthAt = m, len(d.numbers)
		return
	}
	if seconds, ok := zones[f.text]; ok && !d.zoned && (len(d.clock) > 0 || f.text != "z") {
		if len(d.numbers) > 0 || len(d.clock) > 0 {
			d.zone, d.zoned = seconds, true
		}
	}
}

// time puts the parts together.
func (d *dateParts) time() (time.Time, bool) {
	year, month, day, ok := d.date()
	if d.bad || !ok || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	var hour, minute, second int
	for i, p := range []*int{&hour, &minute, &second} {
		if i < len(d.clock) {
			*p = d.clock[i]
		}
	}
	switch {
	case d.half == "pm" && hour < 12:
		hour += 12
	case d.half == "am" && hour == 12:
		hour = 0
	}
	if hour > 24 || minute > 59 || second > 61 || hour == 24 && minute+second > 0 {
		hour, minute, second = 0, 0, 0 // the day is still good
	}
	t := time.Date(year, time.Month(month), day, hour, minute, min(second, 59), d.nanos, time.UTC)
	if t.Day() != day && hour != 24 {
		return time.Time{}, false // 31 February
	}
	zone := d.zone
	if d.sign != 0 && len(d.offset) > 0 {
		h, m := d.offset[0], 0
		if len(d.offset) > 1 {
			m = d.offset[1]
		}
		if h <= 15 && m < 60 {
			zone = d.sign * (h*3600 + m*60)
		}
	}
	return valid(t.Add(-time.Duration(zone) * time.Second))
}

// date makes sense of the numbers: by the month's name, by their widths, by
// what stands between them.
func (d *dateParts) date() (year, month, day int, ok bool) {
	n, w := d.numbers, d.widths
	if d.month != 0 {
		return d.named()
	}
	switch {
	case len(n) == 0:
		return 0, 0, 0, false
	case w[0] == 8: // 20260102
		return n[0] / 10000, n[0] / 100 % 100, n[0] % 100, true
	case w[0] == 4 && len(n) >= 2 && w[1] == 3: // day of the year
		t := time.Date(n[0], 1, n[1], 0, 0, 0, 0, time.UTC)
		return t.Year(), int(t.Month()), t.Day(), n[1] >= 1 && n[1] <= 366
	case w[0] == 4 && len(n) >= 3:
		return n[0], n[1], n[2], true
	case w[0] == 4 && len(n) == 2:
		return n[0], n[1], 1, true
	case w[0] == 4:
		return n[0], 1, 1, n[0] > 1900 && len(d.clock) == 0
	case len(n) < 3:
		return 0, 0, 0, false
	}
	year = fullYear(n[2], w[2])
	switch {
	case d.seps[1] == '/' && n[0] <= 12: // the American order
		return year, n[0], n[1], true
	case d.seps[1] == '-' && w[0] == 2 && w[2] == 2 && n[1] <= 12 && n[2] <= 31: // 03-12-31
		return fullYear(n[0], 2), n[1], n[2], true
	}
	return year, n[1], n[0], true
}

// named puts day and year around a month's name.
func (d *dateParts) named() (year, month, day int, ok bool) {
	n, w := d.numbers, d.widths
	switch {
	case len(n) == 0:
		return 0, 0, 0, false
	case len(n) == 1 && w[0] == 4: // March 2026
		return n[0], int(d.month), 1, true
	case len(n) == 1:
		return 0, 0, 0, false
	case w[0] == 4: // 2026 March 5
		return n[0], int(d.month), n[1], true
	case len(n) == 2 && w[1] < 4 && d.monthAt == 1 && n[0] > 31: // 98-Jan-05
		return fullYear(n[0], w[0]), int(d.month), n[1], true
	}
	// Day, then year; an hour without minutes may stand between or behind.
	for i := 1; i < len(n); i++ {
		if w[i] == 4 {
			return n[i], int(d.month), n[0], true
		}
	}
	return fullYear(n[1], w[1]), int(d.month), n[0], true
}

func fullYear(n, width int) int {
	switch {
	case width > 2:
		return n
	case n < 70:
		return 2000 + n
	}
	return 1900 + n
}
