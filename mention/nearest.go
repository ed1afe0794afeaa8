package mention

// Nearest returns the name closest to word by Levenshtein distance (insert,
// delete, replace; by code point), at most 2 away and less than the word's
// own length, or "". The first of equally near names wins.
func Nearest(word string, names []string) string {
	best, near := "", 3
	w := []rune(word)
	for _, name := range names {
		if d := distance(w, []rune(name), near); d < near && d < len(w) {
			best, near = name, d
		}
	}
	return best
}

// distance is the Levenshtein distance of a and b, or limit when it is not below it.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, ca := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, cb := range b {
			cost := diagonal
			if ca != cb {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return min(row[len(b)], limit)
}
