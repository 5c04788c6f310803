package model

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
)

// Kinds of consumers.
const (
	ConsumerProcess    = "process"    // a command that is started with the variables
	ConsumerKubernetes = "kubernetes" // a container of a pod
	ConsumerCompose    = "compose"    // a service of a compose file
	ConsumerCIStep     = "ci-step"    // a step of a pipeline that is no script
	ConsumerStore      = "store"      // an entry of a store of secrets that nothing else is shown to read
)

// ImageSets is what it would take to know the variables of a container that nothing in the
// repository sets.
const ImageSets = "what the image itself sets"

// NotNamed says of a tool that it hands on what its command lines name, which is followed, and nothing
// else of its environment.
const NotNamed = "no line here hands it on"

// RunToken is what it would take to know a token that a CI system makes for one run and ends with
// it: GITHUB_TOKEN, CI_JOB_TOKEN. Nobody can put a wrong one there.
const RunToken = "the token that the CI system makes for each run"

// CredentialPart is what it would take to know a variable that only some kinds of credentials have,
// and that nothing reads: NAME_USR and NAME_PSW beside NAME in Jenkins. It is no key until something
// does.
const CredentialPart = "what kind of credential this is"

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
	StandsIn  bool // a deploy tool whose delivery is not known, for those that receive it
	// Unshown says, of one that stands in, why nothing shows who receives its variables, as a
	// clause; empty for what is not in the repository. Logins are those that it uses itself.
	Unshown string
	Logins  []string
}

// IsSelf reports whether a command, by the name or path that it was called by, is keyfit.
func IsSelf(command string) bool {
	name := command[strings.LastIndexAny(command, `/\`)+1:]
	return strings.TrimSuffix(strings.ToLower(name), ".exe") == "keyfit"
}

// selfModule is where Go finds keyfit.
const selfModule = "github.com/keyfit/keyfit/"

// CallsSelf reports whether a command, by what its words begin with, is keyfit, or Go that builds or
// runs it: without a flag, since some name another program.
func CallsSelf(words []string) bool {
	if len(words) < 3 || IsSelf(words[0]) {
		return len(words) > 0 && IsSelf(words[0])
	}
	tool := words[0][strings.LastIndexAny(words[0], `/\`)+1:]
	return strings.TrimSuffix(strings.ToLower(tool), ".exe") == "go" &&
		slices.Contains([]string{"install", "run", "build"}, words[1]) && strings.HasPrefix(words[2], selfModule)
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
	Stops   bool   // the deploy certainly ends here, with an error
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
	order.By(out, func(a, b Problem) int {
		return cmp.Or(pos.Compare(a.At, b.At), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Fix, b.Fix))
	})
	return slices.Compact(out)
}
