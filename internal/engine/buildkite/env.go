package buildkite

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// root is the variable that holds the path of the checkout.
const root = "BUILDKITE_BUILD_CHECKOUT_PATH"

const (
	runNeeds   = "the run of the pipeline"
	plainNeeds = "the variables of the build, the dashboard and the agent: bind those that matter under `inputs` in keyfit.yaml"
)

// ofTheBuild are what Buildkite sets alike in every job of a build.
var ofTheBuild = []string{
	"BUILDKITE_BUILD_ID", "BUILDKITE_BUILD_NUMBER", "BUILDKITE_BUILD_URL", "BUILDKITE_BUILD_AUTHOR", "BUILDKITE_BUILD_CREATOR", "BUILDKITE_BUILD_CREATOR_EMAIL",
	"BUILDKITE_COMMIT", "BUILDKITE_MESSAGE", "BUILDKITE_ORGANIZATION_SLUG", "BUILDKITE_PIPELINE_ID", "BUILDKITE_PIPELINE_NAME", "BUILDKITE_PIPELINE_SLUG",
	"BUILDKITE_PIPELINE_PROVIDER", "BUILDKITE_PIPELINE_DEFAULT_BRANCH", "BUILDKITE_PROJECT_SLUG", "BUILDKITE_REPO", "BUILDKITE_PULL_REQUEST",
	"BUILDKITE_PULL_REQUEST_BASE_BRANCH", "BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REBUILT_FROM_BUILD_ID", "BUILDKITE_TRIGGERED_FROM_BUILD_ID",
	"BUILDKITE_TRIGGERED_FROM_BUILD_PIPELINE_SLUG", "BUILDKITE_CLUSTER_ID",
}

// ofTheJob are what only the job or its machine can tell.
var ofTheJob = []string{
	"BUILDKITE_JOB_ID", "BUILDKITE_AGENT_ID", "BUILDKITE_AGENT_NAME", "BUILDKITE_AGENT_ACCESS_TOKEN", "BUILDKITE_STEP_ID", "BUILDKITE_PARALLEL_JOB",
	"BUILDKITE_PARALLEL_JOB_COUNT", "BUILDKITE_RETRY_COUNT", "BUILDKITE_BIN_PATH", "BUILDKITE_HOOKS_PATH", "BUILDKITE_PLUGINS_PATH",
	"PATH", "HOME", "HOSTNAME", "USER", "SHELL", "LANG", "TERM", "TMPDIR",
}

// upload replaces the variables of the file's own env, one after the other: each finds
// those before it.
func (r *run) upload() {
	r.uploaded = map[string]model.Value{}
	for _, p := range pairsOf(r.doc.env) {
		name := r.expand(tree.Literal(p.Key, model.KindBuildkite, "name of a variable"))
		if !name.Known() {
			continue
		}
		r.uploaded[name.String()] = r.variable(p, "env %s of the pipeline")
	}
}

func pairsOf(n *tree.Node) []tree.Pair {
	if !n.IsMap() {
		return nil
	}
	return n.Pairs
}

// variable is one entry of an env.
func (r *run) variable(p tree.Pair, what string) model.Value {
	what = strings.ReplaceAll(what, "%s", strict.Name(p.Key.Text()))
	return r.expand(tree.Literal(p.Value, model.KindBuildkite, what)).Value(hop(p.Value.Span(), what))
}

// expand replaces variables as the upload does.
func (r *run) expand(text tree.Text) tree.Text {
	e := &expansion{lookup: r.atUpload}
	out := e.expand(text)
	for _, at := range e.bad {
		r.problem(at, "write $$ where the variable is one of the run, and a name that begins with a letter otherwise", "this is a variable that the upload cannot replace, or a required one that is not set")
	}
	return out
}

// atUpload is what the job that uploads the file finds under a name.
func (r *run) atUpload(name string) model.Value {
	if v, ok := r.uploaded[name]; ok {
		return v
	}
	if v, ok := r.in.Inputs[name]; ok {
		return v
	}
	at := pos.Span{File: r.in.File.Value}
	if v, ok := r.predefined(at)[name]; ok {
		return v
	}
	return r.host.Input(name).Via(hop(at, "variable "+strict.Name(name)+" at the upload"))
}

// predefined are the variables that Buildkite sets for a whole build.
func (r *run) predefined(at pos.Span) map[string]model.Value {
	vars := map[string]model.Value{}
	known := func(name, text string) {
		vars[name] = model.KnownText(text, hop(at, name+" as Buildkite sets it"))
	}
	unknown := func(name string) {
		vars[name] = model.UnknownBecause(model.WhyInput, runNeeds, model.Trail{}.Append(hop(at, name)))
	}
	given := func(name, text string) {
		switch v := r.in.Run.Env.Get(name); {
		case text != "":
			known(name, text)
		case r.in.Run.Inside && v.State == model.Known:
			vars[name] = v
		default:
			unknown(name)
		}
	}
	for _, name := range ofTheBuild {
		given(name, "")
	}
	for _, name := range ofTheJob {
		unknown(name)
	}
	known("BUILDKITE", "true")
	known("CI", "true")
	given("BUILDKITE_BRANCH", r.in.Branch)
	given("BUILDKITE_SOURCE", r.in.Event)
	given("BUILDKITE_TAG", r.in.Tag)
	return vars
}

// environment is what a job of the step begins with, hooks and plugins aside.
func (r *run) environment(s *step, cell map[string]string) model.Env {
	vars := map[string]model.Value{}
	set := func(name string, v model.Value) {
		if old, ok := vars[name]; ok {
			v = v.Over(old)
		}
		vars[name] = v
	}
	names := r.names(s)
	for _, name := range names {
		set(name, r.host.Input(name).Via(hop(s.at, "variable "+strict.Name(name)+" of the build or the agent")))
	}
	for name, v := range r.in.Inputs {
		if _, isField := r.doc.fields[name]; !isField {
			vars[name] = v.Via(hop(s.at, "variable "+strict.Name(name)+" of the build"))
		}
	}
	for name, v := range r.uploaded {
		set(name, v)
	}
	for _, p := range pairsOf(s.node.Get("env")) {
		if name := r.expand(tree.Literal(p.Key, model.KindBuildkite, "name of a variable")); name.Known() {
			set(name.String(), r.cellText(p.Value, cell, "env "+strict.Name(p.Key.Text())+" of step "+s.called()))
		}
	}
	standard := r.predefined(s.at)
	pipeline.Forget(standard, names)
	maps.Copy(vars, standard)
	if branch := s.onlyBranch(); r.in.Branch == "" && branch != "" {
		vars["BUILDKITE_BRANCH"] = model.KnownText(branch, hop(s.at, "the branch that the step runs for"))
	}
	text := func(name string, n *tree.Node) {
		if n.Text() != "" {
			vars[name] = r.cellText(n, cell, name)
		}
	}
	text("BUILDKITE_LABEL", s.node.Get("label"))
	text("BUILDKITE_STEP_KEY", s.node.Get("key"))
	for _, from := range []*tree.Node{r.doc.secrets, s.node.Get("secrets")} {
		r.secrets(from, set)
	}
	for _, name := range pipeline.StartsShell() {
		if _, ok := vars[name]; !ok {
			vars[name] = model.Value{State: model.Absent}
		}
	}
	return model.NewEnv(vars).WithRest(model.UnknownBecause(model.WhyCISecret, plainNeeds, model.Trail{}))
}

// secrets sets the secrets of Buildkite that a list names, or a mapping of variables to
// their keys.
func (r *run) secrets(n *tree.Node, set func(name string, v model.Value)) {
	eachSecret(n, func(name, key string, from *tree.Node) {
		set(name, r.secret(key, name, from.Span()))
	})
}

// eachSecret visits the variables of a list or mapping of secrets, with their keys.
func eachSecret(n *tree.Node, visit func(name, key string, from *tree.Node)) {
	one := func(name, key string, from *tree.Node) {
		if name != "" && key != "" {
			visit(name, key, from)
		}
	}
	for _, p := range pairsOf(n) {
		one(p.Key.Text(), p.Value.Text(), p.Value)
	}
	if n.IsMap() {
		return
	}
	for _, item := range n.Each() {
		if item.IsScalar() {
			one(item.Text(), item.Text(), item)
			continue
		}
		one(item.Get("environment_variable").Text(), item.Get("key").Text(), item)
	}
}

// secret is what Buildkite keeps under a key, for a variable that receives it.
func (r *run) secret(key, variable string, at pos.Span) model.Value {
	name, from := "secrets."+key, hop(at, "secret "+strict.Name(key))
	if safe, ok := r.host.(pipeline.Safe); ok {
		return safe.Credential(name, variable).Via(from)
	}
	return r.host.Input(name).Via(from)
}

// cellText is a text of the step with its variables and the cell of its matrix in place.
func (r *run) cellText(n *tree.Node, cell map[string]string, what string) model.Value {
	return r.text(n, cell, what).Value(hop(n.Span(), what))
}

// text is a text of a step as the job gets it.
func (r *run) text(n *tree.Node, cell map[string]string, what string) tree.Text {
	return inCell(r.expand(tree.Literal(n, model.KindBuildkite, what)), cell)
}

func inCell(text tree.Text, cell map[string]string) tree.Text {
	if len(cell) == 0 {
		return text
	}
	return replaced(text, matrixToken(), func(groups []string, place pos.Span) (tree.Text, bool) {
		value, ok := cell[dimension(groups[1])]
		return tree.Of(model.KnownText(value, hop(place, "the cell of the matrix")), place), ok
	})
}

// names are the plain names that may be variables of the build: those that the step refers
// to, and those that are bound.
func (r *run) names(s *step) []string {
	var texts []string
	for _, c := range s.commands {
		texts = append(texts, strings.ReplaceAll(c.Text(), "$$", "$"))
	}
	for _, name := range hookNames {
		if data, err := r.in.Files.Read(hooksDir + name); err == nil {
			texts = append(texts, string(data))
		}
	}
	out := pipeline.Names(r.in.Files, texts)
	if lister, ok := r.host.(pipeline.Lister); ok {
		out = append(out, lister.Names()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
