package query

import (
	"bytes"
	"slices"
	"strings"

	"earshot/mention"
)

// The stores of a document.
const (
	textStore = iota // title, then text
	urlStore         // the mention's own address
	linkStore        // the links in title and text, each on its own
	storeCount
)

// A Document is a row as queries see it. It may be filled again with Reset,
// which keeps its memory. Only one goroutine at a time may use it, also for
// matching.
type Document struct {
	row    *mention.Row
	stores [storeCount]store
	ready  [storeCount]bool
	title  int // tokens of the title

	values  []value // of keyword fields
	bytes   []byte  // of values
	valueAt [len(keywordFields)][2]uint32
	known   uint32 // bit i: valueAt[i] is filled

	spans []span   // a stack
	masks []uint32 // by token: the words of a slop that fit it
}

// A value is one folded value of a keyword field.
type value struct {
	hash       uint64
	start, end uint32
}

// NewDocument returns row as queries see it. The row must not change while the
// document is used.
func NewDocument(row *mention.Row) *Document {
	d := new(Document)
	d.Reset(row)
	return d
}

// Reset fills d with another row.
func (d *Document) Reset(row *mention.Row) {
	d.row = row
	d.ready = [storeCount]bool{textStore: true}
	d.known, d.values, d.bytes, d.spans = 0, d.values[:0], d.bytes[:0], d.spans[:0]
	s := &d.stores[textStore]
	s.reset()
	s.add(row.Title, true)
	d.title = len(s.tokens)
	s.add(row.Text, true)
}

// store returns a store, filled.
func (d *Document) store(which int) *store {
	s := &d.stores[which]
	if d.ready[which] {
		return s
	}
	d.ready[which] = true
	s.reset()
	if which == urlStore {
		s.add(d.row.URL, false)
		return s
	}
	text := &d.stores[textStore]
	for i := range text.tokens {
		if t := &text.tokens[i]; t.kind == kindLink {
			s.add(text.texts[t.seg][t.start:t.end], false)
		}
	}
	return s
}

// fieldValues returns the values of a keyword field.
func (d *Document) fieldValues(field int) []value {
	at := &d.valueAt[field]
	if d.known&(1<<field) == 0 {
		d.known |= 1 << field
		at[0] = uint32(len(d.values))
		one, many := rowValues(field, d.row)
		if one != "" {
			d.addValue(field, one)
		}
		for _, v := range many {
			d.addValue(field, v)
		}
		at[1] = uint32(len(d.values))
	}
	return d.values[at[0]:at[1]]
}

func (d *Document) addValue(field int, v string) {
	start := len(d.bytes)
	d.bytes = appendFold(d.bytes, v)
	end := len(d.bytes)
	switch keywordFields[field] {
	case "author":
		for start < end && d.bytes[start] == '@' {
			start++
		}
	case "lang":
		if i := bytes.IndexAny(d.bytes[start:], "-_"); i >= 0 {
			end = start + i
		}
	case "site":
		start = end - len(trimHost(d.bytes[start:]))
		for i := start; i < end; i++ { // and each domain above the host
			if d.bytes[i] == '.' {
				d.pushValue(start, end)
				start = i + 1
			}
		}
	}
	d.pushValue(start, end)
}

func (d *Document) pushValue(start, end int) {
	d.values = append(d.values, value{hash: hashOf(d.bytes[start:end]), start: uint32(start), end: uint32(end)})
}

func (d *Document) valueBytes(v value) []byte {
	return d.bytes[v.start:v.end]
}

// rowValues returns what a row has in a keyword field.
func rowValues(field int, row *mention.Row) (one string, many []string) {
	switch keywordFields[field] {
	case "site":
		if row.Site != "" {
			return row.Site, nil
		}
		return hostOf(row.URL), nil
	case "author":
		return row.Author, nil
	case "lang":
		return row.Lang, nil
	case "country":
		return row.Country, nil
	case "kind":
		return string(row.Kind), nil
	case "source":
		return row.Source, nil
	case "channel":
		return row.Channel, nil
	case "brand":
		return "", row.Brands
	case "product":
		return "", row.Products
	case "entity":
		return "", row.Entities
	case "label":
		return "", row.Labels
	case "tag":
		return "", row.Tags
	case "sentiment":
		return row.Sentiment, nil
	case "story":
		return row.Story, nil
	case "thread":
		return row.Thread, nil
	case "guid":
		return row.GUID, nil
	case "activity":
		return "", row.Activities
	case "toward":
		return "", row.Toward
	case "flag":
		return "", flagsOf(row)
	case "question":
		return "", asked(row)
	}
	return row.ID, nil
}

// flagSets are all lists of values of flag:, by bits in the order below, so
// that looking one up allocates nothing.
var flagSets = func() (sets [1 << 5][]string) {
	for bits := range sets {
		for i, name := range fieldValues["flag"] {
			if bits>>i&1 == 1 {
				sets[bits] = append(sets[bits], name)
			}
		}
	}
	return sets
}()

func flagsOf(row *mention.Row) []string {
	bits := 0
	for i, on := range [...]bool{row.Own != "", row.Starred, row.Safety} {
		if on {
			bits |= 1 << i
		}
	}
	labels := fieldValues["sentiment"]
	switch {
	case slices.Contains(labels, row.Sentiment) || slices.Contains(labels, Fold(row.Sentiment)):
	case row.Status == mention.StatusUnsupported && row.Sentiment == "":
		bits |= 1 << 3
	default:
		bits |= 1 << 4
	}
	return flagSets[bits]
}

// hostOf returns the host of a web address.
func hostOf(url string) string {
	scheme, host, _ := strings.Cut(url, "://")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return ""
	}
	if i := strings.IndexAny(host, "/@"); i >= 0 && host[i] == '@' {
		if h := untilHostEnd(host[i+1:]); h != "" {
			return h
		}
	}
	return untilHostEnd(host)
}

func untilHostEnd(s string) string {
	if i := strings.IndexAny(s, "/:?#"); i >= 0 {
		return s[:i]
	}
	return s
}

// Values returns the values that a [Keyword] of this field is compared with,
// folded; for site the host and every domain above it.
func Values(field string, row *mention.Row) []string {
	i := keywordIndex(field)
	if i < 0 {
		return nil
	}
	d := Document{row: row}
	var out []string
	for _, v := range d.fieldValues(i) {
		out = append(out, string(d.valueBytes(v)))
	}
	return out
}
