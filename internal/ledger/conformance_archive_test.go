package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/internal/ledger"
	"earshot/mention"
)

func testArchive(t *testing.T, l ledger.Ledger) {
	ctx := t.Context()
	one := mention.KeptReport{ID: "r1", Plan: "monday", Kind: "weekly", Subject: "s", Made: start, Body: []byte(`{"a":1}`)}
	note := mention.Delivery{ID: "d1", Receiver: "desk", Type: "report.ready", Payload: []byte("{}"), Created: start}
	for range 2 { // doing it again changes nothing
		if err := l.PutReport(ctx, one, []mention.Delivery{note}); err != nil {
			t.Fatal(err)
		}
		note.ID = "d2"
	}
	other := one
	other.ID, other.Plan = "r2", ""
	if err := l.PutReport(ctx, other, nil); err != nil {
		t.Fatal(err)
	}
	got := must(l.Report(ctx, "r1"))(t)
	if diff := cmp.Diff(one, got); diff != "" {
		t.Error("Report (-want +got):", diff)
	}
	ids := func(f mention.KeptFilter) (out []string) {
		for _, r := range must(l.Reports(ctx, f))(t) {
			if r.Body != nil {
				t.Error("a list has bodies")
			}
			out = append(out, r.ID)
		}
		return out
	}
	for _, tt := range []struct {
		f    mention.KeptFilter
		want []string
	}{{mention.KeptFilter{}, []string{"r2", "r1"}}, {mention.KeptFilter{Plan: "monday"}, []string{"r1"}}, {mention.KeptFilter{Before: "r2"}, []string{"r1"}}, {mention.KeptFilter{Limit: 1}, []string{"r2"}}} {
		if diff := cmp.Diff(tt.want, ids(tt.f)); diff != "" {
			t.Errorf("Reports(%+v) (-want +got): %s", tt.f, diff)
		}
	}
	if due := must(l.DueDeliveries(ctx, "desk", start, 10))(t); len(due) != 1 || due[0].ID != "d1" {
		t.Errorf("due = %v, want d1 alone", due)
	}
	share := mention.Share{ID: "s1", Report: "r1", By: "ann", Created: start, Expires: start.Add(time.Hour), Hash: "h"}
	if err := l.PutShare(ctx, share); err != nil {
		t.Fatal(err)
	}
	if err := l.PutShare(ctx, mention.Share{ID: "s2", Report: "none", Hash: "i"}); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a share of no report: %v", err)
	}
	if diff := cmp.Diff(share, must(l.ShareOf(ctx, "h"))(t)); diff != "" {
		t.Error("ShareOf (-want +got):", diff)
	}
	if err := l.RevokeShare(ctx, "s1", "ann", start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if s := must(l.Shares(ctx, "r1"))(t); len(s) != 1 || s[0].Open(start.Add(2*time.Minute)) || s[0].Hash != "h" {
		t.Errorf("shares = %+v, want one that was taken back", s)
	}
	waits := []mention.Delivery{
		{ID: "d3", Receiver: "other", Type: "report.ready", Payload: []byte(`{"data":{"report":"r1"}}`), Created: start, Next: start.Add(time.Hour)},
		{ID: "d4", Receiver: "other", Type: "report.ready", Payload: []byte(`{"data":{"report":"r2"}}`), Created: start},
		{ID: "d5", Receiver: "other", Payload: []byte("no JSON"), Created: start},
		{ID: "d6", Receiver: "other", Created: start},
		{ID: "d7", Receiver: "other", State: mention.DeliverySent, Payload: []byte(`{"data":{"report":"r1"}}`), Created: start},
	}
	if err := l.AddDeliveries(ctx, waits); err != nil {
		t.Fatal(err)
	}
	if err := l.DeleteReport(ctx, "r1", "ann"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{mention.DeliveryDead, mention.DeliveryPending, mention.DeliveryPending, mention.DeliveryPending, mention.DeliverySent} {
		if d := must(l.Delivery(ctx, waits[i].ID))(t); d.State != want || (want == mention.DeliveryDead) != (d.Error == "the report was deleted") || want == mention.DeliveryDead && !d.Next.IsZero() {
			t.Errorf("%s after its report was deleted: %+v, want it %s", d.ID, d, want)
		}
	}
	for name, err := range map[string]error{
		"report": second(l.Report(ctx, "r1")), "share": second(l.ShareOf(ctx, "h")), "again": l.DeleteReport(ctx, "r1", "ann"), "revoke": l.RevokeShare(ctx, "s1", "ann", start),
	} {
		if !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s after it was deleted: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
