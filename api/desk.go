package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/mention"
)

// maxBulk is how many mentions are curated in one go.
const maxBulk = 1000

var curateActions = []string{
	mention.CurateTag, mention.CurateUntag, mention.CurateStar, mention.CurateUnstar, mention.CurateIrrelevant,
	mention.CurateRelevant, mention.CurateSentiment, mention.CurateBrands, mention.CurateNote,
}

// deskRoutes are the forms of pages that change something.
func (a *api) deskRoutes(mux *router) {
	for pattern, h := range map[string]http.HandlerFunc{
		"/incidents/{id}/flag": a.flagForm, "/mentions/{id}/curate": a.curateForm, "/curate": a.curateMany, "/undo": a.undoForm,
		"/labels": a.labelForm, "/deliveries/{id}/redeliver": a.redeliverForm, "/safety/{id}/open": a.safetyForm,
		"/rules": a.ruleForm, "/rules/try": a.ruleTry, "/rules/{id}/delete": a.ruleDelete,
		"/boards": a.boardForm, "/boards/{id}/delete": a.boardDelete, "/reports": a.keepForm, "/reports/{id}": a.keptForm, "/plans/{id}/send": a.sendForm,
		"/sources/test": a.testForm, "/sources": a.addForm, "/incidents/{id}/mail": a.sheetForm, "/notes": a.noteForm, "/notes/{id}/delete": a.noteDelete, "/sources/opml": a.opmlForm, "/sources/opml/add": a.opmlAdd,
		"/muted": a.muteForm, "/muted/{id}/delete": a.unmuteForm,
	} {
		mux.HandleFunc("POST "+a.base+pattern, h)
	}
}

// wrong answers a form that cannot be carried out.
func (a *api) wrong(w http.ResponseWriter, r *http.Request, faults ...string) {
	a.pages.fail(w, r, newProblem(http.StatusUnprocessableEntity, "invalid", strings.Join(faults, "; ")))
}

// curateForm is the page's way to say what one mention is.
func (a *api) curateForm(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	back := r.PostFormValue("back")
	if back == "" {
		back = a.pages.to("/mentions/" + url.PathEscape(id))
	}
	a.curateIDs(w, r, back, []string{id}, r.PostFormValue("action"), r.PostFormValue("value"))
}

// curateMany does one thing to one mention of a list, to all that are marked,
// or to all that a query finds.
func (a *api) curateMany(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		a.wrong(w, r, "the form could not be read")
		return
	}
	back, action, value, ids := r.PostForm.Get("back"), r.PostForm.Get("action"), r.PostForm.Get("value"), r.PostForm["id"]
	if one := r.PostForm.Get("one"); one != "" {
		action, one, _ = strings.Cut(one, ":")
		value, ids = "", []string{one}
	} else if r.PostForm.Get("scope") == "all" {
		var err error
		if ids, err = a.found(r.Context(), r.PostForm.Get("q")); err != nil {
			a.pages.fail(w, r, a.problem(r.Context(), err, "mention"))
			return
		}
	}
	a.curateIDs(w, r, back, ids, action, value)
}

// found lists all that a query finds, when it is not too much for one go.
func (a *api) found(ctx context.Context, q string) ([]string, error) {
	ctx, done, err := a.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	page, err := a.backend.Search(ctx, mention.Search{Query: q, Limit: maxBulk})
	if err != nil {
		return nil, err
	}
	if page.Total > maxBulk {
		return nil, &InvalidError{Faults: []string{fmt.Sprintf("the query finds %s mentions, and at most %s are changed in one go: narrow it down", grouped(page.Total), grouped(maxBulk))}}
	}
	ids := make([]string, len(page.Rows))
	for i := range page.Rows {
		ids[i] = page.Rows[i].ID
	}
	return ids, nil
}

func (a *api) curateIDs(w http.ResponseWriter, r *http.Request, back string, ids []string, action, value string) {
	value = strings.TrimSpace(value)
	fault := "there is no such action"
	if slices.Contains(curateActions, action) {
		fault = curationFault(action, value)
	}
	switch {
	case fault != "":
	case len(ids) == 0:
		fault = "no mention is marked"
	case len(ids) > maxBulk:
		fault = fmt.Sprintf("at most %d mentions are changed in one go", maxBulk)
	}
	if fault != "" {
		a.wrong(w, r, fault)
		return
	}
	ctx, who, now := r.Context(), actorOf(r.Context()).name, stamp(time.Now())
	events := make([]mention.CurationEvent, 0, len(ids))
	var undo []mention.CurationEvent
	for _, id := range ids {
		e := mention.CurationEvent{ID: id, Actor: who, At: now, Action: action, Value: value}
		events = append(events, e)
		if rec, err := a.backend.Record(ctx, id); err == nil {
			undo = append(undo, opposite(&e, &rec.Curation)...)
		}
	}
	if err := a.backend.Curate(ctx, events); err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "mention"))
		return
	}
	a.settle(ctx)
	a.done(w, r, back, deed{text: told(action, value, len(ids)), undo: undo})
}

// told says in words what was done.
func told(action, value string, n int) string {
	what := map[string]string{
		mention.CurateTag: "tagged #" + value, mention.CurateUntag: "no longer tagged #" + value, mention.CurateStar: "starred",
		mention.CurateUnstar: "no longer starred", mention.CurateIrrelevant: "irrelevant: out of all counts, still in the record",
		mention.CurateRelevant: "relevant again", mention.CurateSentiment: "now " + value, mention.CurateBrands: "now about " + value, mention.CurateNote: "annotated",
	}[action]
	if value == "" && (action == mention.CurateSentiment || action == mention.CurateBrands) {
		what = "as analysed again"
	}
	if n == 1 {
		return "1 mention is " + what + "."
	}
	return grouped(n) + " mentions are " + what + "."
}

// opposite is what takes an event back, given how the mention was; nothing
// when it changed nothing, or cannot be taken back.
func opposite(e *mention.CurationEvent, was *mention.Curation) []mention.CurationEvent {
	back := mention.CurationEvent{ID: e.ID}
	tagged := slices.Contains(was.Tags, e.Value)
	switch {
	case e.Action == mention.CurateTag && !tagged:
		back.Action, back.Value = mention.CurateUntag, e.Value
	case e.Action == mention.CurateUntag && tagged:
		back.Action, back.Value = mention.CurateTag, e.Value
	case e.Action == mention.CurateStar && !was.Starred:
		back.Action = mention.CurateUnstar
	case e.Action == mention.CurateUnstar && was.Starred:
		back.Action = mention.CurateStar
	case e.Action == mention.CurateIrrelevant && !was.Irrelevant:
		back.Action = mention.CurateRelevant
	case e.Action == mention.CurateRelevant && was.Irrelevant:
		back.Action = mention.CurateIrrelevant
	case e.Action == mention.CurateSentiment && was.Sentiment != e.Value:
		back.Action, back.Value = mention.CurateSentiment, was.Sentiment
	case e.Action == mention.CurateBrands:
		back.Action, back.Value = mention.CurateBrands, strings.Join(was.Brands, ",")
		if was.NoBrands {
			back.Value = "-"
		}
	default:
		return nil
	}
	return []mention.CurationEvent{back}
}

// settle waits a moment until what was just said is searchable, so that the
// page that follows shows it.
func (a *api) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for {
		if s, err := a.backend.Status(ctx); err != nil || s.Lag <= 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// undoForm takes back what the page before did.
func (a *api) undoForm(w http.ResponseWriter, r *http.Request) {
	token, who := r.PostFormValue("token"), actorOf(r.Context()).name
	x, ok := a.deeds.of(token, who)
	if !ok || len(x.undo) == 0 {
		a.pages.fail(w, r, newProblem(http.StatusConflict, "conflict", "this can no longer be undone here: do the opposite instead"))
		return
	}
	events := slices.Clone(x.undo)
	for i := range events {
		events[i].Actor, events[i].At = who, stamp(time.Now())
	}
	if err := a.backend.Curate(r.Context(), events); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "mention"))
		return
	}
	a.deeds.taken(token)
	a.settle(r.Context())
	a.done(w, r, r.PostFormValue("back"), deed{text: "Undone."})
}

// labelForm keeps a search as a label.
func (a *api) labelForm(w http.ResponseWriter, r *http.Request) {
	id, q := strings.TrimSpace(r.PostFormValue("id")), strings.TrimSpace(r.PostFormValue("query"))
	if err := mention.CheckID(id); err != nil {
		a.wrong(w, r, "label: "+err.Error())
		return
	}
	body, err := json.Marshal(mention.Label{ID: id, Query: q})
	if err == nil {
		err = a.backend.PutObject(r.Context(), Object{Kind: KindLabel, ID: id, Owner: actorOf(r.Context()).name, Body: body})
	}
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "label"))
		return
	}
	a.done(w, r, a.pages.search(quote("label", id)), deed{text: "Kept as the label " + id + ". History is read again in the background; new mentions get it at once."})
}

// flagForm is the page's way to acknowledge, snooze or mute an incident.
func (a *api) flagForm(w http.ResponseWriter, r *http.Request) {
	id, action := r.PathValue("id"), r.PostFormValue("action")
	f := Flag{Action: action, Actor: actorOf(r.Context()).name}
	switch action {
	case FlagAck, FlagUnack, FlagUnsnooze, FlagMute, FlagUnmute:
	case FlagSnooze:
		wait, err := mention.ParseDuration(r.PostFormValue("for"))
		if err != nil || wait <= 0 || wait > mention.Duration(365*24*time.Hour) {
			wait = mention.Duration(24 * time.Hour)
		}
		f.Until = stamp(time.Now().Add(wait.Std()))
	default:
		a.wrong(w, r, "there is no such action")
		return
	}
	if _, err := a.backend.FlagIncident(r.Context(), id, f); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "incident"))
		return
	}
	back := r.PostFormValue("back")
	if back == "" {
		back = a.pages.to("/incidents/" + url.PathEscape(id))
	}
	words := map[string]string{FlagAck: "Acknowledged.", FlagUnack: "No longer acknowledged.", FlagSnooze: "Snoozed.", FlagUnsnooze: "No longer snoozed.", FlagMute: "Muted: its notices are held, with the reason.", FlagUnmute: "No longer muted."}
	a.done(w, r, back, deed{text: words[action]})
}

// redeliverForm sends a notice again.
func (a *api) redeliverForm(w http.ResponseWriter, r *http.Request) {
	if _, err := a.backend.Redeliver(r.Context(), r.PathValue("id"), actorOf(r.Context()).name); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "delivery"))
		return
	}
	a.done(w, r, r.PostFormValue("back"), deed{text: "On its way again, under its own id."})
}

// safetyForm says that a person has read a safety flag.
func (a *api) safetyForm(w http.ResponseWriter, r *http.Request) {
	err := a.backend.OpenSafety(r.Context(), r.PathValue("id"), actorOf(r.Context()).name)
	if err != nil && !errors.Is(err, ErrConflict) {
		a.pages.fail(w, r, a.problem(r.Context(), err, "mention"))
		return
	}
	a.done(w, r, r.PostFormValue("back"), deed{text: "Acknowledged, with your name and the time."})
}
