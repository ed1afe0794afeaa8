package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"earshot/mention"
	"earshot/query"
)

const (
	heartbeat  = 15 * time.Second
	catchUp    = 500    // changes read at one time
	maxCatchUp = 20_000 // more are for the change feed
)

type streamInput struct {
	Q     string   `query:"q" maxLength:"20000" doc:"only mentions that match; nothing means all"`
	Types []string `query:"types" maxItems:"2" default:"mention,incident" doc:"mention, incident or both"`
	Last  string   `header:"Last-Event-ID" maxLength:"100" doc:"id of the last event seen; browsers send it by themselves"`
	Since string   `query:"last_event_id" maxLength:"100" doc:"the same, for clients that cannot set the header"`
}

func (a *api) streamRoutes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "streamEvents", Method: http.MethodGet, Path: "/events", Tags: []string{"Mentions", "Alerts"},
		Summary: "What happens, as it happens",
		Description: "Server-sent events: `mention` (a row that is new or was revised), `incident` (opened, changed or closed), `reset` (too much was missed: read the change feed from its since). " +
			"Going on with Last-Event-ID misses nothing. A client that reads too slowly is cut off and may come back.",
		Responses: map[string]*huma.Response{"200": {Description: "The stream", Content: map[string]*huma.MediaType{
			"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
		}}},
		Errors: []int{http.StatusBadRequest, http.StatusServiceUnavailable},
	}, a.events)
}

// A position is how far a client has come: in the analyzed log, and in the
// incidents by the time of their last change. It is the id of every event.
type position struct {
	seq int64
	at  int64 // Unix milliseconds
}

func (p position) String() string { return fmt.Sprintf("%d-%d", p.seq, p.at) }

func parsePosition(s string) (position, error) {
	left, right, _ := strings.Cut(s, "-")
	seq, err1 := strconv.ParseInt(left, 10, 64)
	at, err2 := strconv.ParseInt(right, 10, 64)
	if err1 != nil || err2 != nil || seq < 0 {
		return position{}, fmt.Errorf("%w: Last-Event-ID is none of ours", ErrCursor)
	}
	return position{seq, at}, nil
}

func (a *api) events(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
	q, err := parse(in.Q, time.Now())
	if err != nil {
		return nil, a.fail(ctx, err, "event")
	}
	s := &stream{api: a, who: actorOf(ctx), query: q, all: in.Q == "" || in.Q == "*"}
	for _, t := range in.Types {
		switch t {
		case "mention":
			s.mentions = true
		case "incident":
			s.incidents = true
		default:
			return nil, invalid([]string{"types: " + t + " is neither mention nor incident"})
		}
	}
	last := in.Last
	if last == "" {
		last = in.Since
	}
	if s.resume = last != ""; s.resume {
		if s.pos, err = parsePosition(last); err != nil {
			return nil, a.fail(ctx, err, "event")
		}
		s.seen = s.pos.seq
	}
	// Subscribed before anything is read, so that nothing falls in between.
	sub, stop, ok := a.hub.subscribe(maxStreams)
	if !ok {
		return nil, newProblem(http.StatusServiceUnavailable, "unavailable", "too many event streams; try again")
	}
	if !s.resume {
		status, err := ask(ctx, a, "status", a.backend.Status)
		if err != nil {
			stop()
			return nil, err
		}
		s.pos = position{status.Seq, time.Now().UnixMilli()}
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer stop()
		r, w := humago.Unwrap(hctx)
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Type", "text/event-stream")
			return
		}
		a.metrics.streams.Inc()
		defer a.metrics.streams.Dec()
		if err := s.run(ctx, w, sub); err != nil && !errors.Is(err, errSlow) && !errors.Is(err, context.Canceled) {
			a.log.WarnContext(ctx, "event stream ended", "err", err)
		}
	}}, nil
}

type stream struct {
	api       *api
	who       actor
	query     *query.Query
	all       bool
	mentions  bool
	incidents bool
	resume    bool
	pos       position
	seen      int64 // changes up to here are not told again
	out       io.Writer
	ctl       *http.ResponseController
}

func (s *stream) run(ctx context.Context, w http.ResponseWriter, sub *subscriber) error {
	s.ctl = http.NewResponseController(w)
	s.out = deadlineWriter{w, s.ctl}
	_ = s.ctl.SetReadDeadline(time.Time{}) // the server's time to read the request would end the stream
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx
	// The id alone makes no event, and is where the client goes on from even
	// when it is cut off before the first.
	if err := s.write("retry: 3000\nid: " + s.pos.String() + "\n\n"); err != nil {
		return err
	}
	if s.resume {
		if err := s.missed(ctx); err != nil {
			return err
		}
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
			if s.who.gone(ctx) {
				return nil
			}
			if err := s.write(": still here\n\n"); err != nil {
				return err
			}
		case e, ok := <-sub.events:
			if !ok {
				s.api.metrics.dropped.Inc()
				return nil
			}
			if err := s.tell(ctx, e); err != nil {
				return err
			}
		}
	}
}

// missed tells what happened since the client's position.
func (s *stream) missed(ctx context.Context) error {
	if s.mentions {
		for n := 0; ; {
			changes, err := s.api.backend.Changes(ctx, s.seen, catchUp)
			if err != nil {
				return fmt.Errorf("api: read changes: %w", err)
			}
			for i := range changes {
				if err := s.tell(ctx, event{change: &changes[i]}); err != nil {
					return err
				}
			}
			if n += len(changes); len(changes) < catchUp {
				break
			}
			if n >= maxCatchUp {
				return s.send("reset", map[string]int64{"since": s.seen})
			}
		}
	}
	if !s.incidents {
		return nil
	}
	list, err := s.api.backend.Incidents(ctx, IncidentFilter{Limit: catchUp})
	if err != nil {
		return fmt.Errorf("api: read incidents: %w", err)
	}
	from := s.pos.at
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Updated.UnixMilli() > from {
			if err := s.tell(ctx, event{incident: &list[i]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell sends an event, unless the client has seen it or did not ask for it.
func (s *stream) tell(ctx context.Context, e event) error {
	switch {
	case e.change != nil:
		c := e.change
		if c.Seq <= s.seen {
			return nil
		}
		s.seen, s.pos.seq = c.Seq, max(s.pos.seq, c.Seq)
		if !s.mentions || (c.Kind != mention.ChangeNew && c.Kind != mention.ChangeRevised) {
			return nil
		}
		row := c.Record.Row()
		row.Seq = c.Seq
		d := query.NewDocument(&row)
		if !s.all && !s.query.Match(d) || s.who.scope != nil && !s.who.scope.Match(d) {
			return nil
		}
		return s.send("mention", &row)
	case s.incidents:
		s.pos.at = max(s.pos.at, e.incident.Updated.UnixMilli())
		if s.who.scope != nil {
			if _, err := s.api.backend.Incident(ctx, e.incident.ID); errors.Is(err, ErrNotFound) {
				return nil
			} else if err != nil {
				return err
			}
		}
		return s.send("incident", e.incident)
	}
	return nil
}

// send writes one event. JSON has no line ends in it.
func (s *stream) send(kind string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("api: event: %w", err)
	}
	return s.write("event: " + kind + "\nid: " + s.pos.String() + "\ndata: " + string(data) + "\n\n")
}

func (s *stream) write(text string) error {
	if _, err := io.WriteString(s.out, text); err != nil {
		return err
	}
	if err := s.ctl.Flush(); err != nil {
		return errors.Join(errSlow, err)
	}
	return nil
}
