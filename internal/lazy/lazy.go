// Package lazy puts off what would otherwise cost every start of the program: most runs
// use few of the patterns that all the engines together know.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp gives a regular expression that is compiled when it is first asked for. Like
// [regexp.MustCompile] it is for constant texts, which a test holds to be correct.
func Regexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
