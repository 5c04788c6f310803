package provider

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/secret"
)

func legacyKey(ref string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(`{"iss":"supabase","ref":"`+ref+`","role":"anon","exp":2000000000}`)) + ".CANARY"
}

// TestTenants: where the keys of the catalogue's vendors with several hosts are asked. The first
// is the key's own, the others follow when that one rejects it.
func TestTenants(t *testing.T) {
	const staging, production = "stagingstagingstagin", "productionproduction"
	for _, c := range []struct {
		id, environment string
		given           map[string]string
		want            string
	}{
		{"supabase", "staging", map[string]string{KeyPart: legacyKey(staging)}, "https://" + staging + ".supabase.co"},
		{"supabase", "staging", map[string]string{KeyPart: legacyKey(production), "host": "https://" + staging + ".supabase.co/"},
			"https://" + staging + ".supabase.co https://" + production + ".supabase.co"},
		{"supabase", "staging", map[string]string{KeyPart: "sb_secret_CANARY", "host": "https://" + staging + ".supabase.co"}, "https://" + staging + ".supabase.co"},
		{"supabase", "staging", map[string]string{KeyPart: "sb_secret_CANARY", "host": "https://db.example.com"}, "needs $project"},
		{"supabase", "staging", map[string]string{KeyPart: "sb_secret_CANARY", "host": "https://evil.example/stagingstagingstagin.supabase.co"}, "needs $project"},
		{"supabase", "staging", map[string]string{KeyPart: legacyKey("a.evil.example/x")}, ""},
		{"shopify", "staging", map[string]string{"shop": "acme"}, "https://acme.myshopify.com"},
		{"shopify", "staging", map[string]string{"shop": "acme.myshopify.com"}, "https://acme.myshopify.com"},
		{"shopify", "staging", map[string]string{"shop": "https://acme.myshopify.com/admin"}, "https://acme.myshopify.com"},
		{"shopify", "staging", map[string]string{"shop": "shop.acme.example"}, "needs $store"},
		{"shopify", "staging", nil, "needs $store"},
		{"algolia", "staging", map[string]string{"app_id": "ABCDEF1234"}, "https://ABCDEF1234.algolia.net"},
		{"algolia", "staging", map[string]string{"app_id": "evil.example/x"}, ""},
		{"jira", "staging", map[string]string{"url": "https://acme.atlassian.net/jira"}, "https://acme.atlassian.net"},
		{"jira", "staging", map[string]string{"url": "jira.acme.example"}, "needs $site"},
		{"jira", "staging", map[string]string{"url": "jira"}, "needs $site"}, // a host of one's own, and somebody else's site
		{"jira", "staging", map[string]string{"url": "https://acme.atlassian.net.evil.example"}, "needs $site"},
		{"jira", "staging", map[string]string{"url": "acme.atlassian.net", "cloud_id": "11111111-2222-3333-4444-555555555555"},
			"https://api.atlassian.com/ex/jira/11111111-2222-3333-4444-555555555555 https://acme.atlassian.net"},
		{"snyk", "staging", nil, "https://api.snyk.io https://api.us.snyk.io https://api.eu.snyk.io https://api.au.snyk.io"},
		{"snyk", "staging", map[string]string{"api": "https://api.eu.snyk.io/v1"}, "https://api.eu.snyk.io https://api.snyk.io https://api.us.snyk.io https://api.au.snyk.io"},
		{"plaid", "production", nil, "https://production.plaid.com https://sandbox.plaid.com"},
		{"plaid", "staging", nil, "https://sandbox.plaid.com https://production.plaid.com"},
		{"plaid", "staging", map[string]string{"mode": "production"}, "https://production.plaid.com https://sandbox.plaid.com"},
		{"adyen", "staging", map[string]string{"mode": "LIVE"}, "https://management-live.adyen.com https://management-test.adyen.com"},
		{"square", "staging", map[string]string{"mode": "sandbox"}, "https://connect.squareupsandbox.com https://connect.squareup.com"},
		{"braintree", "production", map[string]string{"mode": "Sandbox"}, "https://payments.sandbox.braintree-api.com https://payments.braintree-api.com"},
		{"launchdarkly", "production-eu", nil, "https://app.eu.launchdarkly.com https://app.launchdarkly.com https://app.launchdarkly.us"},
		{"segment", "staging", nil, "https://api.segmentapis.com https://eu1.api.segmentapis.com"},
	} {
		p, ok := Catalogue().Get(c.id)
		if !ok {
			t.Fatalf("%s is not in the catalogue", c.id)
		}
		bases := p.Bases(c.environment, "", p.PartsOf(c.given, time.Unix(0, 0)))
		var got []string
		for _, b := range bases {
			text := b.URL
			if len(b.Missing) > 0 {
				text = "needs " + strings.Join(b.Missing, " ")
			}
			if text != "" && (len(got) == 0 || !strings.Contains(strings.Join(got, " ")+" ", text+" ")) {
				got = append(got, text)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s %v: %s", c.id, len(c.given), diff)
		}
	}
}

// TestOwnPlace: where a key is asked about first, or not at all.
func TestOwnPlace(t *testing.T) {
	for _, c := range []struct{ id, role, text, want string }{
		{"openai", "base_url", "", "https://api.openai.com"},
		{"openai", "base_url", "https://eu.api.openai.com/v1", "https://eu.api.openai.com"},
		{"openai", "base_url", "https://gateway.example/v1", ""},
		{"openai", "base_url", "https://api.openai.com.gateway.example/v1", ""},
		{"openai", "base_url", "http://localhost:4000/v1", "needs $host"},
		{"anthropic", "base_url", "", "https://api.anthropic.com"},
		{"anthropic", "base_url", "https://api.anthropic.com/", "https://api.anthropic.com"},
		{"anthropic", "base_url", "https://gateway.example", ""},
		{"github", "host", "", "https://api.github.com"},
		{"github", "host", "https://api.github.com", "https://api.github.com"},
		{"github", "host", "github.com", "https://api.github.com"},
		{"github", "host", "acme.ghe.com", "https://api.acme.ghe.com"},
		{"github", "host", "https://api.acme.ghe.com", "https://api.acme.ghe.com"},
		{"github", "host", "https://github.acme.example/api/v3", ""},
		{"github", "host", "github.com.acme.example", ""},
		{"github", "host", "https://github.com", "https://api.github.com"}, // GITHUB_SERVER_URL
		{"github", "host", "https://github.acme.example", ""},
		{"sentry", KeyPart, "sntrys_" + inBase64(`{"url":"https://sentry.io","org":"acme"}`) + "_CANARY", "https://sentry.io"},
		{"sentry", KeyPart, "sntrys_" + inBase64(`{"url":"https://sentry.acme.example","org":"acme"}`) + "_CANARY", ""},
		{"sentry", KeyPart, "sntryu_CANARY", "https://sentry.io"},
		{"gcp-service-account", KeyPart, `{"universe_domain":"googleapis.com"}`, "https://www.googleapis.com"},
		{"gcp-service-account", KeyPart, `{"type":"service_account"}`, "https://www.googleapis.com"},
		{"gcp-service-account", KeyPart, `{"universe_domain":"apis-tpclp.example"}`, ""},
		{"aws", "region", "eu-west-1", "https://sts.us-east-1.amazonaws.com"},
		{"aws", "region", "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com"},
		{"aws", "region", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"},
		{"aws", "region", "eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu"},
	} {
		p, _ := Catalogue().Get(c.id)
		own := p.Bases("staging", "", p.PartsOf(map[string]string{c.role: c.text}, time.Unix(0, 0)))[0]
		got := own.URL
		if len(own.Missing) > 0 {
			got = "needs " + strings.Join(own.Missing, " ")
		}
		if got != c.want {
			t.Errorf("%s where %s is %q: got %q, want %q", c.id, c.role, c.text, got, c.want)
		}
	}
}

// TestTenantForms: keys of those vendors are told by their form or by the variable's name.
func TestTenantForms(t *testing.T) {
	hex, long := strings.Repeat("0a1b2c3d", 4), strings.Repeat("CANARY", 11)
	uuid := "0a1b2c3d-0a1b-2c3d-0a1b-2c3d0a1b2c3d"
	for _, k := range []struct {
		name, text     string
		provider, kind string
		want           Strength
	}{
		{"GITHUB_ENTERPRISE_TOKEN", "ghp_" + long[:36], "", "", NotRecognised},
		{"GH_ENTERPRISE_TOKEN", "ghp_" + long[:36], "", "", NotRecognised},
		{"SLACK_BOT_TOKEN", "xwfp-" + long, "slack", "workflow token", ByForm},
		{"OKTA_ACCESS_TOKEN", webToken(`{"alg":"RS256"}`, `{"iss":"https://acme.okta.com"}`), "okta", "OAuth access token", ByNameAndForm},
		{"X", "AQE" + long[:60] + "=-" + long[:43] + "=-CANARY#[;(1", "adyen", "API key", ByForm},
		{"X", "EAAA" + long[:60], "square", "access token", ByForm},
		{"SQUARE_ACCESS_TOKEN", "", "square", "", ByName},
		{"X", "access_token$sandbox$" + hex[:16] + "$" + hex, "braintree", "access token", ByForm},
		{"X", "access-sandbox-" + uuid, "plaid", "access token", ByForm},
		{"PLAID_SECRET", hex[:30], "plaid", "secret", ByNameAndForm},
		{"BRAINTREE_PRIVATE_KEY", hex, "braintree", "private key", ByNameAndForm},
		{"RAZORPAY_KEY_SECRET", "rzp_live_CANARY12345678", "razorpay", "key id", ByNameAndForm},
		{"RAZORPAY_KEY_ID", "rzp_live_CANARY12345678", "", "", NotRecognised},
		{"MOLLIE_API_KEY", "live_" + long[:30], "mollie", "API key", ByNameAndForm},
		{"MOLLIE_ACCESS_TOKEN", "access_" + long[:30], "mollie-organization", "access token", ByNameAndForm},
		{"X", "shpat_" + hex, "shopify", "access token", ByForm},
		{"X", "pat-eu1-" + uuid, "hubspot", "private app token", ByForm},
		{"HUBSPOT_API_KEY", uuid, "hubspot", "API key (hapikey)", ByNameAndForm},
		{"X", "sdk-" + uuid, "launchdarkly", "SDK key", ByForm},
		{"X", "api-" + uuid, "launchdarkly", "API access token", ByForm},
		{"X", legacyKey("ref"), "", "", NotRecognised},
		{"SUPABASE_SERVICE_ROLE_KEY", legacyKey("ref"), "supabase", "legacy anon key", ByNameAndForm},
		{"X", "sb_secret_" + long[:30], "supabase", "secret key", ByForm},
		{"SUPABASE_ACCESS_TOKEN", "sbp_" + hex + hex[:8], "supabase-management", "personal access token", ByForm},
		{"SNYK_TOKEN", uuid, "snyk", "API token", ByNameAndForm},
		{"ALGOLIA_ADMIN_API_KEY", hex, "algolia", "API key", ByNameAndForm},
		{"X", "ATATT3" + long, "jira", "API token", ByForm},
		{"X", "ATCTT3" + long, "", "", NotRecognised},
		{"ATLASSIAN_ORG_API_KEY", "ATCTT3" + long, "atlassian", "organisation API key", ByNameAndForm},
		{"X", "lin_api_" + long[:40], "linear", "API key", ByForm},
		{"X", "ntn_" + long[:46], "notion", "integration token", ByForm},
		{"NOTION_TOKEN", "secret_" + long[:43], "notion", "integration token (older form)", ByNameAndForm},
		{"X", "pat" + long[:14] + "." + hex + hex, "airtable", "personal access token", ByForm},
		{"X", "sgp_" + long[:64], "segment", "Public API token", ByForm},
	} {
		p, f, strength := Catalogue().Recognise(k.name, secret.New(k.text))
		id, kind := "", ""
		if p != nil {
			id = p.ID
		}
		if f != nil {
			kind = f.Kind
		}
		if id != k.provider || kind != k.kind || strength != k.want {
			t.Errorf("%s of %s: got %q %q %v, want %q %q %v", k.name, k.provider, id, kind, strength, k.provider, k.kind, k.want)
		}
	}
}
