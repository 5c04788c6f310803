package model

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
)

// Kinds of consumers.
const (
	ConsumerProcess    = "process"    // a command that is started with the variables
	ConsumerKubernetes = "kubernetes" // a container of a pod
	ConsumerCIStep     = "ci-step"    // a step of a pipeline that is no script
)

// ImageSets is what it would take to know the variables of a container that nothing in the
// repository sets.
const ImageSets = "what the image itself sets"

// RunToken is what it would take to know a token that a CI system makes for one run and ends with
// it: GITHUB_TOKEN, CI_JOB_TOKEN. Nobody can put a wrong one there.
const RunToken = "the token that the CI system makes for each run"

// Consumer is whatever receives variables.
type Consumer struct {
	Kind      string // one of the Consumer constants
	Namespace string // of Kubernetes objects
	Workload  string // the service, job/step, function or command
	Container string
	At        pos.Span // where it is declared or started
	Env       Env
	Files     Env  // files that it receives, by their absolute path
	Self      bool // keyfit's own step or command, which looks at the keys and uses none
}

// IsSelf reports whether a command, by the name or path that it was called by, is keyfit.
func IsSelf(command string) bool {
	name := command[strings.LastIndexAny(command, `/\`)+1:]
	return strings.TrimSuffix(strings.ToLower(name), ".exe") == "keyfit"
}

// Command is one command that a script would run.
type Command struct {
	At    pos.Span
	Args  []Value // Args[0] is the command's name
	Env   Env     // what the command would find in its environment
	Dir   string  // slash-separated, relative to the repository's root; "." is the root
	Stdin Value   // absent when nothing is piped in
	// Open counts the arguments, the command's name included, that are certainly there as
	// listed, when behind them there may be any number of others, because a text that is
	// not known was split into words; 0 when there are exactly those listed.
	Open int
}

// Problem is something of the user's that could not be read or understood. The run
// goes on without it.
type Problem struct {
	At      pos.Span
	Message string // lower case, no full stop; says what was expected
	Fix     string // what to do; may be empty
}

// Result is what an engine understood, and what it did not.
type Result struct {
	Env       Env // what the next step finds
	Consumers []Consumer
	Commands  []Command
	Problems  []Problem
}

// SortProblems orders problems by place, then by message and advice, and drops
// repetitions. The outcome does not depend on the order in which they were found.
func SortProblems(problems []Problem) []Problem {
	out := slices.Clone(problems)
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(pos.Compare(a.At, b.At), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Fix, b.Fix))
	})
	return slices.Compact(out)
}
