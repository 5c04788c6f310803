package provider

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// good is a provider's file without a mistake; the table below spoils it.
const good = `id: acme
name: Acme
docs: https://docs.example.com
names: ["ACME_*KEY"]
forms:
  - {pattern: 'acme_[a-z]{8}', kind: API key}
parts:
  client_id: {names: [ACME_CLIENT_ID]}
hosts: {default: https://api.example.com}
probe:
  effect: read
  request:
    path: /v1/me
    auth: {scheme: bearer}
    headers: {X-Client: $client_id}
  verdicts:
    - {when: {status: 200, json: {$.id: {exists: true}}}, reason: ok}
    - {when: {status: 401, json: {$.code: revoked}}, reason: key_revoked}
verified:
  - {date: 2026-11-21, how: doc, source: "https://docs.example.com"}
vectors:
  - {name: accepted, status: 200, body: '{"id":1}', reason: ok}
`

// TestBadFiles spoils one thing at a time and expects exactly one complaint.
func TestBadFiles(t *testing.T) {
	if _, problems := Load("acme.yaml", []byte(good)); len(problems) > 0 {
		t.Fatal(said(problems))
	}
	rule := "    - {when: {status: 401, json: {$.code: revoked}}, reason: key_revoked}\n"
	for _, c := range []struct{ name, old, new, want, fix string }{
		{"id", "id: acme", "id: Acme Corp", "1:1: the provider's id is not a plain name", "use small letters"},
		{"no name", "name: Acme\n", "", "1:1: the provider has no name for people", "add `name:`"},
		{"docs", "docs: https://docs.example.com\n", "", "1:1: the vendor's page is missing", "add `docs: https://…`"},
		{"extends", "name: Acme\n", "name: Acme\nextends: stripe\n", `1:1: "extends" is for keyfit.yaml only`, "write it out"},
		{"unknown field", "names: [", "nmes: [", `4:1: unknown field "nmes"`, `did you mean "names"?`},
		{"glob", `"ACME_*KEY"`, `"*"`, `1:1: "names" holds something that is no name of a variable`, "at least three letters"},
		{"glob with a space", `"ACME_*KEY"`, `"ACME KEY"`, `1:1: "names" holds something that is no name of a variable`, ""},
		{"pattern", "'acme_[a-z]{8}'", "'acme_[a-z'", "6:15: is not a regular expression", "RE2"},
		{"form of nothing", "'acme_[a-z]{8}'", "'(acme_)?[a-z]*'", "6:5: the form of \"API key\" also matches an empty text\nacme.yaml:6:5: the form of \"API key\" does not begin with a fixed text, so it proves no provider", "every such key"},
		{"weak form", "'acme_[a-z]{8}'", "'[0-9a-f]{32}'", `6:5: the form of "API key" does not begin with a fixed text, so it proves no provider`, "weak: true"},
		{"kind missing", ", kind: API key", "", `6:5: "kind" is missing`, "add `kind:`"},
		{"wrong without a word", "kind: API key", "kind: API key, wrong: true", `6:5: the form of "API key" is marked wrong, and nothing says why`, "refuse"},
		{"mode", "kind: API key", "kind: API key, mode: sandbox", "6:53: expected one of test, live", ""},
		{"http", "https://api.example.com}", "http://api.example.com}", `9:18: the host of "default" is http, which shows the key to everyone on the way`, "allow-http"},
		{"other scheme", "https://api.example.com}", "ftp://api.example.com}", `9:18: the host of "default" is neither https nor http`, "https"},
		{"no scheme", "https://api.example.com}", "api.example.com}", `9:18: the host of "default" is not a base URL`, "https"},
		{"user in the host", "https://api.example.com}", "https://me:CANARY@api.example.com}", `9:18: the host of "default" holds a user or password`, "@"},
		{"query in the host", "{default: https://api.example.com}", "{default: 'https://api.example.com?key=CANARY'}", `9:18: the host of "default" has a query or a fragment`, "query"},
		{"fragment in the host", "{default: https://api.example.com}", "{default: 'https://api.example.com#x'}", `9:18: the host of "default" has a query or a fragment`, ""},
		{"variable in the host", "{default: https://api.example.com}", "{default: 'https://${HOST}/v1'}", `9:18: the host of "default" is not a base URL`, ""},
		{"variable in the host's path", "{default: https://api.example.com}", "{default: 'https://h.example/${V}'}", `9:18: the host of "default" is not written out`, "no variables"},
		{"role", "client_id: {", "Client-ID: {", "8:14: a part's role is not a plain name\nacme.yaml:13:5: the request needs the part \"client_id\", which is not declared", "small letters"},
		{"key as a part", "  client_id: {names: [ACME_CLIENT_ID]}\n", "  client_id: {names: [ACME_CLIENT_ID]}\n  key: {secret: true}\n", `9:8: "key" is the key itself, not a further part`, "forms"},
		{"effect", "  effect: read\n", "", "11:3: nothing says what the request does at the vendor", "effect: read"},
		{"effect for POST", "  effect: read\n  request:\n", "  request:\n    method: POST\n", "11:3: nothing says what the request does at the vendor", "effect: read"},
		{"bad effect", "effect: read", "effect: writes", "11:3: nothing says what the request does at the vendor\nacme.yaml:11:11: expected one of read, issues-token", ""},
		{"method", "    path: /v1/me", "    method: DELETE\n    path: /v1/me", "13:13: expected one of GET, HEAD, POST", ""},
		{"no path", "    path: /v1/me\n", "", "13:5: the request has no path", "add `path:`"},
		{"path", "path: /v1/me", "path: v1/me", "13:5: the path does not start with /", "/v1/me"},
		{"path of two slashes", "path: /v1/me", "path: //evil.example/v1", "13:5: the path does not start with /", ""},
		{"path with a query", "path: /v1/me", "path: /v1/me?all=1", "13:5: the path holds a query or a fragment", "query"},
		{"path going up", "path: /v1/me", "path: /v1/../admin", "13:5: the path is not a plain one", ""},
		{"template", "path: /v1/me", "path: /v1/$ME", "13:11: a dollar sign that starts no name", "${NAME}"},
		{"no auth", "    auth: {scheme: bearer}\n", "", "13:5: the request does not say where the key goes", "auth"},
		{"two placements", "{scheme: bearer}", "{scheme: bearer, query: key}", "13:5: the key goes to exactly one place, found several", "keep one"},
		{"user without basic", "{scheme: bearer}", "{scheme: bearer, user: $client_id}", `13:5: "user" and "password" go with the schemes "basic" and "digest" only`, "basic"},
		{"basic without the key", "{scheme: bearer}", "{scheme: basic, user: a, password: b}", "13:5: the request does not carry the key", "$key"},
		{"key nowhere", "{scheme: bearer}", "{scheme: none}", "13:5: the request does not carry the key", "$key"},
		{"body of GET", "    headers:", "    json: {a: 1}\n    headers:", "13:5: a GET request has no body", "POST"},
		{"key in the body of GET", "{scheme: bearer}", "{json: $.key}", "13:5: a GET request has no body", "POST"},
		{"two bodies", "    path: /v1/me\n", "    path: /v1/me\n    method: POST\n    json: {a: 1}\n    form: {b: c}\n", "13:5: a request has one body, JSON or form", "keep one"},
		{"no place for the key", "    auth: {scheme: bearer}\n", "    method: POST\n    json: {a: text}\n    auth: {json: $.a.key}\n", "13:5: the key has no place in the body", "$.auth.key"},
		{"part that is not declared", "X-Client: $client_id", "X-Client: $clientid", `13:5: the request needs the part "clientid", which is not declared`, `did you mean "client_id"?`},
		{"header of the connection", "X-Client: $client_id", "Host: $client_id", `13:5: the header "Host" is not set by hand`, "leave it out"},
		{"header of the key", "X-Client: $client_id", "authorization: $client_id", `13:5: the header "authorization" is where the key goes`, "auth"},
		{"header's name", "X-Client: $client_id", "'X Client': $client_id", "13:5: a header's name is not one word", "X-Tenant"},
		{"line break in a header", "X-Client: $client_id", `X-Client: "a\nb"`, `13:5: the header "X-Client" holds a character that no header may hold`, "one line"},
		{"timeout", "    path: /v1/me", "    path: /v1/me\n    timeout: 5m", "13:5: one attempt may not take that long", "60s"},
		{"no ok", "reason: ok}\n    -", "reason: rate_limited}\n    -", "11:3: no rule has the reason ok, so no key could ever pass", "reason: ok"},
		{"reason", "reason: key_revoked", "reason: key_revokd", "18:62: expected one of ", `did you mean "key_revoked"?`},
		{"reason missing", ", reason: key_revoked", "", `18:7: "reason" is missing`, "add `reason:`"},
		{"bare status", rule, "    - {when: {status: 401}, reason: key_unknown}\n", `18:7: "key_unknown" fails a key without the vendor's words`, "vendor's own words"},
		{"bare content type", rule, "    - {when: {status: 401, content-type: text/plain}, reason: key_unknown}\n", `18:7: "key_unknown" fails a key without the vendor's words`, ""},
		{"absence only", rule, "    - {when: {status: 401, json: {$.id: {absent: true}}}, reason: key_expired}\n", `18:7: "key_expired" fails a key without the vendor's words`, ""},
		{"any JSON", rule, "    - {when: {status: 401, json: {$: {exists: true}}}, reason: key_revoked}\n", `18:7: "key_revoked" fails a key without the vendor's words`, ""},
		{"any text", rule, "    - {when: {status: 401, text: {regex: '.*'}}, reason: key_kind_wrong}\n", `18:7: "key_kind_wrong" fails a key without the vendor's words`, ""},
		{"header of anyone", rule, "    - {when: {status: 401, header: {WWW-Authenticate: {exists: true}}}, reason: env_mismatch}\n", `18:7: "env_mismatch" fails a key without the vendor's words`, ""},
		{"malformed on a status", rule, "    - {when: {status: 400}, reason: malformed}\n", `18:7: "malformed" fails a key without the vendor's words`, ""},
		{"accepted on no success", "when: {status: 200, json: {$.id: {exists: true}}}", "when: {status: 4xx}", `17:7: "ok" accepts a key on a status that is no success`, "200 to 299"},
		{"rule of nothing", rule, "    - {when: {}, reason: rate_limited}\n", "18:7: a rule without a condition holds for every answer", "add status"},
		{"offline", rule, "    - {when: {status: 401}, reason: offline}\n", `18:7: "offline" is nothing that an answer can say`, "another reason"},
		{"no causes", rule, "    - {when: {status: 401}, reason: ambiguous}\n", `18:7: "ambiguous" needs the causes that it may have`, "causes"},
		{"causes of a cause", "reason: key_revoked}", "reason: key_revoked, causes: [a]}", `18:7: "key_revoked" is one cause and has no list of causes`, "ambiguous"},
		{"proves of a refusal", "reason: key_revoked}", "reason: key_revoked, proves: [known]}", `18:7: "proves" goes with the reason ok only`, ""},
		{"elsewhere of a cause", "reason: key_revoked}", "reason: key_revoked, elsewhere: true}", `18:7: "elsewhere" goes with the reason ambiguous only`, "leave it out"},
		{"proves", "reason: ok}\n    -", "reason: ok, proves: [format]}\n    -", "17:80: expected one of known, linked, active, authorised", ""},
		{"needs of a dead key", "reason: key_revoked}", "reason: key_revoked, needs: $.scope}", `18:7: "needs" goes with a missing permission only`, ""},
		{"kind that no form has", "{status: 401, json", "{kind: other, status: 401, json", `18:7: a rule is for keys of the kind "other", which no form has`, "forms"},
		{"rule for a part that is not declared", "{status: 401, json", "{parts: {region: {exists: true}}, status: 401, json", `18:7: a rule looks at the part "region", which it may not`, "declared"},
		{"request that is no step", rule, "    - {when: {status: 401}, reason: ambiguous, causes: [a], ask: nobody}\n", `18:7: "ask" goes with the reason ambiguous only, and names a step that is asked anyway`, "anyway"},
		{"content type as a header", rule, "    - {when: {header: {Content-Type: text/plain}}, reason: rate_limited}\n", "18:7: the media type is not a header of the vendor's own", "content-type"},
		{"status", "{status: 401, json", "{status: 999, json", "18:23: is not an HTTP status", "4xx"},
		{"two conditions", "{$.code: revoked}", "{$.code: {prefix: a, contains: b}}", "18:43: expected exactly one condition, found 2", ""},
		{"constant identity", "  request:", "  identity: {active: {const: \"true\"}}\n  request:", `12:22: "active" is a constant, which no answer tells`, ""},
		{"no facts", "verified:\n  - {date: 2026-11-21, how: doc, source: \"https://docs.example.com\"}\n", "", "1:1: nothing says where the facts come from", "verified"},
		{"date", "date: 2026-11-21", "date: yesterday", "1:1: a date under `verified` is not a day", "2026-11-21"},
		{"no vectors", "vectors:\n  - {name: accepted, status: 200, body: '{\"id\":1}', reason: ok}\n", "", "1:1: there are no vectors", "vectors"},
		{"vector's status", "{name: accepted, status: 200", "{name: accepted, status: 0", "22:5: the vector has no HTTP status", ""},
		{"two documents", "id: acme", "id: acme\n---\nid: acme", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			if text == good {
				t.Fatal("the table's change does not apply")
			}
			_, problems := Load("acme.yaml", []byte(text))
			if len(problems) == 0 {
				t.Fatal("loads")
			}
			got := strings.TrimPrefix(said(problems), "acme.yaml:")
			if strings.HasSuffix(c.want, "expected one of ") {
				got = got[:min(len(got), len(c.want))]
			}
			if c.want != "" && got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if !strings.Contains(problems[0].Fix, c.fix) {
				t.Errorf("fix %q lacks %q", problems[0].Fix, c.fix)
			}
			for _, p := range problems {
				if strings.Contains(p.Message+p.Fix, "CANARY") {
					t.Error("the complaint repeats a secret")
				}
			}
		})
	}
}

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		url      string
		insecure bool
		ok       bool
	}{
		{"https://api.example.com", false, true},
		{"https://api.example.com:8443/base/v3", false, true},
		{"http://localhost:8080", false, true},
		{"http://127.0.0.1:1", false, true},
		{"http://127.9.9.9", false, true},
		{"http://[::1]:80", false, true},
		{"http://api.localhost", false, true},
		{"http://localhost.evil.example", false, false},
		{"http://127.0.0.1.evil.example", false, false},
		{"http://10.0.0.1", false, false},
		{"http://10.0.0.1", true, true},
		{"http://0.0.0.0", false, false},
		{"HTTPS://api.example.com", false, true},
		{"https://", false, false},
		{"https:api.example.com", false, false},
		{"https://:443", false, false},
		{"https://a@b.example", false, false},
		{"https://b.example?", false, false},
		{"https://b.example#", false, false},
		{"https://*.example.com", false, false},
		{"https://a b.example", false, false},
		{"https://b.example\\@evil.example", false, false},
		{"file:///etc/passwd", true, false},
		{"", false, false},
	} {
		message, fix := hostMistake(c.url, c.insecure)
		if (message == "") != c.ok || (fix == "") != c.ok {
			t.Errorf("%q, allow-http %v: %q, %q", c.url, c.insecure, message, fix)
		}
	}
	h := Hosts{}
	if _, ok := h.For("staging"); ok {
		t.Error("no host was found one")
	}
}

func TestLengths(t *testing.T) {
	for _, c := range []struct {
		pattern     string
		least, most int
	}{
		{"abc", 3, 3}, {"a[bc]{2,5}", 3, 6}, {"a+", 1, -1}, {"a*b?", 0, -1}, {"(ab|c)d", 2, 3}, {"(ab|c+)d", 2, -1}, {"a{3,}", 3, -1}, {"", 0, -1}, {".", 1, 1}, {"[a-c]?x", 1, 2},
	} {
		var p Pattern
		if c.pattern != "" {
			p = pattern(t, c.pattern)
		}
		least, most := p.lengths()
		if diff := cmp.Diff([]int{c.least, c.most}, []int{least, most}); diff != "" {
			t.Errorf("%s: %s", c.pattern, diff)
		}
	}
}
