package discover_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/discover"
	"github.com/keyfit/keyfit/internal/repo"
)

// repository makes a repository of files with their texts.
func repository(t testing.TB, files map[string]string) *repo.Tree {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

// empty makes files without content.
func empty(names ...string) map[string]string {
	files := map[string]string{}
	for _, name := range names {
		files[name] = ""
	}
	return files
}

// told writes what was found, one line for each step.
func told(found discover.Found) []string {
	var out []string
	for name, env := range found.Config.Environments {
		if len(env.Deploy) == 0 {
			out = append(out, name+": nothing")
		}
		for i, step := range env.Deploy {
			out = append(out, fmt.Sprintf("%s %d: %s", name, i+1, stepText(step)))
		}
	}
	slices.Sort(out)
	return out
}

func stepText(step config.Step) string {
	switch {
	case step.Dotenv != nil:
		var files []string
		for _, f := range step.Dotenv.Files {
			files = append(files, f.Value)
		}
		return "dotenv " + strings.Join(files, " ")
	case step.Helm != nil:
		return "helm " + step.Helm.Chart.Value + " " + step.Helm.Values[0].Value
	case step.Kustomize != nil:
		return "kustomize " + step.Kustomize.Value
	case step.Terraform != nil:
		text := "terraform " + step.Terraform.Dir.Value
		for _, f := range step.Terraform.VarFiles {
			text += " " + f.Value
		}
		return text
	}
	p, _ := step.Pipeline()
	text := p.System + " " + p.File.Value
	for _, word := range []string{p.Group.Value, p.Job.Value, p.Branch} {
		text += "|" + word
	}
	for _, v := range append(p.Inputs[:len(p.Inputs):len(p.Inputs)], p.Matrix...) {
		text += " " + v.Path.Value + "=" + v.Text.Value
	}
	return text
}

const bitbucketPipelines = `
pipelines:
  branches:
    main:
      - step: {name: Test, script: [make test]}
      - step: {name: To staging, deployment: staging, script: [./deploy.sh]}
      - step: {name: To production, deployment: Production, trigger: manual, script: [./deploy.sh]}
`

func TestConventions(t *testing.T) {
	cases := []struct {
		name  string
		files map[string]string
		want  []string
		notes []string // some of them
	}{
		{
			name: "charts",
			files: empty("charts/shop/Chart.yaml", "charts/shop/values.yaml", "charts/shop/values-staging.yaml", "charts/shop/values.production.yaml",
				"charts/shop/values-schema.yaml", "charts/shop/ci/test-values.yaml", "charts/shop/charts/sub/Chart.yaml", "charts/shop/charts/sub/values-staging.yaml"),
			want: []string{"production 1: helm charts/shop charts/shop/values.production.yaml", "staging 1: helm charts/shop charts/shop/values-staging.yaml"},
		},
		{
			name:  "values below the chart",
			files: empty("chart/Chart.yaml", "chart/prod/values.yaml", "chart/environments/qa.yaml", "chart/environments/dev/values.yaml", "chart/templates/values.yaml"),
			want:  []string{"dev 1: helm chart chart/environments/dev/values.yaml", "prod 1: helm chart chart/prod/values.yaml", "qa 1: helm chart chart/environments/qa.yaml"},
		},
		{
			name: "overlays",
			files: empty("k8s/base/kustomization.yaml", "k8s/overlays/staging/kustomization.yaml", "k8s/overlays/eu-west/kustomization.yml", "k8s/overlays/staging/db/kustomization.yaml",
				"k8s/prod/kustomization.yaml", "k8s/istio/kustomization.yaml"),
			want: []string{"eu-west 1: kustomize k8s/overlays/eu-west", "prod 1: kustomize k8s/prod", "staging 1: kustomize k8s/overlays/staging"},
		},
		{
			name: "terraform",
			files: empty("infra/envs/staging/main.tf", "infra/envs/production/main.tf", "infra/modules/db/main.tf",
				"cluster/main.tf", "cluster/qa.tfvars", "cluster/envs/demo.tfvars", "cluster/terraform.tfvars", "cluster/common.auto.tfvars"),
			want: []string{
				"demo 1: terraform cluster envs/demo.tfvars", "production 1: terraform infra/envs/production", "qa 1: terraform cluster qa.tfvars", "staging 1: terraform infra/envs/staging",
			},
		},
		{
			name: "a workspace nobody knows",
			files: map[string]string{
				"main.tf": `locals { w = terraform.workspace }`, "staging.tfvars": "", ".env.staging": "",
			},
			want:  []string{"staging 1: dotenv .env.staging"},
			notes: []string{"the files of variables in \".\" are left out: \"main.tf\" asks for the workspace, and nothing says which one belongs to which; write `terraform:` with `workspace:` in keyfit.yaml"},
		},
		{
			name:  "several ways to one environment, .env files last",
			files: empty(".env", ".env.staging", "charts/shop/Chart.yaml", "charts/shop/values-staging.yaml", "infra/staging.tfvars", "infra/main.tf"),
			want:  []string{"staging 1: helm charts/shop charts/shop/values-staging.yaml", "staging 2: terraform infra staging.tfvars", "staging 3: dotenv .env .env.staging"},
		},
		{
			name:  "spellings of one stage",
			files: empty(".env.prod", "charts/shop/Chart.yaml", "charts/shop/values-production.yaml"),
			want:  []string{"production 1: helm charts/shop charts/shop/values-production.yaml", "production 2: dotenv .env.prod"},
			notes: []string{`"production", "prod" are taken for one environment, which is called "production" here`},
		},
		{
			name:  "spellings that files of one kind tell apart",
			files: empty(".env.prod", ".env.production", "k8s/overlays/prod/kustomization.yaml"),
			want:  []string{"prod 1: kustomize k8s/overlays/prod", "prod 2: dotenv .env.prod", "production 1: dotenv .env.production"},
			notes: []string{`"prod", "production" are taken for different environments, since files of one kind use more than one of these names`},
		},
		{
			name: "a pipeline says what happens",
			files: map[string]string{
				"bitbucket-pipelines.yml": bitbucketPipelines, ".env.staging": "", ".env.qa": "", ".env.acme": "", "charts/shop/Chart.yaml": "", "charts/shop/values-prod.yaml": "", "deploy.sh": "",
			},
			want: []string{
				"Production 1: bitbucket bitbucket-pipelines.yml|branches/main|To production|main", "qa 1: dotenv .env.qa",
				"staging 1: bitbucket bitbucket-pipelines.yml|branches/main|To staging|main",
			},
			notes: []string{
				`"Production", "prod" are taken for one environment, which is called "Production" here`,
				`environment "Production": the pipeline says how it is deployed, so charts/shop/values-prod.yaml is no step of its own`,
				`environment "staging": the pipeline says how it is deployed, so .env.staging is no step of its own`,
				`".env.acme" is left out: the pipelines name other environments; if it is one, write it into keyfit.yaml`,
			},
		},
		{
			name: "what a script loads is no environment",
			files: map[string]string{
				".env.acme": "", ".env.globex": "", ".env.extra": "", ".env.more": "", ".env.staging": "",
				"deploy.sh": "set -a; . ./.env.extra\nsource \"$HOME/.env.globex\"\n. .env.staging\necho x.env.acme", "Makefile": "-include .env.more\n",
			},
			want: []string{"acme 1: dotenv .env.acme", "globex 1: dotenv .env.globex", "staging 1: dotenv .env.staging"},
			notes: []string{
				`".env.extra" is loaded by "deploy.sh", so it is no environment of its own; if it is one, write it into keyfit.yaml`,
				`".env.more" is loaded by "Makefile", so it is no environment of its own; if it is one, write it into keyfit.yaml`,
			},
		},
		{
			name: "two CI systems",
			files: map[string]string{
				"bitbucket-pipelines.yml": bitbucketPipelines, ".buildkite/pipeline.yml": "steps: [{label: Deploy staging, key: deploy-staging, command: ./deploy.sh}]\n",
			},
			want: []string{
				"Production 1: bitbucket bitbucket-pipelines.yml|branches/main|To production|main",
				"staging 1: bitbucket bitbucket-pipelines.yml|branches/main|To staging|main", "staging 2: buildkite .buildkite/pipeline.yml||deploy-staging|",
			},
			notes: []string{`environment "staging": pipelines of 2 CI systems deploy to it, and all of their jobs are taken; remove those that are no longer used`},
		},
		{
			name: "names of jobs",
			files: map[string]string{".buildkite/pipeline.yml": `
steps:
  - {label: ":rocket: Deploy staging", key: deploy-staging, command: ./deploy.sh}
  - {label: Deploy, key: deploy-somewhere, command: ./deploy.sh}
  - {label: Review, key: deploy-review, env: {ENVIRONMENT: "review-$BUILDKITE_BRANCH"}, command: ./deploy.sh}
`},
			want: []string{"staging 1: buildkite .buildkite/pipeline.yml||deploy-staging|"},
			notes: []string{
				`.buildkite/pipeline.yml "deploy-staging": its name says that it deploys to "staging"`,
				`.buildkite/pipeline.yml "deploy-somewhere" deploys, but nothing says to which environment, so it is left out; add it to one in keyfit.yaml`,
				`.buildkite/pipeline.yml "deploy-review": what says where it deploys is put together when it is uploaded`,
			},
		},
		{
			name:  "one job without an environment",
			files: map[string]string{".buildkite/pipeline.yml": "steps:\n  - {label: Ship, key: ship-it, command: ./deploy.sh}\n", ".env": ""},
			want:  []string{"default 1: buildkite .buildkite/pipeline.yml||ship-it|"},
			notes: []string{`environment "default" from .buildkite/pipeline.yml "ship-it": nothing says what it is called`},
		},
		{
			name: "services of a monorepo",
			files: map[string]string{
				"services/web/chart/Chart.yaml": "", "services/web/chart/values-staging.yaml": "",
				"services/api/chart/Chart.yaml": "", "services/api/chart/values-staging.yaml": "",
				"apps/admin/k8s/overlays/staging/kustomization.yaml": "", "services/api/.env.staging": "",
			},
			want: []string{
				"staging 1: kustomize apps/admin/k8s/overlays/staging", "staging 2: helm services/api/chart services/api/chart/values-staging.yaml",
				"staging 3: helm services/web/chart services/web/chart/values-staging.yaml",
			},
			notes: []string{`the .env files in "services/api" belong to what lies there; to check it, start keyfit with -C services/api`},
		},
		{
			name: "services that would spoil each other",
			files: map[string]string{
				"services/a/k8s/overlays/staging/kustomization.yaml": "resources:\n  - ../../base\n", "services/a/k8s/base/kustomization.yaml": "resources: [config.yaml]\n",
				"services/a/k8s/base/config.yaml":                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n",
				"services/b/k8s/overlays/staging/kustomization.yaml": "resources:\n  - config.yaml\n",
				"services/b/k8s/overlays/staging/config.yaml":        "kind: ConfigMap\nmetadata:\n  labels: {}\n  name: config\n",
				"services/c/chart/Chart.yaml":                        "", "services/c/chart/values-staging.yaml": "",
				"services/c/chart/templates/d.yaml": "kind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-d\n",
				"services/d/chart/Chart.yaml":       "", "services/d/chart/values-staging.yaml": "",
				"services/d/chart/templates/d.yaml": "kind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-d\n",
			},
			want: []string{"staging 1: kustomize services/a/k8s/overlays/staging", "staging 2: helm services/c/chart services/c/chart/values-staging.yaml"},
			notes: []string{
				`environment "staging": services/b/k8s/overlays/staging is left out, since services/a/k8s/overlays/staging makes an object of the same kind and name, and each would receive what the other one set; give them environments of their own in keyfit.yaml`,
				`environment "staging": services/d/chart/values-staging.yaml is left out, since services/c/chart/values-staging.yaml makes an object of the same kind and name, and each would receive what the other one set; give them environments of their own in keyfit.yaml`,
			},
		},
		{
			name:  "a chart and an overlay of one service",
			files: empty("chart/Chart.yaml", "chart/values-qa.yaml", "overlays/qa/kustomization.yaml"),
			want:  []string{"qa 1: helm chart chart/values-qa.yaml"},
			notes: []string{`environment "qa": overlays/qa is left out, since chart/values-qa.yaml belongs to the same service, and nothing says which of them is deployed`},
		},
		{
			name:  "what is not followed",
			files: empty("compose.staging.yaml", "docker-compose.prod.yml", "docker-compose.override.yml", "scripts/deploy-prod.sh"),
			want:  []string{"default: nothing"},
			notes: []string{
				`"compose.staging.yaml" may be deployed, but no pipeline names it; write compose: {files: […]} in keyfit.yaml`, `"docker-compose.prod.yml" may be deployed, but no pipeline names it; write compose: {files: […]} in keyfit.yaml`,
				"\"scripts/deploy-prod.sh\" may deploy, but no pipeline calls it; write `run:` with its arguments in keyfit.yaml",
			},
		},
		{
			name:  "what is passed over",
			files: empty("node_modules/x/Chart.yaml", "node_modules/x/values-prod.yaml", "vendor/overlays/prod/kustomization.yaml", ".terraform/envs/prod/main.tf", ".git/overlays/qa/kustomization.yaml"),
			want:  []string{"default: nothing"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := discover.Environments(repository(t, c.files), ".")
			if diff := cmp.Diff(c.want, told(found)); diff != "" {
				t.Errorf("(-want +got)\n%s\nnotes:\n%s", diff, strings.Join(found.Notes, "\n"))
			}
			for _, note := range c.notes {
				if !slices.Contains(found.Notes, note) {
					t.Errorf("no note %q in\n%s", note, strings.Join(found.Notes, "\n"))
				}
			}
		})
	}
}
