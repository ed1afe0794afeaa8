package crawler

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// scanXML walks over the tokens of a feed before a parser sees it: parsers
// recurse with the depth of the document, and a stack that overflows ends the
// whole process. It must be given the bytes the parser will get. A document
// that breaks off is no error here. On its way it picks up, for each item,
// what the parser leaves lying.
func scanXML(data []byte) ([]aside, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	depth, attrs := 0, 0
	var spaces spaceCount
	var items []aside
	text := (*string)(nil) // where the next text belongs
	for {
		token, err := d.RawToken()
		if err != nil {
			return items, nil //nolint:nilerr // the parser stops at the same place
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, fmt.Errorf("crawler: %d elements within each other: %w", depth, errTooDeep)
			}
			if attrs += len(t.Attr); len(t.Attr) > 1000 || attrs > 500000 {
				return nil, fmt.Errorf("crawler: %d attributes: %w", attrs, errTooLarge)
			}
			if err := spaces.open(t.Attr); err != nil {
				return nil, err
			}
			text = nil
			if isItem(t.Name) {
				if len(items) >= maxItems {
					return nil, fmt.Errorf("crawler: more than %d items: %w", maxItems, errTooMany)
				}
				items = append(items, aside{about: rdfAbout(t.Attr)})
			} else if t.Name.Local == "created" && len(items) > 0 {
				text = &items[len(items)-1].created
			}
		case xml.CharData:
			if text != nil && len(t) < 100 {
				*text = string(t)
			}
		case xml.EndElement:
			depth = max(depth-1, 0)
			spaces.close()
			text = nil
		}
	}
}

// maxSpaceWork bounds the name spaces that hold at the elements of a document,
// summed: the parser copies them for every element.
const maxSpaceWork = 20_000_000

// A spaceCount counts the declarations of name spaces that hold.
type spaceCount struct {
	live, work int
	opened     []int // by open element
}

func (c *spaceCount) open(attrs []xml.Attr) error {
	n := 0
	for i := range attrs {
		if attrs[i].Name.Space == "xmlns" || attrs[i].Name.Local == "xmlns" {
			n++
		}
	}
	c.opened, c.live = append(c.opened, n), c.live+n
	if c.work += c.live; c.work > maxSpaceWork {
		return fmt.Errorf("crawler: %d name spaces declared around too many elements: %w", c.live, errTooLarge)
	}
	return nil
}

func (c *spaceCount) close() {
	if last := len(c.opened) - 1; last >= 0 {
		c.live -= c.opened[last]
		c.opened = c.opened[:last]
	}
}

// An aside is what the parser does not tell of an item.
type aside struct {
	about   string // rdf:about
	created string // of Atom 0.3
}

func isItem(n xml.Name) bool {
	return strings.EqualFold(n.Local, "item") || strings.EqualFold(n.Local, "entry")
}

func rdfAbout(attrs []xml.Attr) string {
	for _, a := range attrs {
		if a.Name.Space == "rdf" && a.Name.Local == "about" {
			return a.Value
		}
	}
	return ""
}

// scanJSON does the same for JSON.
func scanJSON(data []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("crawler: %d values within each other: %w", depth, errTooDeep)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// add lays what was picked up over what the parser said.
func (a aside) add(it *Item) {
	if it.GUID == "" {
		it.GUID = strings.TrimSpace(a.about)
	}
	if t, ok := parseDate(a.created); ok && it.Published.IsZero() {
		it.Published = t
	}
}

const (
	maxEntities    = 200
	maxEntityValue = 256
)

// entityDeclaration is one internal entity of a document type.
var entityDeclaration = regexp.MustCompile(`<!ENTITY\s+([\w.-]{1,64})\s+(?:"([^"<&%]*)"|'([^'<&%]*)')\s*>`)

// expandEntities puts in the short names that a document declares for itself;
// the parser leaves them standing. Entities of entities, of files and long
// ones are left alone, and nothing grows to more than twice its size.
func expandEntities(text []byte) []byte {
	head := text[:min(len(text), 64<<10)]
	start := bytes.Index(head, []byte("<!DOCTYPE"))
	if start < 0 || !bytes.Contains(head[start:], []byte("<!ENTITY")) {
		return text
	}
	var pairs []string
	for _, m := range entityDeclaration.FindAllSubmatch(head[start:], maxEntities) {
		value := string(m[2]) + string(m[3])
		if len(value) > maxEntityValue {
			continue
		}
		pairs = append(pairs, "&"+string(m[1])+";", value)
	}
	if len(pairs) == 0 {
		return text
	}
	var out strings.Builder
	w := &cappedWriter{w: &out, left: 2 * len(text)}
	if _, err := strings.NewReplacer(pairs...).WriteString(w, string(text)); err != nil {
		return text
	}
	return []byte(out.String())
}

// cappedWriter fails where another would grow.
type cappedWriter struct {
	w    io.Writer
	left int
}

func (c *cappedWriter) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		return 0, errTooLarge
	}
	return c.w.Write(p)
}
