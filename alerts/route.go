package alerts

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"earshot/mention"
)

// A Route is a branch of the tree that finds receivers for incidents of rules
// that name none. Its conditions must all hold; one that is left out does. Of
// the branches of a level the first that fits is taken, and with Continue the
// next as well. A branch within a branch is more particular and wins.
type Route struct {
	Severity   Words  `yaml:"severity,omitempty" json:"severity,omitempty"`
	Rule       Words  `yaml:"rule,omitempty" json:"rule,omitempty"` // ids; * stands for anything
	Kind       Words  `yaml:"kind,omitempty" json:"kind,omitempty"` // of the rule
	Department Words  `yaml:"department,omitempty" json:"department,omitempty"`
	Label      Words  `yaml:"label,omitempty" json:"label,omitempty"`   // of the mention that opened it
	Brand      Words  `yaml:"brand,omitempty" json:"brand,omitempty"`   // likewise
	Source     Words  `yaml:"source,omitempty" json:"source,omitempty"` // likewise
	Lang       Words  `yaml:"lang,omitempty" json:"lang,omitempty"`     // likewise
	Notify     Words  `yaml:"notify,omitempty" json:"notify,omitempty"` // receivers
	Continue   bool   `yaml:"continue,omitempty" json:"continue,omitempty"`
	Routes     Routes `yaml:"routes,omitempty" json:"routes,omitempty"`
}

// Routes is one level of the tree.
type Routes []Route

const (
	maxRoutes     = 1_000
	maxRouteDepth = 10
)

// RouteFaults returns everything that is wrong with a tree, with its place;
// receivers are those that there are.
func RouteFaults(routes Routes, receivers []string) []error {
	n := 0
	return routeFaults(routes, receivers, "routes", 1, &n)
}

func routeFaults(routes Routes, receivers []string, at string, depth int, n *int) []error {
	var errs []error
	if depth > maxRouteDepth {
		return []error{fmt.Errorf("%s: more than %d branches deep", at, maxRouteDepth)}
	}
	for i := range routes {
		r, at := &routes[i], fmt.Sprintf("%s[%d]", at, i)
		if *n++; *n > maxRoutes {
			return append(errs, fmt.Errorf("%s: more than %d routes", at, maxRoutes))
		}
		for _, s := range r.Severity {
			if !slices.Contains(Severities, s) {
				errs = append(errs, fmt.Errorf("%s: %w", at, oneOf("severity", s, Severities)))
			}
		}
		for _, k := range r.Kind {
			if !slices.Contains(Kinds, k) {
				errs = append(errs, fmt.Errorf("%s: %w", at, oneOf("kind", k, Kinds)))
			}
		}
		for _, p := range r.Rule {
			if _, err := path.Match(p, ""); err != nil {
				errs = append(errs, fmt.Errorf("%s: rule %q: %w", at, p, err))
			}
		}
		for _, id := range r.Notify {
			if !slices.Contains(receivers, id) {
				errs = append(errs, fmt.Errorf("%s: notify: %w", at, oneOf("receiver", id, receivers)))
			}
		}
		if len(r.Notify) == 0 && len(r.Routes) == 0 {
			errs = append(errs, fmt.Errorf("%s: %w", at, errors.New("notify is missing: who is told")))
		}
		errs = append(errs, routeFaults(r.Routes, receivers, at+".routes", depth+1, n)...)
	}
	return errs
}

// A Way is where an incident goes, and by which branches.
type Way struct {
	Department string   `json:"department,omitempty"`
	Receivers  []string `json:"receivers"`
	Why        []string `json:"why"` // for each receiver: the rule, a branch of the tree, or the department
}

// A Router finds the receivers of incidents. Its zero value knows only what
// rules say themselves.
type Router struct {
	routes      Routes
	departments map[string]*mention.Department
	labels      map[string]string // to their departments
}

// NewRouter makes a router.
func NewRouter(routes Routes, labels []mention.Label, departments []mention.Department) *Router {
	t := &Router{routes: routes, departments: map[string]*mention.Department{}, labels: map[string]string{}}
	for i := range departments {
		t.departments[departments[i].ID] = &departments[i]
	}
	for i := range labels {
		if labels[i].Department != "" {
			t.labels[labels[i].ID] = labels[i].Department
		}
	}
	return t
}

// Way tells where an incident of a rule would go that a mention opens; row may
// be nil.
func (t *Router) Way(r *Rule, row *mention.Row) Way { return t.way(r, "", row) }

func (t *Router) way(r *Rule, group string, row *mention.Row) Way {
	f := facts{severity: r.severity(), rule: r.ID, kind: r.kind()}
	if row != nil {
		f.labels, f.brands, f.sources, f.lang = row.Labels, row.Brands, row.Sources, row.Lang
		if row.Source != "" && !slices.Contains(f.sources, row.Source) {
			f.sources = append(f.sources[:len(f.sources):len(f.sources)], row.Source)
		}
	} else if len(r.By) == 1 && group != "" { // time opened it, and the group says what of
		switch r.By[0] {
		case "label":
			f.labels = []string{group}
		case "brand":
			f.brands = []string{group}
		case "source":
			f.sources = []string{group}
		case "lang":
			f.lang = group
		}
	}
	w := Way{Department: r.Department}
	for i := 0; w.Department == "" && i < len(f.labels); i++ {
		w.Department = t.labels[f.labels[i]]
	}
	f.department = w.Department
	for _, id := range r.Notify {
		w.add(id, "rule "+r.ID)
	}
	if len(r.Notify) > 0 {
		return w
	}
	w.walk(t.routes, &f, "routes")
	if d := t.departments[w.Department]; d != nil {
		for _, id := range d.Receivers {
			w.add(id, "department "+d.ID)
		}
	}
	return w
}

func (w *Way) add(id, why string) {
	if !slices.Contains(w.Receivers, id) {
		w.Receivers, w.Why = append(w.Receivers, id), append(w.Why, why)
	}
}

// walk takes the branches that fit, and reports whether any did.
func (w *Way) walk(routes Routes, f *facts, at string) bool {
	took := false
	for i := range routes {
		r, at := &routes[i], fmt.Sprintf("%s[%d]", at, i)
		if !r.fits(f) {
			continue
		}
		took = true
		if !w.walk(r.Routes, f, at+".routes") {
			for _, id := range r.Notify {
				w.add(id, at)
			}
		}
		if !r.Continue {
			break
		}
	}
	return took
}

// facts are what routes ask of an incident.
type facts struct {
	severity, rule, kind, department, lang string
	labels, brands, sources                []string
}

func (r *Route) fits(f *facts) bool {
	for _, c := range []struct {
		want Words
		have []string
	}{
		{r.Severity, one(f.severity)},
		{r.Kind, one(f.kind)},
		{r.Department, one(f.department)},
		{r.Label, f.labels},
		{r.Brand, f.brands},
		{r.Source, f.sources},
		{r.Lang, one(f.lang)},
	} {
		if len(c.want) > 0 && !slices.ContainsFunc(c.have, func(v string) bool {
			return slices.ContainsFunc(c.want, func(w string) bool { return strings.EqualFold(v, w) })
		}) {
			return false
		}
	}
	return len(r.Rule) == 0 || slices.ContainsFunc(r.Rule, func(p string) bool {
		ok, err := path.Match(p, f.rule)
		return err == nil && ok
	})
}
