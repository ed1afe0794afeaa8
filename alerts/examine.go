package alerts

import (
	"hash/fnv"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/expr-lang/expr/vm"

	"earshot/query"
)

// Examined is what there is to say of a rule by itself.
type Examined struct {
	Faults   []error
	Match    *query.Query    // nil when it matches all, or is at fault
	Messages []query.Message // of its match: warnings, too

	of    *query.Query
	where *vm.Program
	mark  string // changes when counters would no longer fit
}

// Examine reads rules on all processors: they may be many.
func Examine(rules []Rule) []Examined { return (*Examiner)(nil).Examine(rules) }

// An Examiner examines rules and remembers what it found, so that a file of
// which one rule was changed costs the reading of that rule. What it says is
// what [Examine] says: a rule is known again when it is the same in every
// field and its queries mean the same at any time. The zero value knows
// nothing yet, and nil remembers nothing. It may be used from many goroutines.
type Examiner struct {
	mu    sync.Mutex
	pass  int
	most  int                  // rules that were examined at once
	known map[string]*examined // by the rule's id
}

type examined struct {
	rule Rule
	says Examined
	pass int // that asked for it last
}

// keptPasses is after how many examinations that did not ask for a rule it may
// be forgotten.
const keptPasses = 8

// Examine tells of each rule.
func (x *Examiner) Examine(rules []Rule) []Examined {
	out := make([]Examined, len(rules))
	unknown := x.recall(rules, out)
	const atOnce = 64
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(unknown)/atOnce+1) {
		wg.Go(func() {
			for {
				from := int(next.Add(atOnce)) - atOnce
				if from >= len(unknown) {
					return
				}
				for _, i := range unknown[from:min(from+atOnce, len(unknown))] {
					out[i] = rules[i].examine()
				}
			}
		})
	}
	wg.Wait()
	x.keep(rules, out, unknown)
	return out
}

// recall fills in what is known, and lists the rest.
func (x *Examiner) recall(rules []Rule, out []Examined) []int {
	unknown := make([]int, 0, len(rules))
	if x != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.pass++
	}
	for i := range rules {
		if x != nil {
			if k := x.known[rules[i].ID]; k != nil && rules[i].same(&k.rule) {
				k.pass, out[i] = x.pass, k.says
				continue
			}
		}
		unknown = append(unknown, i)
	}
	return unknown
}

// keep remembers what was found of rules without faults.
func (x *Examiner) keep(rules []Rule, out []Examined, found []int) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.known == nil {
		x.known = make(map[string]*examined, len(found))
	}
	for _, i := range found {
		if len(out[i].Faults) == 0 && out[i].timeless() {
			x.known[rules[i].ID] = &examined{rules[i], out[i], x.pass}
		}
	}
	if x.most = max(x.most, len(rules)); len(x.known) <= 2*x.most {
		return
	}
	for id, k := range x.known {
		if x.pass-k.pass > keptPasses || len(x.known) > 2*MaxRules {
			delete(x.known, id)
		}
	}
}

// timeless reports whether a later examination would find the same.
func (x *Examined) timeless() bool {
	return (x.Match == nil || x.Match.Timeless()) && (x.of == nil || x.of.Timeless())
}

// same reports whether two rules are the same in every field.
func (r *Rule) same(o *Rule) bool {
	return r.sameWords(o) && r.sameNumbers(o) && slices.Equal(r.By, o.By) && slices.Equal(r.Notify, o.Notify) &&
		(r.Hours == o.Hours || r.Hours != nil && o.Hours != nil && r.Hours.same(o.Hours)) &&
		slices.EqualFunc(r.Escalate, o.Escalate, func(a, b Step) bool { return a.After == b.After && slices.Equal(a.Notify, b.Notify) }) &&
		len(r.Tests) == len(o.Tests) && (len(r.Tests) == 0 || reflect.DeepEqual(r.Tests, o.Tests))
}

func (r *Rule) sameWords(o *Rule) bool {
	return r.ID == o.ID && r.Name == o.Name && r.Match == o.Match && r.Where == o.Where && r.Kind == o.Kind && r.Severity == o.Severity &&
		r.Sensitivity == o.Sensitivity && r.Of == o.Of && r.Department == o.Department && r.Playbook == o.Playbook
}

func (r *Rule) sameNumbers(o *Rule) bool {
	return r.Own == o.Own && r.OnEdit == o.OnEdit && r.Disabled == o.Disabled && r.Count == o.Count && r.MinAuthors == o.MinAuthors && r.MinSites == o.MinSites &&
		r.Window == o.Window && r.For == o.For && r.KeepFiringFor == o.KeepFiringFor && r.RepeatEvery == o.RepeatEvery &&
		r.AckWithin == o.AckWithin && r.RespondWithin == o.RespondWithin && r.Above == o.Above && r.Below == o.Below && r.Change == o.Change
}

func (h *Hours) same(o *Hours) bool {
	return h.From == o.From && h.To == o.To && h.Zone == o.Zone && slices.Equal(h.Days, o.Days)
}

// fingerprint is the same for rules whose counters fit each other.
func (r *Rule) fingerprint() string {
	h := fnv.New64a()
	b := make([]byte, 0, 512)
	for _, s := range []string{r.kind(), r.Match, r.Where, r.Of} {
		b = append(strconv.AppendQuote(b, s), ' ')
	}
	b = append(b, '[')
	for i, s := range r.By {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendQuote(b, s)
	}
	b = strconv.AppendBool(append(b, "] "...), r.Own)
	b = strconv.AppendInt(append(b, ' '), int64(r.Count), 10)
	b = append(append(append(b, ' '), r.Window.String()...), ' ')
	_, _ = h.Write(append(b, r.Sensitivity...)) // it never fails
	return strconv.FormatUint(h.Sum64(), 16)
}
