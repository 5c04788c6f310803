package bitbucket_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/bitbucket"
	"github.com/keyfit/keyfit/internal/model"
)

// yamlStep is a step as a plain YAML library reads it.
type yamlStep struct {
	Name       string
	Deployment string
	Script     []any
}

// yamlSteps finds every step of a file, in its order.
func yamlSteps(v any, out *[]yamlStep) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			yamlSteps(item, out)
		}
	case map[string]any:
		for _, name := range []string{"default", "branches", "tags", "custom", "parallel", "stage", "steps"} {
			yamlSteps(v[name], out)
		}
		if fields, ok := v["step"].(map[string]any); ok {
			s := yamlStep{Script: []any{}}
			s.Name, _ = fields["name"].(string)
			s.Deployment, _ = fields["deployment"].(string)
			s.Script, _ = fields["script"].([]any)
			*out = append(*out, s)
			return
		}
		for name, inner := range v {
			if _, isList := inner.([]any); isList && !slices.Contains([]string{"default", "parallel", "steps", "script", "after-script"}, name) {
				yamlSteps(inner, out)
			}
		}
	}
}

// runnerScript is what the runner makes of a script: a line that prints between all lines,
// and a pipe as a program that finds nothing but its variables.
func runnerScript(script []any) string {
	var b strings.Builder
	b.WriteString("set -e\n")
	for _, item := range script {
		b.WriteString("printf '+\\n' >/dev/null\n")
		fields, isPipe := item.(map[string]any)
		if !isPipe {
			fmt.Fprintln(&b, item)
			continue
		}
		b.WriteString("env -i LOG=\"$LOG\"")
		variables, _ := fields["variables"].(map[string]any)
		for name, v := range variables {
			switch v := v.(type) {
			case string:
				if !strings.ContainsAny(v, "\"\\`") {
					fmt.Fprintf(&b, " %s=\"%s\"", name, v)
				}
			case []any:
				fmt.Fprintf(&b, " %s_COUNT=%d", name, len(v))
				for i, item := range v {
					fmt.Fprintf(&b, " %s_%d=\"%s\"", name, i, item)
				}
			}
		}
		name, _, _ := strings.Cut(filepath.Base(fmt.Sprint(fields["pipe"])), ":")
		fmt.Fprintf(&b, " \"$STUBS/record\" %s\n", name)
	}
	return b.String()
}

const stubs = `command_not_found_handle() {
  { printf '%s\0' "$1"; env -0; printf '\0'; } >>"$LOG"
}
export -f command_not_found_handle
`

// TestAsTheRunner runs the steps of the fixtures that hold no unknown program with the real
// bash, put together by another reading of the file, and compares what the programs find.
func TestAsTheRunner(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("bash is not installed")
		}
		t.Skip("bash is not installed")
	}
	compared := 0
	for _, name := range []string{"deployment", "custom_variables", "pipe", "multi_line"} {
		s := open(t, "testdata/"+name+".txtar")
		s.in.File.Value = bitbucket.Name
		result, err := bitbucket.Run(t.Context(), s.in, s.host)
		if err != nil {
			t.Fatal(err)
		}
		records := recorded(t, bash, s)
		for _, c := range append(s.host.consumers, result.Consumers...) {
			found, ok := records[filepath.Base(c.Workload)]
			if !ok {
				t.Errorf("%s: %s was not started", name, c.Workload)
				continue
			}
			for variable, v := range c.Env.All() {
				if actual, ok := found[variable]; v.State == model.Known && (!ok || actual != v.Text.Reveal()) {
					t.Errorf("%s: %s finds another %s than is said", name, c.Workload, variable)
				} else if v.State == model.Known {
					compared++
				}
			}
		}
	}
	if compared < 20 {
		t.Errorf("only %d values were compared", compared)
	}
	t.Logf("%d values compared", compared)
}

// recorded runs the wanted step, and lists what each program found.
func recorded(t *testing.T, bash string, s *story) map[string]map[string]string {
	t.Helper()
	data, err := s.files.Read(bitbucket.Name)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	var steps []yamlStep
	yamlSteps(file["pipelines"], &steps)
	i := slices.IndexFunc(steps, func(y yamlStep) bool { return strings.EqualFold(y.Deployment, s.in.Environment) })
	if i < 0 {
		t.Fatalf("%s: no step", s.name)
	}
	dir, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
	for file, text := range map[string]string{
		"env":    stubs,
		"record": "#!/bin/bash\n{ printf '%s\\0' \"$1\"; PATH=/usr/bin:/bin env -0; printf '\\0'; } >>\"$LOG\"\n",
		"script": runnerScript(steps[i].Script),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(bash, filepath.Join(dir, "script"))
	cmd.Dir = s.files.Dir()
	cmd.Env = []string{
		"PATH=/usr/bin:/bin", "BASH_ENV=" + filepath.Join(dir, "env"), "STUBS=" + dir, "LOG=" + log, "CI=true", "BITBUCKET_BUILD_NUMBER=7",
		"BITBUCKET_BRANCH=main", "BITBUCKET_DEPLOYMENT_ENVIRONMENT=" + strings.ToLower(s.in.Environment), "REGION=eu", "TICKET=T-1",
	}
	for name, text := range s.host.bound {
		cmd.Env = append(cmd.Env, name+"="+text)
	}
	for name, v := range s.in.Inputs {
		cmd.Env = append(cmd.Env, name+"="+v.Text.Reveal())
	}
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: the script fails: %v", s.name, err)
	}
	written, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for record := range bytes.SplitSeq(written, []byte("\x00\x00")) {
		lines := strings.Split(string(record), "\x00")
		env := map[string]string{}
		for _, line := range lines[1:] {
			if variable, text, ok := strings.Cut(line, "="); ok {
				env[variable] = text
			}
		}
		out[lines[0]] = env
	}
	return out
}
