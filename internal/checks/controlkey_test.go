package checks

import (
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// What a control key tells is added to a finding; it changes neither whether one fires nor how
// much it weighs.
func TestControlKey(t *testing.T) {
	asked := verdict.Evidence{Attempts: 1, Host: "api.example.com", Status: 200}
	for name, tt := range map[string]struct {
		reason  provider.Reason // of the deploy's key
		control verdict.ControlKey
		id      string
		want    string
		fix     string
	}{
		"refused, control passes":       {provider.KeyUnknown, verdict.ControlKey{State: verdict.ControlPassed, Reason: provider.OK, Evidence: asked}, "K301", "passes at the same host: this key is to blame, and neither the network nor the host", ""},
		"refused, control refused":      {provider.KeyUnknown, verdict.ControlKey{State: verdict.ControlFailed, Reason: provider.KeyRevoked, Evidence: asked}, "K301", "is refused as well (key_revoked)", "both keys are refused"},
		"refused, control does not fit": {provider.KeyUnknown, verdict.ControlKey{State: verdict.ControlFailed, Reason: provider.TenantMismatch, Evidence: asked}, "K301", "tells only that the host answers", "of the same tenant"},
		"refused, control unverified":   {provider.KeyRevoked, verdict.ControlKey{State: verdict.ControlUnverified, Reason: provider.RateLimited, Evidence: asked}, "K302", "could not be verified there (rate_limited), so this rests on the vendor's words", ""},
		"doubt, control passes":         {provider.AmbiguousCause, verdict.ControlKey{State: verdict.ControlPassed, Reason: provider.OK, Evidence: asked}, "K401", "this key is to blame", "look at this key first"},
		"outage, control passes":        {provider.NetworkTimeout, verdict.ControlKey{State: verdict.ControlPassed, Reason: provider.OK, Evidence: asked}, "K401", "the fault has passed by now", "run the check again"},
		"doubt, control refused":        {provider.AmbiguousCause, verdict.ControlKey{State: verdict.ControlFailed, Reason: provider.KeyExpired, Evidence: asked}, "K401", "cannot tell the key from the way", "put a key that is good"},
		"doubt, control unverified":     {provider.ProviderDown, verdict.ControlKey{State: verdict.ControlUnverified, Reason: provider.ProviderDown, Evidence: asked}, "K401", "could not be verified there either", ""},
		"control absent":                {provider.KeyUnknown, verdict.ControlKey{State: verdict.ControlAbsent, Reason: provider.Unresolved}, "K301", "could not be asked: the variable is not set", `set "CONTROL_KEY"`},
		"control not asked":             {provider.KeyUnknown, verdict.ControlKey{State: verdict.ControlUnverified, Reason: provider.NotProbeable}, "K301", "was not asked (not_probeable)", "another known good key"},
	} {
		t.Run(name, func(t *testing.T) {
			refused := func(c *Case) {
				c.Verdict.Reason = tt.reason
				tt.control.Variable = "CONTROL_KEY"
				c.Verdict.ControlKey = &tt.control
			}
			without := Judge(one("", "", func(c *Case) { c.Verdict.Reason = tt.reason }).run).Findings
			found := Judge(one("", "", refused).run).Findings
			if len(found) != 1 || len(without) != 1 || found[0].ID != tt.id || found[0].Severity != without[0].Severity {
				t.Fatalf("found %+v, and without a control key %+v", found, without)
			}
			if !strings.HasPrefix(found[0].Message, without[0].Message+"; the control key in \"CONTROL_KEY\" ") || !strings.Contains(found[0].Message, tt.want) {
				t.Errorf("it says %q", found[0].Message)
			}
			if !strings.Contains(found[0].Fix, tt.fix) || !strings.HasPrefix(found[0].Fix, without[0].Fix) {
				t.Errorf("its fix is %q", found[0].Fix)
			}
		})
	}
}
