package discover_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/discover"
)

// FuzzEnvironments puts any text into a file of any name: discovery ends, there is an
// environment, the outcome is the same again, and no note repeats a value.
func FuzzEnvironments(f *testing.F) {
	for _, name := range []string{
		"bitbucket-pipelines.yml", ".buildkite/pipeline.yml", ".github/workflows/deploy.yml", ".gitlab-ci.yml", "Jenkinsfile", ".circleci/config.yml",
		"azure-pipelines.yml", "charts/x/values-prod.yaml", "overlays/prod/kustomization.yaml", "envs/prod/main.tf", ".env.production", "prod.tfvars",
	} {
		f.Add(name, bitbucketPipelines)
		f.Add(name, "steps:\n  - {label: Deploy prod, command: ./deploy.sh}\n")
		f.Add(name, "on: push\njobs:\n  deploy:\n    environment: production\n    runs-on: x\n    steps: [{run: ./deploy.sh}]\n")
		f.Add(name, "kind: ConfigMap\nmetadata:\n  name: x\n")
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		if len(name) > 100 || len(text) > 1<<14 || strings.ContainsAny(name, "\x00\\") || strings.Contains("/"+name+"/", "/../") || strings.Contains("/"+name+"/", "//") ||
			strings.Contains("/"+name+"/", "/./") || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || name == "" {
			t.Skip()
		}
		tree := map[string]string{name: text}
		if !strings.HasPrefix(name, "charts") {
			tree["charts/x/Chart.yaml"] = "name: x\n"
		}
		files := repository(t, tree)
		found := discover.Environments(files, ".")
		if len(found.Config.Environments) == 0 {
			t.Fatal("no environment")
		}
		if again := discover.Environments(files, "."); !slices.Equal(again.Notes, found.Notes) || !slices.Equal(told(again), told(found)) {
			t.Fatal("another outcome the second time")
		}
		for _, note := range found.Notes {
			if strings.Contains(note, "\n") {
				t.Fatal("a note of several lines")
			}
		}
	})
}
