package daemon

import (
	"bytes"
	"image/png"
	"testing"
	"time"

	"earshot/alerts"
	"earshot/mention"
)

func TestPictureOfCounts(t *testing.T) {
	for _, tt := range []struct {
		step time.Duration
		n    int
	}{{time.Hour, 48}, {5 * time.Minute, 2}, {6 * time.Hour, 56}, {24 * time.Hour, 30}} {
		c := &alerts.Counted{From: time.Date(2026, 3, 28, 4, 0, 0, 0, time.UTC), Step: mention.Duration(tt.step)}
		for i := range tt.n {
			c.Counts = append(c.Counts, i*i%23)
		}
		c.Counts[tt.n-1] = 60
		var b bytes.Buffer
		if err := picture(&b, c.Title(), c); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil || img.Bounds().Dx() != 1196 || img.Bounds().Dy() != 380 {
			t.Errorf("%d steps of %s: %v, %v", tt.n, tt.step, img, err)
		}
	}
}
