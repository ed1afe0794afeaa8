package nlp

import (
	"sync"
	"unsafe"
)

// A memory is where the tables of the models lie: read at random, a few times
// for every word, by as many goroutines as there are processors. It is of
// large pages where the system has them, which saves a third of the time that
// a text takes: with small ones most of the work is finding pages. What was
// taken is never given back. A nil memory is the heap.
type memory struct {
	mu   sync.Mutex
	free []byte
}

const (
	memorySize = 28 << 20 // what the models need; what is not used costs nothing
	hugePage   = 2 << 20
	cacheLine  = 64
)

func newMemory() *memory { return &memory{free: reserve(memorySize)} }

// take returns a table of n zero values, which must be without pointers: of
// the heap when there is no other memory left.
func take[T int8 | uint8 | uint32 | uint64 | ref | tagWeight | labelWeight](m *memory, n int) []T {
	size := n * int(unsafe.Sizeof(*new(T)))
	if m == nil || n == 0 {
		return make([]T, n)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if size = (size + cacheLine - 1) / cacheLine * cacheLine; size > len(m.free) {
		return make([]T, n)
	}
	b := m.free[:size]
	m.free = m.free[size:]
	for i := 0; i < size; i += hugePage { // a page that is read first is made twice
		b[i] = 0
	}
	b[size-1] = 0
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// bytesOf is a table of small numbers as the bytes that it is kept in.
func bytesOf(t []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(t))), len(t))
}
