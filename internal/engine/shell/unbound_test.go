package shell

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// TestUnbound: a script that ends at a variable which is not set says so, and whether it surely ends
// there; what the machine's owner might have set is asked for by its name.
func TestUnbound(t *testing.T) {
	const mine, owners = "set it before, or give it a default: ${X:-}", `GitLab gives this job no variable "X": is it protected?`
	deploy := map[string]string{"d.sh": "#!/bin/bash\nset -eu\n./a\n./b \"$X\"\n./c\n"}
	for _, tc := range []struct {
		name, line string
		files      map[string]string
		lacks      string
		want       string
	}{
		{"at once", `set -u; ./b "$X"; ./c`, nil, "", "stops: " + mine},
		{"what the owner might have set", `set -u; ./b "$X"; ./c`, nil, "is it protected?", "stops: " + owners},
		{"in a script", "./d.sh", deploy, "is it protected?", "stops: " + owners},
		{"in a script whose failure is forgiven", "./d.sh || true", deploy, "", "may stop: " + mine},
		{"in a part that may not be run", `set -u; if curl a; then ./b "$X"; fi; ./c`, nil, "", "may stop: " + mine},
		{"with a default", `set -u; ./b "${X:-}"`, nil, "is it protected?", ""},
		{"that is set", `set -u; X=1; ./b "$X"`, nil, "is it protected?", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := testCase{files: tc.files, line: tc.line}
			in := newBench(t, c).step(t, c)
			if tc.lacks != "" {
				hop := model.Hop{Kind: model.KindGitLab, What: "no variable of that name", Lacks: tc.lacks}
				in.Env = in.Env.WithRest(model.Value{State: model.Absent, Trail: model.Trail{}.Append(hop)})
			}
			out, err := Follow(context.Background(), in)
			must(t, err)
			got := ""
			for _, p := range out.Problems {
				got += map[bool]string{true: "stops: ", false: "may stop: "}[p.Stops] + p.Fix
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if stopped := out.Stopped != nil; stopped != (tc.want != "") {
				t.Errorf("stopped: %s", fmt.Sprint(stopped))
			}
		})
	}
}

// TestLacking: an empty text that is made from a variable that the machine's owner might have set
// tells so, and so does what a command finds under any other name.
func TestLacking(t *testing.T) {
	c := testCase{line: `export KEY="$X" PLAIN=; ./b`}
	in := newBench(t, c).step(t, c)
	in.Env = in.Env.WithRest(model.Value{State: model.Absent, Trail: model.Trail{}.Append(model.Hop{Kind: model.KindGitLab, Lacks: "is it protected?"})})
	out, err := Follow(context.Background(), in)
	must(t, err)
	if len(out.Commands) != 1 {
		t.Fatalf("%d commands", len(out.Commands))
	}
	env := out.Commands[0].Env
	for name, want := range map[string]string{"KEY": "known X is it protected?", "PLAIN": "known  ", "OTHER": "absent  is it protected?"} {
		v := env.Get(name)
		if got := fmt.Sprint(v.State, " ", v.Trail.Origin().Stored.Name, " ", v.Trail.Origin().Lacks); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
