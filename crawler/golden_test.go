package crawler

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// golden runs fn over the files of each txtar of a folder and compares what
// it says, as JSON lines, with the file "want".
func golden(t *testing.T, folder string, fn func(files map[string][]byte) []any) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive := txtar.Parse(readFile(t, path))
			files := map[string][]byte{}
			for _, f := range archive.Files {
				files[f.Name] = f.Data
			}
			var out bytes.Buffer
			enc := json.NewEncoder(&out)
			enc.SetEscapeHTML(false)
			for _, v := range fn(files) {
				if err := enc.Encode(v); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(files["want"]), out.String()); diff != "" && !*update {
				t.Errorf("%s differs (-want +got):\n%s", path, diff)
			}
			if *update {
				for i := range archive.Files {
					if archive.Files[i].Name == "want" {
						archive.Files[i].Data = out.Bytes()
					}
				}
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestFeedGoldens(t *testing.T) {
	golden(t, "feeds", func(files map[string][]byte) []any {
		feed, err := ParseFeed(files["feed"], "")
		if err != nil {
			return []any{map[string]string{"error": err.Error()}}
		}
		out := []any{feed, feed.Salvaged}
		for i := range feed.Items {
			out = append(out, feed.Items[i])
		}
		return out
	})
}

func TestPageGoldens(t *testing.T) {
	golden(t, "pages", func(files map[string][]byte) []any {
		a, err := Extract(files["page"], "https://nordlicht.test/news/2026/kiel.html")
		if err != nil {
			return []any{map[string]string{"error": err.Error()}}
		}
		return []any{a}
	})
}

func TestDiffGoldens(t *testing.T) {
	golden(t, "diffs", func(files map[string][]byte) []any {
		changes, err := DiffPages(files["old"], files["new"], "")
		if err != nil {
			return []any{map[string]string{"error": err.Error()}}
		}
		var out []any
		for _, c := range changes {
			out = append(out, c)
		}
		return out
	})
}
