package circleci

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// builtin lists values of a pipeline that every job of the run has in a variable
// (reference/variables, "Built-in environment variables").
func builtin() map[string]string {
	return map[string]string{
		"pipeline.id": "CIRCLE_PIPELINE_ID", "pipeline.git.revision": "CIRCLE_SHA1", "pipeline.git.branch": "CIRCLE_BRANCH",
		"pipeline.git.tag": "CIRCLE_TAG", "pipeline.git.repo_name": "CIRCLE_PROJECT_REPONAME", "pipeline.git.repo_owner": "CIRCLE_PROJECT_USERNAME",
	}
}

// ofWholeRun lists the variables that are the same in every job of a run.
func ofWholeRun() []string {
	return []string{
		"CIRCLE_BRANCH", "CIRCLE_TAG", "CIRCLE_SHA1", "CIRCLE_PIPELINE_ID", "CIRCLE_ORGANIZATION_ID", "CIRCLE_PROJECT_ID",
		"CIRCLE_PROJECT_REPONAME", "CIRCLE_PROJECT_USERNAME", "CIRCLE_REPOSITORY_URL", "CIRCLE_USERNAME", "CIRCLE_PULL_REQUEST",
		"CIRCLE_PULL_REQUESTS", "CIRCLE_PR_NUMBER", "CIRCLE_PR_REPONAME", "CIRCLE_PR_USERNAME",
	}
}

// ofOneJob lists the variables that each job has its own of.
func ofOneJob() []string {
	return []string{
		"CIRCLE_BUILD_NUM", "CIRCLE_BUILD_URL", "CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2", "CIRCLE_PREVIOUS_BUILD_NUM",
		"CIRCLE_WORKFLOW_ID", "CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_WORKFLOW_WORKSPACE_ID", "CIRCLE_INTERNAL_TASK_DATA",
	}
}

// ofRun is a variable of the run that keyfit is a part of.
func (r *reader) ofRun(name string) model.Value {
	if r.in.Run.Inside && slices.Contains(ofWholeRun(), name) {
		return r.in.Run.Env.Get(name)
	}
	return model.Value{}
}

// builtins are the variables that CircleCI sets in a job.
func (r *reader) builtins(v invocation, n *tree.Node) map[string]model.Value {
	out := map[string]model.Value{}
	known := func(name, text string) {
		out[name] = model.KnownText(text, r.hop(v.at, "variable "+name+" of CircleCI"))
	}
	for _, name := range slices.Concat(ofWholeRun(), ofOneJob()) {
		out[name] = r.unknownOfRun("the variable "+name, v.at)
		if own := r.ofRun(name); r.in.Run.Inside && own.State != model.Unknown {
			out[name] = own
		}
	}
	known("CI", "true")
	known("CIRCLECI", "true")
	known("CIRCLE_JOB", v.name)
	if v.numbered {
		out["CIRCLE_JOB"] = r.unknownOfRun("the variable CIRCLE_JOB", v.at)
	}
	if r.in.Branch != "" || r.in.Tag != "" {
		out["CIRCLE_BRANCH"], out["CIRCLE_TAG"] = model.Value{State: model.Absent}, model.Value{State: model.Absent}
	}
	if r.in.Branch != "" {
		known("CIRCLE_BRANCH", r.in.Branch)
	}
	if r.in.Tag != "" {
		known("CIRCLE_TAG", r.in.Tag)
	}
	if n.Get("parallelism") == nil {
		known("CIRCLE_NODE_TOTAL", "1")
		known("CIRCLE_NODE_INDEX", "0")
	} else {
		out["CIRCLE_NODE_TOTAL"] = r.unknownOfRun("the variable CIRCLE_NODE_TOTAL", v.at)
		out["CIRCLE_NODE_INDEX"] = r.unknownOfRun("the variable CIRCLE_NODE_INDEX", v.at)
	}
	return out
}

var variableName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*$`)

// outside gives the variables of contexts and of the project that the texts of a job read,
// or that keyfit.yaml binds; of every other name nothing is known.
func (r *reader) outside(v invocation, texts []string) model.Env {
	names := append(pipeline.Names(r.files, texts), r.inherited(v)...)
	var bound []string
	if l, ok := r.host.(pipeline.Lister); ok {
		bound = l.Names()
		names = append(names, bound...)
	}
	where, at := "the project", v.at
	if c := v.args.Get("context"); c != nil {
		where, at = "a context", c.Span()
	}
	env := map[string]model.Value{}
	for _, name := range names {
		if variableName().MatchString(name) && name != "BASH_ENV" {
			env[name] = r.given(v, name, bound).Via(r.hop(at, "variable "+strict.Name(name)+" of "+where))
		}
	}
	needs := "a value under `inputs` in keyfit.yaml, if " + where + " or the project sets the variable"
	if why := r.withheld(v, ""); why != "" {
		needs = why + ": run keyfit in a job that is given the same, or write " + needs
	}
	rest := model.UnknownBecause(model.WhyCISecret, needs, model.Trail{}.Append(r.hop(at, "variables of "+where)))
	return model.NewEnv(env).WithRest(rest)
}

// over sets the variables of an `environment:` over those that are there.
func (r *reader) over(env model.Env, n *tree.Node, sc *scope, of string) model.Env {
	out := map[string]model.Value{}
	for _, p := range pairsOf(n) {
		name := p.Key.Text()
		v := r.variable(p.Value, sc, "environment "+strict.Name(name)+" of "+of, firstValid(p.Value.Span(), p.Key.Span()))
		out[name] = v.Over(beaten(env, name))
	}
	return env.WithAll(out)
}

// beaten is what a definition replaces. That something may have been set outside is nothing
// that a definition replaces.
func beaten(env model.Env, name string) model.Value {
	if !env.Has(name) {
		return model.Value{State: model.Absent}
	}
	v := env.Get(name)
	if v.State == model.Unknown && (v.Why == model.WhyCISecret || v.Why == model.WhyInput) {
		return model.Value{State: model.Absent, Losers: v.Losers}
	}
	return v
}

// pairsOf are the entries of an environment, which may be written as a list of such.
func pairsOf(n *tree.Node) []tree.Pair {
	if n.IsMap() {
		return n.Pairs
	}
	var out []tree.Pair
	for _, item := range n.Each() {
		if item.IsMap() {
			out = append(out, item.Pairs...)
		}
	}
	return out
}

var plainNumber = lazy.Regexp(`^(?:0|-?[1-9][0-9]{0,14})$`)

// variable is the text that a variable of an `environment:` gets. CircleCI's reader of YAML
// rewrites some scalars without quotes, such as 1.10, 012 and yes, and booleans of
// parameters arrive as 1 and 0: those are left open.
func (r *reader) variable(n *tree.Node, sc *scope, what string, at pos.Span) model.Value {
	hop := r.hop(at, what)
	if !n.IsScalar() {
		return model.UnknownBecause(model.WhyUnsupported, "a text for this variable", model.Trail{}.Append(hop))
	}
	v := r.expand(n, sc, what).Value(hop)
	needs := ""
	switch lower := strings.ToLower(n.Text()); {
	case n.Quoted:
	case slices.Contains([]string{"yes", "no", "on", "off", "y", "n", "true", "false"}, lower):
		needs = "quotes around the text"
	case n.Tag != "!!str" && !plainNumber().MatchString(n.Text()), strings.Contains(n.Text(), "_") && strings.Trim(n.Text(), "0123456789_") == "":
		needs = "quotes around the text"
	}
	if name, ok := onlyReference(n.Text()); ok && needs == "" && r.isBoolean(name, sc) {
		needs = "how CircleCI writes a boolean parameter here"
	}
	if needs == "" {
		return v
	}
	out := model.UnknownBecause(model.WhyUnsupported, needs, v.Trail)
	out.Alternatives = []model.Value{v}
	return out
}

func (r *reader) isBoolean(name string, sc *scope) bool {
	if own, ok := strings.CutPrefix(name, "parameters."); ok && sc != nil && sc.params[own] != nil {
		return sc.params[own].kind == "boolean"
	}
	own, ok := strings.CutPrefix(name, "pipeline.parameters.")
	return !ok && strings.HasPrefix(name, "pipeline.") && strings.Contains(name, ".is_") ||
		ok && r.root.Get("parameters", own, "type").Text() == "boolean"
}
