package crawler

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"earshot/mention"
)

// idBytes of a SHA-256 make an ID: at 96 bits, a billion mentions do not meet.
const idBytes = 12

// Identify fills ID, Canonical and Site of a mention of a web kind. A
// Canonical that is already there stays: it is what the page says of itself.
// All is made from the mention alone: doing it again changes nothing.
func Identify(m *mention.Mention) {
	m.Canonical = canonicalOf(m)
	if m.Canonical != "" {
		if u, err := url.Parse(m.Canonical); err == nil {
			m.Site = u.Hostname()
		}
	}
	m.ID = MentionID(m)
}

// MentionID is the identity of a mention of a web kind: of its canonical URL,
// else of its GUID, else of its content. A change of a watched page shares the
// URL with all others, and is told by its GUID; a comment by its fragment.
func MentionID(m *mention.Mention) string {
	canonical := canonicalOf(m)
	switch {
	case m.PageChange != nil && canonical != "":
		return hash("change", canonical, m.GUID)
	case canonical != "" && commentOf(m.URL) != "":
		return hash("comment", canonical, commentOf(m.URL))
	case canonical != "":
		return hash("url", canonical)
	case m.GUID != "" && isGlobal(m.GUID):
		return hash("guid", m.GUID)
	case m.GUID != "":
		return hash("guid", m.Source, m.GUID)
	}
	return hash("content", m.Source, m.Title, m.Text)
}

func canonicalOf(m *mention.Mention) string {
	if canonical := Canonical(m.Canonical); canonical != "" {
		return canonical
	}
	return Canonical(m.URL)
}

// commentOf is the fragment of an address that names a comment on its page;
// "" when it names none. A comment is not the article it stands below.
func commentOf(address string) string {
	_, fragment, ok := strings.Cut(address, "#")
	if !ok || !isCommentAnchor(fragment) {
		return ""
	}
	return fragment
}

// isGlobal tells a GUID that means the same everywhere from a mere number.
func isGlobal(guid string) bool {
	lower := strings.ToLower(guid)
	return strings.HasPrefix(lower, "urn:") || strings.HasPrefix(lower, "tag:") || strings.Contains(lower, "://") || len(guid) >= 32
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:idBytes])
}

// Canonical is the form of a web address that names its page: https, host
// without www, m, amp and mobile, no default port, no fragment, no tracking
// parameters, the others sorted, no closing slash. It is empty for what is no
// web address. Canonical(Canonical(x)) is Canonical(x).
func Canonical(rawURL string) string {
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil || u.Host == "" {
		return ""
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme != "http" && scheme != "https" {
		return ""
	}
	host := siteOf(u.Hostname())
	if host == "" {
		return ""
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	path := canonicalPath(u)
	out := "https://" + host + path
	if query := canonicalQuery(u.RawQuery); query != "" {
		out += "?" + query
	}
	if f := u.Fragment; strings.HasPrefix(f, "!") || strings.HasPrefix(f, "/") {
		// Some sites have no other address for a page.
		if f = strings.TrimRight(f, "/"); f != "" {
			out += "#" + escape(f, "")
		}
	}
	// What does not read back as itself (odd hosts, mostly) names nothing.
	if back, err := url.Parse(out); err != nil || back.Host != host {
		return ""
	}
	return out
}

// siteOf is a host in lower case and ASCII without the names that only say
// which device or service it is for.
func siteOf(host string) string {
	host = strings.TrimRight(strings.ToLower(host), ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	} else if strings.ContainsFunc(host, func(r rune) bool { return r > 0x7e || r <= ' ' || strings.ContainsRune(`<>"\^{}|%`+"`", r) }) {
		return ""
	}
	for {
		label, rest, ok := strings.Cut(host, ".")
		if !ok || label != "www" && label != "m" && label != "amp" && label != "mobile" {
			return host
		}
		if _, err := publicsuffix.EffectiveTLDPlusOne(rest); err != nil {
			return host // m.com is not the mobile version of com
		}
		host = rest
	}
}

// canonicalPath brings the spellings of a path together.
func canonicalPath(u *url.URL) string {
	path := strings.TrimRight(u.Path, "/")
	for {
		before, ok := strings.CutSuffix(path, "/amp")
		if !ok || !isSlug(before[strings.LastIndexByte(before, '/')+1:]) {
			break
		}
		path = strings.TrimRight(before, "/")
	}
	if path != "" && path[0] != '/' {
		path = "/" + path
	}
	return escape(path, "?#")
}

// isSlug tells the name of an article from that of a section: an article of a
// name has several words.
func isSlug(s string) bool { return strings.Count(s, "-") >= 2 || strings.HasSuffix(s, ".html") }

// escape percent-encodes what would not survive inside a URL, and the bytes
// of more; what it gives decodes to s.
func escape(s, more string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`%"<>\^{}|`+"`", c) >= 0 || strings.IndexByte(more, c) >= 0 {
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// tracking are parameters that say where a reader came from, not what is read.
var tracking = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"fbclid": true, "gclid": true, "gclsrc": true, "dclid": true, "gbraid": true, "wbraid": true, "msclkid": true,
	"yclid": true, "twclid": true, "ttclid": true, "igshid": true, "igsh": true, "mc_cid": true, "mc_eid": true,
	"_ga": true, "_gl": true, "_hsenc": true, "_hsmi": true, "hsctatracking": true, "mkt_tok": true, "oly_enc_id": true,
	"oly_anon_id": true, "vero_id": true, "wickedid": true, "s_cid": true, "ncid": true, "cmpid": true, "ref_src": true,
	"ref_url": true, "wt.mc_id": true, "phpsessid": true, "jsessionid": true, "srsltid": true, "epik": true,
}

// canonicalQuery drops tracking and sorts the rest. Values are left as they
// are written: servers differ in what they take for the same.
func canonicalQuery(raw string) string {
	var keep []string
	for p := range strings.SplitSeq(raw, "&") {
		name, value, given := strings.Cut(p, "=")
		name = strings.ToLower(name)
		switch {
		case p == "",
			given && (strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "at_") || strings.HasPrefix(name, "ns_")),
			name == "amp" && (value == "" || value == "1" || value == "true"),
			name == "outputtype" && value == "amp",
			tracking[name]:
			continue
		}
		keep = append(keep, escapeQuery(p))
	}
	slices.Sort(keep)
	return strings.Join(keep, "&")
}

// escapeQuery encodes what cannot stand in a query and leaves escapes alone.
func escapeQuery(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^{}|#`+"`", c) >= 0 {
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
