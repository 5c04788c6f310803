package probe

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
	"github.com/keyfit/keyfit/internal/verdict"
)

// tokenSpec exchanges a client's secret for a token, asks with it who the client is, and with an
// administrator's key for the key's owner.
const tokenSpec = `
parts:
  client_id: {names: [CLIENT_ID]}
  admin: {admin: true, secret: true, optional: true}
probe:
  effect: issues-token
  request:
    method: POST
    path: /token
    auth: {form: client_secret}
    form: {grant_type: client_credentials, client_id: $client_id}
  verdicts:
    - {when: {status: 200, json: {$.access_token: {exists: true}}}, reason: ok, proves: [known]}
    - {when: {status: 401, json: {$.error: invalid_client}}, reason: key_unknown}
  save: {token: $.access_token}
  control: never
  then:
    - id: who
      effect: read
      request: {path: /me, headers: {Authorization: "Bearer $token"}, auth: {scheme: none}}
      verdicts:
        - {when: {status: 200, json: {$.sub: {exists: true}}}, reason: ok, proves: [linked]}
        - {when: {status: 403, json: {$.error: disabled}}, reason: owner_disabled}
      identity: {user: $.sub, name: $.echo}
    - id: owner
      optional: true
      effect: read
      request: {path: /keys, headers: {X-Admin: $admin}, auth: {scheme: none}}
      pick: {list: $.data, hint: $.hint}
      verdicts:
        - {when: {status: 200, picked: true, json: {$.status: active}}, reason: ok, proves: [active]}
        - {when: {status: 200, picked: true, json: {$.status: suspended}}, reason: account_suspended}
        - {when: {status: 200, picked: false}, reason: ambiguous, causes: [the administrator's key belongs to another account]}
      identity: {account: $.account}
`

// tabled is a server whose answers are a table from paths to a status and a body; it notes what
// was asked.
type tabled struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func table(t *testing.T, rows map[string]string) *tabled {
	a := &tabled{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.asked = append(a.asked, r.URL.Path+" "+r.Header.Get("Authorization")+r.Header.Get("X-Admin"))
		a.mu.Unlock()
		var status int
		var body string
		_, _ = fmt.Sscanf(rows[r.URL.Path], "%d", &status)
		_, body, _ = strings.Cut(rows[r.URL.Path], " ")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(a.Close)
	return a
}

func TestChain(t *testing.T) {
	const (
		token = `200 {"access_token":"tok_CANARY_abcdef0123456789"}`
		me    = `200 {"sub":"svc-1","echo":"hello tok_CANARY_abcdef0123456789"}`
		key   = "sec_CANARY_0123456789abcd"
		mine  = `200 {"data":[{"hint":"sec_…zzzz","status":"suspended","account":"other"},{"hint":"sec_C***abcd","status":"active","account":"acct-1"}]}`
	)
	for _, c := range []struct {
		name   string
		table  map[string]string
		admin  bool
		reason provider.Reason
		rungs  string
		told   string
		asked  int
		doubt  string
	}{
		{"all accept", map[string]string{"/token": token, "/me": me}, false, provider.OK, "pass pass pass unverified unverified", "svc-1", 2, ""},
		{"an administrator's key looks it up", map[string]string{"/token": token, "/me": me, "/keys": mine}, true, provider.OK, "pass pass pass pass unverified", "svc-1 acct-1", 3, ""},
		{"the lookup refuses", map[string]string{"/token": token, "/me": me, "/keys": strings.Replace(mine, "active", "suspended", 1)}, true, provider.AccountSuspended, "pass pass pass fail unverified", "svc-1 acct-1", 3, ""},
		{"the lookup finds nothing", map[string]string{"/token": token, "/me": me, "/keys": `200 {"data":[]}`}, true, provider.OK, "pass pass pass unverified unverified", "svc-1", 3, "what further requests would tell is not verified: owner (ambiguous, HTTP 200)"},
		{"two that look alike", map[string]string{"/token": token, "/me": me, "/keys": `200 {"data":[{"hint":"sec_*abcd","status":"active"},{"hint":"sec_C*bcd","status":"suspended"}]}`}, true, provider.OK, "pass pass pass unverified unverified", "svc-1", 3, "what further requests would tell is not verified: owner (ambiguous, HTTP 200)"},
		{"the first refuses", map[string]string{"/token": `401 {"error":"invalid_client"}`, "/me": me}, false, provider.KeyUnknown, "unverified fail unverified unverified unverified", "", 1, ""},
		{"the second refuses", map[string]string{"/token": token, "/me": `403 {"error":"disabled"}`}, false, provider.OwnerDisabled, "pass pass pass fail unverified", "", 2, ""},
		{"the second is down", map[string]string{"/token": token, "/me": `503 {}`}, false, provider.OK, "pass pass unverified unverified unverified", "", 4, "what further requests would tell is not verified: who (provider_down, HTTP 503)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := table(t, c.table)
			p := decodeProvider(t, hostsYAML(map[string]string{"default": server.URL})+tokenSpec)
			parts := map[string]secret.Text{"client_id": secret.New("me")}
			if c.admin {
				parts["admin"] = secret.New("adm_CANARY_99887766")
			}
			v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: p, Environment: "staging", Key: secret.New(key), Parts: parts}})[0]
			var rungs []string
			for _, r := range v.Rungs {
				rungs = append(rungs, r.String())
			}
			got := strings.TrimSpace(v.Identity.User + " " + v.Identity.Account)
			if v.Reason != c.reason || got != c.told {
				t.Errorf("%s, told %q", v.Reason, got)
			}
			if diff := cmp.Diff(c.rungs, strings.Join(rungs, " ")); diff != "" && c.reason != provider.KeyUnknown {
				t.Errorf("rungs (-want +got)\n%s", diff)
			}
			if len(server.asked) != c.asked {
				t.Errorf("%d requests", len(server.asked))
			}
			if v.Doubt != c.doubt {
				t.Errorf("doubts %q, want %q", v.Doubt, c.doubt)
			}
			for _, secret := range []string{"CANARY_abcdef", "CANARY_0123", "CANARY_9988"} {
				if strings.Contains(fmt.Sprintf("%+v", v), secret) {
					t.Errorf("the verdict holds a secret")
				}
			}
		})
	}
}

// TestSettled: the request that settles an answer is asked for that answer alone.
func TestSettled(t *testing.T) {
	const spec = `
probe:
  effect: read
  request: {path: /me, auth: {scheme: bearer}}
  verdicts:
    - {when: {status: 200, json: {$.id: {exists: true}}}, reason: ok}
    - {when: {status: 401, json: {$.error: unauthorized}}, reason: ambiguous, causes: [unknown, lost on the way], ask: nobody}
    - {when: {status: 401, json: {$.error: other}}, reason: ambiguous, causes: [anything]}
  control: never
  then:
    - id: nobody
      anyway: true
      request: {path: /nobody, auth: {scheme: none}}
      verdicts:
        - {when: {status: 403, json: {$.user: anonymous}}, reason: key_unknown}
`
	const told, alike = `403 {"user":"anonymous"}`, `401 {"error":"unauthorized"}`
	for _, c := range []struct {
		name, first, nobody string
		reason              provider.Reason
		asked               int
	}{
		{"told apart", alike, told, provider.KeyUnknown, 2},
		{"not told apart", alike, alike, provider.AmbiguousCause, 2},
		{"another answer", `401 {"error":"other"}`, told, provider.AmbiguousCause, 1},
		{"no word", `401 {}`, told, provider.AmbiguousCause, 1},
		{"accepted", `200 {"id":1}`, told, provider.OK, 1},
	} {
		server := table(t, map[string]string{"/me": c.first, "/nobody": c.nobody})
		p := decodeProvider(t, hostsYAML(map[string]string{"default": server.URL})+spec)
		v := one(t, client(t, Options{}), ask(p))
		if v.Reason != c.reason || len(server.asked) != c.asked {
			t.Errorf("%s: %s after %d requests", c.name, v.Reason, len(server.asked))
		}
	}
}

// TestSitesAreAsked asks at the site of the environment first, and tells the site that knows a key
// which the first rejects.
func TestSitesAreAsked(t *testing.T) {
	live := table(t, map[string]string{"/me": `401 {"error":"unknown"}`})
	sandbox := table(t, map[string]string{"/me": `200 {"id":"u1"}`})
	spec := fmt.Sprintf(`
sites:
  - {name: live, url: "%s", mode: live}
  - {name: sandbox, url: "%s", mode: test}
probe:
  request: {path: /me, auth: {scheme: bearer}}
  verdicts:
    - {when: {status: 200, json: {$.id: {exists: true}}}, reason: ok}
    - {when: {status: 401, json: {$.error: unknown}}, reason: key_unknown}
  identity: {user: $.id}
  control: never
`, live.URL, sandbox.URL)
	var p provider.Provider
	if problems := strict.Decode("p.yaml", []byte(spec), &p); len(problems) > 0 {
		t.Fatal(problems)
	}
	p.ID, p.Siblings = "acme", "on-reject"
	ask := func(environment string) verdict.Verdict {
		return client(t, Options{}).Ask(t.Context(), []Question{{Provider: &p, Environment: environment, Key: secret.New(canary)}})[0]
	}
	if v := ask("staging"); v.Reason != provider.OK || v.Identity.Mode != "test" || len(live.asked) != 0 {
		t.Errorf("staging: %s, mode %q, %d at live", v.Reason, v.Identity.Mode, len(live.asked))
	}
	v := ask("production")
	if v.Reason != provider.EnvMismatch || v.Elsewhere == nil || v.Elsewhere.Environment != "sandbox" || v.Elsewhere.Identity.Mode != "test" {
		t.Errorf("production: %s %+v", v.Reason, v.Elsewhere)
	}
}

func TestShows(t *testing.T) {
	for _, c := range []struct {
		hint, key string
		want      bool
	}{
		{"sk-…abcd", "sk-CANARY-abcd", true}, {"sk-...abcd", "sk-CANARY-abcd", true}, {"sk-C****************abcd", "sk-CANARY-abcd", true},
		{"••••abcd", "sk-CANARY-abcd", true}, {"sk-…bcde", "sk-CANARY-abcd", false}, {"pk-…abcd", "sk-CANARY-abcd", false},
		{"sk-CANARY-abcd", "sk-CANARY-abcd", false}, {"…cd", "sk-CANARY-abcd", false}, {"sk-CANARY-…NARY-abcd", "sk-CANARY-abcd", false}, {"", "x", false}, {"…", "x", false},
	} {
		if got := shows(c.hint, c.key); got != c.want {
			t.Errorf("a hint of %d letters: %v", len(c.hint), got)
		}
	}
}

// TestFurtherHost asks a further request at its own host, and one that is asked anyway after an
// ambiguous answer only.
func TestFurtherHost(t *testing.T) {
	const listed = `200 {"keys":[{"kid":"k1"},{"kid":"k2"}]}`
	for _, c := range []struct {
		name, keys, token string
		reason            provider.Reason
		rungs             string
		asked             int
	}{
		{"listed, and a token is given", listed, `200 {"token":"t"}`, provider.OK, "pass pass unverified pass unverified", 1},
		{"listed, and refused", listed, `400 {"error":"disabled"}`, provider.OwnerDisabled, "pass pass pass fail unverified", 1},
		{"listed, and no word", listed, `400 {}`, provider.OK, "pass pass unverified unverified unverified", 1},
		{"not listed, and a token is given", `200 {"keys":[{"kid":"k2"}]}`, `200 {"token":"t"}`, provider.OK, "pass pass unverified pass unverified", 1},
		{"not listed, and unknown", `200 {"keys":[]}`, `400 {"error":"unknown"}`, provider.KeyUnknown, "pass fail unverified unverified unverified", 1},
		{"not listed, and no word", `200 {"keys":[]}`, `400 {}`, provider.AmbiguousCause, "unverified unverified unverified unverified unverified", 1},
		{"the list is not there", `404 {}`, `400 {"error":"unknown"}`, provider.KeyUnknown, "pass fail unverified unverified unverified", 1},
		{"the list refuses", `403 {"error":"malformed"}`, `200 {"token":"t"}`, provider.Malformed, "fail unverified unverified unverified unverified", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, second := table(t, map[string]string{"/keys": c.keys}), table(t, map[string]string{"/token": c.token})
			p := decodeProvider(t, hostsYAML(map[string]string{"default": first.URL})+fmt.Sprintf(`
parts:
  kid: {derive: {regex: "_([a-z0-9]+)$"}}
probe:
  request: {path: /keys, auth: {header: X-Key}}
  pick: {list: $.keys, id: $.kid, part: kid}
  control: never
  verdicts:
    - {when: {status: 200, picked: true, json: {$.kid: {exists: true}}}, reason: ok, proves: [known]}
    - {when: {status: 403, json: {$.error: malformed}}, reason: malformed}
    - {when: {status: 200, picked: false}, reason: ambiguous, causes: [not listed]}
  then:
    - id: token
      anyway: true
      host: "%s"
      request: {path: /token, auth: {header: X-Key}}
      verdicts:
        - {when: {status: 200, json: {$.token: {exists: true}}}, reason: ok, proves: [known, active]}
        - {when: {status: 400, json: {$.error: disabled}}, reason: owner_disabled}
        - {when: {status: 400, json: {$.error: unknown}}, reason: key_unknown}
`, second.URL))
			v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: p, Environment: "staging", Key: secret.New("sec_CANARY_k1")}})[0]
			var rungs []string
			for _, r := range v.Rungs {
				rungs = append(rungs, r.String())
			}
			if v.Reason != c.reason || len(first.asked) != 1 || len(second.asked) != c.asked {
				t.Errorf("%s after %d and %d requests", v.Reason, len(first.asked), len(second.asked))
			}
			if diff := cmp.Diff(c.rungs, strings.Join(rungs, " ")); diff != "" {
				t.Errorf("rungs (-want +got)\n%s", diff)
			}
		})
	}
}

// TestStatusOfARefusedKey: what AWS refuses without a word for the cause, an administrator's pair
// tells, when there is one, and it is not asked of keys that AWS takes.
func TestStatusOfARefusedKey(t *testing.T) {
	const (
		id      = "AKIAQYLPMN5HCANARY22"
		taken   = `200 {"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"123456789012","Arn":"arn:aws:iam::123456789012:user/deploy","UserId":"AIDA"}}}`
		refused = `403 {"Error":{"Code":"InvalidClientTokenId"}}`
		user    = `200 {"GetAccessKeyLastUsedResponse":{"GetAccessKeyLastUsedResult":{"UserName":"deploy"}}}`
		keys    = `200 {"ListAccessKeysResponse":{"ListAccessKeysResult":{"AccessKeyMetadata":[{"AccessKeyId":"AKIAOTHER","Status":"Active"},{"AccessKeyId":"` + id + `","Status":"%s"}]}}}`
	)
	admin := "AKIAQYLPMN5HADMIN222:" + strings.Repeat("CANARY/2", 5)
	for _, c := range []struct {
		name, sts, user, status, admin string
		reason                         provider.Reason
		asked                          string
	}{
		{"taken", taken, user, "Active", admin, provider.OK, "GetCallerIdentity"},
		{"nobody to ask", refused, user, "Inactive", "", provider.AmbiguousCause, "GetCallerIdentity"},
		{"deactivated", refused, user, "Inactive", admin, provider.KeyRevoked, "GetCallerIdentity GetAccessKeyLastUsed ListAccessKeys"},
		{"active all the same", refused, user, "Active", admin, provider.AmbiguousCause, "GetCallerIdentity GetAccessKeyLastUsed ListAccessKeys"},
		{"of another account", refused, `403 {"Error":{"Code":"AccessDenied"}}`, "Inactive", admin, provider.AmbiguousCause, "GetCallerIdentity GetAccessKeyLastUsed"},
		{"no pair", refused, user, "Inactive", "CANARY", provider.AmbiguousCause, "GetCallerIdentity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				action := r.URL.Query().Get("Action")
				asked = append(asked, action) // one after the other
				answer, signer := map[string]string{"GetCallerIdentity": c.sts, "GetAccessKeyLastUsed": c.user, "ListAccessKeys": fmt.Sprintf(keys, c.status)}[action], admin[:20]
				if action == "GetCallerIdentity" {
					signer = id
				}
				if !strings.Contains(r.Header.Get("Authorization"), "Credential="+signer+"/") {
					t.Errorf("%s is signed by another pair", action)
				}
				var status int
				_, _ = fmt.Sscanf(answer, "%d", &status)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				fmt.Fprint(w, answer[4:])
			}))
			defer server.Close()
			aws, _ := provider.Catalogue().Get("aws")
			p := *aws
			p.Sites, p.Hosts = nil, gateway(t, map[string]string{"default": server.URL}).Hosts
			p.Probe.Then = slices.Clone(p.Probe.Then)
			for i := range p.Probe.Then {
				p.Probe.Then[i].Host = server.URL
			}
			parts := map[string]secret.Text{"id": secret.New(id), "region": secret.New("eu-west-1")}
			if c.admin != "" {
				parts["admin"] = secret.New(c.admin)
			}
			v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: &p, Environment: "staging", Key: secret.New(strings.Repeat("CANARY+2", 5)), Parts: parts}})[0]
			if got := strings.Join(asked, " "); v.Reason != c.reason || got != c.asked {
				t.Errorf("%s after %s (%s)", v.Reason, got, v.Evidence.Failure)
			}
			if strings.Contains(fmt.Sprintf("%+v", v), "CANARY/2") {
				t.Error("the verdict holds the administrator's secret")
			}
		})
	}
}
