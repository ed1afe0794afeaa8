package nlp

import (
	"cmp"
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

// stem hashes the form of a word without its ending.
func stem(form []byte) uint64 {
	if n := len(form); n > 3 && form[n-1] == 's' && form[n-2] != 's' {
		form = form[:n-1]
	}
	return hashBytes(form[:min(len(form), 6)])
}

// weighed is a bag as a list of length 1, cut at maxBagWords.
func weighed(bag map[uint64]float32) []bagWord {
	list := make([]bagWord, 0, len(bag))
	for k, w := range bag {
		list = append(list, bagWord{k, w})
	}
	slices.SortFunc(list, func(a, b bagWord) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.key, b.key))
	})
	list = list[:min(len(list), maxBagWords)]
	var sum float64
	for _, w := range list {
		sum += float64(w.weight) * float64(w.weight)
	}
	for i := range list {
		list[i].weight /= float32(math.Sqrt(sum))
	}
	return list
}

// sketch keeps the least hashes of all sequences of words.
func sketch(keys []uint64) ([]uint32, int) {
	if len(keys) < minShingles+shingleWords-1 {
		return nil, 0
	}
	all := make([]uint32, 0, len(keys))
	for i := 0; i+shingleWords <= len(keys); i++ {
		h := uint64(7)
		for _, k := range keys[i : i+shingleWords] {
			h = mix(h, k)
		}
		all = append(all, uint32(h>>32))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.Clone(all[:min(len(all), sketchSize)]), len(all)
}
