package scene

import (
	"image/color"
	"strconv"
)

// A Palette gives each ink its colour.
type Palette struct{ colors map[Ink]uint32 }

// Light is the palette of paper, mail and PDF. The series are told apart by
// people who see no red, no green or no blue, and all inks but the grid stand
// out from the paper by 3 to 1 or more, text by 4.5 to 1 or more.
func Light() *Palette {
	return &Palette{map[Ink]uint32{
		Text: 0x1d2126, Soft: 0x5a626c, Grid: 0xe3e6e9, Paper: 0xffffff, Accent: 0x1f5fa8, Gap: 0x8a8f96, Note: 0x7a4b00,
		Positive: 0x2a7ab0, Neutral: 0x9aa1aa, Negative: 0xc4580a, Mixed: 0x7d6ba8,
		"c1": 0x1f5fa8, "c2": 0xc4580a, "c3": 0x0b7d60, "c4": 0x9b3d86, "c5": 0x7c6a00, "c6": 0x2d8fb8, "c7": 0x8a4b2a, "c8": 0x5a626c,
	}}
}

// Dark is the palette of dark screens.
func Dark() *Palette {
	return &Palette{map[Ink]uint32{
		Text: 0xe6e8eb, Soft: 0xa0a8b3, Grid: 0x2b3138, Paper: 0x1a1e23, Accent: 0x86b6ee, Gap: 0x7d858f, Note: 0xf0d27a,
		Positive: 0x5fb0e0, Neutral: 0x737c87, Negative: 0xee9a55, Mixed: 0xb3a4d8,
		"c1": 0x86b6ee, "c2": 0xf09a55, "c3": 0x4fc4a2, "c4": 0xdf94cd, "c5": 0xd6c04a, "c6": 0x7fd0ee, "c7": 0xd9a58a, "c8": 0xa0a8b3,
	}}
}

// Hex is an ink's colour as #rrggbb; an unknown ink is text.
func (p *Palette) Hex(i Ink) string {
	s := strconv.FormatUint(uint64(p.value(i)), 16)
	for len(s) < 6 {
		s = "0" + s
	}
	return "#" + s
}

// RGB is an ink's colour in parts.
func (p *Palette) RGB(i Ink) (r, g, b uint8) {
	v := p.value(i)
	return uint8(v >> 16), uint8(v >> 8 & 0xff), uint8(v & 0xff) //nolint:gosec // three bytes
}

func (p *Palette) value(i Ink) uint32 {
	if v, ok := p.colors[i]; ok {
		return v
	}
	return p.colors[Text]
}

func (p *Palette) color(i Ink, faint bool) color.NRGBA {
	r, g, b := p.RGB(i)
	c := color.NRGBA{R: r, G: g, B: b, A: 0xff}
	if faint {
		c.A = 0x59
	}
	return c
}
