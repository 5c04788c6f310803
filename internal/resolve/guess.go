package resolve

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// guessedRelease is the hop of a release whose name nobody said: that of the chart's directory.
// It finds the objects of the chart that speak of each other, but no value is made of it.
const guessedRelease = "release, a guess"

// withoutGuesses makes every value unknown that holds a guessed name.
func withoutGuesses(consumers []model.Consumer) []model.Consumer {
	out := slices.Clone(consumers)
	for i := range out {
		out[i].Env, out[i].Files = withoutGuessesIn(out[i].Env), withoutGuessesIn(out[i].Files)
	}
	return out
}

func withoutGuessesIn(env model.Env) model.Env {
	changed := map[string]model.Value{}
	for name, v := range env.All() {
		if v.State == model.Known && isGuess(v) {
			changed[name] = model.UnknownBecause(model.WhyInput, "the name of the release: write the helm step into keyfit.yaml", v.Trail)
		}
	}
	return env.WithAll(changed)
}

func isGuess(v model.Value) bool {
	return slices.ContainsFunc(v.Trail.Hops(), func(h model.Hop) bool { return h.Kind == model.KindDefault && h.What == guessedRelease }) ||
		slices.ContainsFunc(v.Parts, isGuess)
}
