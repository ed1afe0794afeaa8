package crawler

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// hackerNews is Hacker News as Algolia searches it: stories and comments,
// newest first, at most a thousand a question, so pages go by time. There is
// no OR: each name is asked for by itself. Comments have no points.
var hackerNews = &platform{ //nolint:gochecknoglobals // a constant table
	base: "https://hn.algolia.com/api/v1", lag: time.Hour, timed: true, batch: 50,
	needs: "say what to look for, as in query: {from: brands}",
	topics: func(_ *mention.Source, names [][]string) []string {
		var topics []string
		for _, group := range names {
			for _, n := range plainNames(group) {
				topics = append(topics, `"`+n+`"`)
			}
		}
		return topics
	},
	page:    hackerNewsPage,
	measure: hackerNewsMeasure,
}

type hackerNewsHits struct {
	Hits []struct {
		ObjectID    string   `json:"objectID"`
		Title       string   `json:"title"`
		StoryTitle  string   `json:"story_title"`
		URL         string   `json:"url"`
		Author      string   `json:"author"`
		StoryText   string   `json:"story_text"`
		CommentText string   `json:"comment_text"`
		Points      *float64 `json:"points"`
		NumComments *float64 `json:"num_comments"`
		StoryID     int64    `json:"story_id"`
		ParentID    int64    `json:"parent_id"`
		CreatedAt   int64    `json:"created_at_i"`
	} `json:"hits"`
	Pages int `json:"nbPages"`
}

const hackerNewsPerPage = 100

func hackerNewsPage(ctx context.Context, c *call) (*leaf, error) {
	bounds := []string{"created_at_i>=" + strconv.FormatInt(c.from.Unix(), 10)}
	switch {
	case c.cursor != "":
		bounds = append(bounds, "created_at_i<="+c.cursor)
	case !c.to.IsZero():
		bounds = append(bounds, "created_at_i<="+strconv.FormatInt(c.to.Unix(), 10))
	}
	params := url.Values{
		"query": {c.topic}, "tags": {"(story,comment)"}, "advancedSyntax": {"true"}, "typoTolerance": {"false"},
		"hitsPerPage": {strconv.Itoa(hackerNewsPerPage)}, "numericFilters": {strings.Join(bounds, ",")},
	}
	var got hackerNewsHits
	a, err := c.get(ctx, "/search_by_date", params, nil, &got)
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a}
	for i := range got.Hits {
		h := &got.Hits[i]
		m := mention.Mention{
			ID: "hn:" + h.ObjectID, Kind: mention.KindForum, GUID: h.ObjectID, URL: "https://news.ycombinator.com/item?id=" + h.ObjectID,
			Title: plainLine(h.Title), Text: plainText(firstNonEmpty(h.StoryText, h.CommentText)), Author: h.Author,
			Published: time.Unix(h.CreatedAt, 0).UTC(), Engagement: sumOf(h.Points, h.NumComments), Lang: "en",
		}
		if m.Text == "" {
			m.Text = h.URL
		}
		if h.CommentText != "" {
			m.Kind, m.Engagement = mention.KindComment, nil
			m.Thread, m.Parent = "hn:"+strconv.FormatInt(h.StoryID, 10), "hn:"+strconv.FormatInt(h.ParentID, 10)
		} else {
			m.Thread = m.ID
			l.track(m.ID, h.ObjectID)
		}
		l.add(c, m)
	}
	if len(got.Hits) == hackerNewsPerPage {
		l.next = strconv.FormatInt(got.Hits[len(got.Hits)-1].CreatedAt, 10)
		if l.next == c.cursor { // a full page of one second: what else it has is out of reach
			l.next = strconv.FormatInt(got.Hits[len(got.Hits)-1].CreatedAt-1, 10)
		}
	}
	return l, nil
}

func hackerNewsMeasure(ctx context.Context, c *call, ids []string) ([]mention.Metric, error) {
	tags := make([]string, len(ids))
	for i, id := range ids {
		tags[i] = "story_" + id
	}
	var got hackerNewsHits
	params := url.Values{"tags": {"story,(" + strings.Join(tags, ",") + ")"}, "hitsPerPage": {strconv.Itoa(len(ids))}}
	if _, err := c.get(ctx, "/search_by_date", params, nil, &got); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	var out []mention.Metric
	for i := range got.Hits {
		h := &got.Hits[i]
		given[h.ObjectID] = true
		out = append(out, mention.Metric{ID: h.ObjectID, Engagement: sumOf(h.Points, h.NumComments)})
	}
	return append(out, goneOf(ids, given)...), nil
}

// sumOf adds what is known; nil when nothing is.
func sumOf(list ...*float64) *float64 {
	var sum *float64
	for _, n := range list {
		if n != nil {
			if sum == nil {
				sum = new(float64)
			}
			*sum += *n
		}
	}
	return sum
}
