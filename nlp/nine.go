package nlp

import "encoding/binary"

// An eight holds eight whole numbers, each in sixteen bits of its own, in the
// order of the bits of even and odd: number 2k is lane k of even. A lane is
// what the number adds to the whole, so that one below zero borrows from the
// next: sums and differences of whole eights are right as long as the numbers
// that they end in fit.
type eight struct{ even, odd uint64 }

const (
	laneOnes  = 0x0001000100010001
	laneSigns = 0x8000800080008000
)

// A nine holds the sums of rows of nine weights. Its methods are of values,
// which stay in registers.
type nine struct {
	eight
	ninth int64
}

// nineOf returns a row as a nine.
func nineOf(row *[entityLabels]byte) nine {
	x := binary.LittleEndian.Uint64(row[:]) ^ laneBias
	return nine{eight{x&laneMask - 128*laneOnes, x>>8&laneMask - 128*laneOnes}, int64(int8(row[entityLabels-1]))}
}

func (s nine) plus(o nine) nine {
	return nine{eight{s.even + o.even, s.odd + o.odd}, s.ninth + o.ninth}
}

func (s nine) minus(o nine) nine {
	return nine{eight{s.even - o.even, s.odd - o.odd}, s.ninth - o.ninth}
}

// scores sets the numbers times scale.
func (s nine) scores(dst *[entityLabels]float32, scale float32) {
	even, odd := s.even+laneSigns^laneSigns, s.odd+laneSigns^laneSigns
	dst[0] = float32(int16(even)) * scale
	dst[1] = float32(int16(odd)) * scale
	dst[2] = float32(int16(even>>16)) * scale
	dst[3] = float32(int16(odd>>16)) * scale
	dst[4] = float32(int16(even>>32)) * scale
	dst[5] = float32(int16(odd>>32)) * scale
	dst[6] = float32(int16(even>>48)) * scale
	dst[7] = float32(int16(odd>>48)) * scale
	dst[8] = float32(s.ninth) * scale
}
