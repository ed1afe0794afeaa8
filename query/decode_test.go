package query_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
	"earshot/query"
)

func TestDecodeRow(t *testing.T) {
	half, seven := 0.5, 7.0
	tests := []struct {
		name, line string
		want       mention.Row
	}{
		{"nothing", ` {} `, mention.Row{}},
		{"texts", `{"id":"1","title":"a \"b\" \u00e9\ud83d\ude00\n","text":"c","url":"u","author":"x","guid":"g"}`, mention.Row{
			ID: "1", Title: "a \"b\" é😀\n", Text: "c", URL: "u", Author: "x", GUID: "g",
		}},
		{"numbers for texts", `{"id":17,"thread":-1.50}`, mention.Row{ID: "17", Thread: "-1.50"}},
		{"nulls", `{"id":null,"brands":null,"score":null,"published":null,"sentiment":null,"lang":null,"language":"de"}`, mention.Row{Lang: "de"}},
		{"lang wins", `{"language":"de","lang":"en"}`, mention.Row{Lang: "en"}},
		{"lists", `{"brands":["a","b"],"tags":"t","labels":["x",2],"products":[],"entities":[{"text":"E"},{"id":"i"},{"brand":"B","text":"no"},{}]}`, mention.Row{
			Brands: []string{"a", "b"}, Tags: []string{"t"}, Labels: []string{"x", "2"}, Entities: []string{"E", "i", "B"},
		}},
		{"first of a list", `{"author":["A","B"]}`, mention.Row{Author: "A"}},
		{"sentiment in one", `{"sentiment":{"label":"mixed","score":0.5,"evidence":[1]}}`, mention.Row{Sentiment: "mixed", Score: &half}},
		{"score beside it", `{"score":7,"sentiment":{"label":"mixed","score":0.5}}`, mention.Row{Sentiment: "mixed", Score: &seven}},
		{"numbers", `{"engagement":7,"reach":5e-1,"rating":"7","score":true}`, mention.Row{Engagement: &seven, Reach: &half}},
		{"dates", `{"published":"2024-03-16T10:30:05.25+01:00","seen":"2024","updated":"soon","collected":5}`, mention.Row{
			Published: time.Date(2024, 3, 16, 9, 30, 5, 250e6, time.UTC), Seen: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
		}},
		{"marks", `{"safety":true,"starred":null,"status":"s","toward":"a:mixed","own_channel":"o","activities":["x"]}`, mention.Row{
			Safety: true, Status: "s", Toward: []string{"a:mixed"}, Own: "o", Activities: []string{"x"},
		}},
		{"unknown names", `{"x":{"y":[1,{"z":null}],"w":"}"},"kind":"news","v":false}`, mention.Row{Kind: "news"}},
		{"the last of two", `{"id":"1","tags":["a"],"id":"2","tags":["b"]}`, mention.Row{ID: "2", Tags: []string{"b"}}},
		{"half a pair", `{"text":"a\ud83dz\ud83d\u0041"}`, mention.Row{Text: "a\uFFFDz\uFFFDA"}},
		{"bytes that are no text", "{\"text\":\"a\xffb\"}", mention.Row{Text: "a\uFFFDb"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := query.DecodeRow([]byte(tt.line))
			if err != nil {
				t.Fatalf("DecodeRow(%s) error = %v", tt.line, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("DecodeRow(%s) (-want +got):\n%s", tt.line, diff)
			}
		})
	}
}

func TestDecodeRowRefuses(t *testing.T) {
	for _, line := range []string{
		``, `[]`, `"a"`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a":01}`, `{"a":1.}`, `{"a":+1}`, `{"a":tru}`,
		`{"a":"b`, `{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"\n\"}", `{} {}`, `{"a":[1 2]}`, `{"a":-}`, `{"id":nul}`, `{"tags":[,]}`, `{"score":1e}`,
		`{"x":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}`,
		`{"brands":` + strings.Repeat(`{"brand":`, 300) + `1` + strings.Repeat("}", 300) + `}`,
	} {
		if row, err := query.DecodeRow([]byte(line)); err == nil {
			t.Errorf("DecodeRow(%s) = %+v, want an error", line, row)
		} else if !strings.HasPrefix(err.Error(), "query: document at byte ") {
			t.Errorf("DecodeRow(%s) error = %v", line, err)
		}
	}
}

// TestDecodeRowReadsTextsOfAnyLength has something odd at every place of a text
// that is read eight bytes at a time.
func TestDecodeRowReadsTextsOfAnyLength(t *testing.T) {
	for _, odd := range []string{``, `\n`, `\"`, `\\`, `\u00e9`, `\ud83d\ude00`, `\/`, "é", "\x7f", "!#[]", "\x01", `\x`, `"`} {
		for n := range 40 {
			line := `{"text":"` + strings.Repeat("x", n%20) + odd + strings.Repeat("y", n/2) + odd + `"}`
			var want struct{ Text string }
			good := json.Unmarshal([]byte(line), &want) == nil
			if got, err := query.DecodeRow([]byte(line)); err == nil != good || good && got.Text != want.Text {
				t.Errorf("DecodeRow(%s) = %q, %v, want %q and no error: %t", line, got.Text, err, want.Text, good)
			}
		}
	}
}

func FuzzDecodeRow(f *testing.F) {
	for _, s := range []string{
		`{"id":"1","text":"a\u00e9","tags":["x"],"score":-1.5e3}`, `{"sentiment":{"label":"l"},"published":"2024-01"}`, `{"a":[{"b":null}]} `,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := query.DecodeRow(line)
		if !utf8.Valid(line) {
			return
		}
		var want map[string]any
		isObject := json.Unmarshal(line, &want) == nil && want != nil
		if err == nil != isObject {
			if err != nil && strings.Contains(err.Error(), "too deep") || err == nil && json.Valid(line) {
				return // numbers out of range are fine with us
			}
			t.Fatalf("DecodeRow(%q) error = %v, encoding/json reads it: %v", line, err, isObject)
		}
		if err != nil {
			return
		}
		if text, ok := want["text"].(string); ok && row.Text != text {
			t.Fatalf("DecodeRow(%q).Text = %q, want %q", line, row.Text, text)
		}
		if v, ok := want["reach"].(float64); ok && *row.Reach != v {
			t.Fatalf("DecodeRow(%q).Reach = %v, want %v", line, *row.Reach, v)
		}
	})
}
