package ci

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// The keys of these tests. None of them leaves the machine: see start.
const (
	testKey = "sk_test_CANARY0123456789abcdef"
	liveKey = "sk_live_CANARY0123456789abcdef"
)

// keyfitFile wants a live key in production and a test key elsewhere.
const keyfitFile = `version: 1
environments:
  staging: {deploy: []}
  production: {deploy: []}
keys:
  PAYMENT_API_KEY:
    provider: stripe
    expect: {staging: {mode: test}, production: {mode: live}}
`

// realJob is a runner whose release of keyfit is the real program.
func realJob(t *testing.T) *job {
	t.Helper()
	content := archive(t, map[string]string{"keyfit": "#!/bin/sh\nexec '" + program(t) + "' \"$@\"\n"})
	base, line, _ := release(t, "1.2.3", content)
	j := newJob(t, line)
	j.env["KEYFIT_TEST_DOWNLOAD_BASE"] = base
	j.env["HTTPS_PROXY"], j.env["NO_PROXY"] = "http://127.0.0.1:9", "127.0.0.1"
	return j
}

// expressionIn evaluates the few expressions that the workflows hand to the action with.
func expressionIn(t *testing.T, text string, values map[string]string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(m string) string {
		name := expression.FindStringSubmatch(m)[1]
		if cond, then, ok := strings.Cut(name, " && "); ok {
			then, otherwise, _ := strings.Cut(then, " || ")
			if values[cond] == "true" {
				return strings.Trim(then, "'")
			}
			return strings.Trim(otherwise, "'")
		}
		value, ok := values[name]
		if !ok {
			t.Fatalf("unexpected expression %q", name)
		}
		return value
	})
}

// stepOf finds the step of a workflow with an id.
func stepOf(t *testing.T, file, id string) workflowStep {
	t.Helper()
	for _, job := range readWorkflow(t, filepath.Join(root, filepath.FromSlash(file))).Jobs {
		for _, s := range job.Steps {
			if s.ID == id {
				return s
			}
		}
	}
	t.Fatalf("%s has no step %q", file, id)
	return workflowStep{}
}

// callValues are the inputs of a called workflow, with its defaults.
func callValues(t *testing.T, file string, given map[string]string) map[string]string {
	t.Helper()
	var call struct {
		Inputs map[string]struct {
			Default string `yaml:"default"`
		} `yaml:"inputs"`
	}
	node := readWorkflow(t, filepath.Join(root, filepath.FromSlash(file))).On["workflow_call"]
	if err := node.Decode(&call); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for name, in := range call.Inputs {
		values["inputs."+name] = in.Default
	}
	for name, value := range given {
		values["inputs."+name] = value
	}
	return values
}

// TestPullRequestsFromForks runs the reusable workflow for pull requests: it says at the top of
// the summary, and beside the log, that a fork's pull request was checked by its files alone.
func TestPullRequestsFromForks(t *testing.T) {
	const file = ".github/workflows/keyfit-pr.yml"
	values := callValues(t, file, map[string]string{"sarif": "true"})
	const note = "static only: no secrets in a fork's pull request"
	for head, fork := range map[string]bool{"mallory/shop": true, "acme/shop": false} {
		j := realJob(t)
		layOut(t, j.workspace, map[string]string{
			".git/HEAD": "ref: refs/heads/main\n", "scripts/deploy.sh": deployScript,
			"keyfit.yaml":                  "version: 1\nkeys: {PAYMENT_API_KEY: {provider: stripe}}\n",
			".github/workflows/deploy.yml": read(t, filepath.Join(root, "examples/ci/github/deploy.yml")),
		})
		layOut(t, j.dir, map[string]string{"event.json": `{"pull_request": {"head": {"repo": {"full_name": "` + head + `"}}}}`})
		j.env["GITHUB_EVENT_NAME"], j.env["GITHUB_REPOSITORY"], j.env["GITHUB_EVENT_PATH"] = "pull_request", "acme/shop", filepath.Join(j.dir, "event.json")
		for name, text := range stepOf(t, file, "keyfit").With {
			j.inputs[name] = expressionIn(t, text, values)
		}
		res := j.run()
		if res.code != 0 || res.outputs["result"] != "unverified" {
			t.Fatalf("%s: exit code %d, outputs %v:\n%s", head, res.code, res.outputs, res.log)
		}
		summary := read(t, filepath.Join(j.temp, "summary"))
		if strings.HasPrefix(summary, "> static only: no secrets in a fork") != fork {
			t.Errorf("%s: the summary starts with %.80q", head, summary)
		}
		if strings.Contains(res.log, "::notice title=keyfit::"+note) != fork {
			t.Errorf("%s: the log is\n%s", head, res.log)
		}
		var sarif struct{ Runs []any }
		if err := json.Unmarshal([]byte(read(t, res.outputs["sarif-path"])), &sarif); err != nil || len(sarif.Runs) == 0 {
			t.Errorf("%s: the SARIF report has %d runs, %v", head, len(sarif.Runs), err)
		}
	}
}

// TestPullRequestsWithoutKeys: where keyfit knows no key, the workflow for pull requests says so beside
// the log, and what to write, and passes; the step that deploys does not.
func TestPullRequestsWithoutKeys(t *testing.T) {
	const file = ".github/workflows/keyfit-pr.yml"
	values := callValues(t, file, nil)
	for _, deploys := range []bool{false, true} {
		j := realJob(t)
		layOut(t, j.workspace, map[string]string{
			".git/HEAD": "ref: refs/heads/main\n",
			".github/workflows/deploy.yml": "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: production\n" +
				"    steps:\n      - run: node deploy.js\n        env: {INTERNAL_TOKEN: \"${{ secrets.INTERNAL_TOKEN }}\"}\n",
		})
		if !deploys {
			for name, text := range stepOf(t, file, "keyfit").With {
				j.inputs[name] = expressionIn(t, text, values)
			}
		}
		res := j.run()
		level, code := "warning", 0
		if deploys {
			level, code = "error", 4
		}
		if res.code != code || res.outputs["result"] != "error" {
			t.Errorf("deploys %v: exit code %d, outputs %v:\n%s", deploys, res.code, res.outputs, res.log)
		}
		if want := "::" + level + " title=keyfit::nothing to check: no key of an API that is known; INTERNAL_TOKEN was not looked at"; !strings.Contains(res.log, want) {
			t.Errorf("the log lacks %q:\n%s", want, res.log)
		}
	}
}

// TestDeployExample runs the step of the example with the environment that it declares: a test
// key stops the deploy to production, and so does none.
func TestDeployExample(t *testing.T) {
	const file = "examples/ci/github/deploy.yml"
	step := stepOf(t, file, "keyfit")
	for key, want := range map[string]string{testKey: "1 failed", liveKey: "3 unverified", "": "1 failed"} {
		j := realJob(t)
		layOut(t, j.workspace, map[string]string{".git/HEAD": "ref: refs/heads/main\n", "keyfit.yaml": keyfitFile})
		j.inputs = step.With
		for name, text := range step.Env {
			j.env[name] = expressionIn(t, text, map[string]string{"secrets.PAYMENT_API_KEY": key})
		}
		res := j.run()
		if got := fmt.Sprint(res.code, " ", res.outputs["result"]); got != want {
			t.Errorf("with the key of %q: %s, want %s:\n%s", strings.TrimSuffix(key, "_CANARY0123456789abcdef"), got, want, res.log)
		}
		if strings.Contains(res.log, "CANARY") || strings.Contains(read(t, filepath.Join(j.temp, "summary")), "CANARY") {
			t.Error("the log or the summary holds the key")
		}
	}
}

// TestReusableDeploy runs the command of the reusable workflow for deploys.
func TestReusableDeploy(t *testing.T) {
	const file = ".github/workflows/keyfit-deploy.yml"
	step := stepOf(t, file, "check")
	run := func(variables string) (int, string, map[string]string) {
		j := realJob(t)
		layOut(t, j.workspace, map[string]string{".git/HEAD": "ref: refs/heads/main\n", "keyfit.yaml": keyfitFile})
		values := callValues(t, file, map[string]string{"environment": "production"})
		values["steps.install.outputs.binary-path"] = program(t)
		values["secrets.keyfit-variables"], values["secrets.keyfit-fingerprint-key"] = variables, ""
		output := filepath.Join(j.temp, "output")
		layOut(t, j.temp, map[string]string{"output": "", "summary": ""})
		env := map[string]string{
			"PATH": os.Getenv("PATH"), "RUNNER_TEMP": j.temp, "GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_OUTPUT": output,
			"GITHUB_STEP_SUMMARY": filepath.Join(j.temp, "summary"), "HTTPS_PROXY": "http://127.0.0.1:9",
		}
		for name, text := range step.Env {
			env[name] = expressionIn(t, text, values)
		}
		code, log := j.bash(step.Run, env)
		return code, log, stepOutputs(t, output)
	}
	code, log, out := run("# what the deploy gets\n\nPAYMENT_API_KEY=" + testKey + "\r\nPAYMENT_USER_ID=usr_1=2")
	if code != 1 || out["result"] != "failed" || !strings.HasSuffix(out["report-path"], "keyfit.json") || !strings.Contains(log, "K201") {
		t.Errorf("exit code %d, outputs %v:\n%s", code, out, log)
	}
	if strings.Contains(log, "CANARY") {
		t.Error("the log holds the key")
	}
	for _, line := range []string{
		"PATH=/CANARY", "GITHUB_OUTPUT=/CANARY", "LD_PRELOAD=/CANARY.so", "BASH_ENV=/CANARY", "KEYFIT=/CANARY", "RUNNER_TEMP=/CANARY",
		"CANARY", "A CANARY=1", "=CANARY", "a[$(touch CANARY)]=1", "$(touch CANARY)=1",
	} {
		code, log, _ := run("PAYMENT_API_KEY=" + liveKey + "\n" + line)
		if code != 2 || !strings.Contains(log, "line 2 of the secret keyfit-variables") || strings.Contains(log, "CANARY") {
			t.Errorf("%q: exit code %d:\n%s", line, code, log)
		}
	}
}

// audited is a repository with two environments of which both get the same key, a test key.
func audited(t *testing.T, api string) map[string]string {
	t.Helper()
	deploy := "on: push\njobs:\n"
	for _, name := range []string{"staging", "production"} {
		deploy += "  " + name + ":\n    runs-on: ubuntu-latest\n    environment: " + name + "\n    steps:\n" +
			"      - run: ./scripts/deploy.sh\n        env: {PAYMENT_API_KEY: \"${{ secrets.PAYMENT_API_KEY }}\"}\n"
	}
	return map[string]string{
		".git/HEAD": "ref: refs/heads/main\n", "scripts/deploy.sh": deployScript, ".github/workflows/deploy.yml": deploy,
		".github/workflows/key-audit.yml": places(t)["examples/ci/github/audit.yml"],
		"keyfit.yaml": `version: 1
environments:
  staging: {deploy: [{workflow: {file: .github/workflows/deploy.yml, job: staging}}]}
  production: {deploy: [{workflow: {file: .github/workflows/deploy.yml, job: production}}]}
keys:
  PAYMENT_API_KEY:
    provider: payments
    expect: {staging: {mode: test}, production: {mode: live}}
providers:
  payments:
    hosts: {default: "` + api + `"}
    probe:
      request: {method: GET, path: /me, auth: {scheme: bearer}}
      verdicts: [{when: {status: 200}, reason: ok}]
      identity: {user: $.user, mode: $.mode}
`,
	}
}

// TestAuditExample runs the example in one job for each environment, with the variables that the
// runner sets in them, and puts their reports together with the command of the example. Which
// environment a job is for is told by nothing but what the workflow hands over.
func TestAuditExample(t *testing.T) {
	const file, key = "examples/ci/github/audit.yml", "pay_CANARY0123456789abcdef"
	step := stepOf(t, file, "keyfit")
	reports := filepath.Join(t.TempDir(), "reports")
	var asked atomic.Int32
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"user": "usr_1", "mode": "test"}`)
	}))
	defer api.Close()
	for _, environment := range []string{"staging", "production"} {
		j := realJob(t)
		layOut(t, j.workspace, audited(t, api.URL))
		for name, text := range step.With {
			j.inputs[name] = expressionIn(t, text, map[string]string{"matrix.environment": environment})
		}
		for name, text := range map[string]string{
			"GITHUB_REPOSITORY": "acme/shop", "GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/key-audit.yml@refs/heads/main", "GITHUB_REF": "refs/heads/main",
			"GITHUB_EVENT_NAME": "schedule", "GITHUB_JOB": "keys", "GITHUB_ACTION": step.ID, // the runner goes on telling the step around those of the action
		} {
			j.env[name] = text
		}
		secrets := map[string]string{"secrets.PAYMENT_API_KEY": key, "secrets.KEYFIT_FINGERPRINT_KEY": "CANARY of a long random text"}
		for name, text := range step.Env {
			j.env[name] = expressionIn(t, text, secrets)
		}
		before := asked.Load()
		if res := j.run(); res.code != 0 {
			t.Fatalf("%s: exit code %d:\n%s", environment, res.code, res.log)
		} else if want := map[string]string{"staging": "passed", "production": "failed"}[environment]; res.outputs["result"] != want || asked.Load() == before {
			t.Errorf("%s: the result is %q, and the API was asked %d times:\n%s", environment, res.outputs["result"], asked.Load()-before, res.log)
		}
		name := "keyfit-" + environment + ".json"
		layOut(t, reports, map[string]string{name: read(t, filepath.Join(j.workspace, name))})
	}
	var merge string
	for _, s := range readWorkflow(t, filepath.Join(root, filepath.FromSlash(file))).Jobs["page"].Steps {
		merge += s.Run
	}
	dir := filepath.Dir(reports)
	layOut(t, dir, map[string]string{"summary.md": ""})
	env := []string{"PATH=" + filepath.Dir(program(t)) + ":" + os.Getenv("PATH"), "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary.md")}
	res := start(t, dir, env, "bash", "-eo", "pipefail", "-c", merge)
	summary := read(t, filepath.Join(dir, "summary.md"))
	if res.code != 1 || !strings.Contains(summary, "K201") || !strings.Contains(summary, "K202") || strings.Contains(res.stderr, "not comparable") {
		t.Errorf("exit code %d, stderr %s, summary:\n%s", res.code, res.stderr, summary)
	}
	for _, name := range []string{"keys.html", "keys.json"} {
		if text := read(t, filepath.Join(dir, name)); len(text) < 1000 || strings.Contains(text, "CANARY") {
			t.Errorf("%s has %d bytes, or holds a key", name, len(text))
		}
	}
}

// TestGitLabComponents runs the component and the include with the real gitlab-ci-local, which
// holds both against GitLab's own schema too.
func TestGitLabComponents(t *testing.T) {
	home, err := filepath.Abs(filepath.Join(root, ".tools", "gitlab", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	node, script := filepath.Join(home, "node22", "bin", "node"), filepath.Join(home, "gitlab-ci-local", "dist", "index.js")
	if _, err := os.Stat(script); err != nil {
		need(t, "gitlab-ci-local", "gitlab-ci-local.sh")
	}
	files := places(t)
	dir := t.TempDir()
	layOut(t, dir, map[string]string{
		".gitlab-ci.yml": `stages: [test, pre-deploy, deploy]
include:
  - local: ci/gitlab/keyfit.gitlab-ci.yml
  - local: templates/keyfit.yml
    inputs: {environment: production, version: v1.2.3, stage: pre-deploy}
keyfit:staging:
  extends: .keyfit
  stage: pre-deploy
  environment: {name: staging, action: verify}
`,
		"ci/gitlab/keyfit.gitlab-ci.yml": files["ci/gitlab/keyfit.gitlab-ci.yml"], "templates/keyfit.yml": files["templates/keyfit.yml"],
		"keyfit.yaml": keyfitFile,
	})
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"remote", "add", "origin", "git@gitlab.example.com:group/shop.git"}, {"add", "-A"},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-qm", "x"},
		{"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"},
	} {
		if res := start(t, dir, nil, "git", args...); res.code != 0 {
			t.Fatalf("git %s: %s", args[0], res.stderr)
		}
	}
	env := []string{"PATH=" + filepath.Dir(program(t)) + ":" + os.Getenv("PATH"), "PAYMENT_API_KEY=" + testKey, "HOME=" + t.TempDir()}
	log := ""
	pipeline := func(jobs ...string) started {
		res := start(t, dir, env, node, append([]string{script, "--home", t.TempDir(), "--force-shell-executor", "--no-shell-isolation"}, jobs...)...)
		log += res.stdout + res.stderr
		return res
	}
	if res := pipeline("keyfit:production", "keyfit:staging"); res.code == 0 {
		t.Error("the jobs before the deploys succeed")
	}
	// With exit codes that are allowed, the tool ends with 0 for all others too; what it says of the job is right.
	mergeRequest := []string{"--variable", "CI_PIPELINE_SOURCE=merge_request_event", "keyfit:merge-request"}
	pipeline(mergeRequest...)
	report := read(t, filepath.Join(dir, "gl-code-quality-report.json"))
	layOut(t, dir, map[string]string{"keyfit.yaml": "version: 1\nenvironments: {production: {deploy: []}}\n"})
	env = slices.DeleteFunc(env, func(pair string) bool { return strings.HasPrefix(pair, "PAYMENT_API_KEY=") })
	pipeline(mergeRequest...)
	for _, want := range []string{
		"FAIL  keyfit:production", "holds a test key of Stripe and is expected to hold a live key",
		"FAIL  keyfit:staging", `"staging" could not be verified at Stripe (network_proxy)`,
		"keyfit check --offline --on-unverified warn", "FAIL  keyfit:merge-request",
		"nothing to check", "WARN  keyfit:merge-request",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(log)
	}
	if strings.Contains(log, "CANARY") {
		t.Error("the log holds the key")
	}
	var issues []struct{ Fingerprint string }
	if err := json.Unmarshal([]byte(report), &issues); err != nil {
		t.Errorf("the code quality report: %v", err)
	}
}

// TestGitLabMergeRequests: the component and the include check a merge request alike.
func TestGitLabMergeRequests(t *testing.T) {
	jobOf := func(name string) (job struct {
		Script    []string
		Rules     []map[string]string
		Artifacts map[string]any
		Allow     map[string][]int `yaml:"allow_failure"`
	}) {
		text := places(t)[name]
		if _, body, ok := strings.Cut(text, "\n---\n"); ok {
			text = strings.NewReplacer("$[[ inputs.stage ]]", "test", "$[[ inputs.image ]]", "image", " --fail-on $[[ inputs.fail-on ]]", "", "$[[ inputs.version ]]", "v").Replace(body)
		}
		var jobs map[string]yaml.Node
		if err := yaml.Unmarshal([]byte(text), &jobs); err != nil {
			t.Fatal(err)
		}
		base, own := jobs[".keyfit"], jobs["keyfit:merge-request"]
		if base.Kind != 0 {
			if err := base.Decode(&job); err != nil {
				t.Fatal(err)
			}
		}
		if err := own.Decode(&job); err != nil {
			t.Fatal(err)
		}
		return job
	}
	component, include := jobOf("templates/keyfit-merge-request.yml"), jobOf("ci/gitlab/keyfit.gitlab-ci.yml")
	if diff := cmp.Diff(component, include); diff != "" || len(include.Script) != 1 || !slices.Equal(include.Allow["exit_codes"], []int{4}) {
		t.Errorf("(-component +include):\n%s", diff)
	}
}

// TestJenkinsExamples compiles the pipelines with the real Groovy and calls the step of the shared
// library; and runs the shell of that step.
func TestJenkinsExamples(t *testing.T) {
	groovy, java := need(t, "groovy", "groovy.sh"), need(t, "java", "groovy.sh")
	home, err := filepath.EvalSymlinks(java)
	if err != nil {
		t.Fatal(err)
	}
	examples := filepath.Join(root, "examples", "ci", "jenkins")
	res := start(t, ".", []string{"JAVA_HOME=" + filepath.Dir(filepath.Dir(home)), "HOME=" + t.TempDir()}, groovy,
		"testdata/library.groovy", filepath.Join(examples, "vars", "keyfit.groovy"), filepath.Join(examples, "Jenkinsfile"), filepath.Join(examples, "Jenkinsfile.library"))
	var answer struct {
		Problems []string
		Thrown   string
		Calls    []struct {
			Name      string
			Arguments []any
		}
	}
	if err := json.Unmarshal([]byte(res.stdout), &answer); err != nil {
		t.Fatalf("exit code %d, %v:\n%s", res.code, err, res.stderr)
	}
	if len(answer.Problems) > 0 || !strings.HasPrefix(answer.Thrown, "exit code 1; keyfit: name the environment") {
		t.Errorf("problems %q, thrown %q", answer.Problems, answer.Thrown)
	}
	var names []string
	var script string
	var env []string
	for _, call := range answer.Calls {
		names = append(names, call.Name)
		switch call.Name {
		case "sh":
			script = fmt.Sprint(call.Arguments[0])
		case "withEnv":
			for _, v := range call.Arguments[0].([]any) {
				env = append(env, fmt.Sprint(v))
			}
		}
	}
	// What came of the check is published though it failed.
	if diff := cmp.Diff("withEnv sh junit sarif recordIssues archiveArtifacts error", strings.Join(names, " ")); diff != "" {
		t.Error(diff)
	}
	checkLibraryShell(t, script, env)
}

// checkLibraryShell runs the shell of the library's step: hostile options are arguments and
// nothing more.
func checkLibraryShell(t *testing.T, script string, env []string) {
	t.Helper()
	dir := t.TempDir()
	layOut(t, dir, map[string]string{"bin/keyfit": "#!/bin/sh\nfor a in \"$@\"; do printf '<%s>\\n' \"$a\"; done\n"})
	res := start(t, dir, append(env, "PATH="+filepath.Join(dir, "bin")+":/usr/bin:/bin"), "sh", "-xe", "-c", script)
	want := []string{
		"check", "--environment", "it's $(staging)", "--offline=true", "--fail-on", "error", "--on-unverified", "fail",
		"--config", `my "keyfit".yaml`, "--output", "json=keyfit.json", "--output", "junit=keyfit.xml", "--output", "sarif=keyfit.sarif",
	}
	got := regexp.MustCompile(`(?m)^<(.*)>$`).FindAllStringSubmatch(res.stdout, -1)
	var args []string
	for _, m := range got {
		args = append(args, m[1])
	}
	if diff := cmp.Diff(want, args); diff != "" {
		t.Errorf("%s\n%s", diff, res.stderr)
	}
}

// object is what the tests need of a Kubernetes object.
type object struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name        string            `yaml:"name"`
		Annotations map[string]string `yaml:"annotations"`
	} `yaml:"metadata"`
	Data map[string]string `yaml:"data"`
	Spec struct {
		BackoffLimit *int `yaml:"backoffLimit"`
		Template     struct {
			Spec struct {
				RestartPolicy                string `yaml:"restartPolicy"`
				AutomountServiceAccountToken *bool  `yaml:"automountServiceAccountToken"`
				SecurityContext              struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
					RunAsUser    int  `yaml:"runAsUser"`
				} `yaml:"securityContext"`
				Containers []container `yaml:"containers"`
			} `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

type container struct {
	Name            string   `yaml:"name"`
	Image           string   `yaml:"image"`
	Args            []string `yaml:"args"`
	WorkingDir      string   `yaml:"workingDir"`
	Env             any      `yaml:"env"`
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct {
			Drop []string `yaml:"drop"`
		} `yaml:"capabilities"`
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

func objects(t *testing.T, manifests string) map[string]object {
	t.Helper()
	all := map[string]object{}
	decoder := yaml.NewDecoder(strings.NewReader(manifests))
	for {
		var o object
		if err := decoder.Decode(&o); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[o.Kind] = o
	}
}

// TestArgoCDExample takes the hook apart: the ConfigMap comes before the job, and keyfit does with
// it, as the kubelet mounts it, what the file promises.
func TestArgoCDExample(t *testing.T) {
	manifests := read(t, filepath.Join(root, "examples", "ci", "argocd", "presync.yaml"))
	all := objects(t, manifests)
	for kind, wave := range map[string]string{"ConfigMap": "-1", "Job": ""} {
		a := all[kind].Metadata.Annotations
		if a["argocd.argoproj.io/hook"] != "PreSync" || a["argocd.argoproj.io/hook-delete-policy"] != "BeforeHookCreation" || a["argocd.argoproj.io/sync-wave"] != wave {
			t.Errorf("%s: %v", kind, a)
		}
	}
	checkHook(t, all)
	dir := t.TempDir()
	layOut(t, dir, map[string]string{
		".git/HEAD": "ref: refs/heads/main\n", "k8s/presync.yaml": manifests,
		"keyfit.yaml": "version: 1\nenvironments: {production: {deploy: [{manifests: [k8s/*.yaml]}]}}\n",
	})
	if v := resolved(t, dir, "Job/keyfit", "PAYMENT_API_KEY"); v.State != "unknown" || v.Reason != "kubernetes-secret" {
		t.Errorf("the key of the job is %+v", v)
	}
}

// TestHelmExample renders the chart with the real helm: the check and the workload get the same
// variables, before anything is released.
func TestHelmExample(t *testing.T) {
	helm := need(t, "helm", "helm.sh")
	chart := filepath.Join(root, "examples", "ci", "helm")
	if res := start(t, ".", nil, helm, "lint", "--strict", chart); res.code != 0 {
		t.Errorf("helm lint: %s%s", res.stdout, res.stderr)
	}
	res := start(t, ".", nil, helm, "template", "shop", chart)
	if res.code != 0 {
		t.Fatal(res.stderr)
	}
	all := objects(t, res.stdout)
	for kind, weight := range map[string]string{"ConfigMap": "-1", "Job": "0"} {
		a := all[kind].Metadata.Annotations
		if a["helm.sh/hook"] != "pre-install,pre-upgrade" || a["helm.sh/hook-weight"] != weight || a["helm.sh/hook-delete-policy"] != "before-hook-creation" {
			t.Errorf("%s: %v", kind, a)
		}
	}
	checkHook(t, all)
	workload, check := all["Deployment"].Spec.Template.Spec.Containers[0], all["Job"].Spec.Template.Spec.Containers[0]
	if diff := cmp.Diff(workload.Env, check.Env); diff != "" || workload.Env == nil {
		t.Errorf("the check has other variables than the workload:\n%s", diff)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "chart"), os.DirFS(chart)); err != nil {
		t.Fatal(err)
	}
	layOut(t, dir, map[string]string{
		".git/HEAD":   "ref: refs/heads/main\n",
		"keyfit.yaml": "version: 1\nenvironments: {production: {deploy: [{helm: {chart: chart, release: shop}}]}}\n",
	})
	for _, workload := range []string{"Deployment/shop", "Job/shop-keyfit"} {
		if v := resolved(t, dir, workload, "PAYMENT_API_KEY"); v.State != "unknown" || v.Reason != "kubernetes-secret" {
			t.Errorf("the key of %s is %+v", workload, v)
		}
	}
}

// checkHook checks the job of a hook, and runs its command on its configuration, mounted as the
// kubelet mounts a ConfigMap: through links.
func checkHook(t *testing.T, all map[string]object) {
	t.Helper()
	job := all["Job"].Spec
	pod := job.Template.Spec
	c := pod.Containers[0]
	if job.BackoffLimit == nil || *job.BackoffLimit != 0 || pod.RestartPolicy != "Never" || pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("the job may ask again, or gets a token of the cluster")
	}
	s := c.SecurityContext
	if !pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.RunAsUser != 65532 || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation ||
		!s.ReadOnlyRootFilesystem || cmp.Diff([]string{"ALL"}, s.Capabilities.Drop) != "" || len(c.VolumeMounts) != 1 || !c.VolumeMounts[0].ReadOnly || c.VolumeMounts[0].MountPath != c.WorkingDir {
		t.Errorf("the container has rights that it does not need: %+v", c)
	}
	dir := t.TempDir()
	layOut(t, dir, map[string]string{"..2026_11_22/keyfit.yaml": all["ConfigMap"].Data["keyfit.yaml"]})
	for link, to := range map[string]string{"..data": "..2026_11_22", "keyfit.yaml": "..data/keyfit.yaml"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]int{testKey: 1, liveKey: 3} {
		res := start(t, dir, []string{"PAYMENT_API_KEY=" + key}, program(t), c.Args...)
		if res.code != want || strings.Contains(res.stdout+res.stderr, "CANARY") {
			t.Errorf("with the key of %.8s: exit code %d, want %d:\n%s", key, res.code, want, res.stderr)
		}
	}
	if res := start(t, dir, nil, program(t), c.Args...); res.code != 1 || !strings.Contains(res.stdout, "K101") {
		t.Errorf("without a key: exit code %d, %s", res.code, res.stderr)
	}
}
