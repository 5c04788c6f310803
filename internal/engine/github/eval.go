package github

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// field is a sort of place in a workflow, by the contexts that expressions have there.
type field string

// The places, as the schema of workflows has them.
const (
	inWorkflowEnv  field = "github inputs vars secrets"
	inJobIf        field = "github inputs vars needs"
	inStrategy     field = "github inputs vars needs"
	inJob          field = "github inputs vars needs strategy matrix"
	inJobEnv       field = inJob + " secrets"
	inDefaults     field = inJob + " env"
	inCallWith     field = inJob
	inCallSecrets  field = inJob + " secrets"
	inRunner       field = inJob + " secrets steps job runner env" // env of containers, outputs of jobs
	inStepIf       field = inJob + " steps job runner env"
	inStep         field = inStepIf + " secrets"
	inCallOutput   field = "github inputs vars jobs"
	inCallDefault  field = "github inputs vars"
	inComposite    field = "github inputs strategy matrix steps job runner env"
	inActionInput  field = "github strategy matrix job runner"
	inActionOutput field = inComposite
	inActionEnv    field = "inputs"
)

func (f field) has(name string) bool {
	for word := range strings.FieldsSeq(string(f)) {
		if word == name {
			return true
		}
	}
	return false
}

// contexts is every context that there is anywhere.
const contexts = "github env vars job jobs steps runner secrets strategy matrix needs inputs"

// scope is what expressions see at one point of a run.
type scope struct {
	doc *document
	// get gives a context by its name; at is where it is named.
	get func(name string, at pos.Span) expression.Value
	// status gives success, failure and cancelled; nil where no steps or jobs ran before.
	status func(name string) expression.Value
}

// within is the scope for another file.
func (s scope) within(d *document) scope {
	s.doc = d
	return s
}

func (s scope) context(f field, at pos.Span) expression.Context {
	return expression.Context{
		Status: s.status,
		Lookup: func(name string) (expression.Value, bool) {
			if !f.has(name) {
				return expression.Value{}, false
			}
			return s.get(name, at), true
		},
	}
}

// value evaluates a node: a text with expressions in it, or lists and mappings of those.
func (s scope) value(n *yaml.Node, f field, what string) expression.Value {
	if n == nil {
		return expression.Null()
	}
	hop := model.Hop{Kind: model.KindWorkflow, What: what, Literal: true}
	v := expression.FromYAML(n, expression.YAML{Span: s.doc.span, Hop: hop, Text: func(text *yaml.Node) expression.Value {
		hop := model.Hop{Kind: model.KindWorkflow, What: what, At: s.doc.span(text)}
		return s.template(text, f).Via(hop)
	}})
	return v
}

// text evaluates a node to the text that the runner makes of it.
func (s scope) text(n *yaml.Node, f field, what string) model.Value {
	v := s.value(n, f, what)
	out := pasted(v)
	if out.Trail.IsEmpty() && n != nil {
		out = out.Via(model.Hop{At: s.doc.span(n), Kind: model.KindWorkflow, What: what, Literal: out.State == model.Known})
	}
	return out
}

// pasted is the text that a value is written as. That of null is empty.
func pasted(v expression.Value) model.Value {
	m := v.Model()
	if v.Kind() == expression.KindNull || m.State == model.Absent {
		m.State, m.Text = model.Known, secret.Text{}
	}
	if i := slices.IndexFunc(m.Alternatives, isAbsent); i >= 0 {
		m.Alternatives = slices.Clone(m.Alternatives)
		for i := range m.Alternatives {
			if isAbsent(m.Alternatives[i]) {
				m.Alternatives[i].State, m.Alternatives[i].Text = model.Known, secret.Text{}
			}
		}
	}
	return m
}

func isAbsent(v model.Value) bool { return v.State == model.Absent }

// template evaluates the text of one scalar.
func (s scope) template(n *yaml.Node, f field) expression.Value {
	t := s.doc.template(n)
	if t == nil {
		return broken()
	}
	v := t.Evaluate(s.context(f, s.doc.span(n)))
	s.doc.fault(n, f, v)
	return v
}

// broken is what an expression gives that the runner refuses.
func broken() expression.Value {
	return expression.Unknown(model.UnknownBecause(model.WhyUnsupported, "an expression that GitHub accepts", model.Trail{}))
}

// template parses the text of a scalar, once. It is nil when it cannot be read.
func (d *document) template(n *yaml.Node) *expression.Template {
	if t, ok := d.templates[n]; ok || d.failed[n] {
		return t
	}
	t, err := expression.ParseTemplate(n.Value, d.place(n))
	if err != nil {
		d.failed[n] = true
		d.mistake(n, err)
		return nil
	}
	d.templates[n] = t
	return t
}

// mistake reports an expression that cannot be read.
func (d *document) mistake(n *yaml.Node, err error) {
	at, fix := d.span(n), ""
	if e := (*expression.Error)(nil); errors.As(err, &e) {
		at, fix = d.place(n)(e.Offset, e.Offset), e.Fix
	}
	d.problems = append(d.problems, model.Problem{At: at, Message: err.Error(), Fix: fix})
}

// fault reports that the runner would give up at a value. What is used where it is not
// available is reported in words of its own, when the references are checked.
func (d *document) fault(n *yaml.Node, f field, v expression.Value) {
	err := v.Fault()
	if err == nil || d.failed[n] || d.unavailable(n, f) {
		return
	}
	d.failed[n] = true
	d.problems = append(d.problems, model.Problem{At: d.span(n), Message: err.Error(), Fix: "correct the expression"})
}

// condition evaluates an `if`. A missing one asks for success.
func (s scope) condition(n *yaml.Node, f field) (v expression.Value, truth, decided bool) {
	text := "success()"
	if isScalar(n) {
		text = target(n).Value
	}
	e := s.doc.condition(n, text)
	if e == nil {
		v := broken()
		return v, false, false
	}
	at := s.doc.span(n)
	v = e.Eval(s.context(f, at))
	if n != nil {
		s.doc.fault(target(n), f, v)
	}
	truth, decided = v.Truth()
	return v, truth, decided
}

func (d *document) condition(n *yaml.Node, text string) *expression.Expr {
	key := target(n)
	if e, ok := d.conditions[key]; ok || d.failed[key] {
		return e
	}
	var place expression.Place
	if key != nil {
		place = d.place(key)
	}
	e, err := expression.ParseCondition(text, place)
	if err != nil {
		d.failed[key] = true
		if key != nil {
			d.mistake(key, err)
		}
		return nil
	}
	d.conditions[key] = e
	if key != nil && aroundExpression(text) {
		d.fail(key, "put the whole condition into one ${{ }}, or leave ${{ }} out", "the condition is always true, because it is a text with an expression in it")
	}
	return e
}

// aroundExpression reports whether a condition has text around an expression: then it is
// that text, and a text counts as true.
func aroundExpression(text string) bool {
	text = strings.TrimSpace(text)
	return strings.Contains(text, "${{") && (!strings.HasPrefix(text, "${{") || !strings.HasSuffix(text, "}}") || strings.Count(text, "${{") > 1)
}

// unavailable reports whether a scalar names a context that does not exist where it stands,
// and tells the user once.
func (d *document) unavailable(n *yaml.Node, f field) bool {
	found := false
	for _, e := range d.expressions(n) {
		for _, name := range e.Uses() {
			if f.has(name) {
				continue
			}
			found = true
			d.report(n, name, f)
		}
	}
	return found
}

func (d *document) report(n *yaml.Node, name string, f field) {
	if d.failed[n] {
		return
	}
	d.failed[n] = true
	if !field(contexts).has(name) {
		d.fail(n, nearContext(name), "unknown context %s", strict.Name(name))
		return
	}
	fix := "expected one of: " + strings.Join(strings.Fields(string(f)), ", ")
	if name == "env" {
		fix = "use it in a step, or write the value again"
	}
	d.fail(n, fix, "the context %q is not available here", name)
}

func nearContext(name string) string {
	if near := strict.Nearest(name, strings.Fields(contexts)); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "expected one of: " + strings.Join(strings.Fields(contexts), ", ")
}

// expressions lists those in a scalar.
func (d *document) expressions(n *yaml.Node) []*expression.Expr {
	if e, ok := d.conditions[n]; ok {
		return []*expression.Expr{e}
	}
	if t := d.template(n); t != nil {
		return t.Expressions()
	}
	return nil
}
