package crawler

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter is the longest rest a host is given on its word.
const maxRetryAfter = 7 * 24 * time.Hour

// retryAfter reads a Retry-After header: seconds or a date. What is absurd,
// past or unreadable is 0, and nothing is longer than a week.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter // more digits than a number holds
		}
		return time.Duration(seconds) * time.Second
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil {
		if !(f > 0) {
			return 0
		}
		return time.Duration(min(f, maxRetryAfter.Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// freshFor reads how long an answer says it stays good: Cache-Control's
// max-age, else Expires. 0 when it does not say.
func freshFor(h http.Header, now time.Time) time.Duration {
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			seconds, err := strconv.ParseInt(strings.Trim(value, `" `), 10, 64)
			if err != nil || seconds < 0 {
				return 0
			}
			return min(time.Duration(min(seconds, int64(maxRetryAfter/time.Second)))*time.Second, maxRetryAfter)
		}
	}
	at, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// rateSpent reads what an API says of its limit in the headers that most use:
// until when it is spent.
func rateSpent(h http.Header, now time.Time) (until time.Time, spent bool) {
	for _, prefix := range []string{"X-Ratelimit-", "Ratelimit-"} {
		left, err := strconv.ParseFloat(strings.TrimSpace(h.Get(prefix+"Remaining")), 64)
		if err != nil || left >= 1 {
			continue
		}
		reset := strings.TrimSpace(h.Get(prefix + "Reset"))
		if n, err := strconv.ParseFloat(reset, 64); err == nil {
			if n > 1e9 { // a point in time, not a stretch
				n -= float64(now.Unix())
			}
			if !(n > 0) {
				continue
			}
			return now.Add(time.Duration(min(n, maxRetryAfter.Seconds()) * float64(time.Second))), true
		}
		if t, err := time.Parse(time.RFC3339, reset); err == nil && t.After(now) {
			return now.Add(min(t.Sub(now), maxRetryAfter)), true
		}
	}
	return time.Time{}, false
}
