package gitlab

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func startsShell() []string { return pipeline.StartsShell() }

// ownJob is the job that keyfit itself runs in: what the file of the pipeline sets there.
type ownJob struct {
	vars    map[string]model.Value
	secrets map[string]bool
}

// numbered is what GitLab puts behind the name of a job that `parallel:` made.
var numbered = lazy.Regexp(`(?: \d+/\d+|: \[.*\])$`)

// ownJobOf finds keyfit's own job in the pipeline, if it runs in one.
func (r *run) ownJobOf() ownJob {
	out := ownJob{vars: map[string]model.Value{}, secrets: map[string]bool{}}
	name := r.in.Run.Env.Get("CI_JOB_NAME")
	if !r.in.Run.Inside || name.State != model.Known || r.cfg == nil {
		return out
	}
	text := name.Text.Reveal()
	j := r.cfg.job(text)
	if j == nil {
		j = r.cfg.job(numbered().ReplaceAllString(text, ""))
	}
	if j == nil {
		return out
	}
	for _, v := range r.declared(j, cell{}, nil) {
		out.vars[v.key] = v.value
	}
	for _, c := range j.cells() {
		for _, v := range c.vars {
			out.vars[v.key] = model.UnknownBecause(model.WhyAmbiguous, "the cell of the matrix", model.Trail{})
		}
	}
	for _, rule := range j.node.get("rules").flat(maxNested) {
		for _, v := range r.cfg.variables(rule.get("variables"), "") {
			out.vars[v.key] = model.UnknownBecause(model.WhyAmbiguous, "the rule that counts", model.Trail{})
		}
	}
	for _, field := range []string{"secrets", "id_tokens"} {
		if n := j.field(field); n != nil && n.kind == mapping {
			for _, key := range n.keys {
				out.secrets[key] = true
			}
		}
	}
	return out
}

// sets reports whether the file of the pipeline gave keyfit's own job the variable, so that
// it tells nothing of the project.
func (o ownJob) sets(name string, v model.Value) bool {
	if o.secrets[name] {
		return true
	}
	own, ok := o.vars[name]
	if !ok {
		return false
	}
	if own.State != model.Known || strings.ContainsAny(own.Text.Reveal(), mayRefer) {
		return true
	}
	return own.Text.Equal(v.Text)
}
