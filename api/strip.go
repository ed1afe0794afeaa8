package api

import (
	"fmt"
	"strings"
	"time"

	"earshot/mention"
)

const (
	stripHours = 48
)

// A strip is how a source answered in each of the last hours.
type strip struct {
	Runs []stripRun
}

// A stripRun is some hours alike.
type stripRun struct {
	State     string // answered; gap: for some or all of the hour there was no answer; unknown: it was not asked
	At, Hours int
}

// stripOf tells the hours before now by what is known of a source.
func stripOf(list []mention.Coverage, now time.Time) strip {
	var s strip
	from := now.Add(-stripHours * time.Hour)
	for h := range stripHours {
		begin := from.Add(time.Duration(h) * time.Hour)
		end := begin.Add(time.Hour)
		state := "unknown"
		for _, c := range list {
			if !c.From.Before(end) || !c.To.After(begin) {
				continue
			}
			if !c.OK {
				state = "gap"
				break
			}
			state = "answered"
		}
		if n := len(s.Runs); n > 0 && s.Runs[n-1].State == state {
			s.Runs[n-1].Hours++
		} else {
			s.Runs = append(s.Runs, stripRun{State: state, At: h, Hours: 1})
		}
	}
	return s
}

// String says it in words.
func (s strip) String() string {
	hours := map[string]int{}
	for _, r := range s.Runs {
		hours[r.State] += r.Hours
	}
	var parts []string
	for _, x := range []struct{ state, words string }{{"answered", "answered"}, {"gap", "with a gap"}, {"unknown", "not asked"}} {
		if n := hours[x.state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, x.words))
		}
	}
	return fmt.Sprintf("of the last %d hours: %s", stripHours, strings.Join(parts, ", "))
}
