package pipeline

import "github.com/keyfit/keyfit/internal/model"

// Either is the environment of which nobody can tell whether it is one or the other: what
// both agree on stays, and everything else is ambiguous.
func Either(needs string, before, after model.Env) model.Env {
	joined := map[string]model.Value{}
	for _, env := range []model.Env{before, after} {
		for name := range env.All() {
			joined[name] = EitherValue(needs, before.Get(name), after.Get(name))
		}
	}
	out := model.NewEnv(joined)
	if rest := EitherValue(needs, before.Rest(), after.Rest()); rest.State != model.Absent {
		out = out.WithRest(rest)
	}
	return out
}

// EitherValue is the value of which nobody can tell whether it is one or the other.
func EitherValue(needs string, before, after model.Value) model.Value {
	if before.Same(after) {
		return after
	}
	return model.Ambiguous(needs, before, after)
}
