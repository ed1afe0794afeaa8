package nlp

import "slices"

const impossible = float32(-1e6)

// A path finds the best labels for emissions.
type path struct {
	score []float32 // of the best way to each label of each token
	best  []uint8
}

// entityMoves are the scores of one label after another; the last row is of
// the first label of a text.
type entityMoves [entityLabels + 1][entityLabels]float32

// decode returns the best sequence of labels. Inside follows only its own
// beginning or inside.
func (p *path) decode(em []float32, moves *entityMoves, bias float32) []uint8 {
	n := len(em) / entityLabels
	p.score = append(p.score[:0], em...)
	p.best = append(p.best[:0], make([]uint8, n)...)
	if n == 0 {
		return p.best
	}
	p.forward(moves, bias)
	last := p.score[(n-1)*entityLabels:][:entityLabels]
	at := 0
	for k, v := range last {
		if v > last[at] {
			at = k
		}
	}
	for i := n - 1; ; i-- {
		outside := p.best[i] == follower && (at == 0 || at%2 == 1)
		p.best[i] = uint8(at)
		switch {
		case i == 0:
			return p.best
		case outside:
			at = 0
		default:
			at = moves.before((*[entityLabels]float32)(p.score[(i-1)*entityLabels:]), at)
		}
	}
}

// follower marks, while there is no label yet, a token whose labels all come
// from no name before it, but for those inside names.
const follower = 1

// forward adds to the score of each label that of the best way to it.
func (p *path) forward(moves *entityMoves, bias float32) {
	before := (*[entityLabels]float32)(p.score)
	for k := range before {
		before[k] += moves[entityLabels][k]
		if k > 0 && k%2 == 0 {
			before[k] = impossible
		}
	}
	before[0] -= bias
	least, most := moves.bounds()
	for at := entityLabels; at < len(p.score); at += entityLabels {
		now := (*[entityLabels]float32)(p.score[at:])
		o := before[0]
		t0, t1, t3, t5, t7 := o+moves[0][0], o+moves[0][1], o+moves[0][3], o+moves[0][5], o+moves[0][7]
		if outside(before, o+least, &most) {
			p.best[at/entityLabels] = follower
		} else {
			for j := 1; j < entityLabels; j++ {
				v, to := before[j], &moves[j]
				t0, t1, t3, t5, t7 = max(t0, v+to[0]), max(t1, v+to[1]), max(t3, v+to[3]), max(t5, v+to[5]), max(t7, v+to[7])
			}
		}
		now[0] += t0
		now[0] -= bias
		now[1] += t1
		now[2] += max(before[1]+moves[1][2], before[2]+moves[2][2])
		now[3] += t3
		now[4] += max(before[3]+moves[3][4], before[4]+moves[4][4])
		now[5] += t5
		now[6] += max(before[5]+moves[5][6], before[6]+moves[6][6])
		now[7] += t7
		now[8] += max(before[7]+moves[7][8], before[8]+moves[8][8])
		before = now
	}
}

// bounds returns the least score of a move from no name to the labels that
// may follow everything, and the most of those from each label.
func (m *entityMoves) bounds() (least float32, most [entityLabels]float32) {
	for j := range most {
		most[j] = m[j][0]
		for k := 1; k < entityLabels; k += 2 {
			most[j] = max(most[j], m[j][k])
		}
	}
	return min(m[0][0], m[0][1], m[0][3], m[0][5], m[0][7]), most
}

// outside reports whether the best way to what may follow everything is from
// no name, as it is between names: none of the others gets as far at best as
// that does at least.
func outside(before *[entityLabels]float32, least float32, most *[entityLabels]float32) bool {
	for j := 1; j < entityLabels; j++ {
		if before[j]+most[j] > least {
			return false
		}
	}
	return true
}

// before returns the label from which the best way to label k comes, given
// the scores of the token before it.
func (m *entityMoves) before(score *[entityLabels]float32, k int) int {
	from, to := 0, entityLabels
	if k > 0 && k%2 == 0 { // inside: after its beginning or itself
		from, to = k-1, k+1
	}
	top := score[from] + m[from][k]
	for j := from + 1; j < to; j++ {
		if v := score[j] + m[j][k]; v > top {
			from, top = j, v
		}
	}
	return from
}

// A belief is how likely each kind of name is at a token: nothing, person,
// place, organization, other. As beliefs returns it, it holds scores, of which
// softmax makes chances: few are ever asked for.
type belief [5]float32

// beliefs appends the belief at each token, of the best paths through each of
// its labels. It must follow a decode of the same emissions.
func (p *path) beliefs(dst []belief, em []float32, moves *entityMoves, bias float32) []belief {
	n := len(em) / entityLabels
	dst = slices.Grow(dst, n)[:len(dst)+n]
	var behind [entityLabels]float32
	most := moves.best()
	for i := n - 1; i >= 0; i-- {
		row, e := (*[entityLabels]float32)(p.score[i*entityLabels:]), (*[entityLabels]float32)(em[i*entityLabels:])
		top := &dst[len(dst)-n+i]
		top[0] = max(impossible, row[0]+behind[0])
		for kind := 1; kind < len(top); kind++ {
			k := 2*kind - 1
			top[kind] = max(impossible, row[k]+behind[k], row[k+1]+behind[k+1])
		}
		behind = moves.behind(e, &behind, bias, most.outside(e, &behind, bias))
	}
	return dst
}

// behind returns the scores of the best ways on from the labels before a token
// with the scores e, given those from its own; outside tells that each of them
// is by no name or by the name begun before.
func (m *entityMoves) behind(e, own *[entityLabels]float32, bias float32, outside bool) (next [entityLabels]float32) {
	for j := range next {
		m := &m[j]
		v := max(impossible, m[0]+e[0]+own[0]-bias)
		if !outside {
			v = max(v, m[1]+e[1]+own[1], m[3]+e[3]+own[3], m[5]+e[5]+own[5], m[7]+e[7]+own[7])
		}
		if in := (j + 1) / 2 * 2; in > 0 { // what goes on with the name of j
			v = max(v, m[in]+e[in]+own[in])
		}
		next[j] = v
	}
	return next
}

// A bestMoves holds the least score of a move to no name and, for the labels
// that begin a name, the most of a move to them.
type bestMoves [entityLabels]float32

func (m *entityMoves) best() bestMoves {
	best := bestMoves(m[0])
	for j := 1; j < entityLabels; j++ {
		best[0] = min(best[0], m[j][0])
		for k := 1; k < entityLabels; k += 2 {
			best[k] = max(best[k], m[j][k])
		}
	}
	return best
}

// outside reports whether, whatever label came before, to begin a name at a
// token is no better than to be in none.
func (b *bestMoves) outside(e, own *[entityLabels]float32, bias float32) bool {
	o := b[0] + e[0] + own[0] - bias
	return b[1]+e[1]+own[1] <= o && b[3]+e[3]+own[3] <= o && b[5]+e[5]+own[5] <= o && b[7]+e[7]+own[7] <= o
}
