package ledger

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// Captures are kept as WARC 1.1 (ISO 28500), one gzip member a record. The
// body is stored decoded, so the header fields that spoke of its encoding get
// a prefix, as other archivers do.
const (
	origPrefix     = "X-Archive-Orig-"
	maxCaptureBody = 32 << 20
	maxWARCHeader  = 1 << 20
)

var encodingFields = []string{"Content-Encoding", "Content-Length", "Transfer-Encoding"}

// captureID names a capture by what it is, so that an answer which comes again
// the same is stored once.
func captureID(c *mention.Capture) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%d\x00", c.URL, c.Status)
	h.Write(c.Body)
	sum := h.Sum(nil)[:16]
	sum[6] = sum[6]&0x0f | 0x80 // version 8: made our own way
	sum[8] = sum[8]&0x3f | 0x80
	s := hex.EncodeToString(sum)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// A warcEncoder writes records. It is reused: a compressor is large.
type warcEncoder struct {
	gz *gzip.Writer
}

func newWARCEncoder() *warcEncoder {
	gz, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &warcEncoder{gz: gz}
}

// capture writes c as a response record.
func (e *warcEncoder) capture(w io.Writer, id string, c *mention.Capture) error {
	body, cut := c.Body, false
	if len(body) > maxCaptureBody {
		body, cut = body[:maxCaptureBody], true
	}
	var block bytes.Buffer
	httpHeader(&block, c, len(body))
	block.Write(body)
	fields := [][2]string{
		{"WARC-Type", "response"},
		{"WARC-Record-ID", "<urn:uuid:" + id + ">"},
		{"WARC-Date", c.Fetched.UTC().Format("2006-01-02T15:04:05.000Z")},
		{"WARC-Target-URI", oneLine(c.URL)},
		{"WARC-Payload-Digest", digest(body)},
		{"WARC-Block-Digest", digest(block.Bytes())},
		{"Content-Type", "application/http;msgtype=response"},
	}
	if cut {
		fields = append(fields, [2]string{"WARC-Truncated", "length"})
	}
	return e.record(w, fields, block.Bytes())
}

// info writes the record that a file begins with.
func (e *warcEncoder) info(w io.Writer, name string, now time.Time) error {
	sum := sha256.Sum256([]byte(name))
	id := captureID(&mention.Capture{URL: name, Body: sum[:]})
	block := "software: earshot\r\nformat: WARC File Format 1.1\r\nconformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
	return e.record(w, [][2]string{
		{"WARC-Type", "warcinfo"},
		{"WARC-Record-ID", "<urn:uuid:" + id + ">"},
		{"WARC-Date", now.UTC().Format("2006-01-02T15:04:05.000Z")},
		{"WARC-Filename", name},
		{"Content-Type", "application/warc-fields"},
	}, []byte(block))
}

func (e *warcEncoder) record(w io.Writer, fields [][2]string, block []byte) error {
	e.gz.Reset(w)
	var head bytes.Buffer
	head.WriteString("WARC/1.1\r\n")
	for _, f := range fields {
		head.WriteString(f[0] + ": " + f[1] + "\r\n")
	}
	head.WriteString("Content-Length: " + strconv.Itoa(len(block)) + "\r\n\r\n")
	for _, part := range [][]byte{head.Bytes(), block, []byte("\r\n\r\n")} {
		if _, err := e.gz.Write(part); err != nil {
			return err
		}
	}
	return e.gz.Close()
}

func httpHeader(b *bytes.Buffer, c *mention.Capture, length int) {
	fmt.Fprintf(b, "HTTP/1.1 %03d %s\r\n", c.Status, http.StatusText(c.Status))
	for _, key := range slices.Sorted(maps.Keys(c.Header)) {
		name := textproto.CanonicalMIMEHeaderKey(key)
		if !isToken(name) {
			continue
		}
		if slices.Contains(encodingFields, name) {
			name = origPrefix + name
		}
		for _, v := range c.Header[key] {
			b.WriteString(name + ": " + oneLine(v) + "\r\n")
		}
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n", length)
}

func isToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// oneLine keeps what the world wrote from making lines of its own.
func oneLine(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(clean)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}

// A warcRecord is one record read back.
type warcRecord struct {
	header textproto.MIMEHeader
	block  []byte
}

// readRecord reads the record that r begins with: one gzip member.
func readRecord(r io.Reader) (*warcRecord, error) {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	gz.Multistream(false)
	br := bufio.NewReader(gz)
	head, err := readHead(br)
	if err != nil {
		return nil, err
	}
	version, fields, _ := bytes.Cut(head, []byte("\r\n"))
	if !bytes.HasPrefix(version, []byte("WARC/1.")) {
		return nil, fmt.Errorf("not a WARC record: begins %.20q", version)
	}
	header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(fields))).ReadMIMEHeader()
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	if err != nil || n < 0 || n > maxCaptureBody+maxWARCHeader {
		return nil, fmt.Errorf("content length %.20q of a WARC record", header.Get("Content-Length"))
	}
	block := make([]byte, n)
	if _, err := io.ReadFull(br, block); err != nil {
		return nil, err
	}
	// To its end, so that the member's checksum is compared.
	if _, err := io.Copy(io.Discard, io.LimitReader(br, 64)); err != nil {
		return nil, err
	}
	return &warcRecord{header: header, block: block}, nil
}

// readHead reads up to and with the empty line.
func readHead(br *bufio.Reader) ([]byte, error) {
	var head []byte
	for len(head) < maxWARCHeader {
		line, err := br.ReadSlice('\n')
		head = append(head, line...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, err
		case bytes.HasSuffix(head, []byte("\r\n\r\n")):
			return head, nil
		}
	}
	return nil, errors.New("header of a WARC record is too long")
}

func (r *warcRecord) id() string {
	id := strings.TrimSuffix(strings.TrimPrefix(r.header.Get("WARC-Record-ID"), "<urn:uuid:"), ">")
	return id
}

// capture turns a response record back into what was stored.
func (r *warcRecord) capture() (*mention.Capture, error) {
	if t := r.header.Get("WARC-Type"); t != "response" {
		return nil, fmt.Errorf("WARC record of type %.20q is not a response", t)
	}
	fetched, err := time.Parse(time.RFC3339, r.header.Get("WARC-Date"))
	if err != nil {
		return nil, err
	}
	c := &mention.Capture{ID: r.id(), URL: r.header.Get("WARC-Target-URI"), Fetched: clean(fetched)}
	br := bufio.NewReader(bytes.NewReader(r.block))
	head, err := readHead(br)
	if err != nil {
		return nil, err
	}
	c.Body = r.block[len(head):]
	status, fields, _ := bytes.Cut(head, []byte("\r\n"))
	if _, err := fmt.Sscanf(string(status), "HTTP/1.1 %d", &c.Status); err != nil {
		return nil, fmt.Errorf("status line %.40q: %w", status, err)
	}
	header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(fields))).ReadMIMEHeader()
	if err != nil {
		return nil, err
	}
	header.Del("Content-Length")
	c.Header = map[string][]string{}
	for name, values := range header {
		c.Header[strings.TrimPrefix(name, origPrefix)] = values
	}
	return c, nil
}
