package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
	"earshot/report"
	"earshot/report/chart"
)

type notesInput struct {
	Q    string `query:"q" maxLength:"20000" doc:"those that belong to this query: its filter is the query, or one lies within the other"`
	From string `query:"from" maxLength:"40" doc:"first day, or an instant" example:"2026-11-02"`
	To   string `query:"to" maxLength:"40" doc:"last day, or an instant" example:"2026-11-08"`
}

type noteBody struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to" doc:"first instant after it"`
	Query string    `json:"query,omitempty" maxLength:"20000" doc:"the filter; left out: everything"`
	Text  string    `json:"text" maxLength:"2000"`
}

type noteInput struct {
	Body noteBody
}

type noteEditInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body noteBody
}

func (a *api) noteRoutes() {
	tags, write := []string{"Numbers"}, map[string]any{needs: RoleAnalyst}
	huma.Register(a.huma, huma.Operation{
		OperationID: "listNotes", Method: http.MethodGet, Path: "/notes", Tags: tags, Summary: "Notes on the timeline",
		Description: "What people pinned to stretches of time and filters, by their stretch. With q, from and to those that a chart of them shows; without, all.",
	}, a.listNotes)
	huma.Register(a.huma, huma.Operation{
		OperationID: "addNote", Method: http.MethodPost, Path: "/notes", Tags: tags, Metadata: write, Summary: "Pin a note", DefaultStatus: http.StatusCreated,
		Description: "It stands on the charts and in the reports of its time.",
	}, func(ctx context.Context, in *noteInput) (*output[mention.TimeNote], error) {
		return a.keepNote(ctx, "", in.Body)
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "editNote", Method: http.MethodPut, Path: "/notes/{id}", Tags: tags, Metadata: write, Summary: "Change a note",
		Description: "Its author and admins may.",
	}, func(ctx context.Context, in *noteEditInput) (*output[mention.TimeNote], error) {
		return a.keepNote(ctx, in.ID, in.Body)
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "deleteNote", Method: http.MethodDelete, Path: "/notes/{id}", Tags: tags, Metadata: write, Summary: "Take a note away",
		Description: "Its author and admins may; the audit keeps what it said.", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, in *idInput) (*struct{}, error) { return nil, a.dropNote(ctx, in.ID) })
}

func (a *api) listNotes(ctx context.Context, in *notesInput) (*listOutput[mention.TimeNote], error) {
	rows, err := ask(ctx, a, "note", a.backend.Notes)
	if err != nil {
		return nil, err
	}
	if in.Q != "" || in.From != "" || in.To != "" {
		from, ok := instant(in.From, a.zone, false)
		to, ok2 := instant(in.To, a.zone, true)
		if in.From != "" && !ok || in.To != "" && !ok2 {
			return nil, invalid([]string{"from, to: not days such as 2026-11-02, nor instants"})
		}
		if in.Q != "" && in.Q != "*" {
			if _, err := parse(in.Q, time.Now()); err != nil {
				return nil, a.fail(ctx, err, "note")
			}
		}
		rows = report.NotesOf(rows, in.Q, report.Window{From: from, To: to})
	}
	if rows == nil {
		rows = []mention.TimeNote{}
	}
	return &listOutput[mention.TimeNote]{Body: listBody[mention.TimeNote]{Rows: rows}}, nil
}

// note finds one that who asks may change.
func (a *api) note(ctx context.Context, id string) (mention.TimeNote, error) {
	list, err := a.backend.Notes(ctx)
	if err != nil {
		return mention.TimeNote{}, err
	}
	i := slices.IndexFunc(list, func(n mention.TimeNote) bool { return n.ID == id })
	if i < 0 {
		return mention.TimeNote{}, ErrNotFound
	}
	if !mayChange(actorOf(ctx), &list[i]) {
		return list[i], newProblem(http.StatusForbidden, "role-needed", fmt.Sprintf("the note is of %s; they and admins may change it", list[i].By))
	}
	return list[i], nil
}

func mayChange(who actor, n *mention.TimeNote) bool {
	return who.role.may(RoleAdmin) || who.role.may(RoleAnalyst) && n.By == who.name
}

// keepNote pins a note, or changes one.
func (a *api) keepNote(ctx context.Context, id string, body noteBody) (*output[mention.TimeNote], error) {
	n := mention.TimeNote{}
	var err error
	if id != "" {
		n, err = a.note(ctx, id)
	}
	if err == nil {
		n.From, n.To, n.Query, n.Text = body.From, body.To, body.Query, body.Text
		n, err = a.backend.PutNote(ctx, actorOf(ctx).name, n)
	}
	if err != nil {
		return nil, a.fail(ctx, err, "note")
	}
	return &output[mention.TimeNote]{Body: n}, nil
}

func (a *api) dropNote(ctx context.Context, id string) error {
	_, err := a.note(ctx, id)
	if err == nil {
		err = a.backend.DeleteNote(ctx, id, actorOf(ctx).name)
	}
	return a.fail(ctx, err, "note")
}

// A notesView is the notes of a page.
type notesView struct {
	Rows        []noteView
	Off         int // more of them than are listed
	May         bool
	From, To, Q string // of a new one
	Back        string

	list []mention.TimeNote
}

// A noteView is a note with its number on the chart.
type noteView struct {
	mention.TimeNote
	N           int
	Mine        bool
	Change      string // address of the page with its form
	Open        bool   // the form is shown
	Stretch     string
	First, Last string // as a form takes them
	Here        string // address of the mentions it is about
	Back        string
}

// maxPinned is how many notes a page lists.
const maxPinned = 20

// notesOf are the notes of a page.
func (a *api) notesOf(ctx context.Context, s *scope) (*notesView, error) {
	list, err := a.backend.Notes(ctx)
	if err != nil {
		return nil, err
	}
	list = report.NotesOf(list, s.Q, s.Window)
	who := actorOf(ctx)
	v := &notesView{May: who.role.may(RoleAnalyst), Q: s.Q, Back: s.Here(), Off: max(0, len(list)-maxPinned), list: first(maxPinned, list)}
	v.From, v.To = a.firstDay(s.Window.From), a.lastDay(s.Window.To)
	if !s.Custom { // it ends now: whole days are meant
		v.From, v.To = v.From[:len(time.DateOnly)], time.Now().In(a.zone).Format(time.DateOnly)
	}
	for i := range v.list {
		n := &v.list[i]
		row := noteView{
			TimeNote: *n, N: i + 1, Mine: mayChange(who, n), Stretch: stretch(report.Window{From: n.From, To: n.To}, a.zone),
			First: a.firstDay(n.From), Last: a.lastDay(n.To), Back: v.Back,
			Here: a.pages.search(report.Window{From: n.From, To: n.To}.Query(n.Query)),
		}
		if row.Mine {
			row.Change, row.Open = s.with("note", n.ID)+"#note-"+n.ID, n.ID == s.note
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// pin marks the notes of a page on its chart.
func (v *notesView) pin(c *chart.Time) {
	if v != nil {
		report.Pin(c, v.list, func(i int) string { return "#note-" + v.list[i].ID })
	}
}

const minuteLayout = "2006-01-02T15:04"

// firstDay and lastDay are the ends of a stretch as forms take them: a day, or
// a minute where it is none. The last day belongs to the stretch.
func (a *api) firstDay(t time.Time) string {
	if t.IsZero() {
		return time.Now().In(a.zone).Format(time.DateOnly)
	}
	if t = t.In(a.zone); t.Hour() == 0 && t.Minute() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format(minuteLayout)
}

func (a *api) lastDay(t time.Time) string {
	if t.IsZero() {
		return time.Now().In(a.zone).Format(time.DateOnly)
	}
	if t = t.In(a.zone); t.Hour() == 0 && t.Minute() == 0 {
		return t.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return t.Format(minuteLayout)
}

// noteForm pins a note, or changes one.
func (a *api) noteForm(w http.ResponseWriter, r *http.Request) {
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	from, to := text("from"), text("to")
	if to == "" {
		to = from
	}
	win, err := report.ParseWindow(from, to, a.zone, time.Now())
	if err != nil || from == "" {
		a.wrong(w, r, "from, to: write days such as 2026-03-16, in order, or minutes such as 2026-03-16T09:30")
		return
	}
	id := text("id")
	if _, err := a.keepNote(r.Context(), id, noteBody{From: win.From, To: win.To, Query: text("q"), Text: text("text")}); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "note"))
		return
	}
	a.done(w, r, r.PostFormValue("back"), deed{text: map[bool]string{true: "The note is pinned.", false: "The note is changed."}[id == ""]})
}

// noteDelete takes a note away.
func (a *api) noteDelete(w http.ResponseWriter, r *http.Request) {
	if err := a.dropNote(r.Context(), r.PathValue("id")); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "note"))
		return
	}
	a.done(w, r, r.PostFormValue("back"), deed{text: "The note is gone; the audit has what it said."})
}
