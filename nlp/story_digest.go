package nlp

import (
	"encoding/binary"
	"math"
	"slices"
)

// encode writes a digest as the ledger keeps it.
func (d *digest) encode() []byte {
	b := []byte{signatureV1}
	b = binary.AppendUvarint(b, uint64(d.shingles))
	b = binary.AppendUvarint(b, uint64(len(d.sketch)))
	for _, h := range d.sketch {
		b = binary.LittleEndian.AppendUint32(b, h)
	}
	b = binary.AppendUvarint(b, uint64(len(d.bag)))
	for _, w := range d.bag {
		b = binary.LittleEndian.AppendUint64(b, w.key)
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(w.weight))
	}
	return b
}

func decodeDigest(b []byte) (digest, bool) {
	var d digest
	if len(b) == 0 || b[0] != signatureV1 {
		return d, false
	}
	b = b[1:]
	number := func(most uint64) int {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > most {
			b = nil
			return -1
		}
		b = b[n:]
		return int(v)
	}
	d.shingles = number(1 << 30)
	n := number(sketchSize)
	if n < 0 || len(b) < 4*n {
		return d, false
	}
	for i := range n {
		d.sketch = append(d.sketch, binary.LittleEndian.Uint32(b[4*i:]))
	}
	b = b[4*n:]
	m := number(maxBagWords)
	if m < 0 || len(b) != 12*m {
		return d, false
	}
	for i := range m {
		w := math.Float32frombits(binary.LittleEndian.Uint32(b[12*i+8:]))
		if w != w || w < 0 || w > 1 {
			return d, false
		}
		d.bag = append(d.bag, bagWord{binary.LittleEndian.Uint64(b[12*i:]), w})
	}
	return d, slices.IsSorted(d.sketch)
}
