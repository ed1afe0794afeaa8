package config

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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
	if cfg := mergeAll(base, objects); cfg != nil {
		return cfg, nil
	}
	cfg := base.clone()
	var left []error
	for _, o := range inOrder(objects) {
		if Has(base, o.Kind, o.ID) {
			continue
		}
		next := cfg.clone()
		err := next.append(o)
		if err == nil {
			if faults := next.recheck(); len(faults) > 0 {
				err = errors.New(faults[0].Path + ": " + faults[0].Message)
			}
		}
		if err != nil {
			left = append(left, fmt.Errorf("config: %s %s of %s: %w", o.Kind, o.ID, o.Owner, err))
			continue
		}
		cfg = next
	}
	return cfg, left
}

// mergeAll is [Merge] where no object is at fault, checked once and not once
// for each; else it is nil.
func mergeAll(base *Config, objects []Object) *Config {
	cfg, added := base.clone(), 0
	for _, o := range inOrder(objects) {
		if Has(base, o.Kind, o.ID) {
			continue
		}
		if added++; cfg.append(o) != nil {
			return nil
		}
	}
	if added > 0 && len(cfg.recheck()) > 0 {
		return nil
	}
	return cfg
}

// CheckObject returns everything that would be wrong with cfg if objects were
// made or replaced.
func CheckObject(cfg *Config, objects ...Object) []string {
	next := cfg.clone()
	for _, o := range objects {
		next.remove(o.Kind, o.ID)
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
	switch kind {
	case "brand":
		return slices.ContainsFunc(cfg.Brands, func(x mention.Brand) bool { return x.ID == id })
	case "label":
		return slices.ContainsFunc(cfg.Labels, func(x mention.Label) bool { return x.ID == id })
	case "source":
		return slices.ContainsFunc(cfg.Sources, func(x mention.Source) bool { return x.ID == id })
	case "rule":
		return slices.ContainsFunc(cfg.Rules, func(x alerts.Rule) bool { return x.ID == id })
	case "receiver":
		return slices.ContainsFunc(cfg.Receivers, func(x alerts.Receiver) bool { return x.ID == id })
	case "subscription":
		return slices.ContainsFunc(cfg.Subscriptions, func(x alerts.Subscription) bool { return x.ID == id })
	case "board":
		return slices.ContainsFunc(cfg.Boards, func(x report.Board) bool { return x.ID == id })
	case "muted":
		return slices.ContainsFunc(cfg.Muted, func(x string) bool { return MutedID(x) == id })
	case "report":
		return slices.ContainsFunc(cfg.Reports, func(x report.Plan) bool { return x.ID == id })
	}
	return false
}

// MutedID is the id of a muted term: however a word is written, it is one.
func MutedID(term string) string {
	sum := sha256.Sum256([]byte(strings.TrimPrefix(query.Fold(strings.TrimSpace(term)), "#")))
	return "m" + hex.EncodeToString(sum[:10])
}

// UserOf returns what in cfg would be at fault without an object, or "".
func UserOf(cfg *Config, kind, id string) string {
	next := cfg.clone()
	next.remove(kind, id)
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

func (c *Config) remove(kind, id string) {
	switch kind {
	case "brand":
		c.Brands = without(c.Brands, func(x *mention.Brand) bool { return x.ID == id })
	case "label":
		c.Labels = without(c.Labels, func(x *mention.Label) bool { return x.ID == id })
	case "source":
		c.Sources = without(c.Sources, func(x *mention.Source) bool { return x.ID == id })
	case "rule":
		c.Rules = without(c.Rules, func(x *alerts.Rule) bool { return x.ID == id })
	case "receiver":
		c.Receivers = without(c.Receivers, func(x *alerts.Receiver) bool { return x.ID == id })
	case "subscription":
		c.Subscriptions = without(c.Subscriptions, func(x *alerts.Subscription) bool { return x.ID == id })
	case "board":
		c.Boards = without(c.Boards, func(x *report.Board) bool { return x.ID == id })
	case "muted":
		c.Muted = without(c.Muted, func(x *string) bool { return MutedID(*x) == id })
	case "report":
		c.Reports = without(c.Reports, func(x *report.Plan) bool { return x.ID == id })
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
