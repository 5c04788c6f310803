// Package keys picks, out of everything that consumers receive, the variables that are
// keys, and says whose API each one is for.
package keys

import (
	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
)

// Slot is one key variable of one consumer in one environment.
type Slot struct {
	ID          string // tells it apart from every other slot of the run, and is the same in the next run
	Environment string
	Consumer    model.Consumer
	Also        []model.Consumer // further consumers that receive the very same value in the same way
	Variable    string
	File        bool // Variable is the absolute path of a file
	Value       model.Value

	Provider *provider.Provider // nil when nobody knows whose key it is
	Form     *provider.Form     // nil when the value is not known or has no known form
	Stranger *provider.Provider // whose key it is by its form, when that is another than Provider's; see [Stranger]
	Declared *config.Key        // nil when the slot was recognised, not declared
	Expect   *config.Expect     // nil when nothing is expected in this environment

	Parts map[string]Companion // further pieces of the credential, by role
	Slots map[string]Companion // variables that the request takes along, by name

	Control *Control // a key that is known to be good; nil when none is declared
}

// Companion is another variable of the same consumer that a request needs.
type Companion struct {
	Variable string
	Value    model.Value
}
