package api

import (
	"context"
	"slices"
	"time"

	"earshot/mention"
	"earshot/query"
)

type whyInput struct {
	ID string `path:"id" maxLength:"500"`
	Q  string `query:"q" maxLength:"20000" doc:"a query to explain the mention by"`
}

// A Why says why a mention is where it is.
type Why struct {
	ID         string                  `json:"id"`
	Query      *QueryWhy               `json:"query,omitempty" doc:"when a query was given"`
	Own        string                  `json:"own_channel,omitempty" doc:"the brand that speaks here itself"`
	Brands     []mention.BrandMention  `json:"brands" doc:"each with the decision in words and the places it rests on"`
	Sentiment  *mention.Sentiment      `json:"sentiment,omitempty" doc:"with the places that moved it"`
	Labels     []LabelWhy              `json:"labels"`
	Safety     *mention.Safety         `json:"safety,omitempty"`
	Curation   []mention.CurationEvent `json:"curation" doc:"what people did; it wins over analysis"`
	Deliveries []mention.Delivery      `json:"deliveries" doc:"notices about it that were sent, held back or given up"`
	Language   string                  `json:"language"`
	Status     string                  `json:"status" doc:"ok, or why there is no analysis"`
	Models     string                  `json:"models" doc:"version of the language models"`
	Config     string                  `json:"config" doc:"version of brands and labels"`
}

// A QueryWhy says how a query fits a mention.
type QueryWhy struct {
	Query   string   `json:"query"`
	Matches bool     `json:"matches"`
	Clauses []Clause `json:"clauses" doc:"the parts of the query, each asked alone"`
}

// A Clause is a part of a query.
type Clause struct {
	Query   string `json:"query"`
	Matches bool   `json:"matches"`
}

// A LabelWhy is a label of a mention with the query that gave it.
type LabelWhy struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Query string `json:"query,omitempty" doc:"left out: the label came with the mention, or is gone from the configuration"`
}

func (a *api) why(ctx context.Context, in *whyInput) (*output[Why], error) {
	why, err := ask(ctx, a, "mention", func(ctx context.Context) (*Why, error) {
		rec, err := a.backend.Record(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return a.explain(ctx, &rec, in.Q)
	})
	if err != nil {
		return nil, err
	}
	return &output[Why]{Body: *why}, nil
}

func (a *api) explain(ctx context.Context, rec *mention.Record, q string) (*Why, error) {
	row := rec.Row()
	why := &Why{
		ID: rec.Mention.ID, Own: rec.Linking.Own, Brands: rec.Linking.Brands, Sentiment: rec.Analysis.Sentiment, Safety: rec.Analysis.Safety,
		Language: row.Lang, Status: rec.Analysis.Status, Models: rec.Analysis.Models, Config: rec.Linking.Config,
		Labels: []LabelWhy{},
	}
	if q != "" {
		var err error
		if why.Query, err = explainQuery(q, &row); err != nil {
			return nil, err
		}
	}
	if len(row.Labels) > 0 {
		labels, err := a.backend.Labels(ctx)
		if err != nil {
			return nil, err
		}
		for _, id := range row.Labels {
			l := LabelWhy{ID: id}
			if i := slices.IndexFunc(labels, func(l LabelInfo) bool { return l.ID == id }); i >= 0 {
				l.Name, l.Query = labels[i].Name, labels[i].Query
			}
			why.Labels = append(why.Labels, l)
		}
	}
	var err error
	if why.Curation, err = a.backend.Curations(ctx, rec.Mention.ID); err != nil {
		return nil, err
	}
	deliveries, err := a.backend.Deliveries(ctx, DeliveryFilter{Mention: rec.Mention.ID, Limit: 100})
	if err != nil {
		return nil, err
	}
	why.Deliveries = withoutPayload(deliveries)
	if why.Brands == nil {
		why.Brands = []mention.BrandMention{}
	}
	if why.Curation == nil {
		why.Curation = []mention.CurationEvent{}
	}
	return why, nil
}

// parse reads a query; "" and "*" mean all.
func parse(text string, now time.Time) (*query.Query, error) {
	if text == "" || text == "*" {
		return query.All(), nil
	}
	q, messages := query.Parse(text)
	if q == nil {
		return nil, &query.Error{Messages: messages}
	}
	return q.At(now), nil
}

// maxClauses is how many parts of a query are asked alone.
const maxClauses = 50

func explainQuery(text string, row *mention.Row) (*QueryWhy, error) {
	now := time.Now()
	q, err := parse(text, now)
	if err != nil {
		return nil, err
	}
	doc := query.NewDocument(row)
	why := &QueryWhy{Query: text, Matches: q.Match(doc), Clauses: []Clause{}}
	for _, part := range clauses(q.Root(), nil) {
		if len(why.Clauses) == maxClauses {
			break
		}
		// A NOT cannot be asked alone: what it denies can.
		text, not := "", false
		if n, ok := part.(*query.Not); ok {
			part, text, not = n.Arg, "NOT ", true
		}
		alone, err := parse(query.Print(part), now)
		if err != nil {
			continue
		}
		why.Clauses = append(why.Clauses, Clause{text + alone.String(), alone.Match(doc) != not})
	}
	return why, nil
}

// clauses takes a query apart where AND and OR join it.
func clauses(n query.Node, list []query.Node) []query.Node {
	var args []query.Node
	switch n := n.(type) {
	case *query.And:
		args = n.Args
	case *query.Or:
		args = n.Args
	default:
		return append(list, n)
	}
	for _, arg := range args {
		list = clauses(arg, list)
	}
	return list
}
