package github

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// startInputs is the context `inputs` of the workflow that was started.
func (c *call) startInputs() expression.Value {
	declared := c.declaredInputs()
	c.checkInputs(declared)
	var entries []expression.Entry
	for _, in := range declared {
		entries = append(entries, expression.Entry{Name: in.name, Value: c.startInput(in)})
	}
	return expression.Object(entries...)
}

// declaredInputs are those of whatever may start the workflow.
func (c *call) declaredInputs() []input {
	out := slices.Clone(c.wf.on.dispatch)
	for _, in := range c.wf.on.call {
		if _, ok := findInput(out, in.name); !ok {
			out = append(out, in)
		}
	}
	return out
}

func (c *call) checkInputs(declared []input) {
	for name := range c.in.Inputs {
		if _, ok := findInput(declared, name); ok {
			continue
		}
		fix := "declare it under `on.workflow_dispatch.inputs`, or remove it"
		if near := strict.Nearest(name, inputNames(declared)); near != "" {
			fix = fmt.Sprintf("did you mean %q?", near)
		}
		c.problem(c.in.At, fix, "the workflow has no input %s", strict.Name(name))
	}
}

// startInput is one input of the workflow that was started: what it is given, or its default
// when the run is one that takes inputs.
func (c *call) startInput(in input) expression.Value {
	for name, v := range c.in.Inputs {
		if strings.EqualFold(name, in.name) {
			v = v.Via(model.Hop{At: in.at, Kind: model.KindWorkflow, What: "input " + shownName(in.name)})
			return typed(v, in.kind)
		}
	}
	switch c.facts.event {
	case "workflow_dispatch", "workflow_call":
		return c.defaultInput(in, c.jobScope(&job{wf: c.wf}), inCallDefault)
	case "":
		return expression.Unknown(unknownInput(fmt.Sprintf("the input %s that the run is started with", shownName(in.name))))
	}
	return expression.Null()
}

// defaultInput is the default of an input, or what there is without one.
func (c *call) defaultInput(in input, s scope, f field) expression.Value {
	what := "default of input " + shownName(in.name)
	if in.fallback != nil && !isNull(in.fallback) {
		v := s.value(in.fallback, f, what)
		if v.Kind() == expression.KindString || v.Kind() == expression.KindNumber || v.Kind() == expression.KindBool {
			return typed(pasted(v), in.kind)
		}
		return v
	}
	hop := model.Hop{At: in.at, Kind: model.KindWorkflow, What: "input " + shownName(in.name) + " without a default"}
	switch in.kind {
	case "boolean":
		return expression.Bool(false).Via(hop)
	case "number":
		return expression.Number(0).Via(hop)
	case "choice", "environment":
		return expression.Unknown(unknownInput("the input "+shownName(in.name)+", which has no default").Via(hop), expression.KindString)
	}
	if in.required {
		return expression.Unknown(unknownInput("the input "+shownName(in.name)+", which has no default").Via(hop), expression.KindString)
	}
	return expression.Text(model.KnownText("", hop))
}

// typed is a text as a value of the type that an input has.
func typed(v model.Value, kind string) expression.Value {
	if v.State != model.Known {
		return expression.Unknown(v, kindOf(kind)...)
	}
	text := v.Text.Reveal()
	switch kind {
	case "boolean":
		if text == "true" || text == "false" {
			return through(expression.Bool(text == "true"), v.Trail)
		}
	case "number":
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return through(expression.Number(n), v.Trail)
		}
	}
	return expression.Text(v)
}

func kindOf(kind string) []expression.Kind {
	switch kind {
	case "boolean":
		return []expression.Kind{expression.KindBool}
	case "number":
		return []expression.Kind{expression.KindNumber}
	}
	return []expression.Kind{expression.KindString}
}

// through puts the hops of a trail on a value.
func through(v expression.Value, t model.Trail) expression.Value {
	for _, hop := range t.Hops() {
		v = v.Via(hop)
	}
	return v
}

// eventInputs is github.event.inputs: the inputs as texts.
func (c *call) eventInputs() expression.Value {
	switch c.facts.event {
	case "workflow_dispatch":
	case "":
		return expression.Unknown(unknownInput(needsEvent))
	default:
		return expression.Null()
	}
	var entries []expression.Entry
	inputs, _ := c.root().inputs.Entries()
	for _, e := range inputs {
		entries = append(entries, expression.Entry{Name: e.Name, Value: expression.Text(pasted(e.Value))})
	}
	return expression.Object(entries...)
}

// root is the run of the workflow that was started.
func (c *call) root() *call {
	for c.by != nil {
		c = c.by.job.call
	}
	return c
}

// calledInputs is the context `inputs` of a workflow that a job calls.
func (c *call) calledInputs(s scope, with *yaml.Node, at pos.Span) expression.Value {
	given := map[string]expression.Value{}
	for _, p := range s.doc.pairs(with) {
		in, ok := findInput(c.wf.on.call, p.Key.Value)
		if !ok {
			c.unknownInput(s, p, inputNames(c.wf.on.call), "input")
			continue
		}
		v := s.value(p.Value, inCallWith, "input "+shownName(in.name)+" of the called workflow")
		given[strings.ToLower(in.name)] = typedValue(v, in.kind)
	}
	var entries []expression.Entry
	for _, in := range c.wf.on.call {
		v, ok := given[strings.ToLower(in.name)]
		if !ok {
			v = c.defaultInput(in, c.jobScope(&job{wf: c.wf}), inCallDefault)
			if in.required {
				c.problem(at, fmt.Sprintf("add it under `with:`, or give it a default at line %d of %s", in.at.Start.Line, in.at.File), "the called workflow requires the input %s, which is not given", strict.Name(in.name))
			}
		}
		entries = append(entries, expression.Entry{Name: in.name, Value: v})
	}
	return expression.Object(entries...)
}

// typedValue gives an input that is passed the type that is declared for it.
func typedValue(v expression.Value, kind string) expression.Value {
	switch {
	case v.Kind() == expression.KindUnknown, kind == "string" && v.Kind() == expression.KindString:
		return v
	}
	return typed(pasted(v), kind)
}

func (c *call) unknownInput(s scope, p strict.Pair, known []string, what string) {
	fix := "declare it under `on.workflow_call`, or remove it"
	if near := strict.Nearest(p.Key.Value, known); near != "" {
		fix = fmt.Sprintf("did you mean %q?", near)
	}
	c.problem(s.doc.span(p.Key), fix, "the called workflow has no %s %s", what, strict.Name(p.Key.Value))
}
