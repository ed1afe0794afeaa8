package alerts

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

// chatAddresses has one of each service that is let in.
var chatAddresses = map[string]string{
	"bark": "bark://:devicekey@bark.example", "discord": "discord://hooktoken@123456789", "gotify": "gotify://gotify.example/Aaa.bbb.ccc.ddd",
	"googlechat": "googlechat://chat.googleapis.com/v1/spaces/FOO/messages?key=bar&token=baz", "ifttt": "ifttt://webhookkey/?events=event1",
	"join": "join://shoutrrr:apikey@join/?devices=dev1", "lark": "lark://open.larksuite.com/token", "matrix": "matrix://user:password@matrix.example",
	"mattermost": "mattermost://mattermost.example/thisshouldbeanapitoken", "notifiarr": "notifiarr://apikey0123", "ntfy": "ntfy://ntfy.example/topic",
	"opsgenie": "opsgenie://api.opsgenie.com/apikey", "pagerduty": "pagerduty://events.pagerduty.com/eb243592faa24ba2a5511afdf565c889",
	"pushbullet": "pushbullet://tokentokentokentokentokentokentoke", "pushover": "pushover://:apptoken@usertoken",
	"rocketchat": "rocketchat://user@rocket.example/tokenA/tokenB/room", "signal": "signal://signal.example:8080/+1234567890/+1987654321",
	"slack":    "slack://hook:T00000000-B00000000-XXXXXXXXXXXXXXXXXXXXXXXX@webhook",
	"teams":    "teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333301222222222233333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=test.webhook.office.com",
	"telegram": "telegram://123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@telegram?chats=667", "wecom": "wecom://693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa",
	"zulip": "zulip://bot-name%40zulipchat.com:correcthorsebatterystable@example.zulipchat.com?stream=foo&topic=bar",
}

// through puts something in the place of the way out until the test ends.
func through(t *testing.T, rt http.RoundTripper) {
	t.Helper()
	old := http.DefaultTransport
	http.DefaultTransport = rt
	t.Cleanup(func() { http.DefaultTransport = old })
}

// A wall lets nothing out and counts who came.
type wall struct{ hosts []string }

func (w *wall) RoundTrip(req *http.Request) (*http.Response, error) {
	w.hosts = append(w.hosts, req.URL.Host)
	if strings.HasSuffix(req.URL.Path, "/login") && req.Method == http.MethodGet {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"flows":[{"type":"m.login.password"}]}`)), Request: req}, nil
	}
	return nil, errors.New("wall")
}

// Nothing that the library sends may go past the guard. A service that came
// to use a way of its own would be seen here.
func TestEveryChatServiceGoesByTheGuard(t *testing.T) {
	if diff := slices.Compare(slices.Sorted(maps.Keys(chatServices)), slices.Sorted(maps.Keys(chatAddresses))); diff != 0 {
		t.Error("an address of each service is needed")
	}
	for name, address := range chatAddresses {
		w := &wall{}
		through(t, w)
		c := &chat{url: Secret(address), service: name, timeout: time.Second}
		if err := c.hand("hello"); len(w.hosts) == 0 {
			t.Errorf("%s: %d requests came by the guard, %v", name, len(w.hosts), err)
		} else if err == nil {
			t.Logf("%s calls it a success when nobody answered", name)
		}
	}
}

func TestChatBelievesAnswersAlone(t *testing.T) {
	door := &egress.Door{}
	through(t, door)
	for name, address := range chatAddresses {
		w := &wall{}
		c := &chat{url: Secret(address), service: name, timeout: time.Second, door: door, out: w}
		if err := c.send(t.Context(), "hello"); err == nil {
			t.Errorf("%s: nobody answered, and the notice counts as sent", name)
		}
		if len(w.hosts) == 0 {
			t.Errorf("%s does not ask where it was called", name)
		}
	}
}

// A chat that does not answer keeps no other one waiting, and ends with the
// time it was given.
func TestChatsDoNotWaitForEachOther(t *testing.T) {
	asked := make(chan struct{}, 1)
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "slow") {
			asked <- struct{}{}
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
	}))
	defer s.Close()
	through(t, &egress.Door{})
	ca := writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	eg := testEgress(t, egress.Config{CAFile: ca})
	chatTo := func(room string) Notifier {
		n, err := New(chatReceiver(t, "rocketchat://bot@"+strings.TrimPrefix(s.URL, "https://")+"/secretA1/"+room+"/room"), eg, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	slow, quick := chatTo("slow1234"), chatTo("quick1234")
	d := testDelivery()
	d.Payload = []byte(`{"type":"incident.firing","data":{"subject":"a"}}`)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- slow.Notify(ctx, d) }()
	<-asked
	for range 3 {
		if err := quick.Notify(t.Context(), d); err != nil {
			t.Errorf("while another one does not answer: %v", err)
		}
	}
	stop()
	if err := <-ended; err == nil {
		t.Error("a chat that did not answer counts as sent")
	}
}

func chatReceiver(t *testing.T, address string) Receiver {
	t.Helper()
	return Receiver{ID: "team", Kind: ReceiverChat, URLFile: writeFile(t, address+"\n")}
}

func TestChat(t *testing.T) {
	var text string
	status := http.StatusOK
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		text = body.Text
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(status)
	}))
	defer s.Close()
	through(t, &egress.Door{})
	ca := writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	address := "rocketchat://bot@" + strings.TrimPrefix(s.URL, "https://") + "/secretA1/secretB2/room"
	n, err := New(chatReceiver(t, address), testEgress(t, egress.Config{CAFile: ca}), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := testDelivery()
	d.Payload, err = json.Marshal(Notice{Type: TypeFiring, Data: NoticeData{
		Subject: "Recall watch: 3 mentions in 1h", Reason: "3 mentions in 1h", Rule: &RuleInfo{Severity: "crisis", Playbook: "call legal"},
		Mentions: []Item{{Title: "Acme recalls", Site: "news.example", URL: "https://news.example/1"}},
		Links:    map[string]string{"incident": "https://earshot.example/incidents/i", "ack": "https://earshot.example/act/x"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Notify(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	want := "[crisis] Firing: Recall watch: 3 mentions in 1h\n3 mentions in 1h\n- Acme recalls (news.example) https://news.example/1\n" +
		"What to do: call legal\nincident: https://earshot.example/incidents/i\nack: https://earshot.example/act/x\n"
	if text != want {
		t.Errorf("the service got %q, want %q", text, want)
	}
	status = http.StatusServiceUnavailable
	err = n.Notify(t.Context(), d)
	failed, ok := errors.AsType[*NotifyError](err)
	if !ok || failed.Permanent || failed.Status != http.StatusServiceUnavailable || failed.RetryAfter != time.Minute || strings.Contains(err.Error(), "secretA1") {
		t.Errorf("refused: %v, want an error that may pass and shows no secret", err)
	}
	strict, err := egress.New(egress.Config{CAFile: ca})
	if err != nil {
		t.Fatal(err)
	}
	if n, err = New(chatReceiver(t, address), strict, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := n.Notify(t.Context(), d); err == nil || !strings.Contains(err.Error(), "not a public address") || strings.Contains(err.Error(), "secretB2") {
		t.Errorf("a private address: %v, want it refused", err)
	}
}

func TestChatIsRefused(t *testing.T) {
	eg := testEgress(t, egress.Config{})
	if _, err := New(chatReceiver(t, chatAddresses["slack"]), eg, nil, nil); err == nil || !strings.Contains(err.Error(), "the daemon alone") {
		t.Errorf("without a guarded way out: %v", err)
	}
	through(t, &egress.Door{})
	for address, want := range map[string]string{
		"smtp://user:password@mail.example:587/?to=a@b.example": `service "smtp"`,
		"generic://x.example/":           `service "generic"`,
		"https://hooks.slack.example/T0": `service "https"`,
		"slack":                          "no address",
		"slack://nonsense":               "slack",
		"slak://hook:x@webhook":          "did you mean slack?",
	} {
		if _, err := New(chatReceiver(t, address), eg, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		} else if strings.Contains(err.Error(), "password@") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func TestChatTextIsShort(t *testing.T) {
	n := Notice{Type: TypeDigest, Data: NoticeData{Subject: strings.Repeat("s", 5000), Reason: strings.Repeat("r", 5000), Rule: &RuleInfo{Playbook: strings.Repeat("p", 5000)}}}
	for range 50 {
		n.Data.Mentions = append(n.Data.Mentions, Item{Title: strings.Repeat("t", 300), Site: "x.example", URL: "https://x.example/" + strings.Repeat("u", 200)})
		n.Data.Digest = append(n.Data.Digest, DigestItem{Reason: strings.Repeat("d", 300)})
	}
	text := chatText(&n, "slack")
	if len(text) > maxChat || !strings.Contains(text, "more\n") || !strings.Contains(text, "What to do") {
		t.Errorf("%d bytes:\n%s", len(text), text)
	}
}

var _ Notifier = (*chat)(nil)

func TestChatPayloadThatCannotBeRead(t *testing.T) {
	err := (&chat{}).Notify(t.Context(), mention.Delivery{Payload: []byte("{")})
	if failed, ok := errors.AsType[*NotifyError](err); !ok || !failed.Permanent {
		t.Errorf("Notify = %v, want it given up", err)
	}
}

func TestChatTextIsPlainWords(t *testing.T) {
	n := Notice{Type: TypeFiring, Data: NoticeData{Subject: "@everyone <!channel> A&B", Mentions: []Item{{
		Title: "@all\n- fake \x1b[Ack](https://evil.example) <https://evil.example|Acknowledge>\u202e", Site: "s.example\u2028x", URL: "https://social.example/@ann/1?a=b&c=<d|e>",
	}}}}
	for service, want := range map[string]string{
		"discord": "Firing: @\u200beveryone <\u200b!channel> A&B\n- @\u200ball - fake [Ack]\u200b(https://evil.example) <\u200bhttps://evil.example|Acknowledge> (s.example x) https://social.example/%40ann/1?a=b&c=%3Cd%7Ce%3E\n",
		"slack":   "Firing: @\u200beveryone &lt;\u200b!channel&gt; A&amp;B\n- @\u200ball - fake [Ack]\u200b(https://evil.example) &lt;\u200bhttps://evil.example|Acknowledge&gt; (s.example x) https://social.example/%40ann/1?a=b&amp;c=%3Cd%7Ce%3E\n",
	} {
		if got := chatText(&n, service); got != want {
			t.Errorf("%s: %q, want %q", service, got, want)
		}
	}
}

func TestChatRedactsEveryPart(t *testing.T) {
	for _, address := range []string{"pushbullet://hosttokenhosttoken", "slack://user1234:word1234@host1234:8080/path1234?q=query1234#fragment1234"} {
		c := &chat{url: Secret(address)}
		text := c.redact(errors.New("no: hosttokenhosttoken user1234 word1234 host1234 path1234 query1234 fragment1234")).Error()
		for part := range strings.FieldsFuncSeq(address, func(r rune) bool { return strings.ContainsRune(":/@?#=", r) }) {
			if len(part) > 6 && strings.Contains(text, part) {
				t.Errorf("%s is shown: %s", part, text)
			}
		}
	}
}
