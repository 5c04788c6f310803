package checks

import (
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

const tellingYAML = `
id: telling
hosts: {staging: https://pay.staging.example.com}
probe:
  request: {path: /whoami}
  verdicts: [{when: {status: 200}, reason: ok}]
  identity:
    user: $.user.id
    kind: $.user.kind
    tenant: $.tenantid
    account: [$.account, {header: X-Account}]
    mode: $.mode
    scopes: $.scopes
    expires: $.expires_at
`

// telling is one's own API that says where its answers tell everything, custom or of the catalogue.
func telling(custom bool) option {
	p := parseProvider(tellingYAML)
	p.Custom = custom
	return by(p)
}

// expectationRows: what is expected of a key and not told is never a pass.
func expectationRows() []row {
	plain := receives(dotenv(".env.staging", 3, plainKey))
	everything := config.Expect{
		Mode: "test", Account: "acct", Tenant: "acme", User: "u_7", Owner: "service", Kind: "secret key",
		Scopes: []string{"charges:write", "refunds:write"}, ExpiresAfter: provider.Duration(14 * 24 * time.Hour),
	}
	own := func(e config.Expect, id verdict.Identity, more ...option) []option {
		return append([]option{telling(true), plain, answered(provider.OK), expects(e), whose(id)}, more...)
	}
	listed := func(e config.Expect, id verdict.Identity, more ...option) []option {
		return append([]option{telling(false), plain, answered(provider.OK), expects(e), whose(id)}, more...)
	}
	tenant, owner, person := config.Expect{Tenant: "acme"}, config.Expect{Owner: "service"}, config.Expect{Owner: "person"}
	ends := config.Expect{ExpiresAfter: provider.Duration(14 * 24 * time.Hour)}
	unproven := func(c *Case) { c.Verdict.Unproven = []string{"owner (rate_limited, HTTP 429)"} }
	service := &config.File{Policy: config.Policy{Owner: "service"}}
	return []row{
		one("expected: everything, and nothing is told", "K401", own(everything, verdict.Identity{})...),
		one("expected: everything, of an API that names no place", "K401", by(gateway()), plain, answered(provider.OK), expects(everything)),
		one("expected: everything, of an API of the catalogue", "K401", listed(everything, verdict.Identity{})...),
		one("expected: what the form of the key tells", "", answered(provider.OK), expects(config.Expect{Mode: "test", Kind: "secret key"})),
		one("expected: everything is told", "", own(config.Expect{
			Mode: "test", Account: "acct", Tenant: "acme", User: "u_7", Owner: "service", Scopes: []string{"a"}, ExpiresAfter: ends.ExpiresAfter,
		}, verdict.Identity{
			Mode: "TEST", Account: "acct", Tenant: "acme", User: "u_7", Kind: "service_account", Scopes: []string{"a"}, Expires: now.AddDate(1, 0, 0),
		})...),
		one("expected: one is told and wrong, one is not told", "K204 K401", own(config.Expect{Tenant: "acme", Account: "acct"}, verdict.Identity{Tenant: "globex"})...),
		one("expected: what had to be concealed is not told", "K401", own(tenant, verdict.Identity{Tenant: "x" + secret.Redacted})...),
		one("expected: a further request came to nothing", "K401", listed(tenant, verdict.Identity{}, unproven)...),
		one("expected: nothing is asked offline", "", telling(true), plain, answered(provider.Offline), expects(everything)),
		one("expected: of a refused key it does not matter", "K302", telling(true), plain, answered(provider.KeyRevoked), expects(everything)),
		one("expected: what could not be asked is told once", "K401", telling(true), plain, answered(provider.RateLimited), expects(everything)),
		one("expected: an open endpoint tells nothing at all", "K310", telling(true), plain, answered(provider.OK), expects(everything), acceptsAnything),
		one("mode: the answer's own word names neither", "K401", own(config.Expect{Mode: "live"}, verdict.Identity{Mode: "sandbox"})...),
		one("owner: one's own word names neither", "K401", own(owner, verdict.Identity{Kind: "customer"})...),
		one("owner: a word that the catalogue leaves is no person's", "", listed(owner, verdict.Identity{Kind: "IAM user"})...),
		one("owner: and no machine's", "K401", listed(person, verdict.Identity{Kind: "IAM user"})...),
		one("owner: a service's key where a person's is expected", "K204", own(person, verdict.Identity{Name: "ci", Kind: "service"})...),
		one("owner: so by its form", "K204", own(person, verdict.Identity{}, func(c *Case) { c.Slot.Form = &provider.Form{Kind: "key", Principal: "service"} })...),
		one("owner: a person's key, as expected", "", own(person, verdict.Identity{Name: "Jane Doe", Kind: "user"})...),
		all("owner: the policy is lenient where nothing is told", "", service, key(own(config.Expect{}, verdict.Identity{})...)),
		one("expiry: the answer says that there is none", "", own(ends, verdict.Identity{Endless: true})...),
		one("expiry: the catalogue's leave out what never comes", "", listed(ends, verdict.Identity{})...),
		one("expiry: unless the request that tells it came to nothing", "K401", listed(ends, verdict.Identity{}, unproven)...),
	}
}

// TestUnconfirmedScopes: the report takes the rung authorised back by this field.
func TestUnconfirmedScopes(t *testing.T) {
	c := key(answered(provider.OK), expects(config.Expect{Scopes: []string{"a"}}))
	run(nil, c)
	if list := c.Unconfirmed(); len(list) != 1 || list[0].Field != ExpectsScopes {
		t.Errorf("got %+v", list)
	}
}
