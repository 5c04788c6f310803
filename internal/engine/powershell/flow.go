package powershell

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
)

// statements follows statements, and prints what they give.
func (f *follower) statements(st *state, body []stmt) {
	for _, s := range body {
		if st.dead || f.rec.Halted() != nil {
			return
		}
		f.statement(st, s)
	}
}

// statement follows one statement.
func (f *follower) statement(st *state, s stmt) {
	at := s.where()
	if !f.rec.Tick(f.span(at)) || !f.enter(at) {
		return
	}
	defer f.leave()
	switch s := s.(type) {
	case assignment:
		f.assignment(st, s)
	case pipeline:
		f.print(st, f.pipeline(st, s), at)
	case chain:
		f.chain(st, s)
	case ifStmt:
		f.choose(st, s, func(st *state, body []stmt) value {
			f.statements(st, body)
			return null()
		})
	case tryStmt:
		f.try(st, s)
	case loop:
		f.loop(st, s)
	case jump:
		f.jump(st, s)
	case function:
		f.define(st, s)
	default:
		f.giveUp(st, at, "this statement")
	}
}

// print writes what a statement gives to standard output: an item on each line.
func (f *follower) print(st *state, v value, at extent) {
	items := []value{v}
	switch v.kind {
	case nullKind:
		return
	case listKind:
		items = v.items
	}
	if f.frame.inner {
		st.given = append(st.given[:len(st.given):len(st.given)], items...)
		return
	}
	for _, item := range items {
		f.write(st, item.string(f.separator(st)), "\n", at)
	}
}

// write writes to standard output.
func (f *follower) write(st *state, t session.Text, end string, at extent) {
	hop := model.Hop{At: f.span(at), Kind: model.KindShell, What: "print"}
	st.Print(session.Cat(t, session.Literal(end)).Placed(hop))
}

// chain is && and ||: the deploy that matters is the one in which all goes well.
func (f *follower) chain(st *state, c chain) {
	f.statement(st, c.x)
	if st.dead {
		return
	}
	mark := f.rec.Count()
	if c.op == "&&" {
		f.statement(st, c.y)
		return
	}
	way := st.clone()
	f.statement(way, c.y)
	f.rec.Perhaps(mark)
	f.rejoin(st, way)
}

// rejoin lets st go on behind something that is perhaps done, in way.
func (f *follower) rejoin(st, way *state) {
	if !way.dead {
		st.join(way, undecided)
	}
}

// choose follows an if, with what follows a body and says what it gives.
func (f *follower) choose(st *state, s ifStmt, run func(*state, []stmt) value) value {
	if len(s.clauses) == 0 {
		return run(st, s.rest)
	}
	first := s.clauses[0]
	cond := f.valueOf(st, first.cond)
	if st.dead {
		return null()
	}
	rest := ifStmt{extent: s.extent, clauses: s.clauses[1:], rest: s.rest}
	switch cond.isTrue() {
	case yes:
		return run(st, first.body)
	case no:
		return f.choose(st, rest, run)
	}
	if f.depth > maxForks {
		f.giveUp(st, s.extent, "choices that nest so deeply")
		return unsupported(undecided)
	}
	onStatus := cond.kind == unknownKind && cond.text.Value().Why == model.WhyExitStatus
	return f.fork(st, onStatus, func(st *state) value { return run(st, first.body) },
		func(st *state) value { return f.choose(st, rest, run) })
}

// maxForks bounds how deep choices are told apart.
const maxForks = 60

// fork follows both ways of a choice. A way that ends the script with an error is not the
// one of a deploy that matters.
func (f *follower) fork(st *state, onStatus bool, one, other func(*state) value) value {
	if onStatus {
		f.onStatus++
		defer func() { f.onStatus-- }()
	}
	a, b := st.clone(), st.clone()
	m0 := f.rec.Count()
	x := one(a)
	m1 := f.rec.Count()
	y := other(b)
	switch {
	case a.dead && a.failed && b.dead && b.failed:
	case a.dead && a.failed:
		f.rec.Drop(m0, m1)
	case b.dead && b.failed:
		f.rec.Drop(m1, f.rec.Count())
	default:
		f.rec.Perhaps(m0)
	}
	switch {
	case a.dead && b.dead:
		*st = *a
		st.failed = a.failed && b.failed
		return null()
	case a.dead:
		*st = *b
		f.perhapsFrom(a)
		return y
	case b.dead:
		*st = *a
		f.perhapsFrom(b)
		return x
	}
	a.join(b, undecided)
	*st = *a
	return joinValues(x, y, undecided)
}

// perhapsFrom notes that what follows is only done if the script has not ended in gone.
func (f *follower) perhapsFrom(gone *state) {
	if gone.failed {
		return
	}
	for _, fr := range []*frame{f.frame, f.exits} {
		if fr.perhaps < 0 && (fr == f.frame || gone.exited) {
			fr.perhaps = f.rec.Count()
		}
	}
}

// try follows the body, and what is caught: anything in the body may fail.
func (f *follower) try(st *state, s tryStmt) {
	failing := st.clone()
	f.statements(st, s.body)
	if len(s.catches) > 0 {
		f.blur(failing, f.effectsOf(failing, s.body), s.extent)
		f.caught(st, failing, s.catches)
	}
	if !st.dead {
		f.statements(st, s.finally)
	}
}

func (f *follower) caught(st, failing *state, catches [][]stmt) {
	for _, body := range catches {
		mark := f.rec.Count()
		way := failing.clone()
		f.statements(way, body)
		switch {
		case way.dead && way.failed:
			f.rec.Drop(mark, f.rec.Count())
		case way.dead:
			f.perhapsFrom(way)
		case st.dead && st.failed:
			*st = *way
		case !st.dead:
			st.join(way, "whether a command fails")
		}
		f.rec.Perhaps(mark)
	}
}

// loop follows the bodies once, with all that they may change unknown: so it is in any turn.
func (f *follower) loop(st *state, l loop) {
	if l.kind == "foreach" && f.unroll(st, l) {
		return
	}
	for _, s := range l.over {
		if l.kind == "foreach" || l.kind == "switch" {
			f.valueOf(st, s)
		}
	}
	all := l.over
	for _, body := range l.bodies {
		all = append(all[:len(all):len(all)], body...)
	}
	e := f.effectsOf(st, all)
	if v, ok := l.variable.(variable); ok {
		e.assigns(v)
	}
	for _, name := range []string{"_", "psitem"} {
		e.vars[name] = true
	}
	f.blur(st, e, l.extent)
	mark := f.rec.Count()
	if l.kind != "foreach" && l.kind != "switch" {
		f.inside(st, l.over)
	}
	for _, body := range l.bodies {
		f.inside(st, body)
	}
	f.repeated(l.extent, mark, "a loop")
}

// repeated tells of commands from number mark on that are started any number of times.
func (f *follower) repeated(at extent, mark int, what string) {
	if f.rec.Count() == mark {
		return
	}
	f.rec.Perhaps(mark)
	f.rec.Problem(f.span(at), "keyfit does not follow "+what+" in a script for PowerShell turn by turn; not all that its commands are given is known", advice)
	f.rec.Doubt(model.UnknownBecause(model.WhyUnsupported, "the turns of "+what, model.Trail{}))
}

// unroll follows a foreach over a short list of known texts, turn by turn.
func (f *follower) unroll(st *state, l loop) bool {
	v, ok := l.variable.(variable)
	if !ok || v.scope != "" || len(l.over) != 1 || !isListing(l.over[0]) || f.effectsOf(st, l.bodies[0]).jumps {
		return false
	}
	items := f.valueOf(st, l.over[0])
	if items.kind == textKind || items.kind == numberKind {
		items = listOf([]value{items})
	}
	if items.kind != listKind || len(items.items) > 50 {
		return items.kind == nullKind
	}
	for _, item := range items.items {
		f.assignVariable(st, v, item, l.extent)
		f.statements(st, l.bodies[0])
		if st.dead {
			break
		}
	}
	return true
}

// isListing reports whether a statement is a list that is written out, or a variable.
func isListing(s stmt) bool {
	p, ok := s.(pipeline)
	if !ok || len(p.elems) != 1 {
		return false
	}
	switch x := p.elems[0].x.(type) {
	case list, variable:
		return true
	case group:
		return x.open == "@(" && !slices.ContainsFunc(x.body, func(s stmt) bool { return !isListing(s) && !isString(s) })
	}
	return false
}

func isString(s stmt) bool {
	p, ok := s.(pipeline)
	if !ok || len(p.elems) != 1 {
		return false
	}
	_, ok = p.elems[0].x.(stringExpr)
	return ok
}

// jump ends the script, or a part of it.
func (f *follower) jump(st *state, j jump) {
	v := null()
	if j.value != nil {
		v = f.valueOf(st, j.value)
	}
	switch j.kind {
	case "throw":
		st.dead, st.failed = true, true
	case "exit":
		f.exit(st, v)
	case "return":
		f.print(st, v, j.extent)
		f.finish(st)
	default: // break and continue: the rest of a turn is left out
		st.dead = true
		if !f.frame.loop {
			st.dead = false
			f.finish(st)
		}
	}
}

// exit ends the script. Behind a question for the status of a command, a status that is
// handed on is that of an error.
func (f *follower) exit(st *state, v value) {
	code, known := v.scalar()
	bad := known && code != "0"
	if v.kind == unknownKind && v.text.Value().Why == model.WhyExitStatus && f.onStatus > 0 {
		bad = true
	}
	st.exited = true
	if bad {
		st.dead, st.failed = true, true
		return
	}
	f.exits.ends = append(f.exits.ends, st.clone())
	st.dead = true
}

// finish ends the function, or the script, without an error.
func (f *follower) finish(st *state) {
	f.frame.ends = append(f.frame.ends, st.clone())
	st.dead = true
}

// define notes a function of the script.
func (f *follower) define(st *state, s function) {
	funcs := map[string]*scriptBlock{}
	for name, body := range st.funcs {
		funcs[name] = body
	}
	funcs[s.name] = s.body
	st.funcs = funcs
}

// giveUp is the answer to what is not followed: everything may have changed.
func (f *follower) giveUp(st *state, at extent, what string) {
	span := f.span(at)
	v := model.UnknownBecause(model.WhyUnsupported, "what "+what+" does", model.Trail{})
	f.rec.Problem(span, "keyfit does not follow "+what+" in a script for PowerShell; values after this are unknown", advice)
	f.rec.Doubt(v)
	st.goWild(v)
}

const advice = "put it in a simpler way, or list what it deploys as steps of its own in keyfit.yaml"

// inside follows a body in which nothing is certain, for the commands in it.
func (f *follower) inside(st *state, body []stmt) {
	way := st.clone()
	outer := f.frame
	exits := len(f.exits.ends)
	f.frame = &frame{perhaps: -1, loop: true, inner: outer.inner}
	f.statements(way, body)
	ends := f.frame.ends
	f.frame = outer
	for _, e := range ends { // the script, or the function, may end in there
		f.frame.ends = append(f.frame.ends, e)
		f.perhapsFrom(e)
	}
	if len(f.exits.ends) > exits {
		f.perhapsFrom(&state{exited: true})
	}
	v := model.UnknownBecause(model.WhyUnsupported, undecided, model.Trail{})
	if !way.Output.Is(st.Output) {
		st.Print(session.Of(v))
	}
	if len(way.given) > len(st.given) {
		st.given = append(st.given[:len(st.given):len(st.given)], opaque(session.Of(v)))
	}
}
