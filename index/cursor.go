package index

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	"earshot/mention"
)

// A cursor is the place after a page's last row. It says which search it is
// of, so that it cannot go on with another one.
type cursor struct {
	Search uint64 `json:"s"`
	Now    int64  `json:"n"` // the instant that relative dates of the first page meant
	Score  int64  `json:"r,omitempty"`
	Time   int64  `json:"t"`
	ID     string `json:"i"`
}

// searchSum tells one search from another.
func searchSum(s mention.Search) uint64 {
	order := s.Order
	if order == "" {
		order = mention.NewestFirst
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%q %q %t %t", s.Query, order, s.Irrelevant, s.Fold)
	return h.Sum64()
}

// readCursor returns the cursor of a search, nil when it begins at the
// beginning.
func readCursor(s mention.Search) (*cursor, error) {
	if s.Cursor == "" {
		return nil, nil //nolint:nilnil // no cursor, no error
	}
	data, err := base64.RawURLEncoding.DecodeString(s.Cursor)
	if err != nil {
		return nil, ErrCursor
	}
	var c cursor
	if err := json.Unmarshal(data, &c); err != nil || c.Search != searchSum(s) {
		return nil, ErrCursor
	}
	return &c, nil
}

func writeCursor(s mention.Search, now time.Time, last item) string {
	data, err := json.Marshal(cursor{searchSum(s), now.UnixMilli(), last.score, last.time, last.id})
	if err != nil {
		return "" // numbers and a string: cannot be
	}
	return base64.RawURLEncoding.EncodeToString(data)
}
