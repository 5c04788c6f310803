package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// canary is in every key of these tests; no output may ever hold it.
const canary = "CANARY"

func at(file string, line, column int) pos.Span {
	return pos.Span{File: file, Start: pos.Pos{Line: line, Column: column}, End: pos.Pos{Line: line, Column: column + 4}}
}

func hop(kind, what string, place pos.Span) model.Hop {
	return model.Hop{At: place, Kind: kind, What: what}
}

func key(name string, hops ...model.Hop) model.Value {
	v := model.Value{State: model.Known, Text: secret.New("sk_test_" + canary + name)}
	for _, h := range hops {
		v = v.Via(h)
	}
	return v
}

func rungs(answers string) (out [provider.Rungs]verdict.Answer) {
	for i, a := range answers {
		out[i] = map[rune]verdict.Answer{'+': verdict.Pass, '-': verdict.Fail, '.': verdict.Unverified}[a]
	}
	return out
}

func slot(environment, variable string, v model.Value) keys.Slot {
	return keys.Slot{
		Environment: environment, Variable: variable, Value: v,
		Consumer: model.Consumer{Kind: "kubernetes", Namespace: "shop", Workload: "Deployment/api", Container: "api"},
		Provider: &provider.Provider{ID: "stripe", Name: "Stripe"},
		Form:     &provider.Form{Kind: "secret key", Mode: "test"},
	}
}

func evidence(status int, code string) verdict.Evidence {
	return verdict.Evidence{
		Method: "GET", Host: "api.example.com", Path: "/v1/account", Status: status, Code: code,
		RequestID: "req_1", Attempts: 1, Duration: 120 * time.Millisecond,
	}
}

func finding(id, name string, severity checks.Severity, s keys.Slot, place pos.Span, message, fix string) checks.Finding {
	return checks.Finding{
		ID: id, Name: name, Severity: severity, Environment: s.Environment, Consumer: s.Consumer.Workload,
		Container: s.Consumer.Container, Variable: s.Variable, At: place, Message: message, Fix: fix,
	}
}

func input(environments ...string) Input {
	return Input{
		Version: "1.2.3", Started: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Duration: 1500 * time.Millisecond,
		Environments: environments, Fingerprints: secret.NewPrinter(secret.New("for the tests")),
	}
}

// stories are the inputs that every format is shown with.
func stories() map[string]Input {
	return map[string]Input{
		"passed":      passedStory(),
		"suspended":   suspendedStory(),
		"wrong-mode":  wrongModeStory(),
		"elsewhere":   elsewhereStory(),
		"unverified":  unverifiedStory(),
		"empty":       emptyStory(),
		"nothing":     input(),
		"many":        manyStory(),
		"odd-names":   oddStory(),
		"ignored":     ignoredStory(),
		"long-trails": longStory(),
	}
}

func passedStory() Input {
	in := input("staging")
	s := slot("staging", "PAYMENT_API_KEY", key("1", hop("dotenv", "PAYMENT_API_KEY", at(".env.staging", 3, 1)), hop("shell", "export PAYMENT_API_KEY", at("scripts/deploy.sh", 7, 8))))
	s.Also = []model.Consumer{{Kind: "kubernetes", Workload: "CronJob/bill", Container: "bill"}}
	in.Cases = []*checks.Case{{Slot: s, Verdict: verdict.Verdict{
		Rungs: rungs("++++."), Reason: provider.OK, Evidence: evidence(200, ""),
		Identity: verdict.Identity{User: "u_1", Name: "deploy bot", Kind: "service", Account: "acct_1Staging", Mode: "test", Scopes: []string{"charges:write"}, Expires: in.Started.AddDate(1, 0, 0)},
	}}}
	return in
}

func suspendedStory() Input {
	in := input("staging")
	old := key("old", hop("dotenv", "PAYMENT_API_KEY", at(".env.staging", 3, 1)))
	winner := key("2", hop("shell", "export PAYMENT_API_KEY", at("scripts/deploy.sh", 7, 8)), hop("command", "kubectl set env", at("scripts/deploy.sh", 12, 1))).Over(old)
	s := slot("staging", "PAYMENT_API_KEY", winner)
	no := false
	in.Cases = []*checks.Case{{Slot: s, Verdict: verdict.Verdict{
		Rungs: rungs("+++-."), Reason: provider.OwnerDisabled, Evidence: evidence(403, "user_suspended"), Says: "the user is suspended",
		Identity: verdict.Identity{User: "u_7", Name: "Ada", Kind: "person", Active: &no, Mode: "test"},
	}}}
	f := finding("K304", "owner-inactive", checks.Error, s, at("scripts/deploy.sh", 7, 8), `the linked user "Ada" is suspended`, "use the key of an active service account")
	g := finding("K105", "overridden-key", checks.Warning, s, at("scripts/deploy.sh", 7, 8), "a later definition replaced the declared key with another value", "remove the export, or change .env.staging")
	g.Related = []checks.Related{{At: at(".env.staging", 3, 1), Message: "declared here"}}
	in.Findings = []checks.Finding{g, f}
	return in
}

func wrongModeStory() Input {
	in := input("production", "staging")
	good := slot("staging", "STRIPE_SECRET_KEY", key("3", hop("helm", "stripe.key", at("charts/shop/values-staging.yaml", 9, 8))))
	bad := slot("production", "STRIPE_SECRET_KEY", key("3", hop("helm", "stripe.key", at("charts/shop/values.yaml", 14, 8)), hop("kubernetes", "env STRIPE_SECRET_KEY", at("charts/shop/templates/deployment.yaml", 31, 15))))
	ok := verdict.Verdict{Rungs: rungs("+++++"), Reason: provider.OK, Evidence: evidence(200, ""), Identity: verdict.Identity{Account: "acct_1Staging", Mode: "test"}}
	in.Cases = []*checks.Case{{Slot: bad, Verdict: ok}, {Slot: good, Verdict: ok}}
	in.Findings = []checks.Finding{
		finding("K201", "wrong-mode", checks.Error, bad, at("charts/shop/values.yaml", 14, 8), "a test key in production", "set stripe.key in values-production.yaml"),
		finding("K202", "shared-key", checks.Error, bad, at("charts/shop/values.yaml", 14, 8), `the same key serves "staging"`, "give each environment a key of its own"),
	}
	return in
}

func elsewhereStory() Input {
	in := input("production")
	s := slot("production", "GATEWAY_KEY", key("4", hop("process", "GATEWAY_KEY", pos.Span{})))
	s.Provider, s.Form = &provider.Provider{ID: "payments-gateway", Custom: true}, nil
	s.Consumer = model.Consumer{Kind: "process", Workload: "./app"}
	in.Cases = []*checks.Case{
		{Slot: s, Verdict: verdict.Verdict{
			Rungs: rungs("+-..."), Reason: provider.EnvMismatch, Evidence: evidence(401, "key_unknown"),
			Elsewhere: &verdict.Elsewhere{Environment: "staging", Identity: verdict.Identity{Tenant: "acme-staging"}, Evidence: evidence(200, "")},
		}},
		{Problem: &model.Problem{At: at("k8s/broken.yaml", 2, 5), Message: `not YAML: expected a mapping after "env"`, Fix: "mend the indentation"}},
	}
	in.Findings = []checks.Finding{
		finding("K205", "wrong-environment", checks.Error, s, pos.Span{}, `the API of "staging" accepts this key, the one of "production" rejects it`, "bind the production key"),
		{ID: "K001", Name: "input-problem", Severity: checks.Warning, Environment: "production", At: at("k8s/broken.yaml", 2, 5), Message: `not YAML: expected a mapping after "env"`, Fix: "mend the indentation"},
	}
	return in
}

func unverifiedStory() Input {
	in := input("staging")
	limited := slot("staging", "PAYMENT_API_KEY", key("5", hop("dotenv", "PAYMENT_API_KEY", at(".env", 1, 1))))
	unknown := slot("staging", "CRM_KEY", model.UnknownBecause(model.WhyCISecret, `set the variable "CRM_KEY" in this job`, model.Trail{}.Append(hop("workflow", "secrets.CRM_KEY", at(".github/workflows/deploy.yml", 20, 9)))))
	either := slot("staging", "MAIL_KEY", model.Ambiguous("run the command first, or bind MAIL_KEY", key("6", hop("shell", "MAIL_KEY=", at("deploy.sh", 3, 1))), key("7", hop("shell", "MAIL_KEY=", at("deploy.sh", 5, 1)))))
	absent := slot("staging", "SMS_KEY", model.Value{State: model.Absent})
	in.Cases = []*checks.Case{
		{Slot: limited, Verdict: verdict.Verdict{Rungs: rungs("+...."), Reason: provider.RateLimited, Evidence: evidence(429, ""), Causes: []string{"too many requests", "billing"}}},
		{Slot: unknown}, {Slot: either}, {Slot: absent},
	}
	in.Findings = []checks.Finding{finding("K401", "unverified", checks.Warning, limited, at(".env", 1, 1), "the API limits the rate of requests", "try again later")}
	return in
}

func emptyStory() Input { return input("production", "staging") }

func manyStory() Input {
	in := input("staging")
	for i := range 300 {
		s := slot("staging", fmt.Sprintf("KEY_%03d", i), key(fmt.Sprint(i), hop("dotenv", "KEY", at(".env", i+1, 1))))
		in.Cases = append(in.Cases, &checks.Case{Slot: s, Verdict: verdict.Verdict{Rungs: rungs("+-..."), Reason: provider.KeyUnknown}})
		severity := []checks.Severity{checks.Error, checks.Warning, checks.Note}[i%3]
		in.Findings = append(in.Findings, finding("K301", "unknown-key", severity, s, at(".env", i+1, 1), "the API does not know the key", "replace it"))
	}
	return in
}

// hostile is what a stranger might call themselves.
const hostile = "::error::pwned\n::add-mask::x\r\n##[set-env name=A]b \x1b[31mred\x1b[0m \u202eevil\u2066 | `x` <img src=x> @everyone [a](javascript:1) *b* _c_ # d \"]; end\n```\n%0A::stop-commands::q \U000E0041 \x00\x07"

func oddStory() Input {
	in := input("sta" + hostile)
	s := slot("sta"+hostile, "VAR"+hostile, key("8", hop("dot"+hostile, hostile, at(hostile, 3, 1)), hop("shell", hostile, at("a|b`c.sh", 1, 1))).Over(key("9", hop(hostile, hostile, at(hostile, 4, 1)))))
	s.Consumer.Workload, s.Provider.ID, s.Form.Kind = hostile, hostile, hostile
	s.Consumer.Container = strings.Repeat("long ", 2000)
	in.Cases = []*checks.Case{
		{Slot: s, Verdict: verdict.Verdict{
			Rungs: rungs("+-..."), Reason: provider.KeyUnknown, Says: hostile, Causes: []string{hostile}, Needs: hostile,
			Identity: verdict.Identity{User: hostile, Name: hostile, Kind: hostile, Account: hostile, Scopes: []string{hostile}},
			Evidence: verdict.Evidence{Method: hostile, Host: hostile, Path: hostile, Code: hostile, RequestID: hostile, Failure: hostile},
		}},
		{Problem: &model.Problem{At: at(hostile, 1, 1), Message: hostile, Fix: hostile}},
	}
	f := finding("K301", hostile, checks.Error, s, at(hostile, 3, 1), hostile, hostile)
	f.Related = []checks.Related{{At: at(hostile, 1, 1), Message: hostile}}
	in.Findings = []checks.Finding{f}
	in.Ignored = []checks.Ignored{{Finding: f, Reason: hostile}}
	return in
}

func ignoredStory() Input {
	in := suspendedStory()
	in.Ignored = []checks.Ignored{{Finding: in.Findings[1], Reason: "removed with the next release", Expires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}}
	in.Findings = nil
	s := slot("staging", "CRM_KEY", model.UnknownBecause(model.WhyRemoteState, "bind CRM_KEY to a variable of this job", model.Trail{}))
	in.Cases = append(in.Cases, &checks.Case{Slot: s})
	in.Ignored = append(in.Ignored, checks.Ignored{Finding: finding("K102", "unresolved-key", checks.Warning, s, pos.Span{}, "the value cannot be known here", ""), Reason: "checked by hand"})
	return in
}

func longStory() Input {
	in := input("staging")
	var hops []model.Hop
	for i := range 30 {
		hops = append(hops, hop("shell", fmt.Sprintf("STEP_%d=${STEP_%d} and quite some more text to make it long", i, i-1), at("scripts/chain.sh", i+1, 1)))
	}
	s := slot("staging", "LONG_KEY", key("10", hops...))
	in.Cases = []*checks.Case{{Slot: s, Verdict: verdict.Verdict{Rungs: rungs("+-..."), Reason: provider.KeyRevoked, Evidence: evidence(401, "key_revoked")}}}
	in.Findings = []checks.Finding{finding("K302", "revoked-key", checks.Error, s, at("scripts/chain.sh", 30, 1),
		"the key is revoked, and this message goes on for so long that it cannot stand on one line of an ordinary terminal", "make a new key and put it where the chain begins, then run the deploy again from the start")}
	return in
}
