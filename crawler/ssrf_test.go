package crawler

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

// TestNoKindOfSourceReachesInside offers every kind of source, and the test of
// an address, hosts inside of networks. What an address is refused for is
// tested where clients are made; this shows that every path leads through it.
func TestNoKindOfSourceReachesInside(t *testing.T) {
	var arrived atomic.Int64
	srv := serve(t, func(http.ResponseWriter, *http.Request) { arrived.Add(1) })
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	eg, err := egress.New(egress.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer eg.CloseIdle()
	key := keyFile(t)
	for _, host := range []string{"127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1", "168.63.129.16", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fc00::1]", "[fe80::1]"} {
		address := "http://" + host + ":" + port + "/"
		hosts := NewHosts(HostsOptions{Egress: eg, Gap: time.Nanosecond})
		o := Options{Egress: eg, Hosts: hosts, Brands: brandsOf, Decode: decodeRow}
		for _, kind := range Kinds() {
			src := mention.Source{ID: "s", Kind: kind, URL: address, KeyFile: key}
			switch kind {
			case "drop":
				continue // reads a folder
			case "feed", "page":
			case "site":
				src.Sitemap = "auto"
			case "youtube", "appstore":
				src.In = []string{"x"}
			default:
				src.Query.From = mention.FromBrands
			}
			c, err := New(src, o)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Collect(t.Context(), mention.SourceState{}, func(mention.Batch) error { return nil })
			if fe, ok := errors.AsType[*FetchError](err); !ok || fe.Class != ClassBlocked {
				t.Errorf("%s at %s: %v, want %s", kind, address, err, ClassBlocked)
			}
		}
		_, err := Inspect(t.Context(), address, o)
		if fe, ok := errors.AsType[*FetchError](err); !ok || fe.Class != ClassBlocked {
			t.Errorf("Inspect %s: %v", address, err)
		}
	}
	if n := arrived.Load(); n != 0 {
		t.Errorf("%d requests arrived inside", n)
	}
}
