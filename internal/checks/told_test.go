package checks

import (
	"testing"

	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// TestConcealedIdentityComparesWithNothing: an account whose name looks like the key is
// concealed by the probe; it must not count as another account.
func TestConcealedIdentityComparesWithNothing(t *testing.T) {
	c := &Case{Verdict: verdict.Verdict{Identity: verdict.Identity{User: "u_1", Account: secret.Redacted, Tenant: "x" + secret.Redacted}}}
	if id := c.identity(); id.Account != "" || id.Tenant != "" || id.User != "u_1" {
		t.Errorf("got %+v", id)
	}
}
