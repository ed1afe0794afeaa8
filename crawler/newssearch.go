package crawler

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"earshot/mention"
)

// gdelt is the GDELT project's search over the news of the world, three months
// back. It gives headlines, not texts, and wants five seconds between two
// questions. What is wrong with a question it says in words, not in JSON.
var gdelt = &platform{ //nolint:gochecknoglobals // a constant table
	base: "https://api.gdeltproject.org", gap: 5 * time.Second, lag: 3 * time.Hour, timed: true,
	needs: "say what to look for, as in query: {from: brands}",
	topics: func(_ *mention.Source, names [][]string) []string {
		var topics []string
		for _, group := range names {
			long := plainNames(group)
			n := 0
			for _, name := range long {
				if len(name) >= 4 { // shorter words are refused
					long[n] = name
					n++
				}
			}
			for _, q := range anyOf(long[:n], " OR ", 240) {
				if strings.Contains(q, " OR ") {
					q = "(" + q + ")"
				}
				topics = append(topics, q)
			}
		}
		return topics
	},
	page: gdeltPage,
}

const (
	gdeltTime    = "20060102150405"
	gdeltPerPage = 250
)

func gdeltPage(ctx context.Context, c *call) (*leaf, error) {
	topic := c.topic
	if c.src.Lang != "" {
		topic += " sourcelang:" + c.src.Lang
	}
	if c.src.Country != "" {
		topic += " sourcecountry:" + c.src.Country
	}
	to := c.now
	if !c.to.IsZero() {
		to = c.to
	}
	if t, err := time.Parse(gdeltTime, c.cursor); err == nil {
		to = t
	}
	params := url.Values{
		"query": {topic}, "mode": {"ArtList"}, "format": {"json"}, "maxrecords": {"250"}, "sort": {"DateDesc"},
		"startdatetime": {c.from.UTC().Format(gdeltTime)}, "enddatetime": {to.UTC().Format(gdeltTime)},
	}
	a, err := c.raw(ctx, question{url: c.address("/api/v2/doc/doc", params), accept: "application/json"})
	if err != nil {
		return nil, err
	}
	body := bytes.TrimSpace(a.body)
	if len(body) == 0 {
		return &leaf{answer: a}, nil
	}
	if body[0] != '{' {
		return nil, &FetchError{URL: a.url.String(), Class: ClassRefusal, Err: errors.New(shorten(plainLine(string(body)), 200))}
	}
	var got struct {
		Articles []struct {
			URL      string `json:"url"`
			Title    string `json:"title"`
			Seen     string `json:"seendate"`
			Domain   string `json:"domain"`
			Language string `json:"language"`
			Country  string `json:"sourcecountry"`
		} `json:"articles"`
	}
	if err := c.decode(a, &got); err != nil {
		return nil, err
	}
	l := &leaf{answer: a}
	for i := range got.Articles {
		g := &got.Articles[i]
		seen, _ := time.Parse("20060102T150405Z", g.Seen)
		l.add(c, mention.Mention{
			Kind: mention.KindNews, URL: g.URL, Title: untokenised(plainLine(g.Title)), Published: seen,
			Lang: languageByName[strings.ToLower(g.Language)],
		})
	}
	if len(got.Articles) == gdeltPerPage && l.oldest.After(c.from) && l.oldest.Before(to) {
		l.next = l.oldest.Format(gdeltTime)
	}
	return l, nil
}

// untokenised puts the marks back to their words: GDELT's titles have spaces
// before them.
func untokenised(s string) string {
	for _, mark := range []string{",", ".", ":", ";", "!", "?", "%", ")", "’", "'"} {
		s = strings.ReplaceAll(s, " "+mark+" ", mark+" ")
		if rest, ok := strings.CutSuffix(s, " "+mark); ok {
			s = rest + mark
		}
	}
	return strings.ReplaceAll(s, "( ", "(")
}

var languageByName = map[string]string{ //nolint:gochecknoglobals // a constant table
	"english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "portuguese": "pt", "dutch": "nl",
	"danish": "da", "swedish": "sv", "norwegian": "no", "finnish": "fi", "polish": "pl", "czech": "cs", "hungarian": "hu",
	"romanian": "ro", "bulgarian": "bg", "greek": "el", "turkish": "tr", "russian": "ru", "ukrainian": "uk", "arabic": "ar",
	"hebrew": "he", "persian": "fa", "hindi": "hi", "japanese": "ja", "korean": "ko", "chinese": "zh", "indonesian": "id",
	"vietnamese": "vi", "thai": "th", "croatian": "hr", "serbian": "sr", "slovak": "sk", "slovenian": "sl", "catalan": "ca",
}

// googleNews is the search of Google News as a feed: headlines with their
// publisher, a hundred at most, so history is asked for by stretches of days.
var googleNews = &platform{ //nolint:gochecknoglobals // a constant table
	base: "https://news.google.com", gap: 2 * time.Second, wait: 30 * time.Minute, lag: 24 * time.Hour, timed: true,
	needs: "say what to look for, as in query: {from: brands}",
	topics: func(_ *mention.Source, names [][]string) []string {
		var topics []string
		for _, group := range names {
			topics = append(topics, anyOf(plainNames(group), " OR ", 400)...)
		}
		return topics
	},
	page: googleNewsPage,
}

const googleNewsDays = 7 // of history a question

func googleNewsPage(ctx context.Context, c *call) (*leaf, error) {
	to := c.to
	if t, err := time.Parse(time.DateOnly, c.cursor); err == nil {
		to = t
	}
	topic, next := c.topic, ""
	if to.IsZero() {
		topic += " after:" + c.from.UTC().Format(time.DateOnly)
	} else {
		from := later(c.from, to.AddDate(0, 0, -googleNewsDays))
		topic += " after:" + from.UTC().Format(time.DateOnly) + " before:" + to.UTC().AddDate(0, 0, 1).Format(time.DateOnly)
		if from.After(c.from) {
			next = from.UTC().Format(time.DateOnly)
		}
	}
	lang := firstNonEmpty(c.src.Lang, "en")
	country := strings.ToUpper(firstNonEmpty(c.src.Country, "us"))
	params := url.Values{"q": {topic}, "hl": {lang + "-" + country}, "gl": {country}, "ceid": {country + ":" + lang}}
	l, err := c.feed(ctx, "/rss/search", params, func(_ *leaf, m *mention.Mention, _ *Item) {
		m.Kind, m.Text, m.Lang = mention.KindNews, "", lang // the text is a list of links
		if cut := strings.LastIndex(m.Title, " - "); cut > 0 {
			m.Title, m.Author = m.Title[:cut], m.Title[cut+3:]
		}
	})
	if err != nil {
		return nil, err
	}
	l.next = next
	l.oldest = time.Time{} // by relevance within the days, not by time
	return l, nil
}
