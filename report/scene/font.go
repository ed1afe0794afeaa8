package scene

import (
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Regular and Bold are the fonts of every picture and report.
func Regular() []byte { return liberationsansregular.TTF }

// Bold is the font of headings.
func Bold() []byte { return liberationsansbold.TTF }

// fonts are parsed once; they never change.
var fonts = sync.OnceValues(func() ([2]*sfnt.Font, error) {
	var list [2]*sfnt.Font
	for i, b := range [][]byte{Regular(), Bold()} {
		f, err := sfnt.Parse(b)
		if err != nil {
			return list, err
		}
		list[i] = f
	}
	return list, nil
})

func fontOf(bold bool) *sfnt.Font {
	list, err := fonts()
	if err != nil {
		return nil // a font that came with the program and cannot be read: text is left out
	}
	if bold {
		return list[1]
	}
	return list[0]
}

// Width is how wide a text is.
func Width(text string, size float64, bold bool) float64 {
	f := fontOf(bold)
	if f == nil {
		return size * .5 * float64(len(text))
	}
	var b sfnt.Buffer
	var sum fixed.Int26_6
	em := fixed.Int26_6(1000 << 6)
	for _, r := range text {
		g, err := f.GlyphIndex(&b, r)
		if err != nil {
			continue
		}
		if adv, err := f.GlyphAdvance(&b, g, em, font.HintingNone); err == nil {
			sum += adv
		}
	}
	return float64(sum) / 64 / 1000 * size
}

// Fit cuts a text so that it is no wider than width.
func Fit(text string, size float64, bold bool, width float64) string {
	if Width(text, size, bold) <= width {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if Width(string(runes[:mid])+"…", size, bold) <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low == 0 {
		return ""
	}
	return string(runes[:low]) + "…"
}
