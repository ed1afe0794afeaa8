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
	Q      string `query:"q" maxLength:"20000" doc:"query; nothing means all"`
	Format string `query:"format" enum:"ndjson,csv" doc:"left out: csv when Accept asks for text/csv, else ndjson"`
	BOM    bool   `query:"bom" doc:"csv: begin with a byte order mark, for Excel"`
	Accept string `header:"Accept" hidden:"true"`
}

// mediaTypes of the formats.
var mediaTypes = map[string]string{report.NDJSON: "application/x-ndjson", report.CSV: "text/csv; charset=utf-8"}

func (a *api) exportRoutes() {
	text := &huma.Schema{Type: huma.TypeString}
	huma.Register(a.huma, huma.Operation{
		OperationID: "exportMentions", Method: http.MethodGet, Path: "/export", Tags: []string{"Mentions"},
		Summary:     "Every row that matches",
		Description: "All rows, newest first, as they are found: JSON lines or CSV. In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe. An answer that ends without its last chunk was cut off.",
		Responses: map[string]*huma.Response{"200": {Description: "The rows", Content: map[string]*huma.MediaType{
			"application/x-ndjson": {Schema: text}, "text/csv": {Schema: text},
		}}},
		Errors: []int{http.StatusBadRequest, http.StatusServiceUnavailable},
	}, a.export)
}

// export finds out whether the query is good before the answer begins: the
// first row opens it, and an error after that cuts the connection, so that no
// one takes half for all.
func (a *api) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	select {
	case a.exports <- struct{}{}:
	default:
		return nil, newProblem(http.StatusServiceUnavailable, "unavailable", "too many exports at one time; try again")
	}
	format := in.Format
	switch {
	case format != "":
	case strings.Contains(in.Accept, "text/csv"):
		format = report.CSV
	default:
		format = report.NDJSON
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer func() { <-a.exports }()
		r, w := humago.Unwrap(hctx)
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Type", mediaTypes[format])
			return
		}
		out := &rowStream{w: w, ctl: http.NewResponseController(w), format: format, bom: in.BOM && format == report.CSV}
		err := a.backend.Export(ctx, in.Q, out.row)
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

// A rowStream writes rows as they come.
type rowStream struct {
	w      http.ResponseWriter
	ctl    *http.ResponseController
	format string
	bom    bool
	begun  bool
	rows   *report.RowWriter
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

func (s *rowStream) begin() error {
	s.begun = true
	// The server's time to read the request would otherwise end the answer.
	_ = s.ctl.SetReadDeadline(time.Time{})
	h := s.w.Header()
	h.Set("Content-Type", mediaTypes[s.format])
	h.Set("Content-Disposition", `attachment; filename="mentions.`+s.format+`"`)
	out := deadlineWriter{s.w, s.ctl}
	if s.bom {
		if _, err := io.WriteString(out, "\ufeff"); err != nil {
			return err
		}
	}
	var err error
	s.rows, err = report.NewRowWriter(out, report.RowOptions{Format: s.format})
	return err
}

func (s *rowStream) row(row mention.Row) error {
	if !s.begun {
		if err := s.begin(); err != nil {
			return err
		}
	}
	return s.rows.Write(&row)
}

func (s *rowStream) finish() error {
	if !s.begun {
		if err := s.begin(); err != nil {
			return err
		}
	}
	return s.rows.Close()
}
