package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// fill sets everything in v: a field that is new is tried, too.
func fill(v reflect.Value, rnd *rand.Rand) {
	texts := []string{"", "plain", "<b>&\"\\", "\u2028 é 😂\n\t\x01", "\xff", "title"}
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[rnd.IntN(len(texts))])
	case reflect.Int:
		v.SetInt(int64(rnd.IntN(2000) - 100))
	case reflect.Float64:
		switch rnd.IntN(4) {
		case 0:
			v.SetFloat(0)
		case 1:
			v.SetFloat(rnd.NormFloat64() * 1e-7)
		default:
			v.SetFloat(float64(rnd.IntN(20001)-10000) / 1e4)
		}
	case reflect.Bool:
		v.SetBool(rnd.IntN(2) == 0)
	case reflect.Pointer:
		if rnd.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), rnd)
		}
	case reflect.Slice:
		if rnd.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), rnd.IntN(4), 4))
			for i := range v.Len() {
				fill(v.Index(i), rnd)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), rnd)
		}
	default:
		panic("a field of a new kind: " + v.Kind().String())
	}
}

func TestLinesAreWrittenAsByEncodingJSON(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 5000 {
		var a analyzed
		fill(reflect.ValueOf(&a).Elem(), rnd)
		want, err := appendJSON([]byte(strconv.Itoa(i)), &a)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.append([]byte(strconv.Itoa(i))); string(got) != string(want) {
			t.Fatalf("line %d is\n%s, want\n%s", i, got, want)
		}
	}
}

// fullDisk takes a little and then nothing.
type fullDisk struct{ left int }

var errFull = errors.New("no space left")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestNoLineIsWorkedOnTwice(t *testing.T) {
	var in strings.Builder
	fmt.Fprintf(&in, "{%q: %q}\n", "text", strings.Repeat("x", 400_000))
	for range 600 {
		in.WriteString("{}\n")
	}
	var stderr strings.Builder
	a := &app{stdin: strings.NewReader(in.String()), stdout: &fullDisk{left: 100_000}, stderr: &stderr}
	var lines [602]atomic.Int32
	err := a.inOrder(t.Context(), func(dst []byte, n int, line []byte) ([]byte, error) {
		if lines[n].Add(1) > 1 || len(line) < 2 {
			t.Errorf("line %d of %d bytes, %d times", n, len(line), lines[n].Load())
		}
		return append(dst, line...), nil
	})
	if !errors.Is(err, errFull) || stderr.Len() > 0 {
		t.Errorf("inOrder: %v; %q", err, stderr.String())
	}

	a.stdin, a.stdout = strings.NewReader(""), io.Discard
	if err := a.inOrder(t.Context(), nil); err != nil {
		t.Errorf("nothing to read: %v", err)
	}
}
