package provider

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sited = `id: acme
name: Acme
docs: https://docs.example.com
forms:
  - {pattern: 'acme_live_[a-z]+', kind: key, mode: live}
  - {pattern: 'acme_[a-z]+', kind: key}
parts:
  region: {names: [ACME_REGION], optional: true}
  domain: {names: [ACME_DOMAIN], optional: true}
sites:
  - {name: live, url: 'https://api.example.com', mode: live}
  - {name: sandbox, url: 'https://sandbox.example.com', mode: test, environments: [staging, 'dev*']}
  - {name: eu, url: 'https://$region.example.com/v1', within: [example.com], when: {region: 'eu*'}}
  - {name: tenant, url: 'https://$domain', within: [example.com], when: {domain: '*'}}
probe:
  effect: read
  request: {path: /me, auth: {scheme: bearer}}
  verdicts:
    - {when: {status: 200, json: {$.id: {exists: true}}}, reason: ok}
verified: [{date: 2026-11-21, how: doc, source: "https://docs.example.com"}]
vectors: [{name: accepted, status: 200, body: '{"id":1}', reason: ok}]
`

func TestSites(t *testing.T) {
	p, problems := Load("acme.yaml", []byte(sited))
	if len(problems) > 0 {
		t.Fatal(said(problems))
	}
	for _, c := range []struct {
		name, environment, mode string
		parts                   map[string]string
		want                    string // names and URLs, the own one first
	}{
		{"production", "production", "", nil, "live=https://api.example.com sandbox=https://sandbox.example.com"},
		{"named environment", "dev-2", "", nil, "sandbox=https://sandbox.example.com live=https://api.example.com"},
		{"another environment", "qa", "", nil, "sandbox=https://sandbox.example.com live=https://api.example.com"},
		{"a live key in staging belongs to the live site", "staging", "live", nil, "live=https://api.example.com sandbox=https://sandbox.example.com"},
		{"a part chooses", "production", "", map[string]string{"region": "eu1"}, "eu=https://eu1.example.com/v1 live=https://api.example.com sandbox=https://sandbox.example.com"},
		{"another text of the part", "production", "", map[string]string{"region": "us1"}, "live=https://api.example.com sandbox=https://sandbox.example.com eu=https://us1.example.com/v1"},
		{"a whole host", "production", "", map[string]string{"domain": "https://shop.example.com/"}, "tenant=https://shop.example.com live=https://api.example.com sandbox=https://sandbox.example.com"},
		{"a host of another's", "production", "", map[string]string{"domain": "evil.test"}, "tenant= live=https://api.example.com sandbox=https://sandbox.example.com"},
		{"a host that only ends alike", "production", "", map[string]string{"domain": "evilexample.com"}, "tenant= live=https://api.example.com sandbox=https://sandbox.example.com"},
		{"a user before the host", "production", "", map[string]string{"domain": "a@evil.test#.example.com"}, "tenant= live=https://api.example.com sandbox=https://sandbox.example.com"},
		{"a port", "production", "", map[string]string{"domain": "a.example.com:8443"}, "tenant= live=https://api.example.com sandbox=https://sandbox.example.com"},
	} {
		var got []string
		for _, b := range p.Bases(c.environment, c.mode, func(role string) (string, bool) { return c.parts[role], c.parts[role] != "" }) {
			got = append(got, b.Name+"="+b.URL)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
	if diff := cmp.Diff([]string{"*.example.com", "api.example.com", "sandbox.example.com"}, p.Egress()); diff != "" {
		t.Errorf("egress (-want +got)\n%s", diff)
	}
}

func TestBadSitesAndSteps(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"hosts as well", "sites:", "hosts: {default: https://api.example.com}\nsites:", "there are `hosts` as well as `sites`"},
		{"http", "https://api.example.com", "http://api.example.com", "is http, which shows the key"},
		{"no domain", ", within: [example.com], when: {region", ", when: {region", "nothing says which domains are the vendor's"},
		{"a top level", "within: [example.com], when: {region", "within: [com], when: {region", "`within` holds something that is no domain"},
		{"a part that is not declared", "https://$region", "https://$zone", `needs the part "zone", which is not declared`},
		{"variable", "https://$domain", "https://${DOMAIN}.$domain", "is not a base URL with parts in it"},
		{"step without a rule that accepts", "verified:", "  then: [{id: owner, request: {path: /o, auth: {scheme: none}}, verdicts: [{when: {status: 404}, reason: ambiguous, causes: [a]}]}]\nverified:", "no rule has the reason ok"},
		{"two steps of one name", "verified:", "  then: [{id: a, request: {path: /o, auth: {scheme: none}}, verdicts: [{when: {status: 200}, reason: ok}]}, {id: a, request: {path: /o, auth: {scheme: none}}, verdicts: [{when: {status: 200}, reason: ok}]}]\nverified:", "step 2 has no name of its own"},
		{"step of a kind that is none", "verified:", "  then: [{id: a, kinds: [admin], request: {path: /o, auth: {scheme: none}}, verdicts: [{when: {status: 200}, reason: ok}]}]\nverified:", "is for keys of a kind that no form has"},
		{"part that nothing saved", "verified:", "  then: [{id: a, request: {path: /$token, auth: {scheme: none}}, verdicts: [{when: {status: 200}, reason: ok}]}]\nverified:", `needs the part "token", which is not declared`},
		{"pick without a way", "verified:", "  then: [{id: a, pick: {list: $.data}, request: {path: /o, auth: {scheme: none}}, verdicts: [{when: {status: 200}, reason: ok}]}]\nverified:", "`pick` does not say which item it takes"},
		{"two ways to derive", "region: {names: [ACME_REGION], optional: true}", "region: {derive: {claim: a, aws-account: true}, optional: true}", "is made in 2 ways, expected one"},
		{"derived of nothing", "region: {names: [ACME_REGION], optional: true}", "region: {derive: {from: other, claim: a}, optional: true}", "is made of one that is not declared"},
	} {
		text := strings.Replace(sited, c.old, c.new, 1)
		if text == sited {
			t.Fatalf("%s: the change does not apply", c.name)
		}
		if _, problems := Load("acme.yaml", []byte(text)); !strings.Contains(said(problems), c.want) {
			t.Errorf("%s: %s", c.name, said(problems))
		}
	}
}
