package config

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Workflow is a step that runs jobs of a GitHub Actions workflow.
type Workflow struct {
	File   strict.At[string] `yaml:"file,required" doc:"the workflow, such as .github/workflows/deploy.yml"`
	Job    strict.At[string] `yaml:"job" doc:"the job that deploys; default: every job that deploys to this environment"`
	Event  string            `yaml:"event" doc:"what starts the run, such as push or workflow_dispatch"`
	Branch string            `yaml:"branch" doc:"the branch that is deployed"`
	Tag    string            `yaml:"tag" doc:"the tag that is deployed"`
	Inputs Variables         `yaml:"inputs" doc:"what the run is started with"`
	Matrix Variables         `yaml:"matrix" doc:"which cell of the matrix; default: every cell"`
	At     pos.Span          `yaml:"-"`
}

// GitLab is a step that runs jobs of a GitLab pipeline.
type GitLab struct {
	File      strict.At[string]   `yaml:"file,required" doc:"the pipeline, such as .gitlab-ci.yml"`
	Job       strict.At[string]   `yaml:"job" doc:"the job that deploys; default: every job that deploys to this environment"`
	Source    string              `yaml:"source" doc:"what starts the pipeline, such as push or web"`
	Branch    string              `yaml:"branch" doc:"the branch that is deployed"`
	Tag       string              `yaml:"tag" doc:"the tag that is deployed"`
	Variables Variables           `yaml:"variables" doc:"variables that the pipeline is started with"`
	Matrix    Variables           `yaml:"matrix" doc:"which cell of parallel:matrix; default: every cell"`
	Project   []strict.At[string] `yaml:"project-variables" doc:"files with the variables of the project and its groups, as GitLab's API lists them; the project first"`
	At        pos.Span            `yaml:"-"`
}

// Jenkins is a step that runs stages of a Jenkinsfile.
type Jenkins struct {
	File       strict.At[string] `yaml:"file,required" doc:"the pipeline, such as Jenkinsfile"`
	Stage      strict.At[string] `yaml:"stage" doc:"the stage that deploys; default: every stage that deploys to this environment"`
	Branch     string            `yaml:"branch" doc:"the branch that is deployed"`
	Tag        string            `yaml:"tag" doc:"the tag that is deployed"`
	Parameters Variables         `yaml:"parameters" doc:"what the build is started with"`
	Matrix     Variables         `yaml:"matrix" doc:"which cell of the matrix; default: every cell"`
	At         pos.Span          `yaml:"-"`
}

// CircleCI is a step that runs jobs of a CircleCI pipeline.
type CircleCI struct {
	File       strict.At[string] `yaml:"file,required" doc:"the pipeline, such as .circleci/config.yml"`
	Workflow   strict.At[string] `yaml:"workflow" doc:"the workflow that the job stands in"`
	Job        strict.At[string] `yaml:"job" doc:"the job that deploys; default: every job that deploys to this environment"`
	Branch     string            `yaml:"branch" doc:"the branch that is deployed"`
	Tag        string            `yaml:"tag" doc:"the tag that is deployed"`
	Parameters Variables         `yaml:"parameters" doc:"what the pipeline is started with"`
	Matrix     Variables         `yaml:"matrix" doc:"which cell of the matrix; default: every cell"`
	At         pos.Span          `yaml:"-"`
}

// Azure is a step that runs jobs of an Azure pipeline.
type Azure struct {
	File       strict.At[string] `yaml:"file,required" doc:"the pipeline, such as azure-pipelines.yml"`
	Stage      strict.At[string] `yaml:"stage" doc:"the stage that the job stands in"`
	Job        strict.At[string] `yaml:"job" doc:"the job that deploys; default: every job that deploys to this environment"`
	Reason     string            `yaml:"reason" doc:"what starts the run, as Build.Reason says it"`
	Branch     string            `yaml:"branch" doc:"the branch that is deployed"`
	Tag        string            `yaml:"tag" doc:"the tag that is deployed"`
	Parameters Variables         `yaml:"parameters" doc:"what the run is started with"`
	Matrix     Variables         `yaml:"matrix" doc:"which cell of the matrix; default: every cell"`
	At         pos.Span          `yaml:"-"`
}

// Bitbucket is a step that runs steps of a Bitbucket pipeline.
type Bitbucket struct {
	File      strict.At[string] `yaml:"file,required" doc:"the pipelines, such as bitbucket-pipelines.yml"`
	Pipeline  strict.At[string] `yaml:"pipeline" doc:"which of them, such as branches/main or custom/deploy"`
	Step      strict.At[string] `yaml:"step" doc:"the step that deploys; default: every step that deploys to this environment"`
	Branch    string            `yaml:"branch" doc:"the branch that is deployed"`
	Tag       string            `yaml:"tag" doc:"the tag that is deployed"`
	Variables Variables         `yaml:"variables" doc:"variables that the pipeline is started with"`
	At        pos.Span          `yaml:"-"`
}

// Buildkite is a step that runs steps of a Buildkite pipeline.
type Buildkite struct {
	File   strict.At[string] `yaml:"file,required" doc:"the pipeline, such as .buildkite/pipeline.yml"`
	Step   strict.At[string] `yaml:"step" doc:"the step that deploys, by its key or label; default: every step that deploys to this environment"`
	Source string            `yaml:"source" doc:"what starts the build, such as webhook or ui"`
	Branch string            `yaml:"branch" doc:"the branch that is deployed"`
	Tag    string            `yaml:"tag" doc:"the tag that is deployed"`
	Env    Variables         `yaml:"env" doc:"variables that the build is started with"`
	Matrix Variables         `yaml:"matrix" doc:"which cell of the matrix; default: every cell"`
	At     pos.Span          `yaml:"-"`
}

// The same structs as they are written, without their methods.
type (
	workflowFields  Workflow
	gitlabFields    GitLab
	jenkinsFields   Jenkins
	circleFields    CircleCI
	azureFields     Azure
	bitbucketFields Bitbucket
	buildkiteFields Buildkite
)

// DecodeStrict reads which jobs of a workflow.
func (w *Workflow) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	w.At = decodePipeline(r, n, (*workflowFields)(w))
}

// DecodeStrict reads which jobs of a pipeline.
func (g *GitLab) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	g.At = decodePipeline(r, n, (*gitlabFields)(g))
	if at, ok := strict.Find(n, "project-variables"); ok {
		notEmpty(r, strict.Items(at.Value), "name a file, such as ci/variables.json", "is empty, expected the name of a file")
	}
}

// DecodeStrict reads which stages of a pipeline.
func (j *Jenkins) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	j.At = decodePipeline(r, n, (*jenkinsFields)(j))
}

// DecodeStrict reads which jobs of a pipeline.
func (c *CircleCI) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	c.At = decodePipeline(r, n, (*circleFields)(c))
}

// DecodeStrict reads which jobs of a pipeline.
func (a *Azure) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	a.At = decodePipeline(r, n, (*azureFields)(a))
}

// DecodeStrict reads which steps of a pipeline.
func (b *Bitbucket) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	b.At = decodePipeline(r, n, (*bitbucketFields)(b))
}

// DecodeStrict reads which steps of a pipeline.
func (b *Buildkite) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	b.At = decodePipeline(r, n, (*buildkiteFields)(b))
}

// decodePipeline reads the fields of a step that runs a part of a pipeline.
func decodePipeline(r *strict.Reader, n *yaml.Node, fields any) pos.Span {
	r.Decode(n, fields)
	for _, name := range pipelineNames {
		at, ok := strict.Find(n, name)
		if ok && at.Value.Kind == yaml.ScalarNode && strings.TrimSpace(at.Value.Value) == "" && !r.FailedIn(at.Value) {
			r.Fail(at.Value, "write a name, or leave it out", "is empty, expected a name")
		}
	}
	return r.Span(n)
}

// pipelineNames are the fields that name something, where they are.
var pipelineNames = []string{
	"file", "job", "stage", "step", "workflow", "pipeline", "event", "source", "reason", "branch", "tag",
}

// JSONSchema describes the fields.
func (w Workflow) JSONSchema() map[string]any { return pipelineSchema[workflowFields]() }

// JSONSchema describes the fields.
func (g GitLab) JSONSchema() map[string]any { return pipelineSchema[gitlabFields]() }

// JSONSchema describes the fields.
func (j Jenkins) JSONSchema() map[string]any { return pipelineSchema[jenkinsFields]() }

// JSONSchema describes the fields.
func (c CircleCI) JSONSchema() map[string]any { return pipelineSchema[circleFields]() }

// JSONSchema describes the fields.
func (a Azure) JSONSchema() map[string]any { return pipelineSchema[azureFields]() }

// JSONSchema describes the fields.
func (b Bitbucket) JSONSchema() map[string]any { return pipelineSchema[bitbucketFields]() }

// JSONSchema describes the fields.
func (b Buildkite) JSONSchema() map[string]any { return pipelineSchema[buildkiteFields]() }

func pipelineSchema[T any]() map[string]any {
	schema := strict.Object(reflect.TypeFor[T]())
	properties := schema["properties"].(map[string]any)
	for _, name := range pipelineNames {
		if p, ok := properties[name].(map[string]any); ok {
			p["minLength"] = 1
		}
	}
	return schema
}

// Pipeline is a step of any CI system, in one form.
type Pipeline struct {
	System             string // the kind of the step: "workflow", "gitlab", …
	File, Group, Job   strict.At[string]
	Event, Branch, Tag string
	Inputs, Matrix     Variables
	Project            []strict.At[string]
	At                 pos.Span
}

// Pipeline gives the step in the form that all CI systems share; ok is false for a step of
// another kind.
func (s *Step) Pipeline() (p Pipeline, ok bool) {
	switch {
	case s.Workflow != nil:
		w := s.Workflow
		p = Pipeline{System: "workflow", File: w.File, Job: w.Job, Event: w.Event, Branch: w.Branch, Tag: w.Tag, Inputs: w.Inputs, Matrix: w.Matrix, At: w.At}
	case s.GitLab != nil:
		g := s.GitLab
		p = Pipeline{System: "gitlab", File: g.File, Job: g.Job, Event: g.Source, Branch: g.Branch, Tag: g.Tag, Inputs: g.Variables, Matrix: g.Matrix, Project: g.Project, At: g.At}
	case s.Jenkins != nil:
		j := s.Jenkins
		p = Pipeline{System: "jenkins", File: j.File, Job: j.Stage, Branch: j.Branch, Tag: j.Tag, Inputs: j.Parameters, Matrix: j.Matrix, At: j.At}
	case s.CircleCI != nil:
		c := s.CircleCI
		p = Pipeline{System: "circleci", File: c.File, Group: c.Workflow, Job: c.Job, Branch: c.Branch, Tag: c.Tag, Inputs: c.Parameters, Matrix: c.Matrix, At: c.At}
	case s.Azure != nil:
		a := s.Azure
		p = Pipeline{System: "azure", File: a.File, Group: a.Stage, Job: a.Job, Event: a.Reason, Branch: a.Branch, Tag: a.Tag, Inputs: a.Parameters, Matrix: a.Matrix, At: a.At}
	case s.Bitbucket != nil:
		b := s.Bitbucket
		p = Pipeline{System: "bitbucket", File: b.File, Group: b.Pipeline, Job: b.Step, Branch: b.Branch, Tag: b.Tag, Inputs: b.Variables, At: b.At}
	case s.Buildkite != nil:
		b := s.Buildkite
		p = Pipeline{System: "buildkite", File: b.File, Job: b.Step, Event: b.Source, Branch: b.Branch, Tag: b.Tag, Inputs: b.Env, Matrix: b.Matrix, At: b.At}
	default:
		return Pipeline{}, false
	}
	return p, true
}
