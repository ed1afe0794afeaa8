package nlp

import "testing"

func TestTakeGivesTheHeapWhenMemoryIsUsedUp(t *testing.T) {
	m := &memory{free: make([]byte, 3*cacheLine)}
	a, b, c := take[uint64](m, 9), take[int8](m, 40), take[uint32](m, 20)
	for i := range a {
		a[i] = ^uint64(0)
	}
	for i := range c {
		c[i] = ^uint32(0)
	}
	if len(a) != 9 || len(b) != 40 || len(c) != 20 || len(m.free) != 0 {
		t.Fatalf("tables of %d, %d and %d with %d bytes left, want 9, 40, 20 and 0", len(a), len(b), len(c), len(m.free))
	}
	for i, v := range b {
		if v != 0 {
			t.Fatalf("byte %d is %d: tables overlap", i, v)
		}
	}
}
