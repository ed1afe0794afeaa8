package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/report/chart"
	"earshot/report/scene"
)

// The kinds of reports.
const (
	KindWeekly = "weekly"   // what changed, why, and what to do
	KindVersus = "versus"   // our brands against the others
	KindBoard  = "board"    // a board, as its audience asked for it
	KindCrisis = "incident" // one incident, for those who deal with it
)

// Kinds are the kinds of reports, each with what it is for.
var Kinds = [][2]string{
	{KindWeekly, "What changed, why, who said it and what competitors did: the digest"},
	{KindVersus, "Our brands against the others: share of voice, net sentiment, strengths and weaknesses by topic"},
}

// The formats of a report.
const (
	HTML = "html" // one file, also as the body of a mail
	PDF  = "pdf"
	Text = "text"
)

// DocumentFormats are the formats of reports.
var DocumentFormats = []string{HTML, PDF, XLSX, Text}

// MediaTypes of the formats.
var MediaTypes = map[string]string{
	HTML: "text/html; charset=utf-8", PDF: "application/pdf", Text: "text/plain; charset=utf-8",
	XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// A Source answers the questions of a report, each with its recipe.
type Source interface {
	Aggregate(ctx context.Context, a mention.Aggregation) (mention.Table, error)
	Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error)
	Voices(ctx context.Context, s mention.VoiceSearch) (mention.Voices, error)
	Activities(ctx context.Context, s mention.ActivitySearch) (mention.Activities, error)
	Trends(ctx context.Context, s mention.TrendSearch) (mention.Trends, error)
	Peaks(ctx context.Context, s mention.PeakSearch) (mention.Peaks, error)
	Search(ctx context.Context, s mention.Search) (mention.Page, error)
	Notes(ctx context.Context) ([]mention.TimeNote, error) // of people, on the timeline
}

// An Order says what report to make.
type Order struct {
	Kind     string
	Name     string // of a planned report, for its title; may be empty
	Query    string // only mentions that match
	Window   Window // closed
	Brands   []mention.Brand
	Zone     *time.Location            `json:"-"`
	Link     func(query string) string `json:"-"` // address of the mentions of a query; nil means no links
	Made     time.Time
	Board    *Board        `json:",omitempty"` // of kind board
	Incident *IncidentFile `json:",omitempty"` // of kind incident
}

// A Document is a report with its numbers as they were when it was made.
type Document struct {
	Kind    string
	Subject string // the finding, for the subject of a mail
	Title   string
	From    time.Time
	To      time.Time // first instant after the time it is about
	Stretch string    // that time, in words
	Query   string
	Blocks  []Block
	Made    time.Time
	Recipe  mention.Recipe // versions and coverage of all of it
	Zone    *time.Location `json:"-"`
	Score   mention.Scorecard
	Numbers []Number // to be compared with the same report made again
}

// A Block is a part of a report. Each of its parts may be left out.
type Block struct {
	Heading string
	Lines   []Line
	Chart   *scene.Scene
	Half    *scene.Scene // the same for half a page's width
	Small   *scene.Scene // and for small screens
	Data    chart.Table  // the numbers of the chart
	Head    []string
	Rows    [][]Entry
	Fold    bool   // the table says what the chart shows; a page may fold it away
	Note    string // small, at the end
}

// A Line is a sentence.
type Line struct {
	Text   string
	Link   string
	Strong bool
	More   []Entry // links that belong to it
}

// An Entry is a cell of a table.
type Entry struct {
	Text, Link string
	Number     bool
}

// Make makes a report.
func Make(ctx context.Context, src Source, o Order) (*Document, error) {
	if o.Window.From.IsZero() || o.Window.To.IsZero() || !o.Window.From.Before(o.Window.To) {
		return nil, errors.New("report: a report needs a stretch of time with two ends")
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	d := &Document{Kind: o.Kind, Query: o.Query, From: o.Window.From, To: o.Window.To, Made: o.Made, Zone: o.Zone, Stretch: stretch(o.Window, o.Zone)}
	m := &maker{ctx: ctx, src: src, o: &o, d: d, names: map[string]string{}}
	for _, role := range []mention.Role{mention.RoleOwn, mention.RoleCompetitor, "", mention.RolePeer} {
		for i := range o.Brands {
			if b := &o.Brands[i]; b.Role == role && len(m.ids) < MaxBrands {
				m.names[b.ID] = b.Name
				m.ids = append(m.ids, b.ID)
				if role == mention.RoleOwn {
					m.own = append(m.own, b.ID)
				}
			}
		}
	}
	err := m.notable()
	if err != nil {
		return nil, err
	}
	switch o.Kind {
	case KindWeekly:
		err = m.weekly()
	case KindVersus:
		err = m.versus()
	case KindBoard:
		err = m.board()
	case KindCrisis:
		err = m.crisis()
	default:
		return nil, fmt.Errorf("report: kind %q is none of %s, %s, %s, %s", o.Kind, KindWeekly, KindVersus, KindBoard, KindCrisis)
	}
	if err != nil {
		return nil, err
	}
	if o.Name != "" && o.Kind != KindBoard && o.Kind != KindCrisis {
		d.Title = o.Name + ": " + d.Title
	}
	m.scored()
	m.noted()
	m.colophon()
	return d, nil
}

// A maker asks for what a report tells, block by block.
type maker struct {
	ctx     context.Context //nolint:containedctx // of one report, while it is made
	src     Source
	o       *Order
	d       *Document
	names   map[string]string
	ids     []string // of brands: our own first
	own     []string
	notes   []mention.TimeNote // that it is about
	unnoted int                // how many more there are
}

func (m *maker) link(q string) string {
	if m.o.Link == nil || q == "" {
		return ""
	}
	return m.o.Link(q)
}

// query is the query within the window.
func (m *maker) query() string { return m.o.Window.Query(m.o.Query) }

func (m *maker) add(b Block) { m.d.Blocks = append(m.d.Blocks, b) }

func (m *maker) name(id string) string {
	if n := m.names[id]; n != "" {
		return n
	}
	return id
}

// interval is how fine the charts are.
func (m *maker) interval() string {
	switch span := m.o.Window.To.Sub(m.o.Window.From); {
	case span <= 50*time.Hour:
		return "hour"
	case span <= 130*24*time.Hour:
		return "day"
	}
	return "week"
}

func (m *maker) overTime() *OverTime {
	return &OverTime{Query: m.o.Query, Window: m.o.Window, Interval: m.interval(), Zone: m.o.Zone, Link: m.o.Link}
}

// colophon says what the numbers rest on, so that anyone can check them.
func (m *maker) colophon() {
	r := &m.d.Recipe
	lines := []Line{{Text: "Made " + m.d.Made.In(m.o.Zone).Format("2 Jan 2006 15:04 MST") + ". Numbers are as they were then."}}
	filter := "everything"
	if m.o.Query != "" {
		filter = m.o.Query
	}
	lines = append(lines, Line{Text: "Counted: " + filter + ", published " + m.d.Stretch + " (" + m.o.Zone.String() + "). What brands say in their own channels and what people marked irrelevant is left out.", Link: m.link(m.query())})
	if r.Coverage != "" {
		lines = append(lines, Line{Text: "Coverage: " + r.Coverage})
	}
	if r.Accuracy != "" {
		lines = append(lines, Line{Text: "Accuracy: " + r.Accuracy})
	}
	if r.Models != "" {
		lines = append(lines, Line{Text: fmt.Sprintf("Models %s, configuration %s, log up to %d.", r.Models, r.Config, r.Seq)})
	}
	for _, c := range m.d.Score.Caveats {
		lines = append(lines, Line{Text: c + "."})
	}
	m.add(Block{Heading: "What these numbers rest on", Lines: lines})
}

// stretch is a window in words.
func stretch(w Window, zone *time.Location) string {
	from, last := w.From.In(zone), w.To.In(zone)
	if midnight(last) {
		last = last.AddDate(0, 0, -1)
	}
	if from.Format(time.DateOnly) == last.Format(time.DateOnly) {
		return from.Format("2 Jan 2006")
	}
	return from.Format("2 Jan") + " to " + last.Format("2 Jan 2006")
}

// figure finds one of the score.
func (d *Document) figure(measure, subject string) *mention.Figure {
	i := slices.IndexFunc(d.Score.Figures, func(f mention.Figure) bool { return f.Recipe.Measure == measure && f.Subject == subject })
	if i < 0 {
		return nil
	}
	return &d.Score.Figures[i]
}

// Write writes the report in a format.
func (d *Document) Write(w io.Writer, format string) error {
	switch format {
	case HTML:
		return d.html(w)
	case PDF:
		return d.pdf(w)
	case Text:
		return d.text(w)
	case XLSX:
		return d.book(w)
	}
	return fmt.Errorf("report: format %q is none of %s", format, strings.Join(DocumentFormats, ", "))
}
