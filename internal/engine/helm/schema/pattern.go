package schema

import (
	"regexp"
	"regexp/syntax"
)

// pattern is a regular expression and what a match costs for each letter.
type pattern struct {
	regexp *regexp.Regexp // nil when it does not compile
	cost   int
}

// patterns are the patterns of one schema, each compiled once.
type patterns struct {
	known map[string]*pattern
	left  int
}

// compile gives nil when that would cost too much.
func (p *patterns) compile(text string) *pattern {
	if found, ok := p.known[text]; ok {
		return found
	}
	found := newPattern(text, p.left)
	if found != nil {
		p.left -= found.cost
		p.known[text] = found
	}
	return found
}

func newPattern(text string, most int) *pattern {
	if len(text) > most {
		return nil
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return &pattern{cost: 1 + len(text)}
	}
	cost := len(text) + costOf(tree)
	if cost > most {
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		re = nil
	}
	return &pattern{regexp: re, cost: cost}
}

// costOf is how large an expression becomes: repetitions are written out. The parser
// bounds how deep they go.
func costOf(tree *syntax.Regexp) int {
	out := 1 + len(tree.Rune)
	for _, sub := range tree.Sub {
		out += costOf(sub)
	}
	if tree.Op == syntax.OpRepeat {
		out *= max(1, tree.Min, tree.Max)
	}
	return out
}

// matches reports whether a text has a match. The second result is false when that costs
// too much.
func (r *run) matches(p *pattern, text string) (matched, ok bool) {
	if len(text) > maxSteps || !r.spend(1+(len(text)+1)*p.cost/64) {
		return false, false
	}
	return p.regexp.MatchString(text), true
}
