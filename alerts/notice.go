package alerts

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"earshot/mention"
)

// The types of notices.
const (
	TypeFiring    = "incident.firing"
	TypeUpdated   = "incident.updated" // more of the same, or still firing
	TypeResolved  = "incident.resolved"
	TypeDue       = "incident.due"       // a term runs out, or has
	TypeEscalated = "incident.escalated" // nobody acknowledged it
	TypeSafety    = "safety.flagged"
	TypeDigest    = "digest" // what was held back, told at once
)

// The limits of a payload, to stay below 20 kB.
const (
	maxItems   = 10
	maxTitle   = 300
	maxExcerpt = 500
	maxListed  = 20
	maxDigest  = 50
)

// A Notice is the payload of a delivery, as JSON. It is frozen when the
// notice is accepted: a retry sends the same bytes.
type Notice struct {
	Type      string     `json:"type"`
	Timestamp time.Time  `json:"timestamp"`
	Data      NoticeData `json:"data"`
}

// NoticeData is what a notice is about.
type NoticeData struct {
	Subject  string            `json:"subject"` // the finding of the incident's first notice
	Reason   string            `json:"reason"`  // one sentence with the numbers
	Incident *mention.Incident `json:"incident,omitempty"`
	Rule     *RuleInfo         `json:"rule,omitempty"`
	Mentions []Item            `json:"mentions,omitempty"` // newest first
	Terms    []string          `json:"terms,omitempty"`    // words said more often than before
	Resolves string            `json:"resolves,omitempty"` // what would end the incident
	Counted  *Counted          `json:"counted,omitempty"`  // how many came over time
	Safety   *SafetyInfo       `json:"safety,omitempty"`
	Digest   []DigestItem      `json:"digest,omitempty"`
	More     int               `json:"more,omitempty"`   // digest: how many more there were
	Report   string            `json:"report,omitempty"` // id of the report that was made
	To       []string          `json:"to,omitempty"`     // report: of the receiver's addresses, these alone
	Links    map[string]string `json:"links,omitempty"`
}

// RuleInfo is what a notice says of its rule.
type RuleInfo struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	Match    string `json:"match,omitempty"`
	Playbook string `json:"playbook,omitempty"`
}

// An Item is a mention within a notice.
type Item struct {
	ID        string    `json:"id"`
	Title     string    `json:"title,omitempty"`
	Excerpt   string    `json:"excerpt,omitempty"`
	URL       string    `json:"url,omitempty"`
	Source    string    `json:"source,omitempty"`
	Site      string    `json:"site,omitempty"`
	Author    string    `json:"author,omitempty"`
	Kind      string    `json:"kind,omitempty"`
	Lang      string    `json:"lang,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Seen      time.Time `json:"seen,omitzero"`
	Sentiment string    `json:"sentiment,omitempty"`
	Score     *float64  `json:"score,omitempty"`
	Brands    []string  `json:"brands,omitempty"`
	Story     string    `json:"story,omitempty"`
	Copies    int       `json:"copies,omitempty"` // near-identical ones folded into this
}

// SafetyInfo is what a safety notice adds: the four elements of a report with
// the words that show them, and the times.
type SafetyInfo struct {
	Score    float64   `json:"score"`
	Patient  []string  `json:"patient,omitempty"`
	Reporter []string  `json:"reporter,omitempty"`
	Product  []string  `json:"product,omitempty"`
	Reaction []string  `json:"reaction,omitempty"`
	Serious  []string  `json:"serious,omitempty"`
	Types    []string  `json:"types,omitempty"`
	Flagged  time.Time `json:"flagged"`
	Late     bool      `json:"late,omitempty"`
}

// A DigestItem is an incident, once, in its latest state.
type DigestItem struct {
	Incident string    `json:"incident"`
	Rule     string    `json:"rule"`
	Name     string    `json:"name,omitempty"`
	Severity string    `json:"severity"`
	State    string    `json:"state"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	Notices  int       `json:"notices"` // that were held
	Link     string    `json:"link,omitempty"`
}

// itemOf is the part of a row that notices show.
func itemOf(row *mention.Row) Item {
	it := Item{
		ID: row.ID, Title: clip(row.Title, maxTitle), Source: row.Source, Site: row.Site,
		Author: clip(row.Author, maxGroupName), Kind: string(row.Kind), Lang: row.Lang, Published: row.Published, Seen: row.Seen,
		Sentiment: row.Sentiment, Score: row.Score, Brands: row.Brands, Story: row.Story,
	}
	if len(row.URL) <= 2000 { // a link cut short leads elsewhere
		it.URL = row.URL
	}
	if len(it.Brands) > maxListed {
		it.Brands = it.Brands[:maxListed]
	}
	if text := strings.Join(strings.Fields(clip(row.Text, 2*maxExcerpt)), " "); len(text) > maxExcerpt {
		it.Excerpt = clip(text, maxExcerpt) + "…"
	} else {
		it.Excerpt = text
	}
	return it
}

// when is the time of an item's event.
func (it *Item) when() instant {
	if it.Published.IsZero() {
		return instantOf(it.Seen)
	}
	return instantOf(it.Published)
}

// words is how an item is called in a sentence.
func (it *Item) words() string {
	title := it.Title
	if title == "" {
		title = it.Excerpt
	}
	if len(title) > 120 {
		title = clip(title, 120) + "…"
	}
	if it.Site == "" {
		return "“" + title + "”"
	}
	return "“" + title + "” (" + it.Site + ")"
}

func ruleInfo(r *Rule) *RuleInfo {
	return &RuleInfo{ID: r.ID, Name: r.Name, Kind: r.kind(), Severity: r.severity(), Match: clip(r.Match, 1000), Playbook: clip(r.Playbook, 2000)}
}

// title is what people call the rule.
func (r *Rule) title() string {
	if r.Name != "" {
		return r.Name
	}
	return r.ID
}

// brief is an incident with lists short enough for a payload.
func brief(inc *mention.Incident) *mention.Incident {
	b := *inc
	b.Mentions = b.Mentions[:min(len(b.Mentions), maxListed)]
	b.Stories = b.Stories[:min(len(b.Stories), maxListed)]
	b.Notes, b.Match = nil, "" // the rule tells it, and no more of it than there is room for
	return &b
}

// link is an address of the pages, or "" when no public address is known.
func link(base string, path ...string) string {
	if base == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(base, "/"))
	for _, p := range path {
		b.WriteString("/" + url.PathEscape(p))
	}
	return b.String()
}

// encode freezes a notice.
func (n *Notice) encode() ([]byte, error) {
	data, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("alerts: notice: %w", err)
	}
	return data, nil
}

// evidence is the words that spans point at.
func evidence(m *mention.Mention, spans []mention.Span) []string {
	var list []string
	for _, s := range spans {
		text := m.Text
		if s.Field == "title" {
			text = m.Title
		}
		if s.Start < 0 || s.End > len(text) || s.Start >= s.End || len(list) == maxItems {
			continue
		}
		list = append(list, clip(text[s.Start:s.End], maxGroupName))
	}
	return list
}
