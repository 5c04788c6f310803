package buildkite

import (
	"regexp"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

// runs reports whether a step may run for what is deployed, and why not.
func (r *run) runs(s *step) (ok bool, why string) {
	if skip := s.node.Get("skip"); !skip.IsNull() && skip.Text() != "false" && skip.Text() != "" {
		return false, "it is skipped"
	}
	for _, n := range append(s.groups[:len(s.groups):len(s.groups)], s.node) {
		if r.in.Branch != "" && r.in.Tag == "" && !branchMatches(n.Get("branches").Text(), r.in.Branch) {
			return false, "its `branches` leave out the one that is deployed"
		}
		if c := (condition{r: r, rest: n.Get("if").Text()}); c.rest != "" && len(c.rest) <= maxCondition && c.either() == no {
			return false, "its condition is false for what is deployed"
		}
	}
	return true, ""
}

// branchMatches reports whether a list of branches means one: * is any text, ! in front
// leaves one out.
func branchMatches(list, branch string) bool {
	words := strings.Fields(list)
	matched, positive := false, false
	for _, word := range words {
		pattern, not := strings.CutPrefix(word, "!")
		re, err := regexp.Compile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
		hit := err == nil && re.MatchString(branch)
		if not && hit {
			return false
		}
		positive = positive || !not
		matched = matched || !not && hit
	}
	return matched || !positive
}

const maxCondition = 2_000

// truth is what is known of a condition.
type truth uint8

const (
	open truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// condition reads `if:` as far as it speaks of the branch, the tag and the source; all
// else is open, and what cannot be read makes everything open.
type condition struct {
	r     *run
	rest  string
	depth int
	lost  bool
}

var conditionToken = lazy.Regexp(`^\s*(\|\||&&|==|!=|=~|!~|!|\(|\)|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/(?:[^/\\]|\\.)*/[a-z]*|[A-Za-z_][A-Za-z0-9_.]*(?:\("[^"]*"\))?|\S)`)

func (c *condition) peek() string {
	m := conditionToken().FindStringSubmatch(c.rest)
	if m == nil {
		return ""
	}
	return m[1]
}

func (c *condition) next() string {
	m := conditionToken().FindStringSubmatch(c.rest)
	if m == nil {
		return ""
	}
	c.rest = c.rest[len(m[0]):]
	return m[1]
}

func (c *condition) either() truth {
	out := c.both()
	for c.peek() == "||" {
		c.next()
		right := c.both()
		switch {
		case out == yes || right == yes:
			out = yes
		case out == open || right == open:
			out = open
		}
	}
	if c.depth == 0 && (c.lost || strings.TrimSpace(c.rest) != "") {
		return open
	}
	return out
}

func (c *condition) both() truth {
	out := c.one()
	for c.peek() == "&&" {
		c.next()
		right := c.one()
		switch {
		case out == no || right == no:
			out = no
		case out == open || right == open:
			out = open
		}
	}
	return out
}

func (c *condition) one() truth {
	if c.depth++; c.depth > 50 {
		c.lost = true
		return open
	}
	defer func() { c.depth-- }()
	switch c.peek() {
	case "!":
		c.next()
		switch c.one() {
		case yes:
			return no
		case no:
			return yes
		}
		return open
	case "(":
		c.next()
		out := c.either()
		if c.next() != ")" {
			c.lost = true
		}
		return out
	}
	left, leftKnown := c.operand(c.next())
	op := c.peek()
	if op != "==" && op != "!=" && op != "=~" && op != "!~" {
		return open
	}
	c.next()
	right, rightKnown := c.operand(c.next())
	if !leftKnown || !rightKnown {
		return open
	}
	switch op {
	case "==":
		return truthOf(left == right)
	case "!=":
		return truthOf(left != right)
	}
	pattern, plain := strings.CutSuffix(strings.TrimPrefix(right, "/"), "/")
	re, err := regexp.Compile(pattern)
	if !plain || err != nil {
		return open
	}
	return truthOf(re.MatchString(left) == (op == "=~"))
}

// operand is what a word of a condition stands for.
func (c *condition) operand(word string) (text string, known bool) {
	given := func(v string) (string, bool) { return v, v != "" }
	switch {
	case word == "":
		c.lost = true
		return "", false
	case word[0] == '"' || word[0] == '\'':
		return word[1 : len(word)-1], len(word) > 1 && !strings.Contains(word, `\`)
	case word[0] == '/':
		return word, true
	case word == "build.branch":
		return given(c.r.in.Branch)
	case word == "build.tag":
		return given(c.r.in.Tag)
	case word == "build.source":
		return given(c.r.in.Event)
	case strings.HasPrefix(word, "build.env("):
		name := strings.TrimSuffix(strings.TrimPrefix(word, `build.env("`), `")`)
		if v, ok := c.r.in.Inputs[name]; ok && v.State == model.Known {
			return v.Text.Reveal(), true
		}
	}
	return "", false
}
