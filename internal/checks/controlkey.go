package checks

import (
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/strict"
	"github.com/keyfit/keyfit/internal/verdict"
)

// restsOnAnswer lists the findings that rest on what the API answered, or failed to: what a
// control key tells belongs to them.
func restsOnAnswer(id string) bool {
	return slices.Contains([]string{idUnverified, "K203", "K204", "K205", "K301", "K302", "K303", "K304", "K305", "K306", "K307"}, id)
}

// withControlKey adds to a finding what the control key tells. It changes neither whether the
// finding fires nor how much it weighs: a key that the vendor refused stays refused, and one
// that could not be verified stays unverified.
func (c *Case) withControlKey(f Finding) Finding {
	k := c.Verdict.ControlKey
	if k == nil || !restsOnAnswer(f.ID) {
		return f
	}
	message, fix := tellControlKey(k, f.ID == idUnverified, c.Verdict.Reason)
	f.Message += "; " + message
	if fix != "" {
		f.Fix += "; " + fix
	}
	return f
}

// tellControlKey says what a control key tells about a key that was refused, or of which doubt
// is left, and what to do about it.
func tellControlKey(k *verdict.ControlKey, doubtful bool, reason provider.Reason) (message, fix string) {
	name := "the control key in " + strict.Name(k.Variable)
	why := string(k.Reason)
	if k.Evidence.Failure != "" {
		why += ": " + k.Evidence.Failure
	}
	switch {
	case k.State == verdict.ControlAbsent:
		return name + " could not be asked: the variable is not set", fmt.Sprintf("set %s in this job to tell the key from the way to its host", strict.Name(k.Variable))
	case k.Evidence.Attempts == 0:
		return fmt.Sprintf("%s was not asked (%s)", name, why), "name another known good key of the same host under `control`"
	case k.State == verdict.ControlFailed && k.Reason.Class() == provider.Misfit:
		return fmt.Sprintf("%s is known there and does not fit what goes along with it (%s): it tells only that the host answers", name, why), "name a control key of the same tenant, account and mode"
	case k.State == verdict.ControlPassed && !doubtful:
		return name + " passes at the same host: this key is to blame, and neither the network nor the host", ""
	case k.State == verdict.ControlPassed && passes(reason):
		return name + " passes at the same host: the fault has passed by now, or strikes this key alone", "run the check again; if it stays so, this key is to blame"
	case k.State == verdict.ControlPassed:
		return name + " passes at the same host: this key is to blame, and neither the network nor the host", "look at this key first: its limits, its allow-list, its account"
	case k.State == verdict.ControlFailed && !doubtful:
		return fmt.Sprintf("%s is refused as well (%s)", name, why), "both keys are refused: look whether the host is the right one and whether both were replaced, before you change one key"
	case k.State == verdict.ControlFailed:
		return fmt.Sprintf("%s is refused there (%s), so it cannot tell the key from the way", name, why), "put a key that is good into " + strict.Name(k.Variable)
	case !doubtful:
		return fmt.Sprintf("%s could not be verified there (%s), so this rests on the vendor's words about this key alone", name, why), ""
	}
	return fmt.Sprintf("%s could not be verified there either (%s): the network, the host or how its answer is read is to blame rather than this key", name, why), ""
}

// passes reports whether a reason speaks of a state that may pass by itself.
func passes(reason provider.Reason) bool {
	switch reason {
	case provider.NetworkDNS, provider.NetworkConnect, provider.NetworkTLS, provider.NetworkProxy, provider.NetworkTimeout, provider.ProviderDown:
		return true
	}
	return false
}
