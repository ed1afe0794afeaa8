package daemon

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowSourcesDoNotHoldUpOthers has more hosts that take half a minute than
// there are places, and asks how long a quick source waits beside them.
func TestSlowSourcesDoNotHoldUpOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLanes()
		pass := func(source string, took time.Duration) bool {
			leave, err := l.enter(t.Context(), source)
			if err != nil || leave == nil {
				return false
			}
			time.Sleep(took)
			leave()
			return true
		}
		hostile := func() {
			for i := range quickPlaces + slowPlaces/2 {
				go pass(fmt.Sprint("slow", i), 30*time.Second)
			}
		}
		hostile()
		synctest.Wait()
		began := time.Now()
		if !pass("good", time.Millisecond) || time.Since(began) > 3*slowAfter {
			t.Errorf("among hosts that are new the pass took %s", time.Since(began))
		}
		time.Sleep(time.Minute)
		hostile()
		hostile() // those that find no place go away
		synctest.Wait()
		began = time.Now()
		if !pass("good", time.Millisecond) || time.Since(began) > time.Millisecond {
			t.Errorf("among hosts known as slow the pass took %s", time.Since(began))
		}
		if pass("slow0", time.Millisecond) {
			t.Error("a slow source finds a place in a full lane")
		}
		time.Sleep(time.Minute)
		if !pass("slow0", time.Millisecond) || l.known["slow0"] {
			t.Error("a source that was quick again is still taken for slow")
		}
		if len(l.quick) != 0 || len(l.slow) != 0 {
			t.Errorf("%d and %d places are still held", len(l.quick), len(l.slow))
		}
	})
}
