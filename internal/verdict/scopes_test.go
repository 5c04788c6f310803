package verdict

import (
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
)

// TestRefusedScopeIsNotHeld: a refusal that repeats the scope that was asked for does not say
// that the key has it.
func TestRefusedScopeIsNotHeld(t *testing.T) {
	p := own(t, `extends: oauth2-client-credentials
hosts: {default: https://login.example.com}
probe:
  request: {path: /token}
  verdicts: [{when: {status: 400, json: {$.error: invalid_scope}}, reason: scope_missing, needs: $.scope}]
`)
	v := Judge(p, nil, Response{
		Status: 400, Header: map[string][]string{"Content-Type": {"application/json"}},
		Body: []byte(`{"error":"invalid_scope","error_description":"requested scope is not allowed","scope":"api:write"}`),
	})
	if v.Reason != provider.ScopeMissing || v.Needs != "api:write" || len(v.Identity.Scopes) != 0 {
		t.Errorf("%s needs %q, has %q", v.Reason, v.Needs, v.Identity.Scopes)
	}
}
