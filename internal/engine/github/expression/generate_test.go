package expression

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator writes expressions over testdata/contexts.json. One of eight is noise.
type generator struct{ *rand.Rand }

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g generator) expression() string {
	if g.IntN(8) == 0 {
		return g.noise()
	}
	return g.any(2 + g.IntN(3))
}

// noise puts tokens together without a grammar.
func (g generator) noise() string {
	words := make([]string, 1+g.IntN(8))
	for i := range words {
		words[i] = g.pick("foo", "(", ")", "[", "]", ".", "*", "!", "==", "!=", "<", "&&", "||", "'a'", "1", "null", "contains(", "format('{0}',", ",", "a", "list", "true", "-", "foo.list", "foo.map", "'", "=", "NaN")
	}
	return strings.Join(words, g.pick("", " "))
}

func (g generator) any(depth int) string {
	if depth == 0 {
		return g.leaf()
	}
	switch g.IntN(14) {
	case 0, 1:
		return g.any(depth-1) + " && " + g.any(depth-1)
	case 2, 3:
		return g.any(depth-1) + " || " + g.any(depth-1)
	case 4, 5:
		return g.group(depth) + g.pick(" == ", " == ", " != ", " < ", " <= ", " > ", ">=") + g.group(depth)
	case 6:
		return "!" + g.group(depth)
	case 7:
		return g.group(depth) + " && " + g.any(depth-1) + " || " + g.any(depth-1)
	case 8:
		return g.reference()
	case 9:
		return "(" + g.any(depth-1) + ")"
	}
	return g.call(depth)
}

// group is an operand that may hold any operator.
func (g generator) group(depth int) string {
	if g.IntN(3) == 0 {
		return "(" + g.any(depth-1) + ")"
	}
	return g.any(0)
}

func (g generator) call(depth int) string {
	arg := func() string { return g.any(depth - 1) }
	switch g.IntN(12) {
	case 0, 1:
		return "contains(" + g.pick(arg(), g.list()) + ", " + arg() + ")"
	case 2:
		return "startsWith(" + arg() + ", " + arg() + ")"
	case 3:
		return "endsWith(" + arg() + ", " + arg() + ")"
	case 4, 5:
		pattern := g.pick("{0}", "{0}-{1}", "a{{{0}}}", "{1}{0}{1}", "refs/heads/{0}", "{0}/{1}", "x", "{{{{", "{0", "{2}")
		return "format('" + pattern + "', " + arg() + ", " + arg() + ")"
	case 6:
		return "join(" + g.pick(arg(), g.list()) + g.pick("", ", '-'", ", ''", ", "+arg()) + ")"
	case 7:
		return "toJSON(" + arg() + ")"
	case 8:
		return "fromJSON(" + g.pick(`'["a","B",1,null]'`, `'{"a":{"x":1},"b":"y"}'`, "foo.json", "toJSON("+arg()+")", arg()) + ")" + g.pick("", "", ".a", "[0]", ".*", ".a.x", "["+arg()+"]")
	case 9:
		return "case(" + g.condition(depth) + ", " + arg() + g.pick("", ", "+g.condition(depth)+", "+arg()) + ", " + arg() + ")"
	case 10:
		return g.pick("success()", "failure()", "always()", "cancelled()")
	}
	return g.reference()
}

func (g generator) condition(depth int) string {
	return g.pick("!"+g.group(depth), g.group(depth)+" == "+g.group(depth), "contains("+g.list()+", "+g.leaf()+")", g.leaf())
}

func (g generator) list() string {
	return g.pick("foo.list", "foo.mixed", "foo.emptylist", "foo.jobs.*.result", "foo.jobs.*.outputs.v", "foo.nested.list.*.name", "foo.nested.list.*.tags.*", "foo.map.*", `fromJSON('["one","a"]')`)
}

func (g generator) leaf() string {
	switch g.IntN(10) {
	case 0:
		return g.pick("null", "true", "false", "NaN", "Infinity")
	case 1, 2:
		return g.pick("0", "1", "2", "-1", "1.5", "0x10", "3e2", ".5")
	case 3, 4, 5:
		return g.pick("''", "'a'", "'A value'", "'one'", "'0'", "'1'", "'2'", "'true'", "'refs/heads/main'", "'refs/heads/'", "'success'", "'it''s'", "'1.5'", "'x'", "'staging'", "'prod'", "'Array'", "'é'")
	}
	return g.reference()
}

func (g generator) reference() string {
	switch g.IntN(8) {
	case 0:
		return g.pick("foo", "FOO") + g.property() + g.property()
	case 1:
		return g.list()
	case 2:
		return "foo[" + g.pick("'a'", "'map'", "foo.key", "'none'", "foo.text", "'list'") + "]" + g.pick("", ".x", "[0]", ".*")
	case 3:
		return "foo.nested.list" + g.pick(".*", "[*]", "[0]", "[1]", "[foo.num]", "[foo.yes]") + g.pick("", ".name", ".tags", ".tags[0]", ".tags.*", ".none")
	case 4:
		return "foo.jobs" + g.pick(".*", ".build", ".test", "[foo.key]") + g.pick("", ".result", ".outputs", ".outputs.v", ".*")
	}
	return "foo" + g.property()
}

func (g generator) property() string {
	return g.pick(".a", ".A", ".num", ".yes", ".no", ".nil", ".key", ".text", ".list", ".mixed", ".emptylist", ".empty", ".map", ".keyed", ".json", ".none", ".x", ".*", "[0]", fmt.Sprintf("[%d]", g.IntN(4)), "['x']")
}
