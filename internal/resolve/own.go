package resolve

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/buildkite"
	"github.com/keyfit/keyfit/internal/engine/jenkins"
	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// runsIn reports whether a process runs in a job of a CI system. Jenkins sets JENKINS_URL only where
// somebody told it its own address.
func runsIn(kind string, s system, process model.Env) bool {
	if kind == "jenkins" && strings.HasPrefix(process.Get("BUILD_TAG").Text.Reveal(), "jenkins-") {
		return true
	}
	return process.Get(s.inside).State == model.Known
}

// mappedStep is keyfit's own step in a pipeline whose file tells which variable carries what.
type mappedStep struct {
	pipeline.Own
	looked, found bool
}

func (h *host) mappedStep() mappedStep {
	if !h.mapped.looked && h.step.Run.Inside {
		switch h.kind {
		case "jenkins":
			h.mapped.Own, h.mapped.found = jenkins.Bindings(h.files, h.step.File.Value, h.walk.process)
		case "buildkite":
			h.mapped.Own, h.mapped.found = buildkite.Bindings(h.files, h.step.File.Value, h.walk.process)
		}
	}
	h.mapped.looked = true
	return h.mapped
}

// Credential gives what a CI system keeps by its name in keyfit.yaml, for a variable that receives
// it. What keyfit.yaml binds counts; then the variable that carries it in keyfit's own step, and no
// other one when that step is found; then the variable of its own name.
func (h *host) Credential(name, variable string) model.Value {
	if input, ok := h.walk.inputs[name]; ok {
		return bind(h.walk.process, name, input)
	}
	own := h.mappedStep()
	hop := model.Hop{Kind: model.KindInput, What: strict.Name(name)}
	if carrier, ok := own.Input(name); ok {
		if v := h.walk.process.Get(carrier); v.State == model.Known {
			return v.Via(hop)
		}
	}
	_, id, _ := strings.Cut(name, ".")
	for _, written := range []string{id, strings.ToUpper(id)} {
		if v := h.walk.process.Get(written); !own.found && v.State == model.Known {
			return v.Via(hop)
		}
	}
	return model.UnknownBecause(model.WhyCISecret, "the text of "+strict.Name(name)+": "+h.advice(name, variable), model.Trail{}.Append(hop))
}

var (
	plainInput = lazy.Regexp(`^[A-Za-z][A-Za-z0-9_./-]*$`)
	plainWord  = lazy.Regexp(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// advice says how a value becomes known: by keyfit's own step, or by a line of keyfit.yaml.
func (h *host) advice(name, variable string) string {
	from := ""
	if h.mapped.found {
		from = "hand it to keyfit's own step as the deploy gets it, or "
	}
	if !plainInput().MatchString(name) || !strict.IsName(name) || !plainName().MatchString(variable) || !strict.IsName(variable) {
		return from + "bind it under `inputs` in keyfit.yaml"
	}
	environment := h.walk.name
	if !plainWord().MatchString(environment) {
		environment = "<environment>"
	}
	return fmt.Sprintf("%sbind it: environments.%s.inputs: {%s: {env: %s}}", from, environment, name, variable)
}
