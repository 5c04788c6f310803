package pipeline

import (
	"slices"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

// MaxChoices bounds how many values that somebody may pick count as candidates.
const MaxChoices = 50

// saysWhere finds names of variables that say where a deploy goes.
var saysWhere = lazy.Regexp(`(?i)env|stage|target|tier|deploy`)

// Picked is a variable of which a run picks one of several values, and nobody said which: the one
// that is called as the environment, where the variable says where the deploy goes; else any.
func Picked(name, environment, needs string, values []model.Value) model.Value {
	if saysWhere().MatchString(name) && environment != "" {
		i := slices.IndexFunc(values, func(v model.Value) bool { return v.State == model.Known && v.Text.Reveal() == environment })
		if i >= 0 {
			return values[i]
		}
	}
	return model.Ambiguous(needs, values...)
}
