package daemon

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// watchConfig reads the configuration again when a signal asks for it or one
// of its files changes. A bad one keeps the old in force and is told.
func (d *Daemon) watchConfig(ctx context.Context) {
	if d.o.Reload == nil {
		return
	}
	timer := time.NewTimer(watchFile)
	defer timer.Stop()
	last := d.seen
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.o.Hangup:
			last = d.fingerprint()
			d.reload(ctx)
		case <-timer.C:
			began := time.Now()
			f := d.fingerprint()
			pause := min(max(watchFile, watchShare*time.Since(began)), watchLeast)
			if f != last {
				// Taken before the files are read: what is written meanwhile
				// is read next time.
				last = d.settled(ctx, f)
				d.reload(ctx)
			}
			timer.Reset(pause)
		}
	}
}

// settled waits a moment while the files go on changing, so that one that is
// being written is not read by halves, and returns their fingerprint.
func (d *Daemon) settled(ctx context.Context, f string) string {
	for range settleLooks {
		select {
		case <-ctx.Done():
			return f
		case <-time.After(settleFile):
		}
		now := d.fingerprint()
		if now == f {
			return f
		}
		f = now
	}
	return f
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
	paths := slices.Clone(cfg.Files())
	for _, dir := range cfg.Watched() {
		if more, err := filepath.Glob(filepath.Join(dir, "*.yaml")); err == nil {
			paths = append(paths, more...)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		b.WriteString(path)
		if err == nil {
			fmt.Fprint(&b, info.ModTime(), info.Size())
		}
	}
	return b.String()
}

func trimSlash(s string) string { return strings.TrimSuffix(s, "/") }

func hostOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return u.Host, nil
}
