package probe

import (
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
)

func TestNoHostForTheEnvironment(t *testing.T) {
	for _, tt := range []struct{ hosts, want string }{
		{"{staging: https://a.example, production: https://b.example}", "staging and production"},
		{"{staging: https://a.example}", "staging"},
		{"{staging: https://a.example, qa: https://c.example, production: https://b.example}", "staging, qa and production"},
	} {
		q := ask(decodeProvider(t, "hosts: "+tt.hosts+gatewayRequest+gatewayRules))
		q.Environment = ""
		v := one(t, client(t, Options{Dial: noDial(t)}), q)
		wantReason(t, v, provider.NotProbeable)
		if want := `gateway declares no host for the environment "", only for ` + tt.want + " (say which with -e)"; v.Evidence.Failure != want {
			t.Errorf("failure is %q, want %q", v.Evidence.Failure, want)
		}
	}
}

func TestWhichVariableToSet(t *testing.T) {
	p := decodeProvider(t, `
hosts: {default: https://a.example}
parts: {account_id: {names: ["ACCOUNT_*", ACCOUNT_ID]}, other: {}}
probe:
  request: {path: "/v1/${PAYMENT_USER_ID}", auth: {scheme: bearer}, headers: {X-Tenant: "${TENANT_ID}", X-Account: $account_id, X-Other: $other}}`+gatewayRules)
	for _, tt := range []struct {
		parts, variables map[string]string
		want             string
	}{
		{map[string]string{"account_id": "a", "other": "o"}, map[string]string{"TENANT_ID": "t"}, "(set PAYMENT_USER_ID)"},
		{map[string]string{"account_id": "a", "other": "o"}, nil, "(set PAYMENT_USER_ID and TENANT_ID)"},
		{map[string]string{"other": "o"}, map[string]string{"TENANT_ID": "t", "PAYMENT_USER_ID": "u"}, "(set ACCOUNT_ID)"},
		{map[string]string{"account_id": "a"}, map[string]string{"TENANT_ID": "t", "PAYMENT_USER_ID": "u"}, "is not known"},
	} {
		v := one(t, client(t, Options{Dial: noDial(t)}), question(p, canary, tt.parts, tt.variables))
		wantReason(t, v, provider.Unresolved)
		if !strings.HasSuffix(v.Evidence.Failure, tt.want) {
			t.Errorf("failure is %q, want it to end in %q", v.Evidence.Failure, tt.want)
		}
	}
}
