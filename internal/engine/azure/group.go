package azure

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// rival is what a variable group that wins over the file's definition sets a variable to.
type rival struct {
	value  model.Value
	sure   bool   // that it does set it, and to this
	secret answer // whether as a secret
}

// groupBehind is the first group that wins over a definition: one further down in its own section,
// or in that of the stage or the job, which win over those around them. What a group holds, no file
// says. The section is the first of the levels.
func groupBehind(at int, levels []level) *definition {
	for i, l := range levels {
		for j, d := range l.list {
			if d.isGroup && (i > 0 || j > at) {
				return &d
			}
		}
	}
	return nil
}

// rivalOf is what a group sets a name to that the file defines too: what keyfit.yaml binds, or what
// keyfit's own step found under it in a job with the same definitions and groups. Of anything else
// nobody knows whether the group sets the name at all.
func (a *agent) rivalOf(name string, group definition) *rival {
	input := a.host.Input(name)
	hop := a.hop(group.at, "variable "+shown(name)+" of a variable group")
	own, ok := a.host.(*within)
	switch {
	case input.State == model.Known && a.binds(name), ok && own.carries(name):
		return &rival{value: input.Via(hop), sure: true, secret: maybe}
	case ok && own.finds(name):
		return &rival{value: input.Via(hop), sure: true, secret: no}
	}
	if input.State != model.Known && !(ok && own.withheld(name) != "") {
		input.Needs = "a value for " + shown(name) + " under `inputs` in keyfit.yaml, because the variable group " + strict.Name(group.name) + " may set it too"
	}
	return &rival{value: input.Via(hop), secret: maybe}
}

// binds reports whether keyfit.yaml binds a name.
func (a *agent) binds(name string) bool {
	lister, ok := a.host.(pipeline.Lister)
	return ok && slices.Contains(lister.Names(), name)
}

func (r *rival) over(v model.Value) model.Value {
	switch {
	case r.value.Same(v):
		return v
	case r.sure:
		return r.value.Over(v)
	}
	needs := r.value.Needs
	if r.value.State == model.Known {
		needs = "whether a variable group sets it too"
	}
	losers := v.Losers
	v.Losers = nil
	out := model.Ambiguous(needs, v, r.value)
	out.Losers = losers
	return out
}

// carries reports whether keyfit's own step is handed what the job that is followed finds under a
// name.
func (w *within) carries(name string) bool {
	_, handed := w.own.Input(strings.ToUpper(name))
	return handed && w.alike(name) && w.Input(name).State == model.Known
}

// finds reports whether keyfit's own step finds it, as every step finds what is no secret.
func (w *within) finds(name string) bool {
	return w.alike(name) && w.run.in.Run.Env.Get(environmentName(name)).State == model.Known && w.Input(name).State == model.Known
}

// alike reports whether keyfit's own job and the one that is followed have the same groups and the
// same definitions of a name.
func (w *within) alike(name string) bool {
	return w.now != nil && w.withheld(name) == "" && !slices.ContainsFunc(w.jobs, func(mine *job) bool {
		return !slices.Equal(w.run.sources(mine, name), w.run.sources(w.now, name))
	})
}

// sources are the groups that a job sees and its definitions of a name, in their order.
func (r *run) sources(j *job, name string) []string {
	var out []string
	for _, list := range [][]definition{r.plan.variables.list, j.stage.variables.list, j.variables.list} {
		for _, d := range list {
			switch {
			case d.isGroup:
				out = append(out, "group "+d.name)
			case strings.EqualFold(d.name, name):
				out = append(out, d.at.String()+" "+d.text.String())
			}
		}
	}
	return out
}
