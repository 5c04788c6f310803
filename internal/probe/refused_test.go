package probe

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

// TestARefusalIsNotRepeated, whatever becomes of its body: each repetition counts as one
// more failed login.
func TestARefusalIsNotRepeated(t *testing.T) {
	breaks := map[string]func(net.Conn){
		"close": func(net.Conn) {},
		"reset": func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) },
		"hang": func(conn net.Conn) {
			_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
			_, _ = io.Copy(io.Discard, conn)
		},
	}
	for how, stop := range breaks {
		for _, tt := range []struct {
			status int
			asked  int64
		}{{401, 1}, {403, 1}, {400, 1}, {404, 1}, {402, 1}, {302, 1}, {429, 3}, {503, 3}, {200, 3}} {
			if how == "hang" && tt.status != 401 && tt.status != 403 && tt.status != 200 {
				continue // each takes its time
			}
			t.Run(fmt.Sprint(how, " ", tt.status), func(t *testing.T) {
				t.Parallel()
				for _, head := range []string{"Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n22\r\n", "Content-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n\x1f\x8b"} {
					s := serveRaw(t, func(conn net.Conn, _ int64) {
						readRequest(conn)
						_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d Some\r\nContent-Type: application/json\r\n%s%s", tt.status, head, `{"error":{"code":"key_unknown"}}`)
						time.Sleep(20 * time.Millisecond) // so that a reset does not overtake it
						stop(conn)
					})
					v := one(t, client(t, Options{Timeout: 200 * time.Millisecond}), ask(gateway(t, map[string]string{"staging": s.url})))
					if v.Reason.Class() != provider.Unverifiable {
						t.Errorf("reason is %q, though the answer was not complete", v.Reason)
					}
					nothingFails(t, v)
					want := tt.asked
					if how == "hang" || strings.Contains(head, "gzip") {
						want = min(want, s.asked.Load()) // what may pass need not be repeated then
					}
					if got := s.asked.Load(); got != want {
						t.Errorf("asked %d times, want %d (%s)", got, want, v.Evidence.Failure)
					}
					if v.Evidence.Status != tt.status {
						t.Errorf("the verdict tells of status %d, want %d", v.Evidence.Status, tt.status)
					}
				}
			})
		}
	}
}
