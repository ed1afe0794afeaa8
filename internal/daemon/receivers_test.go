package daemon

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"earshot/alerts"
	"earshot/internal/ledger"
	"earshot/mention"
)

func TestReceiversAreToldInFull(t *testing.T) {
	s, err := OpenStore(t.Context(), t.TempDir(), time.UTC, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	var list []mention.Delivery
	add := func(n int, d mention.Delivery) {
		for range n {
			d.ID, d.Receiver, d.Created = fmt.Sprint("d", len(list)), "hook", at
			list = append(list, d)
		}
	}
	add(1, mention.Delivery{State: mention.DeliverySent, Sent: at.Add(time.Minute), Attempts: 1})
	add(1500, mention.Delivery{State: mention.DeliveryDead, Attempts: 10, Error: "it answered 500"})
	add(2, mention.Delivery{State: mention.DeliveryPending, Next: at.Add(time.Hour), Attempts: 1, Error: "it answered 503"})
	if err := s.Ledger.CommitAlerts(t.Context(), ledger.AlertCommit{Deliveries: list}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Receivers(t.Context(), []alerts.Receiver{{ID: "hook", Kind: alerts.ReceiverWebhook}, {ID: "quiet", Kind: alerts.ReceiverWebhook}})
	if err != nil {
		t.Fatal(err)
	}
	r := got[0]
	if r.Dead != 1500 || r.Waiting != 2 || !r.LastSent.Equal(at.Add(time.Minute)) || !r.NextTry.Equal(at.Add(time.Hour)) || r.Error != "it answered 503" {
		t.Errorf("hook: %+v", r)
	}
	if r = got[1]; r.Dead+r.Waiting != 0 || !r.NextTry.IsZero() || !r.LastSent.IsZero() {
		t.Errorf("quiet: %+v", r)
	}
}
