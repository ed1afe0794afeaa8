package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

type incidentsInput struct {
	Rule   string `query:"rule" maxLength:"100"`
	State  string `query:"state" enum:"pending,firing,resolved,no_data,error"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor string `query:"cursor" maxLength:"1000"`
}

type incidentsOutput struct {
	Link string `header:"Link"`
	Body struct {
		Rows []mention.Incident `json:"rows" doc:"newest first"`
		Next string             `json:"next,omitempty"`
	}
}

type flagInput struct {
	ID   string `path:"id" maxLength:"500"`
	Body struct {
		Action string    `json:"action" enum:"ack,unack,snooze,unsnooze,mute,unmute,assign,note,respond"`
		Until  time.Time `json:"until,omitzero" doc:"needed for snooze; an ack without it lasts until the incident ends"`
		Text   string    `json:"text,omitempty" maxLength:"2000" doc:"assign: to whom; note: what"`
	}
}

type deliveriesInput struct {
	Receiver string `query:"receiver" maxLength:"100"`
	State    string `query:"state" enum:"pending,sending,sent,held,dead"`
	Incident string `query:"incident" maxLength:"500"`
	Mention  string `query:"mention" maxLength:"500"`
	Limit    int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor   string `query:"cursor" maxLength:"1000"`
}

type deliveriesOutput struct {
	Link string `header:"Link"`
	Body struct {
		Rows []mention.Delivery `json:"rows" doc:"newest first, without their payload"`
		Next string             `json:"next,omitempty"`
	}
}

// A deliveryBody is a delivery with what it says.
type deliveryBody struct {
	Delivery mention.Delivery `json:"delivery"`
	Payload  any              `json:"payload,omitempty" doc:"as sent, frozen when the delivery was made"`
}

type safetyInput struct {
	Since time.Time `query:"since" doc:"flagged since; left out: the last 30 days"`
}

type safetyOutput struct {
	Body struct {
		Rows []mention.SafetyFlag `json:"rows"`
	}
}

func (a *api) alertRoutes() {
	tags := []string{"Alerts"}
	write := map[string]any{needs: RoleAnalyst}
	huma.Register(a.huma, huma.Operation{OperationID: "listIncidents", Method: http.MethodGet, Path: "/incidents", Tags: tags, Summary: "What rules found"}, a.incidents)
	huma.Register(a.huma, huma.Operation{OperationID: "getIncident", Method: http.MethodGet, Path: "/incidents/{id}", Tags: tags, Summary: "One incident"}, a.incident)
	huma.Register(a.huma, huma.Operation{
		OperationID: "flagIncident", Method: http.MethodPost, Path: "/incidents/{id}/flags", Tags: tags, Metadata: write,
		Summary: "Acknowledge, snooze, mute, assign, annotate or answer an incident", Description: "A safety alert can be acknowledged, never snoozed or muted.",
	}, a.flag)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listDeliveries", Method: http.MethodGet, Path: "/deliveries", Tags: tags,
		Summary: "The outbox", Description: "Every notice that was sent, held back, or given up, with its reason.",
	}, a.deliveries)
	huma.Register(a.huma, huma.Operation{OperationID: "getDelivery", Method: http.MethodGet, Path: "/deliveries/{id}", Tags: tags, Summary: "One delivery with its payload"}, a.delivery)
	huma.Register(a.huma, huma.Operation{
		OperationID: "redeliver", Method: http.MethodPost, Path: "/deliveries/{id}/redeliver", Tags: tags, Metadata: write,
		Summary: "Send a delivery again", Description: "Under the same webhook-id or Message-ID, so that a receiver can tell.", DefaultStatus: http.StatusAccepted,
	}, a.redeliver)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listSafety", Method: http.MethodGet, Path: "/safety", Tags: tags,
		Summary: "Possible adverse events", Description: "Each with the times it was flagged, notified and acknowledged.",
	}, a.safety)
	huma.Register(a.huma, huma.Operation{
		OperationID: "openSafety", Method: http.MethodPost, Path: "/safety/{id}/open", Tags: tags, Metadata: write,
		Summary: "Acknowledge a possible adverse event", Description: "The id is that of the mention.", DefaultStatus: http.StatusNoContent,
	}, a.openSafety)
	a.reviewRoutes()
}

func (a *api) incidents(ctx context.Context, in *incidentsInput) (*incidentsOutput, error) {
	before, err := cursorRead("incidents", in.Cursor)
	if err != nil {
		return nil, a.fail(ctx, err, "incident")
	}
	rows, err := ask(ctx, a, "incident", func(ctx context.Context) ([]mention.Incident, error) {
		return a.backend.Incidents(ctx, IncidentFilter{Rule: in.Rule, State: in.State, Limit: in.Limit + 1, Before: before})
	})
	if err != nil {
		return nil, err
	}
	out := &incidentsOutput{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		out.Body.Next = cursorAfter("incidents", rows[in.Limit-1].ID)
	}
	if out.Body.Rows = rows; rows == nil {
		out.Body.Rows = []mention.Incident{}
	}
	out.Link = a.next("/incidents", url.Values{"rule": {in.Rule}, "state": {in.State}, "limit": {strconv.Itoa(in.Limit)}}, out.Body.Next)
	return out, nil
}

func (a *api) incident(ctx context.Context, in *idInput) (*output[mention.Incident], error) {
	return answered(ctx, a, "incident", func(ctx context.Context) (mention.Incident, error) { return a.backend.Incident(ctx, in.ID) })
}

func (a *api) flag(ctx context.Context, in *flagInput) (*output[mention.Incident], error) {
	if in.Body.Action == FlagSnooze && !in.Body.Until.After(time.Now()) {
		return nil, invalid([]string{"until: a snooze needs a time to come"})
	}
	if in.Body.Action == FlagNote && strings.TrimSpace(in.Body.Text) == "" {
		return nil, invalid([]string{"text: a note needs one"})
	}
	inc, err := a.backend.FlagIncident(ctx, in.ID, Flag{Action: in.Body.Action, Until: stamp(in.Body.Until), Text: in.Body.Text, Actor: actorOf(ctx).name})
	if err != nil {
		return nil, a.fail(ctx, err, "incident")
	}
	return &output[mention.Incident]{Body: inc}, nil
}

func (a *api) deliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	before, err := cursorReadSeq("deliveries", in.Cursor)
	if err != nil {
		return nil, a.fail(ctx, err, "delivery")
	}
	rows, err := ask(ctx, a, "delivery", func(ctx context.Context) ([]mention.Delivery, error) {
		return a.backend.Deliveries(ctx, DeliveryFilter{Receiver: in.Receiver, State: in.State, Incident: in.Incident, Mention: in.Mention, Limit: in.Limit + 1, Before: before})
	})
	if err != nil {
		return nil, err
	}
	out := &deliveriesOutput{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		out.Body.Next = cursorAfter("deliveries", strconv.FormatInt(rows[in.Limit-1].Seq, 10))
	}
	out.Body.Rows = withoutPayload(rows)
	params := url.Values{"receiver": {in.Receiver}, "state": {in.State}, "incident": {in.Incident}, "mention": {in.Mention}, "limit": {strconv.Itoa(in.Limit)}}
	out.Link = a.next("/deliveries", params, out.Body.Next)
	return out, nil
}

func withoutPayload(rows []mention.Delivery) []mention.Delivery {
	list := make([]mention.Delivery, 0, len(rows))
	for _, d := range rows {
		d.Payload = nil
		list = append(list, d)
	}
	return list
}

func (a *api) delivery(ctx context.Context, in *idInput) (*output[deliveryBody], error) {
	d, err := ask(ctx, a, "delivery", func(ctx context.Context) (mention.Delivery, error) { return a.backend.Delivery(ctx, in.ID) })
	if err != nil {
		return nil, err
	}
	return deliveryAnswer(d), nil
}

func deliveryAnswer(d mention.Delivery) *output[deliveryBody] {
	out := &output[deliveryBody]{}
	if len(d.Payload) > 0 {
		if json.Valid(d.Payload) {
			out.Body.Payload = json.RawMessage(d.Payload)
		} else {
			out.Body.Payload = string(d.Payload)
		}
	}
	d.Payload = nil
	out.Body.Delivery = d
	return out
}

func (a *api) redeliver(ctx context.Context, in *idInput) (*output[deliveryBody], error) {
	d, err := a.backend.Redeliver(ctx, in.ID, actorOf(ctx).name)
	if err != nil {
		return nil, a.fail(ctx, err, "delivery")
	}
	return deliveryAnswer(d), nil
}

func (a *api) safety(ctx context.Context, in *safetyInput) (*safetyOutput, error) {
	since := in.Since
	if since.IsZero() {
		since = time.Now().AddDate(0, 0, -30)
	}
	rows, err := ask(ctx, a, "safety flag", func(ctx context.Context) ([]mention.SafetyFlag, error) {
		return a.backend.SafetyFlags(ctx, stamp(since))
	})
	if err != nil {
		return nil, err
	}
	out := &safetyOutput{}
	if out.Body.Rows = rows; rows == nil {
		out.Body.Rows = []mention.SafetyFlag{}
	}
	return out, nil
}

func (a *api) openSafety(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, a.fail(ctx, a.backend.OpenSafety(ctx, in.ID, actorOf(ctx).name), "safety flag")
}
