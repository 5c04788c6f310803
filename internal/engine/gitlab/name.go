package gitlab

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/strict"
)

// quoted repeats the name of a job or of a variable in quotes, but not one that may be a
// key. Names of jobs are put together with colons, commas and brackets.
func quoted(name string) string {
	if !isName(name) {
		return strict.Name("") // its word for a name that is not shown
	}
	return strconv.Quote(name)
}

// maxNameShown is how long a name may be that is repeated.
const maxNameShown = 120

func isName(name string) bool {
	if len(name) > maxNameShown || strings.TrimSpace(name) == "" {
		return false
	}
	for part := range strings.FieldsFuncSeq(name, func(c rune) bool { return strings.ContainsRune(":,[] /.", c) }) {
		if !strict.IsName(part) && strings.Trim(part, "0123456789-_") != "" {
			return false
		}
	}
	return true
}

func compact(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func cut(s, sep string) (string, string, bool) { return strings.Cut(s, sep) }
