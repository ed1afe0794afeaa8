package alerts

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"earshot/mention"
)

// whereNodes bounds how large an expression may be.
const whereNodes = 500

// whereFields are the fields an expression may speak of. A number that was
// not measured is NaN, and no comparison with it is true.
type whereFields struct {
	Title      string    `expr:"title"`
	Text       string    `expr:"text"`
	Author     string    `expr:"author"`
	Site       string    `expr:"site"`
	Source     string    `expr:"source"`
	Sources    []string  `expr:"sources"`
	URL        string    `expr:"url"`
	Lang       string    `expr:"lang"`
	Country    string    `expr:"country"`
	Kind       string    `expr:"kind"`
	Channel    string    `expr:"channel"`
	Own        string    `expr:"own_channel"`
	Brands     []string  `expr:"brands"`
	Products   []string  `expr:"products"`
	Entities   []string  `expr:"entities"`
	Labels     []string  `expr:"labels"`
	Tags       []string  `expr:"tags"`
	Sentiment  string    `expr:"sentiment"`
	Score      float64   `expr:"score"`
	Engagement float64   `expr:"engagement"`
	Reach      float64   `expr:"reach"`
	Rating     float64   `expr:"rating"`
	Starred    bool      `expr:"starred"`
	Safety     bool      `expr:"safety"`
	Story      string    `expr:"story"`
	Published  time.Time `expr:"published"`
	Seen       time.Time `expr:"seen"`
}

func number(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}

func fieldsOf(row *mention.Row) *whereFields {
	return &whereFields{
		Title: row.Title, Text: row.Text, Author: row.Author, Site: row.Site, Source: row.Source, Sources: row.Sources,
		URL: row.URL, Lang: row.Lang, Country: row.Country, Kind: string(row.Kind), Channel: row.Channel, Own: row.Own,
		Brands: row.Brands, Products: row.Products, Entities: row.Entities, Labels: row.Labels, Tags: row.Tags,
		Sentiment: row.Sentiment, Score: number(row.Score), Engagement: number(row.Engagement), Reach: number(row.Reach),
		Rating: number(row.Rating), Starred: row.Starred, Safety: row.Safety, Story: row.Story,
		Published: row.Published, Seen: row.Seen,
	}
}

// compileWhere reads an expression. Its errors name the column.
func compileWhere(text string) (*vm.Program, error) {
	program, err := expr.Compile(text, expr.Env(whereFields{}), expr.AsBool(), expr.MaxNodes(whereNodes),
		expr.DisableBuiltin("now")) // time is the engine's to give
	if err == nil {
		return program, nil
	}
	if at, ok := errors.AsType[*file.Error](err); ok {
		return nil, fmt.Errorf("where: column %d: %s", at.Column+1, firstLine(at.Message))
	}
	return nil, fmt.Errorf("where: %s", firstLine(err.Error()))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// holds runs an expression; one that fails on this mention does not hold.
func holds(program *vm.Program, fields *whereFields) (bool, error) {
	out, err := expr.Run(program, fields)
	if err != nil {
		return false, fmt.Errorf("where: %s", firstLine(err.Error()))
	}
	yes, _ := out.(bool)
	return yes, nil
}
