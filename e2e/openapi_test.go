package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOpenAPI validates the document with a validator that is not ours, makes
// a client of it with a generator that is not ours, and compiles the client.
func TestOpenAPI(t *testing.T) {
	base := demo(t)
	dir := t.TempDir()
	for name, url := range map[string]string{"openapi.json": "/api/v1/openapi.json", "openapi-3.0.json": "/api/v1/openapi-3.0.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), get(t, base+url, nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "openapi-spec-validator", "--schema", "3.1.0", "openapi.json")
	run(t, dir, "openapi-spec-validator", "--schema", "3.0.0", "openapi-3.0.json")
	run(t, dir, "oapi-codegen", "-generate", "types,client", "-package", "client", "-o", "client.go", "openapi-3.0.json")
	files := map[string]string{
		"go.mod": "module client\n\ngo 1.26.0\n",
		"client_test.go": `package client

import (
	"context"
	"testing"
)

func TestCount(t *testing.T) {
	c, err := NewClientWithResponses("` + base + `/api/v1")
	if err != nil {
		t.Fatal(err)
	}
	q := "recall"
	r, err := c.CountMentionsWithResponse(context.Background(), &CountMentionsParams{Q: &q})
	if err != nil || r.JSON200 == nil || r.JSON200.Count == 0 {
		t.Fatalf("count of recall: %v %s", err, r.Body)
	}
}
`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "go", "get", "github.com/oapi-codegen/runtime@v1.1.2")
	run(t, dir, "go", "test", "./...")
}
