package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

func TestShownIncident(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	inc := shownIncident{
		Incident: mention.Incident{
			ID: "inc_a", Rule: "own-outcry", Kind: "threshold", Severity: "crisis", Match: "brand:novarel", State: mention.StateFiring, Reason: "31 mentions in 1h (limit 30)",
			Count: 31, Stories: make([]string, mostStories), Mentions: make([]string, 12), Opened: at, Fired: at, Resolves: "fewer come", Acked: at, AckedBy: "ann",
			Notes: []mention.IncidentNote{{At: at, By: "ben", Text: "called"}},
		},
		rows: []mention.Row{{Text: "No title here", Source: "murmel", URL: "https://m.example/1", Published: at}},
		told: []mention.Delivery{{Created: at, Receiver: "desk", Type: "incident.firing", State: mention.DeliveryDead, Error: "it answered 503"}},
	}
	var b strings.Builder
	a := &app{zone: time.FixedZone("CET", 3600)}
	if err := inc.print(&b, a.clock); err != nil {
		t.Fatal(err)
	}
	want := `why           31 mentions in 1h (limit 30)
rule          own-outcry (threshold, crisis)
asks for      brand:novarel
state         firing
opened        2026-03-01 11:00 CET
fired         2026-03-01 11:00 CET
ends when     fewer come
mentions      31, of 100 stories and more
acknowledged  2026-03-01 11:00 CET by ann
note          2026-03-01 11:00 CET ben: called
mention       2026-03-01 11:00 CET  murmel  No title here  https://m.example/1
              and more: -o json has their ids
told          2026-03-01 11:00 CET  desk  incident.firing  dead: it answered 503
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("an incident (-want +got):\n%s", diff)
	}
}
