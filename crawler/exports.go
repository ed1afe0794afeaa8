package crawler

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"earshot/mention"
)

const plainFormat = "plain"

// A format is how another tool names the columns of its exports.
type format struct {
	name   string
	signs  []string            // columns that together only this tool has
	fields map[string][]string // by field: columns, the first that is not empty counts
	sums   map[string][]string // by field: columns that are added up
	kinds  map[string]mention.Kind
	scale  float64 // of a sentiment that is a number; 0 for words
}

// formats are the exports that are known. All names are in lower case.
func formats() []format {
	social := map[string]mention.Kind{
		"blog": mention.KindBlog, "blogs": mention.KindBlog, "news": mention.KindNews, "online news": mention.KindNews, "onlinenews": mention.KindNews, "print": mention.KindNews,
		"newspaper": mention.KindNews, "magazine": mention.KindNews, "tv": mention.KindNews, "radio": mention.KindNews, "broadcast": mention.KindNews, "podcast": mention.KindOther,
		"forum": mention.KindForum, "forums": mention.KindForum, "message board": mention.KindForum, "reddit": mention.KindForum,
		"review": mention.KindReview, "reviews": mention.KindReview, "product reviews": mention.KindReview,
		"twitter": mention.KindPost, "x": mention.KindPost, "facebook": mention.KindPost, "facebook public": mention.KindPost, "instagram": mention.KindPost,
		"instagram public": mention.KindPost, "linkedin": mention.KindPost, "tumblr": mention.KindPost, "threads": mention.KindPost, "bluesky": mention.KindPost,
		"social": mention.KindPost, "socialmedia": mention.KindPost, "youtube": mention.KindVideo, "video": mention.KindVideo, "tiktok": mention.KindVideo,
		"comment": mention.KindComment, "comments": mention.KindComment, "press release": mention.KindRelease,
		"reel": mention.KindVideo, "reels": mention.KindVideo, "photo": mention.KindPost, "photos": mention.KindPost, "link": mention.KindPost, "links": mention.KindPost,
		"status": mention.KindPost, "text": mention.KindPost,
	}
	return []format{
		{
			name: "brandwatch", signs: []string{"query name", "snippet", "page type"},
			fields: map[string][]string{
				"title": {"title"}, "text": {"full text", "snippet"}, "url": {"url", "original url"}, "published": {"date", "added"}, "author": {"author", "full name"},
				"sentiment": {"sentiment"}, "lang": {"language"}, "country": {"country code"}, "kind": {"content source", "page type", "content source name"},
				"site": {"domain"}, "guid": {"resource id", "mention id"}, "thread": {"thread id"}, "channel": {"subreddit"},
				"reach": {"reach (new)", "reach"}, "rating": {"rating"}, "engagement": {"total engagement", "engagement score"},
			},
			sums: map[string][]string{"engagement": {
				"likes", "comments", "shares", "twitter likes", "twitter retweets", "twitter replies", "x likes", "x reposts", "x replies", "facebook likes", "facebook comments", "facebook shares",
				"instagram likes", "instagram comments", "reddit score", "reddit comments", "linkedin likes", "linkedin comments", "linkedin shares",
			}},
			kinds: social,
		},
		{
			name: "talkwalker", signs: []string{"content_snippet", "root_url", "published"},
			fields: map[string][]string{
				"title": {"title", "title_snippet"}, "text": {"content", "content_snippet"}, "url": {"url"}, "published": {"published", "indexed"},
				"author": {"extra_author_attributes.name", "author", "extra_author_attributes.short_name"}, "sentiment": {"sentiment"}, "lang": {"lang"}, "kind": {"post_type", "source_type"},
				"country": {"extra_article_attributes.world_data.country_code", "extra_source_attributes.world_data.country_code", "country_code"},
				"reach":   {"reach"}, "engagement": {"engagement"}, "thread": {"parent_url"}, "guid": {"external_id"}, "rating": {"article_extended_attributes.rating"},
			},
			kinds: social, scale: 5,
		},
		{
			name: "meltwater", signs: []string{"hit sentence", "input name"},
			fields: map[string][]string{
				"title": {"headline", "title"}, "text": {"full text", "opening text", "hit sentence"}, "url": {"url"}, "published": {"date", "alternate date format"},
				"author": {"influencer", "author name", "twitter screen name", "author handle"}, "sentiment": {"sentiment"}, "lang": {"language"}, "country": {"country code", "country"},
				"kind": {"source type", "information type", "content type"}, "reach": {"reach"}, "engagement": {"engagement"}, "guid": {"document id"}, "channel": {"source", "source name"},
			},
			kinds: social,
		},
		{
			name: "meta", signs: []string{"permalink", "publish time"},
			fields: map[string][]string{
				"title": {"title"}, "text": {"description", "custom labels"}, "url": {"permalink"}, "published": {"publish time"}, "author": {"page name", "account name", "account username"},
				"kind": {"post type"}, "guid": {"post id"}, "reach": {"reach", "impressions", "views"}, "engagement": {"reactions, comments and shares"},
			},
			sums: map[string][]string{"engagement": {"reactions", "likes", "comments", "shares", "saves"}}, kinds: social,
		},
		{
			name: "meta-comments", signs: []string{"comment id", "comment text"},
			fields: map[string][]string{
				"text": {"comment text"}, "url": {"comment permalink", "permalink"}, "published": {"comment time", "created time"}, "author": {"author", "user name"},
				"guid": {"comment id"}, "thread": {"post id"}, "engagement": {"likes", "like count"},
			},
			kinds: social,
		},
		{
			name: "meta-library", signs: []string{"creation_time", "text", "post_owner.name"},
			fields: map[string][]string{
				"text": {"text"}, "url": {"mcl_url", "url"}, "published": {"creation_time"}, "author": {"post_owner.name", "post_owner.username"}, "lang": {"lang"}, "guid": {"id"},
				"reach": {"statistics.views"}, "kind": {"content_type"},
			},
			sums:  map[string][]string{"engagement": {"statistics.reaction_count", "statistics.like_count", "statistics.comment_count", "statistics.share_count"}},
			kinds: social,
		},
		{
			name: "crowdtangle", signs: []string{"post created", "total interactions"},
			fields: map[string][]string{
				"title": {"title", "link text"}, "text": {"message", "description"}, "url": {"url"}, "published": {"post created", "post created date"}, "author": {"page name", "account", "user name"},
				"kind": {"type"}, "engagement": {"total interactions"}, "reach": {"post views"}, "guid": {"facebook id"},
			},
			kinds: social,
		},
	}
}

// Formats lists the exports of other tools whose columns are known.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

func formatOf(name string) (*format, bool) {
	list := formats()
	i := slices.IndexFunc(list, func(f format) bool { return f.name == name })
	if i < 0 {
		return nil, false
	}
	return &list[i], true
}

// guessFormat tells an export by its columns; nil for one that is not known.
func guessFormat(names []string) *format {
	for _, f := range formats() {
		if !slices.ContainsFunc(f.signs, func(s string) bool { return !slices.Contains(names, s) }) {
			return &f
		}
	}
	return nil
}

// fits reports a header that has a title or a text, and something else.
func (f *format) fits(names []string) bool {
	has := func(field string) bool {
		return slices.ContainsFunc(f.fields[field], func(c string) bool { return slices.Contains(names, c) })
	}
	n := 0
	for field := range f.fields {
		if has(field) {
			n++
		}
	}
	return n > 1 && (has("title") || has("text"))
}

// columns says where in a row the fields of a document are.
type columns struct {
	width  int
	fields map[string][]int
	sums   map[string][]int
	kinds  map[string]mention.Kind
	scale  float64
	plain  bool // cells hold what the fields do
}

// columns finds the columns of a format in a header. Those that were named
// win.
func (f *format) columns(names []string, named map[string]string) (*columns, error) {
	c := &columns{width: len(names), fields: map[string][]int{}, sums: map[string][]int{}, kinds: f.kinds, scale: f.scale}
	place := func(list []string) []int {
		var at []int
		for _, name := range list {
			if i := slices.Index(names, name); i >= 0 {
				at = append(at, i)
			}
		}
		return at
	}
	for field, list := range f.fields {
		c.fields[field] = place(list)
	}
	for field, list := range f.sums {
		c.sums[field] = place(list)
	}
	for field, column := range named {
		delete(c.sums, field)
		delete(c.fields, field)
		if column == "" {
			continue
		}
		i := slices.Index(names, strings.ToLower(strings.TrimSpace(column)))
		if i < 0 {
			return nil, noColumn(field, column, names)
		}
		c.fields[field] = []int{i}
	}
	return c, nil
}

func noColumn(field, column string, names []string) error {
	return fmt.Errorf("crawler: %s=%s: there is no column %q; there are: %s", field, column, column, strings.Join(names, ", "))
}

var listFields = map[string]bool{"brands": true, "products": true, "entities": true, "labels": true, "tags": true} //nolint:gochecknoglobals // a constant table

var numberFields = map[string]bool{"score": true, "engagement": true, "reach": true, "rating": true} //nolint:gochecknoglobals // a constant table

var plainFields = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"id": true, "guid": true, "title": true, "text": true, "url": true, "author": true, "published": true, "updated": true, "lang": true, "site": true, "country": true, "kind": true,
	"source": true, "channel": true, "thread": true, "sentiment": true, "story": true,
}

// plainColumns finds our own names, and those that were named.
func plainColumns(names []string, named map[string]string) (*columns, error) {
	c := &columns{width: len(names), fields: map[string][]int{}, plain: true}
	taken := map[int]bool{}
	for _, field := range slices.Sorted(maps.Keys(named)) {
		column := strings.ToLower(strings.TrimSpace(named[field]))
		if column == "" {
			c.fields[field] = nil
			continue
		}
		i := slices.Index(names, column)
		if i < 0 {
			return nil, noColumn(field, named[field], names)
		}
		c.fields[field] = []int{i}
		taken[i] = true
	}
	for i, name := range names {
		if _, done := c.fields[name]; !done && !taken[i] && (plainFields[name] || listFields[name] || numberFields[name]) {
			c.fields[name] = []int{i}
		}
	}
	for _, at := range c.fields {
		if len(at) > 0 {
			return c, nil
		}
	}
	return nil, fmt.Errorf("crawler: no column is a field of a document; name them, as in --map title=Headline; there are: %s", strings.Join(names, ", "))
}

// document makes a document of a row's cells.
func (c *columns) document(cells []string) (map[string]any, error) {
	doc := map[string]any{}
	for field, places := range c.fields {
		for _, i := range places {
			if i >= len(cells) {
				continue
			}
			cell := unquoted(cells[i])
			if cell == "" || !c.plain && missing(cell) {
				continue
			}
			if err := c.put(doc, field, cell); err != nil {
				return nil, err
			}
			break
		}
	}
	for field, places := range c.sums {
		if _, given := doc[field]; given {
			continue
		}
		sum, some := 0.0, false
		for _, i := range places {
			if i < len(cells) {
				if n := number(plainNumber(cells[i])); n != nil {
					sum, some = sum+*n, true
				}
			}
		}
		if some {
			doc[field] = json.Number(strconv.FormatFloat(sum, 'f', -1, 64))
		}
	}
	return doc, nil
}

func (c *columns) put(doc map[string]any, field, cell string) error {
	switch {
	case listFields[field]:
		doc[field] = strings.Split(cell, "; ")
	case numberFields[field]:
		text := plainNumber(cell)
		if number(text) == nil {
			return fmt.Errorf("%s %q is no number", field, cell)
		}
		doc[field] = json.Number(text)
	case c.plain:
		doc[field] = cell
	case field == "kind":
		if k, ok := c.kinds[strings.ToLower(cell)]; ok {
			doc[field] = string(k)
		}
	case field == "sentiment":
		c.sentiment(doc, cell)
	case field == "lang":
		if code := firstNonEmpty(languageByName[strings.ToLower(cell)], languageCode(cell)); code != "" {
			doc[field] = code
		}
	case field == "country":
		if len(cell) == 2 {
			doc[field] = strings.ToLower(cell)
		}
	default:
		doc[field] = cell
	}
	return nil
}

// sentiment reads what another tool found. A word that is none of ours leaves
// it to us.
func (c *columns) sentiment(doc map[string]any, cell string) {
	if n := number(cell); n != nil && c.scale > 0 {
		score := math.Max(-1, math.Min(1, *n/c.scale))
		doc["score"] = json.Number(strconv.FormatFloat(score, 'f', -1, 64))
		switch {
		case score > 0:
			cell = "positive"
		case score < 0:
			cell = "negative"
		default:
			cell = "neutral"
		}
	}
	switch word := strings.ToLower(cell); word {
	case mention.Positive, mention.Negative, mention.Neutral, mention.Mixed:
		doc["sentiment"] = word
	}
}

// missing reports the words that tools write where they have nothing.
func missing(cell string) bool {
	switch strings.ToLower(cell) {
	case "n/a", "na", "null", "none", "-", "nan", "unknown", "not rated", "not available":
		return true
	}
	return false
}

// plainNumber is a number without the marks between its thousands.
func plainNumber(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), "\u00a0", "")
}

// unquoted takes the apostrophe away that exports put before what would be
// read as a formula, also behind other apostrophes.
func unquoted(cell string) string {
	if !strings.HasPrefix(cell, "'") {
		return cell
	}
	if bare := strings.TrimLeft(cell, "'"); bare != "" && strings.IndexByte("=+-@\t\r", bare[0]) >= 0 {
		return cell[1:]
	}
	return cell
}
