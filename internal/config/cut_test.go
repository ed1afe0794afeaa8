package config

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"earshot/alerts"
)

// Items as people write them, good and bad, plain and odd. They are indented
// by two.
var itemPool = []string{
	"  - id: a\n    match: recall\n    notify: hook\n",
	"  - id: b\n    name: 'It''s \"quoted\": yes'\n    match: '\"brand x\" AND rec*'\n    kind: threshold\n    count: 3\n    window: 1h\n",
	"  - {id: c, match: 'a AND b', kind: spike, notify: [hook, mail]}\n",
	"  - id: d\n    playbook: |\n      - first: do this\n\n      - then that\n    # a comment\n    match: x\n\n\n",
	"  - id: e\n    playbook: >+\n\n      folded text\n       more\n\n    match: y # why\n",
	"  -\n    id: f\n    match: \"two\n      lines\"\n",
	"  - id: g\n    match: 'open\n",
	"  - id: h\n    match: closed'\n",
	"  - id: i\n    matsch: typo\n    count: many\n",
	"  - id: j\n    id: j\n    window: [1h]\n",
	"  - id: k\n    match: recall AND (\n    notify: nobody\n    department: none\n",
	"  - id: l\n    hours: &h {from: 08:00, to: 18:00}\n",
	"  - id: m\n    hours: *h\n",
	"  - &r\n    id: n\n",
	"  - *r\n",
	"  - just words\n    over lines\n",
	"  - \n",
	"  - - id: deep\n",
	"  # only a comment\n",
	"# a comment at the edge\n",
	"\n",
	"   - id: one too far\n",
	" - id: one too near\n",
	"  - id: o\n    match: plain\n      goes on\n    where: 'reach > '\n",
	"  - id: p\n    tests: [{name: t, given: [{at: 2026-03-01T10:00:00Z, title: x}], expect: []}]\n    match: x\n",
	"  - !!map\n    id: q\n",
	"  - id: !!str 7\n    own: yes\n    count: 0x10\n",
	"  - ? id\n    : r\n",
	"  - id: s\n\tmatch: tab\n",
	"  - id: t\r\n    match: carriage\r\n",
	"  - id: u\n    match: published:[-7d TO *]\n",
	"  - id: v\n    match: brand:nobody AND label:none\n    escalate: [{after: 10m, notify: hook}, {after: 5m, notify: ghost}]\n",
	"    stray: key\n",
	"  - id: w\n    match: \"a\\\n      b\"\n    playbook: |2\n      x\n",
	"rules:\n", "rules: []\n", "---\n", "...\n", "%YAML 1.2\n", "\"rules\":\n",
}

var (
	headPool = []string{
		"version: 1\nrules:\n", "---\nversion: 1\n# talk\nrules: # mine\n", "version: 1\nreceivers:\n  - {id: hook, kind: webhook, url: 'https://hook.example/', secret_file: x}\nrules:\n\n  # the first\n",
		"rules:\n", "{version: 1,\nrules:\n", "version: 1\nzone: \"a\nrules:\n", "version: 1\nzone: UTC\nzone: UTC\nrules:\n", "version: 1\nzone: &z UTC\nrules:\n", "rules: &all\n", "version: 1\n\nrules : \n", "\n\n---\nrules:   \n", "version: 1\nrules: |\n",
	}
	tailPool = []string{"", "", "zone: UTC\n", "receivers: [{id: hook, kind: nope}]\nlabels:\n  - {id: l, query: 'x AND'}\n", "labels:\n  - id: other\n    query: none\n", "zone: *z\n", "rules: []\n", "}\n", "\"\n", "privacy: maybe\nunknown: 1\n", "# end", "- id: under\n"}
)

// loaded is what came of reading a file.
type loaded struct {
	cfg *Config
	err error
}

func (l loaded) diff(o loaded) string {
	type whole struct {
		Cfg      *Config
		Warnings Faults
		Faults   any
	}
	of := func(x loaded) whole {
		w := whole{}
		if x.cfg != nil {
			c := *x.cfg
			w.Warnings, c.warnings, c.examiner, c.files = c.warnings, nil, nil, nil
			w.Cfg = &c
		}
		w.Faults = x.err
		if f, ok := x.err.(Faults); ok { //nolint:errorlint // it is what came
			w.Faults = f
		} else if x.err != nil {
			w.Faults = x.err.Error()
		}
		return w
	}
	return cmp.Diff(of(l), of(o), cmp.AllowUnexported(Config{}, Fault{}))
}

// TestReaderReadsWhatLoadReads edits files at random and reads each with a
// reader that remembers and as a whole: what comes out is the same, every
// fault at the same place.
func TestReaderReadsWhatLoadReads(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "earshot.yaml")
	read := func(r *Reader) loaded {
		cfg, err := r.Load(path)
		return loaded{cfg, err}
	}
	cuts, reads := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := &Reader{least: 1}
		head, tail := rapid.SampledFrom(headPool).Draw(t, "head"), rapid.SampledFrom(tailPool).Draw(t, "tail")
		// Most files are mostly in order.
		good := rapid.SliceOfN(rapid.SampledFrom(itemPool[:5]), 0, 6).Draw(t, "good")
		items := append(good, rapid.SliceOfN(rapid.SampledFrom(itemPool), 0, 4).Draw(t, "items")...)
		for range rapid.IntRange(1, 6).Draw(t, "edits") {
			text := head + strings.Join(items, "") + tail
			if rapid.IntRange(0, 5).Draw(t, "dedent") == 0 {
				text = strings.ReplaceAll(text, "\n  ", "\n")
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, want := read(r), read(&Reader{least: math.MaxInt})
			if diff := want.diff(got); diff != "" {
				t.Fatalf("read of\n%s\nas a whole, and with what was known (-whole +known):\n%s", text, diff)
			}
			if reads++; r.files[path] != nil {
				cuts++
			}
			at := rapid.IntRange(0, len(items)).Draw(t, "at")
			switch kind := rapid.IntRange(0, 4).Draw(t, "edit"); {
			case kind == 0:
				items = append(items[:at:at], append([]string{rapid.SampledFrom(itemPool).Draw(t, "new")}, items[at:]...)...)
			case at == len(items):
			case kind == 1:
				items = append(items[:at:at], items[at+1:]...)
			case kind == 2:
				items = append(items[:at:at], append([]string{strings.Replace(items[at], "recall", "trial OR rec", 1)}, items[at+1:]...)...)
			case kind == 3:
				items[0], items[at] = items[at], items[0]
			case len(items[at]) > 1:
				cut := rapid.IntRange(0, len(items[at])-1).Draw(t, "cut")
				items[at] = items[at][:cut] + rapid.SampledFrom([]string{"", " ", "'", "\"", "\n", "\t", ":", "- ", "#", "[", "&x", "*x", "|"}).Draw(t, "put") + items[at][cut:]
			}
		}
	})
	if cuts < max(1, reads/50) {
		t.Errorf("%d of %d files were read rule by rule; the test shows nothing", cuts, reads)
	}
}

// FuzzCut holds what is read item by item, for the first time and again,
// against the whole.
func FuzzCut(f *testing.F) {
	for _, head := range headPool {
		f.Add(head + itemPool[0] + itemPool[1])
	}
	for i, item := range itemPool {
		f.Add("version: 1\nrules:\n" + itemPool[i%5] + item + itemPool[2] + tailPool[i%len(tailPool)])
	}
	f.Add("version: 1\nrules:\n- id: a\n  match: x\n- id: b\nlabels:\n- {id: l, query: x}\n")
	f.Fuzz(func(t *testing.T, text string) {
		type file struct {
			Version int           `yaml:"version"`
			Zone    string        `yaml:"zone"`
			Rules   []alerts.Rule `yaml:"rules"`
		}
		var want file
		whole := decode("f", []byte(text), &want)
		whole.faults.sort([]string{"f"})
		r := &Reader{least: 1}
		for _, when := range []string{"first", "again"} {
			var got file
			d := r.decode("f", []byte(text), &got, &got.Rules)
			d.faults.sort([]string{"f"})
			if diff := cmp.Diff(want, got) + cmp.Diff(whole.faults, d.faults, cmp.AllowUnexported(Fault{})); diff != "" {
				t.Fatalf("%s (-whole +cut):\n%s", when, diff)
			}
			for i := range want.Rules {
				for _, path := range []string{"", ".id", ".match", ".notify[0]", ".hours.from"} {
					path = fmt.Sprintf("rules[%d]%s", i, path)
					if a, b := whole.place(path, "", ""), d.place(path, "", ""); !reflect.DeepEqual(a, b) {
						t.Fatalf("%s: place of %s is %d:%d, in the whole %d:%d", when, path, b.Line, b.Column, a.Line, a.Column)
					}
				}
			}
		}
	})
}

func TestOneEditReadsOneRule(t *testing.T) {
	path := filepath.Join(t.TempDir(), "earshot.yaml")
	write := func(name string) {
		text := []byte("version: 1\nrules:\n")
		for i := range 500 {
			text = fmt.Appendf(text, "  - id: r%d\n    name: %s\n    match: w%d\n", i, map[bool]string{true: name, false: "plain"}[i == 250], i)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var r Reader
	for _, name := range []string{"one", "two"} {
		write(name)
		if _, err := r.Load(path); err != nil {
			t.Fatal(err)
		}
	}
	known := r.files[path]
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := cut(strings.Replace(string(text), "two", "three", 1))
	if !ok {
		t.Fatal("a plain file was not cut")
	}
	var anew []int
	for i, was := range recall(known, c.items) {
		if was < 0 {
			anew = append(anew, i)
		}
	}
	if diff := cmp.Diff([]int{250}, anew); diff != "" {
		t.Errorf("rules read anew (-want +got):\n%s", diff)
	}
}
