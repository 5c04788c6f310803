package provider

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Pattern is an anchored regular expression: it must match the whole text.
type Pattern struct {
	re     *lazyRegexp
	tree   *syntax.Regexp
	prefix string
}

// lazyRegexp compiles an expression that was parsed before when it is first matched:
// of all the catalogue's forms, a run needs a few.
type lazyRegexp struct {
	text     string // with its anchors
	compiled func() *regexp.Regexp
}

func newLazyRegexp(text string) *lazyRegexp {
	return &lazyRegexp{text: text, compiled: sync.OnceValue(func() *regexp.Regexp {
		re, err := regexp.Compile(text)
		if err != nil {
			return nil // never: the parser took it
		}
		return re
	})}
}

func (l *lazyRegexp) match(text string) bool {
	re := l.compiled()
	return re != nil && re.MatchString(text)
}

// Match reports whether the whole text has this form. The zero Pattern matches everything.
func (p Pattern) Match(text string) bool {
	return p.re == nil || strings.HasPrefix(text, p.prefix) && p.re.match(text)
}

// Prefix is the text that every match begins with, as far as the expression tells.
func (p Pattern) Prefix() string { return p.prefix }

// literal gives the fixed text at the beginning of an expression; whole tells that the
// expression is nothing but that text.
func literal(re *syntax.Regexp) (text string, whole bool) {
	switch {
	case re == nil:
		return "", false
	case re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0:
		return string(re.Rune), true
	case re.Op == syntax.OpCapture:
		return literal(re.Sub[0])
	case re.Op != syntax.OpConcat:
		return "", false
	}
	for _, sub := range re.Sub {
		more, all := literal(sub)
		if text += more; !all {
			return text, false
		}
	}
	return text, true
}

// lengths gives the least and the greatest number of characters that a match has; most
// is -1 when there is no bound.
func (p Pattern) lengths() (least, most int) {
	if p.tree == nil {
		return 0, -1 // any text
	}
	return lengths(p.tree)
}

func lengths(re *syntax.Regexp) (least, most int) {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune), len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, 1
	case syntax.OpCapture:
		return lengths(re.Sub[0])
	case syntax.OpStar:
		return 0, -1
	case syntax.OpPlus:
		least, _ = lengths(re.Sub[0])
		return least, -1
	case syntax.OpQuest:
		_, most = lengths(re.Sub[0])
		return 0, most
	case syntax.OpRepeat:
		least, most = lengths(re.Sub[0])
		return least * re.Min, times(most, re.Max)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			l, m := lengths(sub)
			least, most = least+l, plus(most, m)
		}
		return least, most
	case syntax.OpAlternate:
		least, most = lengths(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			l, m := lengths(sub)
			least = min(least, l)
			if most = max(most, m); m < 0 {
				most = -1
			}
		}
	}
	return least, most
}

func times(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return a * b
}

func plus(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

// IsZero reports whether no expression is set.
func (p Pattern) IsZero() bool { return p.re == nil }

// String gives the expression without its anchors.
func (p Pattern) String() string {
	if p.re == nil {
		return ""
	}
	text := p.re.text
	return text[len(anchorStart) : len(text)-len(anchorEnd)]
}

// Equal reports whether both are the same expression. go-cmp uses it.
func (p Pattern) Equal(q Pattern) bool { return p.String() == q.String() }

const (
	anchorStart = `\A(?:`
	anchorEnd   = `)\z`
)

// DecodeStrict compiles the expression and anchors it at both ends.
func (p *Pattern) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	p.re, p.tree = compile(r, n, anchorStart, anchorEnd)
	p.prefix, _ = literal(p.tree)
}

// JSONSchema describes an expression.
func (p Pattern) JSONSchema() map[string]any {
	return map[string]any{"type": strict.Text()["type"], "description": "regular expression in RE2 syntax that the whole text matches"}
}

// Expression is a regular expression that may match anywhere in a text.
type Expression struct{ re *lazyRegexp }

// DecodeStrict compiles the expression.
func (e *Expression) DecodeStrict(r *strict.Reader, n *yaml.Node) { e.re, _ = compile(r, n, "", "") }

// JSONSchema describes an expression.
func (e Expression) JSONSchema() map[string]any {
	return map[string]any{"type": strict.Text()["type"], "description": "regular expression in RE2 syntax"}
}

// Match reports whether the expression matches somewhere in the text. The zero
// Expression matches nothing.
func (e Expression) Match(text string) bool { return e.re != nil && e.re.match(text) }

// Find gives the first group of the first match, or the whole match without a group.
func (e Expression) Find(text string) (string, bool) {
	if e.re == nil || e.re.compiled() == nil {
		return "", false
	}
	m := e.re.compiled().FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return m[min(1, len(m)-1)], true
}

// String gives the expression.
func (e Expression) String() string {
	if e.re == nil {
		return ""
	}
	return e.re.text
}

// Equal reports whether both are the same expression. go-cmp uses it.
func (e Expression) Equal(f Expression) bool { return e.String() == f.String() }

const maxExpression = 2_000

// compile parses an expression; whether its anchors hold it is part of the question.
func compile(r *strict.Reader, n *yaml.Node, before, after string) (*lazyRegexp, *syntax.Regexp) {
	var text string
	r.Decode(n, &text)
	if text == "" {
		if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
			r.Fail(n, "write an expression, or leave the field out", "is an empty regular expression")
		}
		return nil, nil
	}
	// Parsed on its own: "a)|(b" would break out of the anchors.
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil || len(text) > maxExpression || (before != "" && !parses(before+text+after)) {
		r.Fail(n, "write it in RE2 syntax", "is not a regular expression")
		return nil, nil
	}
	return newLazyRegexp(before + text + after), tree
}

func parses(text string) bool {
	_, err := syntax.Parse(text, syntax.Perl)
	return err == nil
}
