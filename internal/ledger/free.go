//go:build linux || darwin || freebsd

package ledger

import "syscall"

// FreeSpace tells how many bytes a process may still write to the file system
// of a directory, and how large that is.
func FreeSpace(dir string) (free, size uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize)                                       //nolint:gosec // its type differs between systems; never negative
	return uint64(s.Bavail) * block, uint64(s.Blocks) * block, nil //nolint:gosec,unconvert // as above
}
