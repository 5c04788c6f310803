// Package model holds the nouns that the whole pipeline speaks: values with their
// trails, environments, consumers, commands, problems. It has no behaviour beyond
// keeping them consistent.
package model

import (
	"slices"
	"strconv"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// State says what is known of a value. Forgetting to decide is [Unknown], never a pass.
type State uint8

// The three states of a value.
const (
	Unknown State = iota // something arrives, or may arrive; keyfit cannot say what
	Absent               // nothing arrives
	Known                // exactly this text arrives
)

// String gives the word of the JSON contract.
func (s State) String() string {
	switch s {
	case Known:
		return "known"
	case Absent:
		return "absent"
	}
	return "unknown"
}

// Reason is the fixed word that says why a value is unknown.
type Reason string

// The reasons of an unknown value.
const (
	WhyNone          Reason = ""
	WhyCISecret      Reason = "ci-secret"         // comes from the CI's secret store and is bound to nothing here
	WhyKubeSecret    Reason = "kubernetes-secret" // comes from a Secret that no manifest holds
	WhyCommandOutput Reason = "command-output"    // printed by a command that keyfit does not run
	WhyExitStatus    Reason = "exit-status"       // depends on whether a command succeeds
	WhyRemoteState   Reason = "remote-state"      // lives in a service
	WhyEncrypted     Reason = "encrypted"         // present, but only as cipher text
	WhyMissingFile   Reason = "missing-file"      // a file that would decide is not there or cannot be read
	WhyUnsupported   Reason = "unsupported"       // a construct that keyfit does not evaluate
	WhyAmbiguous     Reason = "ambiguous"         // several results are possible; see Value.Alternatives
	WhyLimit         Reason = "limit"             // keyfit stopped at one of its own limits
	WhyInput         Reason = "input"             // read from the terminal or standard input
	WhyTime          Reason = "time"              // depends on the clock, randomness or the process id
)

// Reasons lists every reason of an unknown value, in alphabetical order.
func Reasons() []Reason {
	return []Reason{
		WhyAmbiguous, WhyCISecret, WhyCommandOutput, WhyEncrypted, WhyExitStatus, WhyInput,
		WhyKubeSecret, WhyLimit, WhyMissingFile, WhyRemoteState, WhyTime, WhyUnsupported,
	}
}

// Value is what a variable holds, with its whole journey.
//
// The zero value is unknown. Values are immutable: every method returns a new one.
type Value struct {
	State State
	Text  secret.Text // of a known value
	Why   Reason      // of an unknown value
	Needs string      // of an unknown value: what would make it known
	Trail Trail       // how it came here, origin first

	Losers       []Definition // definitions that lost to this one, strongest first
	Alternatives []Value      // of an ambiguous value: every candidate
	Parts        []Value      // of a word that is put together from several sources: its pieces, in order
	DecidedBy    []Hop        // what chose this value among others, such as the condition of a template
	Ref          Ref          // where a secret store keeps the text; the zero Ref for none

	// InRepo is, of an unknown text that is an absolute path, the file or directory of the
	// repository that it certainly names: relative to the root, which is "."; empty for none.
	InRepo string
}

// Ref is a place in a secret store outside the repository.
type Ref struct {
	Store    string // the kind of store: "aws-secretsmanager", "vault", "kubernetes-secret", …
	Name     string // which of these stores, as the repository calls it; may be empty
	Path     string // the entry
	Property string // within the entry; may be empty
	Version  string // may be empty
}

// IsZero reports whether there is no reference.
func (r Ref) IsZero() bool { return r == Ref{} }

// KnownText is a known value that starts its journey at hop.
func KnownText(text string, hop Hop) Value {
	return Value{State: Known, Text: secret.New(text), Trail: Trail{}.Append(hop)}
}

// UnknownBecause is an unknown value with its reason and what would make it known.
func UnknownBecause(why Reason, needs string, trail Trail) Value {
	return Value{State: Unknown, Why: why, Needs: needs, Trail: trail}
}

// Ambiguous joins candidates, of which one is the value. Candidates that agree in state
// and text are one; when only one is left, it is the value itself.
func Ambiguous(needs string, candidates ...Value) Value {
	var distinct []Value
	for _, c := range flatten(candidates) {
		if !slices.ContainsFunc(distinct, c.Same) {
			distinct = append(distinct, c)
		}
	}
	if len(distinct) == 1 {
		return distinct[0]
	}
	return Value{State: Unknown, Why: WhyAmbiguous, Needs: needs, Alternatives: distinct}
}

func flatten(candidates []Value) []Value {
	var out []Value
	for _, c := range candidates {
		if c.Why == WhyAmbiguous && len(c.Alternatives) > 0 {
			out = append(out, flatten(c.Alternatives)...)
			continue
		}
		out = append(out, c)
	}
	return out
}

// Same reports whether both stand for the same content: equal texts, both absent, or
// both unknown for the same reason at the same place. Unknown values of different
// places are never the same: they may differ.
func (v Value) Same(w Value) bool {
	if v.State != w.State {
		return false
	}
	switch v.State {
	case Known:
		return v.Text.Equal(w.Text)
	case Absent:
		return true
	}
	return v.Why == w.Why && v.Needs == w.Needs && slices.Equal(v.Trail.Hops(), w.Trail.Hops())
}

// Lacking returns v as the value of one name that nothing came in under, where v is the absent
// value of any such name and its trail says so; else v as it is.
func (v Value) Lacking(name string) Value {
	hop := v.Trail.Last()
	if v.State != Absent || hop.Lacks == "" {
		return v
	}
	hop.What, hop.Stored.Name = "no variable "+strconv.Quote(name), name
	v.Trail = Trail{}.Append(hop)
	return v
}

// Via returns v with one more hop at the end of its trail.
func (v Value) Via(hop Hop) Value {
	v.Trail = v.Trail.Append(hop)
	return v
}

// Over returns v with loser, and all that loser itself had replaced, as shadowed
// definitions. An absent loser adds nothing. Of very many, the strongest and the weakest stay.
func (v Value) Over(loser Value) Value {
	losers := slices.Clone(v.Losers)
	if loser.State != Absent {
		losers = append(losers, Definition{Value: loser.bare()})
	}
	losers = append(losers, loser.Losers...)
	if n := len(losers); n > maxLosers {
		losers = append(losers[:maxLosers-1:maxLosers-1], losers[n-1])
	}
	v.Losers = losers
	return v
}

// maxLosers bounds the definitions that are remembered for one value: a file that sets a name
// thousands of times would take a time that grows with their square.
const maxLosers = 64

func (v Value) bare() Value {
	v.Losers = nil
	return v
}

// Definition is one definition that lost. Its value keeps its own trail and has no losers.
type Definition struct{ Value Value }

// At is the place of the definition itself: the last hop of its trail that lies in a file.
func (d Definition) At() pos.Span { return d.Value.Trail.At() }
