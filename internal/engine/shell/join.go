package shell

import (
	"maps"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// join makes st stand for both paths. A dead path does not count.
func (st *state) join(other *state) {
	switch {
	case other == nil || other.dead:
		return
	case st.dead:
		*st = *other
		return
	}
	joinVars(st, other)
	st.funcs = joinFuncs(st.funcs, other.funcs)
	st.files = joinFiles(st.files, other.files)
	st.io.join(&other.io)
	st.opts = joinOptions(st.opts, other.opts)
	if st.args.same(other.args) == no {
		st.args = st.args.join(other.args)
	}
	st.argsSet = st.argsSet.agree(other.argsSet)
	if st.wild == nil {
		st.wild = other.wild
	}
	if st.dir != other.dir || other.lost != nil {
		st.lost = &unknown{why: model.WhyAmbiguous, needs: "which way the script goes"}
	}
	for name, t := range other.traps {
		if mine, ok := st.traps[name]; !ok || !mine.text.same(t.text) {
			st.traps[name] = trap{text: choose(mine.text, t.text), at: t.at, function: t.function}
		}
	}
	st.status = st.status.or(other.status)
	st.ran = st.ran || other.ran
	if len(other.aliases) > 0 {
		both := maps.Clone(other.aliases)
		maps.Copy(both, st.aliases)
		st.aliases = both
	}
	if st.optAt != other.optAt {
		st.optAt = -1
	}
}

func joinVars(st, other *state) {
	for name := range other.vars {
		if _, ok := st.vars[name]; !ok {
			st.vars[name] = joinCells(st.get(name), other.get(name))
		}
	}
	for name, c := range st.vars {
		st.vars[name] = joinCells(c, other.get(name))
	}
	for i := range st.locals {
		if i < len(other.locals) {
			joinLocals(st, other, i)
		}
	}
}

// joinLocals handles a name that only one side made local.
func joinLocals(st, other *state, i int) {
	mine, theirs := st.locals[i], other.locals[i]
	for name, t := range theirs {
		m, ok := mine[name]
		if !ok {
			mine[name] = hidden{cell: t.cell, maybe: true}
			continue
		}
		mine[name] = hidden{cell: joinCells(m.cell, t.cell), maybe: m.maybe || t.maybe}
	}
	for name, m := range mine {
		if _, ok := theirs[name]; !ok {
			mine[name] = hidden{cell: m.cell, maybe: true}
		}
	}
}

func joinFuncs(a, b map[string]*function) map[string]*function {
	for name := range b {
		if a[name] != b[name] {
			a[name] = joinFunc(a[name], b[name])
		}
	}
	for name := range a {
		if a[name] != b[name] {
			a[name] = joinFunc(a[name], b[name])
		}
	}
	return a
}

func joinFunc(a, b *function) *function {
	var distinct []*function
	for _, f := range append(slices.Clone(a.plain()), b.plain()...) {
		if !slices.ContainsFunc(distinct, func(g *function) bool {
			return f == g || f != nil && g != nil && f.body == g.body && f.exported == g.exported
		}) {
			distinct = append(distinct, f)
		}
	}
	switch len(distinct) {
	case 1:
		return distinct[0]
	case len(a.plain()):
		return a
	}
	return &function{alts: distinct}
}

func (f *function) plain() []*function {
	if f == nil || len(f.alts) == 0 {
		return []*function{f}
	}
	return f.alts
}

func joinFiles(a, b map[string]*file) map[string]*file {
	names := maps.Clone(a)
	maps.Copy(names, b)
	for name := range names {
		x, y := a[name], b[name]
		if !sameFile(x, y) {
			a[name] = joinFile(x, y)
		}
	}
	return a
}

func sameFile(x, y *file) bool {
	return x == y || x != nil && y != nil && x.gone == y.gone && x.exec == y.exec && x.text.same(y.text)
}

// joinFile is a file that may have either content. When it may also not be there, or
// be as the repository has it, its content is unknown.
func joinFile(x, y *file) *file {
	if x == nil || y == nil || x.gone || y.gone {
		return &file{text: mystery(model.WhyAmbiguous, "which way the script goes")}
	}
	return &file{text: joinTails(x.text, y.text), exec: x.exec && y.exec}
}

// joinOptions is used where the sides switched options differently. What may be off is
// taken as off where that means to go on.
func joinOptions(a, b options) options {
	if a == b {
		return a
	}
	out := a
	out.errexit = a.errexit && b.errexit
	out.nounset = a.nounset && b.nounset
	out.pipefail = a.pipefail && b.pipefail
	out.allexport = a.allexport && b.allexport
	out.mayExport = a.mayExport || b.mayExport || a.allexport != b.allexport
	a.errexit, a.nounset, a.pipefail, a.allexport, a.mayExport = b.errexit, b.nounset, b.pipefail, b.allexport, b.mayExport
	if a != b { // patterns may mean something else: none is decided any more
		out.nocase, out.nocaseMatch = true, true
	}
	return out
}

func (a arguments) same(b arguments) tri {
	return triOf(a.unsure == b.unsure && slices.EqualFunc(a.list, b.list, sym.same))
}

func (a arguments) join(b arguments) arguments {
	if a.unsure < 0 && b.unsure < 0 && len(a.list) == len(b.list) {
		out := arguments{unsure: -1}
		for i := range a.list {
			out.list = append(out.list, choose(a.list[i], b.list[i]))
		}
		return out
	}
	return arguments{unsure: 0, tail: &unknown{why: model.WhyAmbiguous, needs: "which way the script goes"}}
}

// sameState reports whether both states say the same, so that a loop has come to rest.
func sameState(a, b *state) bool {
	return a.dead == b.dead && a.dir == b.dir && (a.lost == nil) == (b.lost == nil) && (a.wild == nil) == (b.wild == nil) &&
		a.opts == b.opts && a.args.same(b.args) == yes && a.argsSet == b.argsSet &&
		maps.EqualFunc(a.vars, b.vars, sameCell) &&
		maps.EqualFunc(a.files, b.files, sameFile) &&
		maps.EqualFunc(a.funcs, b.funcs, func(f, g *function) bool { return f == g || joinFunc(f, g) == f }) &&
		a.io.same(&b.io)
}

// widen makes st stand for anything that the difference between old and st may still
// grow to: whatever differs is unknown from here on.
func (st *state) widen(old *state, u *unknown) {
	for name, c := range st.vars {
		if o, ok := old.vars[name]; !ok || !sameCell(o, c) {
			st.vars[name] = blurCells(append(slices.Clone(c.plain()), o), u.why, u.needs)
		}
	}
	for name, f := range st.files {
		if o := old.files[name]; !sameFile(o, f) {
			st.files[name] = &file{text: sym{{unk: u}}}
		}
	}
	if st.args.same(old.args) == no {
		st.args = arguments{tail: u}
	}
	if st.dir != old.dir {
		st.lost = u
	}
	st.io.widen(&old.io, u)
}
