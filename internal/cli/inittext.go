package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/resolve"
	"github.com/keyfit/keyfit/internal/strict"
)

// schemaURL is where editors find the schema of keyfit.yaml.
const schemaURL = "https://raw.githubusercontent.com/keyfit/keyfit/main/keyfit.schema.json"

// configText writes a configuration down, with what a person has to know beside it. It
// holds names and paths, and never the value of a variable.
type configText struct {
	config *config.File
	inputs map[string][]string // names of what comes from outside, by environment
	keys   []declaredKey
	others []string // variables that look like credentials of nobody knows whom
	b      strings.Builder
}

// declaredKey is a key that was recognised.
type declaredKey struct {
	name, provider string
	environments   []string // empty: all
	doubt          string   // why it is written as a comment
}

func (t *configText) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

func (t *configText) write() string {
	t.line("# yaml-language-server: $schema=%s", schemaURL)
	t.line("# Written by `keyfit init` from what it found. `keyfit resolve` shows what each consumer")
	t.line("# receives; `keyfit check` asks each key's own API.")
	t.line("version: 1")
	t.line("environments:")
	names := slices.Sorted(maps.Keys(t.config.Environments))
	for _, name := range names {
		t.environment(name, t.config.Environments[name])
	}
	t.keySection(names)
	t.otherSection()
	return t.b.String()
}

func (t *configText) environment(name string, env *config.Environment) {
	steps := env.Deploy
	if len(steps) == 0 {
		t.line("  %s: {} # what the process of keyfit itself holds", scalar(name))
	} else {
		t.line("  %s:", scalar(name))
		t.line("    deploy:")
	}
	for _, step := range steps {
		t.line("      - %s", stepLine(step))
	}
	if len(steps) == 0 || len(t.inputs[name]) == 0 {
		return
	}
	t.line("    # What comes from outside is read from the variable of its own name; bind it here to")
	t.line("    # read another one.")
	t.line("    # inputs:")
	for _, input := range t.inputs[name] {
		_, plain, prefixed := strings.Cut(input, ".")
		if !prefixed {
			plain = input
		}
		t.line("    #   %s: {env: %s}", input, variableName(plain))
	}
}

var notInVariable = lazy.Regexp(`[^A-Z0-9_]+`)

// variableName is a variable of the process that an input could be read from.
func variableName(name string) string {
	return notInVariable().ReplaceAllString(strings.ToUpper(name), "_")
}

func (t *configText) keySection(environments []string) {
	if len(t.keys) == 0 {
		t.line("# No key was recognised. Name those that matter:")
		t.line("# keys:")
		t.line("#   <NAME>: {provider: <PROVIDER>} # one of `keyfit providers`, or an API of your own")
		return
	}
	sure := slices.ContainsFunc(t.keys, func(k declaredKey) bool { return k.doubt == "" })
	comment := ""
	if !sure {
		comment = "# "
	}
	t.line("# The keys that were recognised, by their form or by their usual name.")
	t.line("%skeys:", comment)
	for _, k := range t.keys {
		t.key(k, environments)
	}
}

func (t *configText) otherSection() {
	if len(t.others) == 0 {
		return
	}
	t.line("# These look like credentials too, and no rule knows whose they are. To have one checked, add")
	t.line("# it to `keys` with one of `keyfit providers`, or with an API of your own under `providers`.")
	for _, name := range t.others {
		t.line("#   %s", scalar(name))
	}
}

func (t *configText) key(k declaredKey, environments []string) {
	comment := ""
	if k.doubt != "" {
		t.line("  # %s", k.doubt)
		comment = "# "
	}
	t.line("  %s%s:", comment, scalar(k.name))
	t.line("  %s  provider: %s", comment, scalar(k.provider))
	if len(k.environments) > 0 {
		t.line("  %s  environments: [%s]", comment, joined(k.environments))
		environments = k.environments
	}
	t.line("    # expect:")
	for _, name := range environments {
		t.line("    #   %s: %s", scalar(name), expectedLine(name))
	}
}

// expectedLine is what may be expected of a key in an environment, as a comment to be uncommented.
func expectedLine(environment string) string {
	if mode := provider.UsualMode(environment); mode != "" {
		return fmt.Sprintf("{mode: %s, owner: service}", mode)
	}
	return "{owner: service} # and mode: live or test, which this name does not tell"
}

func joined(names []string) string {
	var out []string
	for _, name := range names {
		out = append(out, scalar(name))
	}
	return strings.Join(out, ", ")
}

var (
	plainScalar = lazy.Regexp(`^[A-Za-z_./][A-Za-z0-9_./@+-]*$`)
	otherTypes  = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
)

// scalar is a text as YAML has it, in quotes where it needs them.
func scalar(text string) string {
	if plainScalar().MatchString(text) && !slices.Contains(otherTypes, strings.ToLower(text)) && strings.Trim(text, ".") != "" && !strings.HasPrefix(text, ".inf") && !strings.HasPrefix(strings.ToLower(text), ".nan") {
		return text
	}
	quoted, _ := json.Marshal(text) // a text: always possible
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(quoted))
}

// entries are the fields of a flow mapping, in their order; empty ones are left out.
type entries []string

func (e *entries) text(name, value string) {
	if value != "" {
		*e = append(*e, name+": "+scalar(value))
	}
}

func (e *entries) list(name string, values []strict.At[string]) {
	if len(values) > 0 {
		*e = append(*e, name+": ["+joined(texts(values))+"]")
	}
}

func (e *entries) variables(name string, given config.Variables) {
	var inner entries
	for _, v := range given {
		inner = append(inner, scalar(v.Path.Value)+": "+scalar(v.Text.Value))
	}
	if len(inner) > 0 {
		*e = append(*e, name+": "+inner.String())
	}
}

func (e entries) String() string { return "{" + strings.Join(e, ", ") + "}" }

func texts(values []strict.At[string]) []string {
	var out []string
	for _, v := range values {
		out = append(out, v.Value)
	}
	return out
}

// stepLine is a step that discovery makes.
func stepLine(step config.Step) string {
	var e entries
	switch {
	case step.Dotenv != nil:
		return "dotenv: [" + joined(texts(step.Dotenv.Files)) + "]"
	case step.Kustomize != nil:
		return "kustomize: " + scalar(step.Kustomize.Value)
	case step.Helm != nil:
		e.text("chart", step.Helm.Chart.Value)
		e.text("release", step.Helm.Release.Value)
		e.list("values", step.Helm.Values)
		return "helm: " + e.String()
	case step.Terraform != nil:
		e.text("dir", step.Terraform.Dir.Value)
		e.list("var-files", step.Terraform.VarFiles)
		return "terraform: " + e.String()
	}
	p, _ := step.Pipeline()
	fields := pipelineFields[p.System]
	e.text("file", p.File.Value)
	e.text(fields.group, p.Group.Value)
	e.text(fields.job, p.Job.Value)
	e.text("branch", p.Branch)
	e.variables(fields.inputs, p.Inputs)
	e.variables("matrix", p.Matrix)
	return p.System + ": " + e.String()
}

// pipelineFields are what the steps of each CI system call the same things.
var pipelineFields = map[string]struct{ group, job, inputs string }{
	"workflow":  {"", "job", "inputs"},
	"gitlab":    {"", "job", "variables"},
	"jenkins":   {"", "stage", "parameters"},
	"circleci":  {"workflow", "job", "parameters"},
	"azure":     {"stage", "job", "parameters"},
	"bitbucket": {"pipeline", "step", "variables"},
	"buildkite": {"", "step", "env"},
}

// inputsOf lists, by environment, the names of what comes from outside the repository.
func inputsOf(environments []resolve.Environment) map[string][]string {
	out := map[string][]string{}
	for _, env := range environments {
		seen := map[string]bool{}
		for _, c := range env.Consumers {
			for _, v := range c.Env.All() {
				collectInputs(v, seen, 0)
			}
			for _, v := range c.Files.All() {
				collectInputs(v, seen, 0)
			}
		}
		out[env.Name] = slices.Sorted(maps.Keys(seen))
	}
	return out
}

// collectInputs finds the names in the journeys of a value and of what it consists of.
func collectInputs(v model.Value, seen map[string]bool, depth int) {
	hops := v.Trail.Hops()
	for i, hop := range hops {
		name := hop.What
		switch {
		case hop.Kind == model.KindInput:
			unquoted, err := strconv.Unquote(hop.What)
			if err != nil {
				continue
			}
			name = unquoted
		case hop.Kind != model.KindProcess || i+1 == len(hops) || !model.IsPipelineKind(hops[i+1].Kind):
			continue
		}
		if inputForm().MatchString(name) {
			seen[name] = true
		}
	}
	if depth > 5 {
		return
	}
	for _, part := range slices.Concat(v.Parts, v.Alternatives) {
		collectInputs(part, seen, depth+1)
	}
	for _, l := range v.Losers {
		collectInputs(l.Value, seen, depth+1)
	}
}

var inputForm = lazy.Regexp(`^(?:(?:secrets|vars)\.[A-Za-z_][A-Za-z0-9_]*|credentials\.[A-Za-z0-9_-]+|[A-Za-z_][A-Za-z0-9_]*)$`)

// declared lists the variables that were recognised as keys, in the order of their names.
func declared(slots []keys.Slot, environments []string) []declaredKey {
	byName := map[string]*declaredKey{}
	for _, s := range slots {
		if s.File || s.Provider == nil || s.Provider.Custom || !variableForm().MatchString(s.Variable) || strict.HoldsKey(s.Variable) {
			continue
		}
		k := byName[s.Variable]
		if k == nil {
			k = &declaredKey{name: s.Variable, provider: s.Provider.ID}
			byName[s.Variable] = k
		}
		if k.provider != s.Provider.ID {
			k.doubt = "of one provider here and of another there, so it is left to you:"
		}
		if !slices.Contains(k.environments, s.Environment) {
			k.environments = append(k.environments, s.Environment)
		}
	}
	var out []declaredKey
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		k := *byName[name]
		if len(k.environments) == len(environments) {
			k.environments = nil
		}
		out = append(out, k)
	}
	return out
}

var variableForm = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*$`)
