// Package config reads keyfit.yaml: strictly, with the place of every mistake.
package config

import (
	"time"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/strict"
)

// File is the whole of keyfit.yaml.
type File struct {
	Version      int                           `yaml:"version,required" doc:"1"`
	Environments map[string]*Environment       `yaml:"environments" names:"^[^\\x00-\\x20\\x7f]([^\\x00-\\x1f\\x7f]*[^\\x00-\\x20\\x7f])?$" doc:"where a deploy goes, by name"`
	Keys         map[string]*Key               `yaml:"keys" names:"^[A-Za-z_][A-Za-z0-9_]*$" doc:"the variables that hold keys, by name"`
	Providers    map[string]*provider.Provider `yaml:"providers" doc:"your own APIs"`
	Policy       Policy                        `yaml:"policy" doc:"what holds for all keys"`
	Ignore       []Ignore                      `yaml:"ignore" doc:"findings that are known and accepted, each until a day"`

	Path string `yaml:"-"` // relative to the repository's root; empty without a file
}

// Environment is one place that a deploy goes to.
type Environment struct {
	Deploy []Step           `yaml:"deploy" doc:"the steps of the deploy, in order; later ones see what earlier ones exported; default: those that are found in the repository; []: none, what keyfit's own process holds counts"`
	Inputs map[string]Input `yaml:"inputs" doc:"values from outside the repository, by name"`
	At     pos.Span         `yaml:"-"`
}

// Step is one step of a deploy path. Exactly one of its fields is set.
type Step struct {
	Dotenv    *Dotenv            `yaml:"dotenv" doc:".env files; of one list, later files win, unless a dialect whose loader keeps the first is named"`
	Run       *strict.At[string] `yaml:"run" doc:"a shell command line; interpreted, never executed"`
	Helm      *Helm              `yaml:"helm" doc:"a Helm chart that is installed or upgraded"`
	Kustomize *strict.At[string] `yaml:"kustomize" doc:"the directory of a kustomization that is applied"`
	Manifests *Manifests         `yaml:"manifests" doc:"Kubernetes files that are applied"`
	Terraform *Terraform         `yaml:"terraform" doc:"a Terraform or OpenTofu configuration that is applied"`
	Compose   *Compose           `yaml:"compose" doc:"services that docker compose up starts"`
	Plan      *strict.At[string] `yaml:"terraform-plan" doc:"a plan that is applied: the output of terraform show -json"`
	Workflow  *Workflow          `yaml:"workflow" doc:"jobs of a GitHub Actions workflow"`
	GitLab    *GitLab            `yaml:"gitlab" doc:"jobs of a GitLab pipeline"`
	Jenkins   *Jenkins           `yaml:"jenkins" doc:"stages of a Jenkinsfile"`
	CircleCI  *CircleCI          `yaml:"circleci" doc:"jobs of a CircleCI pipeline"`
	Azure     *Azure             `yaml:"azure" doc:"jobs of an Azure pipeline"`
	Bitbucket *Bitbucket         `yaml:"bitbucket" doc:"steps of a Bitbucket pipeline"`
	Buildkite *Buildkite         `yaml:"buildkite" doc:"steps of a Buildkite pipeline"`
	At        pos.Span           `yaml:"-"`
}

// Helm is a step that installs or upgrades one release of a chart, with the flags of
// `helm upgrade --install` that decide about values.
type Helm struct {
	Chart       strict.At[string]   `yaml:"chart,required" doc:"the directory of the chart, or its archive"`
	Release     strict.At[string]   `yaml:"release" doc:"the name of the release; default: that of the chart's directory"`
	Namespace   strict.At[string]   `yaml:"namespace" doc:"where the release goes; default: default"`
	Values      []strict.At[string] `yaml:"values" doc:"files of values, later ones win"`
	Set         Assignments         `yaml:"set" doc:"values by their path, as with --set: true, 1 and null have their types; a comma is part of the text"`
	SetString   Assignments         `yaml:"set-string" doc:"likewise, always texts"`
	SetFile     Assignments         `yaml:"set-file" doc:"likewise, each the content of a file"`
	KubeVersion strict.At[string]   `yaml:"kube-version" doc:"the version of Kubernetes that templates see"`
	APIVersions []strict.At[string] `yaml:"api-versions" doc:"what templates find among .Capabilities.APIVersions"`
	// Guessed says that the step was discovered: nobody said how the release is called.
	Guessed bool     `yaml:"-"`
	At      pos.Span `yaml:"-"`
}

// Compose is a step that starts services, as docker compose up does.
type Compose struct {
	Files            []strict.At[string] `yaml:"files" doc:"compose files as with -f, later ones laid over; default: compose.yaml and its override file"`
	EnvFiles         []strict.At[string] `yaml:"env-files" doc:"files for the variables in them as with --env-file; default: .env beside the first file"`
	Profiles         []strict.At[string] `yaml:"profiles" doc:"the profiles that are on"`
	Services         []strict.At[string] `yaml:"services" doc:"the services that are started, with what they depend on; default: all"`
	ProjectDirectory strict.At[string]   `yaml:"project-directory" doc:"what paths in the files are relative to; default: the directory of the first file"`
	At               pos.Span            `yaml:"-"`
}

// Terraform is a step that applies a root module, with what decides about its variables.
type Terraform struct {
	Dir       strict.At[string]   `yaml:"dir,required" doc:"the directory of the root module"`
	Workspace strict.At[string]   `yaml:"workspace" doc:"the workspace that is selected; default: that of TF_WORKSPACE, else default"`
	VarFiles  []strict.At[string] `yaml:"var-files" doc:"files of variables as with -var-file, relative to the directory; later ones win"`
	Vars      Variables           `yaml:"vars" doc:"variables as with -var; they win over files. One that is no text takes an expression"`
	Tool      string              `yaml:"tool" enum:"terraform|tofu|terragrunt" doc:"who applies it; default: terraform"`
	At        pos.Span            `yaml:"-"`
}

// Variables are variables of a root module, in the order of the file.
type Variables []Assignment

// Assignments are values by their path, in the order of the file.
type Assignments []Assignment

// Assignment is one value of a chart, or one variable of a root module.
type Assignment struct{ Path, Text strict.At[string] }

// Manifests is a step that applies files. In the file it is one pattern, or a list.
type Manifests struct {
	Patterns []strict.At[string]
	At       pos.Span
}

// Dotenv is a step that loads .env files. In the file it may be one name, a list of
// names, or a mapping.
type Dotenv struct {
	Files   []strict.At[string] `yaml:"files,required"`
	Dialect string              `yaml:"dialect" doc:"who loads the files; default: told by the repository"`
	// Override says whether a file's value replaces one that is already set. Nil: as
	// the dialect does.
	Override *bool `yaml:"override" doc:"whether a file replaces what is already set, by an earlier file of the list too"`
}

// Input binds a name from outside the repository.
type Input struct {
	Env   string             `yaml:"env" doc:"the variable of keyfit's own process that holds it"`
	Value *strict.At[string] `yaml:"value" doc:"the text itself"`
	At    pos.Span           `yaml:"-"`
}

// Key declares one variable as a key.
type Key struct {
	Provider     strict.At[string]   `yaml:"provider" doc:"whose key it is; default: recognised by the value or the name"`
	Consumers    []string            `yaml:"consumers" doc:"who must receive it; default: whoever does"`
	Environments []strict.At[string] `yaml:"environments" doc:"where it is needed; default: everywhere"`
	Parts        map[string]string   `yaml:"parts" doc:"for keys that come in pairs: other variables, by role"`
	Admin        string              `yaml:"admin" doc:"the variable of keyfit's own process that holds an administrator's key of the same vendor, which looks the key up; it is no part of the deploy"`
	Control      *Control            `yaml:"control" doc:"a key that is known to be good, of the same provider: asked at the same host only when this one fails or cannot be verified, to tell whether the key or the way there is to blame; it is no part of the deploy"`
	Expect       map[string]*Expect  `yaml:"expect" doc:"what must be true of it, by environment; what no answer tells is not verified"`
	At           pos.Span            `yaml:"-"`
}

// Expect is what must be true of a key in one environment. Empty fields expect nothing.
type Expect struct {
	Mode         string            `yaml:"mode" enum:"test|live" doc:"the mode that the key must have"`
	Account      string            `yaml:"account" doc:"the account, project or organisation that it must belong to, as the API names it"`
	Tenant       string            `yaml:"tenant" doc:"the tenant that it must belong to, as the API names it"`
	User         string            `yaml:"user" doc:"the id of the user who must stand behind it"`
	Owner        string            `yaml:"owner" enum:"service|person|any" doc:"who must stand behind it; default: what the policy says"`
	Kind         string            `yaml:"kind" doc:"the kind of key, as the provider names it"`
	Scopes       []string          `yaml:"scopes" doc:"what it must be allowed to do"`
	ExpiresAfter provider.Duration `yaml:"expires-after" doc:"how long it must still be valid, such as 14d"`
	At           pos.Span          `yaml:"-"`
}

// Policy is what holds for all keys.
type Policy struct {
	Owner  string            `yaml:"owner" enum:"service|any" doc:"who must stand behind every key, wherever that is told; under expect it must be told"`
	Reuse  string            `yaml:"reuse" enum:"forbid|allow" doc:"whether one key may serve two environments; default forbid"`
	MaxAge provider.Duration `yaml:"max-age" doc:"how old a key may be, wherever the API tells when it was made"`
}

// Ignore silences a finding until a day.
type Ignore struct {
	ID      strict.At[string] `yaml:"id,required" doc:"the finding, such as K105"`
	Slot    string            `yaml:"slot" doc:"environment/consumer/VARIABLE, with * for any text"`
	Reason  string            `yaml:"reason,required" doc:"why it may stay until then"`
	Expires Date              `yaml:"expires,required" doc:"the day from which it is reported again, such as 2027-01-31"`
	At      pos.Span          `yaml:"-"`
}

// Date is a day, written 2026-12-31. Its Time is the start of that day in UTC.
type Date struct{ time.Time }
