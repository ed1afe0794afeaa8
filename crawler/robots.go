package crawler

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxRobots     = 512 << 10
	maxRules      = 5000
	maxCrawlDelay = 30 * time.Second
)

// robotsRules are what a robots.txt says to us, by RFC 9309. The zero value
// allows everything.
type robotsRules struct {
	rules    []robotsRule
	delay    time.Duration // asked between requests; 0 when not
	sitemaps []string
}

type robotsRule struct {
	pattern string
	allow   bool
}

// parseRobots reads what a robots.txt says to the first of the agents that it
// names, or to all.
func parseRobots(data []byte, agents ...string) *robotsRules {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	groups := map[string]*robotsRules{}
	var sitemaps []string
	var current []*robotsRules
	named := false // the last line was a user-agent line
	count := 0
	for line := range strings.FieldsFuncSeq(string(data), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent":
			if !named {
				current = nil
			}
			named = true
			name := productToken(value)
			if groups[name] == nil {
				groups[name] = &robotsRules{}
			}
			current = append(current, groups[name])
			continue
		case "sitemap":
			if len(sitemaps) < 100 {
				sitemaps = append(sitemaps, value)
			}
			continue // says nothing about groups
		case "allow", "disallow":
			if count++; value != "" && count <= maxRules {
				for _, g := range current {
					g.rules = append(g.rules, robotsRule{pattern: normalPath(value), allow: key == "allow"})
				}
			}
		case "crawl-delay":
			for _, g := range current {
				g.delay = crawlDelay(value)
			}
		}
		named = false
	}
	for _, agent := range append(agents, "*") {
		if g := groups[productToken(agent)]; g != nil {
			g.sitemaps = sitemaps
			return g
		}
	}
	return &robotsRules{sitemaps: sitemaps}
}

// productToken is the part of a user agent that robots.txt speaks of.
func productToken(agent string) string {
	if agent == "*" {
		return agent
	}
	agent = strings.ToLower(agent)
	for i := range len(agent) {
		if c := agent[i]; c != '-' && c != '_' && (c < 'a' || c > 'z') {
			return agent[:i]
		}
	}
	return agent
}

func crawlDelay(value string) time.Duration {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, maxCrawlDelay.Seconds()) * float64(time.Second))
}

// allowed reports whether a path may be asked for: the longest rule that
// matches decides, and allow wins over disallow of the same length.
func (r *robotsRules) allowed(u *url.URL) bool {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if path == "/robots.txt" {
		return true
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	path = normalPath(path)
	longest, allow := -1, true
	for _, rule := range r.rules {
		n := len(rule.pattern)
		if n < longest || n == longest && !rule.allow || !matchRobots(rule.pattern, path) {
			continue
		}
		longest, allow = n, rule.allow
	}
	return allow
}

// normalPath brings percent-encodings of a path or pattern to one spelling.
func normalPath(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s):
			v, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				b.WriteByte(c)
				continue
			}
			i += 2
			if d := byte(v); d >= 'a' && d <= 'z' || d >= 'A' && d <= 'Z' || d >= '0' && d <= '9' || strings.IndexByte("-._~", d) >= 0 {
				b.WriteByte(d)
				continue
			}
			b.Write([]byte{'%', hexDigits[v>>4], hexDigits[v&15]})
		case c >= 0x80:
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// matchRobots matches a pattern with * and a closing $ against the beginning
// of a path, in linear steps per star.
func matchRobots(pattern, path string) bool {
	whole := strings.HasSuffix(pattern, "$")
	pattern = strings.TrimSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, parts[0]) {
		return false
	}
	rest := path[len(parts[0]):]
	if len(parts) == 1 {
		return !whole || rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	last := parts[len(parts)-1]
	if whole {
		return strings.HasSuffix(rest, last)
	}
	return strings.Contains(rest, last)
}
