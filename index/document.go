package index

import (
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"earshot/mention"
	"earshot/query"
)

// The fields of a document. Title and text hold all forms of each token at
// its position; url and link the words of addresses; the others whole values,
// folded as the query language folds them.
const (
	fieldTitle    = "title"
	fieldText     = "text"
	fieldURL      = "url"
	fieldLink     = "link"
	fieldHost     = "host" // site without the domains above it, for facets
	fieldFlag     = "flag"
	fieldToward   = "toward" // what is said of each brand and product: see [cutToward]
	fieldQuestion = "question"
	fieldID       = "id"
	fieldKey      = "_id" // bleve's own
	fieldMeta     = "m"   // stored alone: see meta bytes below
)

// The values of fieldFlag: those of the query language, and one that no query
// names.
const (
	flagIrrelevant = "irrelevant"
	flagOwn        = query.FlagOwn
	flagNoModel    = query.FlagUnsupported
)

// keywordFields are looked up by whole values.
var keywordFields = []string{
	"site", "author", "lang", "country", "kind", "source", "channel", "brand", "product", "entity",
	"label", "tag", "sentiment", "story", "thread", "guid", "id",
	"activity", fieldToward, fieldQuestion,
}

// Facets over fields with many values read the values document by document;
// over the others they intersect the sets of documents of each value.
func hasColumn(field string) bool {
	switch field {
	case "entity", "author", "story", "channel", "thread", fieldHost:
		return true
	}
	return false
}

const (
	textOptions    = index.IndexField | index.IncludeTermVectors
	keywordOptions = index.IndexField | index.SkipFreqNorm
	columnOptions  = keywordOptions | index.DocValues
)

// A field is one field of a document whose terms are known already.
type field struct {
	name    string
	options index.FieldIndexingOptions
	value   []byte
	terms   index.TokenFrequencies
	length  int
}

func (f *field) Name() string                                     { return f.name }
func (*field) ArrayPositions() []uint64                           { return nil }
func (f *field) Options() index.FieldIndexingOptions              { return f.options }
func (*field) Analyze()                                           {}
func (f *field) Value() []byte                                    { return f.value }
func (*field) NumPlainTextBytes() uint64                          { return 0 }
func (f *field) Size() int                                        { return len(f.value) + 64*len(f.terms) }
func (*field) EncodedFieldType() byte                             { return 't' }
func (f *field) AnalyzedLength() int                              { return f.length }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }

// A builder makes documents of rows. It hands out terms and places from
// blocks, because a document has hundreds of them.
type builder struct {
	freqs  []index.TokenFreq
	places []index.TokenLocation
	links  []string
	length int
}

// another hands out the next of a block.
func another[T any](block *[]T) *T {
	if len(*block) == 0 {
		*block = make([]T, 256)
	}
	v := &(*block)[0]
	*block = (*block)[1:]
	return v
}

// add notes that a term stands at a position. What bleve calls start and end
// of a place are free for us: they keep the sentence (or the number of the
// link), and how the spelling differs from the term.
func (b *builder) add(terms index.TokenFrequencies, term string, position, start int, spelling uint64) {
	tf := terms[term]
	if tf == nil {
		tf = another(&b.freqs)
		terms[term] = tf
	}
	if n := len(tf.Locations); n > 0 && tf.Locations[n-1].Position == position && tf.Locations[n-1].Start == start {
		return
	}
	p := another(&b.places)
	p.Position, p.Start, p.End = position, start, int(spelling)
	tf.Locations = append(tf.Locations, p)
	tf.SetFrequency(len(tf.Locations))
}

// words makes the field of a title or text, and notes the links in it.
func (b *builder) words(name, text string) *field {
	terms := make(index.TokenFrequencies, 1+len(text)/8)
	b.length = 0
	query.Tokenize(text, func(t query.Token) {
		b.length++
		if t.Link {
			b.links = append(b.links, text[t.Start:t.End])
			return
		}
		whole := spellingOf(t.Exact, t.Forms[0])
		for _, form := range t.Forms {
			b.add(terms, form, t.Position, t.Sentence, spellingOfForm(whole, t.Forms[0], form, t.Sigil))
		}
	})
	return &field{name: name, options: textOptions, terms: terms, length: b.length}
}

// addresses makes the field of the words of addresses.
func (b *builder) addresses(name string, list []string) *field {
	terms := index.TokenFrequencies{}
	for i, address := range list {
		query.TokenizeAddress(address, func(t query.Token) {
			for _, form := range t.Forms {
				b.add(terms, form, t.Position, i, 0)
			}
		})
	}
	return &field{name: name, options: textOptions, terms: terms, length: len(terms)}
}

// keywords makes the field of whole values, or nil when there are none.
func (b *builder) keywords(name string, values []string, options index.FieldIndexingOptions) *field {
	terms := make(index.TokenFrequencies, len(values))
	for _, v := range values {
		if v == "" || terms[v] != nil {
			continue
		}
		tf := another(&b.freqs)
		tf.SetFrequency(1)
		terms[v] = tf
	}
	if len(terms) == 0 {
		return nil
	}
	return &field{name: name, options: options, terms: terms, length: len(terms)}
}

// document returns what is indexed of a row.
func (b *builder) document(row *mention.Row, number uint32) *document.Document {
	doc := document.NewDocument(row.ID)
	doc.Fields = make([]document.Field, 0, 24)
	b.links = b.links[:0]
	if row.Title != "" {
		doc.AddField(b.words(fieldTitle, row.Title))
	}
	if row.Text != "" {
		doc.AddField(b.words(fieldText, row.Text))
	}
	if row.URL != "" {
		doc.AddField(b.addresses(fieldURL, []string{row.URL}))
	}
	if len(b.links) > 0 {
		doc.AddField(b.addresses(fieldLink, b.links))
	}
	for _, name := range keywordFields {
		options := keywordOptions
		if hasColumn(name) {
			options = columnOptions
		}
		values := query.Values(name, row)
		if name == fieldID && len(values) > 0 && values[0] == row.ID {
			continue // bleve's own field of ids serves
		}
		if f := b.keywords(name, values, options); f != nil {
			doc.AddField(f)
		}
		if name == "site" && len(values) > 0 {
			doc.AddField(b.keywords(fieldHost, values[:1], columnOptions))
		}
	}
	if f := b.keywords(fieldFlag, flags(row), keywordOptions); f != nil {
		doc.AddField(f)
	}
	doc.AddField(&field{name: fieldMeta, options: index.StoreField, value: metaBytes(row, number)})
	return doc
}

func flags(row *mention.Row) []string {
	list := query.Values(fieldFlag, row)
	if row.Irrelevant {
		list = append(list, flagIrrelevant)
	}
	return list
}

// The kinds of what something is said of.
const (
	towardBrand   = "brand"
	towardProduct = "product"
)

// cutToward takes a value of fieldToward apart: "acme:negative" is of a brand,
// "product/widget:negative" of a product. Names are folded.
func cutToward(value string) (kind, name, label string) {
	i := strings.LastIndexByte(value, ':')
	if i < 0 {
		return "", value, ""
	}
	name, label = value[:i], value[i+1:]
	if product, ok := strings.CutPrefix(name, "product/"); ok {
		return towardProduct, product, label
	}
	return towardBrand, name, label
}

// The spelling of a term at a place: which of its characters are written as
// capitals, as bits from the first character on, above two bits that say what
// kind of spelling it is.
const (
	spellingPlain   = 0 // the bits tell the exact form
	spellingDerived = 1 // accents were dropped: the exact form is another word
	spellingOdd     = 2 // the bits cannot tell (İ, ς, very long words)
	spellingKinds   = 2 // number of bits for the kind
	spellingMost    = 60
)

// spellingOf compares an exact form with its folded form, character by
// character.
func spellingOf(exact, folded string) uint64 {
	if exact == folded {
		return spellingPlain
	}
	exact, folded = strings.TrimLeft(exact, "#@$"), strings.TrimLeft(folded, "#@$")
	var mask uint64
	n := 0
	for _, c := range exact {
		f := rune(-1)
		for _, r := range folded {
			f = r
			break
		}
		if f < 0 {
			return spellingOdd
		}
		folded = folded[len(string(f)):]
		if c != f {
			if unicode.ToUpper(f) != c || n >= spellingMost {
				return spellingOdd
			}
			mask |= 1 << n
		}
		n++
	}
	if folded != "" {
		return spellingOdd
	}
	return mask<<spellingKinds | spellingPlain
}

// spellingOfForm tells the spelling of one form of a token from that of the
// whole: a form may lack the sigil, the 's, or the accents.
func spellingOfForm(whole uint64, folded, form string, sigil byte) uint64 {
	if sigil != 0 {
		folded, form = strings.TrimPrefix(folded, string(sigil)), strings.TrimPrefix(form, string(sigil))
	}
	switch {
	case form == folded:
		return whole
	case len(folded) <= 2 || form != strings.TrimSuffix(folded, "'s"):
		return spellingDerived
	case whole&(1<<spellingKinds-1) != spellingPlain:
		return whole
	}
	n := 0
	for range form {
		n++
	}
	return whole & (1<<(n+spellingKinds) - 1)
}

// The meta bytes of a document: its time and checksum, the number of its story
// and its own in the ledger, and the numbers that ranges and orders need. They are read into memory segment by segment.
const (
	metaPublished = 1 << iota // the time is Published, not Seen
	metaScore
	metaEngagement
	metaReach
	metaRating

	metaClass = 5 // first bit of the class of sentiment
)

const metaFixed = 29

func metaBytes(row *mention.Row, number uint32) []byte {
	data := make([]byte, 0, metaFixed+16)
	data = binary.BigEndian.AppendUint64(data, uint64(row.Time().UnixMilli()))
	data = binary.BigEndian.AppendUint64(data, rowSum(row))
	data = binary.BigEndian.AppendUint64(data, storyNumber(query.Fold(row.Story)))
	data = binary.BigEndian.AppendUint32(data, number)
	var set byte
	if !row.Published.IsZero() {
		set |= metaPublished
	}
	switch label := query.Fold(row.Sentiment); {
	case label == "" && row.Status == mention.StatusUnsupported:
		set |= classUnsupported << metaClass
	default:
		set |= classOf(label) << metaClass
	}
	data = append(data, 0)
	for i, v := range []*float64{row.Score, row.Engagement, row.Reach, row.Rating} {
		if v != nil && !math.IsNaN(*v) {
			set |= metaScore << i
			data = binary.BigEndian.AppendUint64(data, math.Float64bits(*v))
		}
	}
	data[metaFixed-1] = set
	return data
}

// storyNumber stands for a story where stories are told apart by the million;
// 0 is none. Two of a billion stories may share one with a chance of 3 %.
func storyNumber(folded string) uint64 {
	if folded == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(folded))
	n := h.Sum64() // and mixed, for FNV is weak in its upper bits
	n ^= n >> 32
	n *= 0xD6E8FEB86659FD93
	n ^= n >> 32
	return max(n, 1)
}

// rowSum is the checksum by which a stale document is told.
func rowSum(row *mention.Row) uint64 {
	r := *row
	r.Seq = 0
	for _, t := range []*time.Time{&r.Published, &r.Updated, &r.Seen, &r.Collected} {
		if !t.IsZero() {
			*t = t.UTC()
		}
	}
	data, err := json.Marshal(&r)
	if err != nil { // a number that JSON cannot write
		data = []byte(r.ID)
	}
	h := fnv.New64a()
	_, _ = h.Write(data)
	return h.Sum64()
}
