package crawler

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"earshot/internal/egress"
)

// The classes of a [FetchError]. A reply that is no success has the class
// "status_" and its number.
const (
	ClassBlocked     = "blocked_address"
	ClassTooLarge    = "too_large"
	ClassTooDeep     = "too_deep"
	ClassTooMany     = "too_many_items"
	ClassNotFeed     = "not_a_feed"
	ClassNotPage     = "not_a_page"
	ClassEmpty       = "empty"
	ClassMalformed   = "malformed"
	ClassTimeout     = "timeout"
	ClassRedirects   = "redirect_loop"
	ClassBadRedirect = "bad_redirect"
	ClassRobots      = "robots"
	ClassHeld        = "held" // not asked: the host wants rest
	ClassBusy        = "busy" // not asked: others are waiting for the host
	ClassDNS         = "dns"
	ClassTLS         = "tls"
	ClassRefused     = "connection_refused"
	ClassNetwork     = "network"
	ClassSelector    = "selector"
	ClassSecret      = "secret"
	ClassRefusal     = "refused"
	ClassFolder      = "folder"
	ClassRows        = "rows"
)

// A FetchError reports that a source could not be read.
type FetchError struct {
	URL        string
	Class      string
	Status     int           // HTTP status; 0 if there was no reply
	RetryAfter time.Duration // what the server asked for; 0 if nothing
	Err        error         // set when Status is 0 or the reply could not be read
}

// Error implements error: what happened and what to do, in words.
func (e *FetchError) Error() string { return "crawler: " + e.Message() }

// Unwrap returns the error below, if any.
func (e *FetchError) Unwrap() error { return e.Err }

// Temporary reports whether a later pass may succeed without anyone's help.
func (e *FetchError) Temporary() bool {
	switch e.Class {
	case ClassTimeout, ClassHeld, ClassBusy, ClassDNS, ClassRefused, ClassNetwork, ClassEmpty, ClassMalformed:
		return true
	}
	return e.Status == http.StatusTooManyRequests || e.Status >= 500
}

// Asked reports whether the source was asked at all: a pass that waited for a
// host says nothing about the source.
func (e *FetchError) Asked() bool { return e.Class != ClassHeld && e.Class != ClassBusy }

// Message says what happened and what to do, without the package's name.
func (e *FetchError) Message() string {
	text, ok := advice[e.Class]
	if e.Class == ClassNotFeed && e.URL == "" { // a file
		text = "this is no feed"
		if e.Err != nil {
			text += ": " + shorten(e.Err.Error(), 200)
		}
	}
	if ok {
		if e.RetryAfter > 0 {
			text += fmt.Sprintf(" (for %s)", e.RetryAfter.Round(time.Second))
		}
		if e.Err != nil && tellsMore[e.Class] {
			text += ": " + shorten(e.Err.Error(), 200)
		}
		return text
	}
	switch {
	case e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable:
		text := fmt.Sprintf("the host asks to be left alone (HTTP %d)", e.Status)
		if e.RetryAfter > 0 {
			text += " for " + e.RetryAfter.Round(time.Second).String()
		}
		return text + "; we wait, there is nothing to do unless it stays so"
	case e.Status == http.StatusNotFound:
		return "there is nothing at the address (HTTP 404); it may have moved: look for it with `earshot sources test URL`"
	case e.Status == http.StatusGone:
		return "the address is gone for good (HTTP 410); remove the source or look for its new address"
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return fmt.Sprintf("the host refuses us (HTTP %d); it may want a login or block robots: ask its owner, or remove the source", e.Status)
	case e.Status >= 500:
		return fmt.Sprintf("the host has a fault of its own (HTTP %d); we try again", e.Status)
	case e.Status != 0:
		return fmt.Sprintf("the host answers HTTP %d; look at the address with `earshot sources test URL`", e.Status)
	case e.Err != nil:
		return shorten(e.Err.Error(), 300)
	}
	return "the source could not be read"
}

// tellsMore are the classes whose cause says something the advice does not.
var tellsMore = map[string]bool{ //nolint:gochecknoglobals // a constant table
	ClassTLS: true, ClassDNS: true, ClassNetwork: true, ClassMalformed: true, ClassSelector: true, ClassSecret: true, ClassRefusal: true, ClassFolder: true, ClassRows: true,
}

var advice = map[string]string{ //nolint:gochecknoglobals // a constant table
	ClassBlocked:     "the address leads into a private network; if that is meant, name it in fetch.allow_cidrs",
	ClassTooLarge:    "the answer is larger than we read; look for a shorter feed or a page of its own",
	ClassTooDeep:     "the answer is nested deeper than any real one; it is broken or hostile, and was not read",
	ClassTooMany:     "the feed has more than 5000 items; look for one that holds the newest alone",
	ClassNotFeed:     "the address answers with a web page, not a feed; look for its feed with `earshot sources test URL`",
	ClassNotPage:     "the address answers with something that is not a web page",
	ClassEmpty:       "the answer is empty; we try again",
	ClassMalformed:   "the answer cannot be read, not even in part; tell the owner of the source",
	ClassTimeout:     "the host takes too long to answer; we try again",
	ClassRedirects:   "the address redirects in a circle or too often; look where it should lead and use that address",
	ClassBadRedirect: "the address redirects to something that is neither http nor https",
	ClassRobots:      "robots.txt of the host asks programs to stay away from this address; ask its owner, or remove the source",
	ClassHeld:        "the host asked to be left alone; we wait",
	ClassBusy:        "other sources of the same host are being read; we wait our turn",
	ClassDNS:         "the host's name is not known; check its spelling",
	ClassTLS:         "the host's certificate cannot be trusted; for a private authority set fetch.ca_file",
	ClassRefused:     "nothing listens at the address; the host may be down",
	ClassNetwork:     "the connection broke; we try again",
	ClassSecret:      "the key of the source cannot be used; look at its `key_file`",
	ClassRefusal:     "the platform refuses the question; look at `query` and `in` of the source",
	ClassFolder:      "the folder cannot be read; make it, and let earshot read it",
	ClassRows:        "not all could be taken; mend the file and put it there again",
	ClassSelector:    "nothing on the page matches `select`; the page was rebuilt, or the selector is wrong",
}

// heldError says that a host wants rest.
type heldError struct{ until, now time.Time }

func (e *heldError) Error() string {
	return "the host wants rest until " + e.until.UTC().Format(time.RFC3339)
}

var (
	errRobots   = errors.New("disallowed by robots.txt")
	errBusy     = errors.New("the host is busy with others")
	errTooDeep  = errors.New("nested too deep")
	errTooMany  = errors.New("too many items")
	errTooLarge = errors.New("too large")
	errNotFeed  = errors.New("neither RSS, Atom nor JSON Feed")
	errEmpty    = errors.New("empty")
	errPass     = errors.New("the pass took too long")
)

// fetchError classifies what went wrong with a request. A context that ended
// is given back as it is: it says nothing about the source.
func fetchError(ctx context.Context, url string, err error) error {
	if interrupted(ctx) {
		return ctx.Err()
	}
	if fe, ok := errors.AsType[*FetchError](err); ok {
		return fe
	}
	fe := &FetchError{URL: url, Err: err, Class: classOf(err)}
	if held, ok := errors.AsType[*heldError](err); ok {
		fe.RetryAfter = max(held.until.Sub(held.now), time.Second)
	}
	return fe
}

// interrupted reports a context that ended from outside, not by our own limit
// on a pass.
func interrupted(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(context.Cause(ctx), errPass)
}

func classOf(err error) string {
	for _, c := range []struct {
		err   error
		class string
	}{
		{errRobots, ClassRobots},
		{errBusy, ClassBusy},
		{errTooDeep, ClassTooDeep},
		{errTooMany, ClassTooMany},
		{errTooLarge, ClassTooLarge},
		{errNotFeed, ClassNotFeed},
		{errEmpty, ClassEmpty},
		{errPass, ClassTimeout},
		{context.DeadlineExceeded, ClassTimeout},
		{egress.ErrBodyTooLarge, ClassTooLarge},
		{egress.ErrTooManyRedirects, ClassRedirects},
		{egress.ErrScheme, ClassBadRedirect},
		{syscall.ECONNREFUSED, ClassRefused},
	} {
		if errors.Is(err, c.err) {
			return c.class
		}
	}
	if _, ok := errors.AsType[*heldError](err); ok {
		return ClassHeld
	}
	if _, ok := errors.AsType[*egress.BlockedError](err); ok {
		return ClassBlocked
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return ClassDNS
	}
	if isTLS(err) {
		return ClassTLS
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return ClassTimeout
	}
	return ClassNetwork
}

func isTLS(err error) bool {
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	return verify || alert || record || unknown
}

func statusClass(status int) string { return "status_" + strconv.Itoa(status) }

// shorten cuts a text at a rune, with a mark where something is left out.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
