package nlp

const impossible = float32(-1e6)

// emissionBlock is the number of tokens whose features are found before their
// weights are: so many of them are on their way from memory at once.
const emissionBlock = 32

// emissions sets the scores of all labels of all tokens.
func (m *entityModel) emissions(dst []float32, t *entityText, rows []uint32) ([]float32, []uint32) {
	var ends [emissionBlock]int
	for from := 0; from < len(t.words); from += emissionBlock {
		to := min(from+emissionBlock, len(t.words))
		rows = rows[:0]
		for i := from; i < to; i++ {
			rows = m.joint(rows, t, i)
			ends[i-from] = len(rows)
		}
		at := 0
		for i := from; i < to; i++ {
			sum := m.sum(t, i, rows[at:ends[i-from]])
			at = ends[i-from]
			for _, v := range sum {
				dst = append(dst, float32(v)*m.linear.scale)
			}
		}
	}
	return dst, rows
}

// sum adds up what the words at and around token i say, and the rows of the
// features they make together.
func (m *entityModel) sum(t *entityText, i int, rows []uint32) (sum [entityLabels]int32) {
	weights := bytesOf(m.linear.w)
	var l lanes
	for _, r := range rows {
		row := weights[int(r)*entityLabels:][:entityLabels]
		l.add(row)
		sum[entityLabels-1] += int32(int8(row[entityLabels-1]))
	}
	l.sums((*[8]int32)(sum[:]))
	self, prev, next := &t.at(i).sums[placeSelf], &t.at(i - 1).sums[placePrev], &t.at(i + 1).sums[placeNext]
	prev2, next2 := &t.at(i - 2).sums[placePrev2], &t.at(i + 2).sums[placeNext2]
	for k := range sum {
		sum[k] += int32(self[k]) + int32(prev[k]) + int32(next[k]) + int32(prev2[k]) + int32(next2[k])
	}
	return sum
}

// A path finds the best labels for emissions.
type path struct {
	score []float32
	back  []uint8
	best  []uint8
}

// decode returns the best sequence of labels. Inside follows only its own
// beginning or inside; labels from limit on are left out.
func (p *path) decode(em []float32, moves *[entityLabels + 1][entityLabels]float32, bias float32, limit int) []uint8 {
	n := len(em) / entityLabels
	p.score = append(p.score[:0], em...)
	p.back = append(p.back[:0], make([]uint8, len(em))...)
	p.best = append(p.best[:0], make([]uint8, n)...)
	if n == 0 {
		return p.best
	}
	for k := range limit {
		p.score[k] += moves[entityLabels][k]
		if k > 0 && k%2 == 0 {
			p.score[k] = impossible
		}
	}
	p.score[0] -= bias
	for i := 1; i < n; i++ {
		now, before := p.score[i*entityLabels:][:entityLabels], p.score[(i-1)*entityLabels:][:entityLabels]
		for k := range limit {
			from := uint8(0)
			var top float32
			if k > 0 && k%2 == 0 { // inside: after its beginning or itself
				from, top = uint8(k-1), before[k-1]+moves[k-1][k]
				if v := before[k] + moves[k][k]; v > top {
					from, top = uint8(k), v
				}
			} else {
				top = before[0] + moves[0][k]
				for j := 1; j < limit; j++ {
					if v := before[j] + moves[j][k]; v > top {
						from, top = uint8(j), v
					}
				}
			}
			now[k] += top
			p.back[i*entityLabels+k] = from
		}
		now[0] -= bias
	}
	last := p.score[(n-1)*entityLabels:][:entityLabels]
	at := uint8(0)
	for k := 1; k < limit; k++ {
		if last[k] > last[at] {
			at = uint8(k)
		}
	}
	for i := n - 1; i >= 0; i-- {
		p.best[i] = at
		at = p.back[i*entityLabels+int(at)]
	}
	return p.best
}

// A belief is how likely each kind of name is at a token: nothing, person,
// place, organization, other.
type belief [5]float32

// beliefs returns the belief at token i, of the best paths through each of its
// labels. It must follow a decode of the same emissions.
func (p *path) beliefs(em []float32, moves *[entityLabels + 1][entityLabels]float32, bias float32) []belief {
	n := len(em) / entityLabels
	out := make([]belief, n)
	var behind [entityLabels]float32
	for i := n - 1; i >= 0; i-- {
		row := p.score[i*entityLabels:][:entityLabels]
		var top [5]float32
		for k := range top {
			top[k] = impossible
		}
		for k, v := range row {
			kind := (k + 1) / 2
			top[kind] = max(top[kind], v+behind[k])
		}
		softmax(top[:])
		out[i] = top
		var next [entityLabels]float32
		for j := range next {
			next[j] = impossible
			for k := range entityLabels {
				if k > 0 && k%2 == 0 && j != k && j != k-1 {
					continue
				}
				v := moves[j][k] + em[i*entityLabels+k] + behind[k]
				if k == 0 {
					v -= bias
				}
				next[j] = max(next[j], v)
			}
		}
		behind = next
	}
	return out
}
