package crawler

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/mention"
)

const (
	redditOpen  = "https://www.reddit.com"
	redditKeyed = "https://oauth.reddit.com"
)

// reddit is Reddit's search and its newest posts of subreddits. With an app's
// key it is the API; without, the feeds that Reddit puts out, which have no
// votes, no pages and only the newest hundred.
var reddit = &platform{ //nolint:gochecknoglobals // a constant table
	base: redditOpen, gap: 2 * time.Second, lag: time.Hour, batch: 100,
	needs: "say what to look for, as in query: {from: brands}, or where, as in in: [r/pharmacy]",
	topics: func(src *mention.Source, names [][]string) []string {
		var topics []string
		for _, sub := range src.In {
			topics = append(topics, "r/"+strings.TrimPrefix(strings.TrimPrefix(sub, "/"), "r/"))
		}
		for _, group := range names {
			topics = append(topics, anyOf(plainNames(group), " OR ", 480)...)
		}
		return topics
	},
	page:    redditPage,
	measure: redditMeasure,
}

type redditListing struct {
	Data struct {
		After    string `json:"after"`
		Children []struct {
			Kind string     `json:"kind"`
			Data redditPost `json:"data"`
		} `json:"children"`
	} `json:"data"`
}

type redditPost struct {
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Selftext    string   `json:"selftext"`
	Body        string   `json:"body"`
	Author      string   `json:"author"`
	Subreddit   string   `json:"subreddit"`
	Permalink   string   `json:"permalink"`
	URL         string   `json:"url"`
	LinkID      string   `json:"link_id"`
	ParentID    string   `json:"parent_id"`
	Score       *float64 `json:"score"`
	NumComments *float64 `json:"num_comments"`
	Created     float64  `json:"created_utc"`
	Removed     string   `json:"removed_by_category"`
}

func redditPath(topic string) (path string, params url.Values) {
	params = url.Values{"limit": {"100"}, "raw_json": {"1"}}
	if strings.HasPrefix(topic, "r/") {
		return "/" + topic + "/new", params
	}
	params.Set("q", topic)
	params.Set("sort", "new")
	params.Set("type", "link")
	return "/search", params
}

func redditPage(ctx context.Context, c *call) (*leaf, error) {
	path, params := redditPath(c.topic)
	if c.key == "" {
		return redditFeed(ctx, c, path, params)
	}
	header, err := redditLogin(ctx, c)
	if err != nil {
		return nil, err
	}
	if c.cursor != "" {
		params.Set("after", c.cursor)
	}
	var got redditListing
	a, err := c.get(ctx, path, params, header, &got)
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a, next: got.Data.After}
	for i := range got.Data.Children {
		p := &got.Data.Children[i].Data
		m := mention.Mention{
			ID: "reddit:" + p.Name, Kind: mention.KindForum, GUID: p.Name, URL: redditOpen + p.Permalink, Title: plainLine(p.Title),
			Text: tidyLines(shortenText(firstNonEmpty(p.Selftext, p.Body), maxText)), Author: p.Author, Channel: "r/" + p.Subreddit,
			Published: time.Unix(int64(p.Created), 0).UTC(), Engagement: sumOf(p.Score, p.NumComments), Thread: "reddit:" + p.Name,
		}
		if m.Text == "" && !strings.Contains(p.URL, p.Permalink) {
			m.Text = p.URL
		}
		if strings.HasPrefix(p.Name, "t1_") {
			m.Kind, m.Thread, m.Parent = mention.KindComment, "reddit:"+p.LinkID, "reddit:"+p.ParentID
		}
		l.track(m.ID, p.Name)
		l.add(c, m)
	}
	return l, nil
}

// redditFeed reads the same as Atom.
func redditFeed(ctx context.Context, c *call, path string, params url.Values) (*leaf, error) {
	params.Del("raw_json")
	return c.feed(ctx, path+".rss", params, func(_ *leaf, m *mention.Mention, it *Item) {
		m.Kind, m.Author = mention.KindForum, strings.TrimPrefix(m.Author, "/u/")
		if strings.HasPrefix(m.GUID, "t3_") || strings.HasPrefix(m.GUID, "t1_") {
			m.ID, m.Thread = "reddit:"+m.GUID, "reddit:"+m.GUID
		}
		if len(it.Categories) > 0 {
			m.Channel = "r/" + strings.TrimPrefix(it.Categories[0], "r/")
		}
	})
}

// redditLogin gets a token for the app, and turns the call to the host that
// takes it.
func redditLogin(ctx context.Context, c *call) (http.Header, error) {
	open := c.base
	if c.base == redditOpen {
		c.base = redditKeyed
	}
	token, err := c.session(func() (string, time.Duration, error) {
		var got struct {
			Token   string `json:"access_token"`
			Expires int    `json:"expires_in"`
		}
		basic := base64.StdEncoding.EncodeToString([]byte(c.src.User + ":" + string(c.key)))
		a, err := c.raw(ctx, question{
			url: strings.TrimRight(open, "/") + "/api/v1/access_token", accept: "application/json",
			header: http.Header{"Authorization": {"Basic " + basic}}, form: url.Values{"grant_type": {"client_credentials"}},
		})
		if err != nil {
			return "", 0, err
		}
		err = c.decode(a, &got)
		return got.Token, time.Duration(max(got.Expires-60, 60)) * time.Second, err
	})
	if err != nil {
		return nil, err
	}
	return http.Header{"Authorization": {"Bearer " + string(token)}}, nil
}

func redditMeasure(ctx context.Context, c *call, ids []string) ([]mention.Metric, error) {
	if c.key == "" {
		return nil, nil
	}
	header, err := redditLogin(ctx, c)
	if err != nil {
		return nil, err
	}
	var got redditListing
	if _, err := c.get(ctx, "/api/info", url.Values{"id": {strings.Join(ids, ",")}, "raw_json": {"1"}}, header, &got); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	var out []mention.Metric
	for i := range got.Data.Children {
		p := &got.Data.Children[i].Data
		given[p.Name] = true
		gone := p.Removed != "" || p.Author == "[deleted]" && (p.Selftext == "[deleted]" || p.Body == "[deleted]")
		out = append(out, mention.Metric{ID: p.Name, Engagement: sumOf(p.Score, p.NumComments), Gone: gone})
	}
	return append(out, goneOf(ids, given)...), nil
}
