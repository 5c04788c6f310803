package expression

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// TestUnknown says what is still known of expressions over values that are not.
func TestUnknown(t *testing.T) {
	ref := model.UnknownBecause(model.WhyInput, "the branch", model.Trail{})
	ref.Parts = []model.Value{textAt("refs/heads/", "prefix"), unknownAt("branch"), textAt("-x", "suffix")}
	hollow := model.UnknownBecause(model.WhyInput, "the branch", model.Trail{})
	hollow.Parts = []model.Value{textAt("", "prefix"), unknownAt("branch")}
	shared := Array(String("a"))
	contexts := map[string]Value{
		"text": Text(unknownAt("text")), "other": Text(unknownAt("other")), "any": Unknown(unknownAt("any")),
		"flag": Unknown(unknownAt("flag"), KindBool), "num": Unknown(unknownAt("num"), KindNumber),
		"list": Unknown(unknownAt("list"), KindArray), "thing": Unknown(unknownAt("thing"), KindArray, KindObject),
		"str": Unknown(unknownAt("str"), KindString), "ref": Text(ref), "hollow": Text(hollow),
		"one":     Text(model.Ambiguous("x", textAt("a", "1"), textAt("b", "2"))),
		"two":     Text(model.Ambiguous("x", textAt("c", "3"), textAt("d", "4"))),
		"maybe":   Text(model.Ambiguous("x", textAt("a", "5"), model.Value{State: model.Absent})),
		"open":    Open(func(name string) Value { return Text(unknownAt("open." + name)) }, Entry{"x", String("known")}),
		"map":     Object(Entry{"a", String("1")}, Entry{"b", String("2")}, Entry{"c", Text(unknownAt("map.c"))}),
		"items":   Array(String("a"), Text(unknownAt("item")), String("b")),
		"numbers": Array(Number(1), Number(2)),
		"lookups": Object(Entry{"same", shared}, Entry{"again", shared}, Entry{"other", Array(String("a"))}),
		"env":     CaseSensitive(nil, Entry{"Key", String("mixed")}, Entry{"KEY", String("upper")}),
	}
	for name, count := range map[string]int{"sixteen": 16, "five": 5} {
		var texts []model.Value
		for i := range count {
			texts = append(texts, textAt(fmt.Sprint("n", i), fmt.Sprint(name, i)))
		}
		contexts[name] = Text(model.Ambiguous("x", texts...))
	}
	c := Context{Lookup: func(name string) (Value, bool) { v, ok := contexts[name]; return v, ok }}
	cases := []struct{ text, want string }{
		// What an operand may be decides.
		{"text && 'x'", `null | "" | "x"`},
		{"text || 'x'", `? | "x"`},
		{"flag && 'x'", `false | "x"`},
		{"flag && 'x' || 'y'", `"x" | "y"`},
		{"num && 'x'", `? | "x"`},
		{"any && 'x'", `? | "x"`},
		{"list && 'x'", `"x"`},
		{"thing || 'x'", `?`},
		{"ref && 'x'", `"x"`},
		{"!thing", "false"},
		{"!ref", "false"},
		{"!text", "true | false"},
		{"!hollow", "true | false"},
		{"!!flag", "true | false"},
		{"flag || !flag", "true | false"}, // correlations are not seen
		{"flag && 'x' || 'x'", `"x"`},
		{"text && text", `null | "" | ?`},
		{"success()", "true | false"},
		{"always()", "true"},
		{"failure() && 'a' || 'b'", `"a" | "b"`},
		// Comparisons.
		{"text == ''", "true | false"},
		{"text == text", "true | false"},
		{"thing == 1", "false"},
		{"thing == 'x'", "false"},
		{"thing != null", "true"},
		{"thing < 1", "false"},
		{"thing == list", "true | false"},
		{"any == 1", "true | false"},
		{"num < 1", "true | false"},
		{"NaN == 1", "false"},
		{"one == 'a'", "true | false"},
		{"one == 'A' || one == 'b'", "true | false"},
		{"one == 'c'", "false"},
		{"one != two", "true"},
		{"one < two", "true"},
		{"ref == 'refs/tags/x'", "false"},
		{"ref == 'refs/heads/main'", "false"}, // another end
		{"ref == 'refs/heads/main-x'", "true | false"},
		{"ref == 'REFS/HEADS/MAIN-X'", "true | false"},
		{"ref != 'refs/heads'", "true"},
		{"ref == ''", "false"},
		{"ref == null", "true | false"},
		{"ref >= 'a'", "true | false"},
		{"lookups.same == lookups.again", "true"},
		{"lookups.same == lookups.other", "true | false"},
		{"lookups.same == fromJSON('[\"a\"]')", "false"},
		{"lookups.* == lookups.*", "false"},
		{"lookups.same <= lookups.again", "true"},
		{"lookups.same <= lookups.other", "true | false"},
		// Parts of texts.
		{"startsWith(ref, 'refs/')", "true"},
		{"startsWith(ref, 'refs/heads/')", "true"},
		{"startsWith(ref, 'refs/heads/m')", "true | false"},
		{"startsWith(ref, 'refs/tags/')", "false"},
		{"startsWith(ref, '')", "true"},
		{"startsWith('refs/heads/main', ref)", "true | false"},
		{"startsWith('other', ref)", "false"},
		{"startsWith(text, '')", "true"},
		{"startsWith(text, 'a')", "true | false"},
		{"startsWith(thing, '')", "false"},
		{"startsWith(any, '')", "true | false"},
		{"startsWith('a', thing)", "false"},
		{"endsWith(ref, '-X')", "true"},
		{"endsWith(ref, 'a-x')", "true | false"},
		{"endsWith(ref, 'y')", "false"},
		{"contains(ref, 'HEADS')", "true"},
		{"contains(ref, 'tags')", "true | false"},
		{"contains(text, '')", "true"},
		{"contains(text, thing)", "false"},
		{"contains('a', text)", "true | false"},
		{"contains(any, 'a')", "true | false"},
		{"contains(ref, '\u212aheads')", "true | false"},
		{"contains(ref, 'head\u017f')", "true | false"}, // a long s is an s in one way of folding
		{"ref == format('r{0}', text)", "true | false"},
		{"ref == format('x{0}', text)", "false"},
		{"!format('{0}{1}', text, other)", "true | false"},
		{"!format('{0}.{1}', text, other)", "false"},
		{"sixteen == five", "true | false"},
		{"sixteen == 'n3'", "true | false"},
		{"sixteen == 'n'", "false"},
		{"format('{0}{1}', sixteen, five)", "??"},
		{"map[sixteen]", "null"},
		// Arrays.
		{"contains(items, 'a')", "true"},
		{"contains(items, 'x')", "true | false"},
		{"contains(items, text)", "true | false"},
		{"contains(numbers, 3)", "false"},
		{"contains(numbers, one)", "false"},
		{"contains(numbers, '2')", "true"},
		{"contains(thing, 'a')", "true | false"},
		{"contains(fromJSON('[\"a\",\"b\"]'), one)", "true"},
		{"contains(fromJSON('[\"k\"]'), '\u212a')", "true | false"},
		{"join(items, '-')", `"a-"?"-b"`},
		{"join(items, text)", `"a"???"b"`},
		{"join(numbers, one)", `"1a2" | "1b2"`},
		{"join(list)", "?"},
		{"join(text)", "?"},
		{"join(map)", `""`},
		{"join(numbers, thing)", `"1,2"`},
		{"join(numbers, any)", "?"},
		{"items[1]", "?"},
		{"items[2]", `"b"`},
		{"items[num]", `null | "a" | ? | "b"`},
		{"items.*", `["a" unknown "b"]`},
		{"items.*.x", "[]"},
		{"numbers.*.x", "[]"},
		{"numbers.*[num]", "[]"},
		{"list.*", "?"},
		{"str.*", "[]"},
		{"str.x", "null"},
		{"text[any]", "null"},
		// Objects.
		{"open.x", `"known"`},
		{"open.X", `"known"`},
		{"open.y", "?"},
		{"open[one]", "? | ?"},
		{"open[text]", "?"},
		{"open.*", "?"},
		{"map[one]", `"1" | "2"`},
		{"map[two]", "? | null"},
		{"map[text]", `null | "1" | "2" | ?`},
		{"map[thing]", `null | "1" | "2" | ?`}, // null, in truth
		{"map.*", `["1" "2" unknown]`},
		{"map.*.x", "[]"},
		{"any.x", "?"},
		{"any.*", "?"},
		{"env.Key", `"mixed"`},
		{"env.KEY", `"upper"`},
		{"env.key", "null"},
		// Texts that are put together.
		{"format('{0}-{1}', one, two)", `"a-c" | "a-d" | "b-c" | "b-d"`},
		{"format('{0}-{0}', one)", `"a-a" | "b-b"`},
		{"format('x{0}y', text)", `"x"?"y"`},
		{"format('{0}', maybe)", `"a" | ""`},
		{"format('{0}', flag)", `"true" | "false"`},
		{"format(text, 1)", "?"},
		{"format('{0}', list)", "?"},
		{"format('x{0}', ref)", `"x""refs/heads/"?"-x"`},
		{"startsWith(format('{0}/x', ref), 'refs/heads/')", "true"},
		{"toJSON(text)", "?"},
		{"toJSON(one)", `?`},
		{"toJSON(items)", "?"},
		{"toJSON(open)", "?"},
		{"toJSON(numbers)", `"[\n  1,\n  2\n]"`},
		{"fromJSON(text)", "?"},
		{"fromJSON(format('\"{0}\"', one))", `"a" | "b"`},
		{"fromJSON(ref)", "?"},
		{"case(flag, 1, 2)", "1 | 2"},
		{"case(any, 1, 2)", "1 | 2"},
		{"case(flag, 1, 1)", "1"},
		{"case(text, 1, 2)", "error"},
		{"flag == true && 'a' || 'b'", `"a" | "b"`},
		// Where the runner may give up, it is taken to go on.
		{"flag && fromJSON('') || 'a'", `? | "a"`},
		{"contains(thing, fromJSON(''))", "true | false"},
		{"contains(text, fromJSON(''))", "error"},
		{"any[fromJSON('')]", "?"},
		{"text[fromJSON('')]", "null"},
		{"map[fromJSON('')]", "error"},
		{"join(list, fromJSON(''))", "?"},
		{"join(items, fromJSON(''))", "error"},
		{"flag && nope", "error"}, // no name of a context
		{"hashFiles('a')", "?"},
	}
	for _, x := range cases {
		e, err := Parse(x.text, nil)
		if err != nil {
			t.Errorf("%s: %v", x.text, err)
			continue
		}
		if got := outlined(e.Eval(c)); got != x.want {
			t.Errorf("%s\ngives    %s\nexpected %s", x.text, got, x.want)
		}
	}
}

// outlined writes a value with its candidates and pieces.
func outlined(v Value) string {
	var out []string
	for _, o := range v.candidates() {
		switch {
		case o.kind != KindUnknown || o.fault != nil:
			out = append(out, told(o))
		case len(o.text.Parts) > 0:
			text := ""
			for _, p := range o.text.Parts {
				if len(p.Alternatives) > 0 {
					text += "?"
					continue
				}
				text += written(p)
			}
			out = append(out, hidden(text))
		default:
			out = append(out, "?")
		}
	}
	return strings.Join(out, " | ")
}

// hidden replaces the names of what is unknown, in angles, by a question mark.
func hidden(text string) string {
	for {
		before, rest, ok := strings.Cut(text, "<")
		_, after, closed := strings.Cut(rest, ">")
		if !ok || !closed {
			return text
		}
		text = before + "?" + after
	}
}
