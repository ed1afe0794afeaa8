package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
	"earshot/report"
)

// A boardsView is the list of boards.
type boardsView struct {
	Rows []BoardInfo
	May  bool
}

func (a *api) boardsPage(w http.ResponseWriter, r *http.Request) {
	rows, err := ask(r.Context(), a, "board", a.backend.Boards)
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "board"))
		return
	}
	a.pages.show(w, r, http.StatusOK, "boards", view{Title: "Boards", Here: "/boards", Data: &boardsView{rows, actorOf(r.Context()).role.may(RoleAnalyst)}})
}

// A boardView is a board with its parts as they are now.
type boardView struct {
	*scope
	Board  BoardInfo
	Blocks []blockView
	Links  []choice
	Keeps  []field // what is kept when the report is
	May    bool
}

// boardInfo finds a board with its owner.
func (a *api) boardInfo(ctx context.Context, id string) (BoardInfo, error) {
	list, err := a.backend.Boards(ctx)
	if err != nil {
		return BoardInfo{}, err
	}
	i := slices.IndexFunc(list, func(b BoardInfo) bool { return b.ID == id })
	if i < 0 {
		return BoardInfo{}, newProblem(http.StatusNotFound, "not-found", "there is no board "+strconv.Quote(id))
	}
	return list[i], nil
}

func (a *api) boardPage(w http.ResponseWriter, r *http.Request) {
	ctx, now := r.Context(), time.Now()
	b, err := a.boardInfo(ctx, r.PathValue("id"))
	if err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "board"))
		return
	}
	v := &boardView{scope: a.newScope(r, "/boards/"+url.PathEscape(b.ID), periodOf(b.Period), now), Board: b, May: actorOf(ctx).role.may(RoleAnalyst)}
	status := http.StatusOK
	if len(v.Messages) > 0 {
		status = http.StatusBadRequest
	} else {
		o := report.Order{Kind: report.KindBoard, Query: v.Q, Window: v.Window, Board: &b.Board, Zone: a.zone, Made: now, Link: a.pages.search}
		if o.Window.From.IsZero() || o.Window.To.IsZero() { // all of it, as far as a board goes back
			o.Window = report.Window{From: now.AddDate(-1, 0, 0).Truncate(time.Hour), To: now.Truncate(time.Minute).Add(time.Minute)}
		}
		infos, err := a.backend.Brands(ctx)
		if err == nil {
			for i := range infos {
				o.Brands = append(o.Brands, infos[i].Brand)
			}
			var doc *report.Document
			if doc, err = ask(ctx, a, "board", func(ctx context.Context) (*report.Document, error) { return report.Make(ctx, a.backend, o) }); err == nil {
				v.Blocks = blocksOf(doc)
			}
		}
		if err != nil {
			a.pages.fail(w, r, a.problem(ctx, err, "board"))
			return
		}
		params := url.Values{"name": {b.ID}, "q": {v.Q}, "from": {o.Window.From.Format(time.RFC3339)}, "to": {o.Window.To.Format(time.RFC3339)}}
		v.Links = a.formatLinks("/api/v1/reports/board", params)
		for _, k := range []string{"name", "q", "from", "to"} {
			v.Keeps = append(v.Keeps, field{k, params.Get(k)})
		}
	}
	a.pages.show(w, r, status, "board", view{Title: boardName(&b.Board), Here: "/boards", Data: v})
}

func boardName(b *report.Board) string {
	if b.Name != "" {
		return b.Name
	}
	return b.ID
}

// periodOf is the period of pages that is nearest to a board's own.
func periodOf(d mention.Duration) string {
	days := int(d.Std() / (24 * time.Hour))
	if days == 0 {
		return "7d"
	}
	for _, p := range periods {
		if p.days >= days {
			return p.key
		}
	}
	return "365d"
}

// A boardEditView is the form of a board.
type boardEditView struct {
	New, Fixed         bool
	Owner              string
	ID, Name, Audience string
	Query, Period      string
	Parts              []report.Part
	Breakdowns, Charts []string
	Faults             []string
}

// spare is how many empty parts a form offers beside those there are.
const spare = 3

func (a *api) boardNew(w http.ResponseWriter, r *http.Request) {
	v := &boardEditView{New: true, Query: r.URL.Query().Get("q"), Period: "7d", Parts: []report.Part{
		{Chart: report.ChartLines, Breakdown: "brand"}, {Chart: report.ChartStacked}, {Breakdown: "site"}, {Breakdown: report.ByStories},
	}}
	a.showBoardEdit(w, r, http.StatusOK, v)
}

func (a *api) boardEdit(w http.ResponseWriter, r *http.Request) {
	b, err := a.boardInfo(r.Context(), r.PathValue("id"))
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "board"))
		return
	}
	v := &boardEditView{Owner: b.Owner, Fixed: b.Owner == OwnerFile, ID: b.ID, Name: b.Name, Audience: b.Audience, Query: b.Query, Parts: b.Parts}
	if b.Period != 0 {
		v.Period = b.Period.String()
	}
	a.showBoardEdit(w, r, http.StatusOK, v)
}

func (a *api) showBoardEdit(w http.ResponseWriter, r *http.Request, status int, v *boardEditView) {
	v.Breakdowns, v.Charts = report.Breakdowns(), report.Charts
	v.Parts = slices.Clone(v.Parts)
	for i := 0; i < spare && len(v.Parts) < report.MaxParts; i++ {
		v.Parts = append(v.Parts, report.Part{})
	}
	title := "New board"
	if !v.New {
		title = "Board " + v.ID
	}
	a.pages.show(w, r, status, "boardedit", view{Title: title, Here: "/boards", Data: v})
}

// formBoard is the board that a form holds; an empty part is none.
func formBoard(form url.Values) (report.Board, []string) {
	text := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	b := report.Board{ID: text("id"), Name: text("name"), Audience: text("audience"), Query: text("query")}
	var faults []string
	if p := text("period"); p != "" {
		d, err := mention.ParseDuration(p)
		if err != nil {
			faults = append(faults, "period: "+err.Error())
		}
		b.Period = d
	}
	for i := range report.MaxParts {
		at := func(name string) string { return text(fmt.Sprintf("part%d.%s", i, name)) }
		p := report.Part{Heading: at("heading"), Query: at("query"), Breakdown: at("breakdown"), Chart: at("chart"), Text: at("text")}
		if s := at("size"); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil {
				faults = append(faults, fmt.Sprintf("part %d: size %q is not a number", i+1, s))
			}
			p.Size = n
		}
		if p != (report.Part{}) {
			b.Parts = append(b.Parts, p)
		}
	}
	return b, faults
}

// boardForm saves a board; what was typed is shown again when it cannot be.
func (a *api) boardForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		a.wrong(w, r, "the form could not be read")
		return
	}
	b, faults := formBoard(r.PostForm)
	if len(faults) == 0 {
		for _, err := range b.Faults() {
			faults = append(faults, err.Error())
		}
	}
	if len(faults) == 0 {
		body, err := json.Marshal(b)
		if err == nil {
			err = a.backend.PutObject(r.Context(), Object{Kind: KindBoard, ID: b.ID, Owner: actorOf(r.Context()).name, Body: body})
		}
		if err == nil {
			a.done(w, r, a.pages.to("/boards/"+url.PathEscape(b.ID)), deed{text: "Saved."})
			return
		}
		p := a.problem(r.Context(), err, "board")
		faults = append(faults, p.Detail)
		for _, e := range p.Errors {
			if e.Message != p.Detail {
				faults = append(faults, e.Message)
			}
		}
	}
	a.showBoardEdit(w, r, http.StatusUnprocessableEntity, &boardEditView{
		New: r.PostFormValue("new") != "", ID: b.ID, Name: b.Name, Audience: b.Audience, Query: b.Query, Period: r.PostFormValue("period"), Parts: b.Parts, Faults: faults,
	})
}

func (a *api) boardDelete(w http.ResponseWriter, r *http.Request) {
	if err := a.backend.DeleteObject(r.Context(), KindBoard, r.PathValue("id"), actorOf(r.Context()).name); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "board"))
		return
	}
	a.done(w, r, a.pages.to("/boards"), deed{text: "The board is gone."})
}
