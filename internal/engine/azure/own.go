package azure

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// within is a host for the jobs of a pipeline that keyfit itself runs in: what its own step is handed
// tells which variable of its process carries which variable of the pipeline.
type within struct {
	pipeline.Host
	run   *run
	jobs  []*job // any of these may be keyfit's own
	own   pipeline.Own
	found bool
	now   *job // that is followed
}

// plainReference is a text that is one variable and nothing else.
var plainReference = lazy.Regexp(`^\$\(([A-Za-z0-9_.]+)\)$`)

// findOwn puts a host of this kind in place, when keyfit's own job is found in the pipeline.
func (r *run) findOwn() {
	if !r.in.Run.Inside {
		return
	}
	says := func(name, written string) bool {
		v := r.in.Run.Env.Get(name)
		return v.State != model.Known || written == "" || strings.EqualFold(v.Text.Reveal(), written)
	}
	w := &within{Host: r.host, run: r}
	var all []pipeline.Own
	for _, j := range r.plan.all() {
		if r.in.Run.Env.Get("SYSTEM_JOBNAME").State != model.Known || !says("SYSTEM_JOBNAME", j.name) || !says("SYSTEM_STAGENAME", j.stage.name) {
			continue
		}
		steps := r.ownSteps(j.node, 0)
		if len(steps) > 0 {
			w.jobs, all = append(w.jobs, j), append(all, steps...)
		}
	}
	if w.own, w.found = pipeline.Agreed(all); w.found {
		r.host = w
	}
}

// ownSteps are the steps below a node that run keyfit, with what they are handed.
func (r *run) ownSteps(n *node, depth int) []pipeline.Own {
	if n.isNull() || depth > maxDepth {
		return nil
	}
	var out []pipeline.Own
	for _, inner := range n.members() {
		out = append(out, r.ownSteps(inner, depth+1)...)
	}
	if !n.isMap() {
		return out
	}
	text := n.get("inputs", "script").plain()
	for _, field := range []string{"bash", "script", "pwsh", "powershell"} {
		text += n.get(field).plain()
	}
	script := pipeline.ReadOwn(r.files, ".", text)
	if text == "" || !script.RunsKeyfit() {
		return out
	}
	own := pipeline.Own{Carries: map[string]string{}}
	if env := n.get("env"); env.isMap() {
		for _, p := range env.pairs {
			own.Carries[p.key] = ""
			if m := plainReference().FindStringSubmatch(p.value.plain()); m != nil && p.perhaps == nil && !script.MaySet(p.key) {
				own.Carries[p.key] = strings.ToUpper(m[1])
			}
		}
	}
	return append(out, own)
}

// Names lists what keyfit.yaml binds.
func (w *within) Names() []string {
	if lister, ok := w.Host.(pipeline.Lister); ok {
		return lister.Names()
	}
	return nil
}

// Input gives a variable of the pipeline: what keyfit.yaml binds, or what keyfit's own step carries,
// where both jobs see the same groups.
func (w *within) Input(name string) model.Value {
	if why := w.withheld(name); why != "" {
		needs := why + ": run keyfit in a job that is given the same, or bind " + strict.Name(name) + " under `inputs` in keyfit.yaml"
		return model.UnknownBecause(model.WhyCISecret, needs, model.Trail{}.Append(model.Hop{Kind: model.KindInput, What: strict.Name(name)}))
	}
	if variable, ok := w.own.Input(strings.ToUpper(name)); ok && !slices.Contains(w.Names(), name) {
		return w.Host.Input(variable)
	}
	return w.Host.Input(name)
}

// withheld says why keyfit's own step does not show what the job that is followed is given under a
// name; empty when it does, or when keyfit.yaml binds the name.
func (w *within) withheld(name string) string {
	if slices.Contains(w.Names(), name) {
		return ""
	}
	for _, mine := range w.jobs {
		switch {
		case w.now == nil:
		case !slices.Equal(w.run.groups(mine), w.run.groups(w.now)):
			return "keyfit's own job " + strict.Name(mine.name) + " has other variable groups than the job " + strict.Name(w.now.name)
		case w.run.defines(mine, name) && !slices.Contains(w.jobs, w.now):
			return "keyfit's own job " + strict.Name(mine.name) + " defines the variable itself"
		}
	}
	if _, ok := w.own.Input(strings.ToUpper(name)); !ok && (w.own.Sets(name) || w.own.Sets(strings.ToUpper(name))) {
		return "keyfit's own step is handed another text under this name"
	}
	return ""
}

// groups are the variable groups that a job sees, in their order.
func (r *run) groups(j *job) []string {
	var out []string
	for _, list := range [][]definition{r.plan.variables.list, j.stage.variables.list, j.variables.list} {
		for _, d := range list {
			if d.isGroup {
				out = append(out, d.name)
			}
		}
	}
	return out
}

// defines reports whether the stage or the job defines a variable.
func (r *run) defines(j *job, name string) bool {
	for _, list := range [][]definition{j.stage.variables.list, j.variables.list} {
		if slices.ContainsFunc(list, func(d definition) bool { return !d.isGroup && strings.EqualFold(d.name, name) }) {
			return true
		}
	}
	return false
}
