package jenkins

import (
	"regexp"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// when decides conditions that must all be met; why says what an undecided one needs.
func (m *machine) when(calls []*node, sc *scope) (decided, model.Value) {
	out, why := yes, model.Value{}
	for _, n := range calls {
		d, w := m.condition(n, sc)
		if d == undecided && out != no {
			why = w
		}
		out = out.and(d)
	}
	return out, why
}

func (m *machine) anyOf(calls []*node, sc *scope) (decided, model.Value) {
	out, why := no, model.Value{}
	for _, n := range calls {
		d, w := m.condition(n, sc)
		if d == undecided {
			why = w
		}
		out = out.or(d)
	}
	return out, why
}

func (m *machine) condition(n *node, sc *scope) (decided, model.Value) {
	open := model.UnknownBecause(model.WhyInput, "the run of the pipeline", m.trail(n))
	var inner []*node
	if b := n.body(); b != nil {
		inner = b.kids
	}
	switch n.callee() {
	case "beforeAgent", "beforeInput", "beforeOptions":
		return yes, open
	case "not":
		d, why := m.when(inner, sc)
		return d.not(), why
	case "allOf":
		return m.when(inner, sc)
	case "anyOf":
		return m.anyOf(inner, sc)
	case "expression":
		if n.body() == nil {
			return undecided, open
		}
		v := m.invoke(m.closure(n.body(), sc).fn, nil, n)
		return m.truth(v), m.undecidedBy(v, n)
	case "isRestartedRun":
		return no, open
	}
	c := m.invocation(n, n.callee(), sc)
	m.unfold(c)
	switch c.name {
	case "branch":
		branch, _ := m.getVar("BRANCH_NAME")
		if branch.State == model.Absent {
			branch, _ = m.getVar("GIT_LOCAL_BRANCH")
		}
		return m.like(c, branch, c.either("pattern", 0), false)
	case "tag":
		tag, _ := m.getVar("TAG_NAME")
		return m.like(c, tag, c.either("pattern", 0), true)
	case "buildingTag":
		return m.isThere("TAG_NAME", open)
	case "changeRequest":
		d, why := m.isThere("CHANGE_ID", open)
		if d == yes && len(c.named) > 0 {
			return undecided, open
		}
		return d, why
	case "environment":
		return m.environmentIs(c)
	case "equals":
		d := m.equal(c.get("expected"), c.get("actual"))
		return d, m.undecidedBy(c.get("actual"), n)
	}
	return undecided, open
}

func (m *machine) isThere(name string, open model.Value) (decided, model.Value) {
	v, _ := m.getVar(name)
	switch v.State {
	case model.Known:
		return decide(!v.Text.IsEmpty()), open
	case model.Absent:
		return no, open
	}
	return undecided, v
}

func (m *machine) environmentIs(c *invocation) (decided, model.Value) {
	name, ok := c.get("name").words()
	want := c.get("value")
	if !ok {
		return undecided, m.undecidedBy(c.get("name"), c.node)
	}
	v, isSecret := m.getVar(name)
	actual := fromModel(v, c.node, isSecret)
	if actual.kind == kindNull {
		actual = textValue(nil)
	}
	if folded, _ := m.asText(c.get("ignoreCase"), c.node).known(); folded == "true" {
		a, okA := actual.words()
		b, okB := want.words()
		if okA && okB {
			return decide(strings.EqualFold(a, b)), v
		}
	}
	return m.equal(actual, want), m.undecidedBy(actual, c.node)
}

// like compares a branch or tag with a pattern, as a glob unless another comparator is named.
func (m *machine) like(c *invocation, v model.Value, pattern value, tag bool) (decided, model.Value) {
	want, ok := pattern.words()
	comparator, _ := c.get("comparator").words()
	switch {
	case v.State == model.Unknown:
		return undecided, v
	case v.State == model.Absent || v.Text.IsEmpty():
		return decide(!tag && ok && want == "" && pattern.kind == kindText), v
	case tag && pattern.kind == kindNull:
		return yes, v
	case !ok:
		return undecided, m.undecidedBy(pattern, c.node)
	case want == "":
		return decide(tag), v
	}
	actual := v.Text.Reveal()
	switch strings.ToUpper(comparator) {
	case "REGEXP":
		re, fits := javaPattern(want, actual)
		if !fits {
			return undecided, m.unsupported(c.node, "a simpler pattern").why
		}
		return decide(regexp.MustCompile(`\A(?:` + re.String() + `)\z`).MatchString(actual)), v
	case "EQUALS":
		return decide(want == actual), v
	}
	return decide(globPath(strings.ToLower(want), strings.ToLower(actual))), v
}

// maxGlob bounds the work of a pattern.
const maxGlob = 300

// globPath matches as Ant does: * and ? within a part between slashes, ** over any number of
// parts.
func globPath(pattern, path string) bool {
	if len(pattern) > maxGlob || len(path) > maxGlob || strings.HasPrefix(pattern, "/") != strings.HasPrefix(path, "/") {
		return false
	}
	return globParts(fields(pattern), fields(path))
}

func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '/' })
}

// globParts decides by a table: whether the patterns from i on match the parts from j on.
func globParts(patterns, parts []string) bool {
	next := make([]bool, len(parts)+1)
	next[len(parts)] = true
	for i := len(patterns) - 1; i >= 0; i-- {
		row := make([]bool, len(parts)+1)
		for j := len(parts); j >= 0; j-- {
			if patterns[i] == "**" {
				row[j] = next[j] || j < len(parts) && row[j+1]
			} else {
				row[j] = j < len(parts) && next[j+1] && globWord([]rune(patterns[i]), []rune(parts[j]))
			}
		}
		next = row
	}
	return next[0]
}

func globWord(pattern, word []rune) bool {
	next := make([]bool, len(word)+1)
	next[len(word)] = true
	for i := len(pattern) - 1; i >= 0; i-- {
		row := make([]bool, len(word)+1)
		for j := len(word); j >= 0; j-- {
			switch pattern[i] {
			case '*':
				row[j] = next[j] || j < len(word) && row[j+1]
			case '?':
				row[j] = j < len(word) && next[j+1]
			default:
				row[j] = j < len(word) && next[j+1] && pattern[i] == word[j]
			}
		}
		next = row
	}
	return next[0]
}
