package report

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/joho/godotenv"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

func resolvedStory(show func(secret.Text) string) ResolvedInput {
	winner := key("1", hop("shell", "export PAYMENT_API_KEY", at("scripts/deploy.sh", 7, 8))).
		Over(key("2", hop("dotenv", "PAYMENT_API_KEY", at(".env.staging", 3, 1))))
	env := model.NewEnv(map[string]model.Value{
		"PAYMENT_API_KEY": winner,
		"CRM_KEY":         model.UnknownBecause(model.WhyCISecret, `set the variable "CRM_KEY" in this job`, model.Trail{}),
		"GONE":            {State: model.Absent},
		"EITHER":          model.Ambiguous("bind EITHER", key("3", hop("shell", "EITHER=", at("a.sh", 1, 1))), model.Value{State: model.Absent}),
		"PATH":            model.KnownText("/bin", model.Hop{Kind: model.KindProcess, What: "PATH"}),
		hostile:           key("4", hop(hostile, hostile, at(hostile, 1, 1))),
		"CHART_KEY":       chartKey(),
		"STORED_KEY": {
			Why: model.WhyRemoteState, Needs: "the entry prod/payment of the secret store", Trail: model.Trail{}.Append(hop("manifest", "ExternalSecret/pay", at("k8s/es.yaml", 9, 7))),
			Ref: model.Ref{Store: "aws-secretsmanager", Name: "ClusterSecretStore/aws", Path: "prod/payment", Property: "key", Version: "AWSCURRENT"},
		},
	})
	files := model.NewEnv(map[string]model.Value{"/etc/keys/payment-api-key": key("5", hop("manifest", "Secret/pay", at("k8s/pay.yaml", 5, 3)))})
	return ResolvedInput{
		Fingerprints: secret.NewPrinter(secret.New("for the tests")),
		Show:         show,
		Environments: []Receivers{
			{Environment: "staging", Consumers: []model.Consumer{{
				Kind: "kubernetes", Namespace: "shop", Workload: "Deployment/api", Container: "api", At: at("k8s/api.yaml", 1, 1), Env: env, Files: files,
			}}, Problems: []model.Problem{{At: at("Makefile", 3, 2), Message: "recipes are not read", Fix: "name the script"}}},
			{Environment: "production"},
		},
	}
}

// chartKey went from a values file through a template and a Secret into a container.
func chartKey() model.Value {
	v := key("6", model.Hop{At: at("charts/shop/values-staging.yaml", 4, 8), Kind: model.KindHelmValues, What: "payment.key", Literal: true}).
		Over(key("7", hop(model.KindHelmValues, "payment.key", at("charts/shop/values.yaml", 2, 8))))
	for _, h := range []model.Hop{
		hop(model.KindHelmTemplate, "templates/secret.yaml", at("charts/shop/templates/secret.yaml", 8, 12)),
		hop(model.KindSecret, "Secret/shop key api-key", at("charts/shop/templates/secret.yaml", 8, 3)),
		hop(model.KindManifest, "env CHART_KEY", at("charts/shop/templates/deployment.yaml", 20, 15)),
	} {
		v = v.Via(h)
	}
	v.DecidedBy = []model.Hop{hop(model.KindHelmValues, "payment.enabled", at("charts/shop/values.yaml", 1, 10))}
	return v
}

func TestResolvedGoldens(t *testing.T) {
	r := BuildResolved(resolvedStory(nil))
	for name, opt := range map[string]Options{"text": {Width: 100}, "json": {}, "verbose.text": {Verbose: true}} {
		var b bytes.Buffer
		if err := WriteResolved(&b, name[strings.LastIndexByte(name, '.')+1:], r, opt); err != nil {
			t.Fatal(err)
		}
		checkHarmless(t, b.String())
		golden(t, "resolve."+name, b.String())
	}
	if err := WriteResolved(io.Discard, "dotenv", r, Options{}); !errors.Is(err, ErrNotRevealed) {
		t.Errorf("dotenv without --reveal: got %v", err)
	}
	want := `--format "dotenvs" is unknown, did you mean "dotenv"; expected one of text, json, dotenv`
	if err := WriteResolved(io.Discard, "dotenvs", r, Options{}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestRevealedGoldens(t *testing.T) {
	r := BuildResolved(resolvedStory(func(secret.Text) string { return "it's \"shown\" $HERE\n" }))
	for _, name := range []string{"text", "json", "dotenv"} {
		var b bytes.Buffer
		if err := WriteResolved(&b, name, r, Options{Width: 100}); err != nil {
			t.Fatal(err)
		}
		golden(t, "reveal."+name, b.String())
	}
}

func TestTraceGoldens(t *testing.T) {
	r := BuildResolved(resolvedStory(nil))
	for name, want := range map[string]bool{"PAYMENT_API_KEY": true, "CRM_KEY": true, "EITHER": true, "CHART_KEY": true, "STORED_KEY": true, "/etc/keys/payment-api-key": true, "PAYMENT_API_KYE": false, "::error::\x1b[31m": false} {
		var b bytes.Buffer
		found, err := WriteTrace(&b, r, name, Options{Width: 100})
		if err != nil || found != want {
			t.Errorf("%q: found %v, %v", name, found, err)
		}
		checkHarmless(t, b.String())
		golden(t, "trace."+strings.NewReplacer(":", "", "/", "_").Replace(Clean(name))+".txt", b.String())
	}
}

func TestWhoGoldens(t *testing.T) {
	stripe := &provider.Provider{ID: "stripe", Name: "Stripe"}
	no := false
	people := map[string]WhoInput{
		"nobody": {Fingerprint: "kf:00"},
		"person": {Provider: stripe, Form: &provider.Form{Kind: "secret key"}, Fingerprint: "kf:0123456789abcdef0123456789abcdef", Verdict: verdict.Verdict{
			Rungs: rungs("+++-."), Reason: provider.OwnerDisabled, Says: "the user is locked", Evidence: evidence(403, "locked"),
			Identity: verdict.Identity{User: "u_7", Name: "Ada", Kind: "person", Active: &no, Account: "acct_1", Mode: "test", Scopes: []string{"a", "b"}, Admin: true},
		}},
		"stranger": {Provider: stripe, Verdict: verdict.Verdict{Reason: provider.RateLimited, Identity: verdict.Identity{Name: hostile}}},
	}
	for name, in := range people {
		for _, format := range []string{"text", "json"} {
			var b bytes.Buffer
			if err := WriteWho(&b, format, BuildWho(in), Options{Width: 80}); err != nil {
				t.Fatal(err)
			}
			checkHarmless(t, b.String())
			golden(t, "who."+name+"."+format, b.String())
		}
	}
	if err := WriteWho(io.Discard, "dotenv", Who{}, Options{}); err == nil {
		t.Error("whoami has no dotenv format")
	}
}

func dotenvOf(t *testing.T, name, text string) string {
	t.Helper()
	r := BuildResolved(ResolvedInput{
		Fingerprints: secret.NewPrinter(secret.Text{}),
		Show:         func(secret.Text) string { return text },
		Environments: []Receivers{{Environment: "e", Consumers: []model.Consumer{{
			Workload: "w", Env: model.NewEnv(map[string]model.Value{name: model.KnownText(text, model.Hop{At: pos.Span{}})}),
		}}}},
	})
	var b bytes.Buffer
	if err := WriteResolved(&b, "dotenv", r, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDotenv(t *testing.T) {
	for text, want := range map[string]string{
		"plain":             "X='plain'",
		"":                  "X=''",
		"a $HOME b":         "X='a $HOME b'",
		"it's":              `X="it's"`,
		"it's $HOME":        `X="it's \$HOME"`,
		"two\nlines":        `X="two\nlines"`,
		`ends in \`:         `X=ends in \`,
		`it's "`:            `X=it's "`,
		"\xff":              "X='\xff'",
		"it's\n\"":          "# X cannot be written in this format",
		"::error::x\n::y::": `X="::error::x\n::y::"`,
	} {
		if got := dotenvOf(t, "X", text); got != "# e · w\n"+want+"\n" {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := dotenvOf(t, "ODD-NAME", "x"); !strings.Contains(got, "# ODD-NAME cannot be written") {
		t.Errorf("got %q", got)
	}
}

// FuzzDotenv: what is written reads back as exactly the value, or is not there.
func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{"", "a", "'", `"`, `\`, `\"`, "$X", "# c", "a\r\nb", "x=y", "`", "'\"", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := godotenv.Unmarshal(dotenvOf(t, "X", text))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := read["X"]; ok && got != text {
			t.Errorf("wrote %q, reads as %q", text, got)
		}
	})
}

func TestValueThatIsNotText(t *testing.T) {
	r := BuildResolved(resolvedStory(func(secret.Text) string { return "\xff\x00" }))
	v := r.Environments[1].Consumers[0].Variables[0]
	for _, v = range r.Environments[1].Consumers[0].Variables {
		if v.State == stateKnown {
			break
		}
	}
	if text, ok := v.text(); !ok || text != "\xff\x00" || v.Value != nil {
		t.Errorf("got %q, %v, value %v", text, ok, v.Value)
	}
	if diff := cmp.Diff("/wA=", v.ValueBase64); diff != "" {
		t.Error(diff)
	}
}
