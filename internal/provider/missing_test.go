package provider

import (
	"regexp"
	"testing"
)

// absence is what vendors say to a request that brought no key.
var absence = regexp.MustCompile(`(?i)\bmissing\b|\brequired\b|not (?:been )?(?:provided|supplied|found in)|(?:were|was) supplied|no (?:api )?(?:key|token|credentials)\b|^\{"message":"(?:401:? )?unauthori[sz]ed"|"access denied"|unable to authenticate`)

// TestNoKeyIsNoUnknownKey: words that fit a request whose key was lost on the way do not
// call the key unknown, revoked or expired.
func TestNoKeyIsNoUnknownKey(t *testing.T) {
	c, vectors := Catalogue(), 0
	for _, id := range c.IDs() {
		data, _ := c.Source(id)
		p, _ := Load(id+".yaml", data)
		for _, v := range p.Vectors {
			switch v.Reason {
			case KeyUnknown, KeyRevoked, KeyExpired:
				vectors++
				if absence.MatchString(v.Body) {
					t.Errorf("%s: the answer of %q is %s, and may be one to a request without a key", id, v.Name, v.Reason)
				}
			}
		}
	}
	if vectors < 50 {
		t.Errorf("only %d refusals were looked at", vectors)
	}
}
