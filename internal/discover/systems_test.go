package discover_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/discover"
)

// TestSystems: in the pipelines of every CI system the same two deployments are found.
func TestSystems(t *testing.T) {
	cases := []struct {
		name, file, text string
		want             []string
		note             string // one that has to be there, by a part of it
	}{
		{
			"github", ".github/workflows/deploy.yml", `
on: {push: {branches: [main]}}
jobs:
  test: {runs-on: ubuntu-latest, steps: [{run: npm test}]}
  staging: {runs-on: ubuntu-latest, environment: staging, steps: [{run: ./deploy.sh staging}]}
  production: {runs-on: ubuntu-latest, needs: staging, environment: {name: production}, steps: [{run: ./deploy.sh production}]}
`, []string{"production 1: workflow .github/workflows/deploy.yml||production|main", "staging 1: workflow .github/workflows/deploy.yml||staging|main"}, "",
		},
		{
			"gitlab", ".gitlab-ci.yml", `
test: {script: [npm test]}
deploy:staging: {script: [./deploy.sh], environment: staging}
deploy:production: {script: [./deploy.sh], environment: {name: production}, rules: [{if: $CI_COMMIT_BRANCH == "main"}]}
deploy:review: {script: [./deploy.sh], environment: {name: review/$CI_COMMIT_REF_SLUG}}
`, []string{"production 1: gitlab .gitlab-ci.yml||deploy:production|main", "staging 1: gitlab .gitlab-ci.yml||deploy:staging|"}, "deploy:review",
		},
		{
			"jenkins", "Jenkinsfile", `
pipeline {
  agent any
  stages {
    stage('Test') { steps { sh 'npm test' } }
    stage('Deploy to staging') { steps { sh './deploy.sh staging' } }
    stage('Deploy to production') { steps { sh './deploy.sh production' } }
  }
}
`, []string{"production 1: jenkins Jenkinsfile||Deploy to production|", "staging 1: jenkins Jenkinsfile||Deploy to staging|"}, "",
		},
		{
			"circleci", ".circleci/config.yml", `
version: 2.1
jobs:
  deploy:
    parameters: {stage: {type: string}}
    docker: [{image: cimg/base:current}]
    steps: [checkout, {run: ./deploy.sh << parameters.stage >>}]
workflows:
  ship:
    jobs:
      - deploy: {name: deploy-staging, stage: staging}
      - deploy: {name: deploy-production, stage: production, requires: [deploy-staging]}
`, []string{"production 1: circleci .circleci/config.yml|ship|deploy-production|", "staging 1: circleci .circleci/config.yml|ship|deploy-staging|"}, "",
		},
		{
			"azure", "azure-pipelines.yml", `
trigger: [main]
stages:
  - stage: Staging
    jobs:
      - deployment: Deploy
        environment: staging
        strategy: {runOnce: {deploy: {steps: [{script: ./deploy.sh staging}]}}}
  - stage: Production
    jobs:
      - deployment: Deploy
        environment: production
        strategy: {runOnce: {deploy: {steps: [{script: ./deploy.sh production}]}}}
`, []string{"production 1: azure azure-pipelines.yml|Production|Deploy|main", "staging 1: azure azure-pipelines.yml|Staging|Deploy|main"}, "",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := discover.Environments(repository(t, map[string]string{c.file: c.text, "deploy.sh": "serve\n"}), ".")
			if diff := cmp.Diff(c.want, told(found)); diff != "" {
				t.Errorf("(-want +got)\n%s\nnotes:\n%s", diff, strings.Join(found.Notes, "\n"))
			}
			if c.note != "" && !slices.ContainsFunc(found.Notes, func(n string) bool { return strings.Contains(n, c.note) }) {
				t.Errorf("no note about %s in\n%s", c.note, strings.Join(found.Notes, "\n"))
			}
		})
	}
}

// TestServicesWithPipelines: a service may have a Jenkinsfile of its own.
func TestServicesWithPipelines(t *testing.T) {
	deploy := "pipeline { agent any\n stages { stage('Deploy to staging') { steps { sh './deploy.sh' } } } }\n"
	found := discover.Environments(repository(t, map[string]string{
		"services/web/Jenkinsfile": deploy, "services/api/Jenkinsfile": deploy, "Jenkinsfile": deploy,
	}), ".")
	want := []string{
		"staging 1: jenkins Jenkinsfile||Deploy to staging|", "staging 2: jenkins services/api/Jenkinsfile||Deploy to staging|", "staging 3: jenkins services/web/Jenkinsfile||Deploy to staging|",
	}
	if diff := cmp.Diff(want, told(found)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestNamesOfFiles: where a job goes may stand in the name of its file alone, if that speaks
// of a deploy.
func TestNamesOfFiles(t *testing.T) {
	deploy := func(on string) string {
		return "on: " + on + "\njobs: {build: {runs-on: ubuntu-latest, steps: [{run: ./deploy.sh}]}}\n"
	}
	found := discover.Environments(repository(t, map[string]string{
		".github/workflows/deploy-to-production.yml": deploy("push"),
		".github/workflows/deploy-to-dev.yml":        deploy("{push: {branches: [develop]}}"),
		".github/workflows/deploy-to-uat.yml":        deploy("workflow_call"),
		".github/workflows/staging.yml":              deploy("push"),
		".env.devcontainer":                          "KEY=CANARY-container\n",
	}), ".")
	want := []string{"dev 1: workflow .github/workflows/deploy-to-dev.yml||build|develop", "production 1: workflow .github/workflows/deploy-to-production.yml||build|"}
	if diff := cmp.Diff(want, told(found)); diff != "" {
		t.Errorf("(-want +got)\n%s\nnotes:\n%s", diff, strings.Join(found.Notes, "\n"))
	}
}
