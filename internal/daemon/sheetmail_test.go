package daemon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"earshot/alerts"
	"earshot/mention"
)

// A postbox is a mail server that keeps what it gets.
type postbox struct {
	mu    sync.Mutex
	mails []posted
}

type posted struct {
	to   []string
	data []byte
}

type postSession struct {
	box *postbox
	to  []string
}

func (b *postbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &postSession{box: b}, nil }
func (*postSession) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *postSession) Reset()                                  { s.to = nil }
func (*postSession) Logout() error                             { return nil }

func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *postSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails = append(s.box.mails, posted{slices.Clone(s.to), data})
	return err
}

// sheets are the mails that came with a PDF.
func (b *postbox) sheets() []posted {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.mails), func(p posted) bool { return !bytes.Contains(p.data, []byte("application/pdf")) })
}

func openPostbox(t *testing.T) (*postbox, int) {
	t.Helper()
	box := &postbox{}
	s := smtp.NewServer(box)
	s.Domain = "mail.example"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); _ = l.Close(); <-done })
	return box, l.Addr().(*net.TCPAddr).Port
}

func TestCrisisSheetIsMailed(t *testing.T) {
	box, port := openPostbox(t)
	smtp := fmt.Sprintf("from: ear@corp.example, smtp: {host: 127.0.0.1, port: %d, tls: insecure}", port)
	h := keepHouse(t, t.TempDir(), `
brands: [{id: acme, name: Acme, role: own}]
rules: [{id: r, match: "recall", severity: crisis}]
receivers:
  - {id: desk, kind: email, to: ["Desk <desk@corp.example>", lead@corp.example], `+smtp+`}
  - {id: board, kind: email, to: [board@corp.example], `+smtp+`}
  - {id: hook, kind: heartbeat, url: "http://127.0.0.1:1/", every: 24h}
`)
	h.push("Acme begins a recall")
	var list struct{ Rows []mention.Incident }
	h.eventually("an incident", func() bool {
		h.get("/api/v1/incidents", &list)
		return len(list.Rows) == 1
	})
	id := list.Rows[0].ID
	send := func(to ...string) (int, string) {
		return h.post("/api/v1/incidents/"+id+"/mail", map[string]any{"to": to})
	}
	for _, bad := range []string{"hook", "nobody", "somebody@else.example", "desk@corp.example, evil@else.example"} {
		if status, body := send(bad); status != http.StatusUnprocessableEntity {
			t.Errorf("to %q: %d %s", bad, status, body)
		}
	}
	if status, _ := h.post("/api/v1/incidents/nix/mail", map[string]any{"to": []string{"desk"}}); status != http.StatusNotFound {
		t.Errorf("no such incident: %d", status)
	}
	status, body := send("LEAD@corp.example", "board", "board@corp.example")
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	h.eventually("both mails", func() bool { return len(box.sheets()) == 2 })
	var to [][]string
	for _, p := range box.sheets() {
		to = append(to, p.to)
		msg, err := mail.ReadMessage(bytes.NewReader(p.data))
		if err != nil {
			t.Fatal(err)
		}
		if s := msg.Header.Get("Subject"); s == "" || msg.Header.Get("Message-Id") == "" || strings.Contains(msg.Header.Get("To"), "desk@") {
			t.Errorf("headers %v", msg.Header)
		}
	}
	slices.SortFunc(to, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	if diff := cmp.Diff([][]string{{"board@corp.example"}, {"lead@corp.example"}}, to); diff != "" {
		t.Errorf("recipients (-want +got)\n%s", diff)
	}
	var kept mention.KeptReport
	if err := json.Unmarshal([]byte(body), &kept); err != nil || kept.Kind != "incident" || kept.By != "local" {
		t.Errorf("kept %v %s", err, body)
	}
	h.eventually("the page tells who was mailed", func() bool {
		var rows struct{ Rows []mention.Delivery }
		h.get("/api/v1/deliveries?incident="+id, &rows)
		sent := 0
		for _, d := range rows.Rows {
			if d.Type == alerts.TypeReport && d.State == mention.DeliverySent && d.Reason == "asked for by local" {
				sent++
			}
		}
		return sent == 2
	})
	var preview mention.MutePreview
	if h.get("/api/v1/incidents/"+id+"/mute-preview", &preview); slices.ContainsFunc(preview.Sent, func(d mention.Delivery) bool { return d.Type == alerts.TypeReport }) {
		t.Errorf("a mute would hold the sheet back: %+v", preview.Sent)
	}
}

func TestAddressedAreReceiversOfMailAlone(t *testing.T) {
	receivers := []alerts.Receiver{
		{ID: "desk", Kind: alerts.ReceiverEmail, To: alerts.Words{"Desk <Desk@corp.example>", "lead@corp.example"}},
		{ID: "hook", Kind: alerts.ReceiverWebhook, To: alerts.Words{"x@corp.example"}},
	}
	tests := []struct {
		name   string
		to     []string
		want   []addressee
		faults int
	}{
		{"a receiver", []string{"desk"}, []addressee{{receiver: "desk"}}, 0},
		{"an address", []string{" desk@CORP.example "}, []addressee{{"desk", []string{"desk@corp.example"}}}, 0},
		{"two of one", []string{"desk@corp.example", "lead@corp.example", "lead@corp.example"}, []addressee{{"desk", []string{"desk@corp.example", "lead@corp.example"}}}, 0},
		{"all holds one", []string{"lead@corp.example", "desk"}, []addressee{{receiver: "desk"}}, 0},
		{"an address of a webhook", []string{"x@corp.example"}, nil, 1},
		{"nobody", nil, nil, 1},
	}
	for _, tt := range tests {
		got, faults := addressed(receivers, tt.to)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(addressee{})); diff != "" || len(faults) != tt.faults {
			t.Errorf("%s: %v (-want +got)\n%s", tt.name, faults, diff)
		}
	}
}
