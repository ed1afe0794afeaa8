package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/internal/ledger"
	"earshot/mention"
)

func testExpire(t *testing.T, l ledger.Ledger) {
	day := 24 * time.Hour
	by := func(author string, m mention.Mention) mention.Mention {
		m.Author = author
		return m
	}
	c := answer("https://x.example/f", "body")
	must(l.Append(t.Context(), start.Add(-500*day), mention.Batch{Source: "feed", Capture: c, Mentions: []mention.Mention{by("cap", post("held capture", "x"))}}))(t)
	appendAll(t, l, start.Add(-500*day),
		by("ann", post("old", "x")), by("bob", post("held", "x")), by("eve", post("held author", "x")), by("ida", post("held once", "x")),
		by("ann", post("edited", "x")), by("ann", post("never understood", "x")))
	// Its author of then is on hold, whoever signs it now.
	appendAll(t, l, start.Add(-450*day), by("ann", post("held once", "y")))
	appendAll(t, l, start.Add(-10*day), by("ann", post("edited", "y")), by("ann", post("young", "x")))
	understand(t, l, "c1")
	for _, object := range []string{"mention:held", "author:eve", "author:ida", "capture:" + c.ID} {
		if err := l.SetHold(t.Context(), object, "court", "me", true); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Curate(t.Context(), []mention.CurationEvent{{ID: "old", Action: mention.CurateNote, Value: "n"}}); err != nil {
		t.Fatal(err)
	}
	last := must(l.Counts(t.Context()))(t).AnalyzedSeq
	audited := len(must(l.AuditLog(t.Context(), 0, 100))(t))
	for i, want := range []int{2, 0} {
		if n := must(l.Expire(t.Context(), start, 400*day))(t); n != want {
			t.Errorf("Expire %d = %d, want %d", i, n, want)
		}
	}
	if diff := cmp.Diff([]string{fmt.Sprint(last+1, " erased old r0 "), fmt.Sprint(last+2, " erased never understood r0 ")}, changes(t, l, last)); diff != "" {
		t.Error("changes (-want +got):", diff)
	}
	var left []string
	if err := l.EachRecord(t.Context(), "", func(r mention.Record) error { left = append(left, r.Mention.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"edited", "held", "held author", "held capture", "held once", "young"}, left); diff != "" {
		t.Error("records left (-want +got):", diff)
	}
	var held []string
	for _, r := range must(l.Held(t.Context(), start.Add(-400*day)))(t) {
		held = append(held, r.Mention.ID)
	}
	if diff := cmp.Diff([]string{"held capture", "held", "held author", "held once"}, held); diff != "" {
		t.Error("held (-want +got):", diff)
	}
	if got := must(l.AuditLog(t.Context(), 0, 100))(t); len(got) != audited+1 || got[audited].Action != "expire" || got[audited].Actor != "retention" {
		t.Errorf("audit log ends with %+v, want one line of retention more", got[audited:])
	}
	if r := appendAll(t, l, start, by("ann", post("old", "x"))); r.Refused != 1 {
		t.Errorf("what is past its time came again: %+v", r)
	}
	for _, object := range []string{"mention:held", "author:eve", "author:ida", "capture:" + c.ID} {
		if err := l.SetHold(t.Context(), object, "over", "me", false); err != nil {
			t.Fatal(err)
		}
	}
	if n := must(l.Expire(t.Context(), start, 400*day))(t); n != 4 {
		t.Errorf("Expire after the holds = %d, want 4", n)
	}
}

func TestExpireGoesOverManyMentions(t *testing.T) {
	l := openDir(t, t.TempDir())
	var list []mention.Mention
	for i := range 1203 {
		list = append(list, post(fmt.Sprintf("m%04d", i), "x"))
	}
	appendAll(t, l, start.AddDate(-2, 0, 0), list...)
	if err := l.SetHold(t.Context(), "mention:m0003", "court", "me", true); err != nil {
		t.Fatal(err)
	}
	if n := must(l.Expire(t.Context(), start, 400*24*time.Hour))(t); n != 1202 {
		t.Errorf("Expire = %d, want 1202", n)
	}
	if err := l.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
