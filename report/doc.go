// Package report turns records into what people take away: exports now, and
// whatever else is made of numbers and rows.
package report
