package gitlab

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
)

// maySay are the sources of pipelines for which somebody, or something, may pick values of variables.
var maySay = []string{"web", "api", "trigger", "schedule", "pipeline", "parent_pipeline", "chat", "external"}

// offered decides a variable of the configuration that lists its `options:`. Who starts the pipeline
// by hand picks one of them; only where nobody can, it is the default for certain.
func (r *run) offered(v *variable) {
	options := r.options(v.key)
	if _, looking := r.host.(nobody); looking || len(options) < 2 {
		return
	}
	own := r.in.Run.Env.Get(v.key)
	if r.same && own.State == model.Known && slices.ContainsFunc(options, own.Same) {
		v.value = own.Via(v.value.Trail.Last())
		return
	}
	if source := r.refs().source; source.State == model.Known && !slices.Contains(maySay, source.Text.Reveal()) {
		return
	}
	trail := v.value.Trail
	v.value = pipeline.Picked(v.key, r.in.Environment, "which of its options the pipeline is started with: give "+quoted(v.key)+" under `variables`", append([]model.Value{v.value}, options...))
	if v.value.State == model.Unknown {
		v.value.Trail = trail
	}
}

// options are what a variable at the top of the configuration offers.
func (r *run) options(key string) []model.Value {
	n := r.cfg.root.get("variables", key, "options")
	if n == nil || n.kind != list {
		return nil
	}
	var out []model.Value
	for _, item := range n.items {
		if item.kind == scalar && len(out) < pipeline.MaxChoices {
			out = append(out, item.scalarValue("options of variables "+quoted(key)))
		}
	}
	return out
}
