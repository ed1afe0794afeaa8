package alerts

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

// countedBy is what the last notice of a rule counts after posts.
func countedBy(t *testing.T, rule Rule, posts ...post) *Counted {
	t.Helper()
	rule.ID, rule.Notify = "r", Words{"hook"}
	e := testEngine(t, []Rule{rule})
	list := changes(posts...)
	end := list[len(list)-1].At
	out := e.Step(end, list)
	more := e.Step(end.Add(time.Second), nil)
	deliveries := append(out.Deliveries, more.Deliveries...)
	if len(deliveries) == 0 {
		t.Fatal("nobody was told")
	}
	var n Notice
	if err := json.Unmarshal(deliveries[len(deliveries)-1].Payload, &n); err != nil {
		t.Fatal(err)
	}
	return n.Data.Counted
}

func TestNoticesCount(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rule  Rule
		posts []post
		want  string
	}{
		{
			"threshold, by its window",
			Rule{Kind: KindThreshold, Match: "recall", Count: 4, Window: mention.Duration(time.Hour)},
			post{}.repeat(4, 12*time.Minute), "09:35 5m: 0 0 0 0 0 1 0 1 0 1 0 0 1",
		},
		{"match, since the first", Rule{Match: "recall", RepeatEvery: mention.Duration(time.Minute)}, post{}.repeat(3, 2*time.Hour), "10:00 15m: 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 1"},
		{"one mention is no picture", Rule{Match: "recall"}, post{}.repeat(1, 0), ""},
	} {
		got := ""
		if c := countedBy(t, tt.rule, tt.posts...); c != nil {
			got = fmt.Sprintf("%s %s: %s", c.From.Format("15:04"), c.Step, strings.Trim(fmt.Sprint(c.Counts), "[]"))
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSeriesCounted(t *testing.T) {
	s := &series{First: binOf(instantOf(start.Add(-100 * time.Hour)))}
	for h := range 100 {
		s.add(binOf(instantOf(start.Add(-time.Duration(h)*time.Hour))), float64(h))
	}
	c := s.counted(instantOf(start), binWidth, time.Hour)
	if len(c.Counts) != 48 || c.Counts[47] != 0 || c.Counts[0] != 47 || !c.From.Equal(start.Add(-47*time.Hour)) {
		t.Errorf("by the hour: %+v", c)
	}
	if c = s.counted(instantOf(start), binWidth, 24*time.Hour); c.Step.Std() != 6*time.Hour || c.sum() != 99*50 || len(c.Counts) != 17 {
		t.Errorf("by six hours: %d in %d, %+v", c.sum(), len(c.Counts), c)
	}
	if c = (*series)(nil).counted(instantOf(start), binWidth, 0); c != nil {
		t.Errorf("of nothing: %+v", c)
	}
}

func TestMailShowsItsCounts(t *testing.T) {
	picture := []byte("\x89PNG a picture")
	good := func(w io.Writer, title string, c *Counted) error {
		if title != "Mentions an hour" || len(c.Counts) != 3 {
			t.Errorf("drawn: %q, %+v", title, c)
		}
		_, err := w.Write(picture)
		return err
	}
	bad := func(io.Writer, string, *Counted) error { return errors.New("no paint") }
	for i, draw := range []Draw{good, bad, nil} {
		box := &postbox{}
		n, err := New(mailReceiver(serve(t, box, nil, false), TLSInsecure), testEgress(t, egress.Config{}), draw, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := mailDelivery(t, func(n *Notice) {
			n.Data.Counted = &Counted{From: start, Step: mention.Duration(time.Hour), Counts: []int{1, 0, 12}}
		})
		if err := n.Notify(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		mail := strings.ReplaceAll(strings.ReplaceAll(string(box.mails[0]), "=\r\n", ""), "\r\n", "\n")
		words := "Mentions an hour from 2 Mar 10:00 to 2 Mar 13:00 UTC: 13 in all, at most 12, from 2 Mar 12:00 on. 1 0 12."
		want, count := []string{words}, 1 // the text says it in any case
		if i == 0 {
			want = append(want, "multipart/related", "Content-Id: <ntc_abc.counts@ear.example>", `src=3D"cid:ntc_abc.counts@ear.example"`, `alt=3D"`+words, strings.TrimRight(base64.StdEncoding.EncodeToString(picture), "="), "inline")
			count = 2
		}
		for _, w := range want {
			if !strings.Contains(mail, w) {
				t.Errorf("the mail has no %q:\n%s", w, mail)
			}
		}
		if n := strings.Count(mail, "1 0 12"); n != count {
			t.Errorf("the numbers stand %d times, want %d", n, count)
		}
	}
}
