package nlp

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
)

// makeFrequencies counts in how many texts every word stands, for stories and
// keyphrases: 12 times the logarithm of the inverse share.
func (t *trainer) makeFrequencies() error {
	counts := map[uint64]int{}
	total := 0
	var s scanned
	count := func(text string) {
		s.scan(text)
		total++
		seen := map[uint64]bool{}
		for i := range s.words {
			if w := &s.words[i]; w.kind == kindWord && !seen[w.key] {
				seen[w.key] = true
				counts[w.key]++
			}
		}
	}
	err := eachLine(filepath.Join(t.Data, "streams", "huffpost_2018.jsonl.gz"), func(line []byte) error {
		var r struct{ Title, Text string }
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("huffpost_2018: %w", err)
		}
		count(r.Title)
		count(r.Text)
		return nil
	})
	if err != nil {
		return err
	}
	rows, err := t.sets("vader_nyt", "druglib", "semeval17.train", "wikigold", "sec_fin.train", "ade_v2")
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].set == "semeval17.train" && i%4 != 0 {
			continue
		}
		count(rows[i].Text)
	}
	keys := make([]uint64, 0, len(counts))
	for k, n := range counts {
		if n >= 4 {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	l := newLexicon(len(keys))
	for _, k := range keys {
		l.put(k, int8(min(110, 12*math.Log(float64(total)/float64(counts[k])))))
	}
	t.say("frequencies: %d words of %d texts", len(keys), total)
	return t.write("idf", l.encode())
}
