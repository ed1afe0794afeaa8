package config_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"earshot/internal/config"
	"earshot/mention"
)

func TestGuideMakesAConfiguration(t *testing.T) {
	g := config.Guide{
		Company:     config.GuideBrand{Name: "Velmora  Pharma, Inc.", Products: []string{"Tensivane", `Odd "name"`}, Domain: "Velmora.example"},
		Competitors: []config.GuideBrand{{Name: "Über & Söhne GmbH"}, {Name: "株式会社"}, {Name: "null"}, {Name: "Velmora-Pharma"}},
		Pharma:      true, Lang: "de", Country: "ch", Zone: "Europe/Zurich", Contact: "https://velmora.example/contact",
		Found:    []mention.Source{{ID: "velmora-pharma-news", Kind: mention.SourceFeed, URL: "https://velmora.example/rss", Brand: "velmora-pharma", Owned: true}},
		Everyday: map[string]bool{"null": true},
	}
	text, err := g.YAML("earshot.yaml")
	if err != nil {
		t.Fatalf("YAML: %v", err)
	}
	cfg, err := config.Parse("earshot.yaml", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	var got []string
	for _, b := range cfg.Brands {
		got = append(got, b.ID+"="+b.Name)
	}
	if want := "velmora-pharma=Velmora Pharma uber-sohne=Über & Söhne brand-3=株式会社 null=null velmora-pharma-2=Velmora-Pharma"; strings.Join(got, " ") != want {
		t.Errorf("brands %q, want %q", got, want)
	}
	own := cfg.Brands[0]
	if own.Role != mention.RoleOwn || own.Products[1].Name != `Odd "name"` || own.Domains[0] != "velmora.example" || own.Aliases[0] != "Velmora Pharma, Inc" {
		t.Errorf("own brand %+v", own)
	}
	if len(cfg.Sources) != 9 || len(cfg.Rules) != 3 || cfg.Zone != "Europe/Zurich" || !strings.Contains(cfg.Fetch.UserAgent, "velmora.example/contact") {
		t.Errorf("%d sources, %d rules, zone %s, agent %q", len(cfg.Sources), len(cfg.Rules), cfg.Zone, cfg.Fetch.UserAgent)
	}
	if n := strings.Count(string(text), "is also an everyday word"); n != 1 {
		t.Errorf("%d hints about everyday words, want 1", n)
	}
}

func TestGuideTellsFaults(t *testing.T) {
	tests := []struct {
		name  string
		guide config.Guide
		want  string
	}{
		{"nobody", config.Guide{}, "name of the company is missing"},
		{"twice", config.Guide{Company: config.GuideBrand{Name: "A"}, Competitors: []config.GuideBrand{{Name: "a"}}}, "named twice"},
		{"an address for a domain", config.Guide{Company: config.GuideBrand{Name: "A", Domain: "https://a.example/"}}, "is no domain"},
		{"no language", config.Guide{Company: config.GuideBrand{Name: "A"}, Lang: "en, x: y"}, "two small letters"},
		{"no zone", config.Guide{Company: config.GuideBrand{Name: "A"}, Zone: "Mars"}, "zone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.guide.YAML("f"); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("YAML: %v, want %q", err, tt.want)
			}
		})
	}
}

// TestGuideTakesAnyName: whatever people type, the file can be read and holds
// it, or the fault is told.
func TestGuideTakesAnyName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		g := config.Guide{Company: config.GuideBrand{Name: name, Products: []string{"p" + name}, Aliases: []string{name + "x"}}, Contact: name}
		text, err := g.YAML("f")
		if err != nil {
			return
		}
		if cfg, err := config.Parse("f", text); err != nil || len(cfg.Brands) != 1 {
			t.Fatalf("%q: %v", name, err)
		}
	})
}
