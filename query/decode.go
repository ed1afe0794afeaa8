package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"earshot/mention"
)

// maxNesting is how deep values that nobody reads may be nested in a document.
const maxNesting = 200

// DecodeRow reads a document: one JSON object with the names of a
// [mention.Row]. It is lenient about shapes, as documents come from many
// tools: brands, entities and the like may be strings, lists, or objects with
// a brand, text or id; sentiment may be {"label", "score"}; language stands in
// for lang; a date may lack its time, and one that cannot be read is left out.
// Names it does not know are skipped.
func DecodeRow(line []byte) (mention.Row, error) {
	s := string(line) // the row's strings are parts of this one
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	d := decoder{s: s}
	var row mention.Row
	if err := d.row(&row); err != nil {
		return mention.Row{}, fmt.Errorf("query: document at byte %d: %w", d.i, err)
	}
	return row, nil
}

type decoder struct {
	s        string
	i        int
	depth    int // of the value at i
	language string
	hasLang  bool
	score    *float64 // of a sentiment object
}

func (d *decoder) row(row *mention.Row) error {
	if err := d.object(func(key string) error { return d.member(row, key) }); err != nil {
		return err
	}
	if d.space(); d.i < len(d.s) {
		return errText("text after the document")
	}
	if !d.hasLang {
		row.Lang = d.language
	}
	if row.Score == nil {
		row.Score = d.score
	}
	return nil
}

// errText is an error whose text is all there is to say.
type errText string

func (e errText) Error() string { return string(e) }

const errEnd = errText("the document ends too early")

func (d *decoder) space() {
	for d.i < len(d.s) && (d.s[d.i] == ' ' || d.s[d.i] == '\n' || d.s[d.i] == '\t' || d.s[d.i] == '\r') {
		d.i++
	}
}

// next skips white space and returns the byte that follows.
func (d *decoder) next() (byte, error) {
	if d.space(); d.i >= len(d.s) {
		return 0, errEnd
	}
	return d.s[d.i], nil
}

// expect takes c.
func (d *decoder) expect(c byte) error {
	got, err := d.next()
	if err != nil {
		return err
	}
	if got != c {
		return fmt.Errorf("%q where %q was expected", got, c)
	}
	d.i++
	return nil
}

// enter takes the bracket of an object or array.
func (d *decoder) enter(c byte) error {
	if d.depth++; d.depth > maxNesting {
		return errText("values are nested too deep")
	}
	return d.expect(c)
}

// object reads an object and calls member with each name, to read the value.
func (d *decoder) object(member func(key string) error) error {
	if err := d.enter('{'); err != nil {
		return err
	}
	defer func() { d.depth-- }()
	if c, err := d.next(); err != nil || c == '}' {
		d.i++
		return err
	}
	for {
		c, err := d.next()
		if err != nil {
			return err
		}
		if c != '"' {
			return errText("a name in quotes was expected")
		}
		key, err := d.str()
		if err != nil {
			return err
		}
		if err := d.expect(':'); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if done, err := d.more('}'); done || err != nil {
			return err
		}
	}
}

// more takes a comma, or end and reports that it was the end.
func (d *decoder) more(end byte) (bool, error) {
	c, err := d.next()
	if err != nil {
		return false, err
	}
	d.i++
	switch c {
	case ',':
		return false, nil
	case end:
		return true, nil
	}
	d.i--
	return false, fmt.Errorf("%q where ',' or %q was expected", c, end)
}

// array reads an array and calls element for each of its values.
func (d *decoder) array(element func() error) error {
	if err := d.enter('['); err != nil {
		return err
	}
	defer func() { d.depth-- }()
	if c, err := d.next(); err != nil || c == ']' {
		d.i++
		return err
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if done, err := d.more(']'); done || err != nil {
			return err
		}
	}
}

// member reads the value of one name of a row.
func (d *decoder) member(row *mention.Row, key string) error {
	if one := textMember(row, key); one != nil {
		return d.text(one)
	}
	if many := listMember(row, key); many != nil {
		*many = nil
		return d.texts(many)
	}
	switch key {
	case "kind":
		return d.text((*string)(&row.Kind))
	case "lang":
		c, err := d.next()
		d.hasLang = c != 'n'
		if err != nil {
			return err
		}
		return d.text(&row.Lang)
	case "language":
		return d.text(&d.language)
	case "sentiment":
		return d.sentiment(row)
	case "published":
		return d.time(&row.Published)
	case "updated":
		return d.time(&row.Updated)
	case "seen":
		return d.time(&row.Seen)
	case "collected":
		return d.time(&row.Collected)
	case "score":
		return d.number(&row.Score)
	case "engagement":
		return d.number(&row.Engagement)
	case "reach":
		return d.number(&row.Reach)
	case "rating":
		return d.number(&row.Rating)
	}
	return d.skip()
}

// textMember returns the string of row that goes by key.
func textMember(row *mention.Row, key string) *string {
	switch key {
	case "id":
		return &row.ID
	case "guid":
		return &row.GUID
	case "title":
		return &row.Title
	case "text":
		return &row.Text
	case "url":
		return &row.URL
	case "author":
		return &row.Author
	case "site":
		return &row.Site
	case "country":
		return &row.Country
	case "source":
		return &row.Source
	case "channel":
		return &row.Channel
	case "thread":
		return &row.Thread
	case "own_channel":
		return &row.Own
	case "story":
		return &row.Story
	}
	return nil
}

// listMember returns the list of row that goes by key.
func listMember(row *mention.Row, key string) *[]string {
	switch key {
	case "brands":
		return &row.Brands
	case "products":
		return &row.Products
	case "entities":
		return &row.Entities
	case "labels":
		return &row.Labels
	case "tags":
		return &row.Tags
	case "sources":
		return &row.Sources
	}
	return nil
}

// text reads a string, a number as it is written, or the first of a list.
func (d *decoder) text(dst *string) error {
	c, err := d.next()
	if err != nil {
		return err
	}
	if c == '"' {
		*dst, err = d.str()
		return err
	}
	var all []string
	*dst = ""
	if err := d.texts(&all); err != nil {
		return err
	}
	if len(all) > 0 {
		*dst = all[0]
	}
	return nil
}

// texts reads a string, a number, an object with a name, or a list of these.
func (d *decoder) texts(dst *[]string) error {
	c, err := d.next()
	if err != nil {
		return err
	}
	switch {
	case c == '"':
		s, err := d.str()
		*dst = append(*dst, s)
		return err
	case c == '[':
		return d.array(func() error { return d.texts(dst) })
	case c == '{':
		name, err := d.named()
		if name != "" {
			*dst = append(*dst, name)
		}
		return err
	case c == 'n':
		return d.word("null")
	case c == 't' || c == 'f':
		return d.skip()
	}
	start := d.i
	_, err = d.float()
	*dst = append(*dst, d.s[start:d.i])
	return err
}

// named reads an object and returns its brand, text or id.
func (d *decoder) named() (string, error) {
	var brand, text, id string
	err := d.object(func(key string) error {
		switch key {
		case "brand":
			return d.text(&brand)
		case "text":
			return d.text(&text)
		case "id":
			return d.text(&id)
		}
		return d.skip()
	})
	for _, s := range []string{brand, text, id} {
		if s != "" {
			return s, err
		}
	}
	return "", err
}

// sentiment reads a label, or an object with label and score.
func (d *decoder) sentiment(row *mention.Row) error {
	c, err := d.next()
	if err != nil {
		return err
	}
	if c != '{' {
		return d.text(&row.Sentiment)
	}
	return d.object(func(key string) error {
		switch key {
		case "label":
			return d.text(&row.Sentiment)
		case "score":
			return d.number(&d.score)
		}
		return d.skip()
	})
}

// time reads a date; what is none is left out.
func (d *decoder) time(dst *time.Time) error {
	c, err := d.next()
	if err != nil {
		return err
	}
	if c != '"' {
		return d.skip()
	}
	s, err := d.str()
	if err != nil {
		return err
	}
	*dst = time.Time{}
	if t, _, ok := ParseTime(s); ok {
		*dst = t
	}
	return nil
}

// number reads a number; what is none is left out.
func (d *decoder) number(dst **float64) error {
	c, err := d.next()
	if err != nil {
		return err
	}
	*dst = nil
	if c != '-' && (c < '0' || c > '9') {
		return d.skip()
	}
	v, err := d.float()
	*dst = &v
	return err
}

// skip reads any value.
func (d *decoder) skip() error {
	c, err := d.next()
	if err != nil {
		return err
	}
	switch c {
	case '"':
		_, err := d.str()
		return err
	case '{':
		return d.object(func(string) error { return d.skip() })
	case '[':
		return d.array(func() error { return d.skip() })
	case 'n':
		return d.word("null")
	case 't':
		return d.word("true")
	case 'f':
		return d.word("false")
	}
	_, err = d.float()
	return err
}

func (d *decoder) word(w string) error {
	if !strings.HasPrefix(d.s[d.i:], w) {
		return errText("a value was expected")
	}
	d.i += len(w)
	return nil
}

// float reads a number as JSON writes it.
func (d *decoder) float() (float64, error) {
	start := d.i
	if d.byte() == '-' {
		d.i++
	}
	if d.byte() == '0' {
		d.i++
	} else if !d.digits() {
		return 0, errText("a value was expected")
	}
	if d.byte() == '.' {
		d.i++
		if !d.digits() {
			return 0, errText("a digit was expected")
		}
	}
	if d.byte()|0x20 == 'e' {
		d.i++
		if c := d.byte(); c == '+' || c == '-' {
			d.i++
		}
		if !d.digits() {
			return 0, errText("a digit was expected")
		}
	}
	v, _ := strconv.ParseFloat(d.s[start:d.i], 64) // out of range is infinite
	return v, nil
}

// byte returns the byte at i, or 0 at the end.
func (d *decoder) byte() byte {
	if d.i < len(d.s) {
		return d.s[d.i]
	}
	return 0
}

func (d *decoder) digits() bool {
	n := digits(d.s[d.i:])
	d.i += n
	return n > 0
}

// str reads a string, whose quote is the next byte.
func (d *decoder) str() (string, error) {
	d.i++
	start := d.i
	for d.i < len(d.s) {
		switch c := d.s[d.i]; {
		case c == '"':
			d.i++
			return d.s[start : d.i-1], nil
		case c == '\\':
			return d.escaped(start)
		case c < ' ':
			return "", errText("a control character stands in a string")
		}
		d.i++
	}
	return "", errEnd
}

// escaped reads on in a string that began at start and has escapes.
func (d *decoder) escaped(start int) (string, error) {
	out := append(make([]byte, 0, d.i-start+64), d.s[start:d.i]...)
	for d.i < len(d.s) {
		c := d.s[d.i]
		d.i++
		switch {
		case c == '"':
			return string(out), nil
		case c < ' ':
			return "", errText("a control character stands in a string")
		case c != '\\':
			out = append(out, c)
		default:
			r, err := d.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		}
	}
	return "", errEnd
}

// escape reads what follows a backslash.
func (d *decoder) escape() (rune, error) {
	c := d.byte()
	d.i++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		r, ok := d.hex()
		if !ok {
			return 0, errText("four hexadecimal digits were expected")
		}
		if utf16.IsSurrogate(r) && strings.HasPrefix(d.s[d.i:], `\u`) {
			was := d.i
			d.i += len(`\u`)
			low, ok := d.hex()
			if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
				return pair, nil
			}
			d.i = was
		}
		return r, nil // half a pair becomes U+FFFD when appended
	}
	return 0, errText("an unknown escape stands in a string")
}

func (d *decoder) hex() (rune, bool) {
	if d.i+4 > len(d.s) {
		return 0, false
	}
	v, err := strconv.ParseUint(d.s[d.i:d.i+4], 16, 16)
	if err != nil || d.s[d.i] == '+' {
		return 0, false
	}
	d.i += 4
	return rune(v), true
}
