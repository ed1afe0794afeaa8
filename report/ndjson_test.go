package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"earshot/mention"
)

// Rows are written as encoding/json would, whatever stands in them.
func TestRowsAreWrittenAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var row mention.Row
		v := reflect.ValueOf(&row).Elem()
		for f, value := range v.Fields() {
			if !rapid.Bool().Draw(t, f.Name+"?") {
				continue
			}
			draw(t, f.Name, value)
		}
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		wrong := enc.Encode(&row)
		var got bytes.Buffer
		w, err := NewRowWriter(&got, RowOptions{Format: NDJSON})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(&row)
		if (err != nil) != (wrong != nil) {
			t.Fatalf("Write = %v, encoding/json %v", err, wrong)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if wrong == nil && got.String() != want.String() {
			t.Fatalf("Write gives\n%s\nencoding/json\n%s", got.String(), want.String())
		}
	})
}

func draw(t *rapid.T, name string, v reflect.Value) {
	texts := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{"<b>&amp;", "a\u2028b\u2029", "\x00\x1f\x7f\"\\/\b\f\n\r\t", "\xff\xfe", "😂"}))
	switch p := v.Addr().Interface().(type) {
	case *[]string:
		*p = rapid.SliceOfN(texts, 0, 4).Draw(t, name)
	case **float64:
		f := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, -0.25, 0.1 + 0.2, 1e20, 1e-7, 123456789})).Draw(t, name)
		*p = &f
	case *time.Time:
		*p = time.Unix(rapid.Int64Range(-1e11, 3e11).Draw(t, name), rapid.Int64Range(0, 999_999_999).Draw(t, name)).UTC()
		if rapid.Bool().Draw(t, "zone") {
			*p = p.In(time.FixedZone("x", 3600*5+1800))
		}
	case *[]mention.Span:
		*p = []mention.Span{{Start: 1, End: 2}, {Start: 0, End: 9, Field: "title"}}
	default:
		switch v.Kind() {
		case reflect.String:
			v.SetString(texts.Draw(t, name))
		case reflect.Int, reflect.Int64:
			v.SetInt(rapid.Int64().Draw(t, name))
		case reflect.Uint64:
			v.SetUint(uint64(rapid.Int64Range(0, 1<<62).Draw(t, name)))
		case reflect.Bool:
			v.SetBool(rapid.Bool().Draw(t, name))
		default:
			t.Fatalf("no value for %s of type %s", name, v.Type())
		}
	}
}
