package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// httpFault is an API that answers, only not with a verdict.
type httpFault struct {
	name    string
	handler http.HandlerFunc
	want    provider.Reason // empty: any that verifies nothing
	asked   int64           // requests in all
}

func httpFaults() []httpFault {
	echo := func(w http.ResponseWriter, r *http.Request) string { return r.Header.Get("Authorization") }
	return []httpFault{
		{"captive portal, 200 HTML", reply(200, "<html><body>Please log in</body></html>", "Content-Type", "text/html"), provider.Intermediary, 1},
		{"captive portal, redirect to a login", reply(302, "", "Location", "http://login.invalid/"), provider.Intermediary, 1},
		{"firewall page", reply(403, "<html><title>Blocked</title></html>", "Content-Type", "text/html"), provider.Intermediary, 1},
		{"bare 401", reply(401, ""), "", 1},
		{"401 of something on the way", reply(401, `{"message":"missing credentials"}`), provider.AmbiguousCause, 1},
		{"403 with a wish to wait", reply(403, `{"message":"slow down"}`, "Retry-After", "1"), provider.AmbiguousCause, 1},
		{"429", reply(429, "{}"), provider.RateLimited, 3},
		{"429 with seconds", reply(429, "{}", "Retry-After", "7"), provider.RateLimited, 3},
		{"429 with more seconds than anyone waits", reply(429, "{}", "Retry-After", "31"), provider.RateLimited, 1},
		{"429 that means the quota", reply(429, `{"error":{"code":"quota"}}`), provider.QuotaExhausted, 1},
		{"500", reply(500, `{"error":"internal"}`), provider.ProviderDown, 3},
		{"501", reply(501, "{}"), provider.ProviderDown, 1},
		{"503", reply(503, "down"), provider.ProviderDown, 3},
		{"511", reply(511, "<html>"), provider.NetworkProxy, 1},
		{"407 without a proxy", reply(407, ""), provider.NetworkProxy, 1},
		{"empty body", reply(200, ""), "", 1},
		{"no content", reply(204, ""), "", 1},
		{"invalid JSON", reply(200, `{"user":{"id":"u_1"`), provider.Intermediary, 1},
		{"JSON of someone else", reply(200, `{"status":"ok"}`), provider.AmbiguousCause, 1},
		{"10 MB body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"user":{"id":"u_1"},"more":"`)
			_, _ = w.Write(bytes.Repeat([]byte("a"), 10<<20))
			_, _ = io.WriteString(w, `"}`)
		}, provider.AmbiguousCause, 1},
		{"gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "application/json")
			zip := gzip.NewWriter(w)
			_, _ = io.WriteString(zip, `{"user":{"id":"`)
			for range 200 {
				_, _ = zip.Write(make([]byte, 1<<20))
			}
			_ = zip.Close()
		}, provider.AmbiguousCause, 1},
		{"gzip that is none", reply(200, accepted, "Content-Encoding", "gzip"), provider.Intermediary, 1},
		{"echo of the key in every header and field", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-Id", echo(w, r))
			reply(200, fmt.Sprintf(`{"user":{"id":%q,"name":%q,"active":true},"tenant_id":%q,"scopes":[%[1]q]}`, echo(w, r), canary, strings.Repeat("x", 290)+canary))(w, r)
		}, provider.OK, 1},
	}
}

func TestAnswersThatAreNoVerdict(t *testing.T) {
	for _, tt := range httpFaults() {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.handler)
			v := one(t, client(t, Options{}), ask(gateway(t, map[string]string{"staging": s.URL})))
			if tt.want != "" || v.Reason.Class() != provider.Unverifiable {
				wantReason(t, v, tt.want)
			}
			if got := s.asked.Load(); got != tt.asked {
				t.Errorf("asked %d times, want %d", got, tt.asked)
			}
			if v.Reason.Class() == provider.Unverifiable {
				nothingFails(t, v)
			}
			if int64(v.Evidence.Attempts) != tt.asked {
				t.Errorf("the verdict tells of %d attempts, want %d", v.Evidence.Attempts, tt.asked)
			}
		})
	}
}

func nothingFails(t *testing.T, v verdict.Verdict) {
	t.Helper()
	for rung, answer := range v.Rungs {
		if answer != verdict.Unverified {
			t.Errorf("rung %s is %s, though nothing was learned", provider.Rung(rung), answer)
		}
	}
}

// TestGzipThatIsFine: some servers compress without being asked.
func TestGzipThatIsFine(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("Accept-Encoding is %q", got)
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		zip := gzip.NewWriter(w)
		_, _ = io.WriteString(zip, accepted)
		_ = zip.Close()
	})
	v := one(t, client(t, Options{}), ask(gateway(t, map[string]string{"staging": s.URL})))
	wantReason(t, v, provider.OK)
}

// rawFault is something that does not even speak HTTP as it should.
type rawFault struct {
	name  string
	speak func(conn net.Conn, number int64)
	want  provider.Reason
	asked int64
}

func rawFaults() []rawFault {
	say := func(text string) func(net.Conn, int64) {
		return func(conn net.Conn, _ int64) {
			readRequest(conn)
			_, _ = io.WriteString(conn, text)
		}
	}
	return []rawFault{
		{"garbage", say("\x00\x01\x02 this is no HTTP\r\n\r\n"), provider.Intermediary, 1},
		{"another protocol", say("220 mail.example ESMTP ready\r\n"), provider.Intermediary, 1},
		{"body shorter than promised", say("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n" + accepted), provider.NetworkConnect, 3},
		{"broken chunks", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), provider.Intermediary, 1},
		{"headers without end", say("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("a", 100<<10) + "\r\n\r\n"), provider.Intermediary, 1},
		{"connection closed without a word", say(""), provider.NetworkConnect, 3},
		{"connection reset", func(conn net.Conn, _ int64) {
			readRequest(conn)
			_ = conn.(*net.TCPConn).SetLinger(0)
		}, provider.NetworkConnect, 3},
		{"no answer", func(conn net.Conn, _ int64) {
			_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
			_, _ = io.Copy(io.Discard, conn)
		}, provider.NetworkTimeout, 1},
		{"headers that drip", func(conn net.Conn, _ int64) {
			readRequest(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			for range 40 {
				if _, err := io.WriteString(conn, "X-Drip: 1\r\n"); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}, provider.NetworkTimeout, 1},
		{"body that drips", func(conn net.Conn, _ int64) {
			readRequest(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
			for range 40 {
				if _, err := io.WriteString(conn, " "); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}, provider.NetworkTimeout, 1},
		{"invalid UTF-8", say("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + `{"user":{"id":"` + "\xff\xfe\x80" + `u_1"}}`), provider.OK, 1},
	}
}

func TestConnectionsThatGoWrong(t *testing.T) {
	for _, tt := range rawFaults() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serveRaw(t, tt.speak)
			v := one(t, client(t, Options{Timeout: 400 * time.Millisecond}), ask(gateway(t, map[string]string{"staging": s.url})))
			wantReason(t, v, tt.want)
			if got := s.asked.Load(); got != tt.asked {
				t.Errorf("connected %d times, want %d", got, tt.asked)
			}
			if v.Reason != provider.OK {
				nothingFails(t, v)
				if v.Evidence.Failure == "" {
					t.Error("nothing says what went wrong")
				}
			}
		})
	}
}

// TestIssuesTokenIsNotRepeated: a request that may have arrived is sent again only when
// it changes nothing at all.
func TestIssuesTokenIsNotRepeated(t *testing.T) {
	s := serveRaw(t, func(conn net.Conn, _ int64) { readRequest(conn) })
	p := gateway(t, map[string]string{"staging": s.url})
	p.Probe.Effect = "issues-token"
	v := one(t, client(t, Options{}), ask(p))
	wantReason(t, v, provider.NetworkConnect)
	if got := s.asked.Load(); got != 1 {
		t.Errorf("connected %d times, want 1", got)
	}
}

func TestRefusedConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close() // a port that no one listens on
	dials := 0
	c := client(t, Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}})
	v := one(t, c, ask(gateway(t, map[string]string{"staging": "http://" + listener.Addr().String()})))
	wantReason(t, v, provider.NetworkConnect)
	if dials != 3 {
		t.Errorf("dialled %d times, want 3", dials)
	}
	if !strings.Contains(v.Evidence.Failure, "refused the connection") {
		t.Errorf("failure is %q", v.Evidence.Failure)
	}
}

// TestDNS asks a DNS server of the test's own.
func TestDNS(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		rcode      byte
	}{
		{"no such name", "does not exist", 3},
		{"server failure", "could not tell", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resolver := nameserver(t, tt.rcode)
			dialer := &net.Dialer{Timeout: 3 * time.Second, Resolver: resolver}
			p := gateway(t, map[string]string{"staging": "https://payments.invalid"})
			v := one(t, client(t, Options{Dial: dialer.DialContext}), ask(p))
			wantReason(t, v, provider.NetworkDNS)
			nothingFails(t, v)
			if !strings.Contains(v.Evidence.Failure, tt.want) {
				t.Errorf("failure is %q, want it to say %q", v.Evidence.Failure, tt.want)
			}
		})
	}
}

func nameserver(t *testing.T, rcode byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			answer := bytes.Clone(buffer[:n])
			answer[2] |= 0x80                 // an answer
			answer[3] = 0x80 | rcode          // recursion available
			copy(answer[10:12], []byte{0, 0}) // no additional records: EDNS is left out
			_, _ = conn.WriteTo(cutOPT(answer), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// cutOPT keeps the header and the one question of a DNS message.
func cutOPT(message []byte) []byte {
	i := 12
	for i < len(message) && message[i] != 0 {
		i += int(message[i]) + 1
	}
	return message[:min(len(message), i+5)]
}

func TestClassifyOddErrors(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tt := range []struct {
		err  error
		want provider.Reason
	}{
		{dial(syscall.ENETUNREACH), provider.NetworkConnect},
		{dial(syscall.EHOSTUNREACH), provider.NetworkConnect},
		{dial(errors.New("something")), provider.NetworkConnect},
		{dial(context.DeadlineExceeded), provider.NetworkTimeout},
		{dial(&net.DNSError{Err: "timeout", IsTimeout: true}), provider.NetworkDNS},
		{&net.OpError{Op: "proxyconnect", Err: dial(syscall.ECONNREFUSED)}, provider.NetworkProxy},
		{&net.OpError{Op: "proxyconnect", Err: &net.DNSError{IsNotFound: true}}, provider.NetworkProxy},
		{&net.OpError{Op: "socks connect", Err: errors.New("general SOCKS server failure")}, provider.NetworkProxy},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, provider.NetworkConnect},
		{errors.New("net/http: TLS handshake timeout " + canary), provider.NetworkConnect},
		{errors.New(canary), provider.NetworkConnect},
		{fmt.Errorf("malformed HTTP response %q", canary), provider.Intermediary},
	} {
		f := classify(tt.err, "api.example.com")
		if f.reason != tt.want {
			t.Errorf("%v is %q, want %q", tt.err, f.reason, tt.want)
		}
		if where := findKey(f.text, canary); where != "" || f.text == "" {
			t.Errorf("%v: the text of the failure is empty or holds the key", tt.want)
		}
	}
}
