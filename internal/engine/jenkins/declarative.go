package jenkins

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// section gives the part of a declarative block that begins with a word.
func section(body *node, name string) *node {
	if body == nil {
		return nil
	}
	for _, n := range body.kids {
		if n.callee() == name {
			return n
		}
	}
	return nil
}

// pipeline runs pipeline { … }.
func (m *machine) pipeline(c *invocation) value {
	body := c.node.body()
	if body == nil {
		return nullValue()
	}
	sc := newScope(c.scope)
	if p := section(body, "parameters"); p.body() != nil {
		m.setParameters(m.parametersOf(p.body().kids, sc))
	}
	outer := m.at
	m.at.declarative = true
	m.agent(section(body, "agent"), sc, true)
	if e := section(body, "environment"); e != nil {
		m.at.layers = append(m.at.layers, m.environmentBlock(e, sc)...)
	}
	m.wrapped(section(body, "options"), sc, func() value {
		m.tools(section(body, "tools"), sc)
		m.stages(section(body, "stages").body(), sc)
		m.postOfPipeline(section(body, "post"), sc)
		return nullValue()
	})
	m.at = outer
	return nullValue()
}

// wrapped runs what stands within options {}: those that are steps with a body may set
// variables.
func (m *machine) wrapped(options *node, sc *scope, run func() value) value {
	if options.body() == nil {
		return run()
	}
	for _, n := range slices.Backward(options.body().kids) {
		if w := wrappers[n.callee()]; w.names == nil && !slices.Contains([]string{"withAWS", "withVault", "withAzureKeyvault", "configFileProvider", "wrap", "withCredentials", "withEnv"}, n.callee()) {
			continue
		}
		inner := run
		run = func() value {
			c := m.invocation(n, n.callee(), sc)
			c.within = inner
			return m.run(c)
		}
	}
	return run()
}

// stages runs stages { … } one after the other.
func (m *machine) stages(body *node, sc *scope) {
	if body == nil {
		return
	}
	for _, n := range body.kids {
		if m.thrown || m.finished() {
			return
		}
		if n.callee() == "stage" {
			m.declaredStage(n, sc)
		}
	}
}

// finished reports whether the one stage that is asked for is done.
func (m *machine) finished() bool { return m.took && !m.at.chosen }

// declaredStage runs stage('name') { … } of a declarative pipeline.
func (m *machine) declaredStage(n *node, sc *scope) {
	name, _ := m.eval(n.position(0), sc).words()
	m.stage(n, name, func() value {
		body := n.body()
		if body == nil {
			return nullValue()
		}
		return m.wrapped(section(body, "options"), sc, func() value { return m.stageParts(body, sc) })
	})
}

func (m *machine) stageParts(body *node, sc *scope) value {
	outer := m.at
	if in := section(body, "input"); in.body() != nil {
		m.at.layers = append(m.at.layers[:len(m.at.layers):len(m.at.layers)], m.inputLayer(in, sc))
	}
	if agent := section(body, "agent"); agent != nil {
		m.agent(agent, sc, false)
	}
	run := func() flow {
		m.stageBody(body, sc)
		if m.thrown {
			return flowThrow
		}
		return flowOn
	}
	d, why := yes, model.Value{}
	if when := section(body, "when"); when.body() != nil {
		d, why = m.when(when.body().kids, sc)
		if d == no {
			m.skipped(when)
		}
	}
	switch d {
	case yes:
		run()
	case undecided:
		perhaps := m.at.perhaps
		m.fork(why, func() flow {
			if m.at.loud { // what deploys is taken to run
				m.at.perhaps = perhaps
			}
			return run()
		}, func() flow { return flowOn })
	}
	m.at = outer
	return nullValue()
}

// skipped tells when the stage that was asked for does not run.
func (m *machine) skipped(when *node) {
	if m.at.chosen && m.in.Job.Value != "" {
		m.problem(m.span(when), "the stage that is to be followed does not run, because this condition is not met", "give the branch, or the inputs, that it runs with")
	}
}

// stageBody runs a stage whose condition is met.
func (m *machine) stageBody(body *node, sc *scope) {
	if e := section(body, "environment"); e != nil {
		for _, l := range m.environmentBlock(e, sc) {
			m.at.layers = append(m.at.layers[:len(m.at.layers):len(m.at.layers)], l)
		}
	}
	m.tools(section(body, "tools"), sc)
	switch {
	case section(body, "stages") != nil:
		m.stages(section(body, "stages").body(), sc)
	case section(body, "parallel").body() != nil:
		m.parallelStages(section(body, "parallel").body(), sc)
	case section(body, "matrix").body() != nil:
		m.matrix(section(body, "matrix"), sc)
	case section(body, "steps").body() != nil:
		steps := m.closure(section(body, "steps").body(), sc)
		m.invoke(steps.fn, nil, body)
	}
	if post := section(body, "post"); post.body() != nil && !m.thrown {
		m.post(post, sc)
	}
}

func (m *machine) parallelStages(body *node, sc *scope) {
	var branches []branch
	for _, n := range body.kids {
		if n.callee() == "stage" {
			branches = append(branches, branch{code: n, scope: sc, run: func() { m.declaredStage(n, sc) }})
		}
	}
	m.parallel(branches)
}

// conditions of post {} in the order in which Jenkins runs them, when every step succeeds.
var conditions = []struct {
	name string
	is   decided
}{{"always", yes}, {"changed", undecided}, {"fixed", undecided}, {"success", yes}, {"cleanup", yes}}

func (m *machine) post(n *node, sc *scope) {
	for _, c := range conditions {
		k := section(n.body(), c.name)
		if k.body() == nil {
			continue
		}
		run := func() flow {
			m.invoke(m.closure(k.body(), sc).fn, nil, k)
			if m.thrown {
				return flowThrow
			}
			return flowOn
		}
		if c.is == yes {
			run()
			continue
		}
		m.fork(model.UnknownBecause(model.WhyInput, "the result of the run before", m.trail(k)), run, func() flow { return flowOn })
	}
}

// postOfPipeline runs what stands behind all stages. It deploys when a tool in it does.
func (m *machine) postOfPipeline(n *node, sc *scope) {
	if n.body() == nil || m.thrown || m.took {
		return
	}
	outer := m.at
	m.at.loud = m.in.Job.Value == "" && m.plan.deploysIn(n)
	m.at.stages = append(m.at.stages, "post")
	m.post(n, sc)
	m.at = outer
}

// matrix runs each cell of a matrix, as stages side by side.
func (m *machine) matrix(n *node, sc *scope) {
	body := n.body()
	cells, ok := m.cells(body, sc)
	if !ok {
		m.problem(m.span(n), fmt.Sprintf("this matrix has more than %d cells, which is as many as are followed", maxCells), "name the cell that deploys, or make the matrix smaller")
		m.doubts(model.UnknownBecause(model.WhyLimit, "a smaller matrix", model.Trail{}))
	}
	var branches []branch
	for _, cell := range m.asked(cells) {
		branches = append(branches, branch{code: body, scope: sc, run: func() {
			outer := m.at
			m.at.layers = append(m.at.layers[:len(m.at.layers):len(m.at.layers)], cell)
			m.stageParts(body, sc)
			m.at = outer
		}})
	}
	m.parallel(branches)
}

// cells lists the combinations of the axes, without those that are excluded.
func (m *machine) cells(body *node, sc *scope) ([]layer, bool) {
	cells := []layer{{}}
	for _, axis := range m.axes(section(body, "axes"), sc) {
		var more []layer
		for _, cell := range cells {
			for _, b := range axis.vars {
				more = append(more, layer{vars: append(cell.vars[:len(cell.vars):len(cell.vars)], b)})
			}
		}
		if cells = more; len(cells) > 16*maxCells {
			return cells[:maxCells], false
		}
	}
	if ex := section(body, "excludes"); ex.body() != nil {
		for _, one := range ex.body().kids {
			cells = slices.DeleteFunc(cells, func(cell layer) bool { return m.excluded(one, cell, sc) })
		}
	}
	if len(cells) > maxCells {
		return cells[:maxCells], false
	}
	return cells, true
}

// axes gives each axis as the bindings that it may make.
func (m *machine) axes(n *node, sc *scope) []layer {
	var out []layer
	if n.body() == nil {
		return nil
	}
	for _, axis := range n.body().kids {
		if axis.callee() != "axis" || axis.body() == nil {
			continue
		}
		name, values := m.axis(axis.body(), sc)
		if name == "" || len(values) == 0 {
			continue
		}
		var l layer
		for _, v := range values {
			l.vars = append(l.vars, binding{name: name, value: m.asText(v, axis).bind(m.hop(axis, "axis", name))})
		}
		out = append(out, l)
	}
	return out
}

// axis gives the name and the values of an axis, or of what excludes it.
func (m *machine) axis(body *node, sc *scope) (name string, values []value) {
	if n := section(body, "name"); n != nil {
		name, _ = m.eval(n.position(0), sc).words()
	}
	for _, word := range []string{"values", "notValues"} {
		if n := section(body, word); n != nil {
			for _, a := range n.args {
				v := m.eval(a.value, sc)
				if items, open := m.elements(v, n); v.kind == kindList && open == nil {
					values = append(values, items...)
					continue
				}
				values = append(values, v)
			}
		}
	}
	return name, values
}

func (m *machine) excluded(n *node, cell layer, sc *scope) bool {
	if n.callee() != "exclude" || n.body() == nil {
		return false
	}
	some := false
	for _, axis := range n.body().kids {
		if axis.body() == nil {
			continue
		}
		some = true
		name, values := m.axis(axis.body(), sc)
		not := section(axis.body(), "notValues") != nil
		i := slices.IndexFunc(cell.vars, func(b binding) bool { return b.name == name })
		if i < 0 {
			return false
		}
		in := slices.ContainsFunc(values, func(v value) bool {
			s, ok := v.words()
			return ok && s == cell.vars[i].value.Text.Reveal()
		})
		if in == not {
			return false
		}
	}
	return some
}

// asked are the cells that the step names, or those of the environment when an axis says
// where the deploy goes.
func (m *machine) asked(cells []layer) []layer {
	var out []layer
	for _, cell := range cells {
		fits := true
		for name, want := range m.in.Matrix {
			fits = fits && slices.ContainsFunc(cell.vars, func(b binding) bool {
				return strings.EqualFold(b.name, name) && b.value.Text.Reveal() == want
			})
		}
		if fits {
			out = append(out, cell)
		}
	}
	if len(m.in.Matrix) > 0 {
		if len(out) == 0 && m.at.loud {
			m.problem(m.in.At, "no cell of the matrix is as the configuration says", "name each axis with one of its values")
		}
		return out
	}
	var mine []layer
	for _, cell := range out {
		if slices.ContainsFunc(cell.vars, func(b binding) bool {
			return m.plan.isAxis(b.name) && sameEnvironment(b.value.Text.Reveal(), m.in.Environment)
		}) {
			mine = append(mine, cell)
		}
	}
	if len(mine) > 0 {
		return mine
	}
	return out
}

// notFound tells that the stage that is asked for is none of those that were met.
func (m *machine) notFound() {
	want := m.in.Job
	if want.Value == "" || m.took || m.halted {
		return
	}
	for _, name := range m.passed {
		if name == want.Value {
			return
		}
	}
	fix := "name one of the stages of the pipeline"
	if near := strict.Nearest(want.Value, append(m.passed, m.plan.names()...)); near != "" && near != want.Value {
		fix = "did you mean " + strict.Name(near) + "?"
	}
	at := want.Span
	if !at.IsValid() {
		at = m.in.File.Span
	}
	m.problem(at, fmt.Sprintf("%s has no stage %s", strict.Path(m.in.File.Value), strict.Name(want.Value)), fix)
}
