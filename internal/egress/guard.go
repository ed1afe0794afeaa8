package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"

	"code.dny.dev/ssrf"
)

// wireServer is the address Azure machines are administered through; it is a
// public one by the registries, and answers from inside.
const wireServer = "168.63.129.16/32"

// A BlockedError reports an address that the guard refused to connect to.
type BlockedError struct {
	Addr string // host and port as they were about to be dialled
}

// Error implements error.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("egress: %s is not a public address; name it in fetch.allow_cidrs to reach it all the same", e.Addr)
}

// guardian makes the guard of a configuration.
func guardian(allowed []netip.Prefix) *ssrf.Guardian {
	var v4, v6 []netip.Prefix
	for _, p := range allowed {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return ssrf.New(
		ssrf.WithAnyPort(), // feeds are on any port
		ssrf.WithAllowedV4Prefixes(v4...),
		ssrf.WithAllowedV6Prefixes(v6...),
		ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix(wireServer)),
	)
}

// control is asked before every connect, with the resolved address.
func (e *Egress) control(network, address string, conn syscall.RawConn) error {
	if err := e.guard.Safe(network, address, conn); err != nil {
		return &BlockedError{Addr: address}
	}
	return nil
}

// screen resolves the target of a request that a proxy will carry, and
// refuses it when any of its addresses is refused: which of them the proxy
// takes is not ours to say.
func (e *Egress) screen(ctx context.Context, req *http.Request) error {
	host, port := req.URL.Hostname(), req.URL.Port()
	if port == "" {
		port = "80"
		if req.URL.Scheme == "https" {
			port = "443"
		}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("egress: port %q is not a number", port)
	}
	addrs, err := e.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return fmt.Errorf("egress: resolving the target: %w", err)
	}
	if len(addrs) == 0 {
		return errors.New("egress: the target has no address")
	}
	for _, a := range addrs {
		a = a.Unmap()
		network := "tcp6"
		if a.Is4() {
			network = "tcp4"
		}
		if err := e.control(network, net.JoinHostPort(a.String(), port), nil); err != nil {
			return err
		}
	}
	return nil
}
