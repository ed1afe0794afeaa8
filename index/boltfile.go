package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The head of a page of a bolt file that describes the whole file: the page's
// own head, then magic, version, page size, flags, root and sequence of the
// root bucket, free list, number of pages, transaction, checksum.
const (
	boltHead      = 16
	boltMagic     = 0xED0CDAED
	boltPageSize  = boltHead + 8
	boltPageCount = boltHead + 40
	boltMeta      = boltHead + 64
)

// checkBolt finds a bolt file that was cut off. Bolt maps the file into
// memory, and reading what is missing would end the process.
func checkBolt(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	page := int64(os.Getpagesize()) // as bolt made it
	for at := range int64(2) {
		var meta [boltMeta]byte
		if _, err := f.ReadAt(meta[:], at*page); err != nil {
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("%s is cut off at %d bytes", f.Name(), st.Size())
			}
			return fmt.Errorf("index: %w", err)
		}
		if binary.LittleEndian.Uint32(meta[boltHead:]) != boltMagic {
			continue // bolt tells by itself when both are bad
		}
		size := int64(binary.LittleEndian.Uint32(meta[boltPageSize:]))
		count := binary.LittleEndian.Uint64(meta[boltPageCount:])
		if size <= 0 || count > uint64(st.Size()/size) {
			return fmt.Errorf("%s is cut off: %d bytes are left of %d pages of %d", f.Name(), st.Size(), count, size)
		}
	}
	return nil
}
