package jenkins

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// words are what the expressions of the tests find under a name.
func expressionWords() map[string]any {
	return map[string]any{
		"a": map[string]any{"b": "B", "c": map[string]any{"d": "D"}}, "x": "X", "y": "CANARY-y", "empty": "", "n": 3,
		"list": []any{"p", "q", "r"}, "branch": "feature/one-2", "version": "v1.2.3", "flag": true, "nothing": nil,
		"lines": "one\ntwo\nthree\n", "padded": "  mid dle \n", "csv": "eu,us,,ap", "path": "a/b/c.txt",
	}
}

// evaluate gives what keyfit makes of one expression, in the words of the oracle.
func evaluate(t *testing.T, code string) (kind, text string, known bool) {
	t.Helper()
	src := newSource("Jenkinsfile", []byte(code))
	root, wrong := parse(src)
	if wrong != nil {
		return "error", "", true
	}
	m := &machine{
		ctx: context.Background(), host: &fake{}, st: newState(), binding: newScope(nil), secrets: map[string]bool{}, loads: map[string]*script{},
		params: map[string]value{}, told: map[string]bool{}, frame: &frame{}, in: pipeline.Step{Files: lay(t, nil), File: strict.At[string]{Value: "Jenkinsfile"}},
	}
	m.main = &script{src: src, root: root, functions: map[string][]*function{}}
	m.main.declareFunctions(root)
	m.plan = newPlan(root)
	for name, v := range expressionWords() {
		m.declare(m.binding, name, m.given(v, root))
	}
	sc := newScope(nil)
	sc.home = m.main
	f := m.block(root.kids, sc)
	v := m.last
	if f == flowReturn {
		v = m.back
	}
	if m.thrown {
		return "error", "", true
	}
	return m.shown(v, root)
}

// given makes a value of one of Go.
func (m *machine) given(v any, n *node) value {
	at := &node{kind: nodeText, src: n.src}
	switch v := v.(type) {
	case nil:
		return nullValue()
	case string:
		return textValue(derived(v, at))
	case int:
		return numberValue(int64(v), at)
	case bool:
		return boolValue(v, at)
	case []any:
		var items []value
		for _, item := range v {
			items = append(items, m.given(item, n))
		}
		return m.list(items)
	case map[string]any:
		var entries []entry
		for _, key := range []string{"b", "c", "d"} {
			if item, ok := v[key]; ok {
				entries = append(entries, entry{key: key, value: m.given(item, n)})
			}
		}
		return m.dict(entries)
	}
	panic(fmt.Sprintf("no value for %T", v))
}

func (m *machine) shown(v value, n *node) (kind, text string, known bool) {
	at := &node{kind: nodeText, src: n.src}
	words, ok := m.asText(v, at).known()
	switch v.kind {
	case kindNull:
		return "null", "null", true
	case kindBool:
		return "bool", words, ok
	case kindNumber:
		return "number", words, ok
	case kindText:
		if v.gstring {
			return "gstring", words, ok
		}
		return "text", words, ok
	case kindList:
		return "list", words, ok
	case kindMap:
		return "map", strings.NewReplacer("[:]", "{}").Replace(words), ok
	case kindClosure:
		return "closure", "", true
	}
	return "", "", false
}

// generated are random expressions over the words.
func generated(g *rand.Rand, n int) []string {
	var out []string
	for range n {
		out = append(out, expr(g, 3))
	}
	return out
}

func pick(g *rand.Rand, from ...string) string { return from[g.IntN(len(from))] }

func expr(g *rand.Rand, depth int) string {
	if depth == 0 {
		return pick(g, "x", "y", "empty", "n", "branch", "version", "flag", "nothing", "a.b", "'lit'", "\"q\"", "1", "true", "null", "a.c.d", "list[1]", "'a b'", "path")
	}
	e := func() string { return expr(g, depth-1) }
	s := func() string { return str(g, depth-1) }
	switch g.IntN(14) {
	case 0:
		return fmt.Sprintf("(%s ? %s : %s)", e(), e(), e())
	case 1:
		return fmt.Sprintf("(%s ?: %s)", e(), e())
	case 2:
		return fmt.Sprintf("(%s == %s)", e(), e())
	case 3:
		return fmt.Sprintf("(%s && %s)", e(), e())
	case 4:
		return fmt.Sprintf("!(%s)", e())
	case 5:
		return fmt.Sprintf("[%s, %s]", e(), e())
	case 6:
		return fmt.Sprintf("[k: %s, 'l': %s]", e(), e())
	case 7:
		return fmt.Sprintf("(%s != %s)", e(), e())
	case 8:
		return fmt.Sprintf("(%s in [%s, %s])", s(), s(), s())
	case 9:
		return fmt.Sprintf("(%s || %s)", e(), e())
	}
	return s()
}

// str is an expression that gives a text.
func str(g *rand.Rand, depth int) string {
	if depth <= 0 {
		return pick(g, "x", "y", "branch", "version", "'lit'", "\"d$x\"", "'''t\nu'''", "path", "csv", "padded", "'a-b'", "/sl${x}/", "$/d$x/$", "\"${a.b}\"", "\"$a.c.d!\"", "'esc\\t\\u0041\\$'")
	}
	e := func() string { return str(g, depth-1) }
	switch g.IntN(16) {
	case 0:
		return fmt.Sprintf("(%s + %s)", e(), e())
	case 1:
		return fmt.Sprintf("\"p${%s}s\"", expr(g, depth-1))
	case 2:
		return e() + ".trim()"
	case 3:
		return e() + ".toLowerCase()"
	case 4:
		return e() + ".toUpperCase()"
	case 5:
		return e() + ".replace('a', 'b')"
	case 6:
		return e() + ".replaceAll('[^A-Za-z]', '-')"
	case 7:
		return e() + ".toString()"
	case 8:
		return e() + ".split('/').last()"
	case 9:
		return e() + ".tokenize('/,').join('+')"
	case 10:
		return e() + ".take(4)"
	case 11:
		return e() + "." + pick(g, "contains('a')", "startsWith('v')", "endsWith('3')", "length()", "isEmpty()", "reverse()", "capitalize()", "substring(1)", "drop(2)", "equals('x')", "equalsIgnoreCase('X')", "indexOf('/')", "replaceFirst('[0-9]', '#')", "matches('[a-z/]+.*')", "padLeft(12, '.')", "split(',').size()", "readLines()", "concat('z')", "minus('a')", "size()")
	case 12:
		return fmt.Sprintf("(%s - %s)", e(), e())
	case 13:
		return fmt.Sprintf("\"\"\"m${%s}\n  n$x\"\"\"", e())
	case 14:
		return fmt.Sprintf("[%s, %s].collect { it.toString() + '!' }.join('-')", e(), e())
	}
	return e()
}

// allExpressions are those of the table, how many these are, and random ones.
func allExpressions() (codes []string, table int) {
	written := append(longExpressions(), expressionTable()...)
	slices.SortStableFunc(written, func(a, b string) int { return declares(a) - declares(b) })
	return append(written, generated(rand.New(rand.NewPCG(7, 11)), 400)...), len(written)
}

// compareExpressions expects that what keyfit says is known is what real Groovy says.
func compareExpressions(t *testing.T, codes []string, table int, a answer) {
	if !strings.HasPrefix(a.Version, "2.4.") {
		t.Errorf("this is Groovy %s; Jenkins runs pipelines with 2.4", a.Version)
	}
	unknown, errors := 0, 0
	for i, code := range codes {
		want := a.Values[i]
		kind, text, known := evaluate(t, code)
		switch {
		case want.Kind == "error":
			errors++ // there the pipeline ends
		case !known:
			unknown++
			if i < table && !strings.Contains(code, "/*unknown*/") {
				t.Errorf("%s\nis unknown, expected %s %q", code, want.Kind, want.Text)
			}
		case kind == "closure" && want.Kind == "closure":
		case kind == "map" && want.Kind == "map" || kind == "list" && want.Kind == "list":
			if unbracket(text) != unbracket(want.Text) {
				t.Errorf("%s\ngives %s %q, expected %s %q", code, kind, text, want.Kind, want.Text)
			}
		case kind != want.Kind || text != want.Text:
			t.Errorf("%s\ngives %s %q, expected %s %q", code, kind, text, want.Kind, want.Text)
		}
	}
	t.Logf("of %d expressions %d end in an error in Groovy, and %d (%d%%) are unknown here", len(codes), errors, unknown, 100*unknown/len(codes))
	if 100*unknown > 10*len(codes) {
		t.Errorf("%d of %d expressions are unknown", unknown, len(codes))
	}
}

// declares sorts expressions that declare functions in front: they are compiled alone.
func declares(code string) int {
	if strings.HasPrefix(code, "def g(") || strings.HasPrefix(code, "def f(") {
		return 0
	}
	return 1
}

// unbracket makes one of the forms in which Java and Groovy write maps.
func unbracket(s string) string {
	return strings.NewReplacer("{", "[", "}", "]", "=", ":", "[:]", "[]").Replace(s)
}
