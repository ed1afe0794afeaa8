package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"earshot/internal/config"
	"earshot/internal/daemon"
)

// defaultConfig is read where no --config is given and it is there.
const defaultConfig = "earshot.yaml"

// config reads the configuration the flags name. Without any, built-in
// defaults hold.
func (a *app) config() (*config.Config, error) {
	path := a.configFile
	if path == "" {
		if _, err := os.Stat(defaultConfig); errors.Is(err, fs.ErrNotExist) {
			cfg := config.Default()
			cfg.Storage.Dir = a.dataDir
			return cfg, nil
		}
		path = defaultConfig
	}
	cfg, err := a.configs.Load(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &statusError{exitConfig, err}
		}
		return nil, err
	}
	if a.dataDir != "" {
		cfg.SetDataDir(a.dataDir)
	}
	return cfg, nil
}

// store opens the data directory for a command that works by itself. While a
// daemon runs on it the error says so.
func (a *app) store(ctx context.Context, cfg *config.Config) (*daemon.Store, error) {
	return daemon.OpenStore(ctx, cfg.DataDir(), cfg.Location(), a.log)
}

// openFile opens a named file, or standard input for "-".
func (a *app) openFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(a.stdin), nil
	}
	return os.Open(name)
}
