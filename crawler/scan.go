package crawler

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// scanXML walks over the tokens of a feed before a parser sees it: parsers
// recurse with the depth of the document, and a stack that overflows ends the
// whole process. It must be given the bytes the parser will get. A document
// that breaks off is no error here.
func scanXML(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	depth, items, attrs := 0, 0, 0
	for {
		token, err := d.RawToken()
		if err != nil {
			return nil //nolint:nilerr // the parser stops at the same place
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return fmt.Errorf("crawler: %d elements within each other: %w", depth, errTooDeep)
			}
			if attrs += len(t.Attr); len(t.Attr) > 1000 || attrs > 500000 {
				return fmt.Errorf("crawler: %d attributes: %w", attrs, errTooLarge)
			}
			if name := t.Name.Local; strings.EqualFold(name, "item") || strings.EqualFold(name, "entry") {
				if items++; items > maxItems {
					return fmt.Errorf("crawler: more than %d items: %w", maxItems, errTooMany)
				}
			}
		case xml.EndElement:
			depth = max(depth-1, 0)
		}
	}
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
