package nlp

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/jdkato/prose/v2"
)

var errGob = errors.New("nlp: a model of prose cannot be read")

// A gobReader reads the few shapes of gob that prose's models are stored in
// (lists and maps of strings and numbers). The standard decoder makes a map
// and two allocations for every feature, 100 MB in all; this one makes nothing.
type gobReader struct {
	b   []byte
	err error
}

// openGob finds the value of a model file.
func openGob(name string) *gobReader {
	b, err := prose.Asset("model/" + name)
	if err != nil {
		return &gobReader{err: fmt.Errorf("nlp: model %s: %w", name, err)}
	}
	r := &gobReader{b: b}
	for r.err == nil && len(r.b) > 0 {
		size := r.uint()
		if size > uint64(len(r.b)) {
			break
		}
		message := gobReader{b: r.b[:size]}
		r.b = r.b[size:]
		if message.int() >= 0 && message.uint() == 0 && message.err == nil {
			return &message // what came before describes types
		}
	}
	return &gobReader{err: errGob}
}

func (r *gobReader) fail() uint64 {
	r.b, r.err = nil, errGob
	return 0
}

func (r *gobReader) uint() uint64 {
	if len(r.b) == 0 {
		return r.fail()
	}
	c := r.b[0]
	r.b = r.b[1:]
	if c < 0x80 {
		return uint64(c)
	}
	n := -int(int8(c))
	if n > 8 || n > len(r.b) {
		return r.fail()
	}
	var v uint64
	for _, c := range r.b[:n] {
		v = v<<8 | uint64(c)
	}
	r.b = r.b[n:]
	return v
}

func (r *gobReader) int() int64 {
	u := r.uint()
	if u&1 != 0 {
		return ^int64(u >> 1)
	}
	return int64(u >> 1)
}

func (r *gobReader) float() float64 { return math.Float64frombits(bits.ReverseBytes64(r.uint())) }

// bytes returns the next string; it is part of the model file.
func (r *gobReader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

// strings reads a list of strings.
func (r *gobReader) strings() ([]string, error) {
	var out []string
	for n := r.uint(); n > 0 && r.err == nil; n-- {
		out = append(out, string(r.bytes()))
	}
	return out, r.err
}
