package nlp

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"earshot/mention"
)

// TestEmissionsAreWhatRowsSay compares them with plain sums of the rows that
// the model is trained with.
func TestEmissionsAreWhatRowsSay(t *testing.T) {
	a, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	w, m := a.acquire(), a.m.entities
	untrained := *m
	untrained.linear = &linear{mask: m.linear.mask}
	known := map[string]*[places][]uint32{}
	of := func(text string) *[places][]uint32 {
		if known[text] == nil {
			var e entityWord
			var rows [places][]uint32
			low := strings.ToLower(text)
			untrained.word(&e, &rows, text, low, hashString(text), hashString(low))
			known[text] = e.rows
		}
		return known[text]
	}
	word := rapid.OneOf(
		rapid.SampledFrom(strings.Fields("London the Apple qqzzq don't COVID-19 #fail Straße doctor said Mr. John Smith of New York , . \" United States America San Francisco IBM iPhone 2024 @you :) U.S. in")),
		rapid.StringMatching(`[A-Za-z.é-]{1,9}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(word, 1, 3*emissionBlock).Draw(t, "words"), " ")
		w.load(&mention.Mention{Text: text})
		w.read()
		d, et := &w.fields[1], &w.names
		et.read(d.tokens, rapid.Bool().Draw(t, "shouting"))
		m.lookUp(et)
		got := m.emissions(nil, et, &w.shaped)
		for i := range d.tokens {
			rows := m.joint(nil, et, i)
			for place, off := range [places]int{placePrev: -1, placeNext: 1, placePrev2: -2, placeNext2: 2} {
				if at := i + off; at >= 0 && at < len(d.tokens) {
					rows = append(rows, of(d.tokens[at].text)[place]...)
				}
			}
			var want [entityLabels]int32
			for _, r := range rows {
				for k, v := range m.linear.w[int(r)*entityLabels:][:entityLabels] {
					want[k] += int32(v)
				}
			}
			for k, v := range want {
				if g := got[i*entityLabels+k]; g != float32(v)*m.linear.scale {
					t.Fatalf("%q: emission %d of %q is %v, want %v", text, k, d.tokens[i].text, g, float32(v)*m.linear.scale)
				}
			}
		}
	})
}

// TestSumsFitTheirLanes adds up the most that each part of a sum can be.
func TestSumsFitTheirLanes(t *testing.T) {
	m, err := loadModels()
	if err != nil {
		t.Fatal(err)
	}
	const rows = 25 + 2*12 + 2*2 + 25 // of a word by itself, of those beside it and behind them, of several together
	var most [entityLabels]float32
	for k := range most {
		most[k] = rows * 128
	}
	for i := range m.entities.directed {
		for place := range directedPlaces {
			var top, s [entityLabels]float32
			for half := range m.entities.directed[i] {
				m.entities.directed[i][half][place].scores(&s, 1)
				for k, v := range s {
					top[k] = max(top[k], v, -v)
				}
			}
			for k, v := range top {
				most[k] += v
			}
		}
	}
	for k, v := range most {
		if v > math.MaxInt16 {
			t.Errorf("sum %d may be %v", k, v)
		}
	}
}
