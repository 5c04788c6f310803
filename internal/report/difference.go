package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/secret"
)

// Difference is the answer of `keyfit diff`, as `--format json` prints it.
type Difference struct {
	SchemaVersion int               `json:"schema_version" doc:"always 1"`
	Left          string            `json:"left" doc:"the first environment"`
	Right         string            `json:"right" doc:"the second environment"`
	Summary       DifferenceSummary `json:"summary" doc:"the counts; differing, unknown and alike add up to variables"`
	Variables     []Comparison      `json:"variables" doc:"what both environments' consumers receive, what matters first"`
	Problems      []ResolvedProblem `json:"problems" doc:"files that could not be read or understood"`
}

// DifferenceSummary counts comparisons.
type DifferenceSummary struct {
	Variables int `json:"variables" doc:"variables that were compared"`
	Differing int `json:"differing" doc:"those with a difference that matters"`
	Unknown   int `json:"unknown" doc:"those that could not be compared, because a value is unknown"`
	Alike     int `json:"alike" doc:"those without a difference that matters"`
}

// The differences between the values of one variable in two environments.
const (
	SameKey       = "same-key"       // both receive the same key
	SameVariable  = "same-variable"  // both are shown the same variable of this process
	SameReference = "same-reference" // both refer to the same entry of a secret store
	Missing       = "missing"        // nothing arrives in one, or in both
	OtherProvider = "other-provider"
	OtherKind     = "other-kind"
	OtherMode     = "other-mode"
	OtherValue    = "other-value" // of what is no key
	OtherSource   = "other-source"
	OtherJourney  = "other-journey"
	NotComparable = "unknown"
)

// Comparison is one variable of one consumer in both environments.
type Comparison struct {
	Variable      string     `json:"variable" doc:"the variable's name"`
	File          bool       `json:"file,omitempty" doc:"it is a file, and its name the absolute path"`
	Key           bool       `json:"key" doc:"it is a key in one of the environments at least"`
	Consumer      Consumer   `json:"consumer" doc:"what receives it, as the first environment calls it if it has it"`
	RightConsumer *Consumer  `json:"right_consumer,omitempty" doc:"as the second environment calls it, where that differs"`
	Matched       string     `json:"matched" enum:"same,alike,none" doc:"same: both environments have a consumer of this name; alike: namespaces, or the environment's name in its name, differ; none: only one has it"`
	Also          []Consumer `json:"also,omitempty" doc:"further consumers of which all of this holds"`
	Differences   []string   `json:"differences" doc:"same-key, same-variable, same-reference, missing, other-provider, other-kind, other-mode, other-value, other-source, other-journey, unknown"`
	Matters       bool       `json:"matters" doc:"one of the differences is a mistake, as far as can be told"`
	Left          Side       `json:"left" doc:"in the first environment"`
	Right         Side       `json:"right" doc:"in the second environment"`
}

// Side is what arrives in one environment.
type Side struct {
	State       string     `json:"state" enum:"known,absent,unknown" doc:"what is known of the value"`
	Fingerprint string     `json:"fingerprint" doc:"of a known value: equal values have equal fingerprints"`
	Provider    string     `json:"provider" doc:"whose key it is; empty when nobody knows"`
	Kind        string     `json:"kind" doc:"what the vendor calls such a key"`
	Mode        string     `json:"mode" doc:"test or live, where the form of the key tells"`
	Source      string     `json:"source" enum:"job,secret-store,repository," doc:"where the text comes from; empty when that is not known"`
	Reason      string     `json:"reason" doc:"of an unknown value: why it is unknown"`
	Needs       string     `json:"needs" doc:"of an unknown value: what would make it known"`
	Trail       []Hop      `json:"trail" doc:"the journey of the value, origin first"`
	Reference   *Reference `json:"reference,omitempty" doc:"where a secret store keeps the text"`
}

// DifferenceInput is what a comparison starts from.
type DifferenceInput struct {
	Left, Right  Receivers
	Slots        []keys.Slot // of both environments
	All          bool        // compare what is no key too
	ReuseAllowed bool        // one key may serve both
	Fingerprints *secret.Printer
}

// BuildDifference compares two environments. It holds fingerprints, never a value.
func BuildDifference(in DifferenceInput) Difference {
	d := Difference{
		SchemaVersion: SchemaVersion, Left: in.Left.Environment, Right: in.Right.Environment,
		Variables: []Comparison{}, Problems: []ResolvedProblem{},
	}
	var texts []secret.Text
	for _, r := range []Receivers{in.Left, in.Right} {
		for _, c := range r.Consumers {
			texts = append(texts, textsReceived(c)...)
		}
		for _, p := range r.Problems {
			d.Problems = append(d.Problems, ResolvedProblem{At: toAt(p.At), Message: p.Message, Fix: p.Fix, Environment: r.Environment})
		}
	}
	for _, s := range in.Slots {
		texts = append(texts, textsOf(s.Value)...)
	}
	c := comparer{builder: builder{in.Fingerprints}, in: in}
	for _, p := range c.pairs() {
		d.Variables = append(d.Variables, c.compare(p))
	}
	cleanAndVeil(&d, secret.NewVeil(texts))
	d.Variables = folded(d.Variables)
	sortComparisons(d.Variables)
	d.Summary = tally(d.Variables)
	return d
}

func textsReceived(c model.Consumer) []secret.Text {
	var texts []secret.Text
	for _, v := range c.Env.All() {
		texts = append(texts, textsOf(v)...)
	}
	for _, v := range c.Files.All() {
		texts = append(texts, textsOf(v)...)
	}
	return texts
}

// comparer compares what two environments' consumers receive.
type comparer struct {
	builder
	in DifferenceInput
}

func (c comparer) compare(p pair) Comparison {
	out := Comparison{
		Variable: p.variable(), File: p.file(), Key: p.isKey(), Matched: p.matched, Differences: []string{},
		Left: c.side(p.left), Right: c.side(p.right),
	}
	out.setConsumers(p)
	l, r := p.left.value(), p.right.value()
	add := func(word string, matters bool) {
		out.Differences = append(out.Differences, word)
		out.Matters = out.Matters || matters
	}
	switch {
	case l.State == model.Absent || r.State == model.Absent:
		add(Missing, true)
		return out
	case l.State == model.Unknown || r.State == model.Unknown:
		add(NotComparable, false)
		if !l.Ref.IsZero() && l.Ref == r.Ref {
			add(SameReference, false)
		}
	case !out.Key && !l.Text.Equal(r.Text):
		add(OtherValue, false)
	case out.Key && l.Text.Equal(r.Text) && sameVariable(l, r):
		add(SameVariable, false)
	case out.Key && l.Text.Equal(r.Text):
		add(SameKey, !c.in.ReuseAllowed)
	}
	if out.Key {
		p.kinds(add)
	}
	switch x, y := out.Left, out.Right; {
	case x.Source != "" && y.Source != "" && x.Source != y.Source:
		add(OtherSource, false)
	case !slices.Equal(kindsOf(x.Trail), kindsOf(y.Trail)):
		add(OtherJourney, false)
	}
	return out
}

// setConsumers names the consumer of each side that matched, and all others that receive the
// key likewise.
func (c *Comparison) setConsumers(p pair) {
	var names []Consumer
	for n, side := range []*item{p.left, p.right} {
		if side == nil {
			continue
		}
		names = append(names, toConsumer(side.consumers[p.at[n]]))
		for i, other := range side.consumers {
			if i != p.at[n] && n == 0 == (p.left.slot() != nil || p.right.slot() == nil) {
				c.Also = append(c.Also, toConsumer(other))
			}
		}
	}
	c.Consumer = names[0]
	if last := names[len(names)-1]; last != names[0] {
		c.RightConsumer = &last
	}
}

// sameVariable reports whether both values are one variable of the process that keyfit runs
// in: that says nothing of what two deploys receive.
func sameVariable(a, b model.Value) bool {
	x, y := a.Trail.Origin(), b.Trail.Origin()
	return x.Kind == model.KindProcess && y.Kind == model.KindProcess && x.What == y.What
}

// kinds compares what the keys are.
func (p pair) kinds(add func(word string, matters bool)) {
	l, r := p.left.slot(), p.right.slot()
	if p.left.value().State == model.Unknown && l == nil || p.right.value().State == model.Unknown && r == nil {
		return // an unknown value may be anything
	}
	if l == nil || r == nil || providerOf(l) != providerOf(r) {
		add(OtherProvider, true)
		return
	}
	if l.Form == nil || r.Form == nil {
		return
	}
	if l.Form.Kind != r.Form.Kind {
		add(OtherKind, true)
	}
	if l.Form.Mode != r.Form.Mode {
		add(OtherMode, false)
	}
}

func providerOf(s *keys.Slot) string {
	if s == nil || s.Provider == nil {
		return ""
	}
	return s.Provider.ID
}

func kindsOf(trail []Hop) []string { return convert(trail, func(h Hop) string { return h.Kind }) }

func (c comparer) side(i *item) Side {
	v := i.value()
	s := Side{State: v.State.String(), Fingerprint: c.fingerprint(v), Source: sourceOf(v), Trail: toTrail(v.Trail), Reference: toReference(v.Ref)}
	if v.State == model.Unknown {
		s.Reason, s.Needs = string(v.Why), v.Needs
	}
	if slot := i.slot(); slot != nil {
		s.Provider = providerOf(slot)
		if slot.Form != nil {
			s.Kind, s.Mode = slot.Form.Kind, slot.Form.Mode
		}
	}
	return s
}

// sourceOf says from what sort of place a text comes.
func sourceOf(v model.Value) string {
	origin := v.Trail.Origin()
	switch {
	case v.State == model.Absent:
		return ""
	case !v.Ref.IsZero(), v.Why == model.WhyCISecret, v.Why == model.WhyKubeSecret:
		return "secret-store"
	case origin.Kind == model.KindProcess, origin.Kind == model.KindInput:
		return "job"
	case v.State == model.Known && v.Trail.At().IsValid():
		return "repository"
	}
	return ""
}

// folded makes one of the comparisons that differ in the consumer alone.
func folded(list []Comparison) []Comparison {
	at := map[string]int{}
	var out []Comparison
	for _, c := range list {
		same := c
		same.Consumer, same.RightConsumer, same.Also = Consumer{Kind: c.Consumer.Kind}, nil, nil
		text, _ := json.Marshal(same) // strings, numbers and lists: always possible
		i, seen := at[string(text)]
		if !seen {
			at[string(text)] = len(out)
			out = append(out, c)
			continue
		}
		out[i].Also = append(append(out[i].Also, c.Consumer), c.Also...)
	}
	return out
}

func sortComparisons(list []Comparison) {
	order.By(list, func(a, b Comparison) int {
		return cmp.Or(
			cmp.Compare(a.weight(), b.weight()), cmp.Compare(a.Consumer.Workload, b.Consumer.Workload),
			cmp.Compare(a.Consumer.Namespace, b.Consumer.Namespace), cmp.Compare(a.Consumer.Container, b.Consumer.Container),
			cmp.Compare(a.Variable, b.Variable),
		)
	})
}

// weight puts what matters first, then what could not be compared.
func (c Comparison) weight() int {
	switch {
	case c.Matters:
		return 0
	case slices.Contains(c.Differences, NotComparable):
		return 1
	case len(c.Differences) > 0:
		return 2
	}
	return 3
}

func tally(list []Comparison) DifferenceSummary {
	s := DifferenceSummary{Variables: len(list)}
	for _, c := range list {
		switch c.weight() {
		case 0:
			s.Differing++
		case 1:
			s.Unknown++
		default:
			s.Alike++
		}
	}
	return s
}

// ExitCode is the exit code of `diff --exit-code`: 1 for differences that matter, 3 when there
// is none but something could not be compared, 4 when there was nothing to compare, else 0.
func (d Difference) ExitCode() int {
	switch {
	case d.Summary.Differing > 0:
		return exitFindings
	case d.Summary.Unknown > 0 || len(d.Problems) > 0:
		return exitUnverified
	case d.Summary.Variables == 0:
		return exitNothing
	}
	return exitOK
}

// String names both environments.
func (d Difference) String() string { return fmt.Sprintf("%s and %s", d.Left, d.Right) }
