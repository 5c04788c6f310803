package checks

import (
	"sync"
	"time"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/strict"
	"github.com/keyfit/keyfit/internal/verdict"
)

// The small constructors of which the cases in the tables are made. Every key text
// contains the word CANARY, so that one look at a finding shows whether it leaks.

// catalogue is shared, so that its files are parsed once.
var catalogue = provider.Catalogue()

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const (
	stagingKey   = "sk_test_CANARYstaging"
	developerKey = "sk_test_CANARYdeveloper"
	liveKey      = "sk_live_CANARYproduction"
	publishable  = "pk_test_CANARYpublishable"
	adminKey     = "sk_admin_CANARYeverything"
	rootKey      = "sk_root_CANARYroot"
	personKey    = "sk_user_CANARYjane"
	mailKey      = "SG.CANARYmailmailmail.CANARYmailmailmail"
	plainKey     = "CANARYplaintextwithoutform"
)

const payYAML = `
id: pay
name: Pay
names: ["PAYMENT_*KEY"]
forms:
  - {pattern: 'sk_test_[0-9A-Za-z]{10,40}', kind: secret key, mode: test}
  - {pattern: 'sk_live_[0-9A-Za-z]{10,40}', kind: secret key, mode: live}
  - {pattern: 'pk_test_[0-9A-Za-z]{10,40}', kind: publishable key, mode: test, wrong: true, refuse: it is public}
  - {pattern: 'sk_admin_[0-9A-Za-z]{10,40}', kind: admin key, admin: true}
  - {pattern: 'sk_root_[0-9A-Za-z]{4,40}', kind: root key, admin: true, wrong: true, refuse: it manages the account}
  - {pattern: 'sk_user_[0-9A-Za-z]{4,40}', kind: personal key, principal: person}
`

const gatewayYAML = `
id: gateway
hosts: {staging: https://pay.staging.example.com}
probe:
  request: {path: /whoami, headers: {X-Tenant: "${TENANT_ID}"}}
  verdicts: [{when: {status: 200}, reason: ok}]
`

func parseProvider(text string) *provider.Provider {
	p := &provider.Provider{}
	if problems := strict.Decode("provider.yaml", []byte(text), p); len(problems) > 0 {
		panic(problems[0].Message)
	}
	return p
}

var (
	parsedPay     = sync.OnceValue(func() provider.Provider { return *parseProvider(payYAML) })
	parsedGateway = sync.OnceValue(func() provider.Provider { return *parseProvider(gatewayYAML) })
)

func pay() *provider.Provider {
	p := parsedPay()
	return &p
}

// gateway is an API that keyfit.yaml declares: it knows no forms.
func gateway() *provider.Provider {
	p := parsedGateway()
	p.Custom, p.At = true, span("keyfit.yaml", 30, 3)
	return &p
}

func span(file string, line, column int) pos.Span {
	start := pos.Pos{Line: line, Column: column}
	return pos.Span{File: file, Start: start, End: start}
}

func dotenv(file string, line int, text string) model.Value {
	return model.KnownText(text, model.Hop{At: span(file, line, 1), Kind: model.KindDotenv, What: "PAYMENT_API_KEY", Literal: true})
}

func shell(line int, text string) model.Value {
	return model.KnownText(text, model.Hop{At: span("deploy.sh", line, 8), Kind: model.KindShell, What: "export PAYMENT_API_KEY", Literal: true})
}

func process(name, text string) model.Value {
	return model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
}

func input(line int, v model.Value) model.Value {
	return v.Via(model.Hop{At: span("keyfit.yaml", line, 7), Kind: model.KindInput, What: "PAYMENT_API_KEY"})
}

// exported is a value that a script passes on.
func exported(line int, v model.Value) model.Value {
	return v.Via(model.Hop{At: span("deploy.sh", line, 8), Kind: model.KindShell, What: "export PAYMENT_API_KEY"})
}

// handed is a value that a CI system keeps, as its pipeline hands it over; in line 0 by no file.
func handed(kind string, line int, v model.Value) model.Value { return v.Via(pipelineHop(kind, line)) }

func pipelineHop(kind string, line int) model.Hop {
	hop := model.Hop{Kind: kind, What: "PAYMENT_API_KEY"}
	if line > 0 {
		hop.At = span("pipeline", line, 3)
	}
	return hop
}

func at(file string, line int, kind, text string) model.Value {
	return model.KnownText(text, model.Hop{At: span(file, line, 3), Kind: kind, What: "PAYMENT_API_KEY", Literal: true})
}

// over is winner, which replaced the others, strongest first.
func over(winner model.Value, losers ...model.Value) model.Value {
	for _, l := range losers {
		winner = winner.Over(l)
	}
	return winner
}

func unknownAt(line int, why model.Reason, needs string) model.Value {
	hop := model.Hop{At: span("deploy.sh", line, 8), Kind: model.KindShell, What: "export PAYMENT_API_KEY"}
	return model.UnknownBecause(why, needs, model.Trail{}.Append(hop))
}

func absentAt(line int) model.Value {
	hop := model.Hop{At: span("deploy.sh", line, 1), Kind: model.KindShell, What: "unset PAYMENT_API_KEY"}
	return model.Value{State: model.Absent, Trail: model.Trail{}.Append(hop)}
}

type option func(*Case)

// key is a case: the declared variable PAYMENT_API_KEY of Deployment/api in staging,
// which receives staging's key from its .env file, unless options say otherwise.
func key(options ...option) *Case {
	c := &Case{Slot: keys.Slot{
		Environment: "staging",
		Consumer:    model.Consumer{Kind: model.ConsumerProcess, Workload: "Deployment/api"},
		Variable:    "PAYMENT_API_KEY",
		Value:       dotenv(".env.staging", 3, stagingKey),
		Provider:    pay(),
		Declared:    &config.Key{At: span("keyfit.yaml", 10, 3)},
	}}
	for _, o := range options {
		o(c)
	}
	s := &c.Slot
	if s.Form == nil && s.Provider != nil && s.Value.State == model.Known {
		s.Form = s.Provider.FormOf(s.Value.Text)
	}
	if s.Value.State == model.Known {
		c.Defects = provider.Inspect(s.Value.Text, s.Provider)
	}
	return c
}

func in(environment string) option     { return func(c *Case) { c.Slot.Environment = environment } }
func named(variable string) option     { return func(c *Case) { c.Slot.Variable = variable } }
func of(workload string) option        { return func(c *Case) { c.Slot.Consumer.Workload = workload } }
func receives(v model.Value) option    { return func(c *Case) { c.Slot.Value = v } }
func undeclared(c *Case)               { c.Slot.Declared = nil }
func by(p *provider.Provider) option   { return func(c *Case) { c.Slot.Provider = p } }
func says(text string) option          { return func(c *Case) { c.Verdict.Says = text } }
func needs(text string) option         { return func(c *Case) { c.Verdict.Needs = text } }
func causes(texts ...string) option    { return func(c *Case) { c.Verdict.Causes = texts } }
func acceptsAnything(c *Case)          { c.Verdict.Open = true }
func failure(text string) option       { return func(c *Case) { c.Verdict.Evidence.Failure = text } }
func environmentAt(line int) pos.Span  { return span("keyfit.yaml", line, 3) }
func problem(p model.Problem) *Case    { return &Case{Problem: &p} }
func whose(id verdict.Identity) option { return func(c *Case) { c.Verdict.Identity = id } }

func also(workloads ...string) option {
	return func(c *Case) {
		for _, w := range workloads {
			c.Slot.Also = append(c.Slot.Also, model.Consumer{Kind: model.ConsumerProcess, Workload: w})
		}
	}
}

func expects(e config.Expect) option {
	return func(c *Case) {
		e.At = span("keyfit.yaml", 14, 7)
		c.Slot.Expect = &e
	}
}

// answered sets the reason of the verdict with the rungs that follow from it.
func answered(r provider.Reason) option {
	return func(c *Case) {
		c.Verdict.Reason = r
		rung, refused := r.FailedRung()
		switch {
		case refused:
			c.Verdict.Rungs[rung] = verdict.Fail
			for below := range rung {
				c.Verdict.Rungs[below] = verdict.Pass
			}
		case r == provider.EnvMismatch || r == provider.RegionMismatch:
			c.Verdict.Rungs[provider.KnownKey] = verdict.Fail
		case r.Class() != provider.Unverifiable:
			c.Verdict.Rungs[provider.KnownKey] = verdict.Pass
		}
	}
}

func http(status int, code, request string) option {
	return func(c *Case) {
		e := &c.Verdict.Evidence
		e.Method, e.Host, e.Path = "GET", "api.pay.example.com", "/v1/whoami"
		e.Status, e.Code, e.RequestID = status, code, request
	}
}

func acceptedIn(environment string, id verdict.Identity) option {
	return func(c *Case) { c.Verdict.Elsewhere = &verdict.Elsewhere{Environment: environment, Identity: id} }
}

func along(name string, v model.Value) option {
	return func(c *Case) {
		if c.Slot.Slots == nil {
			c.Slot.Slots = map[string]keys.Companion{}
		}
		c.Slot.Slots[name] = keys.Companion{Variable: name, Value: v}
	}
}

func run(file *config.File, cases ...*Case) *Run {
	r := &Run{Config: file, Cases: cases, Now: now}
	for _, c := range cases {
		c.Run = r
		c.Slot.Stranger = keys.Stranger(c.Slot, catalogue, r.file().Own())
	}
	return r
}

func ignoring(id, slot string, expires time.Time) config.Ignore {
	return config.Ignore{
		ID: strict.At[string]{Value: id}, Slot: slot, Reason: "known", Expires: config.Date{Time: expires}, At: span("keyfit.yaml", 40, 5),
	}
}
