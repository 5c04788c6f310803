package strict_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// everything has one field of every kind.
type everything struct {
	Text    string               `yaml:"text"`
	Mode    string               `yaml:"mode" enum:"test|live"`
	Yes     bool                 `yaml:"yes-or-no"`
	Count   int                  `yaml:"count"`
	Ratio   float64              `yaml:"ratio"`
	List    []string             `yaml:"list"`
	Words   []string             `yaml:"words" enum:"known|linked"`
	Map     map[string]string    `yaml:"map"`
	Inner   inner                `yaml:"inner"`
	Pointer *inner               `yaml:"pointer"`
	Inners  map[string]*inner    `yaml:"inners"`
	Placed  strict.At[string]    `yaml:"placed"`
	Any     any                  `yaml:"any"`
	Upper   upper                `yaml:"upper"`
	Uppers  map[upper]int        `yaml:"uppers"`
	Ignored string               `yaml:"-"`
	NoTag   string               // not bound
	Deep    map[string][]*places `yaml:"deep"`
}

type inner struct {
	Name string   `yaml:"name,required"`
	Also string   `yaml:"also"`
	At   pos.Span `yaml:"-"`
}

type places struct {
	At strict.Placed       `yaml:"-"`
	X  strict.At[[]string] `yaml:"x"`
}

// upper decodes itself.
type upper string

func (u *upper) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || n.Value != strings.ToUpper(n.Value) {
		r.Fail(n, "write capitals", "is not in capitals")
		return
	}
	*u = upper(n.Value)
}

func (upper) JSONSchema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^[^a-z]*$"}
}

func lines(problems []model.Problem) []string {
	var out []string
	for _, p := range problems {
		line := p.At.String() + ": " + p.Message
		if p.Fix != "" {
			line += " | " + p.Fix
		}
		out = append(out, line)
	}
	return out
}

func TestMistakes(t *testing.T) {
	long := strings.Repeat("x", 50)
	cases := []struct {
		name, text string
		want       []string
	}{
		{"unknown field", "texd: a", []string{`f:1:1: unknown field "texd" | did you mean "text"?`}},
		{"unknown field with dashes", "yes_or_no: true", []string{`f:1:1: unknown field "yes_or_no" | did you mean "yes-or-no"?`}},
		{"unknown field in other case", "Text: a", []string{`f:1:1: unknown field "Text" | did you mean "text"?`}},
		{"unknown field, far off", "inner: {name: a, colour: red}", []string{`f:1:18: unknown field "colour" | expected one of: name, also`}},
		{"unknown field that may be a key", "inner: {name: a, sk_live_CANARY8f2a: red}", []string{`f:1:18: unknown field (not shown here, it may be a key) | expected one of: name, also`}},
		{"missing", "inner: {also: x}", []string{"f:1:8: \"name\" is missing | add `name:`"}},
		{"missing behind a pointer", "\n\npointer:\n  also: x", []string{"f:4:3: \"name\" is missing | add `name:`"}},
		{"twice", "text: a\nmode: test\ntext: b", []string{`f:3:1: "text" stands twice, first at line 1 | keep one of the two`}},
		{"twice in a map", "map: {a: x, b: y, a: z}", []string{`f:1:19: "a" stands twice, first at line 1 | keep one of the two`}},
		{"twice, long", "map: {" + long + ": x, " + long + ": y}", []string{`f:1:62: (not shown here, it may be a key) stands twice, first at line 1 | keep one of the two`}},
		{"word", "mode: CANARYword", []string{`f:1:7: expected one of test, live`}},
		{"word nearly", "mode: tset", []string{`f:1:7: expected one of test, live, found "tset" | did you mean "test"?`}},
		{"word in a list", "words: [known, actve, linkd]", []string{`f:1:16: expected one of known, linked`, `f:1:23: expected one of known, linked, found "linkd" | did you mean "linked"?`}},
		{"list for text", "text: [a]", []string{`f:1:7: expected text, found a list`}},
		{"mapping for text", "text: {a: b}", []string{`f:1:7: expected text, found a mapping`}},
		{"null for text", "text:\nmode: test", []string{`f:1:6: expected text, found nothing`}},
		{"null for text, written", "text: ~", []string{`f:1:7: expected text, found nothing`}},
		{"text for list", "list: a", []string{`f:1:7: expected a list, found text | put it in [brackets]`}},
		{"null for list", "list:\n", []string{`f:1:6: expected a list, found nothing | put it in [brackets]`}},
		{"text for mapping", "inner: a", []string{`f:1:8: expected a mapping of names to values, found text`}},
		{"null for mapping", "inners: {a: }", []string{`f:1:13: expected a mapping of names to values, found nothing | write {} for an empty one, or remove the line`}},
		{"list for map", "map: [a]", []string{`f:1:6: expected a mapping of names to values, found a list`}},
		{"list for the file", "- a", []string{`f:1:1: expected a mapping of names to values, found a list`}},
		{"number for the file", "7", []string{`f:1:1: expected a mapping of names to values, found a number`}},
		{"yes for true", "yes-or-no: yes", []string{`f:1:12: expected true or false, found text | write true or false, without quotes`}},
		{"quoted true", `yes-or-no: "true"`, []string{`f:1:12: expected true or false, found text | write true or false, without quotes`}},
		{"number for true", "yes-or-no: 1", []string{`f:1:12: expected true or false, found a number | write true or false, without quotes`}},
		{"fraction for number", "count: 1.5", []string{`f:1:8: expected a whole number, found a number | write a number, without quotes`}},
		{"huge number", "count: 99999999999999999999", []string{`f:1:8: expected a whole number, found a number | write a number, without quotes`}},
		{"quoted number", "count: '1'", []string{`f:1:8: expected a whole number, found text | write a number, without quotes`}},
		{"text for ratio", "ratio: CANARY", []string{`f:1:8: expected a number, found text | write a number, without quotes`}},
		{"no number for ratio", "ratio: .nan", []string{`f:1:8: expected a number, found a number | write a number, without quotes`}},
		{"infinite ratio", "ratio: -.inf", []string{`f:1:8: expected a number, found a number | write a number, without quotes`}},
		{"own decoder", "upper: lower", []string{`f:1:8: is not in capitals | write capitals`}},
		{"own decoder of a name", "uppers: {A: 1, b: 2}", []string{`f:1:16: is not in capitals | write capitals`}},
		{"placed list for text", "placed: []", []string{`f:1:9: expected text, found a list`}},
		{"name that is a list", "map: {[a]: b}", []string{`f:1:7: expected a name, found a list | write the name as plain text`}},
		{"name that is an alias", "text: &a x\nmap: {*a : b}", []string{`f:2:7: expected a name, found an alias | write the name as plain text`}},
		{"field that is not bound", "NoTag: a\nIgnored: b", []string{
			`f:1:1: unknown field (not shown here, it may be a key) | expected one of: text, mode, yes-or-no, count, ratio, list, words, map, inner, pointer, inners, placed, any, upper, uppers, deep`,
			`f:2:1: unknown field "Ignored" | expected one of: text, mode, yes-or-no, count, ratio, list, words, map, inner, pointer, inners, placed, any, upper, uppers, deep`,
		}},
		{"tag", "text: !CANARY x", []string{`f:1:15: has a YAML tag, expected a plain value | remove the tag`}},
		{"tag of a mapping", "inner: !thing {name: a}", []string{`f:1:15: has a YAML tag, expected a plain value | remove the tag`}},
		{"tag that lies", "count: !!int CANARY", []string{`f:1:14: expected a whole number, found a number | write a number, without quotes`}},
		{"binary", "text: !!binary Q0FOQVJZ", []string{`f:1:16: has a YAML tag, expected a plain value | remove the tag`}},
		{"mistake in an anchor", "inner: &a\n  nam: x\npointer: *a", []string{
			"f:2:3: \"name\" is missing | add `name:`", `f:2:3: unknown field "nam" | did you mean "name"?`,
		}},
		{"merge of text", "inner:\n  <<: CANARY\n  name: a", []string{`f:2:7: expected a mapping of names to values, found text`}},
		{"unknown field merged in", "any: &a {colour: x}\ninner: {name: a, <<: *a}", []string{`f:1:10: unknown field "colour" | expected one of: name, also`}},
		{"syntax", "text: [a", []string{"f:1:1: is not valid YAML: did not find expected ',' or ']' | correct the YAML syntax"}},
		{"syntax, tab", "inner:\n\tname: a", []string{"f:2:1: is not valid YAML: found character that cannot start any token | correct the YAML syntax"}},
		{"syntax, colon", "text: a: b", []string{"f:1:1: is not valid YAML: mapping values are not allowed in this context | correct the YAML syntax"}},
		{"unknown anchor", "text: *CANARY", []string{"f:1:7: is not valid YAML: unknown anchor | correct the YAML syntax"}},
		{"control character", "text: \"a\x01\"", []string{"f:1:9: is not valid YAML: control characters are not allowed | correct the YAML syntax"}},
		{"not UTF-8", "text: \xff", []string{"f: is not valid UTF-8 text | save the file as UTF-8"}},
		{"two documents", "text: a\n---\ntext: b", []string{"f:2:1: a second YAML document, expected one | keep one document and remove the `---` line"}},
		{"a second, broken document", "text: a\n---\n[", []string{"f:3:1: is not valid YAML: did not find expected node content | correct the YAML syntax"}},
		{"several at once", "mode: x\ncount: y\nlist: z", []string{
			`f:1:7: expected one of test, live`,
			`f:2:8: expected a whole number, found text | write a number, without quotes`,
			`f:3:7: expected a list, found text | put it in [brackets]`,
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out everything
			if diff := cmp.Diff(c.want, lines(strict.Decode("f", []byte(c.text), &out))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEverythingDecodes(t *testing.T) {
	const text = `
text: 2026-01-02
mode: live
yes-or-no: true
count: 0x10
ratio: 3
list: [a, 1, true, null-like, "~"]
words: [linked, known]
map: {a: 1.50, on: off, 7: x}
inner: &i {name: n}
pointer: *i
inners: {one: {<<: *i, also: z}, two: {<<: [{also: first}, {also: second, name: m}]}}
placed: here
any: {a: [1, 2.5, x, ~, {b: true}]}
upper: ABC
uppers: {A: 1}
deep: {a: [{x: [p, q]}]}
`
	var got everything
	if problems := strict.Decode("f", []byte(text), &got); len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	want := everything{
		Text: "2026-01-02", Mode: "live", Yes: true, Count: 16, Ratio: 3,
		List: []string{"a", "1", "true", "null-like", "~"}, Words: []string{"linked", "known"},
		Map: map[string]string{"a": "1.50", "on": "off", "7": "x"}, Inner: inner{Name: "n"}, Pointer: &inner{Name: "n"},
		Inners: map[string]*inner{"one": {Name: "n", Also: "z"}, "two": {Name: "m", Also: "first"}},
		Placed: strict.At[string]{Value: "here"}, Any: map[string]any{"a": []any{1, 2.5, "x", nil, map[string]any{"b": true}}},
		Upper: "ABC", Uppers: map[upper]int{"A": 1}, Deep: map[string][]*places{"a": {{X: strict.At[[]string]{Value: []string{"p", "q"}}}}},
	}
	ignorePlaces := cmp.Comparer(func(a, b pos.Span) bool { return true })
	if diff := cmp.Diff(want, got, ignorePlaces); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.Inner.At.String() != "f:10:11" || got.Placed.Span.String() != "f:13:9" || got.Deep["a"][0].At.String() != "f:17:12" {
		t.Errorf("wrong places: %v, %v, %v", got.Inner.At, got.Placed.Span, got.Deep["a"][0].At)
	}
}

func TestEmptyDocumentsLeaveOutAsItIs(t *testing.T) {
	for _, text := range []string{"", "\n\n", "# only a comment\n", "---\n", "\uFEFF", "---\n...\n"} {
		out := everything{Text: "before"}
		problems := strict.Decode("f", []byte(text), &out)
		if text == "---\n" || text == "---\n...\n" { // holds a null, which is no mapping
			if len(problems) != 1 {
				t.Errorf("%q: %v, expected one problem", text, lines(problems))
			}
			continue
		}
		if len(problems) > 0 || out.Text != "before" {
			t.Errorf("%q: %v", text, lines(problems))
		}
	}
}

func TestMistakesDoNotStopTheRest(t *testing.T) {
	var out everything
	problems := strict.Decode("f", []byte("mode: wrong\ntext: right\ninners: {a: {also: b}}\ncount: 1.5"), &out)
	if len(problems) != 3 || out.Text != "right" || out.Inners["a"].Also != "b" || out.Mode != "" || out.Count != 0 {
		t.Errorf("decoded %d problems, text %q, mode %q, count %d", len(problems), out.Text, out.Mode, out.Count)
	}
}

// TestLimits feeds what would take forever, or the whole memory, without limits.
func TestLimits(t *testing.T) {
	bomb := "any:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		bomb += fmt.Sprintf("  %c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
	}
	mergeBomb := "any:\n  a: &a {x: 1}\n"
	for c := 'b'; c < 'z'; c++ {
		mergeBomb += fmt.Sprintf("  %c: &%c {<<: [*%c, *%c]}\n", c, c, c-1, c-1)
	}
	var wide strings.Builder
	wide.WriteString("any:\n  big: &big {a: 0")
	for i := range 20000 {
		fmt.Fprintf(&wide, ", k%d: 0", i)
	}
	wide.WriteString("}\n")
	for i := range 20000 {
		fmt.Fprintf(&wide, "  m%d: {<<: *big}\n", i)
	}
	cases := []struct{ name, text, want string }{
		{"aliases of aliases", bomb, "expands to more than 200000 nodes"},
		{"merges of merges", mergeBomb, "expands to more than 200000 nodes"},
		{"a wide mapping merged often", wide.String(), "expands to more than 200000 nodes"},
		{"an anchor within itself", "any: &a [*a]", "is nested deeper than 200 levels"},
		{"an anchor merged into itself", "any: &a {<<: *a}", "is nested deeper than 200 levels"},
		{"an anchor twice within itself", "any: &a [*a, *a]", "expands to more than 200000 nodes"},
		{"deep lists", "any: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "is nested deeper than 200 levels"},
		{"deeper than the parser goes", strings.Repeat("[", 20000), "is not valid YAML: exceeded max depth of 10000"},
		{"large", "text: " + strings.Repeat("x", 5<<20), "is larger than 4 MiB, the limit for such a file"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out everything
			problems := strict.Decode("f", []byte(c.text), &out)
			for _, p := range problems {
				if p.Message == c.want {
					return
				}
			}
			t.Errorf("%d problems, none is %q", len(problems), c.want)
		})
	}
}

// TestSpans decodes the source within the span of every scalar and expects its value.
func TestSpans(t *testing.T) {
	const text = "\uFEFFa: plain\n" +
		"b: 'it''s'\n" +
		"c: \"tab\\t \\\" é\"\n" +
		"é ü: {d: ü ö, e: [x y, 'z']}\r\n" +
		"f: &anchor value\n" +
		"g: !!str 12\n" +
		"h: &x !!str  # comment\n  'quoted'\n" +
		"i: http://host/#frag\n" +
		"j: before\rk: after a lone return\n" +
		"l: \"\u2028m\"\n" +
		"n: \"line\nfolded\"\n" +
		"o: end"
	var out scalars
	if problems := strict.Decode("f", []byte(text), &out); len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	if len(out.found) != 30 {
		t.Errorf("found %d scalars", len(out.found))
	}
	for _, s := range out.found {
		source := text[s.Span.Start.Byte:s.Span.End.Byte]
		var value string
		if err := yaml.Unmarshal([]byte(source), &value); err != nil || value != s.Value {
			t.Errorf("at %v: the source %q decodes to %q (%v), expected %q", s.Span, source, value, err, s.Value)
		}
	}
}

// scalars collects every scalar of a document, names included.
type scalars struct{ found []strict.At[string] }

func (s *scalars) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		s.found = append(s.found, strict.At[string]{Value: n.Value, Span: r.Span(n)})
	}
	for _, c := range n.Content {
		s.DecodeStrict(r, c)
	}
}

func TestSpansWithoutAnEnd(t *testing.T) {
	for _, text := range []string{"a: |\n  x\n  y\n", "a: >-\n  x\n", "a: one\n  two\n", "a: &b\nc: d", "a: &b", "a: !!str"} {
		var out scalars
		if problems := strict.Decode("f", []byte(text), &out); len(problems) > 0 {
			t.Fatalf("%q: %v", text, lines(problems))
		}
		s := out.found[1].Span
		if s.Start.Line != 1 || s.Start.Byte < 3 || s.Start != s.End {
			t.Errorf("%q: the value is at %+v", text, s)
		}
	}
}

func TestNames(t *testing.T) {
	shown := []string{"text", "expires-after", "PAYMENT_API_KEY", "Staging", "eu1", "prod-EU", "api.v2", "content-type", "review/a", "secret key"}
	hidden := []string{
		"", "sk_live_51HCANARYabc", "AKIACANARY3EXAMPLE7", "550e8400-e29b-41d4-a716-446655440000", "ghp_CANARYabcdef", "aGVsbG8gQ0FOQVJZ",
		"abcdefghijklmnopqrst", "abcd efgh ijkl mnop", " q", "a\nb", "é", "---", strings.Repeat("ab-", 20), "CANARY-9f8e7d6c", "xoxb-12345-67890",
	}
	for _, name := range shown {
		if !strict.IsName(name) || !strings.Contains(strict.Name(name), name) {
			t.Errorf("%q is not shown", name)
		}
	}
	for i, name := range hidden {
		if strict.IsName(name) || (name != "" && strings.Contains(strict.Name(name), name)) {
			t.Errorf("hidden name %d is shown", i)
		}
	}
}

func TestNearest(t *testing.T) {
	cases := []struct {
		name string
		from []string
		want string
	}{
		{"stagin", []string{"production", "staging"}, "staging"}, {"STAGING", []string{"staging"}, "staging"},
		{"expires_after", []string{"expires-after"}, "expires-after"}, {"maxage", []string{"max-age"}, "max-age"},
		{"tets", []string{"test"}, "test"}, {"x", []string{"test"}, ""}, {"", nil, ""}, {"", []string{"a"}, "a"},
		{"abc", []string{"abd", "abe"}, "abd"}, {"prod", []string{"development", "production"}, "production"}, {"pr", []string{"production"}, ""}, {"---", []string{"production"}, ""},
		{strings.Repeat("x", 3<<20), []string{strings.Repeat("x", 3<<20)}, ""},
	}
	for _, c := range cases {
		if got := strict.Nearest(c.name, c.from); got != c.want {
			t.Errorf("Nearest(%.40q, %.40q) = %q, expected %q", c.name, c.from, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	const text = "a: &a {b: {c: 1}}\nd: {<<: *a, e: 2}\nf: {<<: [{g: 3}, *a]}\nloop: &l {<<: [*l, *l]}\n"
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{"a b c", "1"}, {"d b c", "1"}, {"d e", "2"}, {"f g", "3"}, {"f b c", "1"}, {"a x", ""}, {"a b c d", ""}, {"loop x", ""}, {"", ""},
	} {
		found, ok := strict.Find(n.Content[0], strings.Fields(c.path)...)
		if ok != (c.want != "") || (ok && found.Value.Value != c.want) {
			t.Errorf("%q: found %v", c.path, ok)
		}
	}
}

// FuzzDecode expects: no panic; every problem has a place within the file and shows no
// scalar; and what is decoded without a problem is what yaml.v3 itself makes of it.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"text: a\nmode: test\n", "inner: &a {name: b}\npointer: *a", "map: {<<: {a: b}, c: d}", "any: [1, 2.5, {a: ~}]", "\uFEFFtext: x",
		"text: |\n  block\n", "text: !!str x", "a: \r\n- b\u2028c", "count: 010", "list: [0x1, 1e3, 2026-01-01]", "deep: {a: [{x: [CANARYa]}]}",
		"text: CANARYkey8\n CANARYkey9: {", "? a\n: b", "text: \"\\u0041\"", "{text: a}", "- a\n-", "\t", "text: *CANARYx1", "placed: 'a'", "<<: 1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got everything
		problems := strict.Decode("f", data, &got)
		for _, p := range problems {
			mustBeWithin(t, data, p)
			if strings.Contains(p.Message+p.Fix, "CANARY") && !bytes.Contains(data, []byte("CANARY ")) && !plainCanary(data) {
				t.Errorf("a problem at %v shows a scalar", p.At)
			}
		}
		if len(problems) == 0 {
			mustAgree(t, data, got)
		}
	})
}

// plainCanary reports whether the data holds the word in a form that reads like a name.
func plainCanary(data []byte) bool {
	for _, word := range bytes.FieldsFunc(data, func(c rune) bool { return strings.ContainsRune(" \t\r\n:,[]{}'\"?&*", c) }) {
		if bytes.Contains(word, []byte("CANARY")) && strict.IsName(string(word)) {
			return true
		}
	}
	return false
}

func mustBeWithin(t *testing.T, data []byte, p model.Problem) {
	t.Helper()
	if p.Message == "" || p.At.File != "f" {
		t.Errorf("a problem without a message or a file: %+v", p)
	}
	for _, at := range []pos.Pos{p.At.Start, p.At.End} {
		if at.IsValid() && (at.Byte > len(data) || pos.NewIndex(data).At(at.Byte) != at) {
			t.Errorf("a problem at a place that is none: %+v", p.At)
		}
	}
}

// mustAgree decodes into a twin without types of their own.
func mustAgree(t *testing.T, data []byte, got everything) {
	t.Helper()
	type twinInner struct {
		Name string `yaml:"name"`
		Also string `yaml:"also"`
	}
	var twin struct {
		Text    string                           `yaml:"text"`
		Mode    string                           `yaml:"mode"`
		Yes     bool                             `yaml:"yes-or-no"`
		Count   int                              `yaml:"count"`
		Ratio   float64                          `yaml:"ratio"`
		List    []string                         `yaml:"list"`
		Words   []string                         `yaml:"words"`
		Map     map[string]string                `yaml:"map"`
		Inner   twinInner                        `yaml:"inner"`
		Pointer *twinInner                       `yaml:"pointer"`
		Inners  map[string]*twinInner            `yaml:"inners"`
		Placed  string                           `yaml:"placed"`
		Any     any                              `yaml:"any"`
		Upper   string                           `yaml:"upper"`
		Uppers  map[string]int                   `yaml:"uppers"`
		Deep    map[string][]map[string][]string `yaml:"deep"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&twin); err != nil && err.Error() != "EOF" {
		t.Fatalf("decodes strictly, but yaml.v3 says: %v", err)
	}
	type pair struct{ a, b any }
	for i, p := range []pair{
		{twin.Text, got.Text}, {twin.Mode, got.Mode}, {twin.Yes, got.Yes}, {twin.Count, got.Count}, {twin.Ratio, got.Ratio},
		{fmt.Sprintf("%q", twin.List), fmt.Sprintf("%q", got.List)}, {fmt.Sprint(twin.Words), fmt.Sprint(got.Words)}, {fmt.Sprintf("%q", twin.Map), fmt.Sprintf("%q", got.Map)},
		{twin.Inner.Name, got.Inner.Name}, {twin.Inner.Also, got.Inner.Also}, {twin.Pointer == nil, got.Pointer == nil}, {len(twin.Inners), len(got.Inners)},
		{twin.Placed, got.Placed.Value}, {twin.Upper, string(got.Upper)}, {len(twin.Uppers), len(got.Uppers)}, {len(twin.Deep), len(got.Deep)},
	} {
		if diff := cmp.Diff(p.a, p.b); diff != "" {
			t.Errorf("value %d differs from that of yaml.v3", i)
		}
	}
}
