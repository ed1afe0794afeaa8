package daemon

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"
)

// watchConfig reads the configuration again when a signal asks for it or one
// of its files changes. A bad one keeps the old in force and is told.
func (d *Daemon) watchConfig(ctx context.Context) {
	if d.o.Reload == nil {
		return
	}
	ticker := time.NewTicker(watchFile)
	defer ticker.Stop()
	last := d.fingerprint()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.o.Hangup:
		case <-ticker.C:
			if f := d.fingerprint(); f == last {
				continue
			}
		}
		last = d.fingerprint()
		d.reload(ctx)
	}
}

func (d *Daemon) reload(ctx context.Context) {
	cfg, err := d.o.Reload()
	if err == nil {
		err = d.apply(ctx, cfg)
	}
	d.fault("configuration", err)
	if err != nil {
		d.log.Error("configuration not taken; the old one stays in force", "err", err)
		return
	}
	d.log.Info("configuration read again", "files", len(cfg.Files()))
}

// fingerprint changes when a file of the configuration does, or when one
// comes to conf.d.
func (d *Daemon) fingerprint() string {
	var b strings.Builder
	cfg := d.files.Load()
	for _, path := range append(cfg.Files(), cfg.Watched()...) {
		info, err := os.Stat(path)
		b.WriteString(path)
		if err == nil {
			b.WriteString(info.ModTime().String() + mode(info))
		}
	}
	return b.String()
}

func mode(info fs.FileInfo) string {
	if info.IsDir() {
		return "/"
	}
	return ""
}

func trimSlash(s string) string { return strings.TrimSuffix(s, "/") }

func hostOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return u.Host, nil
}
