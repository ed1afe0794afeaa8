package demo

import (
	"strings"
	"time"
)

// plantSyndicate writes press releases that other sites print with small edits
// within hours.
func (w *World) plantSyndicate(p *pen) {
	for i := range 14 {
		at := w.end.Add(-time.Duration(i*100+20+p.rng.IntN(60)) * time.Hour)
		delays := []time.Duration{}
		for range 3 + p.rng.IntN(2) {
			delays = append(delays, time.Duration(5+p.rng.IntN(400))*time.Minute)
		}
		for source, items := range w.syndicate(p, at, delays, 1100+i*10) {
			w.past[source] = append(w.past[source], items...)
		}
	}
}

// syndicate writes a release and one copy for each delay, by source.
func (w *World) syndicate(p *pen, at time.Time, delays []time.Duration, serial int) map[int][]Item {
	s := p.anySubject()
	p.about(s)
	o := &w.outlets[outWire]
	first := Item{Story: StorySyndicate, Brand: s.brand.id, Product: s.product.name, Lang: "en", Title: p.write("release.title"), Text: p.write("release")}
	first = address(first, o, p.pickAuthor(o), at, serial)
	out := map[int][]Item{outWire: {first}}
	for i, delay := range delays {
		source := []int{outBrim, outLedger, outBlog, outBrim}[i%4]
		o := &w.outlets[source]
		it := Item{Story: StorySyndicate, Brand: first.Brand, Product: first.Product, Lang: "en", CopyOf: first.Canonical}
		it.Title, it.Text = p.edited(first.Title, first.Text)
		out[source] = append(out[source], address(it, o, p.pickAuthor(o), at.Add(delay), serial+1+i))
	}
	return out
}

// edited changes a text the way an editor in a hurry does.
func (p *pen) edited(title, text string) (newTitle, newText string) {
	paragraphs := strings.Split(text, "\n\n")
	switch p.rng.IntN(4) {
	case 0:
		paragraphs = paragraphs[:len(paragraphs)-1]
	case 1:
		paragraphs = append(paragraphs, "This text came from a news agency and was not edited by our staff.")
	case 2:
		paragraphs[0] = strings.Replace(paragraphs[0], "today ", "on "+p.write("weekday")+" ", 1)
	default:
		paragraphs[0] = strings.Replace(paragraphs[0], " today", "", 1)
		paragraphs = append(paragraphs, "Read more in our section on health.")
	}
	if p.rng.IntN(2) == 0 {
		title = "Wire: " + title
	}
	return title, strings.Join(paragraphs, "\n\n")
}
