package strict

import "strings"

// Nearest gives the candidate that name was probably meant to be: one that differs in
// at most a third of its letters, or only in case and in dashes, or that begins with
// it. Empty when none is near.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", 1<<30
	if len(name) > maxNear {
		return ""
	}
	for _, c := range candidates {
		d := distance(fold(name), fold(c))
		if len(fold(name)) >= 3 && strings.HasPrefix(fold(c), fold(name)) {
			d = 1 // a beginning, such as prod
		}
		if d <= max(1, len(c)/3) && d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// maxNear bounds the work: no name that is meant for another is longer.
const maxNear = 100

func fold(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// distance is the Damerau-Levenshtein distance (adjacent letters may be swapped).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
