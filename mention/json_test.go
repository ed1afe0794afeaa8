package mention_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"earshot/mention"
)

func encoded(t interface{ Fatal(...any) }, v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func TestNumbersAreWrittenAsByEncodingJSON(t *testing.T) {
	check := func(t interface {
		Fatal(...any)
		Errorf(string, ...any)
	}, f float64,
	) {
		if got, want := string(mention.AppendNumber(nil, f)), encoded(t, f); got != want {
			t.Errorf("AppendNumber(%v) = %s, want %s", f, got, want)
		}
	}
	for n := -20_001; n <= 20_001; n++ {
		check(t, float64(n)/1e4)
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1e-5, 1e-6, 9.99e-7, 1e-9, 1e-10, 1e20, 1e21, -1e21, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53, 1.0 / 3} {
		check(t, f)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.Float64().Draw(t, "f"))
		check(t, float64(rapid.Int64Range(-1<<42, 1<<42).Draw(t, "n"))/1e4)
	})
	if got := string(mention.AppendNumber(nil, math.NaN())); got != "null" {
		t.Errorf("AppendNumber(NaN) = %s, want null", got)
	}
}

func FuzzAppendText(f *testing.F) {
	for _, s := range []string{"", "plain", `"\` + "\b\f\n\r\t\x00\x1f\x7f", "<b>&amp;</b>", "\u2028\u2029\u202a", "\xff\xfe", "é😂", "\xe2\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(mention.AppendText(nil, s)), encoded(t, s); got != want {
			t.Errorf("AppendText(%q) = %s, want %s", s, got, want)
		}
	})
}
