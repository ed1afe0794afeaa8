package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/internal/ledger"
	"earshot/mention"
)

// linkPath is where the links in notices lead that do something.
const linkPath = "/act/"

// linkSnooze is how long a snooze by link lasts.
const linkSnooze = 24 * time.Hour

var linkTemplate = template.Must(template.New("link").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>{{.Title}}</title></head>
<body><h1>{{.Title}}</h1>{{with .Reason}}<p>{{.}}</p>{{end}}
{{if .Ask}}<form method="post"><button type="submit">{{.Ask}}</button></form>{{end}}</body></html>
`))

type linkView struct{ Title, Reason, Ask string }

// linkWords are what the page asks, and what it says when it is done.
var linkWords = map[string][2]string{
	alerts.ActionAck:    {"Acknowledge", "Acknowledged"},
	alerts.ActionSnooze: {"Snooze for a day", "Snoozed for a day"},
	alerts.ActionMute:   {"Mute", "Muted"},
}

// linkPage shows what a link would do, and does it once it is confirmed: those
// who scan mails follow links, and must not act by it.
func (d *Daemon) linkPage(w http.ResponseWriter, r *http.Request) {
	_, token, _ := strings.Cut(r.URL.Path, linkPath)
	inc, link, err := d.readLink(r.Context(), token)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	var v linkView
	status := http.StatusOK
	switch {
	case errors.Is(err, alerts.ErrLink), errors.Is(err, ledger.ErrNotFound):
		v, status = linkView{Title: "This link does nothing any more", Reason: "It was used, it is too old, or it was not made here."}, http.StatusGone
	case err != nil:
		v, status = linkView{Title: "Not possible now", Reason: "Try again in a while."}, http.StatusServiceUnavailable
		d.log.Error("link not followed", "err", err)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		v = linkView{Title: linkWords[link.Action][0] + "?", Reason: inc.Reason, Ask: linkWords[link.Action][0]}
	case r.Method != http.MethodPost:
		v, status = linkView{Title: "A link is opened and confirmed"}, http.StatusMethodNotAllowed
	default:
		v, status = d.actOn(r.Context(), token, link, &inc)
	}
	w.WriteHeader(status)
	if err := linkTemplate.Execute(w, v); err != nil {
		d.log.Debug("client went away", "err", err)
	}
}

// readLink finds what a link is about; one that was used is no link any more.
func (d *Daemon) readLink(ctx context.Context, token string) (mention.Incident, alerts.Link, error) {
	key, err := linkKey(ctx, d.store.Ledger)
	if err != nil {
		return mention.Incident{}, alerts.Link{}, err
	}
	link, err := alerts.ReadLink(key, token, now())
	if err != nil {
		return mention.Incident{}, link, err
	}
	used, err := d.store.Ledger.Setting(ctx, usedKey(token))
	if err == nil && used != "" {
		err = alerts.ErrLink
	}
	if err != nil {
		return mention.Incident{}, link, err
	}
	inc, err := d.store.Ledger.Incident(ctx, link.Incident)
	return inc, link, err
}

func usedKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "link_used:" + hex.EncodeToString(sum[:16])
}

// actOn does what a link says, once.
func (d *Daemon) actOn(ctx context.Context, token string, link alerts.Link, inc *mention.Incident) (linkView, int) {
	f := api.Flag{Action: link.Action, Actor: "link to " + link.Receiver}
	if link.Action == alerts.ActionSnooze {
		f.Until = now().Add(linkSnooze)
	}
	d.linking.Lock()
	defer d.linking.Unlock()
	if used, err := d.store.Ledger.Setting(ctx, usedKey(token)); err == nil && used != "" {
		return linkView{Title: "This was done already"}, http.StatusGone
	}
	_, err := (backend{d}).FlagIncident(ctx, link.Incident, f)
	if err == nil {
		err = d.store.Ledger.SetSetting(ctx, usedKey(token), now().Format(time.RFC3339))
	}
	switch {
	case errors.Is(err, api.ErrConflict):
		return linkView{Title: "Not possible", Reason: err.Error()}, http.StatusConflict
	case err != nil:
		d.log.Error("link not followed", "err", err)
		return linkView{Title: "Not possible now", Reason: "Try again in a while."}, http.StatusServiceUnavailable
	}
	return linkView{Title: linkWords[link.Action][1], Reason: inc.Reason}, http.StatusOK
}
