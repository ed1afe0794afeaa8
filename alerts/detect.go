package alerts

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The states of a row that [Detect] writes.
const (
	detectQuiet  = "quiet"
	detectFiring = "firing"
)

// detectKeep is how long an alarm lasts; no other begins before it is over.
const detectKeep = 24 * time.Hour

// warmUp is the number of rows that tell how far rows are apart.
const warmUp = 10

// timeForms are the forms of timestamps that are read.
var timeForms = []string{
	"2006-01-02 15:04:05", time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02", "01/02/2006 15:04",
}

// Detect reads CSV timestamp,value (counts in stretches of equal length,
// oldest first) and writes timestamp,value,score,state: a score of 0 to 1 and
// quiet or firing. Values with a decimal point or below zero are measures, not
// counts, and are judged in either direction. A row's answer never depends on later rows.
func Detect(r io.Reader, w io.Writer) error {
	in := csv.NewReader(bufio.NewReaderSize(r, 64<<10))
	in.ReuseRecord, in.FieldsPerRecord = true, -1
	out := csv.NewWriter(w)
	if err := out.Write([]string{"timestamp", "value", "score", "state"}); err != nil {
		return fmt.Errorf("alerts: detect: %w", err)
	}
	var d rowDetector
	for line := 1; ; line++ {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("alerts: detect: %w", err)
		}
		if line == 1 && len(cells) >= 2 && strings.EqualFold(strings.TrimSpace(cells[0]), "timestamp") {
			continue
		}
		at, value, err := readRow(cells)
		if err != nil {
			out.Flush() // what was answered stays answered
			n, _ := in.FieldPos(0)
			return fmt.Errorf("alerts: detect: line %d: %w", n, err)
		}
		d.measure = d.measure || value < 0 || strings.ContainsAny(cells[1], ".eE")
		s, state := d.next(at, value)
		if err := out.Write([]string{cells[0], cells[1], strconv.FormatFloat(s, 'f', 6, 64), state}); err != nil {
			return fmt.Errorf("alerts: detect: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("alerts: detect: %w", err)
	}
	return nil
}

func readRow(cells []string) (time.Time, float64, error) {
	if len(cells) < 2 {
		return time.Time{}, 0, errors.New("a row is timestamp,value")
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(cells[1]), 64)
	if err != nil || value != value || value > 1e15 || value < -1e15 {
		return time.Time{}, 0, fmt.Errorf("%q is not a number", cells[1])
	}
	for _, form := range timeForms {
		if at, err := time.Parse(form, strings.TrimSpace(cells[0])); err == nil {
			return at, value, nil
		}
	}
	return time.Time{}, 0, fmt.Errorf("%q is not a time such as 2026-03-01 10:00:00", cells[0])
}

// A rowDetector scores rows one by one.
type rowDetector struct {
	clock   clockwork
	series  series
	row     int64
	last    time.Time
	gaps    []time.Duration
	records records
	gauge   gauge
	measure bool      // a value was no count
	until   time.Time // of the alarm
}

func (d *rowDetector) next(at time.Time, value float64) (float64, string) {
	if d.row > 0 && d.row <= warmUp {
		d.gaps = append(d.gaps, at.Sub(d.last))
		slices.Sort(d.gaps)
		d.clock = clockOf(max(d.gaps[len(d.gaps)/2], time.Second))
	}
	d.last = at
	i := d.row
	d.row++
	if value > 0 && !d.measure {
		d.series.add(i, value)
	}
	if i < warmUp {
		d.gauge.add(value)
		return 0, detectQuiet
	}
	s := d.score(value, i)
	state := detectQuiet
	switch {
	case at.Before(d.until):
		state = detectFiring
	case s >= fireScore && !at.Equal(d.until):
		state, d.until = detectFiring, at.Add(detectKeep)
	}
	return unit(s), state
}

// score judges a row as a count or as a measure.
func (d *rowDetector) score(value float64, i int64) float64 {
	if d.measure {
		s := d.gauge.score(value)
		d.gauge.add(value)
		return s
	}
	d.gauge.add(value)
	d.series.trim(i - (baselineDays+2)*d.clock.day)
	w := d.clock.hour
	if i%w == 0 || i == warmUp {
		d.records = d.clock.records(&d.series, i, w)
	}
	return score(value, d.series.sum(i+1-w, i+1), d.clock.expect(&d.series, i, w, nil), d.records, w)
}
