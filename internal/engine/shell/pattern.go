package shell

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/pattern"
)

const globChars = `*?[\`

// maxEdge bounds texts on which a pattern is tried at every place.
const maxEdge = 1024

// matcher is a shell pattern that is known.
type matcher struct {
	source  string
	literal string // what it matches, when it has nothing special
	plain   bool
	re      *regexp.Regexp
}

// patternText writes a text as a pattern: what was quoted stands for itself.
func patternText(s sym) (string, bool) {
	var b strings.Builder
	for _, p := range s {
		switch {
		case p.unk != nil:
			return "", false
		case p.mode == quoted:
			b.WriteString(quotePattern(p.text))
		default:
			b.WriteString(p.text)
		}
	}
	return b.String(), true
}

func quotePattern(t string) string {
	var b strings.Builder
	for i := range len(t) {
		if strings.IndexByte(`*?[]\!@+()|-^`, t[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(t[i])
	}
	return b.String()
}

// compile reads a pattern. It reports false when the pattern is not known, or is of a
// kind that is not matched here.
func (sh *shell) compile(st *state, s sym, extended bool) (*matcher, bool) {
	src, ok := patternText(s)
	if !ok || len(src) > 10_000 {
		return nil, false
	}
	if st.opts.nocaseMatch {
		return nil, false
	}
	m := &matcher{source: src}
	if lit, plain := unquotePattern(src); plain {
		m.literal, m.plain = lit, true
		return m, true
	}
	mode := pattern.EntireString
	if extended || st.opts.extglob {
		mode |= pattern.ExtendedOperators
	}
	expr, err := pattern.Regexp(src, mode)
	if err != nil {
		return nil, false
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, false
	}
	re.Longest()
	m.re = re
	return m, true
}

// unquotePattern gives the text of a pattern without anything special.
func unquotePattern(src string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\\' && i+1 < len(src):
			i++
			b.WriteByte(src[i])
		case c == '\\':
			b.WriteByte(c)
		case c == '*' || c == '?' || c == '[':
			return "", false
		case i+1 < len(src) && src[i+1] == '(' && strings.IndexByte("@+!", c) >= 0:
			return "", false
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// full says whether the pattern matches the whole of t.
func (m *matcher) full(t string) tri {
	if m.plain {
		return triOf(t == m.literal)
	}
	if !isASCII(t) && strings.ContainsAny(m.source, "?[") {
		return maybe
	}
	return triOf(m.re.MatchString(t))
}

// edge finds the shortest or largest match at the beginning or the end of t: where the
// cut is, -1 for no match. It reports false when that cannot be told.
func (m *matcher) edge(t string, prefix, large bool) (int, bool) {
	if m.plain {
		switch {
		case prefix && strings.HasPrefix(t, m.literal):
			return len(m.literal), true
		case !prefix && strings.HasSuffix(t, m.literal):
			return len(t) - len(m.literal), true
		}
		return -1, true
	}
	if cut, ok := m.simpleEdge(t, prefix, large); ok {
		return cut, true
	}
	if len(t) > maxEdge || !isASCII(t) && strings.ContainsAny(m.source, "?[") {
		return 0, false
	}
	// Cuts from the shortest to the largest match.
	for i := range len(t) + 1 {
		n := i
		if large {
			n = len(t) - i
		}
		part, cut := t[:n], n
		if !prefix {
			part, cut = t[len(t)-n:], len(t)-n
		}
		if m.re.MatchString(part) {
			return cut, true
		}
	}
	return -1, true
}

// simpleEdge is edge for the usual patterns, a star before or behind plain text.
func (m *matcher) simpleEdge(t string, prefix, large bool) (int, bool) {
	src := m.source
	if prefix {
		src = strings.TrimPrefix(src, "*")
	} else {
		src = strings.TrimSuffix(src, "*")
	}
	lit, plain := unquotePattern(src)
	if !plain || src == m.source || lit == "" || strings.HasSuffix(src, `\`) {
		return 0, false
	}
	i := strings.Index(t, lit)
	if prefix == large {
		i = strings.LastIndex(t, lit)
	}
	if i >= 0 && prefix {
		i += len(lit)
	}
	return i, true
}

// findAll finds the longest matches from left to right.
func (m *matcher) findAll(t string, all bool) ([][2]int, bool) {
	if !m.plain && (len(t) > maxEdge || !isASCII(t) && strings.ContainsAny(m.source, "?[")) {
		return nil, false
	}
	var out [][2]int
	budget := 5_000_000
	for i := 0; i < len(t); {
		n := m.longestAt(t[i:], &budget)
		if budget < 0 {
			return nil, false
		}
		if n <= 0 {
			i++
			continue
		}
		out = append(out, [2]int{i, i + n})
		i += n
		if !all {
			break
		}
	}
	return out, true
}

func (m *matcher) longestAt(t string, budget *int) int {
	if m.plain {
		if m.literal != "" && strings.HasPrefix(t, m.literal) {
			return len(m.literal)
		}
		return 0
	}
	for n := len(t); n > 0; n-- {
		*budget -= n
		if *budget < 0 {
			return 0
		}
		if m.re.MatchString(t[:n]) {
			return n
		}
	}
	return 0
}

// match says whether a text matches a pattern, of both of which parts may be unknown.
func (sh *shell) match(st *state, subject, pat sym, extended bool) tri {
	subjects, ok1 := subject.variants()
	pats, ok2 := pat.variants()
	if !ok1 || !ok2 {
		return maybe
	}
	out, first := maybe, true
	for _, s := range subjects {
		for _, p := range pats {
			t := sh.matchOne(st, s, p, extended)
			if first {
				out, first = t, false
			}
			if out = out.agree(t); out == maybe {
				return maybe
			}
		}
	}
	return out
}

func (sh *shell) matchOne(st *state, subject, pat sym, extended bool) tri {
	m, ok := sh.compile(st, pat, extended)
	if !ok {
		return maybe
	}
	if t, ok := subject.known(); ok {
		return m.full(t)
	}
	toks, ok := tokens(m.source)
	if !ok {
		return maybe
	}
	if possible(subject, toks, false) == no {
		return no
	}
	return possible(subject, toks, true)
}
