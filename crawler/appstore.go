package crawler

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// appStore is the reviews of apps in Apple's store, by the feeds it puts out:
// the newest five hundred of one country.
var appStore = &platform{ //nolint:gochecknoglobals // a constant table
	base: "https://itunes.apple.com", wait: 2 * time.Hour, lag: 24 * time.Hour,
	needs: "name apps by their number, as in in: [\"310633997\"]",
	topics: func(src *mention.Source, _ [][]string) []string {
		var topics []string
		for _, app := range src.In {
			topics = append(topics, strings.TrimPrefix(app, "id"))
		}
		return topics
	},
	page: appStorePage, topicOf: appStoreTopic,
}

const appStorePages = 10 // there are never more

// A label is how the feed writes every value.
type appLabel struct {
	Label string `json:"label"`
}

type appReview struct {
	ID     appLabel `json:"id"`
	Title  appLabel `json:"title"`
	Text   appLabel `json:"content"`
	Rating appLabel `json:"im:rating"`
	Votes  appLabel `json:"im:voteCount"`
	At     appLabel `json:"updated"`
	Author struct {
		Name appLabel `json:"name"`
	} `json:"author"`
}

func appStorePage(ctx context.Context, c *call) (*leaf, error) {
	page, _ := strconv.Atoi(c.cursor)
	page = max(page, 1)
	country := firstNonEmpty(c.src.Country, "us")
	var got struct {
		Feed struct {
			Entry json.RawMessage `json:"entry"` // a list, or one alone
		} `json:"feed"`
	}
	a, err := c.get(ctx, "/"+url.PathEscape(country)+"/rss/customerreviews/page="+strconv.Itoa(page)+"/id="+url.PathEscape(c.topic)+"/sortby=mostrecent/json", nil, nil, &got)
	if err != nil {
		return nil, err
	}
	reviews, err := appReviews(got.Feed.Entry)
	if err != nil {
		return nil, &FetchError{URL: a.url.String(), Class: ClassMalformed, Err: err}
	}
	l := &leaf{answer: a}
	for i := range reviews {
		r := &reviews[i]
		if r.Rating.Label == "" {
			continue // the app itself stands first
		}
		at, _ := parseDate(r.At.Label)
		m := mention.Mention{
			ID: "appstore:" + r.ID.Label, Kind: mention.KindReview, GUID: r.ID.Label, URL: "https://apps.apple.com/" + country + "/app/id" + c.topic + "?see-all=reviews#" + r.ID.Label,
			Title: plainLine(r.Title.Label), Text: plainText(r.Text.Label), Author: r.Author.Name.Label, Published: at,
			Rating: number(r.Rating.Label), Engagement: number(r.Votes.Label), Channel: "app " + c.topic, Country: country,
		}
		l.add(c, m)
	}
	if len(l.mentions) > 0 && page < appStorePages {
		l.next = strconv.Itoa(page + 1)
	}
	return l, nil
}

func appReviews(raw json.RawMessage) ([]appReview, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if raw[0] == '{' {
		var one appReview
		err := json.Unmarshal(raw, &one)
		return []appReview{one}, err
	}
	var list []appReview
	err := json.Unmarshal(raw, &list)
	return list, err
}

// number reads a number; nil for what is none.
func number(s string) *float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || n-n != 0 {
		return nil
	}
	return &n
}
