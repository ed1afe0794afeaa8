package nlp

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestDecodeFindsTheBestPath compares labels with those of a search that
// leaves nothing out, on scores of which many are equal.
func TestDecodeFindsTheBestPath(t *testing.T) {
	m, err := loadModels()
	if err != nil {
		t.Fatal(err)
	}
	var p path
	rapid.Check(t, func(t *rapid.T) {
		moves := m.entities.moves
		if rapid.Bool().Draw(t, "other moves") {
			for j := range moves {
				for k := range moves[j] {
					moves[j][k] = float32(rapid.IntRange(-4, 4).Draw(t, "move")) / 4
				}
			}
		}
		var em []float32
		for range rapid.IntRange(0, 20).Draw(t, "tokens") {
			name := rapid.IntRange(-20, 4).Draw(t, "names")
			for k := range entityLabels {
				v := float32(rapid.IntRange(-8, 8).Draw(t, "score")) / 4
				if k > 0 {
					v += float32(name) / 4
				}
				em = append(em, v)
			}
		}
		bias := float32(rapid.IntRange(0, 4).Draw(t, "bias")) / 4
		if got, want := p.decode(em, &moves, bias), slowest(em, &moves, bias); !slices.Equal(got, want) {
			t.Fatalf("labels %v, want %v", got, want)
		}
		if got, want := p.beliefs(nil, em, &moves, bias), allBeliefs(&p, em, &moves, bias); !slices.Equal(got, want) {
			t.Fatalf("beliefs %v, want %v", got, want)
		}
	})
}

// allBeliefs are the beliefs by all moves that the rules allow.
func allBeliefs(p *path, em []float32, moves *entityMoves, bias float32) []belief {
	n := len(em) / entityLabels
	out := make([]belief, n)
	var behind [entityLabels]float32
	for i := n - 1; i >= 0; i-- {
		for k := range out[i] {
			out[i][k] = impossible
		}
		for k := range entityLabels {
			out[i][(k+1)/2] = max(out[i][(k+1)/2], p.score[i*entityLabels+k]+behind[k])
		}
		var next [entityLabels]float32
		for j := range next {
			next[j] = impossible
			for k := range entityLabels {
				if v := moves[j][k] + em[i*entityLabels+k] + behind[k]; k == 0 {
					next[j] = max(next[j], v-bias)
				} else if follows(j, k) {
					next[j] = max(next[j], v)
				}
			}
		}
		behind = next
	}
	return out
}

// slowest is the best sequence of labels, by the rules and nothing else.
func slowest(em []float32, moves *entityMoves, bias float32) []uint8 {
	n := len(em) / entityLabels
	score := make([][entityLabels]float32, n)
	back := make([][entityLabels]uint8, n)
	for i := range n {
		for k := range entityLabels {
			top := moves[entityLabels][k]
			if i > 0 {
				from := -1
				for j := range entityLabels {
					if v := score[i-1][j] + moves[j][k]; follows(j, k) && (from < 0 || v > top) {
						from, top = j, v
					}
				}
				back[i][k] = uint8(from)
			}
			score[i][k] = em[i*entityLabels+k] + top
			switch {
			case k == 0:
				score[i][k] -= bias
			case i == 0 && k%2 == 0:
				score[i][k] = impossible
			}
		}
	}
	best := make([]uint8, n)
	at := uint8(0)
	for i := n - 1; i >= 0; i-- {
		if i == n-1 {
			for k, v := range score[i] {
				if v > score[i][at] {
					at = uint8(k)
				}
			}
		}
		best[i] = at
		at = back[i][at]
	}
	return best
}
