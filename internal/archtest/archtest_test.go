// Package archtest holds who may import whom, and checks it.
package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// allowed is the table of docs/design.md: what each package may import of
// ours. A package that is not in it may not exist.
var allowed = map[string][]string{
	"earshot/mention":           nil,
	"earshot/query":             {"mention"},
	"earshot/internal/egress":   {"mention"},
	"earshot/crawler":           {"mention", "internal/egress"},
	"earshot/nlp":               {"mention", "query"},
	"earshot/index":             {"mention", "query", "internal/egress"},
	"earshot/alerts":            {"mention", "query", "internal/egress"},
	"earshot/report":            {"mention", "query"},
	"earshot/report/scene":      nil,
	"earshot/report/chart":      {"report/scene"},
	"earshot/api":               {"mention", "query", "report", "report/scene", "report/chart"},
	"earshot/internal/ledger":   {"mention"},
	"earshot/internal/demo":     {"mention"},
	"earshot/internal/config":   {"mention", "query", "alerts", "crawler", "report", "internal/egress"},
	"earshot/internal/daemon":   {"*"},
	"earshot/cmd/earshot":       {"*"},
	"earshot/internal/archtest": nil,
}

// programs are commands of a package's own, built for its upkeep alone; they
// may import that package besides.
var programs = map[string]string{"earshot/nlp/train": "earshot/nlp"}

// library names the packages that may know a library: its types must not
// cross their edge.
var library = map[string][]string{
	"github.com/blevesearch/":       {"earshot/index"},
	"github.com/jdkato/prose":       {"earshot/nlp"},
	"github.com/mmcdole/gofeed":     {"earshot/crawler"},
	"github.com/gocolly/colly":      {"earshot/crawler"},
	"github.com/markusmobius/":      {"earshot/crawler"},
	"github.com/riverqueue/":        {"earshot/internal/ledger"},
	"modernc.org/sqlite":            {"earshot/internal/ledger"},
	"github.com/wneessen/go-mail":   {"earshot/alerts"},
	"github.com/expr-lang/expr":     {"earshot/alerts"},
	"github.com/nicholas-fedor/":    {"earshot/alerts"},
	"github.com/danielgtaylor/huma": {"earshot/api"},
	"golang.org/x/crypto":           {"earshot/api"},
	"github.com/coreos/go-oidc":     {"earshot/api"},
	"golang.org/x/oauth2":           {"earshot/api"},
	"github.com/emersion/go-smtp":   {"earshot/internal/demo"},
	"code.dny.dev/ssrf":             {"earshot/internal/egress"},
	"github.com/spf13/cobra":        {"earshot/cmd/earshot"},
	"github.com/prometheus/":        {"earshot/api", "earshot/internal/daemon"},
	"github.com/xuri/excelize":      {"earshot/report"},
	"codeberg.org/go-pdf/fpdf":      {"earshot/report", "earshot/report/scene"},
	"github.com/invopop/jsonschema": {"earshot/internal/config"},
}

type pkg struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
}

func TestImportsFollowTheTable(t *testing.T) {
	pkgs := list(t)
	for _, p := range pkgs {
		may, known := allowed[p.ImportPath]
		if owner := ownerOf(p.ImportPath); !known && owner != "" {
			may, known = append([]string{strings.TrimPrefix(owner, "earshot/")}, allowed[owner]...), true
		}
		if !known {
			t.Errorf("package %s is not in the table: add it there and to docs/design.md, with the reason", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if !strings.HasPrefix(imp, "earshot/") || slices.Contains(may, "*") {
				continue
			}
			rel := strings.TrimPrefix(imp, "earshot/")
			if !slices.Contains(may, rel) && !strings.HasPrefix(imp, p.ImportPath+"/") {
				t.Errorf("%s imports %s, which the table does not allow", p.ImportPath, imp)
			}
		}
	}
}

func ownerOf(path string) string {
	for program, owner := range programs {
		if path == program || strings.HasPrefix(path, program+"/") {
			return owner
		}
	}
	return ""
}

func TestLibrariesStayWithinTheirPackage(t *testing.T) {
	for _, p := range list(t) {
		for _, imp := range p.Imports {
			for prefix, owners := range library {
				if strings.HasPrefix(imp, prefix) && !slices.Contains(owners, p.ImportPath) && ownerOf(p.ImportPath) == "" {
					t.Errorf("%s imports %s; only %s may", p.ImportPath, imp, strings.Join(owners, ", "))
				}
			}
		}
	}
}

func TestMentionImportsTheStandardLibraryAlone(t *testing.T) {
	for _, p := range list(t) {
		if p.ImportPath != "earshot/mention" {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(imp, ".") {
				t.Errorf("mention imports %s", imp)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range list(t) {
		if p.Doc == "" && p.ImportPath != "earshot/internal/archtest" {
			t.Errorf("package %s has no package comment", p.ImportPath)
		}
	}
}

// list asks go which packages there are and what they import, tests left out.
func list(t *testing.T) []pkg {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Doc,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != "earshot" { // the module's root holds no package
			pkgs = append(pkgs, p)
		}
	}
}
