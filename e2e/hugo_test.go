package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A hugo is a web site made by Hugo and served by nginx.
type hugo struct {
	t    *testing.T
	dir  string
	base string
}

// newHugo lays a site out, without posts, and serves it.
func newHugo(t *testing.T) *hugo {
	t.Helper()
	h := &hugo{t: t, dir: t.TempDir()}
	port := freePort(t)
	h.base = fmt.Sprintf("http://127.0.0.1:%d/", port)
	h.write("config.toml", fmt.Sprintf("baseURL = %q\ntitle = \"Velmora\"\nlanguageCode = \"en-GB\"\nenableRobotsTXT = true\ndisableKinds = [\"taxonomy\", \"term\"]\n", h.base))
	h.write("layouts/robots.txt", "User-agent: *\nDisallow: /private/\nSitemap: {{ \"sitemap.xml\" | absURL }}\n")
	const shell = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }} - Velmora</title><link rel="canonical" href="{{ .Permalink }}">{{ range .AlternativeOutputFormats }}<link rel="{{ .Rel }}" type="{{ .MediaType.Type }}" href="{{ .Permalink }}">{{ end }}</head><body><nav><a href="/">Home</a> <a href="/posts/">News</a> <a href="/pricing/">Pricing</a> <a href="/private/secret.html">Staff</a></nav><main>%s</main><footer>© {{ now.Year }} Velmora</footer></body></html>`
	h.write("layouts/_default/single.html", fmt.Sprintf(shell, `<article><h1>{{ .Title }}</h1><time datetime="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">{{ .Date.Format "2 January 2006" }}</time>{{ .Content }}</article>`))
	h.write("layouts/_default/list.html", fmt.Sprintf(shell, `<h1>{{ .Title }}</h1><ul>{{ range .Pages }}<li><a href="{{ .Permalink }}">{{ .Title }}</a></li>{{ end }}</ul>`))
	h.write("static/private/secret.html", "<h1>Not for robots</h1>")
	h.write("content/_index.md", "---\ntitle: Velmora\n---\n")
	h.write("content/posts/_index.md", "---\ntitle: News\n---\n")
	h.write("nginx.conf", fmt.Sprintf("user root; daemon off; pid nginx.pid; error_log error.log; events {} http { include /etc/nginx/mime.types; access_log access.log; client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp; server { listen 127.0.0.1:%d; root public; charset utf-8; } }\n", port))
	h.price("10 EUR")
	h.build()
	cmd := exec.Command("nginx", "-p", h.dir, "-c", "nginx.conf", "-e", "error.log")
	cmd.Dir = h.dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	within(t, 10*time.Second, "nginx answers", func() error {
		_, err := fetch(t.Context(), h.base)
		return err
	})
	return h
}

func (h *hugo) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// post writes a post; what is said in it comes first.
func (h *hugo) post(n int, said string) {
	h.t.Helper()
	h.write(fmt.Sprintf("content/posts/story-%d.md", n), fmt.Sprintf("---\ntitle: Story %d of Velmora\ndate: 2026-03-0%dT09:00:00Z\n---\n%s\n\n%s\n", n, n, said,
		strings.Repeat("The company said that its plant would open in spring, a year late, and that it would hire two hundred people there. ", 6)))
}

func (h *hugo) price(p string) {
	h.t.Helper()
	h.write("content/pricing.md", "---\ntitle: Pricing\n---\nOne seat costs "+p+" a month. Support by mail is included, and so are updates for as long as you stay.\n")
}

func (h *hugo) build() {
	h.t.Helper()
	run(h.t, h.dir, "hugo", "--quiet", "--noTimes")
}

// A collected is a row of earshot's as it was collected.
type collected struct {
	URL, Title, Text, Kind, Source string
}

// TestHugoSite follows a site through three versions by feed, sitemap and page
// watch: every post once, every change told, robots obeyed.
func TestHugoSite(t *testing.T) {
	h := newHugo(t)
	config := filepath.Join(t.TempDir(), "earshot.yaml")
	text := fmt.Sprintf("version: 1\nfetch: {allow_cidrs: [127.0.0.1/32]}\nbrands: [{id: velmora, name: Velmora}]\nsources:\n"+
		"  - {id: news, kind: feed, url: %[1]sposts/index.xml}\n  - {id: site, kind: site, url: %[1]s, follow: /posts/, depth: 1, sitemap: auto, backfill: 4000d}\n  - {id: pricing, kind: page, url: %[1]spricing/, select: main}\n", h.base)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	pass := func() (brought []collected) {
		t.Helper()
		h.build()
		for line := range strings.Lines(runOut(t, binary(t), "fetch", "--store", "--config", config)) {
			var c collected
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			brought = append(brought, c)
		}
		return brought
	}
	posts := func(list []collected) []string {
		seen := map[string]bool{}
		for _, c := range list {
			if strings.Contains(c.URL, "/posts/") {
				seen[strings.Trim(strings.TrimPrefix(c.URL, h.base), "/")] = true
			}
		}
		return slices.Sorted(maps.Keys(seen))
	}
	changes := func(list []collected) (out []string) {
		for _, c := range list {
			if c.Source == "pricing" {
				out = append(out, c.Text)
			}
		}
		return out
	}
	wants := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}

	for n := 1; n <= 3; n++ {
		h.post(n, fmt.Sprintf("First words of %d.", n))
	}
	first := pass()
	wants("first version", posts(first), "posts/story-1", "posts/story-2", "posts/story-3")
	if len(changes(first)) > 0 {
		t.Errorf("a first visit is a change: %q", changes(first))
	}

	h.post(4, "First words of 4.")
	h.price("12 EUR")
	second := pass()
	wants("second version", posts(second), "posts/story-4")
	if got := changes(second); len(got) != 1 || !strings.Contains(got[0], "10 EUR") || !strings.Contains(got[0], "12 EUR") {
		t.Errorf("the new price is told as %q", got)
	}

	h.post(2, "Corrected: not in spring.")
	third := pass()
	wants("an edited post", posts(third), "posts/story-2")
	if len(changes(third)) > 0 {
		t.Errorf("a page that stayed has changed: %q", changes(third))
	}

	var rows []collected
	times := map[string]int{}
	for line := range strings.Lines(runOut(t, binary(t), "export", "--config", config, "-o", "ndjson")) {
		var c collected
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		rows = append(rows, c)
		times[c.URL]++
	}
	wants("all posts", posts(rows), "posts/story-1", "posts/story-2", "posts/story-3", "posts/story-4")
	if len(rows) != 5 {
		t.Errorf("%d rows, want four posts and one change of price: %+v", len(rows), times)
	}
	log, err := os.ReadFile(filepath.Join(h.dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(log), "/private/") || !strings.Contains(string(log), "/robots.txt") || !strings.Contains(string(log), "/sitemap.xml") {
		t.Errorf("robots.txt was not asked or not obeyed:\n%s", tail(string(log), 3000))
	}
}

// runOut runs a program and returns what it wrote to its standard output.
func runOut(t *testing.T, name string, args ...string) string {
	t.Helper()
	var said strings.Builder
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, tail(said.String(), 4000))
	}
	return string(out)
}
