package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
	"earshot/report/chart"
	"earshot/report/scene"
)

// A Number is a number of a report, to be found again in the same report made
// later.
type Number struct {
	Key     string
	Name    string
	Measure string
	Value   float64
	Known   bool
	Query   string
}

func (n *Number) told() string {
	if !n.Known {
		return "not known"
	}
	return Told(n.Measure, n.Value)
}

// number notes a count that a report tells.
func (m *maker) number(key, name string, value float64, q string) {
	m.d.Numbers = append(m.d.Numbers, Number{Key: key, Name: name, Measure: KPIVolume, Value: value, Known: true, Query: q})
}

// scored notes the key figures.
func (m *maker) scored() {
	for i := range m.d.Score.Figures {
		f := &m.d.Score.Figures[i]
		name := Called(f.Recipe.Measure)
		if f.Subject != "" {
			name += " of " + m.name(f.Subject)
		}
		m.d.Numbers = append(m.d.Numbers, Number{
			Key: f.Recipe.Measure + " " + f.Subject, Name: name, Measure: f.Recipe.Measure, Value: f.Value, Known: f.Known, Query: f.Recipe.Query,
		})
	}
}

// Frozen is a report as it is kept: what was asked, what was told, and what
// brands and labels were then.
type Frozen struct {
	Order       Order
	Zone        string
	Document    *Document
	Definitions map[string]string // "brand acme", "label recalls" → their definitions, told apart by it
}

// queryLink marks the links of a frozen report, which get their addresses
// when it is written: these change, the queries do not.
const queryLink = "query:"

// Freeze makes a report to be kept.
func Freeze(ctx context.Context, src Source, o Order, definitions map[string]string) (*Frozen, []byte, error) {
	o.Link = func(q string) string { return queryLink + q }
	d, err := Make(ctx, src, o)
	if err != nil {
		return nil, nil, err
	}
	f := &Frozen{Order: o, Zone: d.Zone.String(), Document: d, Definitions: definitions}
	body, err := json.Marshal(f)
	if err != nil {
		return nil, nil, fmt.Errorf("report: freeze: %w", err)
	}
	return f, body, nil
}

// Thaw reads a kept report. Its links are addresses of link; nil means none.
func Thaw(body []byte, link func(query string) string) (*Frozen, error) {
	f := &Frozen{}
	if err := json.Unmarshal(body, f); err != nil {
		return nil, fmt.Errorf("report: a kept report cannot be read: %w", err)
	}
	if f.Document == nil {
		return nil, errors.New("report: a kept report has no document")
	}
	zone, err := time.LoadLocation(f.Zone)
	if err != nil {
		zone = time.UTC
	}
	f.Order.Zone, f.Document.Zone = zone, zone
	f.Document.relink(link)
	return f, nil
}

// relink gives every link its address.
func (d *Document) relink(link func(query string) string) {
	put := func(s *string) {
		q, ok := strings.CutPrefix(*s, queryLink)
		if *s = ""; ok && link != nil {
			*s = link(q)
		}
	}
	for i := range d.Blocks {
		b := &d.Blocks[i]
		for j := range b.Lines {
			put(&b.Lines[j].Link)
			for k := range b.Lines[j].More {
				put(&b.Lines[j].More[k].Link)
			}
		}
		for _, row := range b.Rows {
			for k := range row {
				put(&row[k].Link)
			}
		}
		for j := range b.Data.Rows {
			put(&b.Data.Rows[j].Link)
		}
		for _, s := range []*scene.Scene{b.Chart, b.Half, b.Small} {
			for j := 0; s != nil && j < len(s.Groups); j++ {
				put(&s.Groups[j].Link)
			}
		}
	}
}

// Review makes a kept report again and says which numbers are others now. The
// document made now is returned too.
func (f *Frozen) Review(ctx context.Context, src Source, now time.Time) ([]mention.ReportChange, *Document, error) {
	o := f.Order
	o.Made, o.Link = now, nil
	d, err := Make(ctx, src, o)
	if err != nil {
		return nil, nil, err
	}
	return changed(f.Document.Numbers, d.Numbers), d, nil
}

// changed compares numbers by their keys.
func changed(old, is []Number) []mention.ReportChange {
	byKey := map[string]*Number{}
	for i := range is {
		byKey[is[i].Key] = &is[i]
	}
	list := []mention.ReportChange{}
	for i := range old {
		was := &old[i]
		c := mention.ReportChange{Name: was.Name, Was: was.told(), Now: "none", Query: was.Query}
		if n := byKey[was.Key]; n != nil {
			delete(byKey, was.Key)
			if n.Known == was.Known && n.Value == was.Value {
				continue
			}
			c.Now, c.Query = n.told(), n.Query
			if c.Now == c.Was { // less than what is told of it
				for digits := 3; c.Now == c.Was && digits < 10; digits++ {
					c.Was, c.Now = exact(was, digits), exact(n, digits)
				}
			}
		}
		list = append(list, c)
	}
	for i := range is {
		if n := byKey[is[i].Key]; n != nil && n.Known && n.Value != 0 {
			list = append(list, mention.ReportChange{Name: n.Name, Was: "none", Now: n.told(), Query: n.Query})
		}
	}
	return list
}

func exact(n *Number, digits int) string {
	return strings.Replace(strconv.FormatFloat(n.Value, 'f', digits, 64), "-", "−", 1)
}

// Causes says what brands and labels are others than when the report was
// made; now holds the definitions in force.
func (f *Frozen) Causes(now map[string]string) []string {
	var list []string
	for _, name := range sortedKeys(f.Definitions, now) {
		was, had := f.Definitions[name]
		is, has := now[name]
		switch {
		case had && !has:
			list = append(list, name+" was taken out of the configuration")
		case !had && has:
			list = append(list, name+" was added to the configuration")
		case was != is:
			list = append(list, name+" was changed in the configuration")
		}
	}
	return list
}

func sortedKeys(maps ...map[string]string) []string {
	seen := map[string]bool{}
	var list []string
	for _, m := range maps {
		for k := range m {
			if !seen[k] {
				seen[k] = true
				list = append(list, k)
			}
		}
	}
	slices.Sort(list)
	return list
}

// plural is a count with its word.
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return chart.Count(float64(n)) + " " + word + "s"
}
