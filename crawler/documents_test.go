package crawler

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

// decodeRow stands in for the query language's reader of documents.
func decodeRow(line []byte) (mention.Row, error) {
	var doc map[string]any
	if err := json.Unmarshal(line, &doc); err != nil {
		return mention.Row{}, err
	}
	published := doc["published"]
	delete(doc, "published")
	data, err := json.Marshal(doc)
	if err != nil {
		return mention.Row{}, err
	}
	var row mention.Row
	if err := json.Unmarshal(data, &row); err != nil {
		return row, err
	}
	if s, ok := published.(string); ok {
		row.Published, _ = time.Parse(time.RFC3339, s)
	}
	return row, nil
}

func readAll(t *testing.T, data []byte, o DocumentOptions) (rows []mention.Row, refused []string, err error) {
	t.Helper()
	o.Decode = decodeRow
	err = ReadDocuments(bytes.NewReader(data), o, func(_ int, row mention.Row, err error) error {
		if err != nil {
			refused = append(refused, err.Error())
		} else {
			rows = append(rows, row)
		}
		return nil
	})
	return rows, refused, err
}

func utf16le(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func TestExportsOfOtherTools(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	tests := []struct {
		name string
		data []byte
		want mention.Row
	}{
		{
			"brandwatch", []byte("Report:,Bulk Mentions Download\nBrand:,Zorblax\nFrom:,Sun Mar 01 00:00:00 UTC 2026\n\n" +
				"Query Id,Query Name,Date,Title,Snippet,Full Text,Url,Domain,Sentiment,Page Type,Language,Country Code,Author,Resource Id,Reach (new),Likes,Comments,Shares\n" +
				`1,Zorblax,2026-03-01 09:30:00.0,On Zorblax,short,"It ""works"", they say",https://n.test/a,n.test,negative,news,en,USA,ann,r1,"1,200",3,,4` + "\n"),
			mention.Row{Title: "On Zorblax", Text: `It "works", they say`, URL: "https://n.test/a", Site: "n.test", Sentiment: "negative", Kind: "news", Lang: "en", Author: "ann", GUID: "r1", Reach: new(float64(1200)), Engagement: new(float64(7)), Published: at},
		},
		{
			"talkwalker", []byte("url;indexed;published;title;content;content_snippet;root_url;lang;sentiment;source_type;post_type;extra_author_attributes.name;reach;engagement\n" +
				"https://f.test/1;2026-03-01 09:40:00;2026-03-01 09:30:00;;Zorblax rocks;Zorblax…;https://f.test;de;5;SOCIALMEDIA;FORUM;bob;0;12\n"),
			mention.Row{Text: "Zorblax rocks", URL: "https://f.test/1", Sentiment: "positive", Score: new(float64(1)), Lang: "de", Author: "bob", Reach: new(float64(0)), Engagement: new(float64(12)), Kind: "forum", Published: at},
		},
		{
			"meltwater", utf16le("Date\tHeadline\tURL\tOpening Text\tHit Sentence\tSource\tInfluencer\tCountry\tLanguage\tReach\tEngagement\tSentiment\tInput Name\tDocument ID\n" +
				"2026-03-01 09:30\tZorblax wächst\thttps://b.test/1\tAnfang\tSatz\tDer Bote\tN/A\tGermany\tGerman\t5000\t\tNot Rated\tZorblax\td1\n"),
			mention.Row{Title: "Zorblax wächst", Text: "Anfang", URL: "https://b.test/1", Lang: "de", Reach: new(float64(5000)), GUID: "d1", Channel: "Der Bote", Published: at},
		},
		{
			"meta", []byte("Post ID,Page ID,Page name,Title,Description,Publish time,Permalink,Post type,Reach,\"Reactions, Comments and Shares\",Reactions,Comments,Shares\n" +
				"77,1,Zorblax,,Our new pill,2026-03-01T09:30:00Z,https://www.facebook.com/1/posts/77,Photos,900,30,20,6,4\n"),
			mention.Row{Text: "Our new pill", URL: "https://www.facebook.com/1/posts/77", Author: "Zorblax", GUID: "77", Kind: "post", Reach: new(float64(900)), Engagement: new(float64(30)), Published: at},
		},
		{
			"meta-library", []byte("id,text,creation_time,lang,post_owner.name,statistics.views,statistics.like_count,statistics.comment_count,mcl_url\n" +
				"5,Zorblax made me dizzy,2026-03-01T09:30:00Z,en,dora,100,7,2,https://www.facebook.com/5\n"),
			mention.Row{Text: "Zorblax made me dizzy", URL: "https://www.facebook.com/5", Author: "dora", GUID: "5", Lang: "en", Reach: new(float64(100)), Engagement: new(float64(9)), Published: at},
		},
		{
			"crowdtangle", []byte("Page Name,User Name,Facebook Id,Post Created,Type,Message,URL,Total Interactions\nZorblax,zorblax,9,2026-03-01 09:30:00 UTC,Link,Hello,https://www.facebook.com/9,\"1,034\"\n"),
			mention.Row{Text: "Hello", URL: "https://www.facebook.com/9", Author: "Zorblax", GUID: "9", Kind: "post", Engagement: new(float64(1034)), Published: at},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, format := range []string{"", tt.name} {
				rows, refused, err := readAll(t, tt.data, DocumentOptions{CSV: true, Format: format})
				if err != nil || len(refused) > 0 || len(rows) != 1 {
					t.Fatalf("format %q: %d rows, refused %q, %v", format, len(rows), refused, err)
				}
				if diff := cmp.Diff(tt.want, rows[0]); diff != "" {
					t.Errorf("format %q (-want +got)\n%s", format, diff)
				}
			}
		})
	}
}

func TestRefusedRowsHaveTheirReason(t *testing.T) {
	table := "title,text,engagement,published\n" +
		"good,one,5,2026-03-01T00:00:00Z\n" +
		"too,many,1,2026-03-01T00:00:00Z,cells\n" +
		"bad number,x,lots,\n" +
		",,3,\n" +
		"bad date,x,,someday\n" +
		"\n" +
		"short row\n"
	rows, refused, err := readAll(t, []byte(table), DocumentOptions{CSV: true})
	if err != nil || len(rows) != 2 || rows[1].Title != "short row" {
		t.Errorf("%+v, %v", rows, err)
	}
	want := []string{
		"row 3: 5 cells, but the header has 4: a separator in a cell that is not in quotes?",
		`row 4: engagement "lots" is no number`, "row 5: neither title nor text",
		`row 6: published "someday" is no date; write 2026-03-01 or 2026-03-01T09:30:00Z`,
	}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	unclosed := "title,text\n\"never closed,x\n" + strings.Repeat("a,b\n", maxCell/4+1)
	if rows, refused, err := readAll(t, []byte(unclosed), DocumentOptions{CSV: true}); err != nil || len(rows) != 0 || len(refused) != 1 || !strings.Contains(refused[0], "never closed?") {
		t.Errorf("%d rows, %q, %v", len(rows), refused, err)
	}
}

func TestTablesThatCannotBeRead(t *testing.T) {
	for _, tt := range []struct {
		table string
		o     DocumentOptions
		want  string
	}{
		{"", DocumentOptions{}, "the table is empty"},
		{"a,b\n1,2\n", DocumentOptions{}, "no column is a field"},
		{"title,b\n1,2\n", DocumentOptions{Columns: map[string]string{"text": "Body"}}, `there is no column "Body"`},
		{"title\nx\n", DocumentOptions{Format: "brandwatch"}, "columns of brandwatch are not there"},
		{"title\nx\n", DocumentOptions{Format: "brandwotch"}, "is none of plain, brandwatch"},
	} {
		tt.o.CSV = true
		if _, _, err := readAll(t, []byte(tt.table), tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q in it", tt.table, err, tt.want)
		}
	}
}

func TestDocumentsInOtherWrappings(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	fmt.Fprint(w, "Headline,Body\nZorblax,grüße\n")
	w.Close()
	latin := []byte("Headline,Body\nZorblax,gr\xfc\xdfe\n")
	for name, data := range map[string][]byte{"gzip": z.Bytes(), "latin": latin, "utf-8 bom": append([]byte("\xef\xbb\xbf"), "headline;body\nZorblax;grüße\n"...)} {
		rows, refused, err := readAll(t, data, DocumentOptions{CSV: true, Columns: map[string]string{"title": "Headline", "text": "Body"}})
		want := mention.Row{Title: "Zorblax", Text: "grüße"}
		if err != nil || len(refused) > 0 || len(rows) != 1 || !cmp.Equal(want, rows[0]) {
			t.Errorf("%s: %+v, %q, %v", name, rows, refused, err)
		}
	}
	rows, _, err := readAll(t, []byte("title,sentiment\na,negative\n"), DocumentOptions{CSV: true, Columns: map[string]string{"sentiment": ""}})
	if err != nil || len(rows) != 1 || rows[0].Sentiment != "" {
		t.Errorf("a field that was left out: %+v, %v", rows, err)
	}
}

func TestDrop(t *testing.T) {
	r := newRig(t)
	r.now = time.Now().Add(time.Hour)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src := mention.Source{ID: "d", Kind: "drop", Dir: dir, Lang: "en"}
	state := mention.SourceState{}
	pass := func() []mention.Mention {
		t.Helper()
		c, err := New(src, Options{Egress: r.egress, Hosts: r.hosts, Now: r.clock, Decode: decodeRow})
		if err != nil {
			t.Fatal(err)
		}
		var got []mention.Mention
		err = c.Collect(t.Context(), state, func(b mention.Batch) error {
			got = append(got, b.Mentions...)
			if b.State != nil {
				state = *b.State
			}
			return nil
		})
		if _, ok := errors.AsType[*FetchError](err); err != nil && !ok {
			t.Fatal(err)
		}
		return got
	}
	write("a.csv", "title,url\none,https://x.test/1\ntwo,https://x.test/2\n")
	write("b.ndjson", `{"title":"three","source":"other"}`+"\n")
	write(".hidden.csv", "title\nno\n")
	write("c.csv.part", "title\nno\n")
	got := pass()
	if diff := cmp.Diff([]string{"one", "three", "two"}, titles(got)); diff != "" || state.Error != "" {
		t.Errorf("-want +got\n%s state %+v", diff, state)
	}
	if got[0].Origin != mention.OriginImport || got[0].Lang != "en" || got[2].Source != "other" {
		t.Errorf("%+v", got)
	}
	if again := pass(); len(again) != 0 {
		t.Errorf("a second pass brings %q", titles(again))
	}
	write("a.csv", "title,url\none,https://x.test/1\nfour,https://x.test/4\n,\n,https://x.test/5\n")
	if got := pass(); len(got) != 2 || state.ErrorClass != ClassRows || !strings.Contains(state.Error, "a.csv: 1 of 3 rows refused, the first: row 5: neither title nor text") || state.LastOK.IsZero() {
		t.Errorf("%q, state %+v", titles(got), state)
	}
	src.Dir = filepath.Join(dir, "gone")
	if pass(); state.ErrorClass != ClassFolder {
		t.Errorf("state of a folder that is not there: %+v", state)
	}
}
