package ledger_test

import (
	"testing"

	"go.uber.org/goleak"

	"earshot/internal/ledger"
)

func openDir(t testing.TB, dir string) ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledger.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestLedger(t *testing.T) {
	testLedger(t, func(t *testing.T) ledger.Ledger { return openDir(t, t.TempDir()) })
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
