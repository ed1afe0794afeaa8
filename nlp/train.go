package nlp

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// TrainOptions say what the embedded models are made of.
type TrainOptions struct {
	Data     string    // folder with language/*.jsonl.gz and lexicons/*
	Catalogs string    // folder with gettext catalogues, LANG/LC_MESSAGES/*.po below; for languages Data has no text of
	Names    string    // folder with names/dist.* and faker/providers/person/*/__init__.py: lists of people's names
	Out      string    // folder of the model files
	Models   []string  // names of the models to make; empty means all
	Without  []string  // sets to leave out
	Check    bool      // keep a fifth of every set that has no training part, and tell the figures on it
	Log      io.Writer // what was read, dropped and reached
}

// A trainer reads the sets and makes the models.
type trainer struct {
	TrainOptions
	held map[string]bool // normal forms of texts that judge
}

// A sample is one row of a set.
type sample struct {
	Text   string   `json:"text"`
	Label  string   `json:"label"`
	Score  *float64 `json:"score"`
	Tokens []string `json:"tokens"`
	Tags   []string `json:"tags"`
	Target string   `json:"target"`
	Tmpl   string   `json:"tmpl"`
	From   *int     `json:"from"`
	To     *int     `json:"to"`
	Rating any      `json:"rating"`
	set    string
}

// evaluation are the sets that only judge: no text like theirs is learned.
var evaluation = []string{
	"semeval17", "airline", "fpb50", "sst2", "psytar", "semeval17_topicB", "conll03", "wnut17", "btc", "tweebank",
	"mams_atsa", "dong14", "rest14", "lapt14", "langid_uva", "sanders", "te_emotion", "te_irony", "te_offensive", "agnews",
}

// Train makes the model files. The same data makes the same bytes.
func Train(o TrainOptions) error {
	t := &trainer{TrainOptions: o, held: map[string]bool{}}
	if t.Log == nil {
		t.Log = io.Discard
	}
	steps := []struct {
		name string
		make func() error
	}{
		{"lexicon", t.makeLexicons},
		{"language", t.makeLanguage},
		{"names", t.makeNames},
		{"usage", t.makeUsage},
		{"casing", t.makeCasing},
		{"entities", t.makeEntities},
		{"idf", t.makeFrequencies},
		{"drugs", t.makeDrugs},
		{"safety", t.makeSafety},
		{"sentiment", t.makeSentiment},
		{"targets", t.makeTargets},
	}
	if err := t.readEvaluation(); err != nil {
		return err
	}
	for _, s := range steps {
		if len(o.Models) > 0 && !slices.Contains(o.Models, s.name) {
			continue
		}
		if err := s.make(); err != nil {
			return fmt.Errorf("nlp: train %s: %w", s.name, err)
		}
	}
	return nil
}

func (t *trainer) say(format string, args ...any) { _, _ = fmt.Fprintf(t.Log, format+"\n", args...) }

func (t *trainer) write(name string, b []byte) error {
	t.say("%s.bin: %d bytes", name, len(b))
	if err := os.WriteFile(filepath.Join(t.Out, name+".bin"), b, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// normalText is what near copies of a text have in common: its first sixty
// letters.
func normalText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
			if b.Len() >= 60 {
				break
			}
		}
	}
	return b.String()
}

func (t *trainer) readEvaluation() error {
	for _, name := range evaluation {
		rows, err := t.read(name)
		if err != nil {
			return err
		}
		for _, r := range rows {
			t.held[normalText(r.Text)] = true
		}
	}
	t.say("%d normal texts of %d judging sets", len(t.held), len(evaluation))
	return nil
}

// read reads a set as it is.
func (t *trainer) read(name string) ([]sample, error) {
	var out []sample
	err := eachLine(filepath.Join(t.Data, "language", name+".jsonl.gz"), func(line []byte) error {
		var s sample
		if err := json.Unmarshal(line, &s); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
		s.set = name
		out = append(out, s)
		return nil
	})
	return out, err
}

// sets reads sets to learn from, without the texts that judge, and says how
// many those were.
func (t *trainer) sets(names ...string) ([]sample, error) {
	var out []sample
	for _, name := range names {
		if slices.Contains(t.Without, name) {
			t.say("%s: left out", name)
			continue
		}
		rows, err := t.read(name)
		if err != nil {
			return nil, err
		}
		kept := 0
		for _, r := range rows {
			if n := normalText(r.Text); len(n) < 8 || !t.held[n] {
				out = append(out, r)
				kept++
			}
		}
		t.say("%s: %d rows, %d dropped for being in a judging set", name, len(rows), len(rows)-kept)
	}
	return out, nil
}

// checks reports whether a text of a set without a training part is kept for
// checking: one in five, by its hash.
func checks(s *sample) bool {
	return !strings.HasSuffix(s.set, ".train") && hashString("check|"+normalText(s.Text))%5 == 0
}

// eachLine calls fn with every line of a file, which may be gzipped.
func eachLine(path string, fn func([]byte) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		r = z
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if len(lines.Bytes()) > 0 {
			if err := fn(lines.Bytes()); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

// makeLexicons packs the valence of words.
func (t *trainer) makeLexicons() error {
	type entry struct {
		hash uint64
		v    int8
	}
	var entries []entry
	err := eachLine(filepath.Join(t.Data, "lexicons", "vader_lexicon.txt.gz"), func(line []byte) error {
		f := strings.Split(string(line), "\t")
		var v float64
		if len(f) < 2 {
			return nil
		}
		if _, err := fmt.Sscan(f[1], &v); err != nil {
			return fmt.Errorf("lexicon: %q: %w", line, err)
		}
		entries = append(entries, entry{hashString(strings.ReplaceAll(f[0], "'", "")), int8(max(-100, min(100, v*25)))})
		return nil
	})
	if err != nil {
		return err
	}
	l := newLexicon(len(entries))
	for _, e := range entries {
		l.put(e.hash, e.v)
	}
	names := l
	err = eachLine(filepath.Join(t.Data, "lexicons", "emoji_utf8_lexicon.txt.gz"), func(line []byte) error {
		emoji, says, ok := strings.Cut(string(line), "\t")
		if !ok {
			return nil
		}
		var sum int
		for w := range strings.FieldsSeq(says) {
			v, _ := names.find(hashString(w))
			sum += int(v)
		}
		if r := []rune(emoji); sum != 0 && len(r) > 0 {
			entries = append(entries, entry{hashString(string(r[0])), int8(max(-100, min(100, sum)))})
		}
		return nil
	})
	if err != nil {
		return err
	}
	l = newLexicon(len(entries))
	for _, e := range entries {
		l.put(e.hash, e.v)
	}
	t.say("lexicon: %d words and emoji", len(entries))
	return t.write("lexicon", l.encode())
}

// catalogLines returns the translations below folder/LANG/LC_MESSAGES of all
// languages in order of their names.
func catalogLines(folder string) (map[string][]string, error) {
	out := map[string][]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".po") {
			return err
		}
		lang := filepath.Base(filepath.Dir(filepath.Dir(path)))
		inside, text := false, ""
		flush := func() {
			if inside && text != "" {
				out[lang] = append(out[lang], text)
			}
			inside, text = false, ""
		}
		err = eachLine(path, func(line []byte) error {
			s := string(line)
			switch {
			case strings.HasPrefix(s, "msgstr"):
				flush()
				inside = true
				_, s, _ = strings.Cut(s, " ")
			case !strings.HasPrefix(s, `"`):
				flush()
			}
			if inside && len(s) > 2 {
				text += strings.ReplaceAll(strings.Trim(s, `"`), `\n`, " ")
			}
			return nil
		})
		flush()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("catalogues: %w", err)
	}
	return out, nil
}
