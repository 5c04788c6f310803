package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTemplates(t *testing.T) {
	contexts := contextsOf(t, `{"a":{"text":"hello","num":5,"yes":true,"nil":null,"list":[1,2],"map":{"x":1},"quote":"it's {0}"}}`)
	cases := []struct{ text, want string }{
		{"", `""`},
		{"plain {0} }} text", `"plain {0} }} text"`},
		{"${{ a.text }}", `"hello"`},
		{"${{a.num}}", `5`},
		{"${{ a.yes }}", `true`},
		{"${{ a.nil }}", `null`},
		{"${{ a.list }}", `[1 2]`},
		{"${{ a.none }}", `null`},
		{" ${{ a.num }}", `" 5"`},
		{"${{ a.yes }}\n", `"true\n"`},
		{"<${{ a.nil }}>", `"<>"`},
		{"${{ a.text }}-${{ a.num }}", `"hello-5"`},
		{"${{ a.text }}${{ a.text }}", `"hellohello"`},
		{"x ${{ a.list }} y ${{ a.map }}", `"x Array y Object"`},
		{"{${{ a.quote }}}", `"{it's {0}}"`},
		{"${{ '}}' }}", `"}}"`},
		{"a ${{ '''}}''' }} b", `"a '}}' b"`},
		{"${{ format('{{0}}{0}', a.num) }}!", `"{0}5!"`},
		{"$ {{ a.text }} ${ {", `"$ {{ a.text }} ${ {"`},
		{"$${{ a.num }}", `"$5"`},
		{"${{ a['text'] == 'HELLO' }}", `true`},
		{"${{\n  a.num\n}}", `5`},
		{"${{ 'x' }}", `"x"`},
		{"é${{ 'ü' }}日", `"éü日"`},
	}
	for _, c := range cases {
		tpl, err := ParseTemplate(c.text, nil)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got := told(tpl.Evaluate(contextFrom(contexts, false))); got != c.want {
			t.Errorf("%q gives %s, expected %s", c.text, got, c.want)
		}
		checkPieces(t, c.text, tpl)
	}
}

// checkPieces holds the pieces of a template to its text: they lie side by side.
func checkPieces(t *testing.T, text string, tpl *Template) {
	t.Helper()
	at := 0
	for _, p := range tpl.Pieces {
		if p.Start != at || p.Expr == nil && p.Text != text[p.Start:p.End] || p.Expr != nil && !strings.HasPrefix(text[p.Start:p.End], "${{") {
			t.Errorf("%q has a piece that is not in its place", text)
		}
		at = p.End
	}
	if at != len(text) {
		t.Errorf("the pieces of %q end at %d", text, at)
	}
}

// TestTemplatesAgainstOfficialEvaluator writes templates as the call of format that the
// runner makes of them.
func TestTemplatesAgainstOfficialEvaluator(t *testing.T) {
	contexts := readContexts(t)
	texts := []string{"x ${{ foo.a }} y", "${{ foo.num }}${{ foo.yes }}{}", "{0} ${{ foo.list }} {{", "${{ foo.nil }},${{ foo.none }},", "it's ${{ foo.map.y }}", "${{ !foo.no }} ${{ 1.50 }}", "a ${{ foo.num == 2 && 'two' || 'more' }}"}
	questions := make([]question, len(texts))
	templates := make([]*Template, len(texts))
	for i, text := range texts {
		tpl, err := ParseTemplate(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		templates[i] = tpl
		pattern, args := "", ""
		for _, p := range tpl.Pieces {
			if p.Expr == nil {
				pattern += strings.NewReplacer("'", "''", "{", "{{", "}", "}}").Replace(p.Text)
				continue
			}
			pattern += fmt.Sprintf("{%d}", strings.Count(args, "§"))
			args += ",§" + text[p.Start+3:p.End-2]
		}
		questions[i] = question{Expr: "format('" + pattern + "'" + strings.ReplaceAll(args, "§", "") + ")", Contexts: json.RawMessage(contexts)}
	}
	values := contextsOf(t, string(contexts))
	for i, reply := range ask(t, questions) {
		if got := told(templates[i].Evaluate(contextFrom(values, false))); got != reply.String() {
			t.Errorf("%q gives %s, expected %s", texts[i], got, reply)
		}
	}
}

func TestTemplateMistakes(t *testing.T) {
	cases := []struct {
		text   string
		offset int
		want   string
	}{
		{"a ${{ b", 2, `expected "}}" behind "${{"`},
		{"a ${{ 'b }}", 2, `expected "}}" behind "${{"`},
		{"a ${{ }}", 5, "expected an expression, found nothing"},
		{"a ${{ b = c }} d", 8, `expected "==", found a single "="`},
		{"é ${{ b.c }} ${{ b..c }}", 20, `expected the name of a property or "*", found "."`},
		{"${{ a }}" + strings.Repeat("x", maxLength), 0, "expected a text with expressions of at most 21000 characters"},
		{strings.Repeat("${{ a }}", maxArguments), 0, "expected fewer than 255 expressions in one text"},
		{"x ${{ " + strings.Repeat("!", maxDepth-1) + "a }}", 55, "expected at most 50 operators and calls within each other"},
	}
	for _, c := range cases {
		_, err := ParseTemplate(c.text, nil)
		var e *Error
		if !errors.As(err, &e) || e.Offset != c.offset || e.Message != c.want {
			t.Errorf("%.30q: expected %d %q, got %+v", c.text, c.offset, c.want, err)
		}
	}
	for _, text := range []string{strings.Repeat("x", 100_000), "${{ " + strings.Repeat("a ", 1) + "}}" + strings.Repeat("x", maxLength-20), strings.Repeat("${{ a }}", maxArguments-1)} {
		if _, err := ParseTemplate(text, nil); err != nil {
			t.Errorf("%.30q: %v", text, err)
		}
	}
}

func TestConditions(t *testing.T) {
	contexts := contextsOf(t, `{"github":{"ref":"refs/heads/main","event_name":"push"},"inputs":{"yes":true,"no":false,"text":"false"}}`)
	cases := []struct {
		text                 string
		succeeded, afterFail bool
	}{
		{"", true, false},
		{"  ", true, false},
		{"true", true, false},
		{"false", false, false},
		{"github.ref == 'refs/heads/main'", true, false},
		{"${{ github.ref == 'refs/heads/main' }}", true, false},
		{"${{ github.ref == 'refs/heads/other' }}", false, false},
		{"always()", true, true},
		{"${{ always() }}", true, true},
		{"failure()", false, true},
		{"!failure()", true, false},
		{"success() || failure()", true, true},
		{"always() && github.event_name == 'push'", true, true},
		{"Always() && inputs.no", false, false},
		{"cancelled()", false, false},
		{"!cancelled()", true, true},
		{"inputs.yes", true, false},
		{"inputs.no", false, false},
		{"inputs.text", true, false}, // a text that is not empty
		{"github.ref == 'x' || inputs.yes", true, false},
		// Text around an expression makes a text of the whole condition, which is true.
		{"${{ inputs.no }} && false", true, false},
		{"${{ inputs.no }} ", true, false},
		{"${{ always() }} && false", true, true},
		{"${{ 'github.ref' }}", true, false}, // the text in it is the condition
		{"${{ '' }}", true, false},
		{"${{ inputs.no }}", false, false},
	}
	for _, c := range cases {
		e, err := ParseCondition(c.text, nil)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		for failed, want := range map[bool]bool{false: c.succeeded, true: c.afterFail} {
			if truth, decided := e.Eval(contextFrom(contexts, failed)).Truth(); truth != want || !decided {
				t.Errorf("%q, after a failure: %v, is %v (decided: %v), expected %v", c.text, failed, truth, decided, want)
			}
		}
	}
	for text, offset := range map[string]int{"a ==": 4, "${{ a == }}": 8, "x ${{ b": 2, "${{ }}": 3} {
		var e *Error
		if _, err := ParseCondition(text, nil); !errors.As(err, &e) || e.Offset != offset {
			t.Errorf("%q: expected a mistake at %d, got %+v", text, offset, err)
		}
	}
}

func TestConditionNamesWhatItUses(t *testing.T) {
	e, err := ParseCondition("needs.build.outputs.go == 'true'", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"success"}, e.Calls()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"needs", "build", "outputs", "go"}}, e.Paths()); diff != "" {
		t.Error(diff)
	}
}
