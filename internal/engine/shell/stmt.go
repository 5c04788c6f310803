package shell

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// maxNest is how deeply statements and words may stand within each other.
const maxNest = 1000

func (sh *shell) stmts(st *state, list []*syntax.Stmt) {
	for _, s := range list {
		if st.dead {
			return
		}
		sh.plain(st, s)
	}
}

// plain follows a statement that nobody asks for its status, except set -e.
func (sh *shell) plain(st *state, s *syntax.Stmt) {
	if !sh.m.tick(sh.src.span(s)) || st.dead {
		return
	}
	sh.now, sh.nowIn = s, sh.src
	sh.broken, sh.doubt = false, false
	sh.nest++
	defer func() { sh.nest-- }()
	if sh.nest > maxNest {
		sh.m.halt(sh.src.span(s), "statements stand too deeply within each other")
		return
	}
	if s.Background {
		sh.background(st, s)
		return
	}
	st.haunt("DEBUG")
	sh.run(st, s)
	if !s.Negated && countsForErrexit(s.Cmd) {
		sh.errexit(st)
	}
}

// countsForErrexit tells the commands at which set -e looks at the status itself.
func countsForErrexit(c syntax.Command) bool {
	switch c := c.(type) {
	case *syntax.CallExpr, *syntax.DeclClause, *syntax.Subshell, *syntax.ArithmCmd, *syntax.TestClause, *syntax.LetClause:
		return true
	case *syntax.BinaryCmd:
		return c.Op == syntax.Pipe || c.Op == syntax.PipeAll
	}
	return false
}

// branch follows a statement as a condition and gives the states in which it
// succeeded and failed; either may be nil. It uses up st.
func (sh *shell) branch(st *state, s *syntax.Stmt) (ok, failed *state) {
	if !sh.m.tick(sh.src.span(s)) || st.dead {
		return nil, nil
	}
	sh.now, sh.nowIn = s, sh.src
	sh.noErr++
	sh.nest++
	defer func() { sh.noErr--; sh.nest-- }()
	if sh.nest > maxNest {
		sh.m.halt(sh.src.span(s), "statements stand too deeply within each other")
		return nil, nil
	}
	if len(s.Redirs) > 0 || s.Background {
		sh.run(st, s)
		return split(st)
	}
	if b, isList := s.Cmd.(*syntax.BinaryCmd); isList && (b.Op == syntax.AndStmt || b.Op == syntax.OrStmt) {
		ok, failed = sh.branchList(st, b)
	} else if b, isBlock := s.Cmd.(*syntax.Block); isBlock {
		ok, failed = sh.branchAll(st, b.Stmts)
	} else {
		sh.runBare(st, s)
		ok, failed = split(st)
	}
	if s.Negated {
		ok, failed = failed, ok
		if ok != nil {
			ok.status = exited(0)
		}
		if failed != nil {
			failed.status = exited(1)
		}
	}
	return ok, failed
}

func (sh *shell) branchList(st *state, b *syntax.BinaryCmd) (ok, failed *state) {
	before := len(sh.m.records)
	ok, failed = sh.branch(st, b.X)
	next, rest := ok, failed
	if b.Op == syntax.OrStmt {
		next, rest = failed, ok
	}
	if next == nil {
		return ok, failed
	}
	var ok2, failed2 *state
	sh.m.mayFollow(rest != nil && sh.chooses(b.Op, before), func() { ok2, failed2 = sh.branch(next, b.Y) })
	if b.Op == syntax.AndStmt {
		return ok2, either(failed, failed2)
	}
	return either(ok, ok2), failed2
}

// branchAll follows a list of statements, of which the last one decides.
func (sh *shell) branchAll(st *state, list []*syntax.Stmt) (ok, failed *state) {
	if len(list) == 0 {
		return st, nil
	}
	sh.noErr++
	sh.stmts(st, list[:len(list)-1])
	sh.noErr--
	if st.dead || sh.m.halted != nil {
		return nil, nil
	}
	return sh.branch(st, list[len(list)-1])
}

func either(a, b *state) *state {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	a.join(b)
	return a
}

// split parts a path by its status.
func split(st *state) (ok, bad *state) {
	switch {
	case st.dead:
		return nil, nil
	case st.status.ok == yes:
		return st, nil
	case st.status.ok == no:
		return nil, st
	}
	bad = st.clone()
	st.status, bad.status = exited(0), failed()
	return st, bad
}

// replace makes st what the surviving of the given states are together.
func replace(st *state, states ...*state) {
	var out *state
	for _, s := range states {
		if s != nil && !s.dead {
			out = either(out, s)
		}
	}
	if out == nil {
		st.dead = true
		return
	}
	if out != st {
		*st = *out
	}
}

// run follows a statement with its redirections and its negation.
func (sh *shell) run(st *state, s *syntax.Stmt) {
	if s.Coprocess || s.Disown {
		sh.skip(st, s, "a coprocess")
		return
	}
	if _, simple := s.Cmd.(*syntax.CallExpr); simple && !(sh.any && redirectsBoth(s.Redirs)) || len(s.Redirs) == 0 {
		sh.runNegatable(st, s)
		return
	}
	if sh.any && redirectsBoth(s.Redirs) {
		before := st.clone() // in dash it is a command in the background
		defer func() {
			before.status = exited(0)
			replace(st, before, st.clone())
		}()
	}
	undo, ok := sh.redirect(st, s.Redirs)
	if ok && !st.dead {
		sh.runNegatable(st, s)
	}
	undo(st)
}

func (sh *shell) runNegatable(st *state, s *syntax.Stmt) {
	if !s.Negated {
		sh.runBare(st, s)
		return
	}
	sh.noErr++
	sh.runBare(st, s)
	sh.noErr--
	st.status = truth(st.status.ok.not())
}

func (sh *shell) runBare(st *state, s *syntax.Stmt) {
	if sh.any && sh.bashStatement(st, s) {
		return
	}
	switch c := s.Cmd.(type) {
	case nil:
		st.status = exited(0)
	case *syntax.CallExpr:
		sh.simple(st, s, c)
	case *syntax.DeclClause:
		sh.declClause(st, c)
	case *syntax.Block:
		sh.stmts(st, c.Stmts)
	case *syntax.Subshell:
		if sh.any && sh.doubleParens(c) {
			sh.differs(st, sh.src.span(c), "((…))")
			return
		}
		sh.subshell(st, func(inner *shell, sub *state) { inner.stmts(sub, c.Stmts) })
	case *syntax.IfClause:
		sh.ifClause(st, c)
	case *syntax.WhileClause:
		sh.whileClause(st, c)
	case *syntax.ForClause:
		sh.forClause(st, c)
	case *syntax.CaseClause:
		sh.caseClause(st, c)
	case *syntax.BinaryCmd:
		sh.binary(st, c)
	case *syntax.FuncDecl:
		if c.Name == nil || sh.holed(c.Name.Value) {
			sh.skip(st, s, "a function without a name, or of which the name was pasted")
			return
		}
		st.funcs[c.Name.Value] = &function{body: c.Body, src: sh.src, exported: st.opts.allexport && sh.bash}
		st.status = exited(0)
	case *syntax.ArithmCmd:
		sh.arithStatus(st, c, c.X)
	case *syntax.LetClause:
		for _, x := range c.Exprs {
			sh.arithStatus(st, c, x)
		}
	case *syntax.TestClause:
		st.status = truth(sh.testExpr(st, c.X))
	case *syntax.TimeClause:
		if c.Stmt != nil {
			sh.run(st, c.Stmt)
		}
	default:
		sh.skip(st, s, "this kind of command")
	}
}

func (sh *shell) binary(st *state, c *syntax.BinaryCmd) {
	if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
		sh.pipeline(st, c)
		return
	}
	before := len(sh.m.records)
	ok, bad := sh.branch(st, c.X)
	next, rest := ok, bad
	if c.Op == syntax.OrStmt {
		next, rest = bad, ok
	}
	if next != nil {
		sh.m.mayFollow(rest != nil && sh.chooses(c.Op, before), func() { sh.plain(next, c.Y) })
	}
	replace(st, rest, next)
}

// chooses reports whether what stands behind && or || hangs on an open question. Behind &&
// it does not when commands were certainly started in front of it: the deploy that matters
// is the one in which they succeed.
func (sh *shell) chooses(op syntax.BinCmdOperator, records int) bool {
	started := sh.m.records[records:]
	return op == syntax.OrStmt || len(started) == 0 || sh.m.perhaps == 0 && slices.ContainsFunc(started, func(r record) bool { return r.perhaps })
}

func (sh *shell) ifClause(st *state, c *syntax.IfClause) {
	if len(c.Cond) == 0 { // a plain else
		sh.stmts(st, c.Then)
		return
	}
	ok, bad := sh.branchAll(st, c.Cond)
	sh.m.mayFollow(ok != nil && bad != nil, func() {
		if ok != nil {
			ok.status = exited(0)
			sh.stmts(ok, c.Then)
		}
		if bad != nil {
			if c.Else != nil {
				sh.ifClause(bad, c.Else)
			} else {
				bad.status = exited(0)
			}
		}
	})
	replace(st, ok, bad)
}

// subshell follows body in a process of its own that shares files and channels.
func (sh *shell) subshell(st *state, body func(inner *shell, sub *state)) {
	sub := st.clone()
	sub.traps = sh.inheritedTraps(st)
	inner := *sh
	inner.sub, inner.top, inner.loops, inner.calls, inner.errors = true, false, nil, nil, nil
	inner.lossy = sh.dropsErrors(st)
	inner.exits = newFrame(sub)
	body(&inner, sub)
	st.takeOver(inner.finish(sub))
}

// dropsErrors reports whether the shell, at a statement of which nobody asks the status,
// would not go on after an error: under set -e, and at the end of the session, where a
// step that fails ends the deploy.
func (sh *shell) dropsErrors(st *state) bool {
	return sh.noErr == 0 && (st.opts.errexit || sh.final && sh.nest == 1)
}

// takeOver keeps of a child process what outlives it.
func (st *state) takeOver(sub *state) {
	st.files = sub.files
	st.io.buffers, st.io.streams, st.io.next = sub.io.buffers, sub.io.streams, sub.io.next
	st.ran = sub.ran
	st.status = sub.status
}

// background follows a statement that runs beside the script. What it writes may come
// at any time.
func (sh *shell) background(st *state, s *syntax.Stmt) {
	before := st.clone()
	sh.noErr++
	sh.subshell(st, func(inner *shell, sub *state) { inner.run(sub, s) })
	sh.noErr--
	late := &unknown{why: model.WhyTime, needs: "when a background command ends"}
	for name, f := range st.files {
		if !sameFile(before.files[name], f) {
			st.files[name] = &file{text: sym{{unk: late}}}
		}
	}
	for id, s := range st.io.buffers {
		if !before.io.buffers[id].same(s) {
			st.io.buffers[id] = sym{{unk: late}}
		}
	}
	st.status = exited(0)
}

func (sh *shell) pipeline(st *state, c *syntax.BinaryCmd) {
	if st.opts.lastpipe && sh.bash {
		sh.giveUp(st, c, "pipes under lastpipe")
	}
	stages, all := flattenPipe(c)
	var statuses []status
	var in *target
	for i, s := range stages {
		last := i == len(stages)-1
		var out target
		sh.subshell(st, func(inner *shell, sub *state) {
			if in != nil {
				sub.io.set(0, *in)
			}
			if !last {
				out = sub.io.newBuffer()
				sub.io.set(1, out)
				if all[i] {
					sub.io.set(2, out)
				}
			}
			inner.lossy = inner.lossy && (last || st.opts.pipefail)
			inner.plain(sub, s)
		})
		statuses = append(statuses, st.status)
		if !last {
			stream := st.io.newStream(st.io.buffers[out.id])
			delete(st.io.buffers, out.id)
			in = &stream
		}
	}
	st.status = statuses[len(statuses)-1]
	if st.opts.pipefail {
		st.status = pipeStatus(statuses)
	}
}

// pipeStatus is the status under pipefail: the last one that is not zero.
func pipeStatus(all []status) status {
	out := exited(0)
	for _, s := range all {
		switch s.ok {
		case no:
			out = s
		case maybe:
			out = status{ok: out.ok.and(maybe)}
		}
	}
	return out
}

func flattenPipe(c *syntax.BinaryCmd) (stages []*syntax.Stmt, all []bool) {
	x, ok := c.X.Cmd.(*syntax.BinaryCmd)
	if ok && (x.Op == syntax.Pipe || x.Op == syntax.PipeAll) && len(c.X.Redirs) == 0 && !c.X.Negated {
		stages, all = flattenPipe(x)
	} else {
		stages = []*syntax.Stmt{c.X}
	}
	return append(stages, c.Y), append(all, c.Op == syntax.PipeAll)
}
