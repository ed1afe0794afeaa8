//go:build !linux && !darwin && !freebsd

package ledger

import "errors"

// FreeSpace tells how many bytes a process may still write to the file system
// of a directory, and how large that is. Here it cannot be told.
func FreeSpace(string) (free, size uint64, err error) { return 0, 0, errors.ErrUnsupported }
