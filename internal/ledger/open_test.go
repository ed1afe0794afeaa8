package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"earshot/mention"
)

func TestMigrateFromTheFirstSchema(t *testing.T) {
	dir := t.TempDir()
	dump, err := os.ReadFile("testdata/v1.sql")
	if err != nil {
		t.Fatal(err)
	}
	db, err := openDB(filepath.Join(dir, dbName), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(dump)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	l := openStore(t, dir)
	recs, err := l.Records(t.Context(), []string{"old"})
	if err != nil || len(recs) != 1 || recs[0].Mention.Text != "written by the first schema" || recs[0].Analysis.Models != "m1" {
		t.Errorf("Records = %+v, %v", recs, err)
	}
	if err := l.Check(t.Context()); err != nil {
		t.Error(err)
	}
	keepCapture(t, l, "new", noon)
}

func TestMigrateStepByStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := openDB(path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	steps := []string{"CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO b VALUES (1)", "CREATE TABLE c (x); INSERT INTO nowhere VALUES (1)"}
	for _, n := range []int{1, 2, 2} {
		if err := migrate(t.Context(), db, steps[:n]); err != nil {
			t.Fatal(err)
		}
	}
	if err := migrate(t.Context(), db, steps); err == nil {
		t.Error("a step that fails was accepted")
	}
	if v, err := schemaVersion(t.Context(), db); v != 2 || err != nil {
		t.Errorf("version = %d, %v; want 2", v, err)
	}
	if _, err := db.Exec("SELECT * FROM c"); err == nil {
		t.Error("half a step is there")
	}
	if err := migrate(t.Context(), db, steps[:1]); !errors.Is(err, ErrNewer) {
		t.Errorf("an older program: %v, want ErrNewer", err)
	}
}

func TestOpenRefusesANewerFile(t *testing.T) {
	dir := t.TempDir()
	l := openStore(t, dir)
	err := l.w.do(t.Context(), func(t *txn) error { return t.exec("UPDATE schema_version SET version = 99") })
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "99") {
		t.Errorf("Open = %v, want ErrNewer with the version", err)
	}
}

const lockDir = "EARSHOT_TEST_LOCK_DIR"

// TestLockChild holds a directory until it is killed.
func TestLockChild(t *testing.T) {
	dir := os.Getenv(lockDir)
	if dir == "" {
		t.Skip("runs as the child of TestLock")
	}
	_, holder, err := LockDir(dir)
	fmt.Fprintln(os.Stdout, "held", holder.PID, err)
	select {}
}

func TestLock(t *testing.T) {
	if os.Getenv(lockDir) != "" {
		t.Skip("this is the child")
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestLockChild$")
	cmd.Env = append(os.Environ(), lockDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if want := fmt.Sprintln("held", cmd.Process.Pid, "<nil>"); line != want || err != nil {
		t.Fatalf("child says %q, %v; want %q", line, err, want)
	}
	_, err = Open(t.Context(), Options{Dir: dir})
	var locked *LockedError
	if !errors.Is(err, ErrLocked) || !errors.As(err, &locked) || locked.Holder.PID != cmd.Process.Pid || !strings.Contains(err.Error(), fmt.Sprint(cmd.Process.Pid)) {
		t.Errorf("Open = %v, want ErrLocked with pid %d", err, cmd.Process.Pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	unlock, holder, err := LockDir(dir)
	if err != nil || holder.PID != os.Getpid() {
		t.Fatalf("LockDir after the holder's death = %v, %v", holder, err)
	}
	if _, _, err := LockDir(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("LockDir twice in one process: %v, want ErrLocked", err)
	}
	l, err := Open(t.Context(), Options{Dir: dir, Locked: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	unlock()
	unlock()
	openStore(t, dir)
}

func TestCloseWhileOthersWrite(t *testing.T) {
	l := openStore(t, t.TempDir())
	errs := make(chan error, 8)
	begun := make(chan struct{}, 8)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				_, err := l.Append(context.Background(), noon, mention.Batch{Source: "s", Mentions: []mention.Mention{{ID: fmt.Sprint(w, i), Text: "x"}}})
				if i == 0 {
					begun <- struct{}{}
				}
				if err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	<-begun
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for range 8 {
		if err := <-errs; !errors.Is(err, errClosed) {
			t.Errorf("Append to a closed ledger: %v", err)
		}
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

func TestDatabasesArePrivate(t *testing.T) {
	dir := t.TempDir()
	// As an earlier version left it.
	if err := os.WriteFile(filepath.Join(dir, dbName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	l := openStore(t, dir)
	keepCapture(t, l, "new", noon)
	j, err := OpenJobs(t.Context(), JobOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Stop(t.Context())
	files, err := filepath.Glob(filepath.Join(dir, "*.db*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("the directory has %q, %v", files, err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(name), mode)
		}
	}
}
