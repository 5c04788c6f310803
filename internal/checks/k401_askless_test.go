package checks

import (
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/strict"
)

// TestAskless is a key that nobody can ever be asked about: a note that says how to accept it.
func TestAskless(t *testing.T) {
	stripe, _ := catalogue.Get("stripe")
	webhook := func(options ...option) *Case {
		text := dotenv(".env.production", 1, "whsec_CANARY0123456789abcdef")
		return key(append([]option{undeclared, named("STRIPE_WEBHOOK_SECRET"), by(stripe), receives(text), answered(provider.NotProbeable), in("production")}, options...)...)
	}
	accept := &config.File{Ignore: []config.Ignore{{
		ID: strict.At[string]{Value: "K401", Span: pos.Span{File: "keyfit.yaml"}}, Slot: "*/STRIPE_WEBHOOK_SECRET", Reason: "no request",
		Expires: config.Date{Time: now.Add(100 * 24 * time.Hour)},
	}}}
	cases := map[string]struct {
		run  *Run
		want string
	}{
		"a kind that is never sent": {run(nil, webhook()), "K401 note"},
		"accepted":                  {run(accept, webhook()), ""},
		"of nobody knows whom":      {run(nil, webhook(by(nil), receives(dotenv(".env", 1, plainKey)))), "K401 note"},
		"one that was not asked":    {run(nil, webhook(receives(dotenv(".env", 1, "sk_live_CANARY0123456789")))), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			j := Judge(c.run)
			var got []string
			for _, f := range j.Findings {
				got = append(got, f.ID+" "+f.Severity.String())
				if !strings.Contains(f.Fix, `{id: K401, slot: "*/STRIPE_WEBHOOK_SECRET", reason: nobody can be asked about it, expires: 2027-11-21}`) {
					t.Errorf("no way out: %s", f.Fix)
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%q, expected %q", got, c.want)
			}
		})
	}
	offline := run(nil, webhook())
	offline.Offline = true
	if j := Judge(offline); len(j.Findings) > 0 {
		t.Errorf("offline: %s", render(j))
	}
}
