package index

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
	"earshot/query"
)

// raw finds the documents that may hold certain characters: those that have a
// term with the longest run of ASCII letters and digits among the characters
// in it. Which of them do is decided from the rows.
func (e *evaluator) raw(s *segView, r *query.Raw, only *roaring.Bitmap) (hits, error) {
	may := only
	if may == nil {
		may = s.live()
	}
	run := longestRun(r.Text)
	if run == "" {
		return hits{empty, may}, nil
	}
	having := roaring.New()
	n := 0
	for _, name := range []string{fieldTitle, fieldText, fieldLink} {
		err := s.terms(name, "", func(term string) (bool, error) {
			n++
			if !strings.Contains(term, run) {
				return true, e.tick(n)
			}
			b, err := s.docs(name, term)
			if err == nil {
				having.Or(b)
			}
			return true, err
		})
		if err != nil {
			return hits{}, err
		}
	}
	return hits{empty, roaring.And(may, having)}, nil
}

// longestRun returns the longest run of ASCII letters and digits in lower
// case. Such a run always lies within one token, whatever stands around it,
// and in one of the token's forms.
func longestRun(text string) string {
	var best string
	start := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isAlnum(text[i]) {
			continue
		}
		if i-start > len(best) {
			best = text[start:i]
		}
		start = i + 1
	}
	return strings.ToLower(best)
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// recordsAtOnce is how many records are asked for in one call.
const recordsAtOnce = 500

// decide reads the rows of the documents in doubt and decides them by
// one-document match.
func (x *Index) decide(ctx context.Context, e *evaluator, s *segView, h hits) (*roaring.Bitmap, error) {
	if h.exact() {
		return h.may, nil
	}
	found := h.sure.Clone()
	doubt := roaring.AndNot(h.may, h.sure).ToArray()
	var doc *query.Document
	for chunk := range slices.Chunk(doubt, recordsAtOnce) {
		numbers := make(map[string]uint32, len(chunk))
		refs := make([]mention.Ref, len(chunk))
		for i, n := range chunk {
			var err error
			if refs[i], err = s.ref(n); err != nil {
				return nil, err
			}
			numbers[refs[i].ID] = n
		}
		rows, err := x.rows(ctx, refs)
		if err != nil {
			return nil, e.slow(err)
		}
		for i := range rows {
			if doc == nil {
				doc = query.NewDocument(&rows[i])
			} else {
				doc.Reset(&rows[i])
			}
			if e.q.Match(doc) {
				found.Add(numbers[rows[i].ID])
			}
		}
	}
	return found, nil
}

// rows hydrates mentions, in their order, without those that are gone.
func (x *Index) rows(ctx context.Context, refs []mention.Ref) ([]mention.Row, error) {
	rows := make([]mention.Row, 0, len(refs))
	for chunk := range slices.Chunk(refs, recordsAtOnce) {
		records, err := x.o.Records(ctx, chunk)
		if err != nil {
			return nil, fmt.Errorf("index: reading records: %w", err)
		}
		for i := range records {
			rows = append(rows, records[i].Row())
		}
	}
	return rows, nil
}
