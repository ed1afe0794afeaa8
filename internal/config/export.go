package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"earshot/alerts"
	"earshot/mention"
	"earshot/report"
)

// Export writes objects that people made as YAML with the keys of the file,
// to be kept in git and, once there, read from the file.
func Export(objects []Object) ([]byte, error) {
	var out struct {
		Version       int                   `yaml:"version"`
		Brands        []mention.Brand       `yaml:"brands,omitempty"`
		Sources       []mention.Source      `yaml:"sources,omitempty"`
		Labels        []mention.Label       `yaml:"labels,omitempty"`
		Rules         []alerts.Rule         `yaml:"rules,omitempty"`
		Receivers     []alerts.Receiver     `yaml:"receivers,omitempty"`
		Subscriptions []alerts.Subscription `yaml:"subscriptions,omitempty"`
		Boards        []report.Board        `yaml:"boards,omitempty"`
		Reports       []report.Plan         `yaml:"reports,omitempty"`
		Muted         []string              `yaml:"muted,omitempty"`
	}
	out.Version = 1
	cfg := &Config{}
	for _, o := range inOrder(objects) {
		if err := cfg.append(o); err != nil {
			return nil, fmt.Errorf("config: %s %s: %w", o.Kind, o.ID, err)
		}
	}
	out.Brands, out.Sources, out.Labels, out.Rules, out.Receivers = cfg.Brands, cfg.Sources, cfg.Labels, cfg.Rules, cfg.Receivers
	out.Subscriptions, out.Boards, out.Reports, out.Muted = cfg.Subscriptions, cfg.Boards, cfg.Reports, cfg.Muted
	data, err := yaml.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return data, nil
}

// Schema returns the JSON Schema (2020-12) of the configuration file.
func Schema() ([]byte, error) {
	body, err := json.MarshalIndent(schema(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("config: schema: %w", err)
	}
	return body, nil
}

// SourcesYAML writes sources as the configuration file has them.
func SourcesYAML(list []mention.Source) (string, error) {
	var out strings.Builder
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	err := enc.Encode(struct {
		Sources []mention.Source `yaml:"sources"`
	}{list})
	if err = errors.Join(err, enc.Close()); err != nil {
		return "", fmt.Errorf("config: %w", err)
	}
	return out.String(), nil
}
