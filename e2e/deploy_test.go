package e2e

import "testing"

// TestUnitIsHardened asks systemd how exposed the unit leaves the daemon: 2.0
// of 10 at the most.
func TestUnitIsHardened(t *testing.T) {
	run(t, "..", "systemd-analyze", "security", "--offline=yes", "--threshold=20", "docs/deploy/earshot.service")
}
