package discover

import (
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/engine/azure"
	"github.com/keyfit/keyfit/internal/engine/bitbucket"
	"github.com/keyfit/keyfit/internal/engine/buildkite"
	"github.com/keyfit/keyfit/internal/engine/circleci"
	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/engine/gitlab"
	"github.com/keyfit/keyfit/internal/engine/jenkins"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// systems are all CI systems, in the order in which their jobs become steps.
func systems() []system {
	return []system{
		{finds: github.Finds, jobs: github.Jobs, step: workflowStep},
		{finds: gitlab.Finds, jobs: gitlab.Jobs, step: gitlabStep},
		{finds: jenkins.Finds, jobs: jenkins.Jobs, step: jenkinsStep, below: startsWith("Jenkinsfile")},
		{finds: circleci.Finds, jobs: circleci.Jobs, step: circleStep},
		{finds: azure.Finds, jobs: azure.Jobs, step: azureStep, below: startsWith("azure-pipelines")},
		{finds: bitbucket.Finds, jobs: bitbucket.Jobs, step: bitbucketStep},
		{finds: buildkite.Finds, jobs: buildkite.Jobs, step: buildkiteStep},
	}
}

// named is the name of a job at its place; no name stays none.
func named(name string, job pipeline.Job) strict.At[string] {
	if name == "" {
		return strict.At[string]{}
	}
	return strict.At[string]{Value: name, Span: job.At}
}

func workflowStep(file strict.At[string], job pipeline.Job) config.Step {
	return config.Step{Workflow: &config.Workflow{
		File: file, Job: named(job.Name, job), Branch: job.Branch, Inputs: variables(job.Inputs, job.At), Matrix: variables(job.Matrix, job.At), At: job.At,
	}}
}

func gitlabStep(file strict.At[string], job pipeline.Job) config.Step {
	return config.Step{GitLab: &config.GitLab{
		File: file, Job: named(job.Name, job), Branch: job.Branch, Variables: variables(job.Inputs, job.At), Matrix: variables(job.Matrix, job.At), At: job.At,
	}}
}

func jenkinsStep(file strict.At[string], job pipeline.Job) config.Step {
	return config.Step{Jenkins: &config.Jenkins{
		File: file, Stage: named(job.Name, job), Branch: job.Branch, Parameters: variables(job.Inputs, job.At), Matrix: variables(job.Matrix, job.At), At: job.At,
	}}
}

func circleStep(file strict.At[string], job pipeline.Job) config.Step {
	return config.Step{CircleCI: &config.CircleCI{
		File: file, Workflow: named(job.Group, job), Job: named(job.Name, job), Branch: job.Branch, Parameters: variables(job.Inputs, job.At), Matrix: variables(job.Matrix, job.At), At: job.At,
	}}
}

func azureStep(file strict.At[string], job pipeline.Job) config.Step {
	return config.Step{Azure: &config.Azure{
		File: file, Stage: named(job.Group, job), Job: named(job.Name, job), Branch: job.Branch, Parameters: variables(job.Inputs, job.At), Matrix: variables(job.Matrix, job.At), At: job.At,
	}}
}

func bitbucketStep(file strict.At[string], job pipeline.Job) config.Step {
	return config.Step{Bitbucket: &config.Bitbucket{
		File: file, Pipeline: named(job.Group, job), Step: named(job.Name, job), Branch: job.Branch, Variables: variables(job.Inputs, job.At), At: job.At,
	}}
}

func buildkiteStep(file strict.At[string], job pipeline.Job) config.Step {
	return config.Step{Buildkite: &config.Buildkite{
		File: file, Step: named(job.Name, job), Branch: job.Branch, Env: variables(job.Inputs, job.At), Matrix: variables(job.Matrix, job.At), At: job.At,
	}}
}

func startsWith(prefix string) func(string) bool {
	return func(file string) bool { return strings.HasPrefix(file, prefix) }
}
