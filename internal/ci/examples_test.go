package ci

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// shared lists what users include, call or copy, besides examples/ci.
var shared = []string{"templates", "ci", ".github/workflows/keyfit-pr.yml", ".github/workflows/keyfit-deploy.yml", "action.yml"}

// places gives every file that users include, call or copy, by its path.
func places(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, start := range append([]string{"examples/ci"}, shared...) {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(start)), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			name, err := filepath.Rel(root, path)
			files[filepath.ToSlash(name)] = read(t, path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 20 {
		t.Fatalf("only %d files", len(files))
	}
	return files
}

// TestPlacesAreYAML reads every YAML file that is no template, strictly: a field that stands
// twice is a mistake.
func TestPlacesAreYAML(t *testing.T) {
	read := 0
	for name, text := range places(t) {
		if filepath.Ext(name) != ".yml" && filepath.Ext(name) != ".yaml" || strings.HasPrefix(name, "examples/ci/helm/templates/") {
			continue
		}
		decoder := yaml.NewDecoder(strings.NewReader(text))
		for {
			var document map[string]any
			err := decoder.Decode(&document)
			if err == io.EOF {
				break
			}
			if err != nil || len(document) == 0 {
				t.Errorf("%s: %d fields, %v", name, len(document), err)
				break
			}
			read++
		}
	}
	if read < 20 {
		t.Errorf("only %d documents were read", read)
	}
}

// TestPlacesNameNoRegistry: what is installed comes from where its own tool looks for it, and an
// image is named by its digest, wherever a company keeps it.
func TestPlacesNameNoRegistry(t *testing.T) {
	host := regexp.MustCompile(`(?i)ghcr\.io|docker\.io|quay\.io|gcr\.io|registry\.|npmjs|pypi|proxy\.golang|amazonaws`)
	image := regexp.MustCompile(`(?m)^\s*image: "?REGISTRY/(.+?)"?$`)
	for name, text := range places(t) {
		if found := host.FindString(text); found != "" {
			t.Errorf("%s names %s", name, found)
		}
		for _, m := range image.FindAllStringSubmatch(text, -1) {
			if !strings.HasSuffix(m[1], "@sha256:DIGEST_OF_THE_IMAGE") {
				t.Errorf("%s: the image %s is not pinned by its digest", name, m[1])
			}
		}
		if strings.Contains(text, "CANARY") || strings.Contains(text, "sk_live_") {
			t.Errorf("%s holds a key", name)
		}
	}
}

// invocation is keyfit at the start of a command, with what follows on the line. Lines that are
// folded into one were joined before.
var invocation = regexp.MustCompile(`(?:^|[\s'"/;&|])keyfit"? ((?:check|merge|convert|doctor|diff|hook|version)\b[^\n;&|]*)`)

// commands lists the words of every call of keyfit in a file.
func commands(text string) [][]string {
	text = regexp.MustCompile(`(?m)[ \t]*(\\|(>-\n)?)\n[ \t]+(--)`).ReplaceAllString(text, " $3")
	var all [][]string
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "//") || strings.HasPrefix(trimmed, "description:") {
			continue
		}
		for _, m := range invocation.FindAllStringSubmatch(line, -1) {
			all = append(all, strings.Fields(strings.NewReplacer("'", "", `"`, "", "`", "").Replace(m[1])))
		}
		// Arguments that are put together in parts, by a shell or by Kubernetes.
		if rest, ok := strings.CutPrefix(trimmed, "set -- "); ok {
			all = append(all, append([]string{"check"}, strings.Fields(strings.ReplaceAll(rest, `"`, ""))...))
		}
		for _, list := range regexp.MustCompile(`(?:args: \[|arguments\+?=\()(.*?)[\])]`).FindAllStringSubmatch(line, -1) {
			all = append(all, append([]string{"check"}, strings.Fields(strings.NewReplacer(",", " ", `"`, "").Replace(list[1]))...))
		}
	}
	return all
}

// TestPlacesUseRealFlags holds every call of keyfit against the help of the real program.
func TestPlacesUseRealFlags(t *testing.T) {
	binary := program(t)
	help := map[string]string{}
	formats := strings.Split(regexp.MustCompile(`--format string +([a-z, ]+)`).FindStringSubmatch(start(t, ".", nil, binary, "check", "--help").stdout)[1], ", ")
	seen := 0
	for name, text := range places(t) {
		for _, words := range commands(text) {
			seen++
			if help[words[0]] == "" {
				help[words[0]] = start(t, ".", nil, binary, words[0], "--help").stdout
			}
			if !strings.Contains(help[words[0]], "keyfit "+words[0]) {
				t.Errorf("%s: there is no command %q", name, words[0])
				continue
			}
			for i, word := range words[1:] {
				flag, value, _ := strings.Cut(word, "=")
				if strings.HasPrefix(flag, "-") && flag != "--" && !regexp.MustCompile(`(?m)^ +(-\w, )?`+flag+`\b|^ +`+flag+`,`).MatchString(help[words[0]]) {
					t.Errorf("%s: keyfit %s has no %s", name, words[0], flag)
				}
				if flag == "--output" || flag == "--format" {
					if value == "" && i+2 < len(words) {
						value = words[i+2]
					}
					format, _, _ := strings.Cut(value, "=")
					if !slices.Contains(formats, format) {
						t.Errorf("%s: there is no format %q", name, format)
					}
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d calls were found", seen)
	}
}

// TestPlacesUseRealInputs holds what the workflows hand to the action, and the examples to the
// workflows, against what those take.
func TestPlacesUseRealInputs(t *testing.T) {
	action := readAction(t)
	seen := 0
	for _, file := range workflowFiles(t) {
		for id, job := range readWorkflow(t, file).Jobs {
			for _, s := range job.Steps {
				if !strings.HasPrefix(s.Uses, "keyfit/keyfit@") && s.Uses != "$/." && s.Uses != "./" {
					continue
				}
				for input := range s.With {
					seen++
					if _, ok := action.Inputs[input]; !ok {
						t.Errorf("%s: job %s: the action has no input %q", filepath.Base(file), id, input)
					}
				}
			}
			seen += checkCall(t, file, id, job.Uses, job.With, job.Secrets)
		}
	}
	if seen < 15 {
		t.Errorf("only %d inputs were found", seen)
	}
}

// checkCall holds the call of a reusable workflow against what that declares.
func checkCall(t *testing.T, file, id, uses string, with map[string]string, secrets yaml.Node) int {
	t.Helper()
	m := regexp.MustCompile(`\Akeyfit/keyfit/(\.github/workflows/[a-z-]+\.yml)@`).FindStringSubmatch(uses)
	if m == nil {
		return 0
	}
	call := readWorkflow(t, filepath.Join(root, filepath.FromSlash(m[1]))).On["workflow_call"]
	var takes struct {
		Inputs, Secrets map[string]struct {
			Required bool `yaml:"required"`
		}
	}
	var given map[string]string
	if err := call.Decode(&takes); err != nil {
		t.Fatal(err)
	}
	if secrets.Kind != 0 {
		if err := secrets.Decode(&given); err != nil {
			t.Fatal(err)
		}
	}
	for name := range with {
		if _, ok := takes.Inputs[name]; !ok {
			t.Errorf("%s: job %s: %s has no input %q", filepath.Base(file), id, m[1], name)
		}
	}
	for name, input := range takes.Inputs {
		if input.Required && with[name] == "" {
			t.Errorf("%s: job %s: %s needs the input %q", filepath.Base(file), id, m[1], name)
		}
	}
	for name, s := range takes.Secrets {
		if s.Required && given[name] == "" {
			t.Errorf("%s: job %s: %s needs the secret %q", filepath.Base(file), id, m[1], name)
		}
	}
	return len(with) + len(given)
}

// deployScript is the script that the examples deploy with.
const deployScript = "#!/bin/sh\nkubectl set env deployment/api PAYMENT_API_KEY=\"$PAYMENT_API_KEY\"\n"

// pipelines says where an example of a pipeline lies in a repository.
var pipelines = map[string]string{
	"examples/ci/github/deploy.yml":                 ".github/workflows/deploy.yml",
	"examples/ci/github/deploy-reusable.yml":        ".github/workflows/deploy.yml",
	"examples/ci/gitlab/include.gitlab-ci.yml":      ".gitlab-ci.yml",
	"examples/ci/jenkins/Jenkinsfile":               "Jenkinsfile",
	"examples/ci/jenkins/Jenkinsfile.library":       "Jenkinsfile",
	"examples/ci/circleci/config.yml":               ".circleci/config.yml",
	"examples/ci/azure/azure-pipelines.yml":         "azure-pipelines.yml",
	"examples/ci/bitbucket/bitbucket-pipelines.yml": "bitbucket-pipelines.yml",
	"examples/ci/buildkite/pipeline.yml":            ".buildkite/pipeline.yml",
	"examples/ci/gitlab/component.gitlab-ci.yml":    "", // its component lies elsewhere
	"examples/ci/github/pull-request.yml":           "", // deploys nothing
	"examples/ci/github/audit.yml":                  "",
}

// TestKeyfitReadsItsExamples: the readers of keyfit follow each example to the container that
// gets the key, and meet nothing on the way that they do not understand.
func TestKeyfitReadsItsExamples(t *testing.T) {
	files := places(t)
	for name := range files {
		base := filepath.Base(name)
		if _, known := pipelines[name]; !known && (strings.HasPrefix(base, "Jenkinsfile") || strings.HasPrefix(name, "examples/ci/") && filepath.Ext(base) == ".yml") {
			t.Errorf("%s is read by no test", name)
		}
	}
	for name, at := range pipelines {
		if files[name] == "" {
			t.Errorf("%s does not exist", name)
		}
		if at == "" {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			dir := t.TempDir()
			layOut(t, dir, map[string]string{
				".git/HEAD": "ref: refs/heads/main\n", at: files[name], "scripts/deploy.sh": deployScript,
				"ci/gitlab/keyfit.gitlab-ci.yml": files["ci/gitlab/keyfit.gitlab-ci.yml"],
			})
			if at != ".gitlab-ci.yml" {
				if err := os.RemoveAll(filepath.Join(dir, "ci")); err != nil {
					t.Fatal(err)
				}
			}
			v := resolved(t, dir, "Deployment/api", "PAYMENT_API_KEY")
			if v.State != "unknown" || v.Reason != "ci-secret" && v.Reason != "ambiguous" {
				t.Errorf("the key of the deploy is %+v", v)
			}
		})
	}
}

// variable is one of the answer of `keyfit resolve`.
type variable struct{ Name, State, Reason string }

// resolved asks the real program what one variable of a workload receives, and fails where it
// met a problem.
func resolved(t *testing.T, dir, workload, name string) variable {
	t.Helper()
	res := start(t, dir, nil, program(t), "resolve", "--format", "json")
	var answer struct {
		Environments []struct {
			Consumers []struct {
				Workload  string
				Variables []variable
			}
		}
		Problems []any
	}
	if err := json.Unmarshal([]byte(res.stdout), &answer); err != nil {
		t.Fatalf("exit code %d, %v:\n%s", res.code, err, res.stderr)
	}
	if len(answer.Problems) > 0 {
		t.Errorf("problems: %v", answer.Problems)
	}
	for _, e := range answer.Environments {
		for _, c := range e.Consumers {
			for _, v := range c.Variables {
				if c.Workload == workload && v.Name == name {
					return v
				}
			}
		}
	}
	t.Fatalf("%s of %s was not found:\n%s", name, workload, start(t, dir, nil, program(t), "resolve").stdout)
	return variable{}
}
