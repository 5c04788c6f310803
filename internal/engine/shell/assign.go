package shell

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// maxLosers bounds how many replaced definitions a variable remembers.
const maxLosers = 20

// assign gives a variable a text, as hop.
func (sh *shell) assign(st *state, at syntax.Node, name string, val sym, hop model.Hop) {
	sh.assignAt(st, at, name, nil, val, hop)
}

func (sh *shell) assignAt(st *state, at syntax.Node, name string, index syntax.ArithmExpr, val sym, hop model.Hop) {
	name, index, ok := sh.deref(st, name, index)
	if !ok {
		if c := st.get(name); c != nil && len(c.alts) == 0 && c.attrs.nameref && c.val.isEmpty() {
			sh.update(st, at, name, func(c *cell) *cell { return redefine(c, val, hop) })
			return
		}
		sh.giveUp(st, at, "an assignment through a name reference")
		return
	}
	if index != nil {
		sh.assignElem(st, at, name, index, val, hop)
		return
	}
	sh.update(st, at, name, func(c *cell) *cell {
		v := sh.shaped(st, c, val)
		if c != nil && c.shape != scalar {
			return c.withElem(elem{key: "0", val: v.via(hop)})
		}
		return redefine(c, v, hop)
	})
}

// update replaces a variable, whichever of its candidates it is.
func (sh *shell) update(st *state, at syntax.Node, name string, change func(*cell) *cell) {
	var out *cell
	for i, c := range st.get(name).plain() {
		if c != nil && c.attrs.readonly {
			sh.deny(st, at)
			return
		}
		next := change(c)
		if st.opts.allexport && next != nil && !next.attrs.exported {
			copied := *next
			copied.attrs.exported = true
			next = &copied
		}
		if st.opts.mayExport && next != nil && !next.attrs.exported {
			copied := *next
			copied.attrs.exported = true
			next = joinCells(next, &copied)
		}
		if i == 0 {
			out = next
		} else {
			out = joinLosers(joinCells(out, next), out, next)
		}
	}
	st.put(name, out)
}

// deny refuses to change a read-only variable. As a statement of its own that discards
// the line.
func (sh *shell) deny(st *state, at syntax.Node) {
	if sh.plains {
		sh.discard(st, at, "an assignment to a variable that is read-only")
		return
	}
	sh.m.problem(sh.src.span(at), "this would change a variable that is read-only", "use another name")
	sh.denied = true
	st.status = exited(1)
}

// joinLosers keeps what either candidate has replaced.
func joinLosers(c, a, b *cell) *cell {
	if c == nil || len(c.alts) > 0 || a == nil || b == nil || len(b.losers) == 0 {
		return c
	}
	next := *c
	for _, l := range b.losers {
		at := l.At()
		if len(next.losers) < maxLosers && !slices.ContainsFunc(next.losers, func(d model.Definition) bool { return d.At() == at }) {
			next.losers = append(slices.Clone(next.losers), l)
		}
	}
	return &next
}

// shaped applies the attributes that change a text when it is assigned.
func (sh *shell) shaped(st *state, c *cell, val sym) sym {
	if c == nil {
		return val
	}
	switch {
	case c.attrs.integer:
		v := sh.arithText(st, val, 0)
		sh.checkArith(st, sh.here())
		return v.sym()
	case c.attrs.lower, c.attrs.upper:
		return mapKnown(val, func(t string, s sym) sym {
			switch {
			case !isASCII(t):
				return unsupported(localeNeeds, s)
			case c.attrs.upper:
				return recast(s, strings.ToUpper(t))
			}
			return recast(s, strings.ToLower(t))
		})
	}
	return val
}

// redefine is the variable after an assignment: the definition before it has lost,
// unless the new one is made from it or stands at the same place.
func redefine(old *cell, val sym, hop model.Hop) *cell {
	next := &cell{val: val.via(hop)}
	next.trail = next.val.trail()
	if next.trail.IsEmpty() {
		next.trail = model.Trail{}.Append(hop)
	}
	if old == nil {
		return next
	}
	next.attrs = old.attrs
	next.losers = losersOver(old, next.trail)
	return next
}

func losersOver(old *cell, trail model.Trail) []model.Definition {
	if old.unset || old.trail.IsEmpty() {
		return old.losers
	}
	if slices.Contains(trail.Hops(), old.trail.Last()) || old.trail.At() == trail.At() && trail.At().IsValid() {
		return old.losers
	}
	v := model.Value{State: model.Absent}
	if old.origin != nil {
		v = *old.origin
	} else if old.shape == scalar {
		v = toValue(old.val)
		v.Trail = old.trail
	}
	if v.State == model.Absent {
		return old.losers
	}
	v.Losers, v.Alternatives = nil, nil
	out := append([]model.Definition{{Value: v}}, old.losers...)
	return out[:min(len(out), maxLosers)]
}

func (sh *shell) assignElem(st *state, at syntax.Node, name string, index syntax.ArithmExpr, val sym, hop model.Hop) {
	for _, c := range st.get(name).plain() {
		if c != nil && c.isSet() == maybe {
			sh.blurArray(st, at, name)
			return
		}
	}
	broken := false
	sh.update(st, at, name, func(c *cell) *cell {
		if c == nil {
			c = &cell{shape: indexed}
		}
		key, n, ok := sh.subscript(st, c, index)
		if ok && n < 0 && len(c.elems) > 0 && c.shape != associative {
			n += c.elems[len(c.elems)-1].index + 1
		}
		if !ok || n < 0 {
			broken = true
			return c
		}
		return c.withElem(elem{index: n, key: key, val: sh.shaped(st, c, val).via(hop)})
	})
	if broken {
		sh.blurArray(st, at, name)
	}
}

// blurArray is an array after an assignment to an element that is not known.
func (sh *shell) blurArray(st *state, at syntax.Node, name string) {
	sh.update(st, at, name, func(c *cell) *cell {
		next := strangeCell(nil, &unknown{why: model.WhyUnsupported, needs: "which element of an array is set"}).alts[0]
		if c != nil {
			next.attrs = c.attrs
		}
		return next
	})
}

// unset removes a variable for certain.
func (sh *shell) unset(st *state, at syntax.Node, name string) {
	for _, c := range st.get(name).plain() {
		if c != nil && c.attrs.readonly {
			if st.status = exited(1); !sh.bash {
				sh.errorInSh(st)
			}
			return
		}
	}
	if sh.bash || sh.any {
		if i := st.callerOf(name); i >= 0 {
			sh.expose(st, at, name, i)
			return
		}
	}
	st.put(name, nil)
}

// callerOf finds the function, of those that have called the running one, whose local
// variable the name is; -1 when it is none's.
func (st *state) callerOf(name string) int {
	for i := len(st.locals) - 1; i >= 0; i-- {
		if _, ok := st.locals[i][name]; ok {
			if i == len(st.locals)-1 {
				return -1
			}
			return i
		}
	}
	return -1
}

// expose removes a caller's local variable: bash finds the one again that it hid.
func (sh *shell) expose(st *state, at syntax.Node, name string, i int) {
	h := st.locals[i][name]
	if h.maybe || sh.any {
		sh.giveUp(st, at, "unset of a variable that is another function's")
		return
	}
	st.locals[i] = maps.Clone(st.locals[i])
	delete(st.locals[i], name)
	st.put(name, h.cell)
}

// assignment follows one NAME=value of a statement.
func (sh *shell) assignment(st *state, a *syntax.Assign) {
	if a.Name == nil {
		sh.giveUp(st, a, "this assignment")
		return
	}
	name := a.Name.Value
	if sh.holed(name) {
		sh.giveUp(st, a, "an assignment to a name that was pasted")
		return
	}
	hop := sh.hop(a, name+"=", name)
	if a.Array != nil {
		sh.assignArray(st, a, a, name, hop, nil)
		return
	}
	val := sh.value(st, a.Value)
	if st.dead {
		return
	}
	if sh.any && a.Value != nil && dollarQuote(a.Value.Parts) {
		val = sym{{unk: anyShell(), trail: val.trail()}}
	}
	hop.Literal = val.isLiteral()
	if a.Append {
		sh.appendTo(st, a, name, a.Index, val, hop)
		return
	}
	sh.assignAt(st, a, name, a.Index, val, hop)
}

// hop is the hop of an assignment. In a .env file it is named like the variable.
func (sh *shell) hop(n syntax.Node, what, name string) model.Hop {
	if sh.src.dotenv {
		what = name
	}
	return model.Hop{At: sh.src.span(n), Kind: sh.src.kind(), What: what, Moves: sh.src.made}
}

func (sh *shell) appendTo(st *state, at syntax.Node, name string, index syntax.ArithmExpr, val sym, hop model.Hop) {
	base, ref, ok := sh.deref(st, name, index)
	if !ok {
		sh.giveUp(st, at, "an assignment through a name reference")
		return
	}
	if ref != nil {
		old := sh.variants(st, base, ref)
		sh.assignElem(st, at, base, ref, cat(chooseVariants(old), val), hop)
		return
	}
	sh.update(st, at, base, func(c *cell) *cell {
		if c == nil {
			return redefine(nil, val, hop)
		}
		if c.attrs.integer {
			a, b := sh.arithText(st, c.scalarText(), 0), sh.arithText(st, val, 0)
			sh.checkArith(st, hop.At)
			return redefine(c, compute(syntax.Add, a, b).sym(), hop)
		}
		v := cat(c.scalarText(), sh.shaped(st, c, val))
		if !sh.m.grow(v.size(), hop.At) {
			return c
		}
		v, fits := v.bounded(sh.m.limits.Text)
		if !fits {
			sh.m.problem(hop.At, "a text becomes larger than 1 MiB", "keep the text shorter; it is unknown from here on")
		}
		if c.shape != scalar {
			return c.withElem(elem{key: "0", val: v.via(hop)})
		}
		next := redefine(c, v, hop)
		next.shaky = c.shaky
		return next
	})
}

// assignArray follows NAME=(…) and NAME+=(…).
func (sh *shell) assignArray(st *state, at syntax.Node, a *syntax.Assign, name string, hop model.Hop, more func(*attrs) shape) {
	base, ref, ok := sh.deref(st, name, nil)
	if !ok || ref != nil {
		sh.giveUp(st, at, "an assignment through a name reference")
		return
	}
	old := st.get(base)
	next := &cell{shape: indexed}
	if len(old.plain()) == 1 && old != nil {
		next.attrs = old.attrs
		if old.shape == associative {
			next.shape = associative
		}
		if a.Append && old.isSet() == yes {
			next.elems = slices.Clone(old.elems)
			if old.shape == scalar {
				next.elems = []elem{{val: old.val}}
			}
		}
	}
	if more != nil {
		if s := more(&next.attrs); s != scalar {
			next.shape = s
		}
	}
	known := len(old.plain()) == 1 && old.isSet() != maybe || !a.Append
	for _, e := range a.Array.Elems {
		if !sh.arrayElem(st, next, e, hop) {
			known = false
		}
	}
	if len(next.elems) > sh.m.limits.Loop*4 {
		known = false
	}
	if !known {
		sh.blurArray(st, at, base)
		return
	}
	sh.update(st, at, base, func(*cell) *cell {
		next.trail = model.Trail{}.Append(hop)
		return next
	})
}

func (sh *shell) arrayElem(st *state, c *cell, e *syntax.ArrayElem, hop model.Hop) bool {
	hop.Literal = false
	if e.Index != nil {
		key, n, ok := sh.subscript(st, c, e.Index)
		if !ok || n < 0 {
			return false
		}
		val := sh.value(st, e.Value)
		hop.Literal = val.isLiteral()
		*c = *c.withElem(elem{index: n, key: key, val: sh.shaped(st, c, val).via(hop)})
		return true
	}
	f := sh.ordered(st, e.Value)
	if !f.sure() || c.shape == associative {
		return false
	}
	for _, v := range f.list {
		n := 0
		if len(c.elems) > 0 {
			n = c.elems[len(c.elems)-1].index + 1
		}
		h := hop
		h.Literal = v.isLiteral()
		c.elems = append(c.elems, elem{index: n, val: sh.shaped(st, c, v).via(h)})
	}
	return true
}
