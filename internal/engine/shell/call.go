package shell

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"mvdan.cc/sh/v3/syntax"
)

// invocation is one simple command with its words expanded.
type invocation struct {
	node  syntax.Node
	at    pos.Span
	args  fields
	words []*syntax.Word // as written; empty when it was not written in the script

	script string   // the script that it starts, when keyfit cannot read it
	rest   *unknown // then: why what the script does is not known
}

// name is the command's name, when it is known.
func (v invocation) name() (string, bool) {
	if v.args.unsure == 0 || len(v.args.list) == 0 {
		return "", false
	}
	return v.args.list[0].known()
}

// from is the invocation without its first n words.
func (v invocation) from(n int) invocation {
	v.args = v.args.from(n)
	v.words = v.words[min(n, len(v.words)):]
	return v
}

// simple follows a simple command: words, assignments, redirections, then the command.
func (sh *shell) simple(st *state, s *syntax.Stmt, c *syntax.CallExpr) {
	if sh.isAlias(st, c.Args) {
		sh.external(st, invocation{node: c, at: sh.src.span(c), args: sh.ordered(st, c.Args...), words: c.Args})
		sh.skip(st, c, "an alias")
		return
	}
	if !sh.bash && len(c.Args) > 0 && isDeclaration(c.Args[0].Lit()) {
		sh.declareWords(st, s, c)
		return
	}
	st.subst = nil
	args := sh.ordered(st, c.Args...)
	if st.dead || sh.m.halted != nil {
		return
	}
	inv := invocation{node: c, at: sh.src.span(c), args: args, words: c.Args}
	if len(args.list) == 0 && args.sure() {
		sh.onlyAssignments(st, s, c)
		return
	}
	if n, ok := inv.name(); ok && n == "exec" && len(args.list) == 1 && args.sure() {
		sh.execRedirections(st, s)
		return
	}
	undo, ok := sh.redirect(st, s.Redirs)
	if ok && !st.dead {
		sh.withAssigns(st, c.Assigns, inv)
	}
	undo(st)
}

func (sh *shell) onlyAssignments(st *state, s *syntax.Stmt, c *syntax.CallExpr) {
	sh.plains = true
	for _, a := range c.Assigns {
		sh.assignment(st, a)
		if st.dead || sh.m.halted != nil {
			break
		}
	}
	sh.plains = false
	if st.dead || sh.m.halted != nil {
		return
	}
	result := exited(0)
	if st.subst != nil {
		result = *st.subst
	}
	undo, ok := sh.redirect(st, s.Redirs)
	undo(st)
	if ok {
		st.status = result
	}
}

// execRedirections is exec without a command: its redirections stay.
func (sh *shell) execRedirections(st *state, s *syntax.Stmt) {
	_, ok := sh.redirect(st, s.Redirs)
	st.redirs--
	if ok {
		st.status = exited(0)
	} else {
		sh.fail(st, 1)
	}
}

// withAssigns runs the command with NAME=value in front of it, which hold for it alone.
func (sh *shell) withAssigns(st *state, assigns []*syntax.Assign, inv invocation) {
	if len(assigns) == 0 {
		sh.dispatch(st, inv)
		return
	}
	n, _ := inv.name()
	stays := !sh.bash && isPosixSpecial(n)
	if stays {
		sh.stayingAssigns(st, assigns)
		if !st.dead {
			sh.dispatch(st, inv)
		}
		return
	}
	before, mark := map[string]*cell{}, sh.mark()
	sh.passingAssigns(st, assigns, inv, before)
	for _, s := range append(sh.jumpedSince(mark), st) {
		for name, c := range before {
			s.put(name, c)
		}
	}
}

// passingAssigns runs the command, and notes what the variables in front of it were
// before.
func (sh *shell) passingAssigns(st *state, assigns []*syntax.Assign, inv invocation, before map[string]*cell) {
	for _, a := range assigns {
		if a.Name == nil || a.Array != nil || a.Index != nil || sh.holed(a.Name.Value) {
			sh.giveUp(st, a, "this assignment in front of a command")
			clear(before)
			sh.dispatch(st, inv)
			return
		}
		name := a.Name.Value
		if _, ok := before[name]; !ok {
			before[name] = st.get(name)
		}
		sh.assignment(st, a)
		if st.dead {
			return
		}
		sh.exportCell(st, name)
	}
	sh.dispatch(st, inv)
}

// stayingAssigns are NAME=value in front of a special builtin of sh: ordinary
// assignments. Bash in its POSIX mode exports them as well.
func (sh *shell) stayingAssigns(st *state, assigns []*syntax.Assign) {
	for _, a := range assigns {
		sh.assignment(st, a)
		if st.dead || sh.m.halted != nil {
			return
		}
		if sh.any && a.Name != nil && !sh.holed(a.Name.Value) {
			before := st.get(a.Name.Value)
			sh.exportCell(st, a.Name.Value)
			st.put(a.Name.Value, joinCells(before, st.get(a.Name.Value)))
		}
	}
}

func isPosixSpecial(name string) bool {
	return slices.Contains([]string{":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "trap", "unset", "times"}, name)
}

// exportCell marks a variable as exported, without a hop.
func (sh *shell) exportCell(st *state, name string) {
	var out *cell
	for i, c := range st.get(name).plain() {
		next := cell{unset: true}
		if c != nil {
			next = *c
		}
		next.attrs.exported = true
		if i == 0 {
			out = &next
		} else {
			out = joinCells(out, &next)
		}
	}
	st.vars[name] = out
}

// dispatch finds what a command's name stands for and runs it.
func (sh *shell) dispatch(st *state, inv invocation) {
	name, ok := inv.name()
	if !ok {
		sh.unnamed(st, inv)
		return
	}
	if f := st.funcs[name]; f != nil {
		sh.callAny(st, f, inv)
		return
	}
	sh.notFunction(st, name, inv)
}

// unnamed runs a command whose name is not known: taken to be an external one. Where the
// name is one of a few, each is followed; where there may be none, as in $SUDO helm, so is
// what stands behind it.
func (sh *shell) unnamed(st *state, inv invocation) {
	if sh.startPlace(st, inv) {
		return
	}
	if bare := inv.args.without; bare != nil && len(bare.list) > 0 && sh.m.tick(inv.at) {
		way, one := st.clone(), inv
		one.args, one.words = *bare, nil
		inv.args.without = nil
		sh.m.mayFollow(true, func() {
			sh.external(st, inv)
			sh.dispatch(way, one)
		})
		replace(st, st.clone(), way)
		return
	}
	if inv.args.unsure != 0 {
		if all, ok := inv.args.list[0].variants(); ok && len(all) > 1 && sh.m.tick(inv.at) {
			var ends []*state
			for _, name := range all {
				way, one := st.clone(), inv
				one.args.list = append([]sym{name}, inv.args.list[1:]...)
				sh.m.mayFollow(true, func() {
					if name.isKnown() {
						sh.dispatch(way, one)
					} else {
						sh.external(way, one)
					}
				})
				ends = append(ends, way)
			}
			replace(st, ends...)
			return
		}
	}
	sh.external(st, inv)
}

func (sh *shell) notFunction(st *state, name string, inv invocation) {
	if b := sh.builtinNamed(name); b != nil {
		b(sh, st, inv)
		return
	}
	sh.program(st, name, inv)
}

// callAny calls a function that may be one of several, or none.
func (sh *shell) callAny(st *state, f *function, inv invocation) {
	all := f.plain()
	if len(all) == 1 {
		sh.callFunction(st, all[0], inv)
		return
	}
	if !sh.m.tick(inv.at) {
		return
	}
	var ends []*state
	for _, g := range all {
		way := st.clone()
		sh.m.mayFollow(true, func() {
			if g != nil {
				sh.callFunction(way, g, inv)
			} else if name, ok := inv.name(); ok {
				sh.notFunction(way, name, inv)
			}
		})
		ends = append(ends, way)
	}
	replace(st, ends...)
}

func (sh *shell) callFunction(st *state, f *function, inv invocation) {
	if !sh.enter(inv.at) {
		return
	}
	defer func() { sh.depth-- }()
	name, _ := inv.name()
	mark, argsSet := sh.mark(), no
	if sh.any { // dash hands no arguments to a sourced file, and so keeps what was set there
		argsSet = st.argsSet
	}
	saved, src, loops := st.args, sh.src, sh.loops
	st.args = sh.arguments(inv, name)
	st.locals = append(st.locals, map[string]hidden{})
	level := len(st.locals)
	fr := newFrame(st)
	sh.calls, sh.loops, sh.src = append(sh.calls, fr), nil, f.src
	sh.frames = append(sh.frames, call{name: name, src: src, from: inv.at})
	outer := sh.function
	sh.m.calls++
	sh.function = sh.m.calls
	sh.run(st, f.body)
	sh.function = outer
	sh.frames = sh.frames[:len(sh.frames)-1]
	sh.calls, sh.loops, sh.src = sh.calls[:len(sh.calls)-1], loops, src
	ends := fr.ended
	if !st.dead {
		ends = append(ends, st.clone())
	}
	for _, e := range slices.Concat(ends, sh.jumpedSince(mark)) {
		e.leave(level)
		e.args, e.argsSet = saved, argsSet
	}
	replace(st, ends...)
	st.haunt("RETURN")
}

// enter counts a call; it reports false when calls go too deep.
func (sh *shell) enter(at pos.Span) bool {
	if sh.depth >= sh.m.limits.Depth {
		sh.m.halt(at, "calls within calls go too deep")
		return false
	}
	if !sh.m.tick(at) {
		return false
	}
	sh.depth++
	return true
}

// leave brings back what the function's local variables hid.
func (st *state) leave(level int) {
	for len(st.locals) >= level {
		top := st.locals[len(st.locals)-1]
		st.locals = st.locals[:len(st.locals)-1]
		for name, h := range top {
			if h.maybe {
				st.put(name, joinCells(h.cell, st.get(name)))
			} else {
				st.put(name, h.cell)
			}
		}
	}
}

// arguments makes the words of a call positional parameters. A text that stands
// literally in the call says so.
func (sh *shell) arguments(inv invocation, name string) arguments {
	rest := inv.args.from(1)
	out := arguments{unsure: rest.unsure, tail: rest.tail}
	for i, a := range rest.list {
		if a.isLiteral() && len(a) > 0 {
			hop := model.Hop{At: inv.at, Kind: model.KindShell, What: "argument of " + name, Literal: true}
			if len(inv.words) == len(inv.args.list) {
				hop.At = sh.src.span(inv.words[i+1])
			}
			a = a.via(hop)
		}
		out.list = append(out.list, a)
	}
	if out.unsure >= 0 && out.tail == nil {
		out.tail = inv.args.tailUnknown()
	}
	return out
}
