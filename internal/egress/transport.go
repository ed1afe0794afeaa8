package egress

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxCodings is how many compressions may lie around a body.
const maxCodings = 3

// A transport is the shared pool with one client's limits.
type transport struct {
	egress  *Egress
	maxBody int64
	timeout time.Duration
}

// RoundTrip implements http.RoundTripper. The time limit runs until the body
// is read or closed.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, ErrScheme
	}
	ctx, cancel := context.WithTimeoutCause(req.Context(), t.timeout, errTimeout)
	if t.egress.proxy != nil {
		if err := t.egress.screen(ctx, req); err != nil {
			cancel()
			return nil, err
		}
	}
	out := req.Clone(ctx)
	if out.Header.Get("User-Agent") == "" {
		out.Header.Set("User-Agent", t.egress.userAgent)
	}
	if out.Header.Get("Accept-Encoding") == "" && out.Header.Get("Range") == "" {
		out.Header.Set("Accept-Encoding", "gzip")
	}
	resp, err := t.egress.transport.RoundTrip(out)
	if err != nil {
		err = timedOut(ctx, err)
		cancel()
		return nil, err
	}
	if conn, ok := resp.Body.(io.ReadWriteCloser); ok && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &upgraded{ReadWriteCloser: conn, cancel: cancel}
		return resp, nil
	}
	t.limit(ctx, cancel, resp)
	return resp, nil
}

// upgraded is a connection that speaks another protocol now (WebSocket). Its
// user caps what is read from it, and how long.
type upgraded struct {
	io.ReadWriteCloser
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (u *upgraded) Close() error {
	err := u.ReadWriteCloser.Close()
	u.cancel()
	return err
}

// limit puts decoding and caps around the body of an answer.
func (t *transport) limit(ctx context.Context, cancel context.CancelFunc, resp *http.Response) {
	raw := resp.Body
	b := &body{ctx: ctx, cancel: cancel, raw: raw}
	resp.Body = b
	if resp.Request.Method == http.MethodHead || resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified {
		b.decoded = raw
		return
	}
	codings := strings.FieldsFunc(strings.ToLower(strings.Join(resp.Header.Values("Content-Encoding"), ",")),
		func(r rune) bool { return r == ',' || r == ' ' })
	if len(codings) == 0 && resp.ContentLength > t.maxBody {
		b.decoded = failing{ErrBodyTooLarge}
		return
	}
	// What is sent is capped as well: a stream of empty gzip members decodes
	// to nothing for ever.
	b.decoded = &decoder{in: &capped{r: raw, left: t.maxBody}, codings: codings, max: t.maxBody}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength = -1
	resp.Uncompressed = true
}

// A body gives the decoded bytes, and ends the exchange's time limit.
type body struct {
	ctx     context.Context //nolint:containedctx // the exchange's, to tell why a read failed
	cancel  context.CancelFunc
	raw     io.Closer
	decoded io.Reader
	once    sync.Once
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.decoded.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = timedOut(b.ctx, err)
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	err := b.raw.Close()
	b.once.Do(b.cancel)
	return err
}

// timeoutError is a limit of ours that ran out; it is a net.Error.
type timeoutError struct{}

func (timeoutError) Error() string   { return "egress: the whole exchange took too long" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

var errTimeout = timeoutError{}

// timedOut says whose limit an error came from.
func timedOut(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errTimeout) {
		return fmt.Errorf("%w: %w", errTimeout, err)
	}
	return err
}

// A capped reader gives ErrBodyTooLarge where another would go on.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrBodyTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return n - 1, ErrBodyTooLarge
	}
	return n, err
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A decoder takes off the codings a server declared, and then gzip that it
// did not declare: packed files under any name and type. It starts at the
// first Read, so that no answer is waited for before it is asked for.
type decoder struct {
	in      io.Reader
	codings []string
	max     int64
	out     io.Reader
}

func (d *decoder) Read(p []byte) (int, error) {
	if d.out == nil {
		d.out = d.open()
	}
	return d.out.Read(p)
}

func (d *decoder) open() io.Reader {
	r := d.in
	if len(d.codings) > maxCodings {
		return failing{fmt.Errorf("egress: %d content codings around one body", len(d.codings))}
	}
	for i := len(d.codings) - 1; i >= 0; i-- {
		next, err := decode(r, d.codings[i])
		if err != nil {
			return failing{err}
		}
		r = &capped{r: next, left: d.max}
	}
	for range maxCodings {
		br := bufio.NewReader(r)
		if magic, err := br.Peek(3); err != nil || !bytes.Equal(magic, []byte{0x1f, 0x8b, 8}) {
			return br
		}
		next, err := gzip.NewReader(br)
		if err != nil {
			return failing{fmt.Errorf("egress: gzip: %w", err)}
		}
		r = &capped{r: next, left: d.max}
	}
	return r
}

// decode takes off one coding. A server that declares gzip and sends none is
// believed by its bytes.
func decode(r io.Reader, coding string) (io.Reader, error) {
	br := bufio.NewReader(r)
	head, err := br.Peek(2)
	if err != nil {
		return br, nil //nolint:nilerr // shorter than any coding's head: as it is
	}
	switch coding {
	case "identity":
		return br, nil
	case "gzip", "x-gzip":
		if head[0] != 0x1f || head[1] != 0x8b {
			return br, nil
		}
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, fmt.Errorf("egress: gzip: %w", err)
		}
		return z, nil
	case "deflate":
		if head[0]&0x0f != 8 || (int(head[0])<<8|int(head[1]))%31 != 0 {
			return flate.NewReader(br), nil // some send it without its frame
		}
		z, err := zlib.NewReader(br)
		if err != nil {
			return nil, fmt.Errorf("egress: deflate: %w", err)
		}
		return z, nil
	default:
		return nil, fmt.Errorf("egress: the answer is coded as %q, which was not asked for", coding)
	}
}
