package query

import (
	"fmt"
	"strings"
	"time"
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
		return malformedError("text after the document")
	}
	if !d.hasLang {
		row.Lang = d.language
	}
	if row.Score == nil {
		row.Score = d.score
	}
	return nil
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
	case "safety":
		return d.bool(&row.Safety)
	case "starred":
		return d.bool(&row.Starred)
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
	case "status":
		return &row.Status
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
	case "activities":
		return &row.Activities
	case "sources":
		return &row.Sources
	case "toward":
		return &row.Toward
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
	switch c {
	case '"':
		s, err := d.str()
		*dst = append(*dst, s)
		return err
	case '[':
		return d.array(func() error { return d.texts(dst) })
	case '{':
		name, err := d.named()
		if name != "" {
			*dst = append(*dst, name)
		}
		return err
	case 'n':
		return d.word("null")
	case 't', 'f':
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

// bool reads true; all else is false.
func (d *decoder) bool(dst *bool) error {
	c, err := d.next()
	*dst = c == 't'
	if err != nil {
		return err
	}
	return d.skip()
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
