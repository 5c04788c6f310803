package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
)

func TestNames(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("scripts/deploy.sh", "set -e\nLOCAL=$1\nfor f in *; do echo $f $LOCAL; done\n. ./lib/common.sh\nexport TOKEN=${INNER_TOKEN:?}\n")
	write("lib/common.sh", "echo ${#DEEP_KEY} ${!REF} $HOME $1 ${ARR[0]}\nread -r LINE; echo $LINE\n")
	files, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	got := pipeline.Names(files, []string{"API_KEY=x ./scripts/deploy.sh \"$OTHER_KEY\" $API_KEY", "curl $URL/../../etc/passwd"})
	want := []string{"ARR", "DEEP_KEY", "INNER_TOKEN", "OTHER_KEY", "REF", "URL"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCallsDeployTool(t *testing.T) {
	yes := []string{
		"kubectl apply -f k8s/", "kubectl -n shop rollout restart deploy/api", "helm upgrade --install shop charts/shop", "./scripts/deploy.sh staging",
		"bash scripts/deploy", "make deploy-staging", "npm run deploy:prod", "terraform -chdir=infra apply -auto-approve", "aws ecs update-service --cluster x",
		"gcloud run deploy api", "flyctl deploy", "docker compose -f x.yml up -d", "cd api && serverless deploy", "yarn release", "git push heroku main", "./bin/release.sh",
	}
	no := []string{
		"make test", "npm ci", "terraform plan", "kubectl get pods", "echo deploy is next", "# ./deploy.sh", "helm lint", "docker build .", "go test ./...", "aws s3 ls", "cat undeployed.txt",
		"bundle install --deployment --jobs 4", "bundle install --without deploy development", "pip install --target deploy -r requirements.txt",
	}
	for _, text := range yes {
		if !pipeline.CallsDeployTool("set -e\n  " + text) {
			t.Errorf("%q does not deploy", text)
		}
	}
	for _, text := range no {
		if pipeline.CallsDeployTool(text) {
			t.Errorf("%q deploys", text)
		}
	}
}

func TestEither(t *testing.T) {
	known := func(text string) model.Value { return model.KnownText(text, model.Hop{What: text}) }
	rest := model.UnknownBecause(model.WhyCISecret, "x", model.Trail{})
	a := model.NewEnv(map[string]model.Value{"SAME": known("1"), "OTHER": known("a"), "GONE": known("g")})
	b := model.NewEnv(map[string]model.Value{"SAME": known("1"), "OTHER": known("b")}).WithRest(rest)
	got := pipeline.Either("the run", a, b)
	if got.Get("SAME").State != model.Known || got.Get("OTHER").Why != model.WhyAmbiguous || len(got.Get("OTHER").Alternatives) != 2 {
		t.Errorf("what both have: %v %v", got.Get("SAME").State, got.Get("OTHER").Why)
	}
	if got.Get("GONE").State != model.Unknown || got.Rest().State != model.Unknown {
		t.Errorf("what one has: %v, rest %v", got.Get("GONE").State, got.Rest().State)
	}
}
