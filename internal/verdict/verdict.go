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
	Identity Identity
	Evidence Evidence

	// Unproven names the further requests that could not be verified.
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
	Doubt string
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
	Admin            bool
}

// IsZero reports whether nothing was told.
func (i Identity) IsZero() bool {
	return i.User == "" && i.Name == "" && i.Kind == "" && i.Active == nil && i.Tenant == "" &&
		i.Account == "" && i.Mode == "" && len(i.Scopes) == 0 && i.Expires.IsZero() && i.Created.IsZero() && !i.Admin
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
