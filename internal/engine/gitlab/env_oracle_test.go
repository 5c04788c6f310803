package gitlab_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/engine/gitlab"
	"github.com/keyfit/keyfit/internal/model"
)

// dump is a command that writes down its environment instead of deploying.
const dump = `#!/bin/sh
n=$(ls "$ORACLE" | wc -l)
{ printf '%s\0' "${0##*/}"; env -0; } > "$ORACLE/$(printf %03d "$n")"
`

var dumping = []string{"helm", "kubectl", "deploy-tool", "shop-after", "shop-before", "shop-migrate"}

// apart are variables that gitlab-ci-local does not set as GitLab does: it says that it is
// not GitLab, knows no tier, and leaves a job's own file of variables.
var apart = []string{
	"GITLAB_CI", "CI_ENVIRONMENT_TIER", "CI_ENVIRONMENT_ACTION", "CI_ENVIRONMENT_URL", "CI_SERVER_NAME", "CI_CONFIG_PATH", "CI_SERVER",
	"CI_JOB_GROUP_NAME", "CI_JOB_STATUS", "CI_JOB_IMAGE", "CI_PIPELINE_SOURCE",
}

// TestEnvironmentsAsTheTool runs the jobs of the stories that gitlab-ci-local can run, by a
// real bash, and compares what their commands find.
func TestEnvironmentsAsTheTool(t *testing.T) {
	node, script := tool(t)
	ran := 0
	for _, s := range stories(t) {
		for _, job := range s.oracle {
			ran++
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				truth := s.execute(t, node, script, job)
				s.run(t, gitlab.Run)
				s.compare(t, truth)
			})
		}
	}
	if ran < 10 {
		t.Errorf("only %d stories are run by the tool", ran)
	}
}

func tool(t *testing.T) (node, script string) {
	t.Helper()
	home, err := filepath.Abs("../../../.tools/gitlab/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	node, script = filepath.Join(home, "node22", "bin", "node"), filepath.Join(home, "gitlab-ci-local", "dist", "index.js")
	for _, name := range []string{node, script} {
		if _, err := os.Stat(name); err != nil && os.Getenv("CI") == "true" {
			t.Fatal("gitlab-ci-local is not installed: run scripts/install/gitlab-ci-local.sh")
		} else if err != nil {
			t.Skip("gitlab-ci-local is not installed: run scripts/install/gitlab-ci-local.sh")
		}
	}
	return node, script
}

// execute runs a job with all that it needs, and gives what each of its commands found.
func (s *story) execute(t *testing.T, node, script, job string) []found {
	t.Helper()
	bin, oracle, work := t.TempDir(), t.TempDir(), t.TempDir()
	for _, name := range dumping {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(dump), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(work, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	branch := s.in.Branch
	if branch == "" {
		branch = "develop"
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", branch}, {"remote", "add", "origin", "git@gitlab.example.com:group/shop.git"}, {"add", "-A"},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-qm", "x"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = work
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v %s", args[0], err, out)
		}
	}
	args := []string{script, job, "--force-shell-executor", "--needs", "--no-json-schema-validation", "--home", bin, "--shell-isolation"}
	for _, v := range s.vars {
		args = append(args, "--variable", v)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, args...)
	cmd.Dir, cmd.Env = work, []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + bin, "ORACLE=" + oracle}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gitlab-ci-local: %v\n%s", err, veiled(string(out)))
	}
	var all []found
	entries, err := os.ReadDir(oracle)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(oracle, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parseDump(data))
	}
	return slices.DeleteFunc(all, func(f found) bool { return f.env["CI_JOB_NAME"] != job })
}

// found is one command with its environment.
type found struct {
	name string
	env  map[string]string
}

func parseDump(data []byte) found {
	parts := bytes.Split(bytes.TrimSuffix(data, []byte{0}), []byte{0})
	f := found{name: string(parts[0]), env: map[string]string{}}
	for _, p := range parts[1:] {
		name, text, _ := strings.Cut(string(p), "=")
		f.env[name] = text
	}
	return f
}

// compare expects the same commands, and of every variable that is known the text that the
// real command found.
func (s *story) compare(t *testing.T, truth []found) {
	t.Helper()
	var got []model.Command
	for _, c := range s.host.commands {
		if len(c.Args) > 0 && c.Args[0].State == model.Known && slices.Contains(dumping, c.Args[0].Text.Reveal()) {
			got = append(got, c)
		}
	}
	if len(got) != len(truth) || len(got) == 0 {
		t.Fatalf("%d commands, the tool ran %d", len(got), len(truth))
	}
	known := 0
	for i, c := range got {
		if name := c.Args[0].Text.Reveal(); name != truth[i].name {
			t.Fatalf("command %d is %s, the tool ran %s", i, name, truth[i].name)
		}
		for name, v := range c.Env.All() {
			text, there := truth[i].env[name]
			switch {
			case slices.Contains(apart, name) || slices.Contains(s.unlike, name) || v.State == model.Unknown:
			case v.State == model.Absent && there:
				t.Errorf("%s: absent, but the real command finds it", name)
			case v.State == model.Known && !there:
				t.Errorf("%s: known, but the real command does not find it", name)
			case v.State == model.Known && v.Text.Reveal() != text:
				t.Errorf("%s: %s, but the real command finds %s", name, veiled(v.Text.Reveal()), veiled(text))
			case v.State == model.Known:
				known++
			}
		}
		for name := range truth[i].env {
			if c.Env.Get(name).State == model.Absent && !slices.Contains(apart, name) {
				t.Errorf("%s: the real command finds it, and it counts as absent", name)
			}
		}
	}
	if known < 5 {
		t.Errorf("only %d variables are known", known)
	}
}
