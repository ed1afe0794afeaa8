package ledger_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"earshot/internal/ledger"
	"earshot/mention"
)

const crashDir = "EARSHOT_TEST_CRASH_DIR"

// TestCrashChild is the process that is killed: it writes until it is, and
// tells of each thing that was acknowledged.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs as the child of TestCrash")
	}
	l, err := ledger.Open(t.Context(), ledger.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	round := must(l.Counts(t.Context()))(t).MentionSeq
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		if _, err := fmt.Fprintf(os.Stdout, format+"\n", args...); err != nil {
			os.Exit(1)
		}
	}
	say("open")
	for w := range 3 {
		go func() {
			for i := 0; ; i++ {
				b := mention.Batch{Source: fmt.Sprint("s", w), State: &mention.SourceState{Passes: int64(i)}}
				for n := range 1 + i%4 {
					b.Mentions = append(b.Mentions, post(fmt.Sprintf("%d-%d-%d-%d", round, w, i, n), "text"))
				}
				b.Capture = answer("https://x.example/"+b.Mentions[0].ID, b.Mentions[0].ID)
				if _, err := l.Append(t.Context(), start, b); err != nil {
					say("error %v", err)
					return
				}
				for _, m := range b.Mentions {
					say("mention %s", m.ID)
				}
			}
		}()
	}
	for {
		after := must(l.Offset(t.Context(), "understand"))(t)
		understand(t, l, "c1")
		if next := must(l.Offset(t.Context(), "understand"))(t); next != after {
			say("offset %d", next)
		}
	}
}

// Whatever was acknowledged before a kill is there after it, once.
func TestCrash(t *testing.T) {
	if os.Getenv(crashDir) != "" {
		t.Skip("this is the child")
	}
	dir := t.TempDir()
	acked, offset := map[string]bool{}, int64(0)
	for round := range 6 {
		crash(t, dir, 1+rand.IntN(150), func(what, value string) {
			switch what {
			case "mention":
				acked[value] = true
			case "offset":
				n, err := strconv.ParseInt(value, 10, 64)
				if err != nil {
					t.Error(err)
				}
				offset = max(offset, n)
			case "error":
				t.Error(value)
			}
		})
		l := openDir(t, dir)
		checkAfterCrash(t, l, acked, offset)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}

// crash runs the child, reads some lines of it, kills it, and reads the rest.
func crash(t *testing.T, dir string, lines int, line func(what, value string)) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for n := 0; scanner.Scan(); n++ {
		what, value, _ := strings.Cut(scanner.Text(), " ")
		line(what, value)
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
}

func checkAfterCrash(t *testing.T, l ledger.Ledger, acked map[string]bool, offset int64) {
	t.Helper()
	if err := l.Check(t.Context()); err != nil {
		t.Error(err)
	}
	seen, seq := map[string]bool{}, int64(0)
	for _, e := range must(l.Entries(t.Context(), 0, 1_000_000))(t) {
		if seq++; e.Seq != seq {
			t.Errorf("entry %d where %d should be", e.Seq, seq)
		}
		if seen[e.Mention.ID] {
			t.Errorf("%s is there twice", e.Mention.ID)
		}
		seen[e.Mention.ID] = true
		if _, err := l.Capture(t.Context(), e.Mention.Capture); err != nil {
			t.Errorf("capture of %s: %v", e.Mention.ID, err)
		}
	}
	for id := range acked {
		if !seen[id] {
			t.Errorf("%s was acknowledged, and is gone", id)
		}
	}
	got := must(l.Offset(t.Context(), "understand"))(t)
	analyzed := must(l.Counts(t.Context()))(t).Analyzed
	if got < offset || got != analyzed {
		t.Errorf("offset %d, %d analyzed; %d was acknowledged", got, analyzed, offset)
	}
}
