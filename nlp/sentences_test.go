package nlp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/neurosnap/sentences.v1"
	"gopkg.in/neurosnap/sentences.v1/data"
)

func TestPunktIsReadAsByTheSplitterItself(t *testing.T) {
	b, err := data.Asset("data/english.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := sentences.LoadTraining(b)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := readPunkt(string(b))
	if !ok {
		t.Fatal("readPunkt cannot read it")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "{", `{"OrthoContext": {"a\\n": 1}}`, `{"Other": {"a": 1}}`, `{"OrthoContext": {"a": 1.5}}`, `{"OrthoContext": {"a": 1}`, `{"OrthoContext": {"a"}}`} {
		if _, ok := readPunkt(bad); ok {
			t.Errorf("readPunkt(%q) is read", bad)
		}
	}
}
