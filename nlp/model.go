package nlp

import (
	"bytes"
	"compress/flate"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
)

//go:embed models/*.bin
var modelFiles embed.FS

var errModel = errors.New("nlp: a model file cannot be read")

const (
	modelMagic = "esn1"
	maxModel   = 64 << 20 // bytes of an unpacked model
)

// A linear is a linear model over hashed features: one row of int8 weights,
// one for each class, for every hash.
type linear struct {
	classes int
	mask    uint32
	scale   float32
	w       []int8
}

// row returns the index of the row of a feature.
func (l *linear) row(h uint64) uint32 { return uint32(h^h>>20^h>>40) & l.mask }

// row3 returns a row of three weights.
func (l *linear) row3(row uint32) [3]int8 { return [3]int8(l.w[int(row)*3:]) }

// add3 adds the weights of a row to three scores.
func (l *linear) add3(s *[3]float32, row uint32) {
	w := l.w[int(row)*3:][:3]
	s[0] += float32(w[0])
	s[1] += float32(w[1])
	s[2] += float32(w[2])
}

// A lexicon maps hashes to a small number. A fingerprint of 32 bits stands
// for the hash.
type lexicon struct {
	keys []uint32 // 0 is empty
	vals []int8
	some []uint64 // see sift; nil if there is no such sieve
}

// sieveBits of a fingerprint choose a word of a sieve.
const sieveBits = 15

// sift makes a sieve, for a lexicon that is mostly asked for what it has not:
// three bits of one word for each fingerprint that is there.
func (l *lexicon) sift(mem *memory) {
	l.some = take[uint64](mem, 1<<sieveBits)
	for _, f := range l.keys {
		if f != 0 {
			l.some[f>>(32-sieveBits)] |= 1<<(f>>11&63) | 1<<(f>>5&63) | 1<<(f>>1&63)
		}
	}
}

// may is 1 if h may be there, else 0. There must be a sieve.
func (l *lexicon) may(h uint64) uint64 {
	f := uint32(h >> 32)
	w := l.some[f>>(32-sieveBits)]
	return w >> (f >> 11 & 63) & (w >> (f >> 5 & 63)) & (w >> (f >> 1 & 63)) & 1
}

func newLexicon(n int) *lexicon {
	size := 4
	for size < 2*n {
		size *= 2
	}
	return &lexicon{keys: make([]uint32, size), vals: make([]int8, size)}
}

func fingerprint(h uint64) uint32 { return uint32(h>>32) | 1 }

func (l *lexicon) slot(h uint64) int {
	f, mask := fingerprint(h), len(l.keys)-1
	for i := int(uint32(h)) & mask; ; i = (i + 1) & mask {
		if l.keys[i] == f || l.keys[i] == 0 {
			return i
		}
	}
}

// find returns the number of h and whether there is one.
func (l *lexicon) find(h uint64) (int8, bool) {
	i := l.slot(h)
	return l.vals[i], l.keys[i] != 0
}

func (l *lexicon) put(h uint64, v int8) {
	i := l.slot(h)
	l.keys[i], l.vals[i] = fingerprint(h), v
}

// encode writes a model file.
func (l *linear) encode() []byte {
	head := []byte(modelMagic)
	head = binary.AppendUvarint(head, uint64(l.classes))
	head = binary.AppendUvarint(head, uint64(l.mask))
	head = binary.LittleEndian.AppendUint32(head, math.Float32bits(l.scale))
	body := make([]byte, len(l.w))
	for i, w := range l.w {
		body[i] = byte(w)
	}
	return append(head, pack(body)...)
}

// openLinear reads the model file of a name.
func openLinear(mem *memory, name string) (*linear, error) {
	r, err := openModel(name)
	if err != nil {
		return nil, err
	}
	return readLinear(mem, name, r)
}

func readLinear(mem *memory, name string, r *bytes.Reader) (*linear, error) {
	classes, err1 := binary.ReadUvarint(r)
	mask, err2 := binary.ReadUvarint(r)
	var scale [4]byte
	_, err3 := io.ReadFull(r, scale[:])
	if err := errors.Join(err1, err2, err3); err != nil || classes > 64 || mask > 1<<24 || (mask+1)*classes > maxModel {
		return nil, fmt.Errorf("nlp: model %s: %w", name, errModel)
	}
	l := &linear{classes: int(classes), mask: uint32(mask), scale: math.Float32frombits(binary.LittleEndian.Uint32(scale[:]))}
	l.w = take[int8](mem, (int(mask)+1)*int(classes))
	if err := unpack(bytesOf(l.w), r); err != nil {
		return nil, fmt.Errorf("nlp: model %s: %w", name, err)
	}
	return l, nil
}

func (l *lexicon) encode() []byte {
	head := binary.AppendUvarint([]byte(modelMagic), uint64(len(l.keys)))
	body := make([]byte, 0, len(l.keys)*5)
	for _, k := range l.keys {
		body = binary.LittleEndian.AppendUint32(body, k)
	}
	for _, v := range l.vals {
		body = append(body, byte(v))
	}
	return append(head, pack(body)...)
}

func openLexicon(mem *memory, name string) (*lexicon, error) {
	r, err := openModel(name)
	if err != nil {
		return nil, err
	}
	return readLexicon(mem, name, r)
}

// openLexiconFile reads a lexicon that training has just written.
func openLexiconFile(path string) (*lexicon, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("nlp: model: %w", err)
	}
	return readLexicon(nil, path, bytes.NewReader(b[min(len(b), len(modelMagic)):]))
}

// openLinearFile reads a linear model that training has just written.
func openLinearFile(path string) (*linear, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("nlp: model: %w", err)
	}
	return readLinear(nil, path, bytes.NewReader(b[min(len(b), len(modelMagic)):]))
}

func readLexicon(mem *memory, name string, r *bytes.Reader) (*lexicon, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil || n > 1<<22 || n&(n-1) != 0 {
		return nil, fmt.Errorf("nlp: model %s: %w", name, errModel)
	}
	body := make([]byte, 5*n)
	if err := unpack(body, r); err != nil {
		return nil, fmt.Errorf("nlp: model %s: %w", name, err)
	}
	l := &lexicon{keys: take[uint32](mem, int(n)), vals: take[int8](mem, int(n))}
	for i := range l.keys {
		l.keys[i] = binary.LittleEndian.Uint32(body[4*i:])
	}
	copy(bytesOf(l.vals), body[4*n:])
	return l, nil
}

// wordFrequencies are the inverse frequencies of words, read once.
var wordFrequencies = sync.OnceValues(func() (*lexicon, error) { return openLexicon(nil, "idf") })

func openModel(name string) (*bytes.Reader, error) {
	b, err := modelFiles.ReadFile("models/" + name + ".bin")
	if err != nil {
		return nil, fmt.Errorf("nlp: model %s: %w", name, err)
	}
	if !bytes.HasPrefix(b, []byte(modelMagic)) {
		return nil, fmt.Errorf("nlp: model %s: %w", name, errModel)
	}
	return bytes.NewReader(b[len(modelMagic):]), nil
}

func pack(body []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// unpack fills body.
func unpack(body []byte, r io.Reader) error {
	if _, err := io.ReadFull(flate.NewReader(r), body); err != nil {
		return errModel
	}
	return nil
}

// encode writes an entity model: moves, bias, rows.
func (m *entityModel) encode() []byte {
	b := []byte(modelMagic)
	for _, row := range m.moves {
		for _, v := range row {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(m.bias))
	return append(b, m.linear.encode()[len(modelMagic):]...)
}

func openEntities(mem *memory, name string) (*entityModel, error) {
	r, err := openModel(name)
	if err != nil {
		return nil, err
	}
	m := &entityModel{}
	var raw [4 * (entityLabels*(entityLabels+1) + 1)]byte
	if _, err := io.ReadFull(r, raw[:]); err != nil {
		return nil, fmt.Errorf("nlp: model %s: %w", name, errModel)
	}
	number := func(i int) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])) }
	for i := range entityLabels * (entityLabels + 1) {
		m.moves[i/entityLabels][i%entityLabels] = number(i)
	}
	m.bias = number(entityLabels * (entityLabels + 1))
	m.linear, err = readLinear(mem, name, r)
	return m, err
}

// loadEntities reads the entity model with its lists.
func loadEntities(mem *memory) (*entityModel, error) {
	m, err := openEntities(mem, "entities")
	if err != nil {
		return nil, err
	}
	if m.names, err = openLexicon(mem, "names"); err != nil {
		return nil, err
	}
	m.names.sift(mem)
	if m.linear.classes != entityLabels || m.linear.mask != 1<<entityBits-1 {
		return nil, fmt.Errorf("nlp: model entities: %w", errModel)
	}
	m.rows = (*[entityLabels << entityBits]byte)(bytesOf(m.linear.w))
	m.direct()
	if err := m.tabulate(); err != nil {
		return nil, fmt.Errorf("nlp: model entities: %w", err)
	}
	m.usage, err = openUsage(mem, "usage")
	return m, err
}
