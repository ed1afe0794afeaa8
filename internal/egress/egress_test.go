package egress

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newEgress(t *testing.T, cfg Config) *Egress {
	t.Helper()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.CloseIdle)
	return e
}

// local is an Egress that may reach the test servers.
func local(t *testing.T) *Egress {
	return newEgress(t, Config{AllowCIDRs: []string{"127.0.0.1"}})
}

func get(t *testing.T, c *http.Client, url string) ([]byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// forbidden are addresses that nothing of ours may connect to.
var forbidden = []string{
	"127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1",
	"100.127.255.254", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1",
	"192.168.0.1", "192.168.255.255", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
	"240.0.0.1", "255.255.255.255", "168.63.129.16", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
	"[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]",
	"[3fff::1]", "[100::1]", "[fc00::1]", "[fe80::1]", "[ff02::1]", "[5f00::1]", "[fec0::1]",
}

func TestSSRFMatrix(t *testing.T) {
	var arrived atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	defer target.Close()
	_, port, _ := net.SplitHostPort(target.Listener.Addr().String())
	var to atomic.Value
	// The redirecting server is allowed, so that the hop is what is refused.
	hop := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to.Load().(string), http.StatusFound)
	}))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	hop.Listener.Close()
	hop.Listener = l
	hop.Start()
	defer hop.Close()
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	defer proxy.Close()

	plain := newEgress(t, Config{})
	hops := newEgress(t, Config{AllowCIDRs: []string{"127.0.0.2/32"}})
	proxied := newEgress(t, Config{Proxy: proxy.URL})
	paths := map[string]func(url, addr string) error{
		"client": func(url, _ string) error { _, err := get(t, plain.Client(ClientOptions{}), url); return err },
		"transport": func(url, _ string) error {
			_, err := get(t, &http.Client{Transport: plain.Transport(ClientOptions{})}, url)
			return err
		},
		"redirect": func(url, _ string) error {
			to.Store(url)
			_, err := get(t, hops.Client(ClientOptions{}), hop.URL)
			return err
		},
		"proxy": func(url, _ string) error { _, err := get(t, proxied.Client(ClientOptions{}), url); return err },
		"dial": func(_, addr string) error {
			conn, err := plain.DialContext(t.Context(), "tcp", addr)
			if err == nil {
				conn.Close()
			}
			return err
		},
	}
	if len(forbidden) < 40 {
		t.Fatalf("%d addresses, want at least 40", len(forbidden))
	}
	for name, path := range paths {
		for _, host := range forbidden {
			addr := host + ":" + port
			err := path("http://"+addr+"/", addr)
			if _, ok := errors.AsType[*BlockedError](err); !ok {
				t.Errorf("%s to %s: error %v, want a BlockedError", name, addr, err)
			}
		}
		// Spellings that only some parsers take for an address.
		for _, host := range []string{"0177.0.0.1", "2130706433", "0x7f.1", "127.1", "①②⑦.⓪.⓪.①"} {
			if err := path("http://"+host+":"+port+"/", host+":"+port); err == nil {
				t.Errorf("%s to %s: no error", name, host)
			}
		}
	}
	if n := arrived.Load(); n != 0 {
		t.Errorf("%d requests arrived, want 0", n)
	}
}

func TestAllowCIDRsLetsExactlyThoseThrough(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	defer srv.Close()
	if b, err := get(t, local(t).Client(ClientOptions{}), srv.URL); err != nil || string(b) != "hello" {
		t.Errorf("allowed address: %q, %v", b, err)
	}
	_, err := get(t, newEgress(t, Config{AllowCIDRs: []string{"127.0.0.2/32"}}).Client(ClientOptions{}), srv.URL)
	if _, ok := errors.AsType[*BlockedError](err); !ok {
		t.Errorf("other address: %v, want a BlockedError", err)
	}
}

// answering starts a DNS server on loopback that gives the addresses in turn.
func answering(t *testing.T, addrs ...string) (*net.Resolver, *atomic.Int64) {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	var asked atomic.Int64
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			conn.WriteTo(answer(buf[:n], addrs, &asked), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, &asked
}

// answer makes the reply to a DNS query: an A record for type A, none else.
func answer(query []byte, addrs []string, asked *atomic.Int64) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	question := query[12 : end+5]
	isA := binary.BigEndian.Uint16(query[end+1:]) == 1
	out := append([]byte{}, query[:2]...)
	out = append(out, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	if isA {
		out[7] = 1
	}
	out = append(out, question...)
	if isA {
		i := min(int(asked.Add(1))-1, len(addrs)-1)
		ip := netip.MustParseAddr(addrs[i]).As4()
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		out = append(out, ip[:]...)
	}
	return out
}

func TestRebindingIsRefused(t *testing.T) {
	var arrived atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	// The name is first the address that is allowed, then one that is not.
	resolver, asked := answering(t, "127.0.0.1", "127.0.0.3")
	e, err := build(Config{AllowCIDRs: []string{"127.0.0.1"}}, resolver)
	if err != nil {
		t.Fatal(err)
	}
	c := e.Client(ClientOptions{})
	if _, err := get(t, c, "http://rebind.test:"+port); err != nil {
		t.Fatalf("first: %v", err)
	}
	e.CloseIdle()
	_, err = get(t, c, "http://rebind.test:"+port)
	if _, ok := errors.AsType[*BlockedError](err); !ok {
		t.Errorf("second: %v, want a BlockedError", err)
	}
	if arrived.Load() != 1 || asked.Load() < 2 {
		t.Errorf("%d requests arrived after %d lookups, want 1 after 2", arrived.Load(), asked.Load())
	}
}

func TestProxyCarriesWhatIsAllowed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "via proxy "+r.URL.Host) }))
	defer proxy.Close()
	e := newEgress(t, Config{Proxy: proxy.URL})
	if b, err := get(t, e.Client(ClientOptions{}), "http://93.184.215.14/"); err != nil || string(b) != "via proxy 93.184.215.14" {
		t.Errorf("public target: %q, %v", b, err)
	}
}

const expanded = 8 << 20

func bomb(w io.Writer, pack func(io.Writer) io.WriteCloser) {
	z := pack(w)
	chunk := make([]byte, 1<<20)
	for range expanded >> 20 {
		z.Write(chunk)
	}
	z.Close()
}

func TestBombsAreCappedAfterDecoding(t *testing.T) {
	var gz, zl, fl bytes.Buffer
	bomb(&gz, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	bomb(&zl, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	bomb(&fl, func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 6); return f })
	var twice bytes.Buffer
	z := gzip.NewWriter(&twice)
	z.Write(gz.Bytes())
	z.Close()
	tests := []struct {
		name, path, encoding, kind string
		body                       []byte
	}{
		{"declared gzip", "/feed", "gzip", "application/rss+xml", gz.Bytes()},
		{"a packed file", "/feed.xml.gz", "", "application/x-gzip", gz.Bytes()},
		{"disguised", "/feed", "", "application/octet-stream", gz.Bytes()},
		{"gzip in gzip", "/feed", "gzip", "text/xml", twice.Bytes()},
		{"declared twice", "/feed", "gzip, gzip", "text/xml", twice.Bytes()},
		{"deflate", "/feed", "deflate", "text/xml", zl.Bytes()},
		{"bare deflate", "/feed", "deflate", "text/xml", fl.Bytes()},
		{"plain", "/feed", "", "text/xml", make([]byte, 2<<20)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				if tt.encoding != "" {
					w.Header().Set("Content-Encoding", tt.encoding)
				}
				w.Write(tt.body)
			}))
			defer srv.Close()
			b, err := get(t, local(t).Client(ClientOptions{MaxBody: 1 << 20}), srv.URL+tt.path)
			if !errors.Is(err, ErrBodyTooLarge) || len(b) > 1<<20 {
				t.Errorf("%d bytes, %v, want at most 1 MiB and ErrBodyTooLarge", len(b), err)
			}
		})
	}
}

func TestDecoding(t *testing.T) {
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	io.WriteString(z, "hello")
	z.Close()
	tests := []struct {
		name, encoding, body, want string
	}{
		{"plain", "", "hello", "hello"},
		{"gzip", "gzip", gz.String(), "hello"},
		{"gzip undeclared", "", gz.String(), "hello"},
		{"declared gzip, is none", "gzip", "hello", "hello"},
		{"empty", "gzip", "", ""},
		{"one byte", "", "x", "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.encoding != "" {
					w.Header().Set("Content-Encoding", tt.encoding)
				}
				io.WriteString(w, tt.body)
			}))
			defer srv.Close()
			if b, err := get(t, local(t).Client(ClientOptions{}), srv.URL); err != nil || string(b) != tt.want {
				t.Errorf("got %q, %v, want %q", b, err, tt.want)
			}
		})
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		io.WriteString(w, "xxxx")
	}))
	defer srv.Close()
	if _, err := get(t, local(t).Client(ClientOptions{}), srv.URL); err == nil || !strings.Contains(err.Error(), `"br"`) {
		t.Errorf("unknown coding: %v, want an error that names it", err)
	}
}

// pipeServer serves an Egress over in-memory connections, so that time can be
// a synctest bubble's.
func pipeServer(e *Egress, serve func(net.Conn)) {
	e.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go serve(theirs)
		return ours, nil
	}
}

func TestADrippingBodyIsCutAtTheTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan struct{})
		pipeServer(e, func(c net.Conn) {
			defer close(served)
			defer c.Close()
			c.Read(make([]byte, 4096))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
			for {
				time.Sleep(time.Second)
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
			}
		})
		start := time.Now()
		// Wrapped, the client itself has no limit: the transport's must do.
		_, err = get(t, e.Client(ClientOptions{Wrap: func(rt http.RoundTripper) http.RoundTripper { return rt }}), "http://drip.test/")
		if took := time.Since(start); took != DefaultTimeout {
			t.Errorf("cut after %s, want %s", took, DefaultTimeout)
		}
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("error %v, want a timeout", err)
		}
		<-served
	})
}

func TestRedirects(t *testing.T) {
	var seen atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen.Store(r.Header.Get("Authorization")) }))
	defer other.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop2", http.StatusFound) })
	mux.HandleFunc("/loop2", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/gopher", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "gopher://127.0.0.1/")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	c := local(t).Client(ClientOptions{})
	for path, want := range map[string]error{"/loop": ErrTooManyRedirects, "/file": ErrScheme, "/gopher": ErrScheme} {
		if _, err := get(t, c, srv.URL+path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/away", http.NoBody)
	req.Header.Set("Authorization", "Bearer canary")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := seen.Load(); got != "" {
		t.Errorf("the other host got Authorization %q", got)
	}
	resp, err = local(t).Client(ClientOptions{NoRedirect: true}).Do(req)
	if err != nil || resp.StatusCode != http.StatusFound {
		t.Fatalf("NoRedirect: %v, %v", resp, err)
	}
	resp.Body.Close()
}

func TestConfigFaults(t *testing.T) {
	cfg := Config{UserAgent: "a\nb", AllowCIDRs: []string{"10.0.0.0/8", "home", "::ffff:10.0.0.0/104"}, Proxy: "ftp://x", CAFile: "/nowhere/ca.pem"}
	var all []string
	for _, err := range cfg.Faults() {
		all = append(all, err.Error())
	}
	got := strings.Join(all, "\n")
	for _, want := range []string{"user_agent", "allow_cidrs[1]", "allow_cidrs[2]", "proxy", "ca_file"} {
		if !strings.Contains(got, want) {
			t.Errorf("Faults() = %s\nwant something about %s", got, want)
		}
	}
	if errs := (&Config{}).Faults(); errs != nil {
		t.Errorf("the zero value has faults: %v", errs)
	}
}

func TestPrivateCA(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "tls") }))
	defer srv.Close()
	if _, err := get(t, local(t).Client(ClientOptions{}), srv.URL); err == nil {
		t.Error("an unknown authority was trusted")
	}
	path := writePEM(t, srv.Certificate().Raw)
	e := newEgress(t, Config{AllowCIDRs: []string{"127.0.0.1"}, CAFile: path})
	if b, err := get(t, e.Client(ClientOptions{}), srv.URL); err != nil || string(b) != "tls" {
		t.Errorf("private CA: %q, %v", b, err)
	}
}
