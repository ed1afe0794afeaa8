package nlp

import "math"

func sqrt(n int) float32 { return float32(math.Sqrt(float64(max(n, 1)))) }

// softmax turns scores into probabilities.
func softmax(p []float32) {
	top := p[0]
	for _, v := range p[1:] {
		top = max(top, v)
	}
	var sum float32
	for i, v := range p {
		p[i] = float32(math.Exp(float64(v - top)))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}

func tanh(x float32) float32 { return float32(math.Tanh(float64(x))) }

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }
