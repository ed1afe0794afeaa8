package nlp

import "encoding/binary"

// lanes adds up rows of eight signed bytes at once, each byte in sixteen bits
// of its own: what is added is the byte and 128, so that nothing is borrowed.
type lanes struct {
	even, odd uint64
	n         int
}

const (
	laneBias = 0x8080808080808080
	laneMask = 0x00FF00FF00FF00FF
	maxLanes = 255 // rows that fit: 255 times 255 is below 2^16
)

// add adds the first eight numbers of a row, by their bytes; at most maxLanes
// rows.
func (l *lanes) add(row []byte) {
	x := binary.LittleEndian.Uint64(row) ^ laneBias
	l.even += x & laneMask
	l.odd += x >> 8 & laneMask
	l.n++
}

// sums adds what was gathered to dst and begins anew.
func (l *lanes) sums(dst *[8]int32) {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], l.even)
	binary.LittleEndian.PutUint64(b[8:], l.odd)
	bias := int32(128 * l.n)
	for k := range 4 {
		dst[2*k] += int32(binary.LittleEndian.Uint16(b[2*k:])) - bias
		dst[2*k+1] += int32(binary.LittleEndian.Uint16(b[8+2*k:])) - bias
	}
	*l = lanes{}
}
