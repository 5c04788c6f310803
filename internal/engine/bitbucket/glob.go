package bitbucket

import (
	"regexp"
	"strings"
)

// matches reports whether a pattern of Pipelines means a name: * is any text without a
// slash, ** any text, ? one letter, and {a,b} one of several.
func matches(pattern, name string) bool {
	if len(pattern) > 500 || len(name) > 500 {
		return false
	}
	var b strings.Builder
	b.WriteString(`^(?:`)
	braces := 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(`.*`)
			i++
		case c == '*':
			b.WriteString(`[^/]*`)
		case c == '?':
			b.WriteString(`[^/]`)
		case c == '{':
			braces++
			b.WriteString(`(?:`)
		case c == '}' && braces > 0:
			braces--
			b.WriteString(`)`)
		case c == ',' && braces > 0:
			b.WriteString(`|`)
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	b.WriteString(strings.Repeat(")", braces) + `)$`)
	re, err := regexp.Compile(b.String())
	return err == nil && re.MatchString(name)
}
