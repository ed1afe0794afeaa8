package nlp

import (
	"encoding/binary"
	"math/bits"
	"strings"
)

// Most words are of ASCII letters alone. They are read eight bytes at a time,
// in one number, and without asking for each byte what it is.
const (
	eachByte  = 0x0101010101010101
	highBits  = 0x80 * eachByte
	lowerBits = 0x20 * eachByte // 'A'|0x20 is 'a'
)

// eightAt returns the eight bytes of t from i on, with zeros behind its end.
func eightAt(t string, i int) uint64 {
	if len(t)-i < 8 {
		var b [8]byte
		copy(b[:], t[i:])
		return binary.LittleEndian.Uint64(b[:])
	}
	t = t[i : i+8]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

// letters8 counts the ASCII letters that eight bytes begin with.
func letters8(x uint64) int {
	low := (x | lowerBits) &^ highBits
	atLeastA, aboveZ := low+(0x80-'a')*eachByte, low+(0x80-'z'-1)*eachByte
	return bits.TrailingZeros64(^(atLeastA&^aboveZ&^x)&highBits) / 8
}

// hash8 goes on with a hash as hashBytes does, by the first n bytes of x; the
// steps behind are taken, too, since not knowing how many come costs more.
func hash8(h, x uint64, n int) uint64 {
	var steps [9]uint64
	steps[0] = h
	h = (h ^ x&0xFF) * fnvPrime
	steps[1] = h
	h = (h ^ x>>8&0xFF) * fnvPrime
	steps[2] = h
	h = (h ^ x>>16&0xFF) * fnvPrime
	steps[3] = h
	h = (h ^ x>>24&0xFF) * fnvPrime
	steps[4] = h
	h = (h ^ x>>32&0xFF) * fnvPrime
	steps[5] = h
	h = (h ^ x>>40&0xFF) * fnvPrime
	steps[6] = h
	h = (h ^ x>>48&0xFF) * fnvPrime
	steps[7] = h
	steps[8] = (h ^ x>>56) * fnvPrime
	return steps[n]
}

// scanPlain reads a word of ASCII letters at i in one go; what goes on with
// anything else it leaves to scanWord, and returns i.
func (s *scanned) scanPlain(i int) int {
	t, lo := s.text, len(s.buf)
	if cap(s.buf)-lo < maxForm {
		return i
	}
	form := s.buf[lo : lo+maxForm]
	n, ups := 0, 0
	var last, same, long uint64 // the byte before, which bytes are as the one before, and that twice
	key := uint64(fnvOffset)
	for {
		x := eightAt(t, i+n)
		k := letters8(x)
		keep := packedMasks[k][0]
		low := (x | lowerBits) & keep
		binary.LittleEndian.PutUint64(form[n:], low)
		key = hash8(key, low, k)
		ups += bits.OnesCount64(^x & lowerBits & keep)
		equal := ^((low ^ (low<<8 | last)) + 0x7F*eachByte) & highBits & keep
		long |= equal & (equal<<8 | same)
		last, same = low>>56, equal>>56
		n += k
		if k < 8 {
			break
		}
		if n == maxForm {
			return i
		}
	}
	alone := i+n == len(t) || t[i+n] == ' '
	if !alone && !plainEnd(t[i:], n) {
		return i
	}
	s.buf = s.buf[:lo+n]
	w := s.next()
	w.start, w.end, w.lo, w.hi = int32(i), int32(i+n), int32(lo), int32(lo+n)
	w.key, w.hash = key, key
	w.kind, w.flags = kindWord, plainFlags(t[i], ups, n)
	if i > 0 && t[i-1] <= ' ' {
		w.flags |= flagSpace
	}
	if long != 0 {
		w.flags |= flagLong
		w.hash = squeezed(form[:n])
	}
	if alone {
		return i + n
	}
	return s.scanPossessive(i + n)
}

// plainFlags tells the flags of a word of n letters with so many in upper case.
func plainFlags(first byte, ups, n int) uint8 {
	if ups == 0 {
		return 0
	}
	flags := uint8(flagUpper)
	if first < 'a' {
		flags |= flagTitle
	}
	if ups > 1 && ups == n {
		flags |= flagCaps
	}
	return flags
}

// plainEnd reports whether a word ends at byte n, where its letters end: it is
// no URL and no abbreviation, and no other sign goes on with it.
func plainEnd(t string, n int) bool {
	size := 1
	switch c := t[n]; {
	case c == '.':
		return n > 1 && t[0]|0x20 != 'w'
	case c == ':':
		return t[0]|0x20 != 'h'
	case c == '\'':
	case strings.HasPrefix(t[n:], "’"):
		size = len("’")
	default:
		return !isWordByte(c)
	}
	return n+size == len(t) || !isASCIILetter(t[n+size]) || isPossessive(t, n, size)
}
