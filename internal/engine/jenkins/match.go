package jenkins

import (
	"regexp"
	"strings"
)

// match is text =~ pattern, as the list of what is found, or with all set text ==~ pattern.
func (m *machine) match(v, pattern value, n *node, all bool) value {
	s, okText := v.words()
	p, okPattern := pattern.words()
	if !okText || v.kind != kindText {
		return m.tainted(v, pattern, n)
	}
	re, ok := javaPattern(p, s)
	if !okPattern || !ok {
		return m.tainted(pattern, v, n)
	}
	if all {
		loc := regexp.MustCompile(`\A(?:` + re.String() + `)\z`).MatchString(s)
		return boolValue(loc, n, v.text, pattern.text)
	}
	var out []value
	for _, found := range re.FindAllStringSubmatch(s, maxTurns) {
		if len(found) == 1 {
			out = append(out, textValue(derived(found[0], n, v.text)))
			continue
		}
		var groups []value
		for _, g := range found {
			groups = append(groups, textValue(derived(g, n, v.text)))
		}
		out = append(out, m.list(groups))
	}
	return m.list(out)
}

const maxPattern = 500

// javaPattern compiles a pattern of Java when it means the same here for a text.
func javaPattern(p, s string) (*regexp.Regexp, bool) {
	if len(p) > maxPattern || strings.ContainsAny(s, "\r\u0085\u2028\u2029\x0b") || !isASCII(p+s) {
		return nil, false
	}
	for _, differs := range []string{`\p`, `\P`, `\Z`, `\G`, `\h`, `\H`, `\v`, `\V`, `\R`, `\X`, `\k`, `\x`, `\c`, `\0`, "&&", "(?", "++", "*+", "?+", "}+", "[[", `\N`, `\C`, `\a`, `\e`} {
		if strings.Contains(p, differs) {
			return nil, false
		}
	}
	inClass := false
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			if i+1 < len(p) && p[i+1] >= '1' && p[i+1] <= '9' { // what a group found
				return nil, false
			}
			i++
		case '[':
			if inClass {
				return nil, false
			}
			inClass = true
		case ']':
			inClass = false
		}
	}
	if strings.Contains(p, "$") && strings.HasSuffix(s, "\n") {
		return nil, false
	}
	re, err := regexp.Compile(p)
	return re, err == nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
