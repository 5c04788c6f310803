package shell

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// consumersOf lists consumers as "workload@place".
func consumersOf(r model.Result) []string {
	var out []string
	for _, c := range r.Consumers {
		out = append(out, fmt.Sprintf("%s@%s", c.Workload, c.At))
	}
	return out
}

func TestConsumers(t *testing.T) {
	for _, tc := range []struct {
		name, line string
		files      map[string]string
		want       []string
	}{
		{"one for each environment", "./d.sh", map[string]string{"d.sh": "#!/bin/bash\ncurl a\ncurl b\nexport A=1\ncurl c\nhelm x\nA=2 curl d\ncurl e\n"},
			[]string{"curl@d.sh:2:1", "curl#2@d.sh:5:1", "helm@d.sh:6:1", "curl#3@d.sh:7:1"}},
		{"a script without commands is one itself", "./scripts/deploy.sh staging", map[string]string{"scripts/deploy.sh": "#!/bin/sh\nexport A=1\necho done\n"},
			[]string{"./scripts/deploy.sh@keyfit.yaml:5:14"}},
		{"a script that is started by a shell", "bash scripts/deploy.sh", map[string]string{"scripts/deploy.sh": "export A=1\n"},
			[]string{"scripts/deploy.sh@keyfit.yaml:5:14"}},
		{"a sourced file is none", ". ./env.sh", map[string]string{"env.sh": "export A=1\n"}, nil},
		{"tools are none", "cat f | grep x; date; ls", map[string]string{"f": "x\n"}, nil},
		{"a program that is no shell script", "./run.py", map[string]string{"run.py": "#!/usr/bin/env python3\nprint(1)\n"}, []string{"./run.py@keyfit.yaml:5:14"}},
		{"keyfit that Go builds is keyfit", "command -v keyfit || go install \"github.com/keyfit/keyfit/cmd/keyfit@$V\"; keyfit check; go run ./app", nil,
			[]string{"keyfit@keyfit.yaml:5:35", "go@keyfit.yaml:5:102"}},
		{"the inner scripts' commands", "./a.sh", map[string]string{"a.sh": "#!/bin/bash\n./b.sh\n", "b.sh": "#!/bin/bash\nkubectl x\n"}, []string{"kubectl@b.sh:2:1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := testCase{files: tc.files, line: tc.line}
			if diff := cmp.Diff(tc.want, consumersOf(newBench(t, c).ours(t, c))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestScriptConsumer: the consumer of a script without commands has its last environment.
func TestScriptConsumer(t *testing.T) {
	c := testCase{files: map[string]string{"d.sh": "#!/bin/sh\nexport A=early\nexport A=late_CANARY\n"}, line: "./d.sh"}
	got := newBench(t, c).ours(t, c)
	if len(got.Consumers) != 1 || got.Consumers[0].Kind != model.ConsumerProcess {
		t.Fatalf("consumers %v", consumersOf(got))
	}
	if diff := cmp.Diff("known\nd.sh:3:8 shell export A literal\nover d.sh:2:8 shell export A literal", journey(got.Consumers[0].Env.Get("A"))); diff != "" {
		t.Error(diff)
	}
	if got.Env.Has("A") {
		t.Error("a child's variable came back to the session")
	}
}

// TestWritten: what a script writes is in the overlay afterwards, and never on the disk.
func TestWritten(t *testing.T) {
	c := testCase{files: map[string]string{"old": "old\n", "gone": "x\n"}, line: "echo new > known; echo $(vault x) > old; rm gone; echo tmp > /tmp/keyfit-none; mkdir d; cp known d/copy"}
	b := newBench(t, c)
	in := b.step(t, c)
	out, err := Follow(context.Background(), in)
	must(t, err)
	var got []string
	for _, name := range []string{"known", "old", "gone", "d/copy"} {
		v := out.Written[name]
		data, err := in.Files.Read(name)
		got = append(got, fmt.Sprintf("%s %s %q %v", name, v.State, data, err == nil))
	}
	want := []string{`known known "new\n" true`, `old unknown "" false`, `gone absent "" false`, `d/copy known "new\n" true`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := in.Files.Tree().Read("known"); err == nil {
		t.Error("the file is on the disk")
	}
	if len(out.Written) != 4 {
		t.Errorf("%d files are told as written", len(out.Written))
	}
}

// TestStep covers the options of a step.
func TestStep(t *testing.T) {
	c := testCase{files: map[string]string{"sub/f": "x"}, line: "export A=$1 B=$(cat f)\nfalse\nexport C=3\n"}
	b := newBench(t, c)
	in := b.step(t, c)
	in.Dir, in.Args, in.Flags = "sub", []model.Value{model.KnownText("arg", model.Hop{Kind: model.KindInput, What: "arg"})}, []string{"-e"}
	in.Positions = func(start, end int) pos.Span {
		return pos.Span{File: "wf.yml", Start: pos.Pos{Line: 10 + strings.Count(c.line[:start], "\n"), Column: 1}}
	}
	got, err := Run(context.Background(), in)
	must(t, err)
	if diff := cmp.Diff("known\ninput arg\nwf.yml:10:1 shell export A", journey(got.Env.Get("A"))); diff != "" {
		t.Error(diff)
	}
	if v := got.Env.Get("B"); v.State != model.Known || v.Text.Reveal() != "x" {
		t.Errorf("B is %s", v.State)
	}
	if got.Env.Has("C") {
		t.Error("the line went on after a failure under -e")
	}
}

// TestAmbiguous: a variable that depends on something undecided has all its candidates.
func TestAmbiguous(t *testing.T) {
	c := testCase{files: map[string]string{}, line: "if git x; then export K=a_CANARY; elif git y; then export K=b_CANARY; fi; show"}
	got := newBench(t, c).ours(t, c)
	v := got.Commands[len(got.Commands)-1].Env.Get("K")
	var states []string
	for _, a := range v.Alternatives {
		states = append(states, strings.TrimSpace(a.State.String()+" "+a.Text.Reveal()))
	}
	if diff := cmp.Diff([]string{"known a_CANARY", "known b_CANARY", "absent"}, states); diff != "" || v.Why != model.WhyAmbiguous {
		t.Errorf("%s %s", v.Why, diff)
	}
}

// TestUnknownInput: a secret that is bound nowhere stays unknown, with its reason.
func TestUnknownInput(t *testing.T) {
	c := testCase{files: map[string]string{}, line: `export OUT="pre-$SECRET" LEN=${#SECRET} D=${SECRET:-fallback} S=${SECRET+set}; show`}
	b := newBench(t, c)
	in := b.step(t, c)
	in.Env = in.Env.With("SECRET", model.UnknownBecause(model.WhyCISecret, "the secret SECRET", model.Trail{}))
	got, err := Run(context.Background(), in)
	must(t, err)
	env := got.Commands[0].Env
	for _, name := range []string{"SECRET", "OUT", "LEN", "D", "S"} {
		if v := env.Get(name); v.State != model.Unknown {
			t.Errorf("%s is %s", name, v.State)
		}
	}
	if v := env.Get("OUT"); v.Why != model.WhyCISecret || v.Needs != "the secret SECRET" {
		t.Errorf("OUT is unknown because of %s, %q", v.Why, v.Needs)
	}
}

// TestWild: after something unknown was evaluated, no name is absent for certain.
func TestWild(t *testing.T) {
	c := testCase{files: map[string]string{}, line: `export A=1; eval "$(vault env)"; export B=2; show`}
	env := newBench(t, c).ours(t, c).Commands[1].Env
	for name, want := range map[string]model.State{"A": model.Unknown, "B": model.Known, "OTHER": model.Unknown} {
		if got := env.Get(name).State; got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
}
