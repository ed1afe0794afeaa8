package demo

import (
	"math/rand/v2"
	"strings"
	"time"

	"earshot/mention"
)

// RecallLead is how long before the end of the past the recall begins.
const RecallLead = 7 * time.Hour

// plant writes the stories of the past.
func (w *World) plant(p *pen) {
	w.plantRecall(p)
	w.plantLaunch(p)
	w.plantFailure(p)
	w.plantAdverse(p)
	w.plantSyndicate(p)
	w.plantRival(p, w.end.Add(-3*time.Hour))
	w.plantOwnPosts(p)
	w.plantPrices(p)
}

// keep puts an item of a story into the past of its source.
func (w *World) keep(source int, it Item) {
	w.past[source] = append(w.past[source], it)
}

// tell writes one item of a story for a source, with a title and a text of
// the rules that fit its genre.
func (w *World) tell(p *pen, source int, story string, s subject, at time.Time, serial int) Item {
	o := &w.outlets[source]
	a := p.pickAuthor(o)
	p.about(s)
	it := Item{Story: story, Brand: s.brand.id, Product: s.product.name, Lang: "en"}
	rule := map[string]string{StoryRecall: "recall", StoryLaunch: "launch", StoryFailure: "fail", StoryPrice: "price"}[story]
	switch {
	case o.genre == genreForum && story == StoryRecall:
		it.Title, it.Thread = s.product.name+" recall: collected", "recall-collected"
		it.Text, it.Sentiment = p.speak(a.voice, p.write("recall.forum")), mention.Negative
	case o.genre == genrePost || o.genre == genreForum || o.genre == genreReview:
		it.Text = p.speak(a.voice, p.write(rule+".post"))
		if o.genre == genreForum {
			it.Title, it.Thread = w.thread(p, s.product)
		}
		if story == StoryRecall || story == StoryFailure {
			it.Sentiment = mention.Negative
		}
	default:
		it.Title, it.Text = p.write(rule+".title"), p.write(rule+".article")
	}
	return address(it, o, a, at, serial)
}

// recalled is what the recall is about, launched what was launched.
var (
	recalled = subject{&cast[0], &cast[0].products[0]}
	launched = subject{&cast[0], &cast[0].products[1]}
	failed   = subject{&cast[2], &cast[2].products[1]}
)

// plantRecall writes the recall and the first hours of its outcry: more each
// hour, most of it posts.
func (w *World) plantRecall(p *pen) {
	start := w.end.Add(-RecallLead)
	serial := 0
	add := func(source int, at time.Time) {
		serial++
		w.keep(source, w.tell(p, source, StoryRecall, recalled, at, serial))
	}
	add(outVelmora, start)
	add(outWire, start.Add(time.Minute))
	for i, source := range []int{outLedger, outBrim, outLedger, outBrim, outGazette, outBrim, outLedger, outGazette, outBrim, outLedger, outBrim} {
		add(source, start.Add(time.Duration(12+i*35)*time.Minute+time.Duration(p.rng.IntN(900))*time.Second))
	}
	for hour, n := range []int{8, 34, 52, 60, 62, 66, 84} {
		for range n {
			at := start.Add(time.Duration(hour)*time.Hour + time.Duration(p.rng.IntN(3600))*time.Second)
			add([]int{outHealth, outPharma, outMurmel, outForum}[weighted(p.rng, 36, 32, 14, 18)], at)
		}
	}
}

// plantLaunch writes a launch of four days, weeks ago.
func (w *World) plantLaunch(p *pen) {
	start := w.end.Add(-24 * 24 * time.Hour)
	sources := []int{outHealth, outPharma, outMurmel, outForum, outBrim, outLedger, outWire, outVelmora, outGazette}
	for i := range 130 {
		at := start.Add(decaying(p.rng, 4*24*time.Hour))
		source := sources[weighted(p.rng, 34, 32, 20, 14, 9, 9, 1, 1, 1)]
		w.keep(source, w.tell(p, source, StoryLaunch, launched, at, 500+i))
	}
}

// plantFailure writes the failure of a competitor's trial.
func (w *World) plantFailure(p *pen) {
	start := w.end.Add(-38 * 24 * time.Hour)
	sources := []int{outHealth, outPharma, outMurmel, outBrim, outLedger}
	for i := range 90 {
		at := start.Add(decaying(p.rng, 3*24*time.Hour))
		source := sources[weighted(p.rng, 26, 34, 14, 8, 8)]
		w.keep(source, w.tell(p, source, StoryFailure, failed, at, 700+i))
	}
}

// plantPrices writes talk about the price page of a competitor.
func (w *World) plantPrices(p *pen) {
	for v, version := range w.pageVersions(w.end) {
		if v == 0 {
			continue
		}
		for i := range 6 {
			at := version.At.Add(decaying(p.rng, 20*time.Hour))
			s := subject{&cast[2], &cast[2].products[p.rng.IntN(2)]}
			w.keep(outPharma, w.tell(p, outPharma, StoryPrice, s, at, 800+v*10+i))
		}
	}
}

// plantRival writes the launch of a competitor, as the wire has it.
func (w *World) plantRival(p *pen, at time.Time) {
	w.keep(outWire, w.rivalLaunch(p, at, 900))
}

func (w *World) rivalLaunch(p *pen, at time.Time, serial int) Item {
	b := &cast[2+p.rng.IntN(3)]
	s := subject{b, &b.products[p.rng.IntN(len(b.products))]}
	p.about(s)
	o := &w.outlets[outWire]
	it := Item{Story: StoryRival, Brand: b.id, Product: s.product.name, Lang: "en"}
	it.Title = p.fill[slotBrand] + " launches new " + s.product.form + " of " + s.product.name
	it.Text = p.write("release") + "\n\n" + p.fill[slotBrand] + " launches the new " + s.product.form + " today in " + p.write("city") + "."
	return address(it, o, p.pickAuthor(o), at, serial)
}

// plantOwnPosts lets the own brands speak for themselves now and then.
func (w *World) plantOwnPosts(p *pen) {
	for i := range 16 {
		b := &cast[i%2]
		p.about(subject{b, &b.products[p.rng.IntN(len(b.products))]})
		source := outHealth + p.rng.IntN(2)
		at := w.end.Add(-time.Duration(i*80+p.rng.IntN(60)) * time.Hour)
		it := Item{Brand: b.id, Product: p.fill[slotProduct], Lang: "en", Own: b.id, Text: p.write("pos.company") + " " + p.fill[slotTag]}
		w.keep(source, address(it, &w.outlets[source], author{name: strings.TrimPrefix(b.handle, "@")}, at.Add(-9*time.Hour), 950+i))
	}
}

// plantAdverse spreads adverse-event reports over the whole past.
func (w *World) plantAdverse(p *pen) {
	for i := range 44 {
		at := w.end.Add(-time.Duration(p.rng.Int64N(int64(Past - time.Hour))))
		source := []int{outHealth, outPharma, outMurmel, outForum, outReviews}[weighted(p.rng, 4, 3, 3, 6, 4)]
		w.keep(source, w.adverse(p, source, at, 1000+i))
	}
}

// adverse writes a report with its four elements: a patient, somebody who
// reports, a product and a reaction.
func (w *World) adverse(p *pen, source int, at time.Time, serial int) Item {
	o := &w.outlets[source]
	s := p.anySubject()
	p.about(s)
	it := Item{Story: StoryAdverse, Brand: s.brand.id, Product: s.product.name, Lang: "en", Sentiment: mention.Negative}
	it.Text = p.write("ae.post")
	it.Adverse = &Adverse{Product: s.product.name, Reaction: w.reactionIn(it.Text)}
	switch o.genre {
	case genreForum:
		it.Title, it.Thread = w.thread(p, s.product)
	case genreReview:
		it.Title, it.Text = p.write("review.title.neg"), "★☆☆☆☆ "+it.Text
	}
	return address(it, o, p.pickAuthor(o), at, serial)
}

// reactionIn finds which of the grammar's reactions a text has.
func (w *World) reactionIn(text string) string {
	for _, alt := range w.grammar.alts[w.grammar.index["reaction"]] {
		if strings.Contains(text, alt[0].text) {
			return alt[0].text
		}
	}
	panic("demo: a report without a reaction: " + text)
}

// decaying draws a delay: short ones are likelier.
func decaying(rng *rand.Rand, most time.Duration) time.Duration {
	x := rng.Float64()
	return time.Duration(x * x * float64(most))
}
