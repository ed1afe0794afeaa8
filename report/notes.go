package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"earshot/mention"
	"earshot/query"
	"earshot/report/chart"
)

// maxNotes is how many notes a chart and a report show.
const maxNotes = 20

// NotesOf are the notes that belong to a query in a window, by their stretch:
// those that reach into the window and whose filter is the query, or lies
// within it, or it within theirs. One lies within the other when it asks for
// all that the other does, and more.
func NotesOf(list []mention.TimeNote, q string, w Window) []mention.TimeNote {
	var out []mention.TimeNote
	asked := asksOf(q)
	for i := range list {
		n := &list[i]
		if !w.To.IsZero() && !n.From.Before(w.To) || !w.From.IsZero() && !n.To.After(w.From) {
			continue
		}
		if have := asksOf(n.Query); subset(have, asked) || subset(asked, have) {
			out = append(out, *n)
		}
	}
	slices.SortStableFunc(out, func(a, b mention.TimeNote) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), strings.Compare(a.ID, b.ID))
	})
	return out
}

// asksOf are the conditions of a query, as they are printed.
func asksOf(text string) []string {
	if text = strings.TrimSpace(text); text == "" || text == "*" {
		return nil
	}
	q, _ := query.Parse(text)
	if q == nil {
		return []string{text} // it is the same as itself alone
	}
	var list []string
	for _, c := range conjuncts(q.Root()) {
		list = append(list, query.Print(c))
	}
	return list
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) })
}

// Pin marks notes on a chart, numbered from 1; link is the address of the one
// at a place, nil for none.
func Pin(c *chart.Time, notes []mention.TimeNote, link func(i int) string) {
	for i := range notes[:min(len(notes), maxNotes)] {
		n := &notes[i]
		mark := chart.Note{N: i + 1, From: n.From, To: n.To, Tip: strconv.Itoa(i+1) + ": " + clipTo(n.Text, 200) + " (" + n.By + ")"}
		if link != nil {
			mark.Link = link(i)
		}
		c.Notes = append(c.Notes, mark)
	}
}

func clipTo(text string, n int) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n]) + " …"
}

// notable finds the notes that the report is about.
func (m *maker) notable() error {
	list, err := m.src.Notes(m.ctx)
	if err != nil {
		return err
	}
	q := m.o.Query
	if b := m.o.Board; b != nil && b.Query != "" {
		q = and(q, b.Query)
	}
	list = NotesOf(list, q, m.o.Window)
	m.notes = first(maxNotes, list)
	m.unnoted = len(list) - len(m.notes)
	return nil
}

func first[T any](n int, list []T) []T { return list[:min(n, len(list))] }

// pin marks the notes of the report on a chart of a query, with their numbers.
func (m *maker) pin(c *chart.Time, q string) {
	Pin(c, m.notes, nil)
	mine := NotesOf(m.notes, q, Window{})
	c.Notes = slices.DeleteFunc(c.Notes, func(x chart.Note) bool {
		return !slices.ContainsFunc(mine, func(n mention.TimeNote) bool { return n.ID == m.notes[x.N-1].ID })
	})
}

// noted lists the notes of the report.
func (m *maker) noted() {
	if len(m.notes) == 0 {
		return
	}
	b := Block{Heading: "Notes", Note: "The numbers in squares on the charts. People wrote them; they change no count."}
	for i := range m.notes {
		n := &m.notes[i]
		about := ""
		if n.Query != "" {
			about = " [" + n.Query + "]"
		}
		b.Lines = append(b.Lines, Line{
			Text: fmt.Sprintf("%d. %s: %s%s (%s, %s)", i+1, stretch(Window{From: n.From, To: n.To}, m.o.Zone), n.Text, about, n.By, n.At.In(m.o.Zone).Format("2 Jan 2006")),
			Link: m.link(Window{From: n.From, To: n.To}.Query(n.Query)),
		})
	}
	if m.unnoted > 0 {
		b.Lines = append(b.Lines, Line{Text: fmt.Sprintf("%d more belong to this time; a shorter one shows them.", m.unnoted)})
	}
	m.add(b)
}
