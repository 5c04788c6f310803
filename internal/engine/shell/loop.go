package shell

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// turn is what one turn of a loop's head decides: whether the body runs, does not, or
// may (both set).
type turn func(st *state) (ok, done *state)

func (sh *shell) whileClause(st *state, c *syntax.WhileClause) {
	head := func(st *state) (ok, done *state) {
		ok, done = sh.branchAll(st, c.Cond)
		if c.Until {
			ok, done = done, ok
		}
		return ok, done
	}
	sh.loop(st, c, head, c.Do, nil, true)
}

// loop follows a loop turn by turn as long as its head decides, and as an open loop
// from where it does not. Where the head remembers nothing between turns (plain), a turn
// that changes nothing is the first of endlessly many.
func (sh *shell) loop(st *state, at syntax.Node, head turn, body []*syntax.Stmt, after func(*state), plain bool) {
	f := newFrame(st)
	sh.loops = append(sh.loops, f)
	defer func() { sh.loops = sh.loops[:len(sh.loops)-1] }()
	result := exited(0)
	endless := false
	for turns := 0; ; turns++ {
		before := st.clone()
		mark := sh.mark()
		ok, done := head(st)
		blind := ok != nil && (endless || turns >= sh.m.limits.Loop)
		if blind {
			sh.m.problem(sh.src.span(at), fmt.Sprintf("the loop is followed for %d turns only", turns),
				"give it an end that keyfit can see; what it changes is unknown after it")
			done = ok.clone()
		}
		if ok != nil && done != nil {
			sh.reset(mark)
			sh.openLoop(before, f, head, body, after, blind)
			replace(st, append(f.ended, before)...)
			return
		}
		if ok == nil {
			if done != nil {
				done.status = result
			}
			replace(st, append(f.ended, done)...)
			return
		}
		sh.body(ok, f, body, after)
		result = ok.status
		if ok.dead || !sh.m.tick(sh.src.span(at)) {
			replace(st, f.ended...)
			return
		}
		endless = plain && turns > 0 && sameState(before, ok)
		*st = *ok
	}
}

// body follows one turn, and joins the paths that went on to the next one early.
func (sh *shell) body(st *state, f *frame, body []*syntax.Stmt, after func(*state)) {
	sh.stmts(st, body)
	for _, c := range f.continued {
		st.join(c)
	}
	f.continued = nil
	if after != nil && !st.dead {
		result := st.status
		after(st)
		st.status = result
	}
}

// openLoop follows a loop that may take any number of turns: the state at its head is
// joined with the state after a turn until nothing new comes of it. st becomes the
// state in which the loop's head ends it.
func (sh *shell) openLoop(st *state, f *frame, head turn, body []*syntax.Stmt, after func(*state), blind bool) {
	u := &unknown{why: model.WhyAmbiguous, needs: "how often the loop runs"}
	if blind {
		u = &unknown{why: model.WhyLimit, needs: "a loop with fewer turns"}
	}
	top := st.clone()
	for turns := 0; ; turns++ {
		mark := sh.mark()
		ok, done := head(top.clone())
		if blind && ok != nil && done == nil {
			done = ok.clone()
		}
		next := top.clone()
		if ok != nil {
			sh.m.mayFollow(true, func() { sh.body(ok, f, body, after) })
			next.join(ok)
		}
		if turns >= 2 || blind {
			next.widen(top, u)
		}
		if sh.m.halted != nil || sameState(next, top) {
			if done == nil {
				st.dead = true
			} else {
				done.status = status{}
				*st = *done
			}
			return
		}
		if turns > 50 {
			sh.m.halt(sh.here(), "a loop does not come to rest")
			return
		}
		sh.reset(mark)
		top = next
	}
}

// mark is how much had been noted at a point that may have to be followed again.
type mark struct {
	records   int
	loops     []int
	continued []int
	calls     []int
	exits     int
	errors    int
}

func (sh *shell) mark() mark {
	m := mark{records: len(sh.m.records), exits: len(sh.exits.ended)}
	if sh.errors != nil {
		m.errors = len(sh.errors.ended)
	}
	for _, f := range sh.loops {
		m.loops = append(m.loops, len(f.ended))
		m.continued = append(m.continued, len(f.continued))
	}
	for _, f := range sh.calls {
		m.calls = append(m.calls, len(f.ended))
	}
	return m
}

// reset forgets what was noted since: it is about to be noted again, of a state that
// stands for more.
func (sh *shell) reset(m mark) {
	sh.m.records = sh.m.records[:m.records]
	sh.exits.ended = sh.exits.ended[:m.exits]
	if sh.errors != nil {
		sh.errors.ended = sh.errors.ended[:m.errors]
	}
	for i, n := range m.loops {
		sh.loops[i].ended = sh.loops[i].ended[:n]
		sh.loops[i].continued = sh.loops[i].continued[:m.continued[i]]
	}
	for i, n := range m.calls {
		sh.calls[i].ended = sh.calls[i].ended[:n]
	}
}

// jumpedSince lists the paths that have left by break, continue, return or an error
// since the mark, and that the shell goes on with elsewhere.
func (sh *shell) jumpedSince(m mark) []*state {
	var out []*state
	if sh.errors != nil {
		out = append(out, sh.errors.ended[m.errors:]...)
	}
	for i, f := range sh.loops {
		out = append(out, f.ended[m.loops[i]:]...)
		out = append(out, f.continued[m.continued[i]:]...)
	}
	for i, f := range sh.calls {
		out = append(out, f.ended[m.calls[i]:]...)
	}
	return out
}

func (sh *shell) forClause(st *state, c *syntax.ForClause) {
	if c.Select {
		sh.skip(st, c, "a menu (select)")
		return
	}
	if w, ok := c.Loop.(*syntax.WordIter); ok && !sh.holed(w.Name.Value) {
		sh.forWords(st, c, w)
		return
	}
	if l, ok := c.Loop.(*syntax.CStyleLoop); ok {
		sh.forArith(st, c, l)
		return
	}
	sh.skip(st, c, "a loop over a variable whose name was pasted")
}

func (sh *shell) forWords(st *state, c *syntax.ForClause, w *syntax.WordIter) {
	items := fields{list: st.args.list, unsure: st.args.unsure, tail: st.args.tail}
	if w.InPos.IsValid() {
		items = sh.fields(st, w.Items...)
	}
	if st.dead {
		return
	}
	if n := sh.m.limits.Loop; len(items.list) > n {
		sh.m.problem(sh.src.span(c), fmt.Sprintf("the loop is followed for %d turns only", n), "give it fewer turns; what it changes is unknown after it")
		items.list, items.unsure = items.list[:n], n
		items.tail = &unknown{why: model.WhyLimit, needs: "a loop with fewer turns"}
	}
	hop := model.Hop{At: sh.src.span(w), Kind: model.KindShell, What: "for " + w.Name.Value}
	next := 0
	head := func(st *state) (ok, done *state) {
		switch {
		case items.unsure >= 0 && next >= items.unsure:
			done := st.clone()
			sh.assign(st, w.Name, w.Name.Value, sym{{unk: items.tailUnknown()}}, hop)
			return st, done
		case next < len(items.list):
			item := items.list[next]
			lit := hop
			lit.Literal = item.isLiteral()
			next++
			sh.assign(st, w.Name, w.Name.Value, item, lit)
			return st, nil
		}
		return nil, st
	}
	if items.reversible() {
		sh.anyOrder(st, &items, &next, func(st *state) { sh.loop(st, c, head, c.Do, nil, false) })
		return
	}
	sh.loop(st, c, head, c.Do, nil, false)
}

// anyOrder follows a loop over words whose order the shell does not promise: once
// forwards, once backwards. What depends on the order is a choice then.
func (sh *shell) anyOrder(st *state, items *fields, next *int, run func(*state)) {
	back := st.clone()
	run(st)
	forward := items.list
	backward := make([]sym, len(forward))
	for i, f := range forward {
		backward[len(forward)-1-i] = f
	}
	items.list, *next = backward, 0
	sh.m.mayFollow(true, func() { run(back) })
	items.list = forward
	replace(st, st.clone(), back)
}

func (sh *shell) forArith(st *state, c *syntax.ForClause, l *syntax.CStyleLoop) {
	if l.Init != nil && !sh.headArith(st, l.Init).fine {
		st.status = exited(1)
		return
	}
	head := func(st *state) (ok, done *state) {
		if l.Cond == nil {
			return st, nil
		}
		n := sh.headArith(st, l.Cond)
		st.status = status{}
		switch {
		case !n.fine:
			return nil, st
		case n.known:
			st.status = truth(triOf(n.n != 0))
		}
		return split(st)
	}
	var after func(*state)
	if l.Post != nil {
		after = func(st *state) {
			if !sh.headArith(st, l.Post).fine {
				jump(st, sh.loops[len(sh.loops)-1])
			}
		}
	}
	sh.loop(st, c, head, c.Do, after, true)
}

// headResult is an expression in the head of a loop. An error in it ends the loop.
type headResult struct {
	number
	fine bool
}

func (sh *shell) headArith(st *state, x syntax.ArithmExpr) headResult {
	n := sh.arith(st, x)
	out := headResult{number: n, fine: !sh.broken}
	sh.broken, sh.doubt = false, false
	return out
}
