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

const (
	youTubeOpen  = "https://www.youtube.com"
	youTubeKeyed = "https://www.googleapis.com"
)

// youTube is the newest videos of channels, by their feeds; with a key also
// what is said below them, and videos by search. A search costs a hundred
// times what a page of comments does, so it is made seldom.
var youTube = &platform{ //nolint:gochecknoglobals // a constant table
	base: youTubeOpen, wait: 2 * time.Hour, lag: 6 * time.Hour, timed: true, batch: 50,
	needs: "name channels, as in in: [UC…], or with a key what to look for, as in query: {from: brands}",
	topics: func(src *mention.Source, names [][]string) []string {
		var topics []string
		for _, channel := range src.In {
			topics = append(topics, "channel:"+channel)
			if src.SecretFile() != "" {
				topics = append(topics, "comments:"+channel)
			}
		}
		for _, group := range names {
			topics = append(topics, anyOf(plainNames(group), "|", 400)...)
		}
		return topics
	},
	page: youTubePage, topicOf: youTubeTopic,
	measure: youTubeMeasure,
}

func youTubePage(ctx context.Context, c *call) (*leaf, error) {
	if channel, ok := strings.CutPrefix(c.topic, "channel:"); ok {
		return youTubeFeed(ctx, c, channel)
	}
	if c.key == "" {
		return nil, &FetchError{URL: c.base, Class: ClassSecret, Err: errors.New("YouTube searches for nobody without a key")}
	}
	if channel, ok := strings.CutPrefix(c.topic, "comments:"); ok {
		return youTubeComments(ctx, c, channel)
	}
	return youTubeSearch(ctx, c)
}

// keyed turns the call to the host of the API, with the key in a header: it
// never stands in an address.
func (c *call) youTubeKeyed() http.Header {
	if c.base == youTubeOpen {
		c.base = youTubeKeyed
	}
	return http.Header{"X-Goog-Api-Key": {string(c.key)}}
}

func youTubeFeed(ctx context.Context, c *call, channel string) (*leaf, error) {
	return c.feed(ctx, "/feeds/videos.xml", url.Values{"channel_id": {channel}}, func(l *leaf, m *mention.Mention, _ *Item) {
		m.Kind = mention.KindVideo
		if id, ok := strings.CutPrefix(m.GUID, "yt:video:"); ok {
			m.ID = "yt:" + id
			if c.key != "" {
				l.track(m.ID, id)
			}
		}
	})
}

type youTubeComment struct {
	ID      string `json:"id"`
	Snippet struct {
		VideoID   string    `json:"videoId"`
		ParentID  string    `json:"parentId"`
		Text      string    `json:"textOriginal"`
		Display   string    `json:"textDisplay"`
		Author    string    `json:"authorDisplayName"`
		Likes     *float64  `json:"likeCount"`
		Published time.Time `json:"publishedAt"`
		Updated   time.Time `json:"updatedAt"`
	} `json:"snippet"`
}

func youTubeComments(ctx context.Context, c *call, channel string) (*leaf, error) {
	header := c.youTubeKeyed()
	params := url.Values{"part": {"snippet,replies"}, "allThreadsRelatedToChannelId": {channel}, "order": {"time"}, "maxResults": {"100"}, "textFormat": {"plainText"}}
	if c.cursor != "" {
		params.Set("pageToken", c.cursor)
	}
	var got struct {
		Next  string `json:"nextPageToken"`
		Items []struct {
			Snippet struct {
				VideoID string         `json:"videoId"`
				Top     youTubeComment `json:"topLevelComment"`
			} `json:"snippet"`
			Replies struct {
				Comments []youTubeComment `json:"comments"`
			} `json:"replies"`
		} `json:"items"`
	}
	a, err := c.get(ctx, "/youtube/v3/commentThreads", params, header, &got)
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a, next: got.Next}
	for i := range got.Items {
		t := &got.Items[i]
		video := firstNonEmpty(t.Snippet.VideoID, t.Snippet.Top.Snippet.VideoID)
		l.add(c, youTubeMention(&t.Snippet.Top, video))
		threads := l.oldest
		for j := range t.Replies.Comments {
			l.add(c, youTubeMention(&t.Replies.Comments[j], video))
		}
		l.oldest = threads // threads are in order of their first comment
	}
	return l, nil
}

func youTubeMention(y *youTubeComment, video string) mention.Mention {
	s := &y.Snippet
	m := mention.Mention{
		ID: "yt:comment:" + y.ID, Kind: mention.KindComment, GUID: y.ID, URL: youTubeOpen + "/watch?v=" + video + "&lc=" + y.ID,
		Text: plainText(firstNonEmpty(s.Text, s.Display)), Author: s.Author, Published: s.Published, Updated: s.Updated,
		Engagement: s.Likes, Thread: "yt:" + video, Parent: "yt:" + video,
	}
	if s.ParentID != "" {
		m.Parent = "yt:comment:" + s.ParentID
	}
	return m
}

func youTubeSearch(ctx context.Context, c *call) (*leaf, error) {
	header := c.youTubeKeyed()
	params := url.Values{
		"part": {"snippet"}, "type": {"video"}, "order": {"date"}, "maxResults": {"50"}, "q": {c.topic},
		"publishedAfter": {c.from.UTC().Format(time.RFC3339)},
	}
	if !c.to.IsZero() {
		params.Set("publishedBefore", c.to.UTC().Format(time.RFC3339))
	}
	if c.cursor != "" {
		params.Set("pageToken", c.cursor)
	}
	var got struct {
		Next  string `json:"nextPageToken"`
		Items []struct {
			ID struct {
				VideoID string `json:"videoId"`
			} `json:"id"`
			Snippet struct {
				Title, Description, ChannelTitle string
				PublishedAt                      time.Time
			} `json:"snippet"`
		} `json:"items"`
	}
	a, err := c.get(ctx, "/youtube/v3/search", params, header, &got)
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a, next: got.Next}
	for i := range got.Items {
		it := &got.Items[i]
		m := mention.Mention{
			ID: "yt:" + it.ID.VideoID, Kind: mention.KindVideo, GUID: "yt:video:" + it.ID.VideoID, URL: youTubeOpen + "/watch?v=" + it.ID.VideoID,
			Title: plainLine(it.Snippet.Title), Text: plainText(it.Snippet.Description), Author: it.Snippet.ChannelTitle,
			Published: it.Snippet.PublishedAt, Thread: "yt:" + it.ID.VideoID,
		}
		l.track(m.ID, it.ID.VideoID)
		l.add(c, m)
	}
	return l, nil
}

func youTubeMeasure(ctx context.Context, c *call, ids []string) ([]mention.Metric, error) {
	header := c.youTubeKeyed()
	var got struct {
		Items []struct {
			ID         string `json:"id"`
			Statistics struct {
				Views    *float64 `json:"viewCount,string"`
				Likes    *float64 `json:"likeCount,string"`
				Comments *float64 `json:"commentCount,string"`
			} `json:"statistics"`
		} `json:"items"`
	}
	if _, err := c.get(ctx, "/youtube/v3/videos", url.Values{"part": {"statistics"}, "id": {strings.Join(ids, ",")}}, header, &got); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	var out []mention.Metric
	for i := range got.Items {
		it := &got.Items[i]
		given[it.ID] = true
		out = append(out, mention.Metric{ID: it.ID, Engagement: sumOf(it.Statistics.Likes, it.Statistics.Comments), Reach: it.Statistics.Views})
	}
	return append(out, goneOf(ids, given)...), nil
}
