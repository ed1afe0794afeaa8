package crawler

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// openFDA is the open data of the US Food and Drug Administration: reports of
// adverse events and recalls of drugs. Days are all it tells, and data comes
// in weeks after they were received.
var openFDA = &platform{ //nolint:gochecknoglobals // a constant table
	base: "https://api.fda.gov", wait: 12 * time.Hour, lag: 14 * 24 * time.Hour, timed: true,
	needs: "say which drugs or companies, as in query: {from: brands}",
	topics: func(src *mention.Source, names [][]string) []string {
		endpoints := src.In
		if len(endpoints) == 0 {
			endpoints = []string{openFDAEvent, openFDAEnforcement}
		}
		var topics []string
		for _, group := range names {
			for _, endpoint := range endpoints {
				for _, q := range anyOf(plainNames(group), " ", 1000) {
					topics = append(topics, endpoint+" "+q)
				}
			}
		}
		return topics
	},
	page: openFDAPage, topicOf: openFDATopic,
}

const (
	openFDAEvent       = "drug/event"
	openFDAEnforcement = "drug/enforcement"
	openFDAPerPage     = 100
	openFDAMost        = 25000 // skip may not be more
	compactDay         = "20060102"
)

// openFDAFields are where an endpoint is searched, and by which day.
func openFDAFields(endpoint string) (fields []string, day string) {
	if strings.HasSuffix(endpoint, "/enforcement") {
		return []string{"product_description", "recalling_firm"}, "report_date"
	}
	return []string{"patient.drug.medicinalproduct", "patient.drug.openfda.brand_name", "companynumb"}, "receivedate"
}

func openFDAPage(ctx context.Context, c *call) (*leaf, error) {
	endpoint, names, _ := strings.Cut(c.topic, " ")
	if endpoint != openFDAEvent && !strings.HasSuffix(endpoint, "/enforcement") {
		return nil, &FetchError{URL: c.base, Class: ClassRefusal, Err: fmt.Errorf("%q is neither %s nor an enforcement endpoint such as %s", endpoint, openFDAEvent, openFDAEnforcement)}
	}
	fields, day := openFDAFields(endpoint)
	var anywhere []string
	for _, f := range fields {
		anywhere = append(anywhere, f+":("+names+")")
	}
	to := c.now
	if !c.to.IsZero() {
		to = c.to
	}
	skip, _ := strconv.Atoi(c.cursor)
	params := url.Values{
		"search": {"(" + strings.Join(anywhere, " ") + ") AND " + day + ":[" + c.from.UTC().Format(compactDay) + " TO " + to.UTC().Format(compactDay) + "]"},
		"sort":   {day + ":desc"}, "limit": {strconv.Itoa(openFDAPerPage)}, "skip": {strconv.Itoa(skip)},
	}
	var header http.Header
	if c.key != "" {
		header = http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(string(c.key)+":"))}}
	}
	var got struct {
		Results []openFDAResult `json:"results"`
	}
	a, err := c.get(ctx, "/"+endpoint+".json", params, header, &got)
	if fe, ok := errors.AsType[*FetchError](err); ok && fe.Status == http.StatusNotFound {
		return &leaf{}, nil // how it says that there are none
	}
	if err != nil {
		return nil, err
	}
	l := &leaf{answer: a}
	for i := range got.Results {
		r := &got.Results[i]
		if endpoint == openFDAEvent {
			l.add(c, r.event())
		} else {
			l.add(c, r.recall(endpoint))
		}
	}
	if skip += openFDAPerPage; len(got.Results) == openFDAPerPage && skip <= openFDAMost {
		l.next = strconv.Itoa(skip)
	}
	return l, nil
}

type openFDAResult struct {
	Report    string `json:"safetyreportid"`
	Received  string `json:"receivedate"`
	Serious   string `json:"serious"`
	Country   string `json:"occurcountry"`
	Death     string `json:"seriousnessdeath"`
	Hospital  string `json:"seriousnesshospitalization"`
	Threat    string `json:"seriousnesslifethreatening"`
	Companies string `json:"companynumb"`
	Patient   struct {
		Age       string `json:"patientonsetage"`
		Sex       string `json:"patientsex"`
		Reactions []struct {
			Name string `json:"reactionmeddrapt"`
		} `json:"reaction"`
		Drugs []struct {
			Name       string `json:"medicinalproduct"`
			Role       string `json:"drugcharacterization"` // 1 is suspect
			Indication string `json:"drugindication"`
		} `json:"drug"`
	} `json:"patient"`

	Number         string `json:"recall_number"`
	ReportDate     string `json:"report_date"`
	Firm           string `json:"recalling_firm"`
	Product        string `json:"product_description"`
	Reason         string `json:"reason_for_recall"`
	Classification string `json:"classification"`
	Distribution   string `json:"distribution_pattern"`
}

// event tells a report of an adverse event in words. The day is the one it
// was received.
func (r *openFDAResult) event() mention.Mention {
	var reactions, drugs, others []string
	for _, x := range r.Patient.Reactions {
		reactions = append(reactions, strings.ToLower(x.Name))
	}
	for _, d := range r.Patient.Drugs {
		name := d.Name
		if d.Indication != "" {
			name += " (for " + strings.ToLower(d.Indication) + ")"
		}
		if d.Role == "1" && !slices.Contains(drugs, name) {
			drugs = append(drugs, name)
		} else if d.Role != "1" && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Report %s: %s", r.Report, strings.Join(reactions, ", "))
	fmt.Fprintf(&b, ". Suspect: %s.", strings.Join(drugs, ", "))
	if len(others) > 0 {
		fmt.Fprintf(&b, " Also taken: %s.", strings.Join(others, ", "))
	}
	for _, x := range []struct{ flag, word string }{{r.Death, "death"}, {r.Threat, "life threatening"}, {r.Hospital, "hospitalisation"}} {
		if x.flag == "1" {
			fmt.Fprintf(&b, " Outcome: %s.", x.word)
		}
	}
	return mention.Mention{
		ID: "openfda:" + openFDAEvent + ":" + r.Report, Kind: mention.KindOther, GUID: r.Report, Lang: "en",
		URL:   "https://api.fda.gov/drug/event.json?search=safetyreportid:" + r.Report,
		Title: "Adverse event report: " + shorten(strings.Join(reactions, ", "), 200), Text: shortenText(b.String(), maxText),
		Published: compactDate(r.Received), Country: strings.ToLower(r.Country), Channel: "FAERS",
	}
}

func (r *openFDAResult) recall(endpoint string) mention.Mention {
	return mention.Mention{
		ID: "openfda:" + endpoint + ":" + r.Number, Kind: mention.KindRelease, GUID: r.Number, Lang: "en",
		URL:   "https://api.fda.gov/" + endpoint + ".json?search=recall_number:" + r.Number,
		Title: plainLine(fmt.Sprintf("Recall (%s) by %s: %s", r.Classification, r.Firm, r.Product)),
		Text:  plainText(r.Reason + "\n" + r.Product + "\n" + r.Distribution), Published: compactDate(r.ReportDate), Channel: "recalls",
	}
}

// compactDate reads 20260301; the zero time for anything else.
func compactDate(s string) time.Time {
	t, err := time.Parse(compactDay, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
