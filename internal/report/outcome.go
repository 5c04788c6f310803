package report

import (
	"slices"

	"github.com/keyfit/keyfit/internal/provider"
)

// Words of the contract that outcomes depend on.
const (
	stateKnown = "known"
	rungFailed = "fail"
)

// outcome decides what became of a slot. It fails on an error-level finding, on a rung
// that fails and on a key that is meant for something else; unless the configuration
// accepts every error there is, with a reason and until a day. Otherwise it passes only
// when the value is known and the API accepted it.
func outcome(s Slot, x index) string {
	reason := provider.Reason(s.Reason)
	refused := slices.Contains(s.Rungs.all(), rungFailed) ||
		reason.Class() == provider.Refused || reason.Class() == provider.Misfit
	switch {
	case hasError(x.findingsOf(s)):
		return Failed
	case hasError(x.ignoredOf(s)) && (refused || reason.Class() == provider.Accepted):
		return Passed
	case refused:
		return Failed
	case reason.Class() == provider.Accepted && s.State == stateKnown:
		return Passed
	}
	return Unsettled
}

func (r Rungs) all() []string {
	return []string{r.Format, r.Known, r.Linked, r.Active, r.Authorised}
}

func hasError(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == "error" })
}

// acceptsDoubt lists the findings that say "could not be verified". Where the
// configuration silences one of them, the doubt is accepted.
func acceptsDoubt(id string) bool { return slices.Contains([]string{"K102", "K107", "K401"}, id) }

func unverified(s Slot, x index) Unverified {
	return Unverified{
		Environment: s.Environment, Consumer: s.Consumer, Container: s.Container, Variable: s.Variable, Slot: s.ID,
		Reason: s.Reason, Message: doubt(s),
		Ignored: slices.ContainsFunc(x.ignoredOf(s), func(f Finding) bool { return acceptsDoubt(f.ID) }),
	}
}

// unseen lists the environments in which a file could not be read and no key was found:
// there may be one, so that nothing about them is verified. Of joined reports it lists what
// one of them did not see as well.
func unseen(d *Document) []Unverified {
	own := convert(d.unread(), func(u Unseen) Unverified {
		return Unverified{
			Environment: u.Environment, Reason: string(provider.Unresolved),
			Message: "no key was found here, and a file that may hold one could not be read",
		}
	})
	return append(own, convert(d.Unseen, Unseen.doubt)...)
}

// missingReason names the reason of a slot that no answer decided.
func missingReason(s Slot) string {
	switch {
	case s.State == stateKnown:
		return string(provider.NotProbeable)
	case s.ValueReason == "ambiguous":
		return string(provider.AmbiguousCause)
	}
	return string(provider.Unresolved)
}

// FailOn is the weakest severity that makes a run fail. The zero value is error.
type FailOn uint8

// The levels of --fail-on.
const (
	FailOnError FailOn = iota
	FailOnWarning
	FailOnNote
	FailNever
)

// OnUnverified says what a slot that could not be verified does to the exit code. The
// zero value fails: "could not verify" never looks like a pass by accident.
type OnUnverified uint8

// The values of --on-unverified.
const (
	UnverifiedFails OnUnverified = iota
	UnverifiedWarns
	UnverifiedPasses
)

// ParseFailOn reads a value of --fail-on.
func ParseFailOn(word string) (FailOn, error) {
	i, err := choose("--fail-on", word, []string{"error", "warning", "note", "never"})
	return FailOn(i), err
}

// ParseOnUnverified reads a value of --on-unverified.
func ParseOnUnverified(word string) (OnUnverified, error) {
	i, err := choose("--on-unverified", word, []string{"fail", "warn", "pass"})
	return OnUnverified(i), err
}

// The exit codes that a report can lead to.
const (
	exitOK         = 0
	exitFindings   = 1
	exitUnverified = 3
	exitNothing    = 4
)

// ExitCode gives the exit code of a report: 1 for findings, 3 when something could not be
// verified and that counts, 4 when there was nothing to check, else 0.
func ExitCode(d Document, failOn FailOn, onUnverified OnUnverified) int {
	switch {
	case slices.ContainsFunc(d.Findings, func(f Finding) bool { return failOn.covers(f.Severity) }):
		return exitFindings
	case failOn != FailNever && d.Summary.Failed > 0:
		return exitFindings // as of a saved report whose findings are gone
	case d.Shard != nil && d.Shard.Elsewhere > 0 && d.Summary.Slots == 0 && len(d.Unverified) == 0:
		return exitOK // the other parts have the slots
	case onUnverified == UnverifiedFails && d.hasDoubt():
		return exitUnverified
	case d.Summary.Environments == 0 || d.Summary.Slots == 0:
		return exitNothing // never a pass, whatever is forgiven
	}
	return exitOK
}

func (level FailOn) covers(severity string) bool {
	return level != FailNever && weight(severity) >= weight("error")-int(level)
}

// Result is the one word that a CI step hands on: passed, failed, unverified or error.
// It says what was found, even where --fail-on or --on-unverified lets the step succeed:
// "could not verify" is never called a pass.
func Result(exitCode int, d Document) string {
	switch {
	case exitCode == exitFindings, exitCode == exitOK && d.Summary.Errors+d.Summary.Failed > 0:
		return Failed
	case exitCode == exitUnverified, exitCode == exitOK && d.hasDoubt():
		return Unsettled
	case exitCode == exitOK:
		return Passed
	}
	return "error"
}

// hasDoubt reports whether a slot could not be verified and nobody accepted that.
func (d Document) hasDoubt() bool {
	return slices.ContainsFunc(d.Unverified, func(u Unverified) bool { return !u.Ignored })
}
