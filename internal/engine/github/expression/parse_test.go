package expression

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMistakes(t *testing.T) {
	const key = "sk_live_CANARY0123456789"
	cases := []struct {
		text    string
		offset  int
		message string
		fix     string
	}{
		{"", 0, "expected an expression, found nothing", "write an expression, or remove the braces"},
		{"a ==", 4, "expected a value, found the end", ""},
		{"a = 'b'", 2, `expected "==", found a single "="`, `write "=="`},
		{"a & b", 2, `expected "&&", found a single "&"`, `write "&&"`},
		{`a == "` + key + `"`, 5, "expected a value, found a double quote", "put texts into single quotes"},
		{"a == 'b", 5, "expected a closing quote", "end the text with a single quote; a quote within it is written twice"},
		{"a == '" + key + "' 'x'", 32, "expected an operator or the end, found a text", ""},
		{key, -1, "", ""},
		{"a 12 " + key, 2, "expected an operator or the end, found a literal", ""},
		{"12ab", 0, "expected a number", "write a number, or put a text into single quotes"},
		{"a.b.", 4, `expected the name of a property or "*", found the end`, ""},
		{"a[0", 3, `expected "]", found the end`, ""},
		{"(a", 2, `expected ")", found the end`, ""},
		{"a)", 1, `expected an operator or the end, found ")"`, ""},
		{"contain('a', 'b')", 0, `expected the name of a function, found "contain"`, `did you mean "contains"?`},
		{key + "('a')", 0, "expected the name of a function, found (not shown here, it may be a key)", ""},
		{"contains('a')", 0, "expected 2 arguments of contains, found 1", ""},
		{"x || join()", 5, "expected at least 1 arguments of join, found 0", ""},
		{"join(1, 2, 3)", 0, "expected at most 2 arguments of join, found 3", ""},
		{"case(true, 1, false, 2)", 0, "expected an odd number of arguments of case, found 4", ""},
		{"a + b", 2, "expected a number", "write a number, or put a text into single quotes"},
		{"$a", 0, "expected a name, a number or a text in single quotes", "put texts into single quotes"},
		{"ä", 0, "expected a name, a number or a text in single quotes", "put texts into single quotes"},
		{strings.Repeat("x", maxLength+1), 0, "expected an expression of at most 21000 characters", "split the expression"},
		{strings.Repeat("a.", maxDepth) + "b", 0, "expected at most 50 operators and calls within each other", "split the expression"},
		{strings.Repeat("!", maxDepth) + "a", 50, "expected at most 50 operators and calls within each other", "split the expression"},
		{strings.Repeat("(", maxNesting+1) + "a", maxNesting + 1, "", "split the expression"},
	}
	for _, c := range cases {
		_, err := Parse(c.text, nil)
		if c.offset < 0 {
			if err != nil {
				t.Errorf("%.40s: %v", c.text, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.40s: expected a mistake", c.text)
			continue
		}
		if strings.Contains(e.Message+e.Fix, "CANARY") {
			t.Errorf("the mistake in %.10s repeats its text", c.text)
		}
		if e.Offset != c.offset || c.message != "" && e.Message != c.message || e.Fix != c.fix {
			t.Errorf("%.40s\ngives    %d %q %q\nexpected %d %q %q", c.text, e.Offset, e.Message, e.Fix, c.offset, c.message, c.fix)
		}
	}
}

func TestDepthIsThatOfTheRunner(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("a.", maxDepth-1) + "b",
		strings.Repeat("!", maxDepth-1) + "a",
		strings.Repeat("(", 400) + "a" + strings.Repeat(")", 400), // groups do not count
		"a" + strings.Repeat(" && a", 1000),                       // nor does the length of a chain
		strings.Repeat("a || (", 100) + "a" + strings.Repeat(")", 100),
	} {
		if _, err := Parse(text, nil); err != nil {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}

func TestWhatAnExpressionNames(t *testing.T) {
	e, err := Parse("GitHub.event.inputs['Env'] == 'x' && secrets[matrix.key].a || contains(needs.*.result, Format('{0}', env.A.*.b)) || fromJSON(vars.Config).x[inputs.i]", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"github", "secrets", "matrix", "needs", "env", "vars", "inputs"}, e.Uses()); diff != "" {
		t.Errorf("Uses: %s", diff)
	}
	if diff := cmp.Diff([]string{"contains", "format", "fromjson"}, e.Calls()); diff != "" {
		t.Errorf("Calls: %s", diff)
	}
	want := [][]string{{"github", "event", "inputs", "Env"}, {"secrets"}, {"matrix", "key"}, {"needs"}, {"env", "A"}, {"inputs", "i"}, {"vars", "Config"}}
	got := e.Paths()
	sortPaths(want)
	sortPaths(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Paths: %s", diff)
	}
}

func sortPaths(paths [][]string) {
	for i := range paths {
		for j := range i {
			if strings.Join(paths[i], ".") < strings.Join(paths[j], ".") {
				paths[i], paths[j] = paths[j], paths[i]
			}
		}
	}
}
