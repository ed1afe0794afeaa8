package config_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"earshot/internal/config"
)

var update = flag.Bool("update", false, "rewrite what the goldens want")

// TestFaults loads the files of each txtar and compares all that is said
// about them with its want.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			want := ""
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				path := filepath.Join(dir, f.Name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got := said(filepath.Join(dir, "earshot.yaml"))
			got = strings.ReplaceAll(got, dir+string(filepath.Separator), "")
			if *update {
				rewrite(t, name, archive, got)
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

func said(path string) string {
	cfg, err := config.Load(path)
	if err != nil {
		return err.Error() + "\n"
	}
	var out strings.Builder
	out.WriteString("good\n")
	for _, w := range cfg.Warnings() {
		out.WriteString("warning: " + w.String() + "\n")
	}
	return out.String()
}

func rewrite(t *testing.T, name string, archive *txtar.Archive, got string) {
	t.Helper()
	for i := range archive.Files {
		if archive.Files[i].Name == "want" {
			archive.Files[i].Data = []byte(got)
		}
	}
	if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestStarterIsGood(t *testing.T) {
	cfg, err := config.Parse("earshot.yaml", []byte(config.Starter))
	if err != nil {
		t.Fatalf("Parse(Starter): %v", err)
	}
	if len(cfg.Warnings()) > 0 {
		t.Errorf("Starter draws warnings: %v", cfg.Warnings())
	}
}

func TestSchemaIsJSON(t *testing.T) {
	body, err := config.Schema()
	if err != nil || !strings.Contains(string(body), `"brands"`) {
		t.Errorf("Schema() = %.80s…, %v", body, err)
	}
}

func TestMergeLetsTheFilesWin(t *testing.T) {
	base, err := config.Parse("earshot.yaml", []byte("version: 1\nbrands: [{id: acme, name: Acme, role: own}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	objects := []config.Object{
		{Kind: "label", ID: "bad", Owner: "ann", Body: []byte(`{"query":"a AND b OR c"}`)},
		{Kind: "source", ID: "s", Owner: "ann", Body: []byte(`{"kind":"feed","url":"https://x.example/f","brand":"globex"}`)},
		{Kind: "brand", ID: "acme", Owner: "ann", Body: []byte(`{"name":"Other"}`)},
		{Kind: "brand", ID: "globex", Owner: "ann", Body: []byte(`{"name":"Globex","products":["Pill"]}`)},
	}
	cfg, left := config.Merge(base, objects)
	if len(left) != 1 || !strings.Contains(left[0].Error(), "label bad of ann") {
		t.Errorf("Merge left out %v, want the bad label", left)
	}
	var got []string
	for _, b := range cfg.Brands {
		got = append(got, b.Name)
	}
	if diff := cmp.Diff([]string{"Acme", "Globex"}, got); diff != "" {
		t.Errorf("Merge brands (-want +got):\n%s", diff)
	}
	if len(cfg.Sources) != 1 {
		t.Errorf("Merge sources = %v, want the one that needs the brand of the ledger", cfg.Sources)
	}
	if config.UserOf(cfg, "brand", "globex") == "" {
		t.Error("UserOf(globex) finds nobody, want the source")
	}
	body, err := config.Export(objects[3:])
	if err != nil || !strings.Contains(string(body), "name: Globex") {
		t.Errorf("Export = %s, %v", body, err)
	}
}

func TestLinkVersionFollowsBrandsAndLabelsAlone(t *testing.T) {
	version := func(text string) string {
		cfg, err := config.Parse("f", []byte("version: 1\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		return cfg.LinkVersion()
	}
	base := version("brands: [{id: a, name: A}]")
	if version("brands: [{id: a, name: A}]\nzone: Europe/Zurich") != base {
		t.Error("the zone changes the version")
	}
	if version("brands: [{id: a, name: A, aliases: [AA]}]") == base {
		t.Error("an alias does not change the version")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(config.Starter)
	f.Add("version: 1\nbrands: {id: a}\n")
	f.Add("a: &a [*a, *a]")
	f.Add("sources: [{id: 1, every: -3}]")
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := config.Parse("f.yaml", []byte(text))
		if err == nil {
			if cfg.Version != 1 {
				t.Errorf("Parse took version %d", cfg.Version)
			}
			return
		}
		var faults config.Faults
		if errors.As(err, &faults) && len(faults) == 0 {
			t.Error("no faults in an error")
		}
	})
}

func TestMillionRulesAreRefusedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "earshot.yaml")
	text := "version: 1\nrules:\n  # many\n" + strings.Repeat("  - {id: r, match: recall, notify: hook}\n    # and\n", config.MaxRules+5)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(path)
	if want := fmt.Sprintf("%s:%d:1: more than %d rules\n", path, 3+2*config.MaxRules+1, config.MaxRules); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Load = %v, want %s", err, want)
	}
}

// BenchmarkLoad reads a file of 10,000 rules.
func BenchmarkLoad(b *testing.B) {
	path := filepath.Join(b.TempDir(), "earshot.yaml")
	var text strings.Builder
	text.WriteString("version: 1\nreceivers:\n  - {id: desk, kind: webhook, url: 'https://hook.example/', secret_file: x}\nrules:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "  - id: rule-%d\n    name: Rule %d\n    kind: spike\n    match: 'title:word%d AND (recall OR lawsuit) NOT jobs'\n    severity: warning\n    notify: [desk]\n", i, i, i)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := config.Load(path); err != nil {
			b.Fatal(err)
		}
	}
}
