package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

const lockName = "earshot.lock"

// A Holder is the process that has a data directory in use.
type Holder struct {
	PID int // 0 when not known
}

// A LockedError reports that another process has the data directory in use.
// It is [ErrLocked].
type LockedError struct {
	Dir    string
	Holder Holder
}

func (e *LockedError) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("ledger: %s is in use by another process", e.Dir)
	}
	return fmt.Sprintf("ledger: %s is in use by process %d", e.Dir, e.Holder.PID)
}

// Is reports whether target is [ErrLocked].
func (*LockedError) Is(target error) bool { return target == ErrLocked }

// Exists reports whether a data directory holds a ledger.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, dbName))
	return err == nil
}

// LockDir takes the data directory for this process, making it when it is not
// there. When another has it, err is a [*LockedError] and holder says who. The
// lock is lifted by unlock, which may be called more than once, or by the end
// of the process.
func LockDir(dir string) (unlock func(), holder Holder, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, Holder{}, fmt.Errorf("ledger: lock: %w", err)
	}
	path := filepath.Join(dir, lockName)
	f, err := openLock(path)
	if err == nil {
		if err = lockFile(f); err != nil {
			_ = f.Close()
		}
	}
	if errors.Is(err, ErrLocked) {
		holder = readHolder(path)
		return nil, holder, &LockedError{Dir: dir, Holder: holder}
	}
	if err != nil {
		return nil, Holder{}, fmt.Errorf("ledger: lock: %w", err)
	}
	holder = Holder{PID: os.Getpid()}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(holder.PID)+"\n"), 0)
	}
	if err != nil {
		unlockFile(f)
		return nil, Holder{}, fmt.Errorf("ledger: lock: %w", err)
	}
	return sync.OnceFunc(func() { unlockFile(f) }), holder, nil
}

func readHolder(path string) Holder {
	data, err := os.ReadFile(path)
	if err != nil || len(data) > 32 {
		return Holder{}
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return Holder{}
	}
	return Holder{PID: pid}
}
