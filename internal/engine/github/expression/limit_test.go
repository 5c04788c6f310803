package expression

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
)

// TestWorkIsBounded evaluates what would take long, or much memory, without limits.
func TestWorkIsBounded(t *testing.T) {
	big := strings.Repeat("x", maxText-10)
	unknown := Text(unknownAt("u"))
	var many []Value
	for i := range 5000 {
		many = append(many, Text(textAt(fmt.Sprint("t", i), fmt.Sprint("h", i))))
	}
	var entries []Entry
	for i := range 2000 {
		entries = append(entries, Entry{fmt.Sprint("n", i), Text(textAt("t", fmt.Sprint("h", i)))})
	}
	var texts []model.Value
	for i := range maxOptions {
		texts = append(texts, textAt(strings.Repeat("y", 100_000)+fmt.Sprint(i), fmt.Sprint(i)))
	}
	contexts := map[string]Value{
		"big": String(big), "unknown": unknown, "many": Array(many...), "map": Object(entries...),
		"options": Text(model.Ambiguous("x", texts...)), "small": Text(model.Ambiguous("x", textAt("a", "1"), textAt("b", "2"), textAt("c", "3"))),
	}
	c := Context{Lookup: func(name string) (Value, bool) { v, ok := contexts[name]; return v, ok }}
	double := func(inner, with string) string {
		for range 40 {
			inner = "format('{0}" + with + "{0}', " + inner + ")"
		}
		return inner
	}
	cases := []string{
		double("unknown", ""), double("'a'", ""), double("unknown", "-"), double("small", "-"),
		"format('" + strings.Repeat("{0}", 6000) + "', big)",
		"format('" + strings.Repeat("{0}", 6000) + "', format('{0}-{0}', unknown))",
		strings.Repeat("contains(big, 'y') || ", 900) + "true",
		strings.Repeat("options == options || ", 900) + "true",
		strings.Repeat("small == small && ", 900) + "true",
		"format('{0}{0}{0}{0}', options)",
		"toJSON(many)", "toJSON(map)", "join(many, unknown)", "join(many, big)",
		"map[unknown]", "map[small]", "many[unknown]", "map.*.*.*.*",
		"fromJSON(toJSON(toJSON(toJSON(toJSON(big)))))",
		"fromJSON('" + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "')",
		strings.Repeat("small && ", 1000) + "small",
		strings.Repeat("(", 400) + strings.Repeat("small || unknown)||", 400) + "x",
	}
	for i, text := range cases {
		e, err := Parse(text, benchPlace)
		if err != nil {
			if i != len(cases)-1 {
				t.Errorf("case %d: %v", i, err)
			}
			continue
		}
		start := time.Now()
		v := e.Eval(c)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%.40s takes %v", text, took)
		}
		if v.size() > maxText || len(v.text.Parts) > maxParts || len(v.options) > maxOptions {
			t.Errorf("%.40s gives %d bytes, %d parts, %d options", text, v.size(), len(v.text.Parts), len(v.options))
		}
	}
}
