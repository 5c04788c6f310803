package probe

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// madeJWT is a token with these claims and no sound signature.
func madeJWT(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("CANARY signature"))
}

// TestHostedProviders asks servers that people host themselves, each with all of its requests,
// as the catalogue has them.
func TestHostedProviders(t *testing.T) {
	const denied = `{"error":"etcdserver: permission denied","message":"etcdserver: permission denied","code":7}`
	for _, c := range []struct {
		name, base, key string
		more            string // of the provider's own file
		parts           map[string]string
		table           map[string]string
		reason          provider.Reason
		told            string // user, tenant, account
		expires         string
		asked           []string
	}{
		{
			name: "a service account of Kubernetes", base: "kubernetes-token",
			key:    madeJWT(`{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:shop:api","exp":1800000000}`),
			more:   "parts: {namespace: {default: shop}, verb: {default: get}, resource: {default: secrets}}\n",
			reason: provider.OK, told: "system:serviceaccount:shop:api shop https://kubernetes.default.svc", expires: "2027-01-15T08:00:00Z",
			table: map[string]string{
				"/apis/authentication.k8s.io/v1/selfsubjectreviews":      `201 {"kind":"SelfSubjectReview","status":{"userInfo":{"username":"system:serviceaccount:shop:api"}}}`,
				"/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": `201 {"kind":"SelfSubjectAccessReview","status":{"allowed":true}}`,
			},
			asked: []string{"/apis/authentication.k8s.io/v1/selfsubjectreviews", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"},
		},
		{
			name: "no resource is named", base: "kubernetes-token", key: "CANARY-static-token",
			reason: provider.OK, told: "dev",
			table: map[string]string{"/apis/authentication.k8s.io/v1/selfsubjectreviews": `201 {"kind":"SelfSubjectReview","status":{"userInfo":{"username":"dev"}}}`},
			asked: []string{"/apis/authentication.k8s.io/v1/selfsubjectreviews"},
		},
		{
			name: "a client of Keycloak", base: "keycloak", key: "CANARY-client-secret",
			parts: map[string]string{"realm": "acme", "client_id": "svc"}, reason: provider.OK, told: "svc acme",
			table: map[string]string{
				"/realms/acme/protocol/openid-connect/token":            `200 {"access_token":"tok_CANARY_0123456789","token_type":"Bearer"}`,
				"/realms/acme/protocol/openid-connect/token/introspect": `200 {"active":true,"sub":"7c1e","client_id":"svc","iss":"https://sso.example.com/realms/acme"}`,
			},
			asked: []string{"/realms/acme/protocol/openid-connect/token", "/realms/acme/protocol/openid-connect/token/introspect"},
		},
		{
			name: "the virtual host with a slash", base: "rabbitmq-management", key: "CANARY-password",
			parts: map[string]string{"user": "alice", "vhost": "/"}, reason: provider.ResourceNotGranted, told: "alice /",
			table: map[string]string{
				"/api/whoami":   `200 {"name":"alice","tags":["management"]}`,
				"/api/queues//": `401 {"error":"not_authorised","reason":"User not authorised to access virtual host"}`,
			},
			asked: []string{"/api/whoami", "/api/queues//"},
		},
		{
			name: "a key of etcd outside the role", base: "etcd", key: "CANARY-password",
			more: "parts: {probe_key: {default: L2FwcC94}}\n", parts: map[string]string{"user": "alice"}, reason: provider.ResourceNotGranted, told: "alice 1",
			table: map[string]string{"/v3/auth/authenticate": `200 {"header":{"cluster_id":"1"},"token":"tok_CANARY_0123456789"}`, "/v3/kv/range": "403 " + denied},
			asked: []string{"/v3/auth/authenticate", "/v3/kv/range"},
		},
		{
			name: "a bucket that is not there", base: "minio", key: "CANARYsecret0123",
			parts: map[string]string{"id": "alice", "bucket": "team-a"}, reason: provider.TenantMismatch, told: "alice team-a",
			table: map[string]string{"/": `200 <ListAllMyBucketsResult></ListAllMyBucketsResult>`, "/team-a": `404 <Error><Code>NoSuchBucket</Code></Error>`},
			asked: []string{"/", "/team-a"},
		},
		{
			name: "a token of Vault in a namespace", base: "vault", key: "hvs.CANARY0123456789abcdefgh",
			parts: map[string]string{"namespace": "team-a"}, reason: provider.OK, told: "e-1 team-a", expires: "2027-01-15T08:00:00Z",
			table: map[string]string{"/v1/auth/token/lookup-self": `200 {"data":{"accessor":"a","entity_id":"e-1","policies":["default"],"expire_time":"2027-01-15T08:00:00Z"}}`},
			asked: []string{"/v1/auth/token/lookup-self"},
		},
		{
			name: "a token that tells its own end", base: "jwt", key: madeJWT(`{"iss":"https://op.example.com","sub":"svc","aud":"api","exp":1800000000}`),
			more: "probe: {control: never, request: {path: /orders}}\n", reason: provider.OK, told: "svc https://op.example.com https://op.example.com", expires: "2027-01-15T08:00:00Z",
			table: map[string]string{"/orders": `200 {"orders":[]}`}, asked: []string{"/orders"},
		},
		{
			name: "a token of Grafana Cloud that may not look", base: "grafana-cloud",
			key:    "glc_" + base64.StdEncoding.EncodeToString([]byte(`{"o":"123","n":"deploy","k":"CANARYCANARY","m":{"r":"eu"}}`)),
			reason: provider.OK, told: "123",
			table: map[string]string{"/api/v1/tokens": `401 {"code":"Unauthorized","message":"access policy missing required scope [accesspolicies:read], received [logs:read]"}`},
			asked: []string{"/api/v1/tokens", "/api/v1/tokens"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := table(t, c.table)
			text := "extends: " + c.base + "\n" + hostsYAML(map[string]string{"default": server.URL}) + c.more
			if !strings.Contains(c.more, "probe:") {
				text += "probe: {control: never, request: {}}\n"
			}
			parts := map[string]secret.Text{}
			for role, part := range c.parts {
				parts[role] = secret.New(part)
			}
			v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: decodeProvider(t, text), Environment: "staging", Key: secret.New(c.key), Parts: parts}})[0]
			if v.Reason != c.reason || whose(v) != c.told {
				t.Errorf("%s, told %q; %s", v.Reason, whose(v), v.Evidence.Failure)
			}
			if end := v.Identity.Expires; c.expires != "" && end.Format("2006-01-02T15:04:05Z") != c.expires {
				t.Errorf("ends %s", end)
			}
			var asked []string
			for _, line := range server.asked {
				path, _, _ := strings.Cut(line, " ")
				asked = append(asked, path)
			}
			if diff := cmp.Diff(c.asked, asked); diff != "" {
				t.Errorf("asked (-want +got)\n%s", diff)
			}
		})
	}
}

func whose(v verdict.Verdict) string {
	told := []string{v.Identity.User, v.Identity.Tenant, v.Identity.Account}
	return strings.Join(slices.DeleteFunc(told, func(text string) bool { return text == "" }), " ")
}

// TestSharedFormIsNotSent: where several vendors' keys look alike, a name that says nothing sends none.
func TestSharedFormIsNotSent(t *testing.T) {
	key := secret.New("sk_live_CANARY0123456789abcdef0")
	p, form, _ := provider.Catalogue().Recognise("PAYMENT_SECRET", key)
	v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: p, Form: form, Environment: "production", Key: key}})[0]
	if v.Reason != provider.NotProbeable || v.Evidence.Attempts != 0 || !strings.Contains(v.Says, "`provider: stripe`") {
		t.Errorf("%s after %d attempts: %s", v.Reason, v.Evidence.Attempts, v.Says)
	}
}
