//go:build !unix || solaris || aix

package ledger

import (
	"errors"
	"io/fs"
	"os"
)

// lockFile has nothing to do where the making of the file is the lock.
func lockFile(*os.File) error { return nil }

// openLock makes the lock file, which must not be there. After a crash it must
// be deleted by hand; the error names its holder.
func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, ErrLocked
	}
	return f, err
}

func unlockFile(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}
