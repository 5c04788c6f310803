package github

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

func part(text string, line int) model.Value {
	at := pos.Span{File: "deploy.sh", Start: pos.Pos{Line: line, Column: 1}}
	if text == "?" {
		return model.UnknownBecause(model.WhyCommandOutput, fmt.Sprint("output ", line), model.Trail{}.Append(model.Hop{At: at, Kind: model.KindShell}))
	}
	return model.KnownText(text, model.Hop{At: at, Kind: model.KindShell})
}

func parts(texts ...string) model.Value {
	var list []model.Value
	var trails []model.Trail
	for i, text := range texts {
		p := part(text, i+1)
		list, trails = append(list, p), append(trails, p.Trail)
	}
	return together(list, trails, model.Trail{})
}

func described(w writing) []string {
	var out []string
	for _, s := range w.sets {
		text := fmt.Sprintf("unknown %s", s.value.Needs)
		if s.value.State == model.Known {
			text = fmt.Sprintf("%q", s.value.Text.Reveal())
		}
		out = append(out, fmt.Sprintf("%s=%s@%d", s.name, text, s.value.Trail.At().Start.Line))
	}
	if w.any != nil {
		out = append(out, "any: "+w.any.Needs)
	}
	if w.wrong != "" {
		out = append(out, "wrong: "+w.wrong)
	}
	return out
}

// TestChannels holds the rules of the runner for GITHUB_ENV and GITHUB_OUTPUT.
func TestChannels(t *testing.T) {
	cases := []struct {
		name  string
		value model.Value
		want  []string
	}{
		{"nothing", model.Value{State: model.Absent}, nil},
		{"one line", parts("A=1\n"), []string{`A="1"@1`}},
		{"no end of line", parts("A=1"), []string{`A="1"@1`}},
		{"an equals sign in the value", parts("A=b=c\n"), []string{`A="b=c"@1`}},
		{"an equals sign before <<", parts("A=<<E\nB=2\n"), []string{`A="<<E"@1`, `B="2"@1`}},
		{"empty", parts("A=\n"), []string{`A=""@1`}},
		{"empty lines", parts("\n\nA=1\n\n"), []string{`A="1"@1`}},
		{"a carriage return belongs to the value", parts("A=1\r\nB=2\n"), []string{`A="1\r"@1`, `B="2"@1`}},
		{"blanks belong to both", parts(" A = 1 \n"), []string{` A =" 1 "@1`}},
		{"later wins, both are told", parts("A=1\nA=2\n"), []string{`A="1"@1`, `A="2"@1`}},
		{"heredoc", parts("A<<E\none\ntwo\nE\nB=2\n"), []string{`A="one\ntwo"@1`, `B="2"@1`}},
		{"heredoc with its delimiter last", parts("A<<E\none\nE"), []string{`A="one"@1`}},
		{"empty heredoc", parts("A<<E\nE\n"), []string{`A=""@1`}},
		{"heredoc of empty lines", parts("A<<E\n\n\nE\n"), []string{`A="\n"@1`}},
		{"<< before =", parts("A<<E=F\nx\nE=F\n"), []string{`A="x"@1`}},
		{"heredoc that does not end", parts("A<<E\none\n"), []string{"wrong: a text that its delimiter does not end"}},
		{"the delimiter is a whole line", parts("A<<E\n E\nE \nE\n"), []string{`A=" E\nE "@1`}},
		{"no name", parts("B=1\n<<E\nx\nE\n"), []string{`B="1"@1`, "wrong: a line that is no NAME=value"}},
		{"no delimiter", parts("A<<\nx\n"), []string{"wrong: a line that is no NAME=value"}},
		{"neither", parts("A=1\nhello\nB=2\n"), []string{`A="1"@1`, "wrong: a line that is no NAME=value"}},
		{"an unknown value", parts("A=", "?", "\nB=2\n"), []string{"A=unknown output 2@2", `B="2"@3`}},
		{"a part of a value", parts("A=x", "?", "y\n"), []string{"A=unknown output 2@3"}},
		{"an unknown name", parts("B=1\n", "?", "=x\nA=2\n"), []string{`B="1"@1`, `A="2"@3`, "any: output 2"}},
		{"an unknown line", parts("B=1\n", "?", "\nA=2\n"), []string{`B="1"@1`, `A="2"@3`, "any: output 2"}},
		{"all unknown", part("?", 7), []string{"any: output 7"}},
		{"an unknown line within a heredoc", parts("A<<E\n", "?", "\nE\nB=2\n"), []string{"A=unknown output 2@2", `B="2"@3`}},
		{"a delimiter of several pieces", parts("A<<E", "-x\none\nE", "-", "x\n"), []string{`A="one"@2`}},
		{"each value has its own place", parts("A=", "one", "\nB=", "two", "\n"), []string{`A="one"@2`, `B="two"@4`}},
		{"characters that look like marks", parts("A=\U00100000\n"), []string{"A=\"\uFFFD\"@1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, described(readChannel(c.value))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestDrawnDelimiter ends a text with the same unknown that it begins with, and not with
// another one.
func TestDrawnDelimiter(t *testing.T) {
	drawn, other := part("?", 1), part("?", 2)
	text := func(end model.Value) model.Value {
		list := []model.Value{part("A<<", 3), drawn, part("\nCANARY\n", 4), end, part("\n", 5)}
		var trails []model.Trail
		for _, v := range list {
			trails = append(trails, v.Trail)
		}
		return together(list, trails, model.Trail{})
	}
	if diff := cmp.Diff([]string{`A="CANARY"@4`}, described(readChannel(text(drawn)))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := described(readChannel(text(other))); !strings.HasPrefix(got[0], "wrong") {
		t.Errorf("another text ends it: %q", got)
	}
}

func TestOldCommands(t *testing.T) {
	cases := []struct {
		text string
		want []string
	}{
		{"::set-output name=a::1\n", []string{`a="1"@1`}},
		{"  ::set-output name=a::1%0A2%25\n", []string{`a="1\n2%"@1`}},
		{"x ::set-output name=a::1\n", nil},
		{"::set-output::1\n", nil},
		{"::SET-OUTPUT name=a,other=b::\n", []string{`a=""@1`}},
		{"::set-env name=a::1\n", nil},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, described(readOutput(parts(c.text), "set-output"))); diff != "" {
			t.Errorf("%q (-want +got)\n%s", c.text, diff)
		}
	}
}

func TestShells(t *testing.T) {
	cases := []struct {
		shell, want string
	}{
		{"bash", "bash -e -o pipefail"},
		{"sh", "sh -e"},
		{"pwsh", "pwsh"},
		{"cmd", "cmd"},
		{"python", "python"},
		{"bash {0}", "bash"},
		{"bash -e {0}", "bash -e"},
		{"bash -leo pipefail {0}", "bash -eo pipefail"},
		{"bash --noprofile --norc -euo pipefail {0}", "bash -euo pipefail"},
		{"bash +e {0}", "bash +e"},
		{"/bin/bash -x {0}", "bash -x"},
		{"sh '{0}'", "sh"},
		{"bash -O extglob {0}", "custom"},
		{"bash -c \"{0}\" x", "custom"},
		{"bash {0} arg", "custom"},
		{"sudo bash {0}", "sudo"},
		{"perl {0}", "perl"},
		{"bash -e", "none"},
		{"zsh", "none"},
		{"BASH", "bash -e -o pipefail"},
	}
	for _, c := range cases {
		program, flags, ok := readShell(c.shell)
		got := strings.Join(append([]string{program}, flags...), " ")
		if !ok {
			got = "none"
		}
		if got != c.want {
			t.Errorf("%q is %q, expected %q", c.shell, got, c.want)
		}
	}
}

// TestActions looks at the table of actions itself.
func TestActions(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range actions {
		if a.uses != strings.ToLower(a.uses) || !strings.Contains(a.uses, "/") || seen[a.uses] {
			t.Errorf("%q stands twice, or is not owner/name in lower case", a.uses)
		}
		seen[a.uses] = true
		if len(a.names) > 0 && a.exports != exportsNames && a.exports != exportsInputs {
			t.Errorf("%q has names that nothing reads", a.uses)
		}
		if len(a.line) > 0 && !a.deploys && a.uses != "docker/build-push-action" {
			t.Errorf("%q has a command line, and does not deploy", a.uses)
		}
	}
	for uses, want := range map[string]bool{
		"actions/checkout@v4": true, "Azure/WebApps-Deploy@v3": true, "somebody/thing@v1": false, "acme/setup-tool@v1": true,
		"google-github-actions/auth/sub@v2": false, "docker/metadata-action@v5": true,
	} {
		if _, ok := lookup(uses); ok != want {
			t.Errorf("%s is known: %v, expected %v", uses, ok, want)
		}
	}
}

// TestAlign finds every byte of a scalar in the text that it was read from.
func TestAlign(t *testing.T) {
	cases := []struct {
		name, value, source string
		quote               byte
		want                []int
	}{
		{"plain", "abc", "abc", 0, []int{0, 1, 2, 3}},
		{"plain over two lines", "a b", "a\n  b", 0, []int{0, 1, 4, 5}},
		{"single quotes", "it's", "'it''s'", '\'', []int{1, 2, 3, 5, 6}},
		{"double quotes", "a\tb\"", `"a\tb\""`, '"', []int{1, 2, 4, 5, 7}},
		{"literal", "a\nb\n", "|\n  a\n  b\n", '|', []int{4, 5, 8, 9, 10}},
		{"literal with indentation", "a\n  b\n", "|\n  a\n    b\n", '|', []int{4, 5, 8, 9, 10, 11, 12}},
		{"literal with an empty line", "a\n\nb\n", "|\n  a\n\n  b\n", '|', []int{4, 5, 6, 9, 10, 11}},
		{"folded", "a b\n", ">\n  a\n  b\n", '|', []int{4, 5, 8, 9, 10}},
		{"escapes that are not followed", "A", `"\x41"`, '"', nil},
	}
	for _, c := range cases {
		got, ok := align(c.value, c.source, c.quote)
		if !ok {
			got = nil
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

// TestBack maps stretches of a composed script to those that it was made of.
func TestBack(t *testing.T) {
	// "ab" + "${{ x }}" pasted as "HOLE" + "cd"
	patches := []patch{{0, 0, 2, true}, {2, 2, 10, false}, {6, 10, 12, true}}
	cases := []struct{ start, end, from, to int }{
		{0, 1, 0, 1}, {0, 2, 0, 2}, {2, 6, 2, 10}, {3, 5, 2, 10}, {6, 8, 10, 12}, {1, 7, 1, 11}, {7, 7, 11, 11},
	}
	for _, c := range cases {
		if from, to := back(patches, c.start, c.end); from != c.from || to != c.to {
			t.Errorf("%d-%d came from %d-%d, expected %d-%d", c.start, c.end, from, to, c.from, c.to)
		}
	}
}
