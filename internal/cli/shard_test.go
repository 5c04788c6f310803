package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keyfit/keyfit/examples"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/sandbox"
)

func TestShardFlag(t *testing.T) {
	tests := map[string]struct {
		flag string
		env  map[string]string
		want shard
		err  string

		environments []string
	}{
		"none":                 {want: shard{}},
		"second of five":       {flag: "2/5", want: shard{2, 5}},
		"all in one":           {flag: "1/1", want: shard{1, 1}},
		"zero":                 {flag: "0/5", err: "takes I/N"},
		"beyond":               {flag: "6/5", err: "takes I/N"},
		"negative":             {flag: "-1/5", err: "takes I/N"},
		"no number":            {flag: "a/b", err: "takes I/N"},
		"one number":           {flag: "3", err: "takes I/N"},
		"three numbers":        {flag: "1/2/3", err: "takes I/N"},
		"too many":             {flag: "1/10001", err: "takes I/N"},
		"GitLab":               {flag: "auto", env: map[string]string{"GITLAB_CI": "true", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "3"}, want: shard{1, 3}},
		"GitLab, not parallel": {flag: "auto", env: map[string]string{"GITLAB_CI": "true", "CI_NODE_TOTAL": "1"}, want: shard{1, 1}},
		"CircleCI":             {flag: "auto", env: map[string]string{"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "3"}, want: shard{1, 3}},
		"Buildkite":            {flag: "auto", env: map[string]string{"BUILDKITE_PARALLEL_JOB": "2", "BUILDKITE_PARALLEL_JOB_COUNT": "3"}, want: shard{3, 3}},
		"Buildkite, alone":     {flag: "auto", env: map[string]string{"BUILDKITE": "true"}, want: shard{1, 1}},
		"Azure":                {flag: "auto", env: map[string]string{"SYSTEM_JOBPOSITIONINPHASE": "3", "SYSTEM_TOTALJOBSINPHASE": "3"}, want: shard{3, 3}},
		"Bitbucket":            {flag: "auto", env: map[string]string{"BITBUCKET_PARALLEL_STEP": "0", "BITBUCKET_PARALLEL_STEP_COUNT": "2"}, err: "may be different jobs"},
		"Bitbucket, alone":     {flag: "auto", env: map[string]string{"BITBUCKET_BUILD_NUMBER": "7"}, err: "may be different jobs"},
		"an environment each":  {flag: "auto", env: map[string]string{"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}, environments: []string{"production"}, err: "cannot be combined"},
		"part of environments": {flag: "2/3", environments: []string{"production"}, want: shard{2, 3}},
		"half":                 {flag: "auto", env: map[string]string{"CIRCLE_NODE_INDEX": "0"}, err: "only one of them"},
		"nonsense":             {flag: "auto", env: map[string]string{"CI_NODE_INDEX": "4", "CI_NODE_TOTAL": "3"}, err: "no part of several"},
		"GitHub":               {flag: "auto", env: map[string]string{"GITHUB_ACTIONS": "true"}, err: "does not tell a job which of a matrix"},
		"a laptop":             {flag: "auto", err: "no CI system"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := (&app{env: tt.env}).shard(tt.flag, tt.environments)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Fatalf("got error %v, want %q", err, tt.err)
			}
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// checked runs the pipeline in a directory, in one part, and reads the report back from what
// it would have saved.
func checked(t *testing.T, dir string, api *sandbox.Sandbox, environ []string, part shard) report.Document {
	t.Helper()
	p := Process{Dir: dir, Environ: environ, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Now: time.Now}
	a := &app{Process: p, env: environMap(append(environ, "KEYFIT_FINGERPRINT_KEY=for-the-tests-only"))}
	w, err := a.open()
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	redirect(w.config, api)
	result, err := a.pipeline(context.Background(), w, checkOptions{part: part})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.Write(&b, "json", result.document, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "CANARY") {
		t.Error("the report holds a key")
	}
	d, err := report.Read("report.json", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sameButTimes compares what does not differ between two runs.
func sameButTimes(t *testing.T, what string, want, got report.Document) {
	t.Helper()
	times := []cmp.Option{
		cmpopts.IgnoreFields(report.Document{}, "Started", "DurationMS"),
		cmpopts.IgnoreFields(report.Request{}, "RequestID", "DurationMS", "At"),
	}
	if diff := cmp.Diff(want, got, times...); diff != "" {
		t.Errorf("%s (-whole +merged):\n%s", what, diff)
	}
}

func mergesToWhole(t *testing.T, what, dir string, api *sandbox.Sandbox, environ []string) {
	t.Helper()
	before := api.Count("staging") + api.Count("production")
	whole := checked(t, dir, api, environ, shard{})
	asked := api.Count("staging") + api.Count("production") - before
	for n := 1; n <= 5; n++ {
		var docs []report.Document
		slots := 0
		before := api.Count("staging") + api.Count("production")
		for i := 1; i <= n; i++ {
			d := checked(t, dir, api, environ, shard{i, n})
			docs, slots = append(docs, d), slots+len(d.Slots)
			if code := report.ExitCode(d, report.FailOnError, report.UnverifiedPasses); code == exitNothing {
				t.Errorf("%s: shard %d of %d says that there is nothing to check", what, i, n)
			}
		}
		if slots != len(whole.Slots) {
			t.Errorf("%s: %d shards check %d slots, want %d", what, n, slots, len(whole.Slots))
		}
		// Each shard may ask the control question of a host anew; a key is asked about once.
		if more := api.Count("staging") + api.Count("production") - before - asked; more < 0 || more > 2*(n-1) {
			t.Errorf("%s: %d shards sent %d requests more than one run", what, n, more)
		}
		slices.Reverse(docs)
		sameButTimes(t, fmt.Sprintf("%s in %d shards", what, n), whole, report.Merge(docs, false))
		if n > 1 {
			lacking := report.Merge(docs[1:], false)
			if code := report.ExitCode(lacking, report.FailNever, report.UnverifiedFails); code != exitUnverified {
				t.Errorf("%s: without a shard of %d the exit code is %d, want %d", what, n, code, exitUnverified)
			}
			again := report.Merge([]report.Document{lacking, docs[0]}, false)
			sameButTimes(t, fmt.Sprintf("%s in %d shards, merged in two steps", what, n), whole, again)
		}
	}
}

func TestShardsOfTheExamples(t *testing.T) {
	for _, story := range examples.Stories() {
		dir := t.TempDir()
		if err := unpack(story.Name, dir); err != nil {
			t.Fatal(err)
		}
		api, err := startAPI(context.Background(), story.Name)
		if err != nil {
			t.Fatal(err)
		}
		defer api.Close()
		for _, scene := range story.Scenes {
			mergesToWhole(t, story.Name+"/"+scene.Folder, filepath.Join(dir, scene.Folder), api, nil)
		}
	}
}

// TestShardsOfAFleet is a repository with everything that may cross the border of a shard: one
// key in two environments, ignores that match in one part only or nowhere, an environment
// without a key and a file that cannot be read.
func TestShardsOfAFleet(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range fleet() {
		write(name, text)
	}
	world, err := fs.ReadFile(os.DirFS(dir), "world.yaml")
	if err != nil {
		t.Fatal(err)
	}
	decoded, problems := sandbox.Decode("world.yaml", world)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	api, err := sandbox.Start(context.Background(), decoded)
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	whole := checked(t, dir, api, nil, shard{})
	for _, want := range []string{"K101", "K202", "K301", "matches no finding", "expired on"} {
		if !slices.ContainsFunc(whole.Findings, func(f report.Finding) bool { return f.ID == want || strings.Contains(f.Message, want) }) {
			t.Errorf("the fleet has no %s", want)
		}
	}
	if len(whole.Slots) < 20 || len(whole.Ignored) == 0 || whole.Summary.Passed == 0 {
		t.Errorf("the fleet shows too little: %+v, %d ignored", whole.Summary, len(whole.Ignored))
	}
	mergesToWhole(t, "fleet", dir, api, nil)
}

func fleet() map[string]string {
	files := map[string]string{"world.yaml": fleetWorld}
	var config strings.Builder
	config.WriteString("version: 1\nenvironments:\n")
	for _, environment := range []string{"staging", "production"} {
		fmt.Fprintf(&config, "  %s: {deploy: [{manifests: \"k8s/%s/*.yaml\"}, {dotenv: .env.%s}]}\n", environment, environment, environment)
		files[".env."+environment] = "OTHER_KEY=pgk_stg_CANARYshared05\nPAYMENT_USER_ID=usr_ci\n"
		for i := range 7 {
			key := fmt.Sprintf("pgk_%s_CANARYnobody%02d", environment[:3], i)
			if i%3 == 0 {
				key = "pgk_stg_CANARYci000001"
			}
			files[fmt.Sprintf("k8s/%s/app%d.yaml", environment, i)] = fmt.Sprintf(fleetApp, i, i, key)
		}
	}
	files["k8s/staging/broken.yaml"] = "a: [\n"
	config.WriteString("  empty: {deploy: [{dotenv: .env.empty}]}\n")
	files[".env.empty"] = "GREETING=hello\n"
	config.WriteString(fleetKeys)
	files["keyfit.yaml"] = config.String()
	return files
}

const fleetApp = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app%d, namespace: shop}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
        - name: app%d
          image: shop
          env:
            - {name: PAYMENT_API_KEY, value: %s}
            - {name: PAYMENT_USER_ID, value: usr_ci}
            - name: CRM_KEY
              valueFrom: {secretKeyRef: {name: crm, key: key}}
`

const fleetKeys = `keys:
  PAYMENT_API_KEY: {provider: payments-gateway, environments: [staging, production]}
  CRM_KEY: {provider: payments-gateway, environments: [staging, production]}
  OTHER_KEY: {provider: payments-gateway, environments: [staging, production]}
  MISSING_KEY: {provider: payments-gateway, environments: [staging]}
ignore:
  - {id: K301, slot: staging/Deployment/app1/*, reason: "known", expires: 2099-01-31}
  - {id: K102, slot: "*/CRM_KEY", reason: "checked by hand", expires: 2099-01-31}
  - {id: K302, slot: "*/PAYMENT_API_KEY", reason: "of no use", expires: 2099-01-31}
  - {id: K301, slot: "*/PAYMENT_API_KEY", reason: "over", expires: 2020-01-31}
providers:
  payments-gateway:
    hosts: {staging: https://staging.example.com, production: https://production.example.com}
    probe:
      request:
        method: POST
        path: /path
        auth: {scheme: bearer}
        json: {query: {userId: "${PAYMENT_USER_ID}"}}
      verdicts:
        - {when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}
        - {when: {status: 401, json: {$.error.code: key_unknown}}, reason: key_unknown}
      identity: {user: $.user.id, name: $.user.name}
`

const fleetWorld = `environments:
  staging:
    tenants: {acme: {name: Acme}}
    users: {usr_ci: {name: ci-staging, kind: service, tenant: acme, account: acct_stg, mode: test}}
    keys:
      k_ci: {key: pgk_stg_CANARYci000001, user: usr_ci}
      k_shared: {key: pgk_stg_CANARYshared05, user: usr_ci}
  production:
    tenants: {acme: {name: Acme}}
    users: {usr_ci: {name: ci-production, kind: service, tenant: acme, account: acct_prd, mode: live}}
    keys:
      k_ci: {key: pgk_stg_CANARYci000001, user: usr_ci}
`
