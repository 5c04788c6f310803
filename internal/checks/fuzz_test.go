package checks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// FuzzJudge builds runs out of arbitrary bytes. Whatever comes together: no finding
// shows a key, every finding is complete, and follow-ups are left out.
func FuzzJudge(f *testing.F) {
	for seed := range 64 {
		data := make([]byte, 120)
		for i := range data {
			data[i] = byte((seed + 1) * (i + 7) * 31 >> (i % 5))
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &choices{data: data}
		file := s.file()
		var cases []*Case
		for n := range 1 + s.pick(3) {
			cases = append(cases, s.key(fmt.Sprintf("KEY_%d", n))) // no consumer has a variable twice
		}
		r := run(file, cases...)
		j := Judge(r)
		if form := canary.Find([]byte(render(j))); form != "" {
			t.Fatalf("a finding shows a key, %s", form)
		}
		checkFindings(t, j.Findings)
		checkFollowUps(t, cases)
		slices.Reverse(r.Cases)
		if diff := cmp.Diff(j, Judge(r)); diff != "" {
			t.Fatalf("another order gives other findings:\n%s", diff)
		}
	})
}

func checkFindings(t *testing.T, findings []Finding) {
	t.Helper()
	for _, f := range findings {
		check, ok := Find(f.ID)
		if !ok || f.Name != check.Name || (f.Severity != check.Severity && check.Weighs == nil) {
			t.Fatalf("%s does not look like its check", f.ID)
		}
		if f.Message == "" || f.Fix == "" || strings.Contains(f.Message+f.Fix, "%!") || strings.ContainsAny(f.Message+f.Fix, "\n\r\x1b") {
			t.Fatalf("%s is incomplete or badly formatted: %q, %q", f.ID, f.Message, f.Fix)
		}
	}
	if !slices.IsSortedFunc(findings, Compare) {
		t.Fatal("the findings are not in order")
	}
}

// checkFollowUps judges each case alone.
func checkFollowUps(t *testing.T, cases []*Case) {
	t.Helper()
	for _, c := range cases {
		fired := map[string]bool{}
		for _, check := range All() {
			if check.OnProblem {
				continue
			}
			if _, ok := check.Run(c); ok {
				fired[check.ID] = true
			}
		}
		never := func(when bool, why string, ids ...string) {
			for _, id := range ids {
				if when && fired[id] {
					t.Fatalf("%s fires although %s", id, why)
				}
			}
		}
		above := []string{"K201", "K202", "K203", "K204", "K205", "K301", "K302", "K303", "K304", "K305", "K306", "K307", "K308", "K309", "K310", "K401"}
		never(c.missing(), "nothing arrives", append(above, "K102", "K103", "K104", "K105", "K106", "K107", "K109")...)
		never(c.Slot.Value.State == model.Unknown, "the value is unknown", append(above, "K101", "K103", "K104", "K106", "K109")...)
		never(len(c.standIns()) > 0, "no key arrived", append(above, "K104", "K106", "K109")...)
		never(fired["K205"], "the key is another environment's", "K201", "K203", "K204", "K301", "K302", "K303", "K304", "K305", "K306", "K307", "K308", "K309")
		never(fired["K109"], "the key is another service's", "K104", "K201", "K205", "K301")
		never(fired["K104"] && len(c.damage()) > 0, "the key is damaged", "K301")
		never(c.Run.Config.Policy.Reuse == "allow", "reuse is allowed", "K202")
	}
}

// choices turns bytes into choices; when they run out, it always chooses the first.
type choices struct{ data []byte }

func (s *choices) pick(n int) int {
	if len(s.data) == 0 {
		return 0
	}
	b := int(s.data[0])
	s.data = s.data[1:]
	return b % n
}

func choose[T any](s *choices, from ...T) T { return from[s.pick(len(from))] }

func (s *choices) text() string {
	return choose(s, stagingKey, developerKey, liveKey, publishable, adminKey, rootKey, personKey, mailKey, plainKey, "",
		"${CANARY_KEY}", "changeme", stagingKey+"\n", `"`+liveKey+`"`, "Bearer "+stagingKey, "sk_test_CANARY", "\ufeff"+stagingKey)
}

func (s *choices) value(depth int) model.Value {
	line := 1 + s.pick(9)
	switch s.pick(9) {
	case 0:
		return shell(line, s.text())
	case 1:
		return process(choose(s, "PAYMENT_API_KEY", "OTHER"), s.text())
	case 2:
		return input(line, process("X", s.text()))
	case 3:
		return unknownAt(line, choose(s, model.WhyCISecret, model.WhyTime, model.Reason("new")), choose(s, "", "bind it"))
	case 4:
		return model.Value{State: model.Absent}
	case 5:
		if depth > 0 {
			return model.Ambiguous("set FLAG", s.value(depth-1), s.value(depth-1))
		}
	case 6:
		if depth > 0 {
			return over(s.value(depth-1), s.value(depth-1))
		}
	case 7:
		return exported(line, dotenv(".env.staging", line, s.text()))
	}
	return dotenv(choose(s, ".env", ".env.staging"), line, s.text())
}

func (s *choices) reason() provider.Reason {
	return choose(s, "", provider.OK, provider.Malformed, provider.KeyUnknown, provider.KeyRevoked, provider.KeyExpired, provider.KeyKindWrong,
		provider.OwnerMissing, provider.OwnerDisabled, provider.AccountSuspended, provider.BillingInactive, provider.QuotaExhausted,
		provider.ScopeMissing, provider.ResourceNotGranted, provider.ServiceNotEnabled, provider.EnvMismatch, provider.TenantMismatch,
		provider.AccountMismatch, provider.RegionMismatch, provider.AmbiguousCause, provider.RateLimited, provider.NetworkDNS, provider.Offline)
}

func (s *choices) identity() verdict.Identity {
	id := verdict.Identity{
		User: choose(s, "", "u_1", "u\n::error::2"), Name: choose(s, "", "Jane \x1b[31mDoe"), Kind: choose(s, "", "person", "service", "odd kind\n"),
		Tenant: choose(s, "", "acme", "other"), Account: choose(s, "", "acct_1", "acct_2"), Mode: choose(s, "", "test", "live", "odd"),
		Admin: s.pick(2) == 1,
	}
	id.Scopes = choose(s, nil, []string{"*"}, []string{"read", "odd\nscope"})
	if hours := s.pick(40); hours > 0 {
		id.Expires = now.Add(time.Duration(hours-20) * 20 * time.Hour)
	}
	return id
}

func (s *choices) key(variable string) *Case {
	options := []option{
		named(variable),
		in(choose(s, "staging", "production", "main", "dev")), of(choose(s, "Deployment/api", "")),
		by(choose(s, pay(), gateway(), nil)), receives(s.value(2)), answered(s.reason()), whose(s.identity()),
		along(choose(s, "TENANT_ID", "USER_ID", "X"), s.value(0)), needs(choose(s, "", "charges:write", "odd\nneed")),
		http(choose(s, 0, 401), choose(s, "", "code\r\n"), ""),
	}
	if s.pick(2) == 1 {
		options = append(options, undeclared)
	}
	if s.pick(3) == 1 {
		options = append(options, acceptedIn("dev", s.identity()))
	}
	if s.pick(5) == 1 {
		options = append(options, acceptsAnything)
	}
	if s.pick(2) == 1 {
		options = append(options, expects(config.Expect{
			Mode: choose(s, "", "test", "live"), Account: choose(s, "", "acct_1"), Tenant: choose(s, "", "acme"), User: choose(s, "", "u_1"),
			Owner: choose(s, "", "service", "any"), Kind: choose(s, "", "secret key"), Scopes: choose(s, nil, []string{"read", "write"}),
			ExpiresAfter: provider.Duration(time.Duration(s.pick(30)) * 24 * time.Hour),
		}))
	}
	return key(options...)
}

func (s *choices) file() *config.File {
	file := &config.File{Path: "keyfit.yaml", Policy: config.Policy{Reuse: choose(s, "", "allow"), Owner: choose(s, "", "service")}}
	mail := parseProvider("id: mail\nname: Mail\nforms: [{pattern: 'SG\\.[0-9A-Za-z.]{20,60}', kind: key}]\n")
	file.Providers = map[string]*provider.Provider{"mail": mail}
	if s.pick(3) == 1 {
		id := fmt.Sprintf("K%d", 100+s.pick(10)+100*s.pick(4))
		file.Ignore = []config.Ignore{ignoring(id, choose(s, "", "staging/*", "*/PAYMENT_API_KEY"), now.AddDate(0, 0, s.pick(3)-1))}
	}
	return file
}
