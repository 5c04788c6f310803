package gitlab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/engine/gitlab"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
)

// TestStories runs every pipeline of testdata. The file "want" of each lists what has to
// come out, line by line:
//
//	scripts: LABEL, LABEL          those that are not quiet, in their order
//	perhaps: LABEL                 of those that may not be run
//	script LABEL NAME=TEXT         what a script finds: also NAME absent, NAME unknown REASON,
//	                               NAME one of A | B
//	command WORD NAME=TEXT         what the command of that name finds
//	trail LABEL NAME file:line …   where the value comes from, origin first
//	over LABEL NAME=TEXT           a definition that lost
//	problem file:line TEXT         every problem, or none
//	needs LABEL NAME TEXT          what it would take to know it, in part
//	lacks WORD NAME OTHER TEXT     which variable is missing where the value begins, and what is asked
//	doubt                          there is a doubt
func TestStories(t *testing.T) {
	for _, s := range stories(t) {
		t.Run(s.name, func(t *testing.T) {
			result := s.run(t, gitlab.Run)
			var want, got []string
			for _, f := range s.archive.Files {
				if f.Name == "want" {
					want = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
				}
			}
			for _, line := range want {
				got = append(got, s.answer(strings.TrimRight(line, "\n"), result))
			}
			for i := range want {
				want[i], got[i] = veiled(strings.TrimSpace(want[i])), veiled(strings.TrimSpace(got[i]))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			s.nothingElse(t, want, result)
		})
	}
}

// answer is the line as it should read.
func (s *story) answer(line string, result pipeline.Result) string {
	words := strings.SplitN(line, " ", 3)
	switch {
	case strings.HasPrefix(line, "scripts:"):
		return strings.TrimSpace("scripts: " + strings.Join(s.labels(func(p pipeline.Script) bool { return !p.Quiet }), ", "))
	case strings.HasPrefix(line, "quiet:"):
		return strings.TrimSpace("quiet: " + strings.Join(s.labels(func(p pipeline.Script) bool { return p.Quiet }), ", "))
	case strings.HasPrefix(line, "perhaps:"):
		return strings.TrimSpace("perhaps: " + strings.Join(s.labels(func(p pipeline.Script) bool { return p.Perhaps != nil }), ", "))
	case words[0] == "shell":
		i := slices.IndexFunc(s.host.scripts, func(p pipeline.Script) bool { return p.Label == words[1] })
		if i < 0 {
			return "no script " + words[1]
		}
		return "shell " + words[1] + " " + s.host.scripts[i].Shell
	case words[0] == "script" || words[0] == "command" || words[0] == "service":
		env, ok := s.env(words[0], words[1], result)
		if !ok {
			return "no " + words[0] + " " + words[1]
		}
		name := words[2][:strings.IndexAny(words[2], "= ")]
		return words[0] + " " + words[1] + " " + name + told(env.Get(name))
	case words[0] == "trail":
		env, _ := s.env("script", words[1], result)
		name, _, _ := strings.Cut(words[2], " ")
		out := []string{}
		for _, h := range env.Get(name).Trail.Hops() {
			at := "-"
			if h.At.IsValid() {
				at = fmt.Sprintf("%s:%d", h.At.File, h.At.Start.Line)
			}
			if h.Literal {
				at += "!"
			}
			out = append(out, at)
		}
		return "trail " + words[1] + " " + name + " " + strings.Join(out, " ")
	case words[0] == "over":
		env, _ := s.env("script", words[1], result)
		name, _, _ := strings.Cut(words[2], "=")
		var out []string
		for _, l := range env.Get(name).Losers {
			out = append(out, strings.TrimPrefix(told(l.Value), "="))
		}
		return "over " + words[1] + " " + name + "=" + strings.Join(out, " | ")
	case words[0] == "problem":
		for _, p := range result.Problems {
			if got := problemLine(p); strings.HasPrefix(got, line) {
				return line
			}
		}
		var all []string
		for _, p := range result.Problems {
			all = append(all, problemLine(p))
		}
		return "no such problem among: " + strings.Join(all, "; ")
	case words[0] == "needs":
		name, wanted, _ := strings.Cut(words[2], " ")
		env, _ := s.env("script", words[1], result)
		if needs := env.Get(name).Needs; !strings.Contains(needs, wanted) {
			return "needs " + words[1] + " " + name + " " + needs
		}
		return line
	case words[0] == "lacks":
		name, _, _ := strings.Cut(words[2], " ")
		env, _ := s.env("command", words[1], result)
		origin := env.Get(name).Trail.Origin()
		return "lacks " + words[1] + " " + name + " " + origin.Stored.Name + " " + origin.Lacks
	case words[0] == "ref":
		env, _ := s.env("script", words[1], result)
		name, _, _ := strings.Cut(words[2], " ")
		ref := env.Get(name).Ref
		return fmt.Sprintf("ref %s %s %s %s %s %s", words[1], name, ref.Store, ref.Path, ref.Property, ref.Version)
	case line == "doubt":
		if result.Doubt == nil {
			return "no doubt"
		}
		return line
	}
	return "unknown line"
}

func problemLine(p model.Problem) string {
	return fmt.Sprintf("problem %s:%d %s", p.At.File, p.At.Start.Line, p.Message)
}

func (s *story) labels(which func(pipeline.Script) bool) []string {
	var out []string
	for _, p := range s.host.scripts {
		if which(p) {
			out = append(out, p.Label)
		}
	}
	return out
}

func (s *story) env(kind, name string, result pipeline.Result) (model.Env, bool) {
	switch kind {
	case "script":
		for _, p := range s.host.scripts {
			if strings.ReplaceAll(p.Label, " ", "_") == name {
				return p.Env, true
			}
		}
	case "command":
		for _, c := range s.host.commands {
			if len(c.Args) > 0 && c.Args[0].State == model.Known && c.Args[0].Text.Reveal() == name {
				return c.Env, true
			}
		}
	case "service":
		for _, c := range result.Consumers {
			if c.Container == name {
				return c.Env, true
			}
		}
	}
	return model.Env{}, false
}

// nothingElse expects no problem and no doubt beyond those that are listed, and that no key
// stands in what is told.
func (s *story) nothingElse(t *testing.T, want []string, result pipeline.Result) {
	t.Helper()
	has := func(prefix string) bool {
		return slices.ContainsFunc(want, func(line string) bool { return strings.HasPrefix(line, prefix) })
	}
	if result.Doubt != nil && !has("doubt") {
		t.Errorf("there is a doubt: %s", result.Doubt.Needs)
	}
	for _, p := range result.Problems {
		if !slices.ContainsFunc(want, func(line string) bool { return strings.HasPrefix(problemLine(p), line) }) {
			t.Errorf("%s", problemLine(p))
		}
		if strings.Contains(p.Message+p.Fix, "CANARY") {
			t.Errorf("a problem at %v shows a key", p.At)
		}
	}
	for _, script := range s.host.scripts {
		for name, v := range script.Env.All() {
			for _, h := range v.Trail.Hops() {
				if strings.Contains(h.What, "CANARY") {
					t.Errorf("the trail of %s shows a key", name)
				}
			}
		}
	}
}
