package provider

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHostedByTheUser: every provider without a host of its own can be extended with one,
// and then asks what the catalogue says.
func TestHostedByTheUser(t *testing.T) {
	for _, base := range Catalogue().All() {
		if len(base.Hosts)+len(base.Sites) > 0 || base.Probe.Wire != "" {
			continue
		}
		text := "extends: " + base.ID + "\nhosts: {default: 'https://api.example.com'}\n"
		if base.Probe.Request.Path == "" { // left to the user as well
			text += "probe: {request: {path: /ask}}\n"
		}
		p, problems := own(t, "mine", text)
		if len(problems) > 0 {
			t.Errorf("%s: %s", base.ID, said(problems))
			continue
		}
		r, from := &p.Probe.Request, &base.Probe.Request
		if r.Method != from.Method || r.Retry != from.Retry || !cmp.Equal(r.Form, from.Form) || !cmp.Equal(r.JSON, from.JSON) || !cmp.Equal(r.Query, from.Query) {
			t.Errorf("%s: asks %s %v instead of %s %v", base.ID, r.Method, r.Form, from.Method, from.Form)
		}
		if len(p.Probe.Then) != len(base.Probe.Then) || len(p.Probe.Save) != len(base.Probe.Save) {
			t.Errorf("%s: the further requests are lost", base.ID)
		}
	}
}

// TestAnotherPathIsAnotherQuestion: what the catalogue asks at one path is not asked at another.
func TestAnotherPathIsAnotherQuestion(t *testing.T) {
	p, problems := own(t, "mine", "extends: rabbitmq-management\nhosts: {default: 'https://mq.example.com'}\nprobe: {request: {path: /api/overview}}\n")
	if len(problems) > 0 {
		t.Fatal(said(problems))
	}
	if r := &p.Probe.Request; r.Method != "GET" || len(r.Form) > 0 || len(p.Probe.Then) > 0 || r.Retry != "never" {
		t.Errorf("request %+v, %d further", r, len(p.Probe.Then))
	}
}

const described = `
extends: oauth2-client-credentials
hosts: {default: https://op.example.com}
probe:
  request: {path: /token}
  save: {token: $.access_token}
  then:
    - id: introspection
      effect: read
      request: {method: POST, path: /token/introspection, auth: {scheme: basic, user: $client_id}, form: {token: $token}}
      verdicts: [{when: {status: 200, json: {$.active: true}}, reason: ok}]
      identity: {user: $.client_id, name: $.username, tenant: $.iss, scopes: $.scope}
`

// TestIntrospectionAfterTheToken is what the notes of the generic provider say.
func TestIntrospectionAfterTheToken(t *testing.T) {
	p, problems := own(t, "mine", described)
	if len(problems) > 0 {
		t.Fatal(said(problems))
	}
	if p.Probe.Request.Method != "POST" || p.Probe.Request.Form["grant_type"] != "client_credentials" || len(p.Chain(nil)) != 2 {
		t.Errorf("request %+v", p.Probe.Request)
	}
}
