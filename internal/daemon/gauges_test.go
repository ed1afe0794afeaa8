package daemon

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// Every name in the alerting rules for Prometheus is one that the daemon's
// metrics have.
func TestPrometheusRulesNameWhatThereIs(t *testing.T) {
	data, err := os.ReadFile("../../docs/deploy/prometheus-rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(http.NotFoundHandler())
	defer hook.Close()
	dir := t.TempDir()
	hookSecret(t, dir)
	h := keepHouse(t, dir, hooked(hook.URL, hook.URL))
	h.push("Acme begins a recall")
	var there map[string]bool
	h.eventually("a notice waits", func() bool {
		there = h.samples()
		return there[`earshot_outbox_waiting{receiver="hook"} 1`]
	})
	name := regexp.MustCompile(`\bearshot_[a-z_]+`)
	names := 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("rule %+v lacks a name, a severity or a summary", r)
			}
			if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
				t.Errorf("%s: for: %v", r.Alert, err)
			}
			for _, metric := range name.FindAllString(r.Expr, -1) {
				if names++; !there[metric] {
					t.Errorf("%s asks for %s, which the metrics do not have", r.Alert, metric)
				}
			}
		}
	}
	if names < 10 {
		t.Errorf("the rules name %d metrics", names)
	}
}

// samples are the names of the metrics that have a value, and their lines.
func (h *house) samples() map[string]bool {
	h.t.Helper()
	resp, err := http.Get(h.base + "/metrics")
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	there := map[string]bool{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if line := lines.Text(); line != "" && line[0] != '#' {
			there[line], there[line[:strings.IndexAny(line, "{ ")]] = true, true
		}
	}
	return there
}
