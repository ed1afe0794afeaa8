package nlp

import "unicode/utf8"

const (
	fnvOffset = 0xcbf29ce484222325
	fnvPrime  = 0x100000001b3
)

// hashBytes hashes b.
func hashBytes(b []byte) uint64 {
	h := uint64(fnvOffset)
	for _, c := range b {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

// hashString hashes s as hashBytes does.
func hashString(s string) uint64 {
	h := uint64(fnvOffset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// squeezed hashes b with digits as 0 and at most two equal letters in a row.
func squeezed(b []byte) uint64 {
	h := uint64(fnvOffset)
	run := 0
	var last byte
	for _, c := range b {
		if isDigit(c) {
			c = '0'
		}
		if c == last {
			run++
			if run >= 2 && c < utf8.RuneSelf {
				continue
			}
		} else {
			run, last = 0, c
		}
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

// mix makes one hash of two.
func mix(a, b uint64) uint64 {
	x := a*0x9E3779B97F4A7C15 ^ (b + 0x7F4A7C159E3779B9 + (a << 6) + (a >> 2))
	x ^= x >> 29
	x *= 0xBF58476D1CE4E5B9
	return x ^ x>>32
}
