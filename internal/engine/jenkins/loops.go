package jenkins

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/model"
)

// looping runs a loop, or what a break leaves in the same way.
func (m *machine) looping(run func() flow) flow {
	outer, perhaps, returned := m.loop, m.at.perhaps, m.returned()
	m.loop = &frame{}
	f := run()
	mine := m.loop
	m.loop = outer
	f = m.afterLoop(f, mine)
	if m.returned() == returned { // nothing that left the loop has left more than that
		m.at.perhaps = perhaps
	}
	return f
}

func (m *machine) returned() int {
	if m.frame == nil {
		return 0
	}
	return len(m.frame.ended)
}

// afterLoop joins the ways that left a loop with the one that came to its end.
func (m *machine) afterLoop(f flow, mine *frame) flow {
	states := mine.ended
	if f == flowOn || f == flowBreak || f == flowContinue {
		states = append(states, m.st)
	}
	if len(states) == 0 {
		return f
	}
	if m.halted {
		return flowThrow
	}
	m.thrown = false
	m.st = joinStates(m.joined(), states)
	if f == flowReturn {
		m.land(f)
	}
	return flowOn
}

// turn runs the body of a loop once; more is false when the loop ends.
func (m *machine) turn(run func() flow) (f flow, more bool) {
	f = run()
	if n := len(m.loop.continued); n > 0 {
		states := m.loop.continued
		if f == flowOn || f == flowContinue {
			states = append(states, m.st)
		}
		m.loop.continued = nil
		m.st = joinStates(m.joined(), states)
		if !m.halted {
			m.thrown, f = false, flowOn
		}
	}
	return f, f == flowOn || f == flowContinue
}

func (m *machine) forIn(n *node, sc *scope) flow {
	over := m.eval(n.kids[0], sc)
	if m.thrown {
		return flowThrow
	}
	items, open := m.elements(over, n.kids[0])
	run := func(item value) flow {
		inner := newScope(sc)
		m.declare(inner, n.params[0].name, item)
		return m.exec(n.kids[1], inner)
	}
	return m.looping(func() flow {
		if open != nil {
			return m.anyTurns(*open, n.kids[1], sc, func() flow { return run(unknownValue(*open)) })
		}
		for i, item := range items {
			if i >= maxTurns {
				m.halt(n, fmt.Sprintf("this loop takes more than %d turns", maxTurns))
			}
			if f, more := m.turn(func() flow { return run(item) }); !more {
				return f
			}
		}
		return flowOn
	})
}

// elements lists what a loop goes over: items, entries of a map, or a single value. Open
// says why it is not known.
func (m *machine) elements(v value, n *node) (items []value, open *model.Value) {
	switch v.kind {
	case kindNull:
		return nil, nil
	case kindList:
		h := m.content(v)
		return h.items, h.open
	case kindMap:
		h := m.content(v)
		for _, e := range h.entries {
			items = append(items, m.entryValue(e, n))
		}
		return items, h.open
	case kindText:
		if _, ok := v.words(); ok {
			return m.letters(v, n), nil
		}
	}
	why := m.undecidedBy(v, n)
	return nil, &why
}

// entryValue is an entry of a map as a value: a map of key and value.
func (m *machine) entryValue(e entry, n *node) value {
	key := textValue(derived(e.key, n))
	return m.dict([]entry{{key: "key", value: key}, {key: "value", value: e.value}})
}

func (m *machine) letters(v value, n *node) []value {
	words, _ := v.words()
	var out []value
	for _, r := range words {
		if len(out) >= maxItems {
			break
		}
		out = append(out, textValue(derived(string(r), n, v.text)))
	}
	return out
}

// anyTurns runs a body that is run an unknown number of times: what it changes is unknown
// within it and behind it.
func (m *machine) anyTurns(why model.Value, body *node, sc *scope, run func() flow) flow {
	m.blur(body, sc, why)
	m.fork(why, func() flow {
		f, _ := m.turn(run)
		if f == flowBreak || f == flowContinue {
			return flowOn
		}
		return f
	}, func() flow { return flowOn })
	m.blur(body, sc, why)
	if m.halted {
		return flowThrow
	}
	m.thrown = false
	return flowOn
}

// blur makes unknown what a piece of code assigns.
func (m *machine) blur(body *node, sc *scope, why model.Value) {
	w := m.writes(body, sc)
	for cell := range w.cells {
		m.st.cells[cell] = unknownValue(why)
	}
	if w.all {
		m.loseVars(why)
	}
	for name := range w.vars {
		m.setVar(name, why)
	}
	m.blurHeap(w, sc, why)
}

// blurHeap makes unknown the lists and maps that the code may change: those that a
// variable in it holds.
func (m *machine) blurHeap(w writes, sc *scope, why model.Value) {
	for name := range w.named {
		if cell, ok := m.cellOf(name, sc); ok {
			if v := m.st.cells[cell]; v.kind == kindList || v.kind == kindMap {
				if w.changed[name] {
					m.st.heap[v.ref] = &heaped{open: &why}
				}
			}
		}
	}
}

func (m *machine) whileLoop(n *node, sc *scope) flow {
	inner := newScope(sc)
	init, cond, step, body := (*node)(nil), n.kids[0], (*node)(nil), n.kids[1]
	if n.kind == nodeFor {
		init, cond, step, body = n.kids[0], n.kids[1], n.kids[2], n.kids[3]
	}
	if init != nil {
		m.exec(init, inner)
	}
	return m.looping(func() flow { return m.turns(n, cond, step, body, inner) })
}

func (m *machine) turns(n, cond, step, body *node, sc *scope) flow {
	for i := 0; ; i++ {
		going, why := yes, model.Value{}
		if cond != nil {
			v := m.eval(cond, sc)
			going, why = m.truth(v), m.undecidedBy(v, cond)
		}
		if m.thrown {
			return flowThrow
		}
		switch {
		case going == no:
			return flowOn
		case going == undecided || i >= maxTurns:
			return m.anyTurns(why, n, sc, func() flow { return m.exec(body, sc) })
		}
		f, more := m.turn(func() flow { return m.exec(body, sc) })
		if !more {
			return f
		}
		if step != nil {
			m.exec(step, sc)
		}
	}
}
