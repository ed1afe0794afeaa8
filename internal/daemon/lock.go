package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"earshot/internal/ledger"
)

// A Running is what a daemon leaves beside its lock, so that commands on the
// same data can ask it.
type Running struct {
	PID     int       `json:"pid"`
	Address string    `json:"address"` // base URL of the API, without a slash at the end
	Started time.Time `json:"started"`
	Version string    `json:"version"`
	Token   string    `json:"token,omitempty"` // for commands of the same user; the file is 0600
}

const runningFile = "daemon.json"

// Find returns the daemon that runs on a data directory, or false when there
// is none. A file left by one that was killed does not count.
func Find(ctx context.Context, dir string) (Running, bool, error) {
	var r Running
	data, err := os.ReadFile(filepath.Join(dir, runningFile))
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("daemon: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, false, nil //nolint:nilerr // half a file is one whose writer was killed
	}
	unlock, holder, err := ledger.LockDir(dir)
	if err == nil { // nobody has it: the file was left behind
		unlock()
		return r, false, nil
	}
	if !errors.Is(err, ledger.ErrLocked) || holder.PID != r.PID {
		return r, false, nil
	}
	host, err := hostOf(r.Address)
	if err != nil {
		return r, false, nil //nolint:nilerr // as above
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return r, false, nil //nolint:nilerr // nobody listens: it was killed
	}
	return r, true, conn.Close()
}

// announce writes the file whole or not at all.
func announce(dir string, r Running) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, runningFile+".tmp")
	if err := os.WriteFile(tmp, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, runningFile)); err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	return nil
}

func withdraw(dir string) { _ = os.Remove(filepath.Join(dir, runningFile)) }
