package alerts

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
)

var errPacked = errors.New("packed numbers cannot be read")

// packed writes numbers in few bytes, as a text that fits into JSON.
type packed struct{ raw []byte }

func (p *packed) signed(v int64) { p.raw = binary.AppendVarint(p.raw, v) }

func (p *packed) unsigned(v uint64) { p.raw = binary.AppendUvarint(p.raw, v) }

func (p *packed) text() []byte { return base64.RawStdEncoding.AppendEncode(nil, p.raw) }

// An unpacked reads them back. Its first error ends it.
type unpacked struct {
	raw []byte
	err error
}

func unpack(text []byte) *unpacked {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	return &unpacked{raw, err}
}

func (u *unpacked) more() bool { return u.err == nil && len(u.raw) > 0 }

func (u *unpacked) signed() int64 {
	v, n := binary.Varint(u.raw)
	u.step(n)
	return v
}

func (u *unpacked) unsigned() uint64 {
	v, n := binary.Uvarint(u.raw)
	u.step(n)
	return v
}

func (u *unpacked) step(n int) {
	if n <= 0 {
		u.raw = nil
		if u.err == nil {
			u.err = errPacked
		}
		return
	}
	u.raw = u.raw[n:]
}
