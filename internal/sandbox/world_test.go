package sandbox

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/secret"
)

func TestDecodeReportsMistakes(t *testing.T) {
	const good = "environments: {staging: {tenants: {acme: {name: Acme}}, users: {u: {name: U, tenant: acme}}, keys: {k: {key: CANARY, user: u}}}}"
	if _, problems := Decode("world.yaml", []byte(good)); len(problems) != 0 {
		t.Fatalf("the good world has problems: %v", problems)
	}
	for _, tt := range []struct{ name, old, new, says, fix string }{
		{"empty", good, "", "no environment", "environments"},
		{"no environment", "staging: {", "staging: null, other: {", "mapping", ""},
		{"unknown field", "users:", "user:", `unknown field "user"`, "users"},
		{"real key", "CANARY", "sk_live_4242", "expected a made-up key", "never belongs here"},
		{"unknown tenant", "tenant: acme", "tenant: acne", `no tenant "acne"`, "acme"},
		{"unknown user", "user: u}", "user: v}", `no user "v"`, "u"},
		{"bad state", "name: U", "name: U, state: gone", "expected one of active, suspended, deleted", ""},
		{"key without text", "key: CANARY, ", "", `"key" is missing`, ""},
		{"same text twice", "k: {", "j: {key: CANARY, user: u}, k: {", "same text", ""},
		{"bad date", "user: u}", "user: u, expires: soon}", "is not a day", "2027-01-31"},
		{"open to the world", "staging: {", "staging: {listen: '0.0.0.0:80', ", "not on loopback", "127.0.0.1"},
		{"a name to listen on", "staging: {", "staging: {listen: 'example.com:80', ", "not on loopback", "127.0.0.1"},
		{"no port", "staging: {", "staging: {listen: '127.0.0.1', ", "not host:port", "127.0.0.1"},
		{"absurd fault", "staging: {", "staging: {fault: {status: 99}, ", "outside 200 to 599", ""},
		{"no YAML", good, "environments: {", "not valid YAML", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := Decode("world.yaml", []byte(strings.Replace(good, tt.old, tt.new, 1)))
			if len(problems) == 0 {
				t.Fatal("no problem was found")
			}
			var all []string
			for _, p := range problems {
				all = append(all, p.Message+" | "+p.Fix)
			}
			text := strings.Join(all, "\n")
			if !strings.Contains(text, tt.says) || !strings.Contains(text, tt.fix) || strings.Contains(text, "sk_live") {
				t.Errorf("problems are %q, want %q with the advice %q", text, tt.says, tt.fix)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("environments: {a: {users: {u: null}, keys: {k: {key: CANARY, user: u}}, fault: {status: 1}}}")
	f.Add("environments: {a: null}")
	f.Fuzz(func(t *testing.T, text string) {
		w, problems := Decode("world.yaml", []byte(text))
		if len(problems) > 0 || strings.Contains(text, "listen") {
			return
		}
		s, err := Start(t.Context(), w)
		if err != nil {
			t.Fatalf("a world without problems does not start: %v", err)
		}
		s.Close()
	})
}

func oneKey(listen string) World {
	return World{Environments: map[string]*Environment{"staging": {
		Listen:  listen,
		Tenants: map[string]*Tenant{"acme": {Name: "Acme"}},
		Users:   map[string]*User{"u": {Name: "U", Tenant: "acme"}},
		Keys:    map[string]*Key{"k": {Key: Fixture{secret.New("CANARY")}, User: "u"}},
	}}}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	for _, listen := range []string{"", "127.0.0.1:0", "localhost:0", "127.1.2.3:0"} {
		s, err := Start(t.Context(), oneKey(listen))
		if err != nil {
			t.Fatalf("%q: %v", listen, err)
		}
		host, _, err := net.SplitHostPort(strings.TrimPrefix(s.URL("staging"), "http://"))
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			t.Errorf("%q listens on %s", listen, s.URL("staging"))
		}
		s.Close()
	}
	for _, listen := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1", "localhost.example.com:0"} {
		if s, err := Start(t.Context(), oneKey(listen)); err == nil {
			s.Close()
			t.Errorf("%q was accepted", listen)
		}
	}
}

func TestStartRefusesUnsoundWorlds(t *testing.T) {
	keyless := oneKey("")
	keyless.Environments["staging"].Keys["k"].Key = Fixture{}
	for _, w := range []World{{}, {Environments: map[string]*Environment{"staging": nil}}, keyless} {
		if s, err := Start(t.Context(), w); err == nil {
			s.Close()
			t.Error("an unsound world was started")
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if s, err := Start(t.Context(), oneKey(taken.Addr().String())); err == nil {
		s.Close()
		t.Error("a port that is taken was accepted")
	}
}

// TestCloses: by the call, any number of times, and by the end of the context.
func TestCloses(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, oneKey(""))
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(s.URL("staging"), "http://")
	cancel()
	for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the gateway still listens")
		}
	}
	s.Close()
	s.Close()
	again, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	again.Close()
}
