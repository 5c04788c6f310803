// Package verdict says what an answer means for a key: which rungs it reached, why it
// stopped there, and whose key it is. It is pure: no network, no clock.
package verdict

import (
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

// Answer is what is known of one rung.
type Answer uint8

// The zero value is the one that claims nothing.
const (
	Unverified Answer = iota
	Pass
	Fail
)

// String gives the word of the JSON contract.
func (a Answer) String() string {
	return [...]string{"unverified", "pass", "fail"}[min(a, Fail)]
}

// Verdict is what became of one key at one API. The zero value is unverified.
type Verdict struct {
	Rungs    [provider.Rungs]Answer
	Reason   provider.Reason
	Says     string   // the vendor's meaning in one clause; for people, holds no text of the answer
	Causes   []string // of an ambiguous answer: what it may be
	Needs    string   // of a missing permission: which one
	AskOn    bool     // of an ambiguous answer: another site may know the key
	Ask      string   // of an ambiguous answer: the further request that may settle it
	Identity Identity
	Evidence Evidence

	// Unproven names the further requests that could not be verified, each with its reason.
	Unproven []string
	// Saved holds parts for the requests that follow, such as a token that was issued.
	Saved map[string]secret.Text

	// Elsewhere is set when this environment's API rejected the key and the API of
	// another environment accepted it.
	Elsewhere *Elsewhere
	// Open says that the API accepted a random key too, so its answer proves nothing.
	Open bool
	// Doubt says why it could not be told whether the API checks keys at all: the control
	// request, with a random key, came to nothing. Empty when it was refused, when none
	// was wanted, and when Open is set. The rungs stay as the answer to the real key set them.
	// It tells of an accepted key's further requests, too, that came to nothing: see Unproven.
	Doubt string

	// Asked lists every request that the verdict rests on, in order, the first one included.
	Asked []Asked
	// Hint is the key as the vendor itself shows it in a list of keys: its fixed beginning and
	// a few characters of its end. Empty unless a vendor of the catalogue showed it.
	Hint string
	// ControlKey is what became of a key that is known to be good, at the same host. It is
	// nil when there is none and when the verdict needed none. It is another thing than the
	// control request with a random key: see Open.
	ControlKey *ControlKey
}

// Asked is one request among those of a verdict.
type Asked struct {
	What        AskedFor
	Step        string // of a further request: its name
	Environment string // of another environment's host: which one
	Reason      provider.Reason
	Evidence    Evidence
}

// AskedFor is what a request was for.
type AskedFor string

// What requests are for.
const (
	AskedKey            AskedFor = "key"             // the key, where it belongs
	AskedStep           AskedFor = "step"            // a further request about the key
	AskedElsewhere      AskedFor = "elsewhere"       // the key, at another environment's host
	AskedControlRequest AskedFor = "control-request" // the same request with a random key
)

// ControlState is what a control key tells.
type ControlState string

// The states of a control key.
const (
	ControlPassed     ControlState = "passed"     // the host accepts it
	ControlFailed     ControlState = "failed"     // the vendor's own words refuse it
	ControlUnverified ControlState = "unverified" // it could not be verified either
	ControlAbsent     ControlState = "absent"     // its variable is not set
)

// ControlKey is what became of a key that is known to be good.
type ControlKey struct {
	State    ControlState
	Variable string // of keyfit's own process, which holds it
	Reason   provider.Reason
	Says     string
	Evidence Evidence
}

// Elsewhere is the environment whose API accepts a key that its own one rejects.
type Elsewhere struct {
	Environment string
	Identity    Identity
	Evidence    Evidence
}

// Identity is whose key it is, as far as the API told. Empty fields were not told.
// No field ever holds a form of the key: the probe takes those out.
type Identity struct {
	User, Name, Kind string
	Active           *bool
	Tenant, Account  string
	Mode             string // "test", "live", or the vendor's own word
	Scopes           []string
	Expires, Created time.Time
	Endless          bool // the answer says that the key never expires
	Admin            bool
}

// IsZero reports whether nothing was told.
func (i Identity) IsZero() bool {
	return i.User == "" && i.Name == "" && i.Kind == "" && i.Active == nil && i.Tenant == "" &&
		i.Account == "" && i.Mode == "" && len(i.Scopes) == 0 && i.Expires.IsZero() && i.Created.IsZero() && !i.Endless && !i.Admin
}

// Evidence is what was asked and answered, without anything secret.
type Evidence struct {
	Method, Host, Path string
	Status             int
	Code               string
	RequestID          string
	Attempts           int
	Duration           time.Duration
	At                 time.Time
	// RetryAfter is how long the vendor asks to wait; zero when it does not say.
	RetryAfter time.Duration
	// Failure says in words what went wrong when no answer came; never holds a URL's
	// query or any form of the key.
	Failure string
}
