package report

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// htmlStories are the reports whose pages are looked at: the three of `keyfit demo` as it
// saved them, and some that show more.
func htmlStories(t *testing.T) map[string]Document {
	t.Helper()
	out := map[string]Document{
		"all-passed": Build(fleetStory(false)), "mixed": Build(fleetStory(true)), "hostile": Build(oddStory()),
		"empty": Build(emptyStory()), "unknown": Build(unknownStory()),
	}
	for _, name := range []string{"jenkins-override", "deactivated-owner", "cross-tenant"} {
		out[name] = savedReport(t, name)
	}
	return out
}

func savedReport(t *testing.T, name string) Document {
	t.Helper()
	path := filepath.Join("testdata", "html", name+".json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read(path, data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fleet adds the slots of three environments.
type fleet struct{ in Input }

func (f *fleet) add(environment, variable, id string, v model.Value, to verdict.Verdict) keys.Slot {
	s := slot(environment, variable, v)
	s.Provider, s.Form = &provider.Provider{ID: id}, nil
	if to.Reason != "" && to.Evidence.Method == "" {
		to.Evidence = verdict.Evidence{
			Method: "GET", Host: "api." + id + ".example", Path: "/v1/me", Status: 200, RequestID: "req_" + variable[:3], Attempts: 1,
			Duration: time.Duration(80+len(variable)) * time.Millisecond,
		}
	}
	f.in.Cases = append(f.in.Cases, &checks.Case{Slot: s, Verdict: to})
	return s
}

func accepted(account, mode string) verdict.Verdict {
	return verdict.Verdict{Rungs: rungs("+++++"), Reason: provider.OK, Identity: verdict.Identity{
		User: "svc_" + account, Name: "deploy", Kind: "service", Account: account, Mode: mode, Scopes: []string{"charges:write", "refunds:read"},
	}}
}

func refused(answers string, reason provider.Reason, status int, code string) verdict.Verdict {
	e := evidence(status, code)
	return verdict.Verdict{Rungs: rungs(answers), Reason: reason, Evidence: e}
}

var fleetKeys = []struct{ variable, provider string }{
	{"STRIPE_SECRET_KEY", "stripe"}, {"SENDGRID_API_KEY", "sendgrid"}, {"OPENAI_API_KEY", "openai"}, {"GITHUB_TOKEN", "github"},
	{"SLACK_BOT_TOKEN", "slack"}, {"DATADOG_API_KEY", "datadog"}, {"TWILIO_AUTH_TOKEN", "twilio"}, {"SENTRY_AUTH_TOKEN", "sentry"},
	{"CLOUDFLARE_API_TOKEN", "cloudflare"}, {"NPM_TOKEN", "npm"}, {"PAYMENT_API_KEY", "payments-gateway"}, {"LAUNCHDARKLY_SDK_KEY", "launchdarkly"},
}

// fleetStory is three environments of twelve keys; in a mixed one not all is well.
func fleetStory(mixed bool) Input {
	f := &fleet{input("development", "staging", "production")}
	for i, k := range fleetKeys {
		for j, environment := range f.in.Environments {
			place := at("charts/shop/values-"+environment+".yaml", 10+2*i, 8)
			v := key(fmt.Sprint("fleet", i, "-", j), hop("helm-values", k.variable, place),
				hop("manifest", "Deployment/api container api env "+k.variable, at("charts/shop/templates/deployment.yaml", 30+3*i, 15)))
			if mixed && f.misfit(environment, k.variable, k.provider, place) {
				continue
			}
			f.add(environment, k.variable, k.provider, v, accepted("acct_"+environment, map[bool]string{true: "live", false: "test"}[environment == "production"]))
		}
	}
	return f.in
}

// misfit adds a slot that does not fit, where there is one.
func (f *fleet) misfit(environment, variable, id string, place pos.Span) bool {
	find := func(s keys.Slot, id, name string, severity checks.Severity, message, fix string) {
		f.in.Findings = append(f.in.Findings, finding(id, name, severity, s, place, message, fix))
	}
	switch environment + " " + variable {
	case "staging STRIPE_SECRET_KEY", "production STRIPE_SECRET_KEY":
		v := key("shared", hop("helm-values", "stripe.key", at("charts/shop/values.yaml", 14, 8)), hop("manifest", "Deployment/api container api env STRIPE_SECRET_KEY", at("charts/shop/templates/deployment.yaml", 30, 15)))
		s := f.add(environment, variable, id, v, accepted("acct_staging", "test"))
		if environment == "production" {
			find(s, "K201", "wrong-mode", checks.Error, "a test key in production", "set stripe.key in charts/shop/values-production.yaml to a live key")
			find(s, "K202", "shared-key", checks.Error, `the same key serves "staging"`, "give each environment a key of its own")
		}
	case "production PAYMENT_API_KEY":
		declared := key("declared", hop("dotenv", "PAYMENT_API_KEY", at(".env.production", 4, 1)))
		older := key("chart", hop("helm-values", "payment.key", at("charts/shop/values.yaml", 21, 8)))
		v := key("dana", hop("shell", "export PAYMENT_API_KEY", at("scripts/deploy.sh", 12, 8)), hop("helm-values", "--set-string payment.key", at("scripts/deploy.sh", 18, 3)),
			hop("secret", "Secret/checkout-payment key api-key", at("charts/shop/templates/secret.yaml", 6, 15)), hop("manifest", "Deployment/api container api env PAYMENT_API_KEY", at("charts/shop/templates/deployment.yaml", 66, 15))).Over(declared).Over(older)
		v.DecidedBy = []model.Hop{hop("shell", `if [ "$1" = production ]`, at("scripts/deploy.sh", 11, 1))}
		no, to := false, refused("+++-.", provider.OwnerDisabled, 403, "user_suspended")
		to.Says, to.Identity = "the user is suspended", verdict.Identity{User: "usr_dana", Name: "Dana", Kind: "person", Active: &no, Account: "acct_live", Tenant: "acme", Mode: "live", Scopes: []string{"payments:write"}}
		s := f.add(environment, variable, id, v, to)
		find(s, "K304", "owner-inactive", checks.Error, `user "Dana" (person), whom the key belongs to, is suspended (HTTP 403)`, `activate user "Dana" at payments-gateway, or put the key of an active service account at scripts/deploy.sh:12`)
		find(s, "K105", "overridden-key", checks.Warning, "scripts/deploy.sh:12 replaces the value of .env.production:4 with another one", "remove the assignment at scripts/deploy.sh:12")
		f.in.Findings[len(f.in.Findings)-1].Related = []checks.Related{{At: at(".env.production", 4, 1), Message: "replaced: this definition has another value"}}
	case "staging OPENAI_API_KEY":
		s := f.add(environment, variable, id, key("old", hop("helm-values", variable, place)), refused("+-...", provider.KeyRevoked, 401, "invalid_api_key"))
		find(s, "K302", "revoked-key", checks.Error, "the key is revoked", "make a new key at openai and put it at charts/shop/values-staging.yaml:14")
	case "production SLACK_BOT_TOKEN":
		f.add(environment, variable, id, model.UnknownBecause(model.WhyCISecret, `set the variable "SLACK_BOT_TOKEN" in this job, or bind secrets.SLACK_BOT_TOKEN under inputs`, model.Trail{}.Append(hop("workflow", "secrets.SLACK_BOT_TOKEN", at(".github/workflows/deploy.yml", 20, 9)))), verdict.Verdict{})
	case "staging DATADOG_API_KEY":
		to := refused("+....", provider.RateLimited, 429, "")
		s := f.add(environment, variable, id, key("dd", hop("helm-values", variable, place)), to)
		find(s, "K401", "unverified", checks.Warning, "the API limits the rate of requests", "try again later")
	case "production SENTRY_AUTH_TOKEN":
		s := f.add(environment, variable, id, key("sentry", hop("helm-values", variable, place)), accepted("acct_production", "live"))
		find(s, "K303", "expired-key", checks.Warning, "the key expires in 9 days, on 2026-11-30", "replace it")
	case "development TWILIO_AUTH_TOKEN":
		return true // development sends no messages
	default:
		return false
	}
	return true
}

// unknownStory is what cannot be told: candidates, a store, nothing, a file; two consumers
// of one variable, and findings about no key.
func unknownStory() Input {
	in := unverifiedStory()
	stored := model.UnknownBecause(model.WhyKubeSecret, `bind "DB_PASSWORD" under inputs, or run where the cluster can be asked`, model.Trail{}.Append(hop("manifest", "ExternalSecret/db key password", at("k8s/db.yaml", 9, 7))))
	stored.Ref = model.Ref{Store: "vault", Name: "vault-backend", Path: "secret/data/shop/db", Property: "password"}
	in.Cases = append(in.Cases, &checks.Case{Slot: slot("staging", "DB_PASSWORD", stored)})
	for i, workload := range []string{"Deployment/api", "Deployment/worker"} {
		s := slot("staging", "STRIPE_SECRET_KEY", key(fmt.Sprint("w", i), hop("manifest", workload+" env", at("k8s/app.yaml", 9+i, 7))))
		s.Consumer.Workload = workload
		in.Cases = append(in.Cases, &checks.Case{Slot: s, Verdict: refused([]string{"+-...", "++-.."}[i], []provider.Reason{provider.KeyUnknown, provider.OwnerMissing}[i], 401, "no_such_key")})
	}
	in.Findings = append(in.Findings, checks.Finding{ID: "K001", Name: "input-problem", Severity: checks.Warning, Environment: "staging", At: at("k8s/broken.yaml", 2, 5), Message: `not YAML: expected a mapping after "env"`, Fix: "mend the indentation"})
	in.Problems = []model.Problem{{At: at("deploy.sh", 40, 1), Message: "the file is larger than 1 MB", Fix: "split it"}}
	in.Ignored = []checks.Ignored{{Finding: finding("K105", "overridden-key", checks.Warning, in.Cases[0].Slot, at(".env", 1, 1), "a later definition replaced the declared key", ""), Reason: "removed with the next release", Expires: in.Started.AddDate(0, 2, 0)}}
	return in
}

// bigStory is n slots: each key in three environments, the tenth of them not well.
func bigStory(n int) Input {
	in := input()
	for i := range n {
		s := slot([]string{"development", "staging", "production"}[i%3], fmt.Sprintf("SERVICE_%04d_API_KEY", i/3), key(fmt.Sprint("big", i),
			hop("dotenv", "KEY", at(".env", i+1, 1)), hop("shell", "export KEY", at("scripts/deploy.sh", i+1, 8)), hop("manifest", "env KEY", at("k8s/app.yaml", i+1, 3))))
		to := cmp.Or(map[int]*verdict.Verdict{0: {Rungs: rungs("+-..."), Reason: provider.KeyUnknown, Evidence: evidence(401, "unknown")}}[i%10],
			&verdict.Verdict{Rungs: rungs("+++++"), Reason: provider.OK, Evidence: evidence(200, ""), Identity: verdict.Identity{User: "svc", Account: "acct"}})
		in.Cases = append(in.Cases, &checks.Case{Slot: s, Verdict: *to})
		if i%10 == 0 {
			in.Findings = append(in.Findings, finding("K301", "unknown-key", checks.Error, s, at(".env", i+1, 1), "the API does not know the key", "replace it"))
		}
	}
	return in
}

func newCase(s keys.Slot, answers [provider.Rungs]verdict.Answer) *checks.Case {
	return &checks.Case{Slot: s, Verdict: verdict.Verdict{Rungs: answers, Reason: provider.OK}}
}
