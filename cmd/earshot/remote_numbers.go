package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// params are the parameters of a question; empty ones are left out.
func params(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

func flagText(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Aggregate implements reader.
func (r *remote) Aggregate(ctx context.Context, a mention.Aggregation) (mention.Table, error) {
	var t mention.Table
	err := r.get(ctx, "/aggregate", params("q", a.Query, "by", strings.Join(a.By, ","), "measures", strings.Join(a.Measures, ","), "zone", a.Zone,
		"size", positive(a.Size), "own", flagText(a.Own), "irrelevant", flagText(a.Irrelevant)), &t)
	return t, err
}

// Head implements reader.
func (r *remote) Head(ctx context.Context, q string) (mention.Recipe, error) {
	t, err := r.Aggregate(ctx, mention.Aggregation{Query: q, Own: true})
	if err != nil {
		return mention.Recipe{}, err
	}
	head := t.Recipe
	head.Measure, head.Formula, head.Query = "mentions", "every mention that matches, newest first; own channels among them, irrelevant ones not", q
	return head, nil
}

// Scorecard implements reader.
func (r *remote) Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error) {
	var card mention.Scorecard
	err := r.get(ctx, "/kpis", params("q", s.Query, "brands", strings.Join(s.Brands, ","), "from", instant(s.From), "to", instant(s.To), "zone", s.Zone,
		"own", flagText(s.Own), "irrelevant", flagText(s.Irrelevant)), &card)
	return card, err
}

// Trends implements reader.
func (r *remote) Trends(ctx context.Context, s mention.TrendSearch) (mention.Trends, error) {
	var t mention.Trends
	past := ""
	if s.Past > 0 {
		past = s.Past.String()
	}
	v := params("q", s.Query, "from", instant(s.From), "to", instant(s.To), "past", past, "kinds", strings.Join(s.Kinds, ","), "size", positive(s.Size))
	for _, term := range s.Muted {
		v.Add("mute", term)
	}
	return t, r.get(ctx, "/trends", v, &t)
}

// Peaks implements reader.
func (r *remote) Peaks(ctx context.Context, s mention.PeakSearch) (mention.Peaks, error) {
	var p mention.Peaks
	v := params("q", s.Query, "from", instant(s.From), "to", instant(s.To), "interval", s.Interval, "zone", s.Zone, "size", positive(s.Size))
	for _, term := range s.Muted {
		v.Add("mute", term)
	}
	return p, r.get(ctx, "/peaks", v, &p)
}

// Voices implements reader.
func (r *remote) Voices(ctx context.Context, s mention.VoiceSearch) (mention.Voices, error) {
	var v mention.Voices
	err := r.get(ctx, "/voices", params("q", s.Query, "by", s.By, "order", s.Order, "size", positive(s.Size)), &v)
	return v, err
}

// Activities implements reader.
func (r *remote) Activities(ctx context.Context, s mention.ActivitySearch) (mention.Activities, error) {
	var v mention.Activities
	err := r.get(ctx, "/activity", params("q", s.Query, "brands", strings.Join(s.Brands, ","), "types", strings.Join(s.Types, ","),
		"from", instant(s.From), "to", instant(s.To), "limit", positive(s.Limit)), &v)
	return v, err
}

// Sample implements reader.
func (r *remote) Sample(ctx context.Context, w io.Writer, format string, s mention.SampleSearch) error {
	v := params("q", s.Query, "within", s.Within, "n", positive(s.N), "format", format)
	v.Set("rest", strconv.Itoa(max(s.Rest, -1)))
	v.Set("seed", strconv.FormatUint(s.Seed, 10))
	resp, err := r.do(ctx, http.MethodGet, r.base+"/sample?"+v.Encode(), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(w, resp.Body)
	return err
}

// Score implements reader.
func (r *remote) Score(ctx context.Context, sheet []byte) (mention.Accuracy, error) {
	var a mention.Accuracy
	resp, err := r.send(ctx, http.MethodPost, r.base+"/score", "application/octet-stream", bytes.NewReader(sheet))
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	return a, json.NewDecoder(resp.Body).Decode(&a)
}
