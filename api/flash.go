package api

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/mention"
)

// maxDeeds is how many deeds are remembered for their undoing, all people's
// together, and how long.
const (
	maxDeeds   = 200
	deedsValid = time.Hour
)

// A deed is what somebody just did on a page, with what takes it back.
type deed struct {
	text  string
	actor string
	at    time.Time
	undo  []mention.CurationEvent // empty: it cannot be taken back
}

// deeds are remembered in memory alone: after a restart there is no undo
// button, and the opposite action is still there.
type deeds struct {
	mu   sync.Mutex
	list map[string]deed
	ring []string
}

// remember keeps a deed and gives its token.
func (d *deeds) remember(x deed) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.list == nil {
		d.list = map[string]deed{}
	}
	if len(d.ring) >= maxDeeds {
		delete(d.list, d.ring[0])
		d.ring = d.ring[1:]
	}
	token := rand.Text()
	d.list[token], d.ring = x, append(d.ring, token)
	return token
}

// of gives a deed of an actor.
func (d *deeds) of(token, actor string) (deed, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, ok := d.list[token]
	return x, ok && x.actor == actor && time.Since(x.at) < deedsValid
}

// taken forgets how to undo a deed: it was undone.
func (d *deeds) taken(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x := d.list[token]
	x.undo = nil
	d.list[token] = x
}

// flashOf is what the page before did, when the address says so.
func (a *api) flashOf(r *http.Request) *flash {
	token := r.URL.Query().Get("done")
	if token == "" {
		return nil
	}
	x, ok := a.deeds.of(token, actorOf(r.Context()).name)
	if !ok {
		return nil
	}
	f := &flash{Text: x.text}
	if len(x.undo) > 0 {
		f.Undo = token
	}
	return f
}

// done sends the browser back to a page of ours, which tells what was done.
func (a *api) done(w http.ResponseWriter, r *http.Request, back string, x deed) {
	x.actor, x.at = actorOf(r.Context()).name, time.Now()
	u := a.ours(back)
	q := u.Query()
	q.Set("done", a.deeds.remember(x))
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}

// ours is an address below our own root; anything else is the front page, so
// that no form can send people elsewhere.
func (a *api) ours(back string) *url.URL {
	u, err := url.Parse(back)
	root := a.link + "/"
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, root) || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(back, "\\\r\n\t") || slices.Contains(strings.Split(u.Path, "/"), "..") {
		return &url.URL{Path: root}
	}
	return u
}
