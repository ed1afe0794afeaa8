package crawler

import (
	"context"
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// pubMed is the literature that the US National Library of Medicine indexes:
// a search for numbers, then the articles of a page with their abstracts.
var pubMed = &platform{ //nolint:gochecknoglobals // a constant table
	base: "https://eutils.ncbi.nlm.nih.gov/entrez/eutils", wait: 6 * time.Hour, lag: 3 * 24 * time.Hour, timed: true,
	needs: "say what to look for, as in query: {from: brands}",
	topics: func(_ *mention.Source, names [][]string) []string {
		var topics []string
		for _, group := range names {
			topics = append(topics, anyOf(plainNames(group), " OR ", 1000)...)
		}
		return topics
	},
	page:  pubMedPage,
	again: func(ctx context.Context, c *call) (*leaf, error) { return pubMedArticles(ctx, c, nil) },
}

const (
	pubMedPerPage = 100
	pubMedMost    = 9900 // what a search gives at most
	slashDay      = "2006/01/02"
)

func pubMedPage(ctx context.Context, c *call) (*leaf, error) {
	start, _ := strconv.Atoi(c.cursor)
	to := c.now
	if !c.to.IsZero() {
		to = c.to
	}
	params := pubMedParams(c)
	params.Set("term", c.topic)
	params.Set("retmode", "json")
	params.Set("retmax", strconv.Itoa(pubMedPerPage))
	params.Set("retstart", strconv.Itoa(start))
	params.Set("sort", "most_recent")
	params.Set("datetype", "edat")
	params.Set("mindate", c.from.UTC().Format(slashDay))
	params.Set("maxdate", to.UTC().Format(slashDay))
	a, err := c.raw(ctx, question{url: c.address("/esearch.fcgi", params), accept: "application/json", hide: "api_key"})
	if err != nil {
		return nil, err
	}
	var found struct {
		Result struct {
			Count string   `json:"count"`
			IDs   []string `json:"idlist"`
		} `json:"esearchresult"`
	}
	if err := c.decode(a, &found); err != nil {
		return nil, err
	}
	if len(found.Result.IDs) == 0 {
		return &leaf{answer: a}, nil
	}
	l, err := pubMedArticles(ctx, c, found.Result.IDs)
	if err != nil {
		return nil, err
	}
	total, _ := strconv.Atoi(found.Result.Count)
	if start += len(found.Result.IDs); start < min(total, pubMedMost) {
		l.next = strconv.Itoa(start)
	}
	return l, nil
}

// pubMedParams are what each request says of us.
func pubMedParams(c *call) url.Values {
	params := url.Values{"db": {"pubmed"}, "tool": {"earshot"}}
	if c.key != "" {
		params.Set("api_key", string(c.key))
	}
	if c.src.User != "" {
		params.Set("email", c.src.User)
	}
	return params
}

type pubMedSet struct {
	Articles []struct {
		Citation struct {
			PMID    string `xml:"PMID"`
			Article struct {
				Title    pubMedText `xml:"ArticleTitle"`
				Language string     `xml:"Language"`
				Journal  string     `xml:"Journal>Title"`
				Abstract []struct {
					Label string `xml:"Label,attr"`
					pubMedText
				} `xml:"Abstract>AbstractText"`
				Authors []struct {
					Last       string `xml:"LastName"`
					First      string `xml:"ForeName"`
					Collective string `xml:"CollectiveName"`
				} `xml:"AuthorList>Author"`
			} `xml:"Article"`
			Headings []string `xml:"MeshHeadingList>MeshHeading>DescriptorName"`
		} `xml:"MedlineCitation"`
		Dates []struct {
			Status string `xml:"PubStatus,attr"`
			Year   int    `xml:"Year"`
			Month  int    `xml:"Month"`
			Day    int    `xml:"Day"`
			Hour   int    `xml:"Hour"`
			Minute int    `xml:"Minute"`
		} `xml:"PubmedData>History>PubMedPubDate"`
	} `xml:"PubmedArticle"`
}

// A pubMedText has markup within, such as <i> and <sub>.
type pubMedText struct {
	Inner string `xml:",innerxml"`
}

func pubMedArticles(ctx context.Context, c *call, ids []string) (*leaf, error) {
	params := pubMedParams(c)
	params.Set("id", strings.Join(ids, ","))
	params.Set("retmode", "xml")
	params.Set("rettype", "abstract")
	a, err := c.raw(ctx, question{url: c.address("/efetch.fcgi", params), accept: "application/xml", hide: "api_key"})
	if err != nil {
		return nil, err
	}
	if _, err := scanXML(a.body); err != nil {
		return nil, &FetchError{URL: a.url.String(), Class: classOf(err), Err: err}
	}
	var set pubMedSet
	if err := xml.Unmarshal(a.body, &set); err != nil {
		return nil, &FetchError{URL: a.url.String(), Class: ClassMalformed, Err: err}
	}
	l := &leaf{answer: a}
	for i := range set.Articles {
		art := &set.Articles[i]
		x := &art.Citation.Article
		var text, authors []string
		for _, part := range x.Abstract {
			line := plainText(part.Inner)
			if part.Label != "" {
				line = part.Label + ": " + line
			}
			text = append(text, line)
		}
		for _, au := range x.Authors {
			authors = append(authors, firstNonEmpty(strings.TrimSpace(au.First+" "+au.Last), au.Collective))
		}
		m := mention.Mention{
			ID: "pmid:" + art.Citation.PMID, Kind: mention.KindOther, GUID: art.Citation.PMID, URL: "https://pubmed.ncbi.nlm.nih.gov/" + art.Citation.PMID + "/",
			Title: plainLine(x.Title.Inner), Text: shortenText(strings.Join(text, "\n"), maxText), Author: shorten(strings.Join(authors, ", "), 500),
			Channel: plainLine(x.Journal), Categories: art.Citation.Headings, Lang: pubMedLanguages[x.Language],
		}
		for _, d := range art.Dates {
			if (d.Status == "entrez" || d.Status == "pubmed") && d.Year > 0 {
				m.Published = time.Date(d.Year, time.Month(max(d.Month, 1)), max(d.Day, 1), d.Hour, d.Minute, 0, 0, time.UTC)
			}
		}
		l.add(c, m)
	}
	return l, nil
}

var pubMedLanguages = map[string]string{ //nolint:gochecknoglobals // a constant table
	"eng": "en", "ger": "de", "fre": "fr", "spa": "es", "ita": "it", "por": "pt", "dut": "nl", "jpn": "ja", "chi": "zh", "rus": "ru", "pol": "pl",
}

// clinicalTrials is the registry of clinical studies: a study that is new or
// was updated. An update is a revision of its mention.
var clinicalTrials = &platform{ //nolint:gochecknoglobals // a constant table
	base: "https://clinicaltrials.gov/api/v2", wait: 12 * time.Hour, lag: 2 * 24 * time.Hour, timed: true,
	needs: "say which drugs or sponsors, as in query: {from: brands}",
	topics: func(_ *mention.Source, names [][]string) []string {
		var topics []string
		for _, group := range names {
			topics = append(topics, anyOf(plainNames(group), " OR ", 1000)...)
		}
		return topics
	},
	page: clinicalTrialsPage,
}

type clinicalStudy struct {
	Protocol struct {
		ID struct {
			NCT      string `json:"nctId"`
			Brief    string `json:"briefTitle"`
			Official string `json:"officialTitle"`
		} `json:"identificationModule"`
		Status struct {
			Overall string                `json:"overallStatus"`
			WhyStop string                `json:"whyStopped"`
			First   struct{ Date string } `json:"studyFirstPostDateStruct"`
			Last    struct{ Date string } `json:"lastUpdatePostDateStruct"`
		} `json:"statusModule"`
		Sponsor struct {
			Lead struct {
				Name string `json:"name"`
			} `json:"leadSponsor"`
		} `json:"sponsorCollaboratorsModule"`
		Description struct {
			Summary string `json:"briefSummary"`
		} `json:"descriptionModule"`
		Conditions struct {
			List []string `json:"conditions"`
		} `json:"conditionsModule"`
		Design struct {
			Phases []string `json:"phases"`
		} `json:"designModule"`
	} `json:"protocolSection"`
}

func clinicalTrialsPage(ctx context.Context, c *call) (*leaf, error) {
	to := "MAX"
	if !c.to.IsZero() {
		to = c.to.UTC().Format(time.DateOnly)
	}
	params := url.Values{
		"query.term": {c.topic}, "sort": {"LastUpdatePostDate:desc"}, "pageSize": {"100"}, "format": {"json"},
		"filter.advanced": {"AREA[LastUpdatePostDate]RANGE[" + c.from.UTC().Format(time.DateOnly) + "," + to + "]"},
	}
	if c.cursor != "" {
		params.Set("pageToken", c.cursor)
	}
	var got struct {
		Studies []clinicalStudy `json:"studies"`
		Next    string          `json:"nextPageToken"`
	}
	a, err := c.get(ctx, "/studies", params, nil, &got)
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a, next: got.Next}
	for i := range got.Studies {
		l.add(c, got.Studies[i].mention())
	}
	l.oldest = time.Time{} // the bound is on the update
	return l, nil
}

func (s *clinicalStudy) mention() mention.Mention {
	p := &s.Protocol
	lines := []string{plainText(p.Description.Summary), "Status: " + strings.ToLower(strings.ReplaceAll(p.Status.Overall, "_", " "))}
	if p.Status.WhyStop != "" {
		lines = append(lines, "Why stopped: "+plainText(p.Status.WhyStop))
	}
	if len(p.Design.Phases) > 0 {
		lines = append(lines, "Phase: "+strings.Join(p.Design.Phases, ", "))
	}
	first, _ := parseDate(p.Status.First.Date)
	last, _ := parseDate(p.Status.Last.Date)
	return mention.Mention{
		ID: "nct:" + p.ID.NCT, Kind: mention.KindOther, GUID: p.ID.NCT, URL: "https://clinicaltrials.gov/study/" + p.ID.NCT, Lang: "en",
		Title: plainLine(firstNonEmpty(p.ID.Brief, p.ID.Official)), Text: shortenText(strings.Join(lines, "\n"), maxText),
		Author: plainLine(p.Sponsor.Lead.Name), Categories: p.Conditions.List, Published: first, Updated: last,
	}
}
