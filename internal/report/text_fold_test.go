package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// crowdedStory is a run of 200 findings as a fleet of services has them: one wrong key in
// many services, and a few different troubles.
func crowdedStory() Input {
	in := input("production", "staging")
	add := func(environment, variable, workload string, file string, line int, v verdict.Verdict, id, name string, severity checks.Severity, message, fix string) {
		s := slot(environment, variable, key(variable, hop("dotenv", variable, at(file, line, 1)), hop("helm", "env."+strings.ToLower(variable), at("charts/"+workload+"/values.yaml", 14, 5))))
		s.Consumer.Workload, s.Consumer.Container = "Deployment/"+workload, ""
		in.Cases = append(in.Cases, &checks.Case{Slot: s, Verdict: v})
		in.Findings = append(in.Findings, finding(id, name, severity, s, at(file, line, 1), fmt.Sprintf(message, variable, "Deployment/"+workload), fix))
	}
	refused := verdict.Verdict{Rungs: rungs("+-..."), Reason: provider.KeyUnknown, Evidence: evidence(401, "key_unknown")}
	limited := verdict.Verdict{Rungs: rungs("+...."), Reason: provider.RateLimited, Evidence: evidence(429, "")}
	fine := verdict.Verdict{Rungs: rungs("++++."), Reason: provider.OK, Evidence: evidence(200, "")}
	for i := range 80 {
		add("staging", "PAYMENT_API_KEY", fmt.Sprintf("service-%02d", i), ".env.staging", 3, refused, "K301", "unknown-key", checks.Error,
			"%q of %s is not known to Stripe", "replace the key at .env.staging:3:1")
	}
	for i := range 40 {
		add("production", fmt.Sprintf("MAIL_%02d_KEY", i), "mailer", ".env.production", i+1, refused, "K205", "wrong-environment", checks.Error,
			"%q of %s holds the staging key: the API of production rejects it, and the API of staging accepts it", "put the key of \"production\" there")
	}
	for i := range 50 {
		add("production", "CRM_TOKEN", fmt.Sprintf("worker-%02d", i), ".env.production", 80, limited, "K401", "unverified", checks.Warning,
			"%q of %s could not be verified at Stripe (rate_limited): the API asks to slow down", "run the check again later")
	}
	for i := range 30 {
		add("staging", fmt.Sprintf("OLD_%02d_KEY", i), "legacy", "deploy.sh", i+10, fine, "K106", "hard-coded-key", checks.Warning,
			"%q of %s is written in the file", "move it to the secret store")
	}
	return in
}

// TestTwoHundredFindings: what two screens of a terminal hold tells what there is, and how to
// see the rest; -v shows everything.
func TestTwoHundredFindings(t *testing.T) {
	d := Build(crowdedStory())
	for name, opt := range map[string]Options{"80": {Width: 80}, "color": {Width: 80, Color: true}, "pipe": {}} {
		got := render(t, "text", d, opt)
		golden(t, "variants/crowded."+name+".txt", got)
		if opt.Width == 0 {
			continue
		}
		if n := strings.Count(got, "\n"); n > 150 {
			t.Errorf("%d lines for 200 findings", n)
		}
		for line := range strings.Lines(got) {
			if n := visibleWidth(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%d characters: %s", n, line)
			}
		}
		for _, want := range []string{"K301", "K205", "K401", "K106", "-v"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not told", want)
			}
		}
	}
	all := render(t, "text", d, Options{Verbose: true})
	for _, f := range d.Findings {
		if !strings.Contains(all, f.Message) {
			t.Fatalf("-v leaves out %q", f.Message)
		}
	}
	if json := render(t, "json", d, Options{}); strings.Count(json, `"severity":`) != 200 {
		t.Error("the JSON report leaves findings out")
	}
}
