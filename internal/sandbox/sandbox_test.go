package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/secret"
)

const deployKey = "pgk_test_CANARY_0001"

func exampleWorld(t testing.TB) World {
	t.Helper()
	data, err := os.ReadFile("testdata/world.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, problems := Decode("world.yaml", data)
	for _, p := range problems {
		t.Fatalf("%s: %s", p.At, p.Message)
	}
	return w
}

func start(t testing.TB) *Sandbox {
	t.Helper()
	s, err := Start(t.Context(), exampleWorld(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// query is one request to the gateway.
type query struct {
	environment, method, path, key, tenant, body string
}

func userQuery(environment, key, tenant, user string) query {
	return query{environment, "POST", "/path", key, tenant, fmt.Sprintf(`{"query":{"userId":%q}}`, user)}
}

// reply is what a client sees of an answer.
type reply struct {
	Status int
	Code   string
	User   string
	Active bool
}

func send(t testing.TB, s *Sandbox, q query) (reply, map[string]any, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), q.method, s.URL(q.environment)+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	if q.key != "" {
		req.Header.Set("Authorization", "Bearer "+q.key)
	}
	if q.tenant != "" {
		req.Header.Set("X-Tenant", q.tenant)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "CANARY") {
		t.Errorf("the answer with status %d holds a key", res.StatusCode)
	}
	var doc map[string]any
	_ = json.Unmarshal(data, &doc)
	out := reply{Status: res.StatusCode}
	if e, ok := doc["error"].(map[string]any); ok {
		out.Code, _ = e["code"].(string)
	}
	if u, ok := doc["user"].(map[string]any); ok {
		out.User, _ = u["id"].(string)
		out.Active, _ = u["active"].(bool)
	}
	return out, doc, res.Header
}

func TestGatewayAnswers(t *testing.T) {
	s := start(t)
	for _, tt := range []struct {
		name string
		q    query
		want reply
	}{
		{"accepted", userQuery("staging", deployKey, "acme-staging", "u_deploy"), reply{200, "", "u_deploy", true}},
		{"accepted without a tenant", userQuery("staging", deployKey, "", "u_deploy"), reply{200, "", "u_deploy", true}},
		{"accepted in production", userQuery("production", "pgk_live_CANARY_0001", "acme", "u_live"), reply{200, "", "u_live", true}},
		{"whoami", query{environment: "staging", method: "GET", path: "/v1/whoami", key: deployKey}, reply{200, "", "u_deploy", true}},
		{"whoami needs no scope", query{environment: "staging", method: "GET", path: "/v1/whoami", key: "pgk_test_CANARY_0002"}, reply{200, "", "u_alice", true}},
		{"no key", userQuery("staging", "", "", "u_deploy"), reply{401, "credentials_missing", "", false}},
		{"unknown key", userQuery("staging", "pgk_CANARY_nobody", "", "u_deploy"), reply{401, "key_unknown", "", false}},
		{"key of another environment", userQuery("staging", "pgk_live_CANARY_0001", "", "u_deploy"), reply{401, "key_unknown", "", false}},
		{"revoked", userQuery("staging", "pgk_test_CANARY_0005", "", "u_deploy"), reply{401, "key_revoked", "", false}},
		{"expired by date", userQuery("staging", "pgk_test_CANARY_0006", "", "u_deploy"), reply{401, "key_expired", "", false}},
		{"expired by state", userQuery("staging", "pgk_test_CANARY_0007", "", "u_deploy"), reply{401, "key_expired", "", false}},
		{"deleted user", userQuery("staging", "pgk_test_CANARY_0003", "", "u_gone"), reply{403, "user_missing", "", false}},
		{"suspended user", userQuery("staging", "pgk_test_CANARY_0004", "", "u_paused"), reply{403, "user_disabled", "u_paused", false}},
		{"tenant of another", userQuery("staging", deployKey, "globex-staging", "u_deploy"), reply{403, "tenant_mismatch", "u_deploy", true}},
		{"user of another tenant", userQuery("staging", deployKey, "", "u_globex"), reply{403, "tenant_mismatch", "u_deploy", true}},
		{"user of another environment", userQuery("staging", deployKey, "", "u_live"), reply{403, "tenant_mismatch", "u_deploy", true}},
		{"another user of the tenant", userQuery("staging", deployKey, "", "u_alice"), reply{403, "user_mismatch", "u_deploy", true}},
		{"scope missing", userQuery("staging", "pgk_test_CANARY_0002", "", "u_alice"), reply{403, "scope_missing", "u_alice", true}},
		{"any key where the gateway is open", userQuery("development", "pgk_CANARY_nobody", "x", "y"), reply{200, "", "anonymous", true}},
		{"real key where the gateway is open", userQuery("development", "pgk_dev_CANARY_0001", "", "u_dev"), reply{200, "", "u_dev", true}},
		{"no user id", query{environment: "staging", method: "POST", path: "/path", key: deployKey, body: "{}"}, reply{400, "invalid_request", "", false}},
		{"no JSON", query{environment: "staging", method: "POST", path: "/path", key: deployKey, body: "\x00{"}, reply{400, "invalid_request", "", false}},
		{"two JSON values", query{environment: "staging", method: "POST", path: "/path", key: deployKey, body: `{"query":{"userId":"u_deploy"}} {}`}, reply{400, "invalid_request", "", false}},
		{"wrong type", query{environment: "staging", method: "POST", path: "/path", key: deployKey, body: `{"query":[1]}`}, reply{400, "invalid_request", "", false}},
		{"huge body", query{environment: "staging", method: "POST", path: "/path", key: deployKey, body: `{"x":"` + strings.Repeat("a", maxBody) + `"}`}, reply{413, "request_too_large", "", false}},
		{"wrong method", query{environment: "staging", method: "DELETE", path: "/path", key: deployKey}, reply{404, "not_found", "", false}},
		{"no such path", query{environment: "staging", method: "GET", path: "/etc/passwd"}, reply{404, "not_found", "", false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, doc, header := send(t, s, tt.q)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if id, _ := doc["request_id"].(string); id == "" || id != header.Get("X-Request-Id") {
				t.Errorf("the request id is %q in the body and %q in the header", id, header.Get("X-Request-Id"))
			}
		})
	}
}

func TestAcceptedAnswerInFull(t *testing.T) {
	_, doc, _ := send(t, start(t), userQuery("staging", deployKey, "", "u_deploy"))
	want := map[string]any{
		"user":      map[string]any{"id": "u_deploy", "name": "deploy-bot", "kind": "service", "active": true},
		"tenant_id": "acme-staging", "account": "acct_staging", "mode": "test",
		"scopes": []any{"payments:read", "payments:write"}, "expires_at": "2099-01-31T00:00:00Z",
		"request_id": "req_staging_000001",
	}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestChangesAtRuntime(t *testing.T) {
	s := start(t)
	const next = "pgk_test_CANARY_next"
	asked := userQuery("staging", deployKey, "", "u_deploy")
	for _, step := range []struct {
		name   string
		change func() error
		old    string
		new    string
	}{
		{"at first", func() error { return nil }, "", "key_unknown"},
		{"suspended", func() error { return s.Suspend("staging", "u_deploy") }, "user_disabled", "key_unknown"},
		{"activated", func() error { return s.Activate("staging", "u_deploy") }, "", "key_unknown"},
		{"deleted", func() error { return s.Delete("staging", "u_deploy") }, "user_missing", "key_unknown"},
		{"activated again", func() error { return s.Activate("staging", "u_deploy") }, "", "key_unknown"},
		{"revoked", func() error { return s.Revoke("staging", "key_deploy") }, "key_revoked", "key_unknown"},
		{"restored", func() error { return s.Restore("staging", "key_deploy") }, "", "key_unknown"},
		{"expired", func() error { return s.Expire("staging", "key_deploy") }, "key_expired", "key_unknown"},
		{"rotated", func() error { return s.Rotate("staging", "key_deploy", secret.New(next)) }, "key_revoked", ""},
		{"rotated back", func() error { return s.Rotate("staging", "key_deploy", secret.New(deployKey)) }, "", "key_revoked"},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{deployKey: step.old, next: step.new} {
			asked.key = key
			if got, _, _ := send(t, s, asked); got.Code != want {
				t.Errorf("%s: code is %q, want %q", step.name, got.Code, want)
			}
		}
	}
	if got, _, _ := send(t, s, userQuery("production", "pgk_live_CANARY_0001", "", "u_live")); got.Status != 200 {
		t.Errorf("production was changed too: %+v", got)
	}
}

func TestChangesOfWhatIsNotThere(t *testing.T) {
	s := start(t)
	for _, err := range []error{
		s.Suspend("stagin", "u_deploy"), s.Suspend("staging", "u_live"), s.Delete("staging", ""), s.Revoke("staging", "u_deploy"), s.Expire("qa", "x"),
		s.Rotate("staging", "key_none", secret.New("CANARY")), s.Rotate("staging", "key_deploy", secret.New("pgk_test_CANARY_0002")),
		s.Rotate("staging", "key_deploy", secret.Text{}), s.SetFault("qa", nil), s.SetOpen("qa", true), s.Activate("qa", ""),
	} {
		if err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "expected") {
			t.Errorf("error is %v", err)
		}
	}
	if s.URL("qa") != "" || s.Count("qa") != 0 || s.Requests("qa") != nil {
		t.Error("an environment that is not there has an address or requests")
	}
}

func TestTheWorldIsNotChanged(t *testing.T) {
	w := exampleWorld(t)
	s, err := Start(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Suspend("staging", "u_deploy"); err != nil {
		t.Fatal(err)
	}
	if err := s.Rotate("staging", "key_deploy", secret.New("CANARY")); err != nil {
		t.Fatal(err)
	}
	if got := w.Environments["staging"].Users["u_deploy"].State; got != "" {
		t.Errorf("state is %q", got)
	}
	if !w.Environments["staging"].Keys["key_deploy"].Key.Equal(secret.New(deployKey)) {
		t.Error("the key was rotated in the world")
	}
}

func TestSwitches(t *testing.T) {
	w := exampleWorld(t)
	w.Environments["staging"].Lenient = true
	w.Environments["production"].Opaque = true
	s, err := Start(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.Environments["staging"].Requires = nil
	got, _, _ := send(t, s, query{environment: "staging", method: "GET", path: "/v1/whoami", key: "pgk_test_CANARY_0004"})
	if want := (reply{200, "", "u_paused", false}); got != want {
		t.Errorf("lenient: %+v, want %+v", got, want)
	}
	got, doc, header := send(t, s, userQuery("production", "pgk_CANARY_nobody", "", "u_live"))
	if got.Status != 401 || doc != nil || header.Get("X-Request-Id") != "" {
		t.Errorf("opaque: %+v with body %v", got, doc)
	}
	if err := s.SetOpen("production", true); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := send(t, s, userQuery("production", "pgk_CANARY_nobody", "", "u_live")); got.Status != 200 {
		t.Errorf("open: %+v", got)
	}
}

func TestFaults(t *testing.T) {
	s := start(t)
	asked := userQuery("staging", deployKey, "", "u_deploy")
	for _, tt := range []struct {
		name  string
		fault Fault
		want  []int // statuses; 0 is no answer
	}{
		{"limit twice", Fault{Status: 429, RetryAfter: "7", Times: 2}, []int{429, 429, 200}},
		{"down", Fault{Status: 503}, []int{503, 503}},
		{"captive portal", Fault{Status: 200, ContentType: "text/html", Body: "<html>log in</html>"}, []int{200}},
		{"redirect", Fault{Status: 302, Location: "http://127.0.0.1:1/", Times: 1}, []int{302, 200}},
		{"delay", Fault{Delay: 1e6, Times: 1}, []int{200}},
		{"hang up", Fault{Close: true, Times: 1}, []int{0, 200}},
		{"hang", Fault{Hang: true, Times: 1}, []int{0, 200}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := s.SetFault("staging", &tt.fault); err != nil {
				t.Fatal(err)
			}
			for i, want := range tt.want {
				if got := rawStatus(t, s, asked); got != want {
					t.Errorf("request %d: status %d, want %d", i, got, want)
				}
			}
			if err := s.SetFault("staging", nil); err != nil {
				t.Fatal(err)
			}
			if got := rawStatus(t, s, asked); got != 200 {
				t.Errorf("after the fault: status %d", got)
			}
		})
	}
}

func rawStatus(t *testing.T, s *Sandbox, q query) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, q.method, s.URL(q.environment)+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+q.key)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestRequestLog(t *testing.T) {
	s := start(t)
	for range 3 {
		send(t, s, userQuery("staging", deployKey, "", "u_deploy"))
	}
	send(t, s, query{environment: "staging", method: "GET", path: "/v1/whoami?key=CANARY", key: "CANARY_other"})
	send(t, s, query{environment: "staging", method: "GET", path: "/v1/whoami"})
	log := s.Requests("staging")
	if len(log) != 5 || s.Count("staging") != 5 || s.Count("production") != 0 {
		t.Fatalf("%d requests are logged, %d counted", len(log), s.Count("staging"))
	}
	deploy := s.Fingerprint(secret.New(deployKey))
	want := Request{Environment: "staging", ID: "req_staging_000001", At: log[0].At, Method: "POST", Path: "/path", Key: deploy, Status: 200}
	if diff := cmp.Diff(want, log[0]); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if log[3].Code != "key_unknown" || log[3].Path != "/v1/whoami" || log[4].Key != "" || log[4].Code != "credentials_missing" {
		t.Errorf("entries are %+v", log[3:])
	}
	if got := s.CountByKey("staging"); got[deploy] != 3 || len(got) != 3 {
		t.Errorf("counts are %v", got)
	}
	if text := fmt.Sprintf("%+v %#v", log, log); strings.Contains(text, "CANARY") {
		t.Error("the log holds a key")
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	s := start(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				send(t, s, userQuery("staging", deployKey, "", "u_deploy"))
				_ = s.Suspend("staging", "u_alice")
				_ = s.SetOpen("staging", i%2 == 0)
				_ = s.Requests("staging")
			}
		})
	}
	wg.Wait()
	if got := s.Count("staging"); got != 160 {
		t.Errorf("%d requests, want 160", got)
	}
}

// TestGarbage sends what is hardly HTTP, and expects the gateway to go on.
func TestGarbage(t *testing.T) {
	s := start(t)
	for _, text := range []string{
		"\x00\x01\x02\r\n\r\n", "POST /path HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"POST /path HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nContent-Length: 0\r\n\r\n",
		"POST /path HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\nContent-Length: 0\r\n\r\n",
		"POST /path HTTP/1.1\r\nHost: x\r\nAuthorization: Basic Q0FOQVJZ\r\nContent-Length: 0\r\n\r\n",
		"POST /path HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("a", 2*maxHeader) + "\r\n\r\n",
		"POST /path HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + deployKey + "\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"POST /path HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + deployKey + "\r\nContent-Length: 20000\r\n\r\n" + strings.Repeat("[", 20000),
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL("staging"), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(3 * time.Second))
		_, _ = io.WriteString(conn, text)
		_ = conn.(*net.TCPConn).CloseWrite()
		answer, _ := io.ReadAll(conn)
		conn.Close()
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 4")) && !bytes.HasPrefix(answer, []byte("HTTP/1.0 4")) && !bytes.HasPrefix(answer, []byte("HTTP/1.1 505")) {
			t.Errorf("the answer to %.30q begins with %.30q", text, answer)
		}
	}
	if got, _, _ := send(t, s, userQuery("staging", deployKey, "", "u_deploy")); got.Status != 200 {
		t.Errorf("after the garbage: %+v", got)
	}
}

func FuzzGateway(f *testing.F) {
	s := start(f)
	d := s.environments["staging"].directory
	f.Add("POST", "/path", "Bearer "+deployKey, "acme-staging", `{"query":{"userId":"u_deploy"}}`)
	f.Add("GET", "/v1/whoami", "bearer  x", "", "")
	f.Fuzz(func(t *testing.T, method, path, authorization, tenant, body string) {
		req, err := http.NewRequest(method, "http://127.0.0.1/", strings.NewReader(body))
		if err != nil {
			return
		}
		req.URL.Path = path
		req.Header["Authorization"] = []string{authorization}
		req.Header["X-Tenant"] = []string{tenant}
		w := &recorder{header: http.Header{}}
		d.ServeHTTP(w, req)
		known := strings.Contains(authorization, "pgk_test_CANARY_000")
		if w.status == 200 && !known || w.status >= 500 || w.status == 0 {
			t.Errorf("status %d for a request of method %q", w.status, method)
		}
		if !json.Valid(w.body.Bytes()) {
			t.Errorf("status %d comes with a body that is no JSON", w.status)
		}
	})
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
