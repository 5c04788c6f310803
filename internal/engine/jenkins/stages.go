package jenkins

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// stage runs what stands in a stage, with what is known of the stage.
func (m *machine) stage(n *node, name string, run func() value) value {
	m.passed = append(m.passed, name)
	if m.finished() {
		return nullValue()
	}
	outer := m.at
	at := &m.at
	at.stages = append(outer.stages[:len(outer.stages):len(outer.stages)], name)
	hop := m.hop(n, "stage", "STAGE_NAME")
	l := layer{vars: []binding{{name: "STAGE_NAME", value: model.KnownText(name, hop)}}}
	at.layers = append(outer.layers[:len(outer.layers):len(outer.layers)], l)
	m.judge(n, name, outer)
	if at.loud && !outer.loud {
		at.perhaps = nil
	}
	mine := at.chosen && !outer.chosen
	v := run()
	m.at = outer
	if mine {
		m.took = true
	}
	return v
}

// judge tells whether a stage deploys to the environment that is resolved.
func (m *machine) judge(n *node, name string, outer place) {
	at := &m.at
	environment := m.plan.environmentOf(n, name)
	elsewhere := environment != "" && m.in.Environment != "" && !sameEnvironment(environment, m.in.Environment)
	if want := m.in.Job.Value; want != "" {
		switch {
		case outer.chosen:
			at.foreign = outer.foreign || elsewhere && m.plan.hasBeside(n, m.in.Environment)
			at.loud = !at.foreign
		case name == want && (m.in.Group.Value == "" || slices.Contains(outer.stages, m.in.Group.Value)):
			at.chosen, at.loud = true, true
		}
		return
	}
	at.foreign = outer.foreign || elsewhere
	switch {
	case at.foreign:
		at.loud = false
	case !m.plan.any(m.in.Environment):
		at.loud = true
	default:
		at.loud = outer.loud || m.plan.deploysAt(n, name)
	}
}

// branch is one of several parts that run side by side.
type branch struct {
	code  *node
	scope *scope
	run   func()
}

// parallelStep is parallel(name: { … }, …).
func (m *machine) parallelStep(c *invocation) {
	var branches []branch
	entries := c.named
	if c.open != nil {
		m.doubts(*c.open)
	}
	for _, e := range entries {
		if e.value.kind != kindClosure {
			continue
		}
		f := e.value.fn
		branches = append(branches, branch{code: &node{kind: nodeBlock, kids: f.body}, scope: f.scope, run: func() {
			m.inside(func(at *place) { at.stages = append(at.stages[:len(at.stages):len(at.stages)], e.key) }, func() value { return m.invoke(f, nil, c.node) })
		}})
	}
	m.parallel(branches)
}

// parallel runs branches side by side. What one sets and another reads depends on which of
// them is faster.
func (m *machine) parallel(branches []branch) {
	if len(branches) == 0 {
		return
	}
	why := model.UnknownBecause(model.WhyAmbiguous, "which of the branches that run side by side is faster", m.trail(branches[0].code))
	var all []writes
	for _, b := range branches {
		all = append(all, m.writes(b.code, b.scope))
	}
	start := m.st
	var ends []*state
	for i, b := range branches {
		m.st = m.copied(start)
		outer := m.at
		m.at.raced = map[string]bool{}
		for j, w := range all {
			if j != i {
				m.race(w, why)
			}
		}
		b.run()
		m.at = outer
		if m.halted {
			return
		}
		m.thrown = false
		ends = append(ends, m.st)
	}
	m.st = m.together(start, ends, all, why)
}

// race makes unknown what another branch sets.
func (m *machine) race(w writes, why model.Value) {
	for cell := range w.cells {
		m.st.cells[cell] = unknownValue(why)
	}
	for name := range w.vars {
		m.setVar(name, why)
		m.at.raced[strings.ToLower(name)] = true
	}
	if w.all && m.st.vars.Rest().State == model.Absent {
		m.st.change(m.st.vars.WithRest(why))
	}
}

// together is the state behind branches: what one of them alone has set, and for the rest
// any of what they have.
func (m *machine) together(start *state, ends []*state, all []writes, why model.Value) *state {
	out := start.clone()
	for i, end := range ends {
		for cell, v := range end.cells {
			if _, old := start.cells[cell]; !old {
				out.cells[cell] = v
			}
		}
		for ref, h := range end.heap {
			if old := start.heap[ref]; old != h {
				if out.heap[ref] != old && old != nil {
					h = &heaped{open: &why}
				}
				out.heap[ref] = h
			}
		}
		for cell := range all[i].cells {
			v := end.cells[cell]
			if w := out.cells[cell]; !w.same(start.cells[cell]) {
				v = mixed(why, v, w)
			}
			out.cells[cell] = v
		}
		m.st = out
		for name := range all[i].vars {
			m.settle(start, end, name, why)
		}
		if rest := end.vars.Rest(); rest.State != model.Absent && out.vars.Rest().State == model.Absent {
			out.change(out.vars.WithRest(rest))
		}
	}
	return out
}

// settle is a variable of the build behind branches of which one, or more, has set it.
func (m *machine) settle(start, end *state, name string, why model.Value) {
	before, now := start.vars.Get(name), end.vars.Get(name)
	if got := m.st.vars.Get(name); !got.Same(before) {
		now = model.Ambiguous(why.Needs, got, now)
	}
	m.st.change(m.st.vars.With(name, now))
}
