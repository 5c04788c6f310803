package shell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

func isName(s string) bool { return syntax.ValidName(s) }

func isDeclaration(name string) bool {
	return name == "export" || name == "readonly" || name == "local"
}

// declaration is one operand of export, declare, local and the like.
type declaration struct {
	node    syntax.Node
	name    string
	hasVal  bool
	val     sym
	literal bool
	adds    bool
	array   *syntax.Assign
	index   syntax.ArithmExpr
}

// declClause follows export, readonly, local, declare and typeset. All words are
// expanded before anything is assigned.
func (sh *shell) declClause(st *state, c *syntax.DeclClause) {
	st.subst = nil
	var flags declFlags
	var all []declaration
	flags.command = c.Variant.Value
	for _, a := range c.Args {
		if w := operandWord(a); a.Naked && a.Name == nil || w != nil && sh.bash {
			if w == nil {
				w = a.Value
			}
			if !sh.declWord(st, w, &flags, &all) {
				return
			}
			continue
		}
		flags.operands = true
		d := declaration{node: a, name: a.Name.Value, adds: a.Append, index: a.Index}
		if a.Array != nil {
			d.array = a
		} else if !a.Naked {
			d.hasVal, d.val = true, sh.value(st, a.Value)
			if sh.any && a.Value != nil && strangeWord(a.Value) {
				d.val = sym{{unk: anyShell(), trail: d.val.trail()}}
			}
			d.literal = d.val.isLiteral()
		}
		all = append(all, d)
		if st.dead || sh.m.halted != nil {
			return
		}
	}
	sh.declare(st, c, flags, all)
}

// declare carries out a declaration.
func (sh *shell) declare(st *state, at syntax.Node, flags declFlags, all []declaration) {
	command := flags.command
	for _, d := range all {
		if sh.holed(d.name) {
			sh.giveUp(st, at, "a declaration of a name that was pasted")
			return
		}
	}
	if sh.refused(st, at, flags) {
		return
	}
	result := exited(0)
	if flags.invalid {
		result = exited(1)
	}
	local := command == "local"
	switch command {
	case "export":
		if flags.set.nameref { // export -n
			flags.set.nameref, flags.clear.exported = false, true
		} else {
			flags.set.exported = true
		}
	case "readonly":
		flags.set.readonly = true
	case "nameref":
		flags.set.nameref = true
	case "declare", "typeset":
		local = len(st.locals) > 0 && !flags.global
	}
	switch {
	case flags.functions:
		st.exportFunctions(command, flags, all)
		return
	case flags.invalid && len(all) == 0:
		st.status = result
		return
	case flags.print || len(all) == 0:
		sh.write(st, 1, unsupported("what "+command+" prints"))
		st.status = result
		return
	case command == "local" && len(st.locals) == 0:
		if st.status = exited(1); !sh.bash {
			sh.errorInSh(st)
		}
		return
	}
	sh.denied = false
	for _, d := range all {
		if local && sh.bash && st.readonlyGlobal(d.name) {
			sh.deny(st, d.node)
			continue
		}
		if local {
			sh.hide(st, d.name)
		}
		sh.declareOne(st, command, flags, d)
		if st.dead {
			return
		}
	}
	if st.status = result; sh.denied {
		st.status = exited(1)
	}
	if flags.invalid && !sh.bash {
		sh.errorInSh(st)
	}
}

// refused reports whether the command ends at its options.
func (sh *shell) refused(st *state, at syntax.Node, flags declFlags) bool {
	if flags.invalid {
		sh.m.problem(sh.src.span(at), flags.command+" is given something that is no name", "leave out comments, and quote values with spaces")
	}
	options := flags.wrong || flags.functions || flags.inherit || flags.shape != scalar || flags.set != attrs{} || flags.clear != attrs{}
	switch {
	case flags.wrong && sh.bash:
		st.status = exited(2)
		return true
	case flags.inherit:
		sh.giveUp(st, at, "local -I")
		return true
	case options && !sh.bash:
		if !sh.any || flags.wrong {
			sh.fail(st, 2)
			return true
		}
		sh.mayEnd(st, 2)
	}
	return false
}

// exportFunctions is export -f.
func (st *state) exportFunctions(command string, flags declFlags, all []declaration) {
	st.status = status{}
	if command != "export" {
		return
	}
	for _, d := range all {
		if f := st.funcs[d.name]; f != nil && len(f.alts) == 0 {
			copied := *f
			copied.exported = !flags.clear.exported
			st.funcs[d.name] = &copied
			st.status = exited(0)
		}
	}
}

// readonlyGlobal reports whether bash refuses to make a local variable of the name: one
// that is read-only stands outside of all functions.
func (st *state) readonlyGlobal(name string) bool {
	for _, l := range st.locals {
		if _, ok := l[name]; ok {
			return false
		}
	}
	for _, c := range st.get(name).plain() {
		if c != nil && c.attrs.readonly {
			return true
		}
	}
	return false
}

// hide makes a name local to the running function.
func (sh *shell) hide(st *state, name string) {
	top := st.locals[len(st.locals)-1]
	h, ok := top[name]
	if ok && !h.maybe {
		return
	}
	old := st.get(name)
	top[name] = hidden{cell: old}
	if ok {
		top[name] = hidden{cell: joinCells(h.cell, old)}
	}
	if !sh.bash && !sh.any {
		return // in dash a local variable begins with the value outside
	}
	var out *cell
	for i, c := range old.plain() {
		var next *cell
		if c != nil && c.attrs.exported {
			next = &cell{unset: true, attrs: attrs{exported: true}}
		}
		if i == 0 {
			out = next
		} else {
			out = joinCells(out, next)
		}
	}
	if sh.any {
		out = joinCells(out, old)
	}
	st.put(name, out)
}

func (sh *shell) declareOne(st *state, command string, flags declFlags, d declaration) {
	hop := sh.hop(d.node, command+" "+d.name, d.name)
	hop.Literal = d.hasVal && d.literal
	before := flags.set
	before.readonly = false
	if before != (attrs{}) || flags.clear != (attrs{}) || flags.shape != scalar {
		sh.giveAttrs(st, d, flags, before, hop)
	}
	switch {
	case d.array != nil:
		sh.assignArray(st, d.node, d.array, d.name, hop, func(a *attrs) shape {
			a.exported = a.exported || flags.set.exported
			return flags.shape
		})
	case d.hasVal && flags.set.nameref:
		sh.update(st, d.node, d.name, func(c *cell) *cell { return redefine(c, d.val, hop) })
	case d.hasVal && d.adds:
		sh.appendTo(st, d.node, d.name, d.index, d.val, hop)
	case d.hasVal:
		sh.assignAt(st, d.node, d.name, d.index, d.val, hop)
	}
	if flags.set.readonly {
		sh.giveAttrs(st, d, declFlags{}, attrs{readonly: true}, hop)
	}
}

// giveAttrs changes a variable's attributes. Exporting is a hop of its value's journey.
func (sh *shell) giveAttrs(st *state, d declaration, flags declFlags, set attrs, hop model.Hop) {
	name := d.name
	if !set.nameref {
		if n, index, ok := sh.deref(st, name, nil); ok && index == nil {
			name = n
		}
	}
	var out *cell
	for i, c := range st.get(name).plain() {
		next := cell{unset: true}
		if c != nil {
			next = *c
		}
		if set.exported && !d.hasVal && d.array == nil && !next.unset && next.shape == scalar {
			next.val, next.origin = next.val.via(hop), nil
			next.trail = appendHop(next.trail, hop)
		}
		next.attrs = next.attrs.plus(set).minus(flags.clear)
		if flags.shape != scalar && next.shape == scalar {
			next = *next.asArray(flags.shape)
		}
		if i == 0 {
			out = &next
		} else {
			out = joinCells(out, &next)
		}
	}
	st.vars[name] = out
}

func (c *cell) asArray(s shape) *cell {
	next := *c
	next.shape = s
	if !c.unset && s == indexed {
		next.elems = []elem{{val: c.val}}
	}
	next.val = nil
	return &next
}

func (a attrs) plus(b attrs) attrs {
	a.exported = a.exported || b.exported
	a.readonly = a.readonly || b.readonly
	a.integer = a.integer || b.integer
	a.nameref = a.nameref || b.nameref
	if b.lower || b.upper {
		a.lower, a.upper = b.lower, b.upper
	}
	return a
}

func (a attrs) minus(b attrs) attrs {
	a.exported = a.exported && !b.exported
	a.integer = a.integer && !b.integer
	a.nameref = a.nameref && !b.nameref
	a.lower = a.lower && !b.lower
	a.upper = a.upper && !b.upper
	return a
}

// declareWords is a declaration in sh, where the parser sees an ordinary command.
func (sh *shell) declareWords(st *state, s *syntax.Stmt, c *syntax.CallExpr) {
	flags := declFlags{command: c.Args[0].Lit()}
	var all []declaration
	if sh.stayingAssigns(st, c.Assigns); st.dead {
		return
	}
	for _, w := range c.Args[1:] {
		if d, ok := sh.assignWord(st, w); ok {
			flags.operands = true
			all = append(all, d)
		} else if !sh.declWord(st, w, &flags, &all) {
			return
		}
		if st.dead || sh.m.halted != nil {
			return
		}
	}
	sh.declare(st, c, flags, all)
	if len(s.Redirs) > 0 {
		undo, _ := sh.redirect(st, s.Redirs)
		undo(st)
	}
}

// assignWord reads NAME=value from a word that begins literally so. Its value is
// neither split nor globbed.
func (sh *shell) assignWord(st *state, w *syntax.Word) (declaration, bool) {
	lit, ok := w.Parts[0].(*syntax.Lit)
	if !ok {
		return declaration{}, false
	}
	name, rest, found := strings.Cut(lit.Value, "=")
	if !found || !isName(name) {
		return declaration{}, false
	}
	first := *lit
	first.Value = rest
	parts := append([]syntax.WordPart{&first}, w.Parts[1:]...)
	val := sh.value(st, &syntax.Word{Parts: parts})
	if sh.any && strangeWord(w) {
		val = sym{{unk: anyShell(), trail: val.trail()}}
	}
	return declaration{node: w, name: name, hasVal: true, val: val, literal: val.isLiteral()}, true
}

// declBuiltin is export and the like when they are reached through an expansion,
// `command` or `builtin`.
func (sh *shell) declBuiltin(st *state, inv invocation) {
	var flags declFlags
	var all []declaration
	flags.command, _ = inv.name()
	for i, s := range inv.args.list[1:] {
		if inv.args.unsure >= 0 && i+1 >= inv.args.unsure {
			st.goWild(inv.args.tailUnknown())
			st.status = exited(0)
			return
		}
		if !sh.declText(st, inv.node, s, &flags, &all) {
			return
		}
	}
	sh.declare(st, inv.node, flags, all)
}
