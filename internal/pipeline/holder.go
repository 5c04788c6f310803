package pipeline

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// StoreHost is a [Host] that tells the stores of a CI system apart: a job that names an environment
// is given other secrets than one that names none.
type StoreHost interface {
	// InputOf is Input for one job.
	InputOf(name string, of Holder) model.Value
}

// Holder is the job that something from outside is asked for.
type Holder struct {
	Job string
	At  pos.Span // where it names its environment, or where it stands
	// Environment is the one that it names, as the CI system calls it; empty when it names none.
	Environment string
	// Undecided says that it names one that only the run decides.
	Undecided bool
}
