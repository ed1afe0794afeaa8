package crawler

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

// brandsOf are invented brands for sources that are asked for the watch list.
var brandsOf = []mention.Brand{
	{ID: "zorblax", Name: "Zorblax", Aliases: []string{"Zorblax Pharma"}, Handles: []string{"#zorblaxcares", "@zorblax"}},
}

// collectAPI makes a pass over a public API.
func (r *rig) collectAPI(src mention.Source, state *mention.SourceState) (got []mention.Mention, metrics []mention.Metric, err error) {
	r.t.Helper()
	c, err := New(src, Options{Egress: r.egress, Hosts: r.hosts, Now: r.clock, Brands: brandsOf})
	if err != nil {
		r.t.Fatal(err)
	}
	err = c.Collect(r.t.Context(), *state, func(b mention.Batch) error {
		got, metrics = append(got, b.Mentions...), append(metrics, b.Metrics...)
		r.sameAgain(src, b)
		if b.State != nil {
			*state = *b.State
		}
		if b.Capture != nil && strings.Contains(b.Capture.URL, "hush") {
			r.t.Errorf("the capture's address has the key: %s", b.Capture.URL)
		}
		return nil
	})
	return got, metrics, err
}

// sameAgain reads the capture of a batch again: it must give the same.
func (r *rig) sameAgain(src mention.Source, b mention.Batch) {
	r.t.Helper()
	if b.Capture == nil || src.Kind == mention.SourcePage {
		return
	}
	again, err := Reparse(r.t.Context(), src, b.Capture, Options{Egress: r.egress})
	if err != nil {
		r.t.Errorf("reparse: %v", err)
	}
	for _, m := range b.Mentions {
		i := slices.IndexFunc(again, func(x mention.Mention) bool { return x.ID == m.ID })
		if i < 0 {
			r.t.Errorf("the capture gives no %s again", m.ID)
			continue
		}
		again[i].Origin = m.Origin
		if diff := cmp.Diff(m, again[i]); diff != "" {
			r.t.Errorf("the capture gives another mention (-first +again)\n%s", diff)
		}
	}
}

func keyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// platformAnswers serves what a platform's documentation says it would, and
// notes the questions.
type platformAnswers struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func answering(t *testing.T, answer func(r *http.Request) any) *platformAnswers {
	t.Helper()
	p := &platformAnswers{}
	p.Server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r.URL.String())
		p.mu.Unlock()
		switch v := answer(r).(type) {
		case int:
			w.WriteHeader(v)
		case string:
			fmt.Fprint(w, v)
		default:
			json.NewEncoder(w).Encode(v)
		}
	})
	return p
}

type obj = map[string]any

// testTime is the clock's beginning of a [rig].
var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hoursAgo is a time before the rig's.
func hoursAgo(h float64) time.Time {
	return testTime.Add(-time.Duration(h * float64(time.Hour)))
}

func TestPlatforms(t *testing.T) {
	tests := []struct {
		name   string
		src    mention.Source
		keyed  bool
		answer func(r *http.Request) any
		want   mention.Mention // the first
		n      int             // over all
		asked  []string        // in the first questions
	}{
		{
			name: "hackernews", src: mention.Source{Kind: "hackernews", Query: mention.SourceQuery{Any: []string{"Zorblax"}}, Backfill: mention.Duration(24 * time.Hour)},
			answer: func(*http.Request) any {
				return obj{"hits": []obj{
					{"objectID": "41", "title": "Zorblax &amp; friends", "url": "https://x.test/a", "author": "ada", "points": 12, "num_comments": 3, "created_at_i": hoursAgo(1).Unix()},
					{"objectID": "42", "comment_text": "<p>I like <i>Zorblax</i>", "author": "bob", "story_id": 41, "parent_id": 40, "created_at_i": hoursAgo(2).Unix()},
				}}
			},
			want: mention.Mention{
				ID: "hn:41", Kind: "forum", GUID: "41", URL: "https://news.ycombinator.com/item?id=41", Title: "Zorblax & friends", Text: "https://x.test/a",
				Author: "ada", Published: hoursAgo(1), Engagement: new(float64(15)), Thread: "hn:41", Lang: "en",
			},
			n: 2, asked: []string{"/search_by_date?", "query=%22Zorblax%22", "tags=%28story%2Ccomment%29"},
		},
		{
			name: "reddit with a key", src: mention.Source{Kind: "reddit", User: "app", In: []string{"r/pharmacy"}}, keyed: true,
			answer: func(r *http.Request) any {
				if strings.HasSuffix(r.URL.Path, "/access_token") {
					if user, pass, _ := r.BasicAuth(); user != "app" || pass != "hush" || r.FormValue("grant_type") != "client_credentials" {
						return 401
					}
					return obj{"access_token": "tok", "expires_in": 3600}
				}
				if r.Header.Get("Authorization") != "Bearer tok" {
					return 401
				}
				return obj{"data": obj{"children": []obj{{"kind": "t3", "data": obj{
					"name": "t3_a", "title": "On Zorblax", "selftext": "It works", "author": "cy", "subreddit": "pharmacy", "permalink": "/r/pharmacy/comments/a/on/",
					"score": 5, "num_comments": 2, "created_utc": float64(hoursAgo(3).Unix()),
				}}}}}
			},
			want: mention.Mention{
				ID: "reddit:t3_a", Kind: "forum", GUID: "t3_a", URL: "https://www.reddit.com/r/pharmacy/comments/a/on/", Title: "On Zorblax", Text: "It works", Author: "cy",
				Channel: "r/pharmacy", Published: hoursAgo(3), Engagement: new(float64(7)), Thread: "reddit:t3_a",
			},
			n: 1, asked: []string{"/api/v1/access_token", "/r/pharmacy/new?"},
		},
		{
			name: "reddit without a key", src: mention.Source{Kind: "reddit", Query: mention.SourceQuery{From: "brands"}},
			answer: func(*http.Request) any {
				return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><author><name>/u/cy</name></author><category term="pharmacy" label="r/pharmacy"/><id>t3_a</id>
<link href="https://www.reddit.com/r/pharmacy/comments/a/on/"/><updated>` + hoursAgo(3).Format(time.RFC3339) + `</updated><published>` + hoursAgo(3).Format(time.RFC3339) + `</published><title>On Zorblax</title></entry></feed>`
			},
			want: mention.Mention{
				ID: "reddit:t3_a", Kind: "forum", GUID: "t3_a", URL: "https://www.reddit.com/r/pharmacy/comments/a/on/", Title: "On Zorblax", Author: "cy",
				Channel: "r/pharmacy", Categories: []string{"r/pharmacy"}, Published: hoursAgo(3), Thread: "reddit:t3_a",
			},
			n: 1, asked: []string{"/search.rss?", "q=%22Zorblax%22+OR+%22Zorblax+Pharma%22", "sort=new"},
		},
		{
			name: "mastodon", src: mention.Source{Kind: "mastodon", Query: mention.SourceQuery{From: "brands"}},
			answer: func(r *http.Request) any {
				if r.FormValue("max_id") != "" || !strings.HasSuffix(r.URL.Path, "/tag/zorblax") {
					return []obj{}
				}
				return []obj{{
					"id": "9", "uri": "https://m.test/users/di/statuses/9", "url": "https://m.test/@di/9", "created_at": hoursAgo(1), "language": "en", "content": "<p>Go #Zorblax</p>",
					"replies_count": 1, "reblogs_count": 2, "favourites_count": 4, "visibility": "public", "account": obj{"acct": "di"}, "tags": []obj{{"name": "zorblax"}},
				}}
			},
			want: mention.Mention{
				ID: "mastodon:https://m.test/users/di/statuses/9", Kind: "post", GUID: "https://m.test/users/di/statuses/9", URL: "https://m.test/@di/9", Text: "Go #Zorblax",
				Author: "@di", Lang: "en", Categories: []string{"#zorblax"}, Published: hoursAgo(1), Engagement: new(float64(7)),
			},
			n: 1, asked: []string{"/api/v1/timelines/tag/zorblax?limit=40", "/tag/zorblaxpharma", "/tag/zorblaxcares"},
		},
		{
			name: "bluesky", src: mention.Source{Kind: "bluesky", User: "us.test", Query: mention.SourceQuery{Any: []string{"Zorblax"}}, Backfill: mention.Duration(24 * time.Hour)}, keyed: true,
			answer: func(r *http.Request) any {
				if r.Method == http.MethodPost {
					var in map[string]string
					json.NewDecoder(r.Body).Decode(&in)
					if in["identifier"] != "us.test" || in["password"] != "hush" {
						return 401
					}
					return obj{"accessJwt": "jwt"}
				}
				if r.Header.Get("Authorization") != "Bearer jwt" {
					return 401
				}
				return obj{"posts": []obj{{
					"uri": "at://did:plc:x/app.bsky.feed.post/3k", "author": obj{"handle": "ed.test"}, "replyCount": 0, "repostCount": 1, "likeCount": 2, "quoteCount": 0,
					"record": obj{
						"text": "Zorblax!", "createdAt": hoursAgo(1), "langs": []string{"en-US"},
						"reply": obj{"root": obj{"uri": "at://r"}, "parent": obj{"uri": "at://p"}},
					}, "indexedAt": hoursAgo(1),
				}}}
			},
			want: mention.Mention{
				ID: "at://did:plc:x/app.bsky.feed.post/3k", Kind: "comment", GUID: "at://did:plc:x/app.bsky.feed.post/3k", URL: "https://bsky.app/profile/ed.test/post/3k", Text: "Zorblax!",
				Author: "@ed.test", Lang: "en", Published: hoursAgo(1), Engagement: new(float64(3)), Thread: "at://r", Parent: "at://p",
			},
			n: 1, asked: []string{"createSession", "searchPosts?", "q=%22Zorblax%22", "since=2026-02-28"},
		},
		{
			name: "youtube channel", src: mention.Source{Kind: "youtube", In: []string{"UCx"}, Backfill: mention.Duration(24 * time.Hour)},
			answer: func(*http.Request) any {
				return `<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom"><title>Chan</title><entry><id>yt:video:v1</id><yt:videoId>v1</yt:videoId>
<title>Zorblax explained</title><link rel="alternate" href="https://www.youtube.com/watch?v=v1"/><author><name>Chan</name></author><published>` + hoursAgo(5).Format(time.RFC3339) + `</published></entry></feed>`
			},
			want: mention.Mention{ID: "yt:v1", Kind: "video", GUID: "yt:video:v1", URL: "https://www.youtube.com/watch?v=v1", Title: "Zorblax explained", Author: "Chan", Published: hoursAgo(5)},
			n:    1, asked: []string{"/feeds/videos.xml?channel_id=UCx"},
		},
		{
			name: "youtube comments", src: mention.Source{Kind: "youtube", In: []string{"UCx"}, Backfill: mention.Duration(24 * time.Hour)}, keyed: true,
			answer: func(r *http.Request) any {
				if r.URL.Path == "/feeds/videos.xml" {
					return feedHead + "</channel></rss>"
				}
				if r.Header.Get("X-Goog-Api-Key") != "hush" {
					return 403
				}
				return obj{"items": []obj{{
					"snippet": obj{"videoId": "v1", "topLevelComment": obj{"id": "c1", "snippet": obj{"textOriginal": "Nice", "authorDisplayName": "@fi", "likeCount": 3, "publishedAt": hoursAgo(2)}}},
					"replies": obj{"comments": []obj{{"id": "c1.r", "snippet": obj{"textOriginal": "No", "authorDisplayName": "@go", "parentId": "c1", "publishedAt": hoursAgo(1)}}}},
				}}}
			},
			want: mention.Mention{
				ID: "yt:comment:c1", Kind: "comment", GUID: "c1", URL: "https://www.youtube.com/watch?v=v1&lc=c1", Text: "Nice", Author: "@fi", Published: hoursAgo(2),
				Engagement: new(float64(3)), Thread: "yt:v1", Parent: "yt:v1",
			},
			n: 2, asked: []string{"/feeds/videos.xml", "/youtube/v3/commentThreads?", "allThreadsRelatedToChannelId=UCx"},
		},
		{
			name: "gdelt", src: mention.Source{Kind: "gdelt", Query: mention.SourceQuery{From: "brands"}, Backfill: mention.Duration(24 * time.Hour)},
			answer: func(*http.Request) any {
				return obj{"articles": []obj{{
					"url": "https://n.test/a?utm_source=x", "title": "Zorblax recalls pills , shares fall", "seendate": hoursAgo(1).Format("20060102T150405Z"),
					"domain": "n.test", "language": "English", "sourcecountry": "United States",
				}}}
			},
			want: mention.Mention{Kind: "news", URL: "https://n.test/a?utm_source=x", Title: "Zorblax recalls pills, shares fall", Published: hoursAgo(1), Lang: "en"},
			n:    1, asked: []string{"/api/v2/doc/doc?", "query=%28%22Zorblax%22+OR+%22Zorblax+Pharma%22%29", "mode=ArtList"},
		},
		{
			name: "googlenews", src: mention.Source{Kind: "googlenews", Lang: "de", Country: "ch", Query: mention.SourceQuery{From: "brands"}, Backfill: mention.Duration(24 * time.Hour)},
			answer: func(*http.Request) any {
				return feedHead + `<item><title>Zorblax wächst - Der Bote</title><link>https://news.google.com/rss/articles/CBM</link><guid isPermaLink="false">CBM</guid><pubDate>` + hoursAgo(2).Format(time.RFC1123Z) +
					`</pubDate><description>&lt;a href="x"&gt;Zorblax&lt;/a&gt;</description></item></channel></rss>`
			},
			want: mention.Mention{Kind: "news", GUID: "CBM", URL: "https://news.google.com/rss/articles/CBM", Title: "Zorblax wächst", Author: "Der Bote", Published: hoursAgo(2), Lang: "de", Country: "ch"},
			n:    1, asked: []string{"/rss/search?", "ceid=CH%3Ade", "after%3A2026-02-28"},
		},
		{
			name: "appstore", src: mention.Source{Kind: "appstore", Country: "de", In: []string{"77"}},
			answer: func(r *http.Request) any {
				if !strings.Contains(r.URL.Path, "/page=1/") {
					return obj{"feed": obj{}}
				}
				label := func(s string) obj { return obj{"label": s} }
				return obj{"feed": obj{"entry": []obj{
					{"id": label("1"), "title": label("The app")},
					{
						"id": label("5"), "title": label("Gut"), "content": label("Sehr gut"), "im:rating": label("4"), "im:voteCount": label("2"),
						"updated": label("2026-03-01T03:00:00-07:00"), "author": obj{"name": label("hu")},
					},
				}}}
			},
			want: mention.Mention{
				ID: "appstore:5", Kind: "review", GUID: "5", URL: "https://apps.apple.com/de/app/id77?see-all=reviews#5", Title: "Gut", Text: "Sehr gut", Author: "hu",
				Rating: new(float64(4)), Engagement: new(float64(2)), Channel: "app 77", Country: "de", Published: hoursAgo(2),
			},
			n: 1, asked: []string{"/de/rss/customerreviews/page=1/id=77/sortby=mostrecent/json", "/page=2/"},
		},
		{
			name: "openfda", src: mention.Source{Kind: "openfda", Query: mention.SourceQuery{From: "brands"}, Backfill: mention.Duration(24 * time.Hour)},
			answer: func(r *http.Request) any {
				if strings.HasPrefix(r.URL.Path, "/drug/enforcement") {
					return 404
				}
				return obj{"results": []obj{{
					"safetyreportid": "100", "receivedate": "20260228", "occurcountry": "US", "seriousnesshospitalization": "1",
					"patient": obj{"reaction": []obj{{"reactionmeddrapt": "Headache"}}, "drug": []obj{{"medicinalproduct": "ZORBLAX", "drugcharacterization": "1", "drugindication": "PAIN"}}},
				}}}
			},
			want: mention.Mention{
				ID: "openfda:drug/event:100", Kind: "other", GUID: "100", URL: "https://api.fda.gov/drug/event.json?search=safetyreportid:100", Lang: "en", Title: "Adverse event report: headache",
				Text: "Report 100: headache. Suspect: ZORBLAX (for pain). Outcome: hospitalisation.", Published: hoursAgo(36), Country: "us", Channel: "FAERS",
			},
			n: 1, asked: []string{"/drug/event.json?", "receivedate%3Adesc", "/drug/enforcement.json?"},
		},
		{
			name: "pubmed", src: mention.Source{Kind: "pubmed", Query: mention.SourceQuery{From: "brands"}, Backfill: mention.Duration(24 * time.Hour)}, keyed: true,
			answer: func(r *http.Request) any {
				if r.FormValue("api_key") != "hush" {
					return 400
				}
				if strings.HasSuffix(r.URL.Path, "/esearch.fcgi") {
					return obj{"esearchresult": obj{"count": "1", "idlist": []string{"777"}}}
				}
				return `<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>777</PMID><Article><Journal><Title>J Inv</Title></Journal>
<ArticleTitle>Zorblax in <i>mice</i></ArticleTitle><Abstract><AbstractText Label="METHODS">We &lt;1 asked.</AbstractText></Abstract><AuthorList><Author><LastName>Li</LastName><ForeName>A</ForeName></Author></AuthorList><Language>eng</Language></Article></MedlineCitation>
<PubmedData><History><PubMedPubDate PubStatus="entrez"><Year>2026</Year><Month>3</Month><Day>1</Day><Hour>6</Hour><Minute>0</Minute></PubMedPubDate></History></PubmedData></PubmedArticle></PubmedArticleSet>`
			},
			want: mention.Mention{
				ID: "pmid:777", Kind: "other", GUID: "777", URL: "https://pubmed.ncbi.nlm.nih.gov/777/", Title: "Zorblax in mice", Text: "METHODS: We <1 asked.", Author: "A Li",
				Channel: "J Inv", Published: hoursAgo(6), Lang: "en",
			},
			n: 1, asked: []string{"/esearch.fcgi?", "/efetch.fcgi?"},
		},
		{
			name: "clinicaltrials", src: mention.Source{Kind: "clinicaltrials", Query: mention.SourceQuery{From: "brands"}, Backfill: mention.Duration(24 * time.Hour)},
			answer: func(*http.Request) any {
				return obj{"studies": []obj{{"protocolSection": obj{
					"identificationModule": obj{"nctId": "NCT01", "briefTitle": "Zorblax in Adults"}, "descriptionModule": obj{"briefSummary": "A study."}, "conditionsModule": obj{"conditions": []string{"Pain"}},
					"statusModule":               obj{"overallStatus": "NOT_YET_RECRUITING", "studyFirstPostDateStruct": obj{"date": "2026-02-01"}, "lastUpdatePostDateStruct": obj{"date": "2026-02-28"}},
					"sponsorCollaboratorsModule": obj{"leadSponsor": obj{"name": "Zorblax"}},
				}}}}
			},
			want: mention.Mention{
				ID: "nct:NCT01", Kind: "other", GUID: "NCT01", URL: "https://clinicaltrials.gov/study/NCT01", Lang: "en", Title: "Zorblax in Adults", Text: "A study.\nStatus: not yet recruiting",
				Author: "Zorblax", Categories: []string{"Pain"}, Published: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Updated: time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC), Origin: "backfill",
			},
			n: 1, asked: []string{"/studies?", "query.term=%22Zorblax%22+OR+%22Zorblax+Pharma%22"},
		},
	}
	covered := map[mention.SourceKind]bool{"feed": true, "site": true, "page": true, "drop": true}
	for _, tt := range tests {
		covered[tt.src.Kind] = true
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			p := answering(t, tt.answer)
			src := tt.src
			src.ID, src.URL = "s", p.URL
			if tt.keyed {
				src.KeyFile = keyFile(t)
			}
			var state mention.SourceState
			got, _, err := r.collectAPI(src, &state)
			if err != nil || len(got) != tt.n {
				t.Fatalf("%d mentions, want %d; error %v; asked %q", len(got), tt.n, err, p.asked)
			}
			want := tt.want
			want.Source, want.Origin = "s", mention.Origin(firstNonEmpty(string(want.Origin), "collect"))
			if !want.Published.IsZero() && testTime.Sub(want.Published) > freshAge {
				want.Origin = mention.OriginBackfill
			}
			Identify(&want)
			if tt.want.ID != "" {
				want.ID = tt.want.ID
			}
			if diff := cmp.Diff(want, got[0]); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			all := strings.Join(p.asked, "\n")
			for _, part := range tt.asked {
				if !strings.Contains(all, part) {
					t.Errorf("nobody asked %q, but\n%s", part, all)
				}
			}
			if again, _, err := r.collectAPI(src, &state); err != nil || len(again) != 0 {
				t.Errorf("a second pass brings %d mentions, %v", len(again), err)
			}
		})
	}
	for _, k := range kinds() {
		if k.platform != nil && !covered[k.name] {
			t.Errorf("kind %s has no case", k.name)
		}
	}
}

// manyHits answers as Hacker News does of n stories, one an hour, newest first.
func manyHits(n int) func(r *http.Request) any {
	return func(r *http.Request) any {
		from, to := int64(0), int64(1)<<60
		for f := range strings.SplitSeq(r.FormValue("numericFilters"), ",") {
			if v, ok := strings.CutPrefix(f, "created_at_i>="); ok {
				from, _ = strconv.ParseInt(v, 10, 64)
			}
			if v, ok := strings.CutPrefix(f, "created_at_i<="); ok {
				to, _ = strconv.ParseInt(v, 10, 64)
			}
		}
		hits := []obj{}
		for i := range n {
			at := hoursAgo(float64(i)).Unix()
			if at >= from && at <= to && len(hits) < hackerNewsPerPage {
				hits = append(hits, obj{"objectID": strconv.Itoa(i), "title": fmt.Sprintf("story %d", i), "created_at_i": at})
			}
		}
		return obj{"hits": hits}
	}
}

func TestHistoryIsReadInPieces(t *testing.T) {
	r := newRig(t)
	p := answering(t, manyHits(1000))
	src := mention.Source{ID: "s", Kind: "hackernews", URL: p.URL, Query: mention.SourceQuery{Text: "Zorblax"}, Pages: 2, Backfill: mention.Duration(500 * time.Hour)}
	seen := map[string]bool{}
	var state mention.SourceState
	for pass := range 8 {
		before := len(p.asked)
		got, _, err := r.collectAPI(src, &state)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(p.asked) - before; n > src.Pages {
			t.Errorf("pass %d asked for %d pages, want at most %d", pass, n, src.Pages)
		}
		for _, m := range got {
			if seen[m.ID] {
				t.Errorf("%s came twice", m.ID)
			}
			seen[m.ID] = true
		}
	}
	if len(seen) != 501 {
		t.Errorf("%d mentions, want the 501 of the last 500 hours", len(seen))
	}
	if n := len(recall[apiCursor](state.Cursor).Trails["Zorblax"].Gaps); n != 0 {
		t.Errorf("%d gaps are left", n)
	}
}

func TestAnAPIThatWantsRestIsGoneOnWith(t *testing.T) {
	r := newRig(t)
	tired := true
	hits := manyHits(300)
	p := answering(t, nil)
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		p.asked = append(p.asked, req.URL.String())
		if tired && len(p.asked) == 3 {
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.Header().Set("X-RateLimit-Remaining", "7")
		json.NewEncoder(w).Encode(hits(req))
	})
	src := mention.Source{ID: "s", Kind: "hackernews", URL: p.URL, Query: mention.SourceQuery{Text: "Zorblax"}, Backfill: mention.Duration(300 * time.Hour)}
	var state mention.SourceState
	first, _, err := r.collectAPI(src, &state)
	if err == nil || state.ErrorClass != "status_429" || state.NotBefore.Sub(r.now) < 9*time.Minute {
		t.Fatalf("error %v, state %+v", err, state)
	}
	if _, _, err := r.collectAPI(src, &state); err == nil || len(p.asked) != 3 {
		t.Errorf("asked %d times while it wanted rest, %v", len(p.asked), err)
	}
	tired = false
	r.sleep(11 * time.Minute)
	second, _, err := r.collectAPI(src, &state)
	if err != nil || len(first)+len(second) != 300 {
		t.Errorf("%d and %d mentions, want 300 in all; %v", len(first), len(second), err)
	}
}

func TestALimitThatIsSpentIsKept(t *testing.T) {
	r := newRig(t)
	p := answering(t, nil)
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Ratelimit-Remaining", "0.0")
		w.Header().Set("X-Ratelimit-Reset", "300")
		fmt.Fprint(w, `{"hits":[]}`)
	})
	src := mention.Source{ID: "s", Kind: "hackernews", URL: p.URL, Query: mention.SourceQuery{Any: []string{"a", "b"}}}
	var state mention.SourceState
	if _, _, err := r.collectAPI(src, &state); err == nil || state.ErrorClass != ClassHeld || state.Next.Sub(r.now) < 4*time.Minute {
		t.Errorf("error %v, state %+v", err, state)
	}
}

func TestEngagementIsReadAgain(t *testing.T) {
	r := newRig(t)
	points, there := 1, true
	p := answering(t, func(req *http.Request) any {
		hit := obj{"objectID": "41", "title": "story", "points": points, "created_at_i": testTime.Unix()}
		if strings.Contains(req.FormValue("tags"), "story_41") && !there {
			return obj{"hits": []obj{}}
		}
		return obj{"hits": []obj{hit}}
	})
	src := mention.Source{ID: "s", Kind: "hackernews", URL: p.URL, Query: mention.SourceQuery{Text: "x"}, Backfill: mention.Duration(time.Hour)}
	var state mention.SourceState
	if got, _, err := r.collectAPI(src, &state); err != nil || len(got) != 1 || *got[0].Engagement != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	for i, age := range rereadAges {
		r.now = testTime.Add(age + time.Minute)
		points, there = 10*(i+1), i < 3
		_, metrics, err := r.collectAPI(src, &state)
		if err != nil || len(metrics) != 1 || metrics[0].ID != "hn:41" {
			t.Fatalf("after %s: %+v, %v", age, metrics, err)
		}
		if m := metrics[0]; m.Gone != !there || there && *m.Engagement != float64(points) {
			t.Errorf("after %s: %+v, want %d", age, m, points)
		}
	}
	if left := recall[apiCursor](state.Cursor).Watch; len(left) != 0 {
		t.Errorf("still watched: %+v", left)
	}
}

func TestSecretsStaySecret(t *testing.T) {
	r := newRig(t)
	s := secret("hush")
	if text := fmt.Sprintf("%s %v %+v %#v %q", s, s, s, s, s); strings.Contains(text, "hush") {
		t.Errorf("it prints: %s", text)
	}
	if data, _ := json.Marshal(struct{ Key secret }{s}); strings.Contains(string(data), "hush") {
		t.Errorf("it marshals: %s", data)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	src := mention.Source{ID: "s", Kind: "pubmed", URL: gone.URL, KeyFile: keyFile(t), Query: mention.SourceQuery{Text: "x"}}
	var state mention.SourceState
	_, _, err := r.collectAPI(src, &state)
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, state), "hush") {
		t.Errorf("error %v, state %+v", err, state)
	}
	src.KeyFile = filepath.Join(t.TempDir(), "none")
	if _, _, err := r.collectAPI(src, &state); err == nil || state.ErrorClass != ClassSecret {
		t.Errorf("without its key: %v", err)
	}
}

func TestKindsSayWhatTheyNeed(t *testing.T) {
	for _, tt := range []struct {
		src  mention.Source
		want string
	}{
		{mention.Source{ID: "a", Kind: "feed"}, "url is missing"},
		{mention.Source{ID: "a", Kind: "hackernewz"}, "did you mean hackernews?"},
		{mention.Source{ID: "a", Kind: "hackernews"}, "query: {from: brands}"},
		{mention.Source{ID: "a", Kind: "mastodon"}, "address of the instance"},
		{mention.Source{ID: "a", Kind: "bluesky", Query: mention.SourceQuery{Text: "x"}}, "key_file is missing"},
		{mention.Source{ID: "a", Kind: "hackernews", Query: mention.SourceQuery{From: "brand"}}, "is not brands"},
		{mention.Source{ID: "a", Kind: "feed", URL: "https://x.test/", Query: mention.SourceQuery{Text: "x"}}, "query and in are for public APIs"},
	} {
		if text := fmt.Sprint(Faults(&tt.src)); !strings.Contains(text, tt.want) {
			t.Errorf("Faults(%+v) = %s, want %q in it", tt.src, text, tt.want)
		}
	}
}
