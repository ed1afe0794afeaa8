package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"earshot/mention"
)

// addedFile is where sources go that a command adds, beside the main file.
const addedFile = "conf.d/added-sources.yaml"

// AddSources writes sources into a file of conf.d beside the main file of c,
// where a person can read and change them, and returns the file's path. When
// the whole would be at fault then, nothing is written.
func (c *Config) AddSources(list []mention.Source) (string, error) {
	if c.path == "" {
		return "", errors.New("config: there is no configuration file to add to; make one with `earshot init`")
	}
	path := filepath.Join(filepath.Dir(c.path), filepath.FromSlash(addedFile))
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("config: %w", err)
	}
	fresh := err != nil
	var out bytes.Buffer
	out.Write(before)
	if len(bytes.TrimSpace(before)) == 0 {
		out.WriteString("# Added by `earshot sources`; change what you like.\nsources:\n")
	} else if !bytes.HasSuffix(before, []byte("\n")) {
		out.WriteByte('\n')
	}
	for i := range list {
		var line bytes.Buffer
		enc := json.NewEncoder(&line) // JSON is YAML
		enc.SetEscapeHTML(false)
		if err := enc.Encode(&list[i]); err != nil {
			return "", fmt.Errorf("config: %w", err)
		}
		out.WriteString("  - " + line.String())
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return "", fmt.Errorf("config: %w", err)
	}
	if err := replaceFile(path, out.Bytes()); err != nil {
		return "", err
	}
	if _, err := Load(c.path); err != nil {
		if fresh {
			return "", errors.Join(err, os.Remove(path))
		}
		return "", errors.Join(err, replaceFile(path, before))
	}
	return path, nil
}

// replaceFile puts a file in the place of another whole, so that a daemon
// that watches never reads half of it.
func replaceFile(path string, data []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return nil
}
