package mention

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Duration is a length of time as people write it in the configuration:
// one or more numbers with a unit of ms, s, m, h, d (24 h) or w (7 d), as in
// 90s, 1h30m, 400d. It prints the same way.
type Duration time.Duration

var units = []struct {
	name string
	d    time.Duration
}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}

// ParseDuration reads a [Duration]. "0" needs no unit.
func ParseDuration(s string) (Duration, error) {
	if s == "0" {
		return 0, nil
	}
	rest, sum := s, time.Duration(0)
	for rest != "" {
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		u := n
		for u < len(rest) && (rest[u] < '0' || rest[u] > '9') {
			u++
		}
		value, err := strconv.ParseInt(rest[:n], 10, 64)
		unit := unitOf(rest[n:u])
		if err != nil || unit == 0 || value > int64(1<<62)/int64(unit) {
			return 0, fmt.Errorf("mention: duration %q is not numbers with a unit of ms, s, m, h, d or w, as in 90s or 400d", s)
		}
		if sum += time.Duration(value) * unit; sum < 0 {
			return 0, fmt.Errorf("mention: duration %q is too long", s)
		}
		rest = rest[u:]
	}
	if s == "" {
		return 0, errors.New("mention: empty duration")
	}
	return Duration(sum), nil
}

func unitOf(name string) time.Duration {
	for _, u := range units {
		if u.name == name {
			return u.d
		}
	}
	return 0
}

// String prints d so that [ParseDuration] reads it back.
func (d Duration) String() string {
	rest := time.Duration(d)
	if rest < time.Millisecond {
		return "0s"
	}
	var b strings.Builder
	for _, u := range units {
		if u.name == "w" {
			continue // days read better: 400d, not 57w1d
		}
		if n := rest / u.d; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			rest %= u.d
		}
	}
	return b.String()
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// Std returns d as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }
