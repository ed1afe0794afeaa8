package api

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// A cursor is opaque to clients: which list it goes on with, and after what.

func cursorAfter(list, after string) string {
	if after == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + after))
}

func cursorRead(list, cursor string) (after string, err error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", ErrCursor
	}
	after, ok := strings.CutPrefix(string(b), list+":")
	if !ok {
		return "", ErrCursor
	}
	return after, nil
}

func cursorReadSeq(list, cursor string) (int64, error) {
	after, err := cursorRead(list, cursor)
	if err != nil || after == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil || n <= 0 {
		return 0, ErrCursor
	}
	return n, nil
}

// next is the Link header that leads to the next page, or "" on the last.
func (a *api) next(path string, params url.Values, cursor string) string {
	if cursor == "" {
		return ""
	}
	for name, values := range params {
		if len(values) == 0 || values[0] == "" {
			delete(params, name)
		}
	}
	params.Set("cursor", cursor)
	return "<" + a.absolute("/api/v1"+path) + "?" + params.Encode() + `>; rel="next"`
}
