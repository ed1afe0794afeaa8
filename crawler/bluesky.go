package crawler

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/mention"
)

// bluesky is Bluesky's search of posts, with the app password of an account.
// There is no OR: each name is asked for by itself.
var bluesky = &platform{ //nolint:gochecknoglobals // a constant table
	base: "https://bsky.social", lag: time.Hour, timed: true, keyed: true, batch: 25,
	needs: "say what to look for, as in query: {from: brands}",
	topics: func(src *mention.Source, names [][]string) []string {
		var topics []string
		for _, tag := range src.In {
			topics = append(topics, "#"+strings.TrimPrefix(tag, "#"))
		}
		for _, group := range names {
			for _, n := range group {
				if strings.ContainsAny(n[:1], "@#$") {
					topics = append(topics, n)
				} else {
					topics = append(topics, `"`+n+`"`)
				}
			}
		}
		return topics
	},
	page:    blueskyPage,
	measure: blueskyMeasure,
}

type blueskyPost struct {
	URI    string `json:"uri"`
	Author struct {
		Handle string `json:"handle"`
	} `json:"author"`
	Record  blueskyRecord `json:"record"`
	Replies *float64      `json:"replyCount"`
	Reposts *float64      `json:"repostCount"`
	Likes   *float64      `json:"likeCount"`
	Quotes  *float64      `json:"quoteCount"`
	Indexed time.Time     `json:"indexedAt"`
}

// blueskyRecord is a post as its author wrote it down.
type blueskyRecord struct {
	Text    string    `json:"text"`
	Created time.Time `json:"createdAt"`
	Langs   []string  `json:"langs"`
	Tags    []string  `json:"tags"`
	Reply   *struct {
		Root   struct{ URI string } `json:"root"`
		Parent struct{ URI string } `json:"parent"`
	} `json:"reply"`
}

// mention is the post at a uri, of who has the profile. Authors may write any
// time: known, when it is not zero, is when the server knew of it at last.
func (r *blueskyRecord) mention(uri, profile string, known time.Time) mention.Mention {
	m := mention.Mention{
		ID: uri, Kind: mention.KindPost, GUID: uri, URL: blueskyURL(uri, profile),
		Text: tidyLines(shortenText(r.Text, maxText)), Published: r.Created, Thread: uri, Categories: r.Tags,
	}
	if m.Published.IsZero() || !known.IsZero() && m.Published.After(known) {
		m.Published = known
	}
	if len(r.Langs) > 0 {
		m.Lang = languageCode(r.Langs[0])
	}
	if r.Reply != nil {
		m.Kind, m.Thread, m.Parent = mention.KindComment, r.Reply.Root.URI, r.Reply.Parent.URI
	}
	return m
}

func blueskyPage(ctx context.Context, c *call) (*leaf, error) {
	header, err := blueskyLogin(ctx, c)
	if err != nil {
		return nil, err
	}
	params := url.Values{"q": {c.topic}, "sort": {"latest"}, "limit": {"100"}, "since": {c.from.UTC().Format(time.RFC3339)}}
	if !c.to.IsZero() {
		params.Set("until", c.to.UTC().Format(time.RFC3339))
	}
	if c.cursor != "" {
		params.Set("cursor", c.cursor)
	}
	var got struct {
		Cursor string        `json:"cursor"`
		Posts  []blueskyPost `json:"posts"`
	}
	a, err := c.get(ctx, "/xrpc/app.bsky.feed.searchPosts", params, header, &got)
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a, next: got.Cursor}
	if len(got.Posts) == 0 {
		l.next = ""
	}
	for i := range got.Posts {
		p := &got.Posts[i]
		m := p.Record.mention(p.URI, p.Author.Handle, p.Indexed)
		m.Author, m.Engagement = "@"+p.Author.Handle, sumOf(p.Replies, p.Reposts, p.Likes, p.Quotes)
		l.track(m.ID, p.URI)
		l.add(c, m)
	}
	return l, nil
}

// blueskyURL is where people see a post.
func blueskyURL(uri, handle string) string {
	key := uri[strings.LastIndexByte(uri, '/')+1:]
	if handle == "" || key == "" {
		return ""
	}
	return "https://bsky.app/profile/" + handle + "/post/" + key
}

func blueskyLogin(ctx context.Context, c *call) (http.Header, error) {
	token, err := c.session(func() (string, time.Duration, error) {
		body, err := json.Marshal(map[string]string{"identifier": c.src.User, "password": string(c.key)})
		if err != nil {
			return "", 0, err
		}
		a, err := c.raw(ctx, question{url: c.address("/xrpc/com.atproto.server.createSession", nil), accept: "application/json", json: body})
		if err != nil {
			return "", 0, err
		}
		var got struct {
			Token string `json:"accessJwt"`
		}
		err = c.decode(a, &got)
		return got.Token, time.Hour, err
	})
	if err != nil {
		return nil, err
	}
	return http.Header{"Authorization": {"Bearer " + string(token)}}, nil
}

func blueskyMeasure(ctx context.Context, c *call, ids []string) ([]mention.Metric, error) {
	header, err := blueskyLogin(ctx, c)
	if err != nil {
		return nil, err
	}
	var got struct {
		Posts []blueskyPost `json:"posts"`
	}
	if _, err := c.get(ctx, "/xrpc/app.bsky.feed.getPosts", url.Values{"uris": ids}, header, &got); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	var out []mention.Metric
	for i := range got.Posts {
		p := &got.Posts[i]
		given[p.URI] = true
		out = append(out, mention.Metric{ID: p.URI, Engagement: sumOf(p.Replies, p.Reposts, p.Likes, p.Quotes)})
	}
	return append(out, goneOf(ids, given)...), nil
}
