package resolve

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

var plainName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*$`)

// bindInputs lays the inputs that are plain variables over the process environment.
// Names such as secrets.X belong to the pipelines that know them.
func bindInputs(process model.Env, inputs map[string]config.Input) model.Env {
	bound := map[string]model.Value{}
	for name, input := range inputs {
		if !plainName().MatchString(name) {
			continue
		}
		value := bind(process, name, input)
		if old := process.Get(name); !value.Same(old) {
			value = value.Over(old)
		}
		bound[name] = value
	}
	return process.WithAll(bound)
}

func bind(process model.Env, name string, input config.Input) model.Value {
	hop := model.Hop{At: input.At, Kind: model.KindInput, What: name}
	if input.Value != nil {
		hop.Literal = true
		hop.At = input.Value.Span
		return model.KnownText(input.Value.Value, hop)
	}
	if v := process.Get(input.Env); v.State == model.Known {
		return v.Via(hop)
	}
	needs := fmt.Sprintf("the variable %q in this job", input.Env)
	return model.UnknownBecause(model.WhyCISecret, needs, model.Trail{}.Append(hop))
}
