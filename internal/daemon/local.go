package daemon

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"time"

	"earshot/api"
	"earshot/internal/config"
)

// LocalHeader carries the secret of daemon.json: what stands behind it is for
// commands of the user that runs the daemon, and for nobody else.
const LocalHeader = "X-Earshot-Local"

// The paths that commands of the same user ask.
const (
	LocalBackup  = "/local/backup"
	LocalObjects = "/local/objects"
	LocalReplay  = "/local/replay"
	LocalReparse = "/local/reparse"
	LocalVerify  = "/local/verify"
	LocalImport  = "/local/import"
	LocalRules   = "/local/rules"
)

// local lets only those in who could read daemon.json.
func (d *Daemon) local(method string, fn http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get(LocalHeader)
		if r.Method != method || subtle.ConstantTimeCompare([]byte(given), []byte(d.secret)) != 1 {
			http.NotFound(w, r)
			return
		}
		c := http.NewResponseController(w) // as long as it takes
		_ = errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{}))
		fn(w, r)
	})
}

// backup streams a copy of the ledger. One that breaks off is cut off, so that
// nobody takes half for all.
func (d *Daemon) backup(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/gzip")
	if err := d.store.Ledger.Backup(r.Context(), w); err != nil {
		d.log.Error("backup broken off", "err", err)
		panic(http.ErrAbortHandler)
	}
	if err := (backend{d}).audit(r.Context(), "cli", "backup", "", ""); err != nil {
		d.log.Warn("backup not in the audit", "err", err)
	}
}

// objects tells what people made through the API.
func (d *Daemon) objects(w http.ResponseWriter, r *http.Request) {
	list, err := d.store.Configured(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	out := make([]config.Object, len(list))
	for i, o := range list {
		out[i] = config.Object{Kind: o.Kind, ID: o.ID, Owner: o.Owner, Body: o.Body}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(out); err != nil {
		d.log.Debug("client went away", "err", err)
	}
}

// pages are the demo's and what is for commands of the same user.
func (d *Daemon) pages() map[string]http.Handler {
	pages := map[string]http.Handler{
		LocalBackup: d.local(http.MethodGet, d.backup), LocalObjects: d.local(http.MethodGet, d.objects),
		LocalReparse: d.local(http.MethodPost, d.reparse),
		LocalReplay:  d.local(http.MethodPost, d.replay), LocalVerify: d.local(http.MethodGet, d.verify),
		LocalImport: d.local(http.MethodPost, d.importRows),
		LocalRules:  d.local(http.MethodPost, d.tryRules),
	}
	maps.Copy(pages, d.o.Extra)
	d.secret = api.NewSecret()
	return pages
}
