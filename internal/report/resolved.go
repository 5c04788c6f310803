package report

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"encoding/base64"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/secret"
)

// Resolved is the answer of `keyfit resolve`, as `--format json` prints it.
type Resolved struct {
	SchemaVersion int                   `json:"schema_version" doc:"always 1"`
	Environments  []ResolvedEnvironment `json:"environments" doc:"where the deploys go"`
	Problems      []ResolvedProblem     `json:"problems" doc:"files that could not be read or understood"`
}

// ResolvedEnvironment is one environment with everyone who receives variables there.
type ResolvedEnvironment struct {
	Name      string             `json:"name" doc:"the environment's name"`
	Consumers []ResolvedConsumer `json:"consumers" doc:"who receives variables there"`
}

// ResolvedConsumer is one receiver with its variables.
type ResolvedConsumer struct {
	Kind      string     `json:"kind" doc:"kubernetes, compose, ci-step, process, …"`
	Namespace string     `json:"namespace,omitempty" doc:"of a Kubernetes object"`
	Workload  string     `json:"workload" doc:"the service, job/step, function or command"`
	Container string     `json:"container,omitempty" doc:"of a workload with containers"`
	Variables []Variable `json:"variables" doc:"in the order of their names, files behind them"`
	At        *At        `json:"at,omitempty" doc:"where it is declared or started"`
}

// Variable is one variable that a consumer receives.
type Variable struct {
	Name         string        `json:"name" doc:"the variable's name"`
	State        string        `json:"state" enum:"known,absent,unknown" doc:"what is known of the value"`
	Value        *exact        `json:"value,omitempty" doc:"the text itself, only with --reveal"`
	ValueBase64  string        `json:"value_base64,omitempty" doc:"instead of value, where the text is not valid UTF-8"`
	Fingerprint  string        `json:"fingerprint" doc:"of a known value: equal values have equal fingerprints"`
	Reason       string        `json:"reason" doc:"of an unknown value: why it is unknown"`
	Needs        string        `json:"needs" doc:"of an unknown value: what would make it known"`
	Trail        []Hop         `json:"trail" doc:"the journey of the value, origin first"`
	Shadowed     []Definition  `json:"shadowed" doc:"definitions that lost, strongest first"`
	Alternatives []Alternative `json:"alternatives,omitempty" doc:"of an ambiguous value: every candidate"`
	File         bool          `json:"file,omitempty" doc:"it is a file, and its name the absolute path"`
	DecidedBy    []Hop         `json:"decided_by,omitempty" doc:"what chose this value among others, such as the condition of a template"`
	Reference    *Reference    `json:"reference,omitempty" doc:"where a secret store keeps the text"`
}

// ResolvedProblem is a Problem with the environment in which it was met.
type ResolvedProblem struct {
	At          At     `json:"at" doc:"where"`
	Message     string `json:"message" doc:"what was expected"`
	Fix         string `json:"fix,omitempty" doc:"what to do"`
	Environment string `json:"environment,omitempty" doc:"in which environment it was met"`
}

// Receivers is one environment as the resolver understood it.
type Receivers struct {
	Environment string
	Consumers   []model.Consumer
	Problems    []model.Problem
	Lost        *model.Value // why there may be more consumers than these; nil when nothing says so
}

// ResolvedInput is everything that a Resolved is built from.
type ResolvedInput struct {
	Environments []Receivers
	Fingerprints *secret.Printer
	// Show gives the text of a value; nil leaves the values out. Only --reveal sets it.
	Show func(secret.Text) string
}

// BuildResolved makes the answer of `resolve`. Every string but a shown value is cleaned.
func BuildResolved(in ResolvedInput) Resolved {
	r := Resolved{SchemaVersion: SchemaVersion, Environments: []ResolvedEnvironment{}, Problems: []ResolvedProblem{}}
	b := resolver{builder{in.Fingerprints}, in.Show}
	var texts []secret.Text
	for _, e := range in.Environments {
		r.Environments = append(r.Environments, ResolvedEnvironment{
			Name:      e.Environment,
			Consumers: convert(e.Consumers, b.consumer),
		})
		for _, c := range e.Consumers {
			for _, v := range c.Env.All() {
				texts = append(texts, textsOf(v)...)
			}
			for _, v := range c.Files.All() {
				texts = append(texts, textsOf(v)...)
			}
		}
		for _, p := range e.Problems {
			r.Problems = append(r.Problems, ResolvedProblem{At: toAt(p.At), Message: p.Message, Fix: p.Fix, Environment: e.Environment})
		}
	}
	cleanAndVeil(&r, secret.NewVeil(texts))
	order.By(r.Environments, func(a, b ResolvedEnvironment) int { return cmp.Compare(a.Name, b.Name) })
	return r
}

type resolver struct {
	builder
	show func(secret.Text) string
}

func (b resolver) consumer(c model.Consumer) ResolvedConsumer {
	out := ResolvedConsumer{
		Kind: c.Kind, Namespace: c.Namespace, Workload: workload(c), Container: c.Container, Variables: []Variable{},
	}
	if c.At.IsValid() {
		at := toAt(c.At)
		out.At = &at
	}
	for name, v := range c.Env.All() {
		out.Variables = append(out.Variables, b.variable(name, v))
	}
	for name, v := range c.Files.All() {
		file := b.variable(name, v)
		file.File = true
		out.Variables = append(out.Variables, file)
	}
	return out
}

func (b resolver) variable(name string, v model.Value) Variable {
	out := Variable{
		Name: name, State: v.State.String(), Fingerprint: b.fingerprint(v),
		Trail: toTrail(v.Trail), Shadowed: b.definitions(v.Losers), Alternatives: convertSome(v.Alternatives, b.alternative),
		DecidedBy: convertSome(v.DecidedBy, toHop), Reference: toReference(v.Ref),
	}
	if v.State == model.Unknown {
		out.Reason, out.Needs = string(v.Why), v.Needs
	}
	if v.State == model.Known && b.show != nil {
		out.setValue(b.show(v.Text))
	}
	return out
}

func (v *Variable) setValue(text string) {
	if !utf8.ValidString(text) {
		v.ValueBase64 = base64.StdEncoding.EncodeToString([]byte(text))
		return
	}
	shown := exact(text)
	v.Value = &shown
}

// text gives the shown value; ok is false when none is.
func (v Variable) text() (text string, ok bool) {
	if v.Value != nil {
		return string(*v.Value), true
	}
	raw, err := base64.StdEncoding.DecodeString(v.ValueBase64)
	return string(raw), err == nil && v.ValueBase64 != ""
}

// fromProcess reports whether the variable is one that keyfit's own process handed on
// untouched, such as PATH.
func (v Variable) fromProcess() bool {
	if len(v.Trail) == 0 || len(v.Shadowed) > 0 {
		return false
	}
	return v.Trail[0].Kind == model.KindProcess &&
		!slices.ContainsFunc(v.Trail, func(h Hop) bool { return h.Kind != model.KindProcess && h.Kind != model.KindCommand })
}

// fromTool reports whether nothing but a tool of the deploy sets the variable for what it starts,
// such as npm for a script: no key is among those.
func (v Variable) fromTool() bool {
	shadows := slices.ContainsFunc(v.Shadowed, func(d Definition) bool { return d.At.File != "" })
	_, tool, _ := strings.Cut(strings.TrimSuffix(v.Needs, " sets"), "what ")
	return !shadows && v.State == model.Unknown.String() && slices.Contains([]string{"npm", "npx", "pnpm", "yarn", "bun"}, tool)
}

// fromRunner reports whether the variable is one that a CI system, or the machine of the job,
// sets by itself, such as CI_PIPELINE_ID or PATH.
func (v Variable) fromRunner() bool {
	if len(v.Shadowed) > 0 {
		return false
	}
	written, ofPipeline := false, false
	for _, h := range v.Trail {
		written = written || h.At.File != "" && h.Kind != model.KindCommand
		ofPipeline = ofPipeline || model.IsPipelineKind(h.Kind)
	}
	prefixed := slices.ContainsFunc(runnerPrefixes, func(prefix string) bool { return strings.HasPrefix(v.Name, prefix) })
	switch {
	case written:
		return ofPipeline && prefixed
	case v.State == "absent":
		return prefixed || slices.Contains(pipeline.StartsShell(), v.Name)
	}
	return ofPipeline || v.Reason == string(model.WhyInput)
}

// runnerPrefixes begin the names of what a CI system says of a job.
var runnerPrefixes = []string{
	"GITHUB_", "RUNNER_", "CI_", "GITLAB_", "GIT_", "CIRCLE_", "BUILD_", "SYSTEM_", "AGENT_", "BITBUCKET_", "BUILDKITE_", "HUDSON_", "JENKINS_",
}

// WriteResolved writes r in the named format: text, json or dotenv.
func WriteResolved(w io.Writer, name string, r Resolved, opt Options) error {
	i, err := choose("--format", name, []string{"text", "json", "dotenv"})
	if err != nil {
		return err
	}
	return []func(io.Writer, Resolved, Options) error{writeResolvedText, writeResolvedJSON, writeDotenv}[i](w, r, opt)
}

func writeResolvedJSON(w io.Writer, r Resolved, _ Options) error { return encode(w, r) }
