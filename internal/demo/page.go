package demo

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

// shownMessages is how many messages of a kind the page shows.
const shownMessages = 100

var inboxPage = template.Must(template.New("inbox").Funcs(template.FuncMap{"pretty": pretty}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="10"><title>Inbox of the demo</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
details { border-top: 1px solid #8886; padding: .5rem 0 } summary { cursor: pointer }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #8881; padding: 1rem }
time, .how { opacity: .7; margin-right: 1rem }
</style></head>
<body><h1>Inbox</h1>
<p>What the daemon delivered: {{.WebhookCount}} webhooks, {{.MailCount}} mails. The same for programs: <a href="inbox.json">inbox.json</a>.</p>
<h2>Webhooks</h2>
{{range .Webhooks}}<details><summary><time>{{.At.Format "15:04:05"}}</time><span class="how">{{if .Verified}}signature fits{{else}}refused: {{.Problem}}{{end}}</span>{{.Type}}{{if gt .Try 1}} (try {{.Try}}){{end}}</summary>
<p>webhook-id {{.ID}}, answered {{.Status}}</p><pre>{{pretty .Body}}</pre></details>
{{else}}<p>None yet.</p>
{{end}}<h2>Mails</h2>
{{range .Mails}}<details><summary><time>{{.At.Format "15:04:05"}}</time><span class="how">{{range .To}}{{.}} {{end}}</span>{{.Subject}}</summary>
<p>Message-ID {{.ID}}, from {{.From}}{{if .TLS}}, encrypted{{end}}</p><pre>{{.Text}}</pre></details>
{{else}}<p>None yet.</p>
{{end}}</body></html>
`))

// pretty indents a body for people.
func pretty(body json.RawMessage) string {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return string(body)
	}
	out, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return string(body)
	}
	return string(out)
}

// ServeHTTP shows the newest messages first. It asks nothing of other hosts.
func (b *Inbox) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	webhooks, mails := b.Webhooks(), b.Mails()
	slices.Reverse(webhooks)
	slices.Reverse(mails)
	rw.Header().Set("Cache-Control", "no-store")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	if strings.HasSuffix(r.URL.Path, ".json") {
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		err := json.NewEncoder(rw).Encode(map[string]any{"webhooks": orEmpty(webhooks), "mails": orEmpty(mails)})
		if err != nil {
			return // the reader has gone
		}
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	must(inboxPage.Execute(writerOnly{rw}, map[string]any{
		"WebhookCount": len(webhooks), "MailCount": len(mails),
		"Webhooks": webhooks[:min(len(webhooks), shownMessages)], "Mails": mails[:min(len(mails), shownMessages)],
	}))
}

// writerOnly swallows the error of a reader that has gone, so that only a
// broken template is one.
type writerOnly struct{ rw http.ResponseWriter }

func (w writerOnly) Write(p []byte) (int, error) {
	_, _ = w.rw.Write(p)
	return len(p), nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
