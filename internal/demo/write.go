package demo

import (
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// tones of ambient talk, in the order of their weights.
var tones = []string{mention.Positive, mention.Negative, mention.Neutral}

// topics of articles.
var topics = []string{"art.earnings", "art.trial", "art.plant", "art.deal", "art.price", "art.people", "art.law", "art.approval"}

// short returns the ending of a rule's name for a tone.
func short(tone string) string { return tone[:3] }

// ambient writes an item that belongs to no story.
func (w *World) ambient(p *pen, o *outlet, at time.Time, serial int) Item {
	if o.noise > 0 && p.rng.IntN(100) < o.noise {
		return noise(p, o, at, serial)
	}
	s := p.anySubject()
	if o.brand != "" {
		s.brand = brandNamed(o.brand)
		s.product = &s.brand.products[p.rng.IntN(len(s.brand.products))]
	}
	p.about(s)
	it := Item{Brand: s.brand.id, Product: s.product.name, Lang: "en"}
	if o.foreign > 0 && p.rng.IntN(100) < o.foreign {
		it.Lang = []string{"de", "de", "fr", "es"}[p.rng.IntN(4)]
	}
	a := p.pickAuthor(o)
	tone := tones[weighted(p.rng, 34, 33, 33)]
	switch o.genre {
	case genrePost:
		it.Sentiment = tone
		if it.Lang != "en" {
			it.Text = p.speak(a.voice, p.write(it.Lang+"."+short(tone)))
		} else {
			it.Text = p.speak(a.voice, p.write("post."+short(tone)))
		}
	case genreForum:
		it.Sentiment = tone
		it.Title, it.Thread = w.thread(p, s.product)
		it.Text = p.speak(a.voice, p.write("forum."+short(tone)))
	case genreReview:
		it.Sentiment = tone
		it.Title = p.write("review.title." + short(tone))
		it.Text = stars(p, tone) + " " + p.speak(a.voice, p.write("review."+short(tone)))
		if !strings.Contains(strings.ToLower(it.Text), strings.ToLower(it.Product)) {
			it.Title = it.Product + ": " + strings.ToLower(it.Title)
		}
	case genreRelease:
		it.Title, it.Text = p.write("release.title"), p.write("release")
	case genreBlog:
		it.Title, it.Text = p.write("blog.title"), p.write("blog")
	default:
		if it.Lang != "en" {
			it.Lang = "de"
			it.Title, it.Text = p.write("de.title"), p.write("de.article")
		} else {
			topic := topics[p.rng.IntN(len(topics))]
			it.Title, it.Text = p.write(topic+".title"), p.write(topic)
		}
	}
	return address(it, o, a, at, serial)
}

// noise writes an item about nothing of ours, often with a word that could
// be taken for it.
func noise(p *pen, o *outlet, at time.Time, serial int) Item {
	p.about(subject{&cast[4], &cast[4].products[0]})
	a := p.pickAuthor(o)
	it := Item{Story: StoryNoise, Lang: "en"}
	switch o.genre {
	case genreNews:
		it.Title, it.Text = p.write("noise.title"), p.write("noise.article")
	case genreForum:
		it.Title, it.Thread = "Off topic corner", "off-topic"
		it.Text = p.speak(a.voice, p.write("noise.post"))
	default:
		it.Text = p.speak(a.voice, p.write("noise.post"))
	}
	return address(it, o, a, at, serial)
}

// stars is the rating as its site prints it.
func stars(p *pen, tone string) string {
	n := 3
	switch tone {
	case mention.Positive:
		n = 4 + p.rng.IntN(2)
	case mention.Negative:
		n = 1 + p.rng.IntN(2)
	}
	return strings.Repeat("★", n) + strings.Repeat("☆", 5-n)
}

// address gives an item its place in the world: source, author, time, GUID
// and URL.
func address(it Item, o *outlet, a author, at time.Time, serial int) Item {
	it.Source, it.Kind, it.Author = o.id, o.kind, a.name
	it.Published = at.UTC().Truncate(time.Second)
	if it.Own == "" {
		it.Own = o.brand
	}
	key := strconv.FormatInt(it.Published.Unix(), 36) + strconv.FormatInt(int64(serial), 36)
	base := "https://" + o.site
	switch o.genre {
	case genrePost:
		it.Canonical = base + "/@" + a.name + "/" + key
	case genreForum:
		it.Canonical = base + "/t/" + it.Thread + "/" + key
	case genreReview:
		it.Canonical = base + "/r/" + strings.ToLower(it.Product) + "/" + key
	case genreRelease:
		it.Canonical = base + "/news/" + slug(it.Title) + "-" + key
	default:
		it.Canonical = base + it.Published.Format("/2006/01/02/") + slug(it.Title) + "-" + key
	}
	if o.format == formatSite {
		it.Canonical = "/news/" + slug(it.Title) + "-" + key // the rest is known when the site is served
	}
	it.URL = it.Canonical
	if o.track {
		it.URL += "?utm_source=" + string(o.format) + "&utm_medium=feed&utm_campaign=" + key[:3]
	}
	if !o.churn && o.format != formatSite {
		it.GUID = o.id + ":" + key
	}
	return it
}
