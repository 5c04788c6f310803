package session

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

func told(v model.Value) string {
	switch {
	case v.State == model.Known:
		return fmt.Sprintf("%q", v.Text.Reveal())
	case v.State == model.Absent:
		return "nothing"
	case len(v.Alternatives) > 0:
		var all []string
		for _, a := range v.Alternatives {
			all = append(all, told(a))
		}
		return "(" + strings.Join(all, "|") + ")"
	}
	return "?" + string(v.Why)
}

func hop(what string) model.Hop { return model.Hop{Kind: model.KindShell, What: what} }

func known(text string) model.Value { return model.KnownText(text, hop(text)) }

var (
	ciSecret = model.UnknownBecause(model.WhyCISecret, "the secret", model.Trail{}.Append(hop("secret")))
	either   = model.Ambiguous("which", known("a"), known("b"))
	perhaps  = model.Ambiguous("which", known("a"), model.Value{State: model.Absent})
)

func TestValue(t *testing.T) {
	for _, c := range []struct {
		name string
		text Text
		want string
	}{
		{"nothing", Text{}, `""`},
		{"a literal", Literal("x"), `"x"`},
		{"pieces", Cat(Literal("x"), Of(known("y"))), `"xy"`},
		{"an absent piece is empty", Cat(Literal("x"), Of(model.Value{State: model.Absent})), `"x"`},
		{"an unknown piece", Cat(Literal("x"), Of(ciSecret)), "?ci-secret"},
		{"one of two", Cat(Literal("x"), Of(either), Literal("y")), `("xay"|"xby")`},
		{"perhaps a piece", Cat(Literal("x"), Of(perhaps)), `("xa"|"x")`},
		{"two choices", Cat(Of(either), Of(either)), `("aa"|"ab"|"ba"|"bb")`},
		{"a choice and an unknown", Cat(Of(either), Of(ciSecret)), "?ci-secret"},
		{"more choices than are told apart", Cat(Of(either), Of(either), Of(either), Of(either), Of(either)), "?unsupported"},
		{"the end of a line", Cat(Literal("x"), LineEnd(), Literal("y")), `("x\ny"|"x\r\ny")`},
		{"two ends of lines end alike", Cat(LineEnd(), LineEnd()), `("\n\n"|"\r\n\r\n")`},
		{"a text that is too long", Literal(strings.Repeat("x", maxText)).plus("x"), "?limit"},
		{"what only differs by its source", Either("which", Of(known("a")), Of(model.KnownText("a", hop("b")))), `"a"`},
		{"a common beginning", Either("which", Cat(Literal("x"), Of(known("a"))), Cat(Literal("x"), Of(known("b")))), `("xa"|"xb")`},
	} {
		if got := told(c.text.Value()); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func (t Text) plus(s string) Text { return Cat(t, Of(known(s))) }

func TestChannel(t *testing.T) {
	two := Either("which", Cat(Literal("A=1\n"), Of(known("B=2\n"))), Literal("A=1\n"))
	v := Cat(two, Of(ciSecret)).Channel()
	var got []string
	for _, p := range v.Parts {
		got = append(got, told(p))
	}
	if diff := cmp.Diff([]string{`"A=1\n"`, `("B=2\n"|"")`, "?ci-secret"}, got); diff != "" {
		t.Error(diff)
	}
	for _, a := range v.Parts[1].Alternatives {
		if len(a.Parts) == 0 {
			t.Errorf("%s has no parts", told(a))
		}
	}
	if got := told(Cat(Literal("x"), LineEnd()).Channel()); got != `"x\n"` {
		t.Errorf("an end of a line is %s", got)
	}
	if got := told(Text{}.Channel()); got != "nothing" {
		t.Errorf("nothing is %s", got)
	}
}

func TestTrailsKeepTheirOrder(t *testing.T) {
	trail := func(names ...string) model.Trail {
		var out model.Trail
		for _, n := range names {
			out = out.Append(hop(n))
		}
		return out
	}
	for _, c := range []struct {
		trails []model.Trail
		want   string
	}{
		{[]model.Trail{trail("a", "z"), trail("b", "z")}, "a b z"},
		{[]model.Trail{trail("z"), trail("b", "z")}, "b z"},
		{[]model.Trail{trail("a", "b"), trail("b", "a")}, "a b a"},
		{[]model.Trail{trail("a"), trail("a")}, "a"},
	} {
		var got []string
		for _, h := range joinTrails(c.trails).Hops() {
			got = append(got, h.What)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("got %v, want %s", got, c.want)
		}
	}
}

func TestSource(t *testing.T) {
	s := NewSource(Script{Text: "a\U000F0000b\U000F0001\U000F0002\xffü", Holes: []model.Value{known("K"), ciSecret}, Hole: 0xF0000,
		At: pos.Span{File: "f"}, Plain: true, Positions: func(start, end int) pos.Span {
			return pos.Span{File: "f", Start: pos.Pos{Line: 1, Byte: start}, End: pos.Pos{Line: 1, Byte: end}}
		}})
	chars := s.Chars()
	if got, ok := Plain(chars[:3]); !ok || got != "aKb" {
		t.Errorf("a known value is read as if it stood there: %q", got)
	}
	for i, want := range []string{`"a"`, `"K"`, `"b"`, "?ci-secret", "?unsupported", "?unsupported", "?unsupported"} {
		if got := told(s.Text(chars[i : i+1]).Value()); got != want {
			t.Errorf("character %d is %s, want %s", i, got, want)
		}
	}
	if at := s.Span(chars[1:3]); at.Start.Byte != 1 || at.End.Byte != 6 {
		t.Errorf("stands at %+v", at)
	}
	if hops := s.Text(chars[1:2]).Value().Trail.Hops(); len(hops) != 1 || hops[0].What != "K" {
		t.Errorf("its trail is %v", hops)
	}
	if !s.Pasted(chars[1]) || s.Pasted(chars[0]) {
		t.Error("what was pasted is told wrongly")
	}
}

func TestNames(t *testing.T) {
	env := model.NewEnv(map[string]model.Value{"Path": known("p"), "A": known("a")})
	for _, c := range []struct {
		name   string
		system System
		do     func(*State)
		want   string
	}{
		{"Windows reads without case", Windows, func(st *State) { st.Set("X", st.Lookup("PATH")) }, `A="a" Path="p" X="p"`},
		{"Unix reads with case", Unix, func(st *State) { st.Set("X", st.Lookup("PATH")) }, `A="a" Path="p"`},
		{"on an unknown system, both", AnySystem, func(st *State) { st.Set("X", st.Lookup("PATH")) }, `A="a" Path="p" X=(nothing|"p")`},
		{"another spelling makes both unknown", Windows, func(st *State) { st.Set("PATH", known("q")) }, `A="a" PATH=("q"|nothing) Path=("q"|"p")`},
		{"but not where there is a case", Unix, func(st *State) { st.Set("PATH", known("q")) }, `A="a" PATH="q" Path="p"`},
		{"the same spelling", Windows, func(st *State) { st.Set("Path", known("q")) }, `A="a" Path="q"`},
		{"removed", Windows, func(st *State) { st.Set("A", model.Value{State: model.Absent}) }, `Path="p"`},
		{"anything", Unix, func(st *State) { st.Wild(ciSecret) }, `A=?ci-secret Path=?ci-secret *=?ci-secret`},
	} {
		st := NewState(c.system, env, ".", nil, nil)
		c.do(st)
		var got []string
		for name, v := range st.Env.All() {
			got = append(got, name+"="+told(v))
		}
		if rest := st.Env.Rest(); rest.State != model.Absent {
			got = append(got, "*="+told(rest))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s\n%s", c.name, diff)
		}
	}
}

func TestJoin(t *testing.T) {
	st := NewState(Unix, model.NewEnv(map[string]model.Value{"A": known("a"), "B": known("b")}), ".", []string{"OUT"}, nil)
	st.WriteChannel("OUT", Literal("x=1\n"), true)
	other := st.Clone()
	other.Set("A", known("z"))
	other.Set("C", known("c"))
	other.WriteChannel("OUT", Literal("y=2\n"), true)
	other.SetFile("f", known("f"))
	other.Dir = "sub"
	st.Join(other, "which way")
	for name, want := range map[string]string{"A": `("a"|"z")`, "B": `"b"`, "C": `(nothing|"c")`} {
		if got := told(st.Env.Get(name)); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if got := told(st.Channels["OUT"].Text().Channel()); got != `("x=1\n"|"x=1\ny=2\n")` {
		t.Errorf("the channel holds %s", got)
	}
	if st.Files["f"].State != model.Unknown || st.Lost == nil {
		t.Error("the file and the directory are not known any more")
	}
	if out, ok := st.Get("OUT").Outlet(); !ok || out != "OUT" {
		t.Error("the channel is not found any more")
	}
	st.Set("OUT", known("elsewhere"))
	if _, ok := st.Get("OUT").Outlet(); ok {
		t.Error("a channel that was changed is none any more")
	}
}

func TestBrokenLines(t *testing.T) {
	for _, c := range []struct {
		text   Text
		system System
		want   string
	}{
		{Literal("A=1\nB=2\n"), Windows, `"A=1\nB=2\n"`},
		{Literal("A<<E\none\nE\n"), Windows, `"A<<E\none\nE\n"`},
		{Literal("A<<E\none\ntwo\nE\nB=1\n"), Windows, `("A<<E\none\r\ntwo\nE\nB=1\n"|"A<<E\none\ntwo\nE\nB=1\n")`},
		{Literal("A<<E\none\ntwo\nE\n"), Unix, `"A<<E\none\ntwo\nE\n"`},
		{Literal("A<<E\nE\nB<<F\nx\ny\nF\n"), AnySystem, `("A<<E\nE\nB<<F\nx\r\ny\nF\n"|"A<<E\nE\nB<<F\nx\ny\nF\n")`},
		{Literal("A=x<<E\none\n"), Windows, `"A=x<<E\none\n"`},
	} {
		if got := told(brokenLines(c.text, c.system).Channel()); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestRecorder(t *testing.T) {
	tree, err := repo.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	files := repo.NewOverlay(tree)
	r := NewRecorder(t.Context())
	defer r.Stop()
	st := NewState(Unix, model.Env{}, ".", nil, nil)
	for i, name := range []string{"a", "b", "c", "d", "a"} {
		c := Command{Args: []Text{Literal(name)}}
		if i > 0 {
			c.Printers = []int{i - 1}
		}
		r.Start(st, c)
	}
	r.Drop(1, 2)
	r.Perhaps(3)
	st.SetFile("known", known("text"))
	st.SetFile("unknown", ciSecret)
	out := r.Outcome(st, files, false)
	var got []string
	for i, c := range out.Commands {
		got = append(got, fmt.Sprint(told(c.Args[0]), out.Seen[i].Printers, out.Seen[i].Perhaps))
	}
	if diff := cmp.Diff([]string{`"a"[] false`, `"c"[] false`, `"d"[1] true`, `"a"[2] true`}, got); diff != "" {
		t.Error(diff)
	}
	if len(out.Consumers) != 3 {
		t.Errorf("%d consumers", len(out.Consumers))
	}
	if data, err := files.Read("known"); err != nil || string(data) != "text" {
		t.Errorf("the file holds %q: %v", data, err)
	}
	if _, err := files.Read("unknown"); err == nil {
		t.Error("a file of unknown content can be read")
	}
	if out.Output.State != model.Unknown {
		t.Error("an output that was not asked for is known")
	}
}

// TestRecorderKnowsKeyfit: keyfit's own commands are told from others, whoever starts it.
func TestRecorderKnowsKeyfit(t *testing.T) {
	r := NewRecorder(t.Context())
	defer r.Stop()
	st := NewState(Windows, model.Env{}, ".", nil, nil)
	for _, line := range []string{"go install github.com/keyfit/keyfit/cmd/keyfit@v1.2.3", `bin\keyfit.exe check`, "go run ./app"} {
		var c Command
		for _, word := range strings.Fields(line) {
			c.Args = append(c.Args, Literal(word))
		}
		r.Start(st, c)
	}
	var got []string
	for _, c := range r.consumers() {
		got = append(got, fmt.Sprint(c.Workload, " ", c.Self))
	}
	if diff := cmp.Diff([]string{"keyfit true", `bin\keyfit.exe true`, "go false"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLog(t *testing.T) {
	base := Log{}.Append(Literal("a")).Append(Literal("b"))
	x, y := base.Append(Literal("x")).Append(Literal("z")), base.Append(Literal("y"))
	joined := eitherLog("which", x, y)
	if got := told(joined.Text().Value()); got != `("abxz"|"aby")` {
		t.Errorf("got %s", got)
	}
	if !eitherLog("which", base, base).Is(base) {
		t.Error("one log is not itself")
	}
	if got := told(eitherLog("which", base, Log{}).Text().Value()); got != `("ab"|"")` {
		t.Errorf("got %s", got)
	}
}
