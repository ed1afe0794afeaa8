package daemon

import (
	"fmt"
	"net/url"
	"strings"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/mention"
)

// A SourceList knows which sources there are, to add more to them.
type SourceList struct {
	ids  map[string]bool
	at   map[string]string // canonical address → id
	last map[string]int    // of a name: the number given to it last
}

// NewSourceList lists the sources of a configuration.
func NewSourceList(cfg *config.Config) *SourceList {
	l := &SourceList{ids: map[string]bool{}, at: map[string]string{}, last: map[string]int{}}
	for i := range cfg.Sources {
		l.Add(&cfg.Sources[i])
	}
	return l
}

// Add makes a source known.
func (l *SourceList) Add(s *mention.Source) {
	l.ids[s.ID] = true
	if s.URL == "" {
		return
	}
	if key := crawler.Canonical(s.URL); l.at[key] == "" {
		l.at[key] = s.ID
	}
}

// At names the source that reads an address, or "".
func (l *SourceList) At(address string) string { return l.at[crawler.Canonical(address)] }

// NewID makes an id that no source has, of a title or else of a host.
func (l *SourceList) NewID(title, address string) string {
	base := ""
	if len(title) <= 40 {
		base = idOf(title)
	}
	if u, err := url.Parse(address); err == nil && base == "" {
		base = idOf(strings.TrimPrefix(u.Hostname(), "www."))
	}
	if base == "" {
		base = "source"
	}
	id := base
	for n := max(2, l.last[base]+1); l.ids[id]; n++ {
		id, l.last[base] = fmt.Sprintf("%s-%d", base, n), n
	}
	return id
}

// idOf is what of a name may stand in an id; "" of one in other letters.
func idOf(name string) string {
	id := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.':
			return r
		default:
			return '-'
		}
	}, strings.ToLower(name)), "-.")
	for strings.Contains(id, "--") {
		id = strings.ReplaceAll(id, "--", "-")
	}
	return id
}
