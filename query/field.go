package query

import "strings"

// The limits of the language.
const (
	MaxBytes    = 32768 // of a query
	MaxClauses  = 1024  // words, phrases and field values, each counting 1
	MaxDepth    = 32    // parentheses inside each other
	MaxPatterns = 64    // wildcard and fuzzy words in a query
	MaxWords    = 32    // in a phrase
	MaxNumber   = 100   // n of NEAR/n, "…"~n, REPEAT/n
	MaxWildcard = 3     // wildcards in one word
	MaxTerms    = 4096  // terms of an index that one wildcard or fuzzy word may stand for
)

// The values of flag:. Of the last two a mention has at most one: they tell
// why it has no sentiment of those that sentiment: finds.
const (
	FlagOwn         = "own_channel"          // a brand says it itself
	FlagStarred     = "starred"              // by people
	FlagSafety      = "safety"               // looks like an adverse event
	FlagUnsupported = "unsupported_language" // not scored: no model for its language
	FlagUnscored    = "unscored"             // not scored for another reason
)

// A fieldKind says what a field takes.
type fieldKind uint8

const (
	fieldText    fieldKind = iota + 1 // title, text
	fieldAddress                      // url, link
	fieldKeyword
	fieldNumber
	fieldTime
	fieldRaw
)

// The fields by name, and what else names stand for. The keyword fields, which
// compare values, have their place in keywordFields as number.
var (
	fields = map[string]fieldKind{
		"title": fieldText, "text": fieldText, "url": fieldAddress, "link": fieldAddress,
		"score": fieldNumber, "engagement": fieldNumber, "reach": fieldNumber, "rating": fieldNumber,
		"published": fieldTime, "time": fieldTime, "raw": fieldRaw,
		"site": fieldKeyword, "author": fieldKeyword, "lang": fieldKeyword, "country": fieldKeyword, "kind": fieldKeyword,
		"source": fieldKeyword, "channel": fieldKeyword, "brand": fieldKeyword, "product": fieldKeyword, "entity": fieldKeyword,
		"label": fieldKeyword, "tag": fieldKeyword, "sentiment": fieldKeyword, "story": fieldKeyword, "thread": fieldKeyword,
		"guid": fieldKeyword, "id": fieldKeyword, "activity": fieldKeyword, "toward": fieldKeyword, "flag": fieldKeyword,
		"question": fieldKeyword,
	}
	keywordFields = [...]string{
		"site", "author", "lang", "country", "kind", "source", "channel", "brand", "product", "entity", "label", "tag",
		"sentiment", "story", "thread", "guid", "id", "activity", "toward", "flag", "question",
	}
	aliases = map[string]string{
		"headline": "title", "intitle": "title", "alltitle": "title",
		"body": "text", "content": "text", "message": "text", "intext": "text",
		"domain": "site", "host": "site", "inurl": "url", "links": "link", "from": "author", "handle": "author",
		"language": "lang", "sourcelang": "lang", "sourcecountry": "country",
		"sourcetype": "kind", "pagetype": "kind", "pageType": "kind", "tags": "tag", "category": "label",
		"threadId": "thread", "conversation_id": "thread", "subreddit": "channel", "channelId": "channel",
		"date": "published", "cluster": "story", "tone": "score",
	}
	sigilFields = map[string]string{"hashtag": "#", "hashtags": "#", "at_mentions": "@", "mentions": "@", "cashtag": "$"}
	fieldValues = map[string][]string{
		"sentiment": {"positive", "negative", "neutral", "mixed"},
		"kind":      {"news", "post", "blog", "forum", "review", "release", "page", "comment", "video", "other"},
		"flag":      {FlagOwn, FlagStarred, FlagSafety, FlagUnsupported, FlagUnscored},
	}
)

// notCollected are fields of other tools for which no source gives data, and
// why there is none.
var notCollected = map[string]string{
	"gender": whyPerson, "authorgender": whyPerson, "age": whyPerson, "interest": whyPerson, "profession": whyPerson,
	"userbio": whyPerson, "verified": whyPlatform, "authorverified": whyPlatform, "authorverifiedtype": whyPlatform,
	"followers": whyPlatform, "authorfollowers": whyPlatform, "authorid": whyPlatform,
	"imagetype": whyImage, "image": whyImage, "logo": whyImage, "hasimage": whyImage,
	"engagementtype": whyPlatform, "engagingwith": whyPlatform, "parentpostid": whyPlatform, "rootpostid": whyPlatform,
	"taggeduser": whyPlatform, "taggedusers": whyPlatform, "retweets_of": whyPlatform, "to": whyPlatform, "is": whyPlatform,
	"has": whyPlatform, "pageid": whyPlatform,
	"continent": whyPlace, "region": whyPlace, "city": whyPlace, "state": whyPlace, "latitude": whyPlace,
	"longitude": whyPlace, "location": whyPlace,
	"minuteofday": whyOther, "theme": whyOther, "noisecategory": whyOther, "emotion": whyOther, "virality": whyOther,
	"impressions": whyReach, "reachestimate": whyReach,
}

const (
	whyPerson   = "sources say nothing reliable about the person, so a count would be wrong"
	whyPlatform = "only the platform itself has it, so a count would be wrong"
	whyImage    = "pictures are not read"
	whyPlace    = "places below the country are not known; try country:"
	whyOther    = "no source delivers it, so a count would be wrong"
	whyReach    = "reach is told only where a source measured it; try reach: or engagement:"
)

// fieldNames returns every name that a query may use.
func fieldNames() []string {
	names := make([]string, 0, len(fields)+len(aliases)+len(sigilFields))
	for n := range fields {
		names = append(names, n)
	}
	for n := range aliases {
		names = append(names, n)
	}
	for n := range sigilFields {
		names = append(names, n)
	}
	return names
}

// keywordIndex returns the number of a keyword field.
func keywordIndex(field string) int {
	for i, f := range keywordFields {
		if f == field {
			return i
		}
	}
	return -1
}

// trimHost cuts what does not tell one site from another.
func trimHost[T string | []byte](host T) T {
	for _, p := range [...]string{"www.", "m.", "amp.", "mobile."} {
		if len(host) >= len(p) && string(host[:len(p)]) == p {
			return host[len(p):]
		}
	}
	return host
}

// primaryLang returns the language of a tag like en-US.
func primaryLang(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		return tag[:i]
	}
	return tag
}
