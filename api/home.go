package api

import (
	"net/http"
	"net/url"
	"slices"

	"earshot/mention"
)

// maxFiring is how many firing incidents are looked at.
const maxFiring = 200

// firing is what one rule has firing; the newest stands for all.
type firing struct {
	Newest       mention.Incident
	Count, Acked int
	Many         bool // there may be more than counted
}

// byRule folds incidents, newest first, so that a rule with many groups does
// not hide the others. The gravest stand first.
func byRule(list []mention.Incident) []firing {
	var out []firing
	for _, inc := range list {
		i := slices.IndexFunc(out, func(f firing) bool { return f.Newest.Rule == inc.Rule })
		if i < 0 {
			i = len(out)
			out = append(out, firing{Newest: inc, Many: len(list) == maxFiring})
		}
		out[i].Count++
		if !inc.Acked.IsZero() {
			out[i].Acked++
		}
	}
	slices.SortStableFunc(out, func(x, y firing) int {
		return slices.Index(grave, x.Newest.Severity) - slices.Index(grave, y.Newest.Severity)
	})
	return out
}

func (a *api) pageRoutes(mux *router) {
	for pattern, h := range map[string]http.HandlerFunc{
		"/{$}": a.home, "/mentions": a.listPage, "/mentions/{id}": a.mentionPage,
		"/trends": a.trendsPage, "/voices": a.voicesPage, "/competitors": a.competitorsPage, "/compare": a.comparePage,
		"/alerts": a.alertsPage, "/incidents": a.moved("/alerts"), "/incidents/{id}": a.incidentPage,
		"/rules/new": a.ruleNew, "/rules/{id}": a.rulePage, "/sources": a.sourcesPage, "/sources/test": a.moved("/sources"), "/sources/opml": a.moved("/sources"), "/boards": a.boardsPage, "/boards/new": a.boardNew, "/boards/{id}": a.boardPage, "/boards/{id}/edit": a.boardEdit, "/reports": a.reportsPage, "/reports/{id}": a.keptPage, "/settings": a.settingsPage, "/assets/{name}": a.pages.assets,
	} {
		mux.HandleFunc("GET "+a.base+pattern, h)
	}
	a.deskRoutes(mux)
	if a.base != "" {
		mux.HandleFunc("GET "+a.base, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, a.link+"/", http.StatusPermanentRedirect)
		})
	}
}

// moved sends people on from where a page was; what they asked for goes along.
func (a *api) moved(path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		to := url.URL{Path: a.pages.to(path), RawQuery: r.URL.Query().Encode()}
		http.Redirect(w, r, to.String(), http.StatusMovedPermanently)
	}
}
