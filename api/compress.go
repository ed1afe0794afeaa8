package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// What is compressed, and how: bodies of some size, with a random number of
// bytes added, so that their length says nothing of a secret beside a text that
// somebody else chose (the BREACH attack).
const (
	compressFrom = 2 << 10
	paddingMost  = 64
)

// compress sends pages, styles, scripts and pictures as gzip to those who take
// it. What the API gives is left as it is: streams are to come at once, and
// exports would wait for it.
func (a *api) compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.EnableZstd(false), gzhttp.MinSize(compressFrom), gzhttp.RandomJitter(paddingMost, 0, false),
		gzhttp.ContentTypes([]string{"text/html", "text/css", "text/javascript", "image/svg+xml"}))
	if err != nil {
		return nil, fmt.Errorf("api: compression: %w", err)
	}
	packed := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, a.guard.api) {
			next.ServeHTTP(w, r)
			return
		}
		packed(w, r)
	}), nil
}
