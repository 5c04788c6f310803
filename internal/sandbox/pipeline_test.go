package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// contractProvider is the gateway as its user declares it.
const contractProvider = `
hosts: {staging: %q, production: %q}
probe:
  request:
    method: POST
    path: /path
    auth: {scheme: bearer}
    headers: {X-Tenant: "${TENANT_ID}"}
    json: {query: {userId: "${PAYMENT_USER_ID}"}}
  verdicts:
    - {when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}
    - {when: {status: 401, json: {$.error.code: key_unknown}}, reason: key_unknown}
    - {when: {status: 401, json: {$.error.code: key_revoked}}, reason: key_revoked}
    - {when: {status: 401, json: {$.error.code: key_expired}}, reason: key_expired}
    - {when: {status: 403, json: {$.error.code: user_missing}}, reason: owner_missing}
    - {when: {status: 403, json: {$.error.code: user_disabled}}, reason: owner_disabled}
    - {when: {status: 403, json: {$.error.code: {in: [tenant_mismatch, user_mismatch]}}}, reason: tenant_mismatch}
    - {when: {status: 403, json: {$.error.code: scope_missing}}, reason: scope_missing, needs: $.error.required}
  identity: {user: $.user.id, name: $.user.name, kind: $.user.kind, active: $.user.active, tenant: $.tenant_id, account: $.account, mode: $.mode, scopes: $.scopes, expires: $.expires_at}
  evidence: {code: $.error.code, request-id: $.request_id}
`

// TestProbeAgainstTheGateway climbs every rung over a real connection.
func TestProbeAgainstTheGateway(t *testing.T) {
	s := start(t)
	var p provider.Provider
	problems := strict.Decode("keyfit.yaml", fmt.Appendf(nil, contractProvider, s.URL("staging"), s.URL("production")), &p)
	for _, problem := range append(problems, p.Adopt("payments-gateway", pos.Span{}, provider.Catalogue())...) {
		t.Fatalf("%s %s", problem.At, problem.Message)
	}
	c, err := probe.New(probe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	type outcome struct {
		Reason                    provider.Reason
		Rungs, User, Needs, Other string
	}
	rows := []struct {
		key, tenant, user string
		want              outcome
	}{
		{"pgk_test_CANARY_0001", "acme-staging", "u_deploy", outcome{"ok", "ppppp", "u_deploy", "", ""}},
		{"pgk_test_CANARY_0001", "globex-staging", "u_deploy", outcome{"tenant_mismatch", "pp---", "u_deploy", "", ""}},
		{"pgk_test_CANARY_0001", "acme-staging", "u_alice", outcome{"tenant_mismatch", "pp---", "u_deploy", "", ""}},
		{"pgk_test_CANARY_0002", "acme-staging", "u_alice", outcome{"scope_missing", "ppppf", "u_alice", "payments:read", ""}},
		{"pgk_test_CANARY_0003", "acme-staging", "u_gone", outcome{"owner_missing", "ppf--", "", "", ""}},
		{"pgk_test_CANARY_0004", "acme-staging", "u_paused", outcome{"owner_disabled", "pppf-", "u_paused", "", ""}},
		{"pgk_test_CANARY_0005", "acme-staging", "u_deploy", outcome{"key_revoked", "pf---", "", "", ""}},
		{"pgk_test_CANARY_0006", "acme-staging", "u_deploy", outcome{"key_expired", "pf---", "", "", ""}},
		{"pgk_CANARY_nobody", "acme-staging", "u_deploy", outcome{"key_unknown", "pf---", "", "", ""}},
		// The other environment's API refuses the tenant that goes along, and by that
		// tells that it knows the key.
		{"pgk_live_CANARY_0001", "acme-staging", "u_live", outcome{"env_mismatch", "pf---", "", "", "production u_live acct_live"}},
		{"pgk_live_CANARY_0001", "acme", "u_live", outcome{"env_mismatch", "pf---", "", "", "production u_live acct_live"}},
	}
	var questions []probe.Question
	for _, row := range rows {
		questions = append(questions, probe.Question{
			Provider: &p, Environment: "staging", Key: secret.New(row.key),
			Variables: map[string]secret.Text{"TENANT_ID": secret.New(row.tenant), "PAYMENT_USER_ID": secret.New(row.user)},
		})
	}
	for i, v := range c.Ask(t.Context(), questions) {
		got := outcome{Reason: v.Reason, User: v.Identity.User, Needs: v.Needs}
		for _, rung := range v.Rungs {
			got.Rungs += map[string]string{"pass": "p", "fail": "f", "unverified": "-"}[rung.String()]
		}
		if e := v.Elsewhere; e != nil {
			got.Other = strings.Join([]string{e.Environment, e.Identity.User, e.Identity.Account}, " ")
		}
		if diff := cmp.Diff(rows[i].want, got); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
		if v.Open {
			t.Errorf("row %d: the gateway is said to be open", i)
		}
		data, _ := json.Marshal(v)
		if strings.Contains(string(data), "CANARY") {
			t.Errorf("row %d: the verdict holds a key", i)
		}
	}
	// One request for each of the eleven questions, and the control.
	if got := s.Count("staging"); got != 12 {
		t.Errorf("staging was asked %d times, want 12", got)
	}
	// The three unknown keys, and the control of the one that is known there.
	if got := s.Count("production"); got != 4 {
		t.Errorf("production was asked %d times, want 4", got)
	}
}
