package nlp

import "testing"

func TestMemoryHoldsTheModels(t *testing.T) {
	mem := newMemory()
	if mem.free == nil {
		t.Fatal("there is no memory outside of the heap")
	}
	if _, err := readModels(mem); err != nil {
		t.Fatal(err)
	}
	if left := len(mem.free); left < memorySize/20 {
		t.Errorf("%d of %d bytes are left: tables may be on the heap", left, memorySize)
	}
}
