package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// Input is everything that a Document is built from.
type Input struct {
	Version      string
	Started      time.Time
	Duration     time.Duration
	Environments []string // every environment that was looked at, also those without a key
	Cases        []*checks.Case
	Findings     []checks.Finding
	Ignored      []IgnoredFinding
	Problems     []model.Problem // beside those that are cases of their own
	Fingerprints *secret.Printer
	Repository   string // where the repository comes from; "" when that is not known
	ReuseAllowed bool   // one key may serve several environments
	Shard        *Shard // of a run that asks only part of the slots; Build counts what others check
	Pending      []checks.Finding
	Overlooked   []string // variables that look like credentials of no API that is known
}

// IgnoredFinding is a finding that the configuration or a comment silences.
type IgnoredFinding = checks.Ignored

// Build makes the report of one run. Its parts are sorted, its counts agree with its
// lists, and every string in it is cleaned.
func Build(in Input) Document {
	d := Document{
		SchemaVersion: SchemaVersion,
		Tool:          Tool{Name: "keyfit", Version: in.Version},
		Started:       stamp(in.Started),
		DurationMS:    in.Duration.Milliseconds(),
		Findings:      convert(in.Findings, toFinding),
		Ignored:       convert(in.Ignored, toIgnored),
		Slots:         []Slot{},
		Problems:      convert(allProblems(in), toProblem),
		Environments:  someOf(distinct(slices.Clone(in.Environments))), ReuseAllowed: in.ReuseAllowed,
		FingerprintKey: fingerprintKey(in.Fingerprints), Repository: in.Repository,
	}
	b := builder{in.Fingerprints}
	var texts []secret.Text
	for _, c := range in.Cases {
		if c.Problem == nil {
			texts = append(texts, textsOf(c.Slot.Value)...)
			if control := c.Slot.Control; control != nil {
				texts = append(texts, textsOf(control.Value)...)
			}
		}
		if c.Problem == nil && !c.Aside {
			d.Slots = append(d.Slots, b.slot(c))
		}
	}
	d.Shard = shardOf(in)
	d.Notes = overlooked(in.Overlooked)
	cleanAndVeil(&d, secret.NewVeil(texts))
	settle(&d, in.Environments)
	return d
}

// overlooked is the note about credentials that were not looked at.
func overlooked(variables []string) []string {
	const most = 8
	if len(variables) == 0 {
		return nil
	}
	list := strings.Join(variables[:min(len(variables), most)], ", ")
	if more := len(variables) - most; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return []string{"not looked at, because the API is not known: " + list + "; declare what is a key under `keys` in keyfit.yaml"}
}

// settle decides the outcomes, sorts and counts. It works from the Document alone, so
// that it serves saved reports too.
func settle(d *Document, environments []string) {
	sortSlots(d.Slots)
	sortFindings(d.Findings)
	d.Unverified = []Unverified{}
	x := newIndex(d)
	for i := range d.Slots {
		s := &d.Slots[i]
		s.Outcome = outcome(*s, x)
		if s.Outcome == Unsettled {
			s.Reason = cmp.Or(s.Reason, missingReason(*s))
			d.Unverified = append(d.Unverified, unverified(*s, x))
		}
	}
	d.Unverified = append(d.Unverified, unseen(d)...)
	d.Unverified = append(d.Unverified, lacking(d)...)
	d.Summary = count(d, environments)
}

func count(d *Document, environments []string) Summary {
	names := convert(environments, Clean)
	sum := Summary{Slots: len(d.Slots)}
	for _, s := range d.Slots {
		names = append(names, s.Environment)
		switch s.Outcome {
		case Passed:
			sum.Passed++
		case Failed:
			sum.Failed++
		default:
			sum.Unverified++
		}
	}
	for _, f := range d.Findings {
		switch f.Severity {
		case "error":
			sum.Errors++
		case "warning":
			sum.Warnings++
		default:
			sum.Notes++
		}
	}
	slices.Sort(names)
	sum.Environments = len(slices.Compact(names))
	return sum
}

type builder struct{ prints *secret.Printer }

func (b builder) slot(c *checks.Case) Slot {
	v, value := c.Verdict, c.Slot.Value
	s := Slot{
		ID: c.Slot.ID, Environment: c.Slot.Environment, Consumer: workload(c.Slot.Consumer), Container: c.Slot.Consumer.Container,
		Variable: c.Slot.Variable, State: value.State.String(), Fingerprint: b.fingerprint(value),
		Rungs: toRungs(v.Rungs), Reason: string(v.Reason), Identity: toIdentity(v.Identity), Request: toRequest(v.Evidence),
		Trail: toTrail(value.Trail), Shadowed: b.definitions(value.Losers),
		ConsumerKind: c.Slot.Consumer.Kind, Namespace: c.Slot.Consumer.Namespace,
		Also: convertSome(c.Slot.Also, toConsumer), Alternatives: convertSome(value.Alternatives, b.alternative),
		Says: v.Says, Causes: slices.Clone(v.Causes), Permission: v.Needs, OpenEndpoint: v.Open, Doubt: v.Doubt,
		File: c.Slot.File, DecidedBy: convertSome(value.DecidedBy, toHop), Reference: toReference(value.Ref),
	}
	if value.State == model.Unknown {
		s.ValueReason, s.ValueNeeds = string(value.Why), value.Needs
	}
	if c.Slot.Provider != nil {
		s.Provider = c.Slot.Provider.ID
	}
	if c.Slot.Form != nil {
		s.Kind = c.Slot.Form.Kind
	}
	b.unconfirmed(&s, c.Unconfirmed())
	if len(v.Asked) > 1 {
		s.Asked = convert(v.Asked, toAsked)
	}
	s.KeyHint, s.Control = v.Hint, toControl(v.ControlKey)
	if e := v.Elsewhere; e != nil {
		s.Elsewhere = &Elsewhere{Environment: e.Environment, Identity: toIdentity(e.Identity), Request: toRequest(e.Evidence)}
	}
	return s
}

// unconfirmed takes what the API accepted for unverified, when something is expected of the
// key that nothing told. The reason says it, so that a saved report can never pass the key.
func (b builder) unconfirmed(s *Slot, list []checks.Unconfirmed) {
	for _, u := range list {
		s.Unconfirmed = append(s.Unconfirmed, u.What+": "+u.Why)
		s.Reason = string(provider.NotProbeable)
		if u.Field == checks.ExpectsScopes {
			s.Rungs.Authorised = verdict.Unverified.String()
		}
	}
}

func (b builder) fingerprint(v model.Value) string {
	if v.State != model.Known || b.prints == nil {
		return ""
	}
	return b.prints.Fingerprint(v.Text)
}

func (b builder) definitions(losers []model.Definition) []Definition {
	return convert(losers, func(l model.Definition) Definition {
		hop := decidingHop(l.Value.Trail)
		return Definition{
			At: toAt(hop.At), Kind: hop.Kind, What: hop.What, Fingerprint: b.fingerprint(l.Value),
			State: l.Value.State.String(), Reason: string(l.Value.Why),
		}
	})
}

// decidingHop is the hop at which a value was last defined; the last one when none
// lies in a file.
func decidingHop(t model.Trail) model.Hop {
	at := t.At()
	for _, h := range slices.Backward(t.Hops()) {
		if h.At == at {
			return h
		}
	}
	return t.Last()
}

func (b builder) alternative(v model.Value) Alternative {
	return Alternative{
		State: v.State.String(), Fingerprint: b.fingerprint(v),
		Reason: string(v.Why), Needs: v.Needs, Trail: toTrail(v.Trail),
	}
}

func allProblems(in Input) []model.Problem {
	problems := slices.Clone(in.Problems)
	for _, c := range in.Cases {
		if c.Problem != nil {
			problems = append(problems, *c.Problem)
		}
	}
	return model.SortProblems(problems)
}

// convert maps a list; the result is never nil, so that JSON shows [] and not null.
func convert[A, B any](list []A, f func(A) B) []B {
	out := make([]B, 0, len(list))
	for _, a := range list {
		out = append(out, f(a))
	}
	return out
}

// convertSome is convert for fields that are left out when empty.
func convertSome[A, B any](list []A, f func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	return convert(list, f)
}

func toFinding(f checks.Finding) Finding {
	return Finding{
		ID: f.ID, Name: f.Name, Severity: f.Severity.String(), Environment: f.Environment, Consumer: f.Consumer,
		Container: f.Container, Variable: f.Variable, At: toAt(f.At), Message: f.Message, Fix: f.Fix,
		Related: convert(f.Related, func(r checks.Related) Related { return Related{At: toAt(r.At), Message: r.Message} }),
		Help:    HelpURL(f.ID), Slots: f.Slots,
	}
}

// HelpURL is the address of a finding's manual page.
func HelpURL(id string) string {
	return "https://github.com/keyfit/keyfit/blob/main/docs/findings/" + id + ".md"
}

func toIgnored(i checks.Ignored) Ignored {
	out := Ignored{Finding: toFinding(i.Finding), Reason: i.Reason, Source: cmp.Or(i.Source, checks.FromConfig), At: toAt(i.At)}
	if !i.Expires.IsZero() {
		out.Expires = i.Expires.UTC().Format(time.DateOnly)
	}
	return out
}

func toProblem(p model.Problem) Problem {
	return Problem{At: toAt(p.At), Message: p.Message, Fix: p.Fix}
}

// toAt keeps where a place begins and drops where it ends: the end of a definition would
// tell how long the key is.
func toAt(s pos.Span) At {
	return At{File: s.File, Line: s.Start.Line, Column: s.Start.Column}
}

func toTrail(t model.Trail) []Hop {
	return convert(t.Hops(), toHop)
}

func toHop(h model.Hop) Hop {
	return Hop{At: toAt(h.At), Kind: h.Kind, What: h.What, Literal: h.Literal}
}

func toReference(r model.Ref) *Reference {
	if r.IsZero() {
		return nil
	}
	return &Reference{Store: r.Store, Name: r.Name, Path: r.Path, Property: r.Property, Version: r.Version}
}

func toConsumer(c model.Consumer) Consumer {
	return Consumer{Kind: c.Kind, Namespace: c.Namespace, Workload: workload(c), Container: c.Container}
}

// workload names a consumer, by its kind when it has no name.
func workload(c model.Consumer) string { return cmp.Or(keys.Label(c), c.Kind) }

func toRungs(r [provider.Rungs]verdict.Answer) Rungs {
	return Rungs{
		Format: r[provider.Format].String(), Known: r[provider.KnownKey].String(), Linked: r[provider.Linked].String(),
		Active: r[provider.Active].String(), Authorised: r[provider.Authorised].String(),
	}
}

func toIdentity(i verdict.Identity) Identity {
	return Identity{
		Principal: Principal{ID: i.User, Name: i.Name, Kind: i.Kind},
		Account:   i.Account, Tenant: i.Tenant, Mode: i.Mode,
		Scopes:  append([]string{}, i.Scopes...),
		Expires: stamp(i.Expires), Created: stamp(i.Created), Active: i.Active, Admin: i.Admin,
	}
}

func toRequest(e verdict.Evidence) Request {
	return Request{
		Method: e.Method, Host: e.Host, Path: e.Path, Status: e.Status, Code: e.Code, RequestID: e.RequestID,
		Attempts: e.Attempts, DurationMS: e.Duration.Milliseconds(), Failure: e.Failure, At: stamp(e.At),
	}
}

func toAsked(a verdict.Asked) Asked {
	return Asked{What: string(a.What), Step: a.Step, Environment: a.Environment, Reason: string(a.Reason), Request: toRequest(a.Evidence)}
}

func toControl(c *verdict.ControlKey) *Control {
	if c == nil {
		return nil
	}
	return &Control{State: string(c.State), Variable: c.Variable, Reason: string(c.Reason), Says: c.Says, Request: toRequest(c.Evidence)}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func sortSlots(slots []Slot) {
	order.By(slots, func(a, b Slot) int {
		return cmp.Or(
			cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Consumer, b.Consumer),
			cmp.Compare(a.Container, b.Container), cmp.Compare(a.Variable, b.Variable),
			cmp.Compare(a.Fingerprint, b.Fingerprint),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.ConsumerKind, b.ConsumerKind),
		)
	})
}

// sortFindings puts the worst first, then keeps what belongs to one slot together.
func sortFindings(findings []Finding) {
	order.By(findings, compareFindings)
}

func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(weight(b.Severity), weight(a.Severity)),
		cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.Consumer, b.Consumer),
		cmp.Compare(a.Container, b.Container), cmp.Compare(a.Variable, b.Variable),
		cmp.Compare(a.ID, b.ID), compareAt(a.At, b.At), strings.Compare(a.Message, b.Message),
	)
}

func compareAt(a, b At) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

func weight(severity string) int {
	return slices.Index([]string{"note", "warning", "error"}, severity)
}
