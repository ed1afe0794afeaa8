package nlp

import (
	"fmt"
	"testing"
)

func TestZZ(t *testing.T) {
	t.Chdir("/work/main")
	tr := &trainer{TrainOptions: TrainOptions{Data: "/work/shared/data", Log: nil}}
	tr.Log = nopw{}
	tr.held = map[string]bool{}
	texts, _ := tr.plainTexts()
	counts := map[string]int{}
	for _, ws := range texts {
		for _, w := range ws {
			counts[w]++
		}
	}
	l, _ := openLexiconFile("nlp/models/clusters.bin")
	for _, q := range []string{"london", "john", "apple", "google", "monday", "great", "pfizer", "her", "running", "january", "band", "prozac", "headache", "chelsea", "obama"} {
		g, _ := l.find(hashString(q))
		out := []string{}
		for w, n := range counts {
			if v, ok := l.find(hashString(w)); ok && v == g && n > 15 && len(out) < 25 {
				out = append(out, w)
			}
		}
		fmt.Println(q, uint8(g), out)
	}
}

type nopw struct{}

func (nopw) Write(b []byte) (int, error) { return len(b), nil }
