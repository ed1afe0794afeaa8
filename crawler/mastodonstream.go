package crawler

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/internal/egress"
)

const (
	streamStay = 4 * time.Minute // how long a pass hears
	maxStream  = 256 << 20       // bytes of it
)

// mastodonListen hears an instance's stream of new statuses for a while. One
// connection serves all topics: that of the only one, else everything the
// instance shows, out of which the topics are picked here. When there is no
// stream, or it breaks off, the passes go on as without it.
func mastodonListen(ctx context.Context, p *apiPass) error {
	topics := p.api.topics()
	path := "/api/v1/streaming/public"
	if tag, isTag := strings.CutPrefix(topics[0], "#"); len(topics) == 1 && isTag {
		path = "/api/v1/streaming/hashtag?tag=" + url.QueryEscape(tag)
	} else if len(topics) == 1 && topics[0] == "local" {
		path += "/local"
	}
	ctx, cancel := context.WithTimeout(ctx, streamStay)
	defer cancel()
	c := p.call("")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address(path, nil), nil)
	if err != nil {
		return fmt.Errorf("crawler: stream: %w", err)
	}
	req.Header = http.Header{"Accept": {"text/event-stream"}, "Accept-Encoding": {"identity"}}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+string(c.key))
	}
	resp, err := p.o.Egress.Client(egress.ClientOptions{MaxBody: maxStream, Timeout: streamStay, NoRedirect: true}).Do(req)
	if err != nil {
		p.o.Log.Warn("no stream; the source is polled", "err", err)
		return nil
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		p.o.Log.Warn("no stream; the source is polled", "status", resp.StatusCode)
		return nil
	}
	var emitErr error
	err = serverEvents(resp.Body, func(event, data string) error {
		emitErr = p.hear(c, topics, event, data)
		return emitErr
	})
	p.heard = p.heard || ctx.Err() != nil
	if emitErr != nil {
		return emitErr
	}
	if err != nil && ctx.Err() == nil {
		p.o.Log.Warn("the stream broke off", "err", err)
	}
	return nil
}

// hear takes one event of the stream.
func (p *apiPass) hear(c *call, topics []string, event, data string) error {
	if event != "update" && event != "status.update" {
		return nil
	}
	p.heard = true
	var s mastodonStatus
	if json.Unmarshal([]byte(data), &s) != nil || !s.wanted(topics) {
		return nil //nolint:nilerr // nothing of ours
	}
	l := &leaf{}
	c.now = p.o.Now()
	s.add(l, c)
	return p.take(l)
}

// wanted reports a status of one of the topics.
func (s *mastodonStatus) wanted(topics []string) bool {
	return slices.ContainsFunc(topics, func(topic string) bool {
		switch topic {
		case "public":
			return true
		case "local":
			return !strings.Contains(s.Account.Acct, "@")
		}
		for _, t := range s.Tags {
			if strings.EqualFold("#"+t.Name, topic) {
				return true
			}
		}
		return false
	})
}

// serverEvents reads a stream of server-sent events until it ends, or each
// gives an error. An end is no error.
func serverEvents(r io.Reader, each func(event, data string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 16<<10), maxEvent)
	event, data := "", []string(nil)
	size := 0
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			event = value
		case "data":
			if size += len(lines.Text()) + 1; size > maxEvent {
				return errTooLarge
			}
			data = append(data, value)
		}
		if lines.Text() != "" {
			continue
		}
		if len(data) > 0 {
			if err := each(event, strings.Join(data, "\n")); err != nil {
				return err
			}
		}
		event, data, size = "", nil, 0
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
