package jenkins

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// flow is where a statement leads.
type flow uint8

const (
	flowOn flow = iota
	flowReturn
	flowBreak
	flowContinue
	flowThrow
	flowGone // every way has left the function or loop already; see [frame]
)

// block runs statements, up to one that leaves.
func (m *machine) block(stmts []*node, sc *scope) flow {
	m.last = nullValue()
	for _, n := range stmts {
		if f := m.exec(n, sc); f != flowOn {
			return f
		}
	}
	return flowOn
}

// exec runs one statement.
func (m *machine) exec(n *node, sc *scope) flow {
	m.tick(n)
	if m.thrown {
		return flowThrow
	}
	switch n.kind {
	case nodeBlock:
		return m.inner(n, sc)
	case nodeDeclare:
		m.declaration(n, sc)
	case nodeIf:
		return m.ifElse(n, sc)
	case nodeForIn:
		return m.forIn(n, sc)
	case nodeFor, nodeWhile:
		return m.whileLoop(n, sc)
	case nodeTry:
		return m.try(n, sc)
	case nodeSwitch:
		return m.switches(n, sc)
	case nodeReturn:
		m.back = nullValue()
		if len(n.kids) > 0 {
			m.back = m.eval(n.kids[0], sc)
		}
		if m.thrown {
			return flowThrow
		}
		return flowReturn
	case nodeThrow:
		m.eval(n.kids[0], sc)
		m.thrown = true
	case nodeBreak:
		return flowBreak
	case nodeContinue:
		return flowContinue
	case nodeFunction, nodeNothing:
		m.last = nullValue()
	case nodeOpaque:
		m.opaque(n, sc)
		m.last = m.unsupported(n, "a simpler statement")
	default:
		m.last = m.eval(n, sc)
	}
	if m.thrown {
		return flowThrow
	}
	return flowOn
}

// inner runs a block with variables of its own. One that declares several variables has
// none.
func (m *machine) inner(n *node, sc *scope) flow {
	if n.name != "declare" {
		sc = newScope(sc)
	}
	return m.block(n.kids, sc)
}

// opaque runs what is not understood: every variable that it names may be anything behind
// it, and so may all of Jenkins' when it speaks of env.
func (m *machine) opaque(n *node, sc *scope) {
	for _, k := range n.kids {
		m.eval(k, sc)
	}
	why := model.UnknownBecause(model.WhyUnsupported, "a simpler statement", m.trail(n))
	for _, name := range n.names {
		if cell, ok := sc.find(name); ok {
			m.st.cells[cell] = unknownValue(why)
		}
	}
	if slices.Contains(n.names, "env") {
		m.loseVars(why)
	}
	if len(n.names) > 0 && slices.ContainsFunc(n.names, runsScripts) {
		m.problem(m.span(n), "this statement is not understood, so the scripts in it are not followed", "write it in a simpler way")
		m.doubts(why)
	}
}

func runsScripts(name string) bool {
	return slices.Contains([]string{"sh", "bat", "pwsh", "powershell", "stage", "node"}, name)
}

// loseVars makes every variable of the build unknown.
func (m *machine) loseVars(why model.Value) {
	m.st.change(model.Env{}.WithRest(why))
}

func (m *machine) declaration(n *node, sc *scope) {
	v := nullValue()
	if len(n.kids) > 0 {
		v = m.eval(n.kids[0], sc)
	}
	if n.name == "field" { // functions see it as well
		sc = m.binding
	}
	if len(n.params) == 1 && n.name != "assign" {
		m.declare(sc, n.params[0].name, v)
		return
	}
	for i, p := range n.params {
		one := m.unsupported(n, "a simpler assignment")
		if h := m.content(v); v.kind == kindList && h.open == nil {
			one = nullValue()
			if i < len(h.items) {
				one = h.items[i]
			}
		}
		if n.name == "assign" {
			m.assignName(p.name, one, sc)
			continue
		}
		m.declare(sc, p.name, one)
	}
}

func (m *machine) ifElse(n *node, sc *scope) flow {
	cond := m.eval(n.kids[0], sc)
	if m.thrown {
		return flowThrow
	}
	switch m.truth(cond) {
	case yes:
		return m.exec(n.kids[1], sc)
	case no:
		if len(n.kids) > 2 {
			return m.exec(n.kids[2], sc)
		}
		m.last = nullValue()
		return flowOn
	}
	return m.fork(m.undecidedBy(cond, n.kids[0]), func() flow { return m.exec(n.kids[1], sc) }, func() flow {
		m.last = nullValue()
		if len(n.kids) > 2 {
			return m.exec(n.kids[2], sc)
		}
		return flowOn
	})
}

// undecidedBy says why a condition is not decided.
func (m *machine) undecidedBy(cond value, n *node) model.Value {
	v, ok := cond.model()
	if !ok || v.State != model.Unknown {
		v, ok = cond.text.cause()
	}
	if !ok || v.Needs == "" {
		return model.UnknownBecause(model.WhyUnsupported, "a simpler condition", m.trail(n))
	}
	return model.UnknownBecause(v.Why, v.Needs, v.Trail)
}

// fork runs each arm on a state of its own, and joins those that go on. A way that ends in
// an error is left: the deploy that matters goes on.
func (m *machine) fork(why model.Value, arms ...func() flow) flow {
	before, outer := m.st, m.at.perhaps
	m.at.perhaps = &why
	left := m.left()
	var ends []*state
	var lasts []value
	for _, arm := range arms {
		m.st = m.copied(before)
		switch f := arm(); f {
		case flowOn:
			ends, lasts = append(ends, m.st), append(lasts, m.last)
		case flowThrow:
			if m.halted {
				return flowThrow
			}
			m.thrown = false
		case flowGone:
		default:
			m.land(f)
		}
		m.at.perhaps = &why
	}
	m.at.perhaps = outer
	switch {
	case len(ends) > 0:
		m.st = joinStates(why, ends)
		m.last = lasts[0]
		for _, v := range lasts[1:] {
			m.last = mixed(why, m.last, v)
		}
		if m.left() > left && outer == nil {
			m.at.perhaps = &why
		}
		return flowOn
	case m.left() > left:
		return flowGone
	}
	m.st = before
	m.thrown = true
	return flowThrow
}

// copied is a copy of a state, which counts as steps: a large one is dear.
func (m *machine) copied(s *state) *state {
	m.steps += (len(s.cells) + len(s.heap)) / 8
	return s.clone()
}

// left counts the ways that have left the function or the loop.
func (m *machine) left() int {
	n := 0
	for _, f := range []*frame{m.frame, m.loop} {
		if f != nil {
			n += len(f.ended) + len(f.continued)
		}
	}
	return n
}

// land keeps a way that leaves its function or loop.
func (m *machine) land(f flow) {
	switch {
	case f == flowReturn:
		m.frame.ended = append(m.frame.ended, m.st)
		m.frame.values = append(m.frame.values, m.back)
	case m.loop == nil:
	case f == flowBreak:
		m.loop.ended = append(m.loop.ended, m.st)
	case f == flowContinue:
		m.loop.continued = append(m.loop.continued, m.st)
	}
}

// joined is why ways that left are joined: what decided is told by each value.
func (m *machine) joined() model.Value {
	if m.at.perhaps != nil {
		return *m.at.perhaps
	}
	return model.UnknownBecause(model.WhyAmbiguous, "the run of the pipeline", model.Trail{})
}

// try follows what is tried as going well. What is caught may be run as well, on top of
// any part of it.
func (m *machine) try(n *node, sc *scope) flow {
	before, risks := m.copied(m.st), m.risks
	catches, last := n.kids[1:len(n.kids)-1], n.kids[len(n.kids)-1]
	m.tries++
	f := m.exec(n.kids[0], sc)
	m.tries--
	if !m.halted && len(catches) > 0 && (f == flowThrow || m.risks > risks) {
		f = m.caught(f, before, catches[0], sc)
	}
	if last == nil || m.halted {
		return f
	}
	thrown, back := m.thrown, m.back
	m.thrown = false
	if g := m.exec(last, sc); g != flowOn {
		return g
	}
	m.thrown, m.back = thrown, back
	return f
}

func (m *machine) caught(f flow, before *state, catch *node, sc *scope) flow {
	run := func() flow {
		inner := newScope(sc)
		m.declare(inner, catch.params[0].name, m.unsupported(catch, "the error that was caught"))
		return m.block(catch.kids, inner)
	}
	if f == flowThrow {
		m.thrown = false
		return run()
	}
	why := model.UnknownBecause(model.WhyExitStatus, "whether what is tried here succeeds", m.trail(catch))
	after, back := m.st, m.back
	outer := m.at.perhaps
	m.at.perhaps = &why
	m.st = joinTwo(why, before, after)
	g := run()
	m.at.perhaps = outer
	if m.halted {
		return flowThrow
	}
	m.thrown = false
	if g == flowOn && f == flowOn {
		m.st = joinTwo(why, after, m.st)
		return flowOn
	}
	if g != flowThrow && g != flowOn {
		m.land(g)
	}
	m.st, m.back = after, back
	return f
}

func (m *machine) switches(n *node, sc *scope) flow {
	v := m.eval(n.kids[0], sc)
	if m.thrown {
		return flowThrow
	}
	return m.looping(func() flow { return m.cases(v, n.kids[1:], sc) })
}

// cases runs the cases from the first one that matches.
func (m *machine) cases(v value, cases []*node, sc *scope) flow {
	for i, c := range cases {
		if c.kids[0] == nil { // default: it counts when nothing behind it matches
			return m.fallThrough(cases[i:], sc)
		}
		switch m.matches(v, c.kids[0], sc) {
		case yes:
			return m.fallThrough(cases[i:], sc)
		case undecided:
			rest := cases[i+1:]
			return m.fork(m.undecidedBy(v, c), func() flow { return m.fallThrough(cases[i:], sc) }, func() flow { return m.cases(v, rest, sc) })
		}
	}
	return flowOn
}

func (m *machine) fallThrough(cases []*node, sc *scope) flow {
	inner := newScope(sc)
	for _, c := range cases {
		if f := m.block(c.kids[1].kids, inner); f != flowOn {
			return f
		}
	}
	return flowOn
}

// matches decides case want: one of a list, a pattern, or the same text.
func (m *machine) matches(v value, want *node, sc *scope) decided {
	if want.kind == nodeUnary && want.name == "~" {
		return m.truth(m.match(v, m.eval(want.kids[0], sc), want, true))
	}
	w := m.eval(want, sc)
	switch w.kind {
	case kindList, kindMap:
		return m.contains(w, v)
	case kindClosure, kindObject:
		return undecided
	}
	return m.equal(v, w)
}
