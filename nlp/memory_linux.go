package nlp

import (
	"syscall"
	"unsafe"
)

// reserve returns n zero bytes outside of the heap, on large pages where the
// kernel gives them when asked ("madvise", the usual setting); nil if there is
// no such memory.
func reserve(n int) []byte {
	b, err := syscall.Mmap(-1, 0, n+hugePage, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (hugePage - 1)
	b = b[skip : skip+n]
	_ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) // a kernel without them gives small ones
	return b
}
