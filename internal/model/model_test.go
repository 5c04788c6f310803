package model_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

func hop(name string) model.Hop {
	return model.Hop{At: pos.Span{File: name, Start: pos.Pos{Line: 1, Column: 1}}, Kind: model.KindShell, What: name}
}

func trail(names ...string) model.Trail {
	var t model.Trail
	for _, name := range names {
		t = t.Append(hop(name))
	}
	return t
}

func journey(t model.Trail) string {
	var names []string
	for _, h := range t.Hops() {
		names = append(names, h.What)
	}
	return strings.Join(names, " ")
}

func known(text string, hops ...string) model.Value {
	v := model.KnownText("CANARY"+text, hop(hops[0]))
	for _, h := range hops[1:] {
		v = v.Via(hop(h))
	}
	return v
}

// TestTrailsAreImmutable appends to one shared beginning from many sides: none may see
// what another appended.
func TestTrailsAreImmutable(t *testing.T) {
	shared := trail("a", "b", "c")
	var branches []model.Trail
	for i := range 50 {
		branch := shared.Append(hop(fmt.Sprint("x", i)))
		branches = append(branches, branch, branch.Append(hop(fmt.Sprint("y", i))))
	}
	for i := range 50 {
		want := fmt.Sprintf("a b c x%d", i)
		if got := journey(branches[2*i]); got != want {
			t.Errorf("branch %d is %q, expected %q", i, got, want)
		}
		if got := journey(branches[2*i+1]); got != want+fmt.Sprintf(" y%d", i) {
			t.Errorf("branch %d goes on as %q", i, got)
		}
	}
	if got := journey(shared); got != "a b c" {
		t.Errorf("the beginning is now %q", got)
	}
	hops := shared.Hops()
	hops[0].What = "changed"
	if got := journey(shared); got != "a b c" {
		t.Errorf("changing the list changed the trail: %q", got)
	}
}

func TestTrail(t *testing.T) {
	empty := model.Trail{}
	if !empty.IsEmpty() || empty.Hops() != nil || empty.Last() != (model.Hop{}) || empty.Origin() != (model.Hop{}) || empty.At().IsValid() {
		t.Error("the zero trail is not empty")
	}
	full := trail("a", "b", "b", "a", "a", "c")
	if got := journey(full); got != "a b a c" {
		t.Errorf("got %q; only a repetition of the last hop is dropped", got)
	}
	if full.IsEmpty() || full.Last().What != "c" || full.Origin().What != "a" {
		t.Errorf("origin %q, last %q", full.Origin().What, full.Last().What)
	}
	if !full.Equal(trail("a", "b", "a", "c")) || full.Equal(trail("a", "b", "a")) || full.Equal(empty) || !empty.Equal(model.Trail{}) {
		t.Error("Equal is wrong")
	}
}

func TestTrailAt(t *testing.T) {
	command := model.Hop{At: pos.Span{File: "cmd"}, Kind: model.KindCommand}
	process := model.Hop{Kind: model.KindProcess, What: "HOME"}
	template := model.Hop{At: pos.Span{File: "template"}, Kind: model.KindHelmTemplate}
	manifest := model.Hop{At: pos.Span{File: "manifest"}, Kind: model.KindManifest}
	cases := []struct {
		name string
		hops []model.Hop
		want string
	}{
		{"no hop", nil, ""},
		{"only the process", []model.Hop{process}, ""},
		{"the latest in a file", []model.Hop{hop("a"), hop("b")}, "b:1:1"},
		{"a command only passes on", []model.Hop{hop("a"), command}, "a:1:1"},
		{"nothing but a command", []model.Hop{process, command}, "cmd"},
		{"the latest of two commands", []model.Hop{{At: pos.Span{File: "first"}, Kind: model.KindCommand}, command}, "cmd"},
		{"the process last", []model.Hop{hop("a"), process}, "a:1:1"},
		{"a template only passes on", []model.Hop{hop("a"), template, manifest}, "a:1:1"},
		{"a text in a manifest", []model.Hop{{At: pos.Span{File: "literal"}, Kind: model.KindManifest, Literal: true}, template, manifest}, "literal"},
		{"a command before a template", []model.Hop{process, command, template, manifest}, "cmd"},
		{"a flag before a template", []model.Hop{process, {At: pos.Span{File: "flag"}, Kind: model.KindHelmValues}, template, manifest}, "flag"},
		{"nothing but a reference", []model.Hop{template, manifest}, "manifest"},
	}
	for _, c := range cases {
		var trail model.Trail
		for _, h := range c.hops {
			trail = trail.Append(h)
		}
		if got := trail.At().String(); got != c.want {
			t.Errorf("%s: %q, expected %q", c.name, got, c.want)
		}
	}
}

func TestJoin(t *testing.T) {
	cases := []struct {
		trails []model.Trail
		want   string
	}{
		{nil, ""},
		{[]model.Trail{trail("a", "b")}, "a b"},
		{[]model.Trail{trail("a", "b"), trail("c")}, "a b c"},
		{[]model.Trail{trail("a", "b"), trail("b", "c", "a", "d")}, "a b c d"},
		{[]model.Trail{{}, trail("a"), {}, trail("a")}, "a"},
		{[]model.Trail{trail("a", "b", "a")}, "a b"},
		{[]model.Trail{trail("a", "b", "a"), trail("c", "b")}, "a b c"},
		{[]model.Trail{{}, trail("a", "b", "a")}, "a b"},
	}
	for _, c := range cases {
		before := make([]string, len(c.trails))
		for i, one := range c.trails {
			before[i] = journey(one)
		}
		if got := journey(model.Join(c.trails...)); got != c.want {
			t.Errorf("joining %q gives %q, expected %q", before, got, c.want)
		}
		for i, one := range c.trails {
			if journey(one) != before[i] {
				t.Errorf("joining changed %q to %q", before[i], journey(one))
			}
		}
	}
}

func losers(v model.Value) string {
	var out []string
	for _, d := range v.Losers {
		out = append(out, journey(d.Value.Trail))
		if len(d.Value.Losers) > 0 {
			out = append(out, "(with losers of its own)")
		}
	}
	return strings.Join(out, ", ")
}

func TestOver(t *testing.T) {
	first, second, third := known("1", "first"), known("2", "second"), known("3", "third")
	chain := third.Over(second.Over(first))
	if got := losers(chain); got != "second, first" {
		t.Errorf("losers %q, expected the strongest first", got)
	}
	if losers(first)+losers(second)+losers(third) != "" {
		t.Error("Over changed its arguments")
	}
	absent := model.Value{State: model.Absent}
	if got := losers(third.Over(absent)); got != "" {
		t.Errorf("an absent loser adds %q", got)
	}
	if got := losers(third.Over(absent.Over(first))); got != "first" {
		t.Errorf("what an absent loser replaced is %q", got)
	}
	if got := losers(third.Over(model.UnknownBecause(model.WhyInput, "x", trail("asked")))); got != "asked" {
		t.Errorf("an unknown loser is %q", got)
	}
	if at := chain.Losers[1].At().String(); at != "first:1:1" {
		t.Errorf("the weakest loser is at %q", at)
	}
}

// TestLosersAreNotShared lets two values win over the same one, twice each.
func TestLosersAreNotShared(t *testing.T) {
	base := known("0", "base").Over(known("1", "a")).Over(known("2", "b"))
	var all []model.Value
	for i := range 10 {
		all = append(all, base.Over(known("x", fmt.Sprint("x", i))), known("y", "y").Over(base).Over(known("z", fmt.Sprint("z", i))))
	}
	for i := range 10 {
		if got, want := losers(all[2*i]), fmt.Sprintf("a, b, x%d", i); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
		if got, want := losers(all[2*i+1]), fmt.Sprintf("base, a, b, z%d", i); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
	if got := losers(base); got != "a, b" {
		t.Errorf("the base has now %q", got)
	}
}

func TestVia(t *testing.T) {
	v := known("1", "a")
	w, x := v.Via(hop("b")), v.Via(hop("c"))
	if journey(v.Trail) != "a" || journey(w.Trail) != "a b" || journey(x.Trail) != "a c" {
		t.Errorf("%q, %q, %q", journey(v.Trail), journey(w.Trail), journey(x.Trail))
	}
	if w.State != model.Known || !w.Text.Equal(v.Text) {
		t.Error("Via changed the value")
	}
}

func TestAmbiguous(t *testing.T) {
	a, otherA, b := known("a", "x"), known("a", "y"), known("b", "z")
	absent := model.Value{State: model.Absent}
	one := model.UnknownBecause(model.WhyInput, "n", trail("p"))
	cases := []struct {
		name         string
		candidates   []model.Value
		state        model.State
		alternatives int
	}{
		{"one", []model.Value{a}, model.Known, 0},
		{"the same text twice", []model.Value{a, otherA}, model.Known, 0},
		{"two texts", []model.Value{a, b}, model.Unknown, 2},
		{"a text or nothing", []model.Value{a, absent}, model.Unknown, 2},
		{"nothing twice", []model.Value{absent, absent}, model.Absent, 0},
		{"the same unknown twice", []model.Value{one, one}, model.Unknown, 0},
		{"unknowns of two places", []model.Value{one, model.UnknownBecause(model.WhyInput, "n", trail("q"))}, model.Unknown, 2},
		{"nested", []model.Value{model.Ambiguous("", a, b), otherA}, model.Unknown, 2},
		{"deeply nested", []model.Value{model.Ambiguous("", model.Ambiguous("", a, b), absent), one}, model.Unknown, 4},
		{"none", nil, model.Unknown, 0},
	}
	for _, c := range cases {
		got := model.Ambiguous("a decision", c.candidates...)
		if got.State != c.state || len(got.Alternatives) != c.alternatives {
			t.Errorf("%s: %v with %d alternatives, expected %v with %d", c.name, got.State, len(got.Alternatives), c.state, c.alternatives)
		}
		if c.alternatives > 0 && (got.Why != model.WhyAmbiguous || got.Needs != "a decision") {
			t.Errorf("%s: why %q, needs %q", c.name, got.Why, got.Needs)
		}
		if c.alternatives > 0 && !got.Text.IsEmpty() {
			t.Errorf("%s: an ambiguous value has a text", c.name)
		}
	}
}

func TestSame(t *testing.T) {
	values := []model.Value{
		known("a", "x"), known("b", "x"), {State: model.Absent}, {},
		model.UnknownBecause(model.WhyInput, "n", trail("p")), model.UnknownBecause(model.WhyInput, "n", trail("q")),
		model.UnknownBecause(model.WhyInput, "m", trail("p")), model.UnknownBecause(model.WhyTime, "n", trail("p")),
	}
	for i, v := range values {
		for j, w := range values {
			if v.Same(w) != (i == j) {
				t.Errorf("values %d and %d: Same is %v", i, j, v.Same(w))
			}
		}
	}
}

func TestForgettingToDecideIsUnknown(t *testing.T) {
	var v model.Value
	if v.State != model.Unknown || v.State.String() != "unknown" || model.Known.String() != "known" || model.Absent.String() != "absent" {
		t.Error("the zero value is not unknown, or the words are wrong")
	}
	if model.State(77).String() != "unknown" {
		t.Error("a state out of range is not called unknown")
	}
}

func TestEnvironmentsArePersistent(t *testing.T) {
	var empty model.Env
	one := empty.With("A", known("1", "a"))
	two := one.With("A", known("2", "b")).With("B", known("3", "c"))
	three := two.Without("A")
	four := two.WithAll(map[string]model.Value{"B": known("4", "d"), "C": {State: model.Absent}})
	want := map[string][]string{"empty": nil, "one": {"A"}, "two": {"A", "B"}, "three": {"B"}, "four": {"A", "B", "C"}}
	for name, env := range map[string]model.Env{"empty": empty, "one": one, "two": two, "three": three, "four": four} {
		if diff := cmp.Diff(want[name], env.Names()); diff != "" || env.Len() != len(want[name]) {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if journey(one.Get("A").Trail) != "a" || journey(two.Get("A").Trail) != "b" || journey(two.Get("B").Trail) != "c" || journey(four.Get("B").Trail) != "d" {
		t.Error("an environment sees what another set")
	}
	if empty.Get("A").State != model.Absent || three.Has("A") || !four.Has("C") || four.Get("C").State != model.Absent {
		t.Error("unset and absent are mixed up")
	}
	if same := two.WithAll(nil); same.Len() != 2 || three.Without("NONE").Len() != 1 || empty.Without("A").Len() != 0 {
		t.Error("changing nothing changed something")
	}
	if model.NewEnv(map[string]model.Value{"X": {}}).Get("X").State != model.Unknown {
		t.Error("NewEnv lost a value")
	}
	var names []string
	for name := range four.All() {
		if names = append(names, name); len(names) == 2 {
			break
		}
	}
	if diff := cmp.Diff([]string{"A", "B"}, names); diff != "" {
		t.Errorf("All (-want +got)\n%s", diff)
	}
}

func TestSortProblems(t *testing.T) {
	at := func(file string, line int) pos.Span {
		return pos.Span{File: file, Start: pos.Pos{Line: line, Column: 1}}
	}
	problems := []model.Problem{
		{At: at("b", 1), Message: "x"}, {At: at("a", 2), Message: "y"}, {At: at("a", 2), Message: "x"}, {Message: "no place"},
		{At: at("a", 2), Message: "y"}, {At: at("a", 1), Message: "z", Fix: "1"}, {At: at("a", 1), Message: "z", Fix: "2"},
	}
	want := []model.Problem{
		{Message: "no place"}, {At: at("a", 1), Message: "z", Fix: "1"}, {At: at("a", 1), Message: "z", Fix: "2"},
		{At: at("a", 2), Message: "x"}, {At: at("a", 2), Message: "y"}, {At: at("b", 1), Message: "x"},
	}
	before := fmt.Sprint(problems)
	if diff := cmp.Diff(want, model.SortProblems(problems)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if fmt.Sprint(problems) != before {
		t.Error("sorting changed the list that was given")
	}
}

func TestValuesDoNotPrint(t *testing.T) {
	v := known("secret", "a").Over(known("older", "b"))
	v.Alternatives = []model.Value{known("other", "c")}
	env := model.Env{}.With("A", v)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if strings.Contains(fmt.Sprintf(verb, v)+fmt.Sprintf(verb, env)+fmt.Sprintf(verb, &v)+fmt.Sprintf(verb, model.Consumer{Env: env}), "CANARY") {
			t.Errorf("%s shows a value", verb)
		}
	}
}

// TestCallsSelf tells keyfit, and Go that builds it, from all else.
func TestCallsSelf(t *testing.T) {
	for line, want := range map[string]bool{
		"keyfit check": true, "/usr/local/bin/keyfit": true, `C:\tools\KeyFit.exe check -e staging`: true,
		"go install github.com/keyfit/keyfit/cmd/keyfit@v1.2.3": true, "go run github.com/keyfit/keyfit/cmd/keyfit@v1.2.3 check": true,
		"/usr/local/go/bin/go build github.com/keyfit/keyfit/cmd/keyfit": true, "go.exe run github.com/keyfit/keyfit/cmd/keyfit@v1.2.3": true,
		"go run -exec=./serve github.com/keyfit/keyfit/cmd/keyfit": false, "go run ./serve": false, "go install": false,
		"go run github.com/keyfit/keyfitter/serve": false, "go test github.com/keyfit/keyfit/...": false, "./serve keyfit": false, "": false,
	} {
		if got := model.CallsSelf(strings.Fields(line)); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

// TestManyLosers: of a name that is set thousands of times, the definitions that are remembered
// are bounded; the last ones and the very first stay.
func TestManyLosers(t *testing.T) {
	v := known("0", "f0")
	for i := 1; i <= 1000; i++ {
		v = known("x", fmt.Sprint("f", i)).Over(v)
	}
	n := len(v.Losers)
	if first, last := v.Losers[0].At().File, v.Losers[n-1].At().File; n > 100 || first != "f999" || last != "f0" {
		t.Errorf("%d losers, from %s to %s", n, first, last)
	}
}

// TestExportDefinesNothing: `export NAME` of what has that name already says only that it goes on; the
// place to change is the one before.
func TestExportDefinesNothing(t *testing.T) {
	hop := func(line int, kind, what string, literal bool) model.Hop {
		return model.Hop{At: pos.Span{File: "f", Start: pos.Pos{Line: line, Column: 1}}, Kind: kind, What: what, Literal: literal}
	}
	project := model.Hop{Kind: model.KindGitLab, What: `variable "KEY" of the project`}
	for name, tt := range map[string]struct {
		hops []model.Hop
		want int
	}{
		"an assignment":             {[]model.Hop{hop(1, model.KindShell, "KEY=", true), hop(2, model.KindShell, "export KEY", false)}, 1},
		"a line of a file":          {[]model.Hop{hop(1, model.KindDotenv, "KEY", true), hop(2, model.KindShell, "export KEY", false)}, 1},
		"exported twice":            {[]model.Hop{hop(1, model.KindShell, "KEY=", true), hop(2, model.KindShell, "export KEY", false), hop(3, model.KindShell, "export KEY", false)}, 1},
		"another name":              {[]model.Hop{hop(1, model.KindShell, "OTHER=", true), hop(2, model.KindShell, "export KEY", false)}, 2},
		"a text of its own":         {[]model.Hop{hop(1, model.KindShell, "KEY=", true), hop(2, model.KindShell, "export KEY", true)}, 2},
		"no other place":            {[]model.Hop{project, hop(2, model.KindShell, "export KEY", false)}, 2},
		"a name within another one": {[]model.Hop{hop(1, model.KindShell, "MY_KEY=", true), hop(2, model.KindShell, "export KEY", false)}, 2},
	} {
		var trail model.Trail
		for _, h := range tt.hops {
			trail = trail.Append(h)
		}
		if got := trail.At().Start.Line; got != tt.want {
			t.Errorf("%s: defined in line %d, want %d", name, got, tt.want)
		}
	}
}
