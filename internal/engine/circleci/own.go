package circleci

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/strict"
)

// ownJob is the job that keyfit itself runs in, when it runs in one of this configuration: any of
// those that may be it.
type ownJob struct {
	inside bool // keyfit runs in a job of CircleCI
	may    []mine
}

func (r *reader) ownJob() ownJob {
	if r.mine != nil {
		return *r.mine
	}
	own := ownJob{inside: r.in.Run.Inside}
	name := r.in.Run.Env.Get("CIRCLE_JOB").Text.Reveal()
	for _, v := range r.invocations() {
		if own.inside && name != "" && (v.name == name || v.numbered && strings.HasPrefix(name, v.name)) {
			own.may = append(own.may, r.asOwn(v))
		}
	}
	r.mine = &own
	return own
}

// contexts are the contexts of a job, in their order: of two that hold one name, the order decides.
func (r *reader) contexts(v invocation) (names []string, known bool) {
	for _, n := range v.args.Get("context").Each() {
		t := r.expand(n, v.scope, "context")
		if !t.Known() {
			return nil, false
		}
		names = append(names, t.String())
	}
	return names, true
}

// withheld says why keyfit's own job does not show what another job is given under a plain name;
// empty when both are given the same.
func (r *reader) withheld(v invocation, name string) string {
	own := r.ownJob()
	if !own.inside {
		return ""
	}
	if len(own.may) == 0 {
		return "keyfit runs in a job that is not in this configuration"
	}
	want, ok := r.contexts(v)
	for _, mine := range own.may {
		has, known := r.contexts(mine.invocation)
		switch {
		case !ok || !known:
			return "the contexts of the jobs are not known"
		case !slices.Equal(want, has):
			return "the job " + strict.Name(v.name) + " is given " + listed(want) + ", and keyfit's own job " + strict.Name(mine.name) + " " + listed(has)
		case name != "" && mine.sets(name):
			return "keyfit's own job " + strict.Name(mine.name) + " may set the variable itself"
		}
	}
	return ""
}

func listed(contexts []string) string {
	if len(contexts) == 0 {
		return "no context"
	}
	var out []string
	for _, c := range contexts {
		out = append(out, strict.Name(c))
	}
	return "the context " + strings.Join(out, " and ")
}

// mine is a job that may be keyfit's own, with what may set a variable in it before keyfit runs.
type mine struct {
	invocation
	names   map[string]bool      // in an `environment:`
	scripts []pipeline.OwnScript // that run keyfit, or that write to $BASH_ENV
	orbs    []*orb
	unknown bool // what the job does is not known
}

func (r *reader) asOwn(v invocation) mine {
	out := mine{invocation: v, names: map[string]bool{}}
	n, lib, from := v.scope.lib.find("jobs", v.job)
	if n == nil {
		out.unknown = from != nil
		return out
	}
	sc := &scope{lib: lib, matrix: v.cell, params: r.bind(n.Get("parameters"), v.args, v.scope)}
	executor, _ := r.executor(n, sc)
	for _, node := range []*tree.Node{n, executor, v.args} {
		r.look(&out, node, lib, 0)
	}
	for _, text := range append(r.texts(n, lib, 0, nil), r.texts(v.args, lib, 0, nil)...) {
		script := pipeline.ReadOwn(r.files, ".", text)
		if script.RunsKeyfit() || script.Mentions("BASH_ENV") {
			out.scripts = append(out.scripts, script)
		}
	}
	return out
}

// look collects the variables of an `environment:` and the orbs in a job, and in the commands that
// it uses.
func (r *reader) look(m *mine, n *tree.Node, lib *library, depth int) {
	if depth > maxDepth || !r.step(n.Span()) {
		m.unknown = true
		return
	}
	step := func(name string) {
		if command, inner, _ := lib.find("commands", name); command != nil {
			r.look(m, command, inner, depth+1)
		}
		if alias, _, ok := strings.Cut(name, "/"); ok && lib.orbs[alias] != nil {
			m.orbs = append(m.orbs, lib.orbs[alias])
		}
	}
	switch {
	case n.IsScalar():
		step(n.Text())
	case n.IsList():
		for _, item := range n.Items {
			r.look(m, item, lib, depth+1)
		}
	case n.IsMap():
		for _, p := range n.Pairs {
			if p.Key.Text() == "environment" {
				for _, variable := range pairsOf(p.Value) {
					m.names[variable.Key.Text()] = true
				}
			}
			step(p.Key.Text())
			r.look(m, p.Value, lib, depth+1)
		}
	}
}

// sets reports whether a job may give itself a variable before keyfit runs in it: by an
// `environment:`, by the script that runs keyfit, by what a step writes to $BASH_ENV, or by an orb.
func (m mine) sets(name string) bool {
	return m.unknown || m.names[name] ||
		slices.ContainsFunc(m.scripts, func(s pipeline.OwnScript) bool { return s.MaySet(name) }) ||
		slices.ContainsFunc(m.orbs, func(o *orb) bool { return orbMaySet(o, name) })
}

// orbMaySet reports whether an orb of the registry may set a variable for later steps: those that log
// in to a cloud set its credentials, and those that fetch secrets set any.
func orbMaySet(o *orb, name string) bool {
	if o.inline != nil {
		return false
	}
	fetches := slices.ContainsFunc([]string{"secret", "vault", "doppler", "1password", "conjur", "infisical", "chamber", "env"}, func(word string) bool {
		return strings.Contains(o.ref, word)
	})
	return fetches || slices.ContainsFunc([]string{"AWS_", "GOOGLE_", "GCP_", "GCLOUD_", "CLOUDSDK_", "AZURE_", "ARM_", "VAULT_"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// given is a variable of contexts and of the project in a job.
func (r *reader) given(v invocation, name string, bound []string) model.Value {
	if why := r.withheld(v, name); why != "" && !slices.Contains(bound, name) {
		return model.UnknownBecause(model.WhyCISecret, why+": run keyfit in a job that is given the same, or bind "+strict.Name(name)+" under `inputs` in keyfit.yaml", model.Trail{})
	}
	return r.host.Input(name)
}

// inherited are the names of keys in keyfit's own process, when its job is given the same as this one.
func (r *reader) inherited(v invocation) []string {
	holder, ok := r.host.(pipeline.KeyHolder)
	if !ok || !r.ownJob().inside || r.withheld(v, "") != "" {
		return nil
	}
	return holder.KeyNames()
}
