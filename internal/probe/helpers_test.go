package probe

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
	"github.com/keyfit/keyfit/internal/verdict"
)

const canary = "pgk_CANARY_9f/1c+7e=2b~44aa"

// gatewayRules are the rules of a payments gateway, as a user would write them.
const gatewayRules = `
  verdicts:
    - {when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}
    - {when: {status: 401, json: {$.error.code: key_unknown}}, reason: key_unknown}
    - {when: {status: 401, json: {$.error.code: key_revoked}}, reason: key_revoked}
    - {when: {status: 403, json: {$.error.code: user_disabled}}, reason: owner_disabled}
    - {when: {status: 429, json: {$.error.code: quota}}, reason: quota_exhausted}
  identity: {user: $.user.id, name: $.user.name, kind: $.user.kind, active: $.user.active, tenant: $.tenant_id, account: $.account, scopes: $.scopes}
  evidence: {code: $.error.code, request-id: {header: X-Request-Id}}
`

const gatewayRequest = `
probe:
  request:
    method: POST
    path: /path
    auth: {scheme: bearer}
    json: {query: {userId: u_1}}
`

func decodeProvider(t testing.TB, text string) *provider.Provider {
	t.Helper()
	var p provider.Provider
	problems := strict.Decode("keyfit.yaml", []byte(text), &p)
	problems = append(problems, p.Adopt("gateway", pos.Span{}, provider.Catalogue())...)
	for _, problem := range problems {
		t.Fatalf("the provider of this test is not sound: %s %s", problem.At, problem.Message)
	}
	return &p
}

// gateway is a provider whose hosts are given by environment. It has no control request.
func gateway(t testing.TB, hosts map[string]string, extra ...string) *provider.Provider {
	t.Helper()
	return decodeProvider(t, hostsYAML(hosts)+strings.Join(extra, "")+gatewayRequest+"  control: never"+gatewayRules)
}

func hostsYAML(hosts map[string]string) string {
	var b strings.Builder
	b.WriteString("hosts:\n")
	for name, base := range hosts {
		fmt.Fprintf(&b, "  %s: %s\n", name, base)
	}
	return b.String()
}

func ask(p *provider.Provider) Question {
	return Question{Provider: p, Environment: "staging", Key: secret.New(canary)}
}

// pauses is a clock that never makes anyone wait, and remembers how long it would have.
type pauses struct {
	mu   sync.Mutex
	list []time.Duration
}

func (p *pauses) sleep(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, d)
	return ctx.Err()
}

func client(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Sleep == nil {
		o.Sleep = (&pauses{}).sleep
	}
	if o.Rand == nil {
		o.Rand = func() float64 { return 0.5 }
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func one(t testing.TB, c *Client, q Question) verdict.Verdict {
	t.Helper()
	v := c.Ask(t.Context(), []Question{q})[0]
	noCanary(t, v, q.Key.Reveal())
	return v
}

// noCanary searches a verdict for the key in every form that someone could write it in.
func noCanary(t testing.TB, v any, keys ...string) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if key == "" {
			continue
		}
		if where := findKey(string(data), key); where != "" {
			t.Errorf("the verdict holds the key, %s", where)
		}
	}
}

// findKey says in which form a text holds the key. It decodes what it finds instead of
// encoding the key, so that it shares nothing with the scrubber.
func findKey(text, key string) string {
	texts := map[string]string{"as it is": text}
	if plain, err := url.PathUnescape(text); err == nil {
		texts["escaped for a path"] = plain
	}
	if plain, err := url.QueryUnescape(text); err == nil {
		texts["escaped for a query"] = plain
	}
	var decoded any
	if json.Unmarshal([]byte(`"`+text+`"`), &decoded) == nil {
		texts["escaped for JSON"] = fmt.Sprint(decoded)
	}
	for form, plain := range texts {
		if strings.Contains(plain, key) {
			return form
		}
	}
	if plain := runs(text, "0123456789abcdefABCDEF", decodeHex); strings.Contains(plain, key) {
		return "in hexadecimal"
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	if plain := runs(text, alphabet+"+/", decodeBase64(base64.RawStdEncoding)); strings.Contains(plain, key) {
		return "in base64"
	}
	if plain := runs(text, alphabet+"-_", decodeBase64(base64.RawURLEncoding)); strings.Contains(plain, key) {
		return "in base64 for URLs"
	}
	return ""
}

// runs decodes every stretch of characters of an alphabet, from every starting point
// that can matter.
func runs(text, alphabet string, decode func(string) string) string {
	var out strings.Builder
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune(alphabet, r) }) {
		for skip := range min(4, len(run)) {
			out.WriteString(decode(run[skip:]) + "\n")
		}
	}
	return out.String()
}

func decodeHex(run string) string {
	out, _ := hex.DecodeString(run[:len(run)/2*2])
	return string(out)
}

func decodeBase64(e *base64.Encoding) func(string) string {
	return func(run string) string {
		if len(run)%4 == 1 {
			run = run[:len(run)-1]
		}
		out, _ := e.DecodeString(run)
		return string(out)
	}
}

// target is an HTTP server that counts what it is asked.
type target struct {
	*httptest.Server
	asked atomic.Int64
}

func serve(t testing.TB, handler http.HandlerFunc) *target {
	t.Helper()
	s := &target{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func reply(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const (
	accepted    = `{"user":{"id":"u_1","name":"deploy","kind":"service","active":true},"tenant_id":"acme","account":"acct_1"}`
	unknownKey  = `{"error":{"code":"key_unknown","message":"no such key"}}`
	disabledKey = `{"error":{"code":"user_disabled"},"user":{"id":"u_1","active":false}}`
)

// rawServer hands connections to a function that speaks whatever it likes.
type rawServer struct {
	url   string
	asked atomic.Int64
}

func serveRaw(t testing.TB, speak func(conn net.Conn, number int64)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{url: "http://" + listener.Addr().String()}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			number := s.asked.Add(1)
			conns.Go(func() {
				defer conn.Close()
				speak(conn, number)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		conns.Wait()
	})
	return s
}

// readRequest takes a whole request off a connection, so that closing it is no reset.
func readRequest(conn net.Conn) {
	buffer := make([]byte, 8192)
	_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	var got strings.Builder
	for !strings.Contains(got.String(), "\r\n\r\n") || !strings.HasSuffix(got.String(), "}") {
		n, err := conn.Read(buffer)
		got.Write(buffer[:n])
		if err != nil {
			return
		}
	}
}

func wantReason(t testing.TB, v verdict.Verdict, want provider.Reason) {
	t.Helper()
	if v.Reason != want {
		t.Errorf("reason is %q, want %q (%s)", v.Reason, want, v.Evidence.Failure)
	}
}

func wantRung(t testing.TB, v verdict.Verdict, rung provider.Rung, want verdict.Answer) {
	t.Helper()
	if v.Rungs[rung] != want {
		t.Errorf("rung %s is %s, want %s", rung, v.Rungs[rung], want)
	}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
