package alerts

import (
	"errors"
	"math"
	"slices"
	"sort"
)

// A series is counts in bins of equal width, kept where they are not zero.
type series struct {
	First int64 // bin from which on it was counted
	cells []cell
}

// A cell is a bin and the sum of all bins up to it.
type cell struct {
	bin int64
	cum float64
}

// before gives the sum of all bins below a bin.
func (s *series) before(bin int64) float64 {
	i := sort.Search(len(s.cells), func(i int) bool { return s.cells[i].bin >= bin })
	if i == 0 {
		return 0
	}
	return s.cells[i-1].cum
}

// sum adds up the bins from a to before b.
func (s *series) sum(a, b int64) float64 { return s.before(b) - s.before(a) }

// add counts v in a bin.
func (s *series) add(bin int64, v float64) {
	i := len(s.cells)
	if i > 0 && s.cells[i-1].bin >= bin {
		i = sort.Search(len(s.cells), func(i int) bool { return s.cells[i].bin >= bin })
	}
	if i == len(s.cells) || s.cells[i].bin != bin {
		cum := 0.0
		if i > 0 {
			cum = s.cells[i-1].cum
		}
		s.cells = slices.Insert(s.cells, i, cell{bin, cum})
	}
	for ; i < len(s.cells); i++ {
		s.cells[i].cum += v
	}
}

// trim forgets bins below a bin, when they are many.
func (s *series) trim(bin int64) {
	i := sort.Search(len(s.cells), func(i int) bool { return s.cells[i].bin >= bin })
	if i <= len(s.cells)/4 && i < 1000 {
		return
	}
	base := 0.0
	if i > 0 {
		base = s.cells[i-1].cum
	}
	s.cells = append([]cell(nil), s.cells[i:]...)
	for j := range s.cells {
		s.cells[j].cum -= base
	}
	s.First = max(s.First, bin)
}

// quantile gives the q-quantile of the sums over w bins that end at the bins
// from a to before b.
func (s *series) quantile(a, b, w int64, q float64) float64 {
	if b <= a {
		return 0
	}
	need := int(b-a) - int(float64(b-a-1)*q) // it is the need-th largest
	best := top{need: need}
	from := sort.Search(len(s.cells), func(i int) bool { return s.cells[i].bin > a-w })
	in, out, sum := from, from, 0.0
	for at := a; at < b; {
		for in < len(s.cells) && s.cells[in].bin <= at {
			sum += s.value(in)
			in++
		}
		for out < in && s.cells[out].bin <= at-w {
			sum -= s.value(out)
			out++
		}
		next := b // until which the sum stays as it is
		if in < len(s.cells) {
			next = min(next, s.cells[in].bin)
		}
		if out < in {
			next = min(next, s.cells[out].bin+w)
		}
		next = max(next, at+1)
		if in == out {
			sum = 0 // no rounding is carried on
		}
		best.add(sum, int(next-at))
		at = next
	}
	return best.last()
}

func (s *series) value(i int) float64 {
	if i == 0 {
		return s.cells[0].cum
	}
	return s.cells[i].cum - s.cells[i-1].cum
}

// top keeps the largest values, each as often as it came.
type top struct {
	need   int
	values []float64 // ascending
}

func (t *top) add(v float64, times int) {
	for range min(times, t.need) {
		if len(t.values) == t.need {
			if v <= t.values[0] {
				return
			}
			t.values = t.values[1:]
		}
		i, _ := slices.BinarySearch(t.values, v)
		t.values = slices.Insert(t.values, i, v)
	}
}

func (t *top) last() float64 {
	if len(t.values) < t.need {
		return 0
	}
	return t.values[0]
}

// MarshalText implements encoding.TextMarshaler. Counts are whole numbers.
func (s *series) MarshalText() ([]byte, error) {
	w := packed{}
	w.signed(s.First)
	last := s.First
	for i := range s.cells {
		w.signed(s.cells[i].bin - last)
		w.signed(int64(math.Round(s.value(i))))
		last = s.cells[i].bin
	}
	return w.text(), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *series) UnmarshalText(text []byte) error {
	r := unpack(text)
	*s = series{First: r.signed()}
	last, cum := s.First, 0.0
	for r.more() {
		bin, v := last+r.signed(), r.signed()
		if len(s.cells) > 0 && bin <= last {
			return errors.New("counts are out of order")
		}
		last, cum = bin, cum+float64(v)
		s.cells = append(s.cells, cell{bin, cum})
	}
	return r.err
}
