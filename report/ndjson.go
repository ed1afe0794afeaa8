package report

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"earshot/mention"
)

// appendRow appends a row as encoding/json writes it without escaping HTML: an
// export spends an eighth of its time on finding out, for each row anew, what
// its fields are.
func appendRow(b []byte, r *mention.Row) []byte {
	o := object{append(b, '{')}
	o.whole("seq", r.Seq)
	o.key("id")
	o.b = mention.AppendText(o.b, r.ID)
	o.whole("revision", int64(r.Revision))
	o.text("source", r.Source)
	o.texts("sources", r.Sources)
	o.text("guid", r.GUID)
	o.text("url", r.URL)
	o.text("site", r.Site)
	o.text("title", r.Title)
	o.text("text", r.Text)
	o.text("author", r.Author)
	o.time("published", r.Published)
	o.time("updated", r.Updated)
	o.time("seen", r.Seen)
	o.time("collected", r.Collected)
	o.text("lang", r.Lang)
	o.text("country", r.Country)
	o.text("kind", string(r.Kind))
	o.text("channel", r.Channel)
	o.text("thread", r.Thread)
	o.text("own_channel", r.Own)
	o.texts("brands", r.Brands)
	o.texts("products", r.Products)
	o.texts("entities", r.Entities)
	o.texts("labels", r.Labels)
	o.texts("activities", r.Activities)
	o.texts("tags", r.Tags)
	o.texts("toward", r.Toward)
	o.text("sentiment", r.Sentiment)
	o.number("score", r.Score)
	o.text("story", r.Story)
	o.number("engagement", r.Engagement)
	o.number("reach", r.Reach)
	o.number("rating", r.Rating)
	o.yes("starred", r.Starred)
	o.yes("irrelevant", r.Irrelevant)
	o.yes("safety", r.Safety)
	o.text("status", r.Status)
	o.whole("folded", int64(r.Folded)) //nolint:gosec // a count of mentions
	o.spans("highlights", r.Highlights)
	return append(o.b, '}')
}

// plain reports whether appendRow can write a row: it has no value that only
// encoding/json knows the form of, or the error of.
func plain(r *mention.Row) bool {
	for _, f := range [...]*float64{r.Score, r.Engagement, r.Reach, r.Rating} {
		if f != nil && (math.IsNaN(*f) || math.IsInf(*f, 0) || *f != 0 && (math.Abs(*f) < 1e-6 || math.Abs(*f) >= 1e21)) {
			return false
		}
	}
	for _, t := range [...]time.Time{r.Published, r.Updated, r.Seen, r.Collected} {
		if t.Location() != time.UTC || t.Year() < 0 || t.Year() > 9999 {
			return false
		}
	}
	return true
}

// An object is a JSON object that is being written. What is empty is left out.
type object struct{ b []byte }

func (o *object) key(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

func (o *object) text(name, s string) {
	if s != "" {
		o.key(name)
		o.b = mention.AppendText(o.b, s)
	}
}

func (o *object) texts(name string, list []string) {
	if len(list) == 0 {
		return
	}
	o.key(name)
	o.b = append(o.b, '[')
	for i, s := range list {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = mention.AppendText(o.b, s)
	}
	o.b = append(o.b, ']')
}

func (o *object) whole(name string, n int64) {
	if n != 0 {
		o.key(name)
		o.b = strconv.AppendInt(o.b, n, 10)
	}
}

func (o *object) number(name string, f *float64) {
	if f != nil {
		o.key(name)
		o.b = strconv.AppendFloat(o.b, *f, 'f', -1, 64)
	}
}

func (o *object) yes(name string, is bool) {
	if is {
		o.key(name)
		o.b = append(o.b, "true"...)
	}
}

func (o *object) time(name string, t time.Time) {
	if !t.IsZero() {
		o.key(name)
		o.b = append(t.AppendFormat(append(o.b, '"'), time.RFC3339Nano), '"')
	}
}

func (o *object) spans(name string, list []mention.Span) {
	if len(list) == 0 {
		return
	}
	data, err := json.Marshal(list)
	if err != nil {
		return // numbers alone: it cannot be
	}
	o.key(name)
	o.b = append(o.b, data...)
}
