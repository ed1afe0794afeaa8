package demo

import (
	"math/rand/v2"
	"strconv"

	"earshot/mention"
)

// A format is how a source is served.
type format string

const (
	formatRSS  format = "rss"
	formatAtom format = "atom"
	formatJSON format = "json"
	formatSite format = "site"
	formatPage format = "page"
)

// A genre is what sort of texts a source carries.
type genre int

const (
	genrePost genre = iota
	genreForum
	genreReview
	genreNews
	genreRelease
	genreBlog
	genreNone
)

// An outlet is one source of the world.
type outlet struct {
	id, title, site string
	format          format
	genre           genre
	kind            mention.Kind
	past            int     // items in the sixty days, planted ones included
	live            float64 // share of what appears live
	writers         int     // authors
	foreign         int     // in a hundred: not in English
	noise           int     // in a hundred: about nothing of ours
	brand           string  // whose own channel it is
	churn           bool    // a new GUID for every item, every minute
	broken          bool    // answers 404 at times
	track           bool    // tracking parameters on every address

	authors []author
}

// An author is a name with a way of writing.
type author struct {
	name  string
	voice voice
}

// Indexes of the outlets that stories need.
const (
	outHealth = iota
	outPharma
	outMurmel
	outForum
	outReviews
	outBrim
	outLedger
	outWire
	outVelmora
	outQuorvance
	outBlog
	outGazette
	outPricing
)

// feedItems is the most items a feed shows.
const feedItems = 600

func newOutlets(g *grammar, seed uint64) []outlet {
	outlets := []outlet{
		{id: "plaudr-health", title: "Plaudr: #health", site: "plaudr.example", format: formatJSON, genre: genrePost, kind: mention.KindPost, past: 590, live: 0.24, writers: 260, foreign: 3, noise: 27},
		{id: "plaudr-pharma", title: "Plaudr: #pharma", site: "plaudr.example", format: formatRSS, genre: genrePost, kind: mention.KindPost, past: 560, live: 0.20, writers: 240, foreign: 3, noise: 18},
		{id: "murmel", title: "Murmel", site: "murmel.example", format: formatAtom, genre: genrePost, kind: mention.KindPost, past: 570, live: 0.18, writers: 250, foreign: 38, noise: 22},
		{id: "patientnook", title: "Patientnook", site: "patientnook.example", format: formatAtom, genre: genreForum, kind: mention.KindForum, past: 520, live: 0.13, writers: 150, noise: 6},
		{id: "pillpost", title: "Pillpost reviews", site: "pillpost.example", format: formatRSS, genre: genreReview, kind: mention.KindReview, past: 480, live: 0.08, writers: 320},
		{id: "daily-brim", title: "The Daily Brim", site: "dailybrim.example", format: formatRSS, genre: genreNews, kind: mention.KindNews, past: 310, live: 0.07, writers: 18, foreign: 4, noise: 22, churn: true, track: true},
		{id: "pharma-ledger", title: "Pharma Ledger Weekly", site: "pharmaledger.example", format: formatAtom, genre: genreNews, kind: mention.KindNews, past: 250, live: 0.05, writers: 9},
		{id: "wirepost", title: "Wirepost", site: "wirepost.example", format: formatRSS, genre: genreRelease, kind: mention.KindRelease, past: 120, live: 0.02, writers: 3, track: true},
		{id: "velmora-newsroom", title: "Velmora newsroom", site: "velmora.example", format: formatJSON, genre: genreRelease, kind: mention.KindRelease, past: 34, live: 0.004, writers: 1, brand: Velmora},
		{id: "quorvance-newsroom", title: "Quorvance newsroom", site: "quorvance.example", format: formatRSS, genre: genreRelease, kind: mention.KindRelease, past: 34, live: 0.004, writers: 1, brand: Quorvance},
		{id: "corner-blog", title: "The corner dispensary", site: "cornerdispensary.example", format: formatRSS, genre: genreBlog, kind: mention.KindBlog, past: 84, live: 0.012, writers: 2, broken: true},
		{id: "oststern-gazette", title: "The Oststern Gazette", format: formatSite, genre: genreNews, kind: mention.KindNews, past: 36, live: 0.01, writers: 6, noise: 25},
		{id: "quorvance-pricing", title: "Quorvance list prices", format: formatPage, genre: genreNone, kind: mention.KindPage, brand: Quorvance},
	}
	for i := range outlets {
		p := newPen(g, rand.New(rand.NewPCG(seed, 1000+uint64(i))))
		for range outlets[i].writers {
			outlets[i].authors = append(outlets[i].authors, p.author(outlets[i].genre, outlets[i].title))
		}
	}
	return outlets
}

// author invents a name: a nickname where people talk, a person where they
// are paid for it.
func (p *pen) author(g genre, title string) author {
	switch g {
	case genrePost, genreForum, genreReview:
		name := []byte(p.write("nickname"))
		if p.rng.IntN(2) == 0 {
			name = append(name, strconv.Itoa(p.rng.IntN(1000))...)
		}
		name[0] |= 0x20 // nicknames begin in lower case
		return author{string(name), []voice{voicePlain, voicePlain, voicePlain, voiceLower, voiceLower, voiceLoud, voiceHasty, voiceHasty, voiceShort, voiceStretch, voiceDots}[p.rng.IntN(11)]}
	case genreRelease:
		return author{title, voicePlain}
	default:
		return author{p.write("person"), voicePlain}
	}
}

// pickAuthor prefers the first of the list: few people write much.
func (p *pen) pickAuthor(o *outlet) author {
	x := p.rng.Float64()
	return o.authors[int(float64(len(o.authors))*x*x)]
}

// weighted picks an index with the probability of its weight.
func weighted(rng *rand.Rand, weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := rng.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}
