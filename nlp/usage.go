package nlp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// usageDims are the directions in which the use of words is told apart;
// usageBytes hold two bits for each.
const (
	usageDims  = 64
	usageBytes = usageDims / 4
)

// A usage tells how words are used, as learned from unlabelled text: the
// group of words used alike, and in which directions a word is far from the
// others (binarized vectors, after Guo, Che, Wang and Liu: Revisiting
// Embedding Features for Simple Semi-supervised Learning, 2014).
type usage struct {
	groups *lexicon
	ranks  []uint32 // by slot of groups: place of the word in codes
	codes  []byte   // usageBytes a word
}

func newUsage(mem *memory, groups *lexicon, codes []byte) *usage {
	u := &usage{groups: groups, ranks: take[uint32](mem, len(groups.keys)), codes: codes}
	n := uint32(0)
	for i, k := range groups.keys {
		u.ranks[i] = n
		if k != 0 {
			n++
		}
	}
	return u
}

// of returns the group of a word in lower case, 0 when it is in none, and its
// code, or nil.
func (u *usage) of(lower string) (group uint8, code []byte) {
	if len(lower) > 1 && (lower[0] == '#' || lower[0] == '@') {
		lower = lower[1:]
	}
	i := u.groups.slot(hashString(lower))
	if u.groups.keys[i] == 0 {
		return 0, nil
	}
	at := int(u.ranks[i]) * usageBytes
	return uint8(u.groups.vals[i]), u.codes[at : at+usageBytes]
}

// eachDirection calls fn with the directions in which a word is far from the
// others: 1 up, 2 down.
func eachDirection(code []byte, fn func(d, to uint64)) {
	for i, b := range code {
		for k := range 4 {
			if to := b >> (2 * k) & 3; to != 0 {
				fn(uint64(4*i+k), uint64(to))
			}
		}
	}
}

// encode writes the codes behind their packed and unpacked lengths, then the
// groups.
func (u *usage) encode() []byte {
	packed := pack(u.codes)
	b := binary.AppendUvarint([]byte(modelMagic), uint64(len(u.codes)))
	b = binary.AppendUvarint(b, uint64(len(packed)))
	b = append(b, packed...)
	return append(b, u.groups.encode()[len(modelMagic):]...)
}

func openUsage(mem *memory, name string) (*usage, error) {
	r, err := openModel(name)
	if err != nil {
		return nil, err
	}
	return readUsage(mem, name, r)
}

// openUsageFile reads a usage that training has just written.
func openUsageFile(path string) (*usage, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("nlp: model: %w", err)
	}
	return readUsage(nil, path, bytes.NewReader(b[min(len(b), len(modelMagic)):]))
}

func readUsage(mem *memory, name string, r *bytes.Reader) (*usage, error) {
	n, err1 := binary.ReadUvarint(r)
	packed, err2 := binary.ReadUvarint(r)
	if errors.Join(err1, err2) != nil || n > maxModel || packed > uint64(r.Len()) {
		return nil, fmt.Errorf("nlp: model %s: %w", name, errModel)
	}
	body := make([]byte, packed)
	_, _ = io.ReadFull(r, body) // there are as many
	codes := take[byte](mem, int(n))
	if err := unpack(codes, bytes.NewReader(body)); err != nil {
		return nil, fmt.Errorf("nlp: model %s: %w", name, err)
	}
	groups, err := readLexicon(mem, name, r)
	if err != nil {
		return nil, err
	}
	words := 0
	for _, k := range groups.keys {
		if k != 0 {
			words++
		}
	}
	if len(codes) != words*usageBytes {
		return nil, fmt.Errorf("nlp: model %s: %w", name, errModel)
	}
	return newUsage(mem, groups, codes), nil
}
