package gitlab_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/engine/gitlab"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

func lay(t testing.TB, files map[string]string) *repo.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

// line writes one job as a test wants it.
func line(j pipeline.Job) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d %s -> %s", j.At.File, j.At.Start.Line, j.Name, j.Environment)
	if !j.Deploys {
		b.WriteString(" (does not deploy)")
	}
	for _, part := range []struct {
		name string
		m    map[string]string
	}{{"matrix", j.Matrix}, {"with", j.Inputs}} {
		if len(part.m) > 0 {
			fmt.Fprintf(&b, " %s %v", part.name, part.m)
		}
	}
	if j.Branch != "" {
		fmt.Fprintf(&b, " on %s", j.Branch)
	}
	if len(j.Needs) > 0 {
		fmt.Fprintf(&b, " needs %s", strings.Join(j.Needs, ","))
	}
	if j.Unsure != "" {
		fmt.Fprintf(&b, " ? %s", j.Unsure)
	}
	return b.String()
}

func TestJobs(t *testing.T) {
	files := lay(t, map[string]string{".gitlab-ci.yml": `
include: ci/review.yml
stages: [build, deploy]
variables: {NAMESPACE: shop}
build:
  stage: build
  script: [make]
deploy:staging:
  stage: deploy
  environment: {name: staging, url: https://staging.example.com}
  needs: [build]
  script: [helm upgrade --install shop chart]
  only: [develop]
deploy:
  stage: deploy
  environment: $TARGET
  script: [./scripts/deploy.sh]
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
      variables: {TARGET: production}
    - if: $CI_COMMIT_BRANCH == "qa" && $CI_PIPELINE_SOURCE != "schedule"
      variables: {TARGET: qa}
    - if: $CI_COMMIT_TAG
      variables: {TARGET: canary}
matrix:
  stage: deploy
  environment: $STAGE/$REGION
  parallel:
    matrix: [{STAGE: [prod], REGION: [eu, us]}]
  script: [helm upgrade --install shop chart]
chosen:
  stage: deploy
  environment: $WHERE
  script: [helm upgrade --install shop chart]
  rules:
    - if: $WHERE == "demo"
    - if: $WHERE == "load" && $CI_COMMIT_BRANCH == "main"
by-name-prod:
  stage: deploy
  script: [kubectl apply -f k8s]
stop:
  stage: deploy
  environment: {name: staging, action: stop}
  script: [helm uninstall shop]
check:
  stage: deploy
  environment: {name: production, action: verify}
  script: [keyfit check]
child:
  trigger: {include: services/api.yml}
`, "ci/review.yml": `
review:
  environment: {name: review/$CI_COMMIT_REF_SLUG}
  script: [helm upgrade --install shop chart]
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
`, "services/api.yml": `
api:
  environment: production
  script: [kubectl apply -f k8s]
`})
	jobs, problems := gitlab.Jobs(files, ".gitlab-ci.yml")
	if len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
	var got []string
	for _, j := range jobs {
		got = append(got, line(j))
	}
	want := []string{
		"ci/review.yml:2 review ->  ? the name of its environment depends on the run",
		".gitlab-ci.yml:8 deploy:staging -> staging on develop needs build",
		".gitlab-ci.yml:14 deploy -> production on main",
		".gitlab-ci.yml:14 deploy -> qa on qa",
		".gitlab-ci.yml:14 deploy -> canary ? it runs for tags alone",
		".gitlab-ci.yml:25 matrix -> prod/eu matrix map[REGION:eu STAGE:prod]",
		".gitlab-ci.yml:25 matrix -> prod/us matrix map[REGION:us STAGE:prod]",
		".gitlab-ci.yml:31 chosen -> demo with map[WHERE:demo]",
		".gitlab-ci.yml:31 chosen -> load with map[WHERE:load] on main",
		".gitlab-ci.yml:38 by-name-prod -> prod ? the name of the job alone says where it deploys to",
		".gitlab-ci.yml:45 check -> production (does not deploy)",
		"services/api.yml:2 api -> production",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFinds(t *testing.T) {
	files := lay(t, map[string]string{".gitlab-ci.yml": "a: {}", "sub/.gitlab-ci.yml": "a: {}", "sub/other.yml": "a: {}"})
	for dir, want := range map[string][]string{".": {".gitlab-ci.yml"}, "sub": {"sub/.gitlab-ci.yml"}, "none": nil} {
		if diff := cmp.Diff(want, gitlab.Finds(files, dir)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", dir, diff)
		}
	}
}

// large is a pipeline of many services, as generators write them.
func large(jobs int) map[string]string {
	var b strings.Builder
	b.WriteString("include: ci/base.yml\nstages: [build, deploy]\n")
	for i := range jobs {
		fmt.Fprintf(&b, "deploy-%d:\n  extends: .deploy\n  stage: deploy\n  environment: {name: production}\n  variables: {SERVICE: s%d, URL: \"https://$SERVICE.$DOMAIN/$CI_COMMIT_REF_SLUG\"}\n", i, i)
		b.WriteString("  rules:\n    - if: $CI_COMMIT_BRANCH == \"main\"\n    - changes: [services/**/*]\n")
	}
	return map[string]string{".gitlab-ci.yml": b.String(), "ci/base.yml": `
variables: {DOMAIN: example.com, API_KEY: CANARYbase}
.deploy:
  before_script: [export REGION=eu]
  script: ["helm upgrade --install $SERVICE chart --set key=$API_KEY"]
`}
}

func BenchmarkJobs(b *testing.B) {
	files := lay(b, large(200))
	for b.Loop() {
		if jobs, _ := gitlab.Jobs(files, ".gitlab-ci.yml"); len(jobs) != 200 {
			b.Fatal(len(jobs))
		}
	}
}

func BenchmarkRun(b *testing.B) {
	files := lay(b, large(50))
	for b.Loop() {
		host := &idle{}
		in := pipeline.Step{Files: repo.NewOverlay(files), Environment: "production", Branch: "main", File: strict.At[string]{Value: ".gitlab-ci.yml"}}
		if _, err := gitlab.Run(context.Background(), in, host); err != nil || host.scripts != 50 {
			b.Fatal(err, host.scripts)
		}
	}
}

// idle is a host that follows nothing.
type idle struct{ scripts int }

func (h *idle) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	h.scripts++
	return pipeline.After{Env: s.Env}, nil
}

func (h *idle) Input(name string) model.Value {
	return model.UnknownBecause(model.WhyCISecret, "the text of it", model.Trail{})
}

// FuzzRun expects of any pipeline: no panic, an end, problems within the files and without
// keys, and that every text that is called known comes out of the file.
func FuzzRun(f *testing.F) {
	for _, s := range stories(f) {
		var main, other string
		for _, file := range s.archive.Files {
			switch {
			case file.Name == ".gitlab-ci.yml":
				main = string(file.Data)
			case strings.HasSuffix(file.Name, ".yml"):
				other = string(file.Data)
			}
		}
		f.Add(main, other, s.in.Job.Value, s.in.Branch)
	}
	f.Add("a: &a [*a]\nb: {script: x}", "", "b", "")
	f.Add("include: other.yml\nb: {extends: c, script: !reference [b, script]}", "include: .gitlab-ci.yml\nc: {extends: b}", "b", "")
	f.Add("spec: {inputs: {a: {default: \"$[[ inputs.a ]]$[[ inputs.a ]]\"}}}\n---\nb: {script: \"$[[ inputs.a ]]\"}", "", "b", "")
	f.Fuzz(func(t *testing.T, main, other, job, branch string) {
		if len(main)+len(other) > 20_000 {
			return
		}
		watch := time.AfterFunc(20*time.Second, func() { panic("does not come to an end") })
		defer watch.Stop()
		files := lay(t, map[string]string{".gitlab-ci.yml": main, "other.yml": other})
		in := pipeline.Step{
			Files: repo.NewOverlay(files), Environment: "production", Branch: branch, File: strict.At[string]{Value: ".gitlab-ci.yml"},
			Job: strict.At[string]{Value: job},
		}
		host := &noting{}
		result, err := gitlab.Run(context.Background(), in, host)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range result.Problems {
			if p.Message == "" {
				t.Error("a problem without a message")
			}
			if strings.Contains(p.Message+p.Fix, "sk_CANARY1") {
				t.Errorf("a problem at %v shows a key", p.At)
			}
		}
		for _, s := range host.scripts {
			for name, v := range s.Env.All() {
				if v.State == model.Known && v.Trail.IsEmpty() && v.Text.Reveal() != "" {
					t.Errorf("%q is known, and nobody can tell from where", name)
				}
			}
			if s.Positions != nil && s.Text != "" {
				for _, at := range []int{0, len(s.Text) / 2, len(s.Text)} {
					if span := s.Positions(at, at); span.File != ".gitlab-ci.yml" && span.File != "other.yml" {
						t.Errorf("a place of a script is in %q", span.File)
					}
				}
			}
		}
		gitlab.Jobs(files, ".gitlab-ci.yml")
	})
}

// noting is a host that keeps the scripts, and says that each may leave anything.
type noting struct{ scripts []pipeline.Script }

func (h *noting) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	h.scripts = append(h.scripts, s)
	unknown := model.UnknownBecause(model.WhyCommandOutput, "it", model.Trail{})
	after := pipeline.After{Env: s.Env, Files: map[string]model.Value{}}
	for _, name := range s.Files {
		after.Files[name] = unknown
	}
	return after, nil
}

func (h *noting) Input(name string) model.Value {
	return model.UnknownBecause(model.WhyCISecret, "the text of it", model.Trail{})
}
