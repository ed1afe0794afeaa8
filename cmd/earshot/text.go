package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"earshot/mention"
	"earshot/nlp"
	"earshot/query"
)

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// badLine tells of a line that could not be read, on stderr and in its place.
func (a *app) badLine(out *lines, n int, err error) error {
	fmt.Fprintln(a.stderr, "earshot:", err)
	return out.put(map[string]any{"line": n, "error": err.Error()})
}

// partly is the end of a command that could not read all it was given.
func partly(failed int) error {
	if failed == 0 {
		return nil
	}
	return &statusError{exitPartly, fmt.Errorf("%d lines could not be read", failed)}
}

func (a *app) matchCmd() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "match --labels FILE",
		Short: "Read NDJSON documents and give the labels that match each one",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			set, ids, err := readLabels(file)
			if err != nil {
				return err
			}
			return a.match(set, ids)
		},
	}
	c.Flags().StringVar(&file, "labels", "", "YAML file with labels: [{id, query}]")
	_ = c.MarkFlagRequired("labels")
	return c
}

func readLabels(file string) (*query.Set, []string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, &statusError{exitConfig, err}
	}
	var f struct {
		Labels []struct {
			ID    string `yaml:"id"`
			Query string `yaml:"query"`
		} `yaml:"labels"`
	}
	if err := yaml.Unmarshal(data, &f); err != nil {
		return nil, nil, &statusError{exitConfig, fmt.Errorf("%s: %w", file, err)}
	}
	saved := make([]query.Saved, len(f.Labels))
	ids := make([]string, len(f.Labels))
	for i, l := range f.Labels {
		saved[i], ids[i] = query.Saved{ID: l.ID, Query: l.Query}, l.ID
	}
	set, err := query.NewSet(saved, time.Now())
	if err != nil {
		return nil, nil, &statusError{exitConfig, fmt.Errorf("%s: %w", file, err)}
	}
	return set, ids, nil
}

// match is one loop on one processor: a document costs so little that handing
// it to another would cost more.
func (a *app) match(set *query.Set, ids []string) error {
	type line struct {
		ID     string   `json:"id"`
		Labels []string `json:"labels"`
	}
	out := newLines(a.stdout)
	doc, now := query.NewDocument(&mention.Row{}), time.Now()
	var hits []int
	labels := make([]string, 0, 64)
	return a.eachRow(out, func(row *mention.Row) error {
		doc.Reset(row)
		hits = set.Match(doc, now, hits[:0])
		labels = labels[:0]
		for _, i := range hits {
			labels = append(labels, ids[i])
		}
		return out.put(line{row.ID, labels})
	})
}

// eachRow gives the documents of standard input to fn; one that cannot be read
// is told in its place.
func (a *app) eachRow(out *lines, fn func(row *mention.Row) error) error {
	failed := 0
	err := documents(a.stdin, func(n int, text []byte) error {
		row, err := decodeRow(n, text)
		if err != nil {
			failed++
			return a.badLine(out, n, err)
		}
		return fn(&row)
	})
	if err = errors.Join(err, out.flush()); err != nil {
		return err
	}
	return partly(failed)
}

func (a *app) storiesCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "stories",
		Short: "Read NDJSON documents and say which story each one belongs to",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			type line struct {
				ID    string `json:"id"`
				Story string `json:"story"`
			}
			out, stories := newLines(a.stdout), nlp.NewStories(nlp.StoryOptions{})
			return a.eachRow(out, func(row *mention.Row) error {
				story, _ := stories.Assign(row.ID, row.Title, row.Text, row.Time())
				return out.put(line{row.ID, story})
			})
		},
	}
}

func (a *app) queryCmd() *cobra.Command {
	c := group("query", "Lint or explain a query")
	lint := &cobra.Command{
		Use:   "lint -- QUERY",
		Short: "Say what is wrong or doubtful in a query; status 1 on errors",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.lint(args[0]) },
	}
	a.outputFlag(lint, "table", "table", "json", "ndjson")
	explain := &cobra.Command{
		Use:   "explain -- QUERY",
		Short: "Say what a query means, with explicit operators and the words looked up",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.explain(cmd.Context(), args[0]) },
	}
	a.outputFlag(explain, "table", "table", "json")
	a.dataFlags(explain)
	c.AddCommand(lint, explain)
	return c
}

func (a *app) lint(text string) error {
	q, messages := query.Parse(text)
	switch a.output {
	case "json":
		if err := a.json(orEmpty(messages)); err != nil {
			return err
		}
	case "ndjson":
		out := newLines(a.stdout)
		for _, m := range messages {
			if err := out.put(m); err != nil {
				return err
			}
		}
		if err := out.flush(); err != nil {
			return err
		}
	default:
		for _, m := range messages {
			fmt.Fprintf(a.stdout, "%s %s at byte %d: %s\n", m.Severity, m.Code, m.At, m.Message)
			if m.Hint != "" {
				fmt.Fprintln(a.stdout, "    hint:", m.Hint)
			}
		}
	}
	if q == nil {
		return &statusError{status: exitFailed}
	}
	return nil
}

func (a *app) explain(ctx context.Context, text string) error {
	q, messages := query.Parse(text)
	if q == nil {
		if a.output == "json" {
			if err := a.json(map[string]any{"messages": messages}); err != nil {
				return err
			}
			return &statusError{status: exitFailed}
		}
		return &query.Error{Messages: messages}
	}
	x := struct {
		query.Explain
		Hits []hit `json:"hits,omitempty"` // of the query and its parts, where data is named
	}{Explain: q.Explain()}
	if a.dataDir != "" || a.configFile != "" {
		var err error
		if x.Hits, err = a.hits(ctx, q); err != nil {
			return err
		}
	}
	if a.output == "json" {
		return a.json(x)
	}
	fmt.Fprintf(a.stdout, "canonical: %s\nwords: %s\nfields: %s\n", x.Canonical, strings.Join(x.Words, ", "), strings.Join(x.Fields, ", "))
	for _, line := range x.Lines() {
		fmt.Fprintln(a.stdout, line)
	}
	for _, h := range x.Hits {
		fmt.Fprintf(a.stdout, "hits: %d  %s\n", h.Count, h.Query)
	}
	return nil
}

// A hit is how many mentions a query or a part of it finds.
type hit struct {
	Query string `json:"query"`
	Count uint64 `json:"count"`
}

// hits counts what a query finds, and what each of its parts would alone.
func (a *app) hits(ctx context.Context, q *query.Query) (list []hit, err error) {
	parts := []string{q.Canonical()}
	var args []query.Node
	switch n := q.Root().(type) {
	case *query.And:
		args = n.Args
	case *query.Or:
		args = n.Args
	}
	for _, arg := range args {
		if not, ok := arg.(*query.Not); ok {
			arg = not.Arg
		}
		parts = append(parts, query.Print(arg))
	}
	err = a.reading(ctx, nil, func(ctx context.Context, r reader, _ string) error {
		for _, part := range parts {
			n, err := r.Count(ctx, part)
			if err != nil {
				return err
			}
			list = append(list, hit{part, n})
		}
		return nil
	})
	return list, err
}

func (a *app) json(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
