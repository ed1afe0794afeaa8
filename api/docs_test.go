package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earshot/api"
	"earshot/mention"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// paths are the operations of a document, by address and method.
type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID string
		Parameters  []struct{ Name, In string }
		Responses   map[string]struct {
			Content map[string]struct{ Schema map[string]any }
		}
	}
	Components struct{ Schemas map[string]any }
}

func TestOpenAPI(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(0), Version: "test"})
	_, body := get(h, "/api/v1/openapi.json")
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(body), "", " "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	const golden = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(golden, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(indented.String(), "\n")); diff != "" {
		t.Errorf("the document changed; go test ./api -update accepts it (-want +got):\n%s", diff)
	}
	for path, version := range map[string]string{"/api/v1/openapi.json": "3.1.0", "/api/v1/openapi-3.0.json": "3.0.3"} {
		_, body := get(h, path)
		checkDocument(t, path, body, version)
	}
}

// checkDocument holds what makers of clients rely on.
func checkDocument(t *testing.T, path, body, version string) {
	t.Helper()
	var doc document
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != version {
		t.Errorf("%s: version %s, want %s", path, doc.OpenAPI, version)
	}
	var ids []string
	for address, item := range doc.Paths {
		for method, op := range item {
			if op.OperationID == "" || slices.Contains(ids, op.OperationID) {
				t.Errorf("%s: %s %s has the id %q", path, method, address, op.OperationID)
			}
			ids = append(ids, op.OperationID)
			for _, p := range op.Parameters {
				if p.In == "path" && !strings.Contains(address, "{"+p.Name+"}") {
					t.Errorf("%s: %s has no %s", path, address, p.Name)
				}
			}
		}
	}
	for rest := body; ; {
		_, after, ok := strings.Cut(rest, `"#/components/schemas/`)
		if !ok {
			break
		}
		var name string
		name, rest, _ = strings.Cut(after, `"`)
		if _, ok := doc.Components.Schemas[name]; !ok {
			t.Errorf("%s: no schema %s", path, name)
		}
	}
	if version == "3.0.3" && strings.Contains(body, `"null"`) {
		t.Errorf("%s has a null type, which 3.0 does not know", path)
	}
}

// TestDocsAreComplete reads docs/api.md: every operation has a curl there,
// and every curl there is answered.
func TestDocsAreComplete(t *testing.T) {
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	_, body := get(h, "/api/v1/openapi.json")
	var doc document
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	for address, item := range doc.Paths {
		for method := range item {
			missing[strings.ToUpper(method)+" "+address] = true
		}
	}
	fill := strings.NewReplacer("$INCIDENT", "i0", "$DELIVERY", "d0", "$MENTION", "m0", "$SAFETY", "m0", "$REPORT", "r0", "$SHARE", "s0", "$NOTE", "n0", "$MUTED", "m-giveaway")
	f.kept = []mention.KeptReport{keptReport(t, f)}
	var sheet string // the coding sheet that was drawn last
	for _, c := range curls(string(text)) {
		for op := range missing {
			if c.fits(op) {
				delete(missing, op)
			}
		}
		if c.path == "/api/v1/events" {
			continue // never ends; it has tests of its own
		}
		if c.body == "@-" { // what sed makes of the sheet
			c.body = strings.ReplaceAll(sheet, "\n,,,", "\nyes,,,")
		}
		res, body := answer(h, request(c.method, fill.Replace(c.target), fill.Replace(c.body)))
		if c.path == "/api/v1/sample" {
			sheet = body
		}
		if res.StatusCode >= 400 {
			t.Errorf("curl -X %s %s: %d %s", c.method, c.target, res.StatusCode, body)
		}
	}
	for op := range missing {
		t.Errorf("docs/api.md has no curl for %s", op)
	}
}

type curl struct{ method, target, path, body string }

func (c *curl) fits(op string) bool {
	method, address, _ := strings.Cut(op, " ")
	have, want := strings.Split(strings.TrimPrefix(c.path, "/api/v1"), "/"), strings.Split(address, "/")
	return method == c.method && slices.EqualFunc(have, want, func(h, w string) bool { return h == w || strings.HasPrefix(w, "{") })
}

// curls finds the commands of a page. They are written plainly: quotes hold
// a whole argument, and a line that ends with a backslash goes on.
func curls(text string) []curl {
	const host = "http://127.0.0.1:8080"
	var list []curl
	for line := range strings.Lines(strings.NewReplacer("\\\n", " ", `'"$MENTION"'`, "$MENTION").Replace(text)) {
		_, line, ok := strings.Cut(line, "curl ")
		if !ok || !strings.Contains(line, host) {
			continue
		}
		c := curl{method: "GET"}
		args := fields(line)
		for i, arg := range args {
			switch {
			case arg == "-X":
				c.method = args[i+1]
			case arg == "--json" || arg == "--data-binary":
				c.body = args[i+1]
				if c.method == "GET" {
					c.method = "POST"
				}
			case strings.HasPrefix(arg, host):
				c.target = strings.TrimPrefix(arg, host)
				c.path, _, _ = strings.Cut(c.target, "?")
			}
		}
		list = append(list, c)
	}
	return list
}

func fields(line string) []string {
	var list []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		end, quote := strings.IndexAny(line, " \n"), line[0]
		if quote == '\'' || quote == '"' {
			line = line[1:]
			end = strings.IndexByte(line, quote)
		}
		if end < 0 {
			end = len(line)
		}
		list = append(list, line[:end])
		line = line[min(end+1, len(line)):]
	}
	return list
}
