package ci

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is a workflow of GitHub, as far as the tests look at it.
type workflow struct {
	On          map[string]yaml.Node `yaml:"on"`
	Permissions map[string]string    `yaml:"permissions"`
	Jobs        map[string]struct {
		Permissions map[string]string `yaml:"permissions"`
		Environment yaml.Node         `yaml:"environment"`
		Uses        string            `yaml:"uses"`
		With        map[string]string `yaml:"with"`
		Secrets     yaml.Node         `yaml:"secrets"`
		Steps       []workflowStep    `yaml:"steps"`
	} `yaml:"jobs"`
}

type workflowStep struct {
	ID   string            `yaml:"id"`
	If   string            `yaml:"if"`
	Uses string            `yaml:"uses"`
	Run  string            `yaml:"run"`
	With map[string]string `yaml:"with"`
	Env  map[string]string `yaml:"env"`
}

func readWorkflow(t *testing.T, path string) workflow {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal([]byte(read(t, path)), &w); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return w
}

// workflowFiles lists the project's own workflows, and the examples of workflows.
func workflowFiles(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, dir := range []string{".github/workflows", "examples/ci/github"} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.yml"))
		if err != nil || len(files) < 2 {
			t.Fatalf("%d workflows in %s, %v", len(files), dir, err)
		}
		all = append(all, files...)
	}
	return all
}

var (
	usesLine = regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.+)$`)
	pinned   = regexp.MustCompile(`\A[A-Za-z0-9./_-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\z`)
	// ourselves is keyfit in an example: whoever copies it puts the commit of a release there.
	ourselves = regexp.MustCompile(`\Akeyfit/keyfit(/\.github/workflows/keyfit-(pr|deploy)\.yml)?@COMMIT_OF_A_RELEASE # vX\.Y\.Z\z`)
)

// TestWorkflows: every action is pinned by its commit, with the tag beside it; no job has rights
// that it does not name; and no text of a user's becomes part of a command.
func TestWorkflows(t *testing.T) {
	for _, file := range workflowFiles(t) {
		name, text := filepath.Base(file), read(t, file)
		for _, m := range usesLine.FindAllStringSubmatch(text, -1) {
			own := m[1] == "./" || m[1] == "$/." || strings.HasPrefix(m[1], "$/. #")
			if !own && !pinned.MatchString(m[1]) && !ourselves.MatchString(m[1]) {
				t.Errorf("%s: %s is not pinned", name, m[1])
			}
		}
		w := readWorkflow(t, file)
		if strings.Contains(text, "secrets: inherit\n") || strings.Contains(text, "toJSON(secrets") || w.On["pull_request_target"].Value != "" {
			t.Errorf("%s hands out more secrets than it must", name)
		}
		for id, job := range w.Jobs {
			for _, s := range job.Steps {
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s: job %s has an expression in a command line", name, id)
				}
				if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
					t.Errorf("%s: job %s leaves its token in the checkout", name, id)
				}
			}
		}
		checkPermissions(t, name, w)
	}
}

// checkPermissions: a workflow has no rights, and each job those that it names. A called workflow
// names none: it has the caller's, and what it named every caller would have to grant.
func checkPermissions(t *testing.T, name string, w workflow) {
	t.Helper()
	_, called := w.On["workflow_call"]
	if called != (w.Permissions == nil) || len(w.Permissions) != 0 {
		t.Errorf("%s: the workflow itself must have no permissions", name)
	}
	for id, job := range w.Jobs {
		if called && job.Permissions != nil {
			t.Errorf("%s: job %s asks every caller for its permissions", name, id)
		}
		if !called && job.Permissions["contents"] == "" {
			t.Errorf("%s: job %s does not name its permissions", name, id)
		}
	}
}

// TestWorkflowsWithActionlint reads the workflows and the examples with the real linter, and it
// reads their commands with ShellCheck. It does not know the reference of a workflow to its own
// repository yet.
func TestWorkflowsWithActionlint(t *testing.T) {
	linter, shellcheck := need(t, "actionlint", "actionlint.sh"), need(t, "shellcheck", "shellcheck.sh")
	args := []string{"-no-color", "-shellcheck", shellcheck, "-pyflakes", "", "-ignore", `specifying action "\$/\." in invalid format because ref is missing`}
	res := start(t, ".", nil, linter, append(args, workflowFiles(t)...)...)
	if res.code != 0 {
		t.Errorf("exit code %d:\n%s%s", res.code, res.stdout, res.stderr)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yml")
	layOut(t, filepath.Dir(wrong), map[string]string{"wrong.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.pull_request.title }}\n"})
	if res := start(t, ".", nil, linter, append(args, wrong)...); res.code != 1 || !strings.Contains(res.stdout, "potentially untrusted") {
		t.Errorf("the linter finds nothing wrong in a workflow that runs a title: %d\n%s", res.code, res.stdout)
	}
}
