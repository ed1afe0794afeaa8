package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"earshot/mention"
	"earshot/report"
)

type exportInput struct {
	Q      string    `query:"q" maxLength:"20000" doc:"query; nothing means all"`
	Format string    `query:"format" enum:"ndjson,csv,xlsx" doc:"left out: csv when Accept asks for text/csv, else ndjson"`
	BOM    bool      `query:"bom" doc:"csv: begin with a byte order mark, for Excel"`
	Head   bool      `query:"head" doc:"ndjson and csv: begin with lines that say what the rows are; xlsx has a sheet for it"`
	Zone   string    `query:"zone" maxLength:"100" doc:"xlsx: zone of its dates; left out: the configured zone"`
	After  string    `query:"after" maxLength:"600" doc:"go on after a row that you have: its published (else seen) time, a comma and its id"`
	Now    time.Time `query:"now" doc:"what relative dates of the query are counted from; to go on with an export give the time it began"`
	Accept string    `header:"Accept" hidden:"true"`
}

// mediaTypes of the formats.
var mediaTypes = map[string]string{
	report.NDJSON: "application/x-ndjson", report.CSV: "text/csv; charset=utf-8",
	report.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

func (a *api) exportRoutes() {
	text := &huma.Schema{Type: huma.TypeString}
	huma.Register(a.huma, huma.Operation{
		OperationID: "exportMentions", Method: http.MethodGet, Path: "/export", Tags: []string{"Mentions"},
		Summary: "Every row that matches",
		Description: "All rows, newest first, as they are found: JSON lines, CSV or a workbook with a sheet that says what it is and a chart. " +
			"In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe. An answer that ends without its last chunk was cut off: go on with after.",
		Responses: map[string]*huma.Response{"200": {Description: "The rows", Content: map[string]*huma.MediaType{
			"application/x-ndjson": {Schema: text}, "text/csv": {Schema: text}, mediaTypes[report.XLSX]: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}},
		Errors: []int{http.StatusBadRequest, http.StatusServiceUnavailable},
	}, a.export)
}

// rows reads which rows are asked for, and in which form.
func (a *api) rows(ctx context.Context, in *exportInput) (e mention.Export, o report.RowOptions, err error) {
	e = mention.Export{Query: in.Q, Now: in.Now}
	o = report.RowOptions{Format: in.Format, BOM: in.BOM}
	if o.Format == "" {
		if o.Format = report.NDJSON; strings.Contains(in.Accept, "text/csv") {
			o.Format = report.CSV
		}
	}
	if o.Zone, err = a.zoneOf(in.Zone); err != nil {
		return e, o, err
	}
	if in.After != "" {
		at, id, _ := strings.Cut(in.After, ",")
		if e.AfterTime, err = time.Parse(time.RFC3339, at); err != nil || id == "" {
			return e, o, invalid([]string{"after: not a time, a comma and an id, such as 2026-03-01T10:00:00Z,5f2b"})
		}
		e.AfterID = id
	}
	if in.Head || o.Format == report.XLSX {
		head, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Recipe, error) { return a.backend.Head(ctx, in.Q) })
		if err != nil {
			return e, o, err
		}
		o.Head = &head
	}
	return e, o, nil
}

// export finds out whether the query is good before the answer begins: the
// first row opens it, and an error after that cuts the connection, so that no
// one takes half for all.
func (a *api) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	e, o, err := a.rows(ctx, in)
	if err != nil {
		return nil, err
	}
	select {
	case a.exports <- struct{}{}:
	default:
		return nil, newProblem(http.StatusServiceUnavailable, "unavailable", "too many exports at one time; try again")
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer func() { <-a.exports }()
		r, w := humago.Unwrap(hctx)
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Type", mediaTypes[o.Format])
			return
		}
		out := &rowStream{w: w, ctl: http.NewResponseController(w), options: o}
		defer out.discard()
		err := a.backend.Export(ctx, e, out.row)
		if err == nil {
			err = out.finish()
		}
		switch {
		case err == nil:
		case !out.begun:
			writeProblem(w, r, a.problem(ctx, err, "mention"))
		default:
			if !errors.Is(err, context.Canceled) && !errors.Is(err, errSlow) {
				a.log.WarnContext(ctx, "export cut off", "err", err)
			}
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// errSlow is a client that does not read.
var errSlow = errors.New("api: client gone or too slow")

// A rowStream writes rows as they come. The answer begins with the first byte
// that is written, which for a workbook is at its end.
type rowStream struct {
	w       http.ResponseWriter
	ctl     *http.ResponseController
	options report.RowOptions
	begun   bool
	rows    *report.RowWriter
}

// Write implements [io.Writer]: it opens the answer.
func (s *rowStream) Write(b []byte) (int, error) {
	if !s.begun {
		s.begin()
	}
	return deadlineWriter{s.w, s.ctl}.Write(b)
}

// A deadlineWriter gives every write its own time.
type deadlineWriter struct {
	w   io.Writer
	ctl *http.ResponseController
}

// Write implements [io.Writer].
func (d deadlineWriter) Write(b []byte) (int, error) {
	_ = d.ctl.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has one: tests
	n, err := d.w.Write(b)
	if err != nil {
		return n, errors.Join(errSlow, err)
	}
	return n, nil
}

func (s *rowStream) begin() {
	s.begun = true
	h := s.w.Header()
	h.Set("Content-Type", mediaTypes[s.options.Format])
	h.Set("Content-Disposition", `attachment; filename="mentions.`+s.options.Format+`"`)
}

// open makes the writer, when there is something to write.
func (s *rowStream) open() error {
	if s.rows != nil {
		return nil
	}
	// The server's time to read the request would otherwise end the answer.
	_ = s.ctl.SetReadDeadline(time.Time{})
	_ = s.ctl.SetWriteDeadline(time.Time{}) // each write sets its own
	var err error
	s.rows, err = report.NewRowWriter(s, s.options)
	return err
}

func (s *rowStream) row(row mention.Row) error {
	if err := s.open(); err != nil {
		return err
	}
	return s.rows.Write(&row)
}

func (s *rowStream) finish() error {
	if err := s.open(); err != nil {
		return err
	}
	if err := s.rows.Close(); err != nil {
		return err
	}
	if !s.begun { // no rows: no bytes
		s.begin()
	}
	return nil
}

func (s *rowStream) discard() {
	if s.rows != nil {
		s.rows.Discard()
	}
}
