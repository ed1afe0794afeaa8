package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

type mentionView struct {
	Record    mention.Record
	Row       mention.Row
	Why       *Why
	TitleText []piece
	Text      []piece
	May       bool
	Back      string // the list it was found in
}

func (a *api) mentionPage(w http.ResponseWriter, r *http.Request) {
	v, err := ask(r.Context(), a, "mention", func(ctx context.Context) (*mentionView, error) {
		rec, err := a.backend.Record(ctx, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		q := strings.TrimSpace(r.URL.Query().Get("q"))
		if _, err := parse(q, time.Now()); err != nil {
			q = "" // the mention is shown all the same
		}
		why, err := a.explain(ctx, &rec, q)
		if err != nil {
			return nil, err
		}
		back := ""
		if q != "" {
			back = a.pages.search(q)
		}
		return &mentionView{
			May: actorOf(ctx).role.may(RoleAnalyst), Back: back, Record: rec, Row: rec.Row(), Why: why,
			TitleText: pieces(rec.Mention.Title, findings(&rec, "title")),
			Text:      pieces(rec.Mention.Text, findings(&rec, "")),
		}, nil
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "mention"))
		return
	}
	title := v.Row.Title
	if title == "" {
		title = excerpt(v.Row.Text)
	}
	a.pages.show(w, r, http.StatusOK, "mention", view{Title: title, Here: "/mentions", Data: v})
}

// sourcesView is the page of sources: can I believe these numbers today?
type sourcesView struct {
	Rows          []mention.SourceStatus
	Broken, Never int
	Coverage      []mention.Coverage // stretches without an answer
	Strips        map[string]strip   // by source; of the first rows alone

	May, MayAdd bool                // test addresses; add sources
	Asked       string              // the address that was tested
	Test        *mention.SourceTest // what came of it
	New         *newSource          // that can be added
	Faults      []string

	Total        int                   // sources, of which Rows are those of one page
	Find         string                // only those with this in their id or address
	Matched      int                   // that many
	Older, Newer string                // addresses of the pages beside it
	MoreGaps     int                   // that are not listed
	Import       *mention.SourceImport // what a file would add
	ImportFaults []string
}

func (a *api) sourcesPage(w http.ResponseWriter, r *http.Request) {
	a.showSources(w, r, http.StatusOK, &sourcesView{})
}

// sourceRows is how many sources, and how many gaps, a page lists.
const sourceRows = 100

// leaf keeps the rows of one page of those that are looked for.
func (v *sourcesView) leaf(params url.Values, path string) {
	v.Total, v.Find = len(v.Rows), strings.ToLower(strings.TrimSpace(params.Get("find")))
	v.Rows = slices.DeleteFunc(v.Rows, func(s mention.SourceStatus) bool {
		return !strings.Contains(strings.ToLower(s.Source.ID), v.Find) && !strings.Contains(strings.ToLower(s.Source.URL), v.Find)
	})
	v.Matched = len(v.Rows)
	at, err := strconv.Atoi(params.Get("page"))
	if err != nil || at < 0 || at*sourceRows >= v.Matched {
		at = 0
	}
	to := func(page int) string {
		return path + "?" + url.Values{"find": {v.Find}, "page": {strconv.Itoa(page)}}.Encode()
	}
	if at > 0 {
		v.Newer = to(at - 1)
	}
	if v.Rows = v.Rows[at*sourceRows:]; len(v.Rows) > sourceRows {
		v.Rows, v.Older = v.Rows[:sourceRows], to(at+1)
	}
}

// sourcesOf fills in how the sources are.
func (a *api) sourcesOf(ctx context.Context, v *sourcesView, params url.Values) error {
	list, err := a.backend.Sources(ctx)
	if err != nil {
		return err
	}
	v.Rows = slices.Clone(list)
	for i := range list {
		switch s := &list[i].State; {
		case s.Error != "":
			v.Broken++
		case s.LastOK.IsZero() && !list[i].Source.Paused:
			v.Never++
		}
	}
	slices.SortStableFunc(v.Rows, func(x, y mention.SourceStatus) int {
		if bx, by := x.State.Error != "", y.State.Error != ""; bx != by {
			if bx {
				return -1
			}
			return 1
		}
		return strings.Compare(x.Source.ID, y.Source.ID)
	})
	v.leaf(params, a.pages.to("/sources"))
	now := time.Now()
	if v.Coverage, err = a.backend.Gaps(ctx, now.AddDate(0, 0, -30), now); err != nil {
		return err
	}
	v.MoreGaps = max(0, len(v.Coverage)-sourceRows)
	v.Coverage = v.Coverage[v.MoreGaps:] // the newest
	v.Strips = map[string]strip{}
	for i := range v.Rows {
		id := v.Rows[i].Source.ID
		list, err := a.backend.Covered(ctx, id, now.Add(-stripHours*time.Hour), now)
		if err != nil {
			return err
		}
		v.Strips[id] = stripOf(list, now)
	}
	return nil
}

type settingsView struct {
	Ready  []string
	Status *Status
	Tokens []Token
	Who    string
	Role   Role
	Brands []BrandInfo
	Labels []LabelInfo
	Audit  []mention.AuditEntry

	Scope           string
	People, Manages bool
	Users, SignedIn int
}

// settingsPage shows what is in force; it holds no secret.
func (a *api) settingsPage(w http.ResponseWriter, r *http.Request) {
	who := actorOf(r.Context())
	v := &settingsView{Who: who.name, Role: who.role, People: a.people != nil}
	if who.scope != nil {
		v.Scope = who.scope.Canonical()
	} else {
		v.Tokens = a.guard.tokens
	}
	_, err := ask(r.Context(), a, "status", func(ctx context.Context) (struct{}, error) {
		status, err := a.backend.Status(ctx)
		if err != nil {
			return struct{}{}, err
		}
		v.Status, v.Ready = &status, a.backend.Ready(ctx)
		if v.Brands, err = a.backend.Brands(ctx); err != nil {
			return struct{}{}, err
		}
		if v.Labels, err = a.backend.Labels(ctx); err != nil || !who.role.may(RoleAdmin) || who.scope != nil {
			return struct{}{}, err
		}
		if err := a.peopleOf(ctx, v); err != nil {
			return struct{}{}, err
		}
		v.Audit, err = a.backend.AuditTrail(ctx, mention.AuditFilter{Limit: 20})
		return struct{}{}, err
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "page"))
		return
	}
	a.pages.show(w, r, http.StatusOK, "settings", view{Title: "Settings", Here: "/settings", Data: v})
}

// peopleOf adds who may come in, for admins.
func (a *api) peopleOf(ctx context.Context, v *settingsView) error {
	if a.people == nil {
		return nil
	}
	users, err := a.people.store.Users(ctx)
	if err != nil {
		return err
	}
	sessions, err := a.people.store.Sessions(ctx, "")
	v.Manages, v.Users, v.SignedIn = true, len(users), len(sessions)
	return err
}
