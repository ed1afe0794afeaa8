package crawler

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/mention"
)

// mastodon is one instance: timelines of hashtags, or of all it knows. An
// instance that shows them to its users alone wants a token.
var mastodon = &platform{ //nolint:gochecknoglobals // a constant table
	lag: 2 * time.Hour, batch: 20,
	topics: func(src *mention.Source, names [][]string) []string {
		var topics []string
		for _, in := range src.In {
			if in == "public" || in == "local" {
				topics = append(topics, in)
			} else {
				topics = append(topics, "#"+strings.ToLower(strings.TrimPrefix(in, "#")))
			}
		}
		for _, group := range names {
			for _, tag := range tagsOf(group) {
				topics = append(topics, "#"+tag)
			}
		}
		if len(topics) == 0 {
			topics = []string{"public"}
		}
		return topics
	},
	page:    mastodonPage,
	measure: mastodonMeasure,
	listen:  mastodonListen,
}

type mastodonStatus struct {
	ID         string     `json:"id"`
	URI        string     `json:"uri"`
	URL        string     `json:"url"`
	Created    time.Time  `json:"created_at"`
	Edited     *time.Time `json:"edited_at"`
	Language   string     `json:"language"`
	Spoiler    string     `json:"spoiler_text"`
	Content    string     `json:"content"`
	ReplyTo    string     `json:"in_reply_to_id"`
	Replies    *float64   `json:"replies_count"`
	Reblogs    *float64   `json:"reblogs_count"`
	Favourites *float64   `json:"favourites_count"`
	Visibility string     `json:"visibility"`
	Account    struct {
		Acct string `json:"acct"`
		Bot  bool   `json:"bot"`
	} `json:"account"`
	Tags []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Reblog *struct{} `json:"reblog"`
}

func mastodonHeader(c *call) http.Header {
	if c.key == "" {
		return nil
	}
	return http.Header{"Authorization": {"Bearer " + string(c.key)}}
}

func mastodonPage(ctx context.Context, c *call) (*leaf, error) {
	params := url.Values{"limit": {"40"}}
	path := "/api/v1/timelines/public"
	switch tag, isTag := strings.CutPrefix(c.topic, "#"); {
	case isTag:
		path = "/api/v1/timelines/tag/" + url.PathEscape(tag)
	case c.topic == "local":
		params.Set("local", "true")
	}
	if c.cursor != "" {
		params.Set("max_id", c.cursor)
	}
	var got []mastodonStatus
	a, err := c.get(ctx, path, params, mastodonHeader(c), &got)
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a}
	for i := range got {
		l.next = got[i].ID
		got[i].add(l, c)
	}
	return l, nil
}

// add puts a status on a page, unless it is somebody else's or not for all.
func (s *mastodonStatus) add(l *leaf, c *call) {
	if s.Reblog != nil || s.Visibility != "" && s.Visibility != "public" && s.Visibility != "unlisted" {
		return
	}
	m := mention.Mention{
		ID: "mastodon:" + firstNonEmpty(s.URI, s.URL), Kind: mention.KindPost, GUID: s.URI, URL: firstNonEmpty(s.URL, s.URI),
		Title: plainLine(s.Spoiler), Text: plainText(s.Content), Author: "@" + s.Account.Acct, Lang: languageCode(s.Language),
		Published: s.Created, Engagement: sumOf(s.Replies, s.Reblogs, s.Favourites),
	}
	if s.Edited != nil {
		m.Updated = *s.Edited
	}
	for _, t := range s.Tags {
		m.Categories = append(m.Categories, "#"+t.Name)
	}
	if s.ReplyTo != "" {
		m.Kind, m.Parent = mention.KindComment, "mastodon:"+c.base+"#"+s.ReplyTo
	}
	l.track(m.ID, s.ID)
	l.add(c, m)
}

// mastodonMeasure asks for each by itself: every version of the API can.
func mastodonMeasure(ctx context.Context, c *call, ids []string) ([]mention.Metric, error) {
	var out []mention.Metric
	for _, id := range ids {
		var s mastodonStatus
		_, err := c.get(ctx, "/api/v1/statuses/"+url.PathEscape(id), nil, mastodonHeader(c), &s)
		if fe, ok := errors.AsType[*FetchError](err); ok && (fe.Status == http.StatusNotFound || fe.Status == http.StatusGone) {
			out = append(out, mention.Metric{ID: id, Gone: true})
			continue
		}
		if err != nil {
			return out, err
		}
		out = append(out, mention.Metric{ID: id, Engagement: sumOf(s.Replies, s.Reblogs, s.Favourites)})
	}
	return out, nil
}
