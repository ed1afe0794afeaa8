package config

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"earshot/alerts"
	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

// An Object is a part of the configuration that was made through the API.
type Object struct {
	Kind, ID, Owner string
	Body            []byte // JSON with the keys of the file
}

// Merge returns base with the objects added. On equal ids base wins, silently:
// that is the rule people are told. An object that is at fault by itself or
// with the rest is left out, and the reason is given.
func Merge(base *Config, objects []Object) (*Config, []error) {
	known := map[string]map[string]bool{}
	var list []Object
	for _, o := range inOrder(objects) {
		if known[o.Kind] == nil {
			known[o.Kind] = IDs(base, o.Kind)
		}
		if !known[o.Kind][o.ID] {
			list = append(list, o)
		}
	}
	return base.clone().with(list)
}

// with adds objects: all at one time where none is at fault, else half by half,
// so that one at fault among thousands does not have them checked one by one.
func (c *Config) with(list []Object) (*Config, []error) {
	if len(list) == 0 {
		return c.clone(), nil
	}
	next := c.clone()
	var err error
	for i := 0; i < len(list) && err == nil; i++ {
		err = next.append(list[i])
	}
	if err == nil {
		if faults := next.recheck(); len(faults) > 0 {
			err = errors.New(faults[0].Path + ": " + faults[0].Message)
		}
	}
	switch {
	case err == nil:
		return next, nil
	case len(list) == 1:
		return c, []error{fmt.Errorf("config: %s %s of %s: %w", list[0].Kind, list[0].ID, list[0].Owner, err)}
	}
	half, left := c.with(list[:len(list)/2])
	whole, more := half.with(list[len(list)/2:])
	return whole, append(left, more...)
}

// CheckObject returns everything that would be wrong with cfg if objects were
// made or replaced.
func CheckObject(cfg *Config, objects ...Object) []string {
	next := cfg.clone()
	replaced := map[string]map[string]bool{}
	for _, o := range objects {
		if replaced[o.Kind] == nil {
			replaced[o.Kind] = map[string]bool{}
		}
		replaced[o.Kind][o.ID] = true
	}
	for kind, ids := range replaced {
		next.remove(kind, ids)
	}
	for _, o := range objects {
		if err := next.append(o); err != nil {
			return []string{err.Error()}
		}
	}
	var out []string
	for _, f := range next.recheck() {
		text := f.Message
		if f.Hint != "" {
			text += " (" + f.Hint + ")"
		}
		out = append(out, text)
	}
	return out
}

// Has reports whether cfg defines an id of a kind: brand, label, source, rule,
// receiver, subscription, board, muted (a term) or report.
func Has(cfg *Config, kind, id string) bool {
	for x := range cfg.ids(kind) {
		if x == id {
			return true
		}
	}
	return false
}

// IDs are the ids that cfg defines of a kind, for who asks for many.
func IDs(cfg *Config, kind string) map[string]bool {
	set := map[string]bool{}
	for id := range cfg.ids(kind) {
		set[id] = true
	}
	return set
}

func (c *Config) ids(kind string) iter.Seq[string] {
	switch kind {
	case "brand":
		return each(c.Brands, func(x *mention.Brand) string { return x.ID })
	case "label":
		return each(c.Labels, func(x *mention.Label) string { return x.ID })
	case "source":
		return each(c.Sources, func(x *mention.Source) string { return x.ID })
	case "rule":
		return each(c.Rules, func(x *alerts.Rule) string { return x.ID })
	case "receiver":
		return each(c.Receivers, func(x *alerts.Receiver) string { return x.ID })
	case "subscription":
		return each(c.Subscriptions, func(x *alerts.Subscription) string { return x.ID })
	case "board":
		return each(c.Boards, func(x *report.Board) string { return x.ID })
	case "muted":
		return each(c.Muted, func(x *string) string { return MutedID(*x) })
	case "report":
		return each(c.Reports, func(x *report.Plan) string { return x.ID })
	}
	return func(func(string) bool) {}
}

func each[T any](list []T, id func(*T) string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range list {
			if !yield(id(&list[i])) {
				return
			}
		}
	}
}

// MutedID is the id of a muted term: however a word is written, it is one.
func MutedID(term string) string {
	sum := sha256.Sum256([]byte(strings.TrimPrefix(query.Fold(strings.TrimSpace(term)), "#")))
	return "m" + hex.EncodeToString(sum[:10])
}

// UserOf returns what in cfg would be at fault without an object, or "".
func UserOf(cfg *Config, kind, id string) string {
	next := cfg.clone()
	next.remove(kind, map[string]bool{id: true})
	if faults := next.recheck(); len(faults) > 0 {
		return faults[0].Path
	}
	return ""
}

func (c *Config) clone() *Config {
	next := *c
	next.Brands, next.Labels, next.Sources = slices.Clip(c.Brands), slices.Clip(c.Labels), slices.Clip(c.Sources)
	next.Rules, next.Receivers, next.Subscriptions = slices.Clip(c.Rules), slices.Clip(c.Receivers), slices.Clip(c.Subscriptions)
	next.Boards, next.Reports, next.Muted = slices.Clip(c.Boards), slices.Clip(c.Reports), slices.Clip(c.Muted)
	return &next
}

func (c *Config) append(o Object) error {
	switch o.Kind {
	case "brand":
		return appendObject(&c.Brands, o, func(x *mention.Brand) *string { return &x.ID })
	case "label":
		return appendObject(&c.Labels, o, func(x *mention.Label) *string { return &x.ID })
	case "source":
		if err := appendObject(&c.Sources, o, func(x *mention.Source) *string { return &x.ID }); err != nil {
			return err
		}
		if s := &c.Sources[len(c.Sources)-1]; s.SecretFile() != "" || s.Dir != "" {
			// Else whoever may make a source may read any file, or have it sent anywhere.
			return errors.New("key_file, token_file and dir can be named in the configuration file alone")
		}
		return nil
	case "rule":
		return appendObject(&c.Rules, o, func(x *alerts.Rule) *string { return &x.ID })
	case "receiver":
		return appendObject(&c.Receivers, o, func(x *alerts.Receiver) *string { return &x.ID })
	case "subscription":
		return appendObject(&c.Subscriptions, o, func(x *alerts.Subscription) *string { return &x.ID })
	case "board":
		return appendObject(&c.Boards, o, func(x *report.Board) *string { return &x.ID })
	case "muted":
		m := mention.MutedTerm{}
		if err := json.Unmarshal(o.Body, &m); err != nil {
			return err
		}
		if faults := m.Faults(); len(faults) > 0 {
			return faults[0]
		}
		c.Muted = append(c.Muted, cmp.Or(m.Key, m.Term))
		return nil
	case "report":
		return appendObject(&c.Reports, o, func(x *report.Plan) *string { return &x.ID })
	}
	return fmt.Errorf("kind %q is none of brand, label, source, rule, receiver, subscription, board, muted, report", o.Kind)
}

func appendObject[T any](list *[]T, o Object, id func(*T) *string) error {
	var x T
	dec := json.NewDecoder(bytes.NewReader(o.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&x); err != nil {
		return err
	}
	*id(&x) = o.ID
	*list = append(*list, x)
	return nil
}

func (c *Config) remove(kind string, ids map[string]bool) {
	switch kind {
	case "brand":
		c.Brands = without(c.Brands, func(x *mention.Brand) bool { return ids[x.ID] })
	case "label":
		c.Labels = without(c.Labels, func(x *mention.Label) bool { return ids[x.ID] })
	case "source":
		c.Sources = without(c.Sources, func(x *mention.Source) bool { return ids[x.ID] })
	case "rule":
		c.Rules = without(c.Rules, func(x *alerts.Rule) bool { return ids[x.ID] })
	case "receiver":
		c.Receivers = without(c.Receivers, func(x *alerts.Receiver) bool { return ids[x.ID] })
	case "subscription":
		c.Subscriptions = without(c.Subscriptions, func(x *alerts.Subscription) bool { return ids[x.ID] })
	case "board":
		c.Boards = without(c.Boards, func(x *report.Board) bool { return ids[x.ID] })
	case "muted":
		c.Muted = without(c.Muted, func(x *string) bool { return ids[MutedID(*x)] })
	case "report":
		c.Reports = without(c.Reports, func(x *report.Plan) bool { return ids[x.ID] })
	}
}

func without[T any](list []T, drop func(*T) bool) []T {
	out := make([]T, 0, len(list))
	for i := range list {
		if !drop(&list[i]) {
			out = append(out, list[i])
		}
	}
	return out
}

// recheck checks a configuration that did not come from a file just now.
func (c *Config) recheck() Faults {
	l := &loader{docs: []*document{{}}, origins: map[string][]origin{}}
	for name, n := range listLengths(c) {
		for i := range n {
			l.origins[name] = append(l.origins[name], origin{l.docs[0], indexed(name, i)})
		}
	}
	l.check(c)
	return l.faults()
}

// inOrder puts what others refer to first: brands and receivers before
// sources, labels and rules.
func inOrder(objects []Object) []Object {
	order := []string{"receiver", "brand", "source", "label", "rule", "subscription", "board", "muted", "report"}
	out := slices.Clone(objects)
	slices.SortStableFunc(out, func(a, b Object) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return out
}

// Watched returns the folders in which a new file changes the configuration.
func (c *Config) Watched() []string {
	if c.path == "" {
		return nil
	}
	dirs := []string{filepath.Join(filepath.Dir(c.path), "conf.d")}
	for _, p := range c.RuleFiles {
		dirs = append(dirs, filepath.Dir(c.relative(p)))
	}
	return dirs
}
