package shell

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"mvdan.cc/sh/v3/syntax"
)

// shell is one shell process being followed: what does not fork with the state.
type shell struct {
	m      *machine
	bash   bool
	any    bool // it is sh, which may be dash, busybox, or bash in its POSIX mode
	top    bool // it is the session itself
	sub    bool // it is a subshell of another one
	src    *source
	name   sym  // $0
	depth  int  // calls within calls, over all processes
	nest   int  // statements and words within each other
	noErr  int  // depth of contexts in which set -e does not count
	lossy  bool // a way that ends in an error does not go on: see finish
	final  bool // the last statement of the session is being followed
	denied bool // a read-only variable was to be changed
	broken bool // an arithmetic expression was in error
	doubt  bool // an arithmetic expression may have been in error
	plains bool // a statement of nothing but assignments is being followed
	loops  []*frame
	calls  []*frame
	exits  *frame
	// function tells calls of functions apart; 0 is outside of any.
	function int
	errors   *frame       // paths on which an error has discarded the rest of the line
	frames   []call       // what FUNCNAME and BASH_SOURCE tell
	now      *syntax.Stmt // the statement that is being followed
	nowIn    *source
}

// here is the place of the statement that is being followed.
func (sh *shell) here() pos.Span {
	if sh.now == nil {
		return sh.src.fixed
	}
	return sh.nowIn.span(sh.now)
}

// frame collects the paths that jump to the end of a loop, a function or a shell.
type frame struct {
	ended     []*state // by break, return, exit
	continued []*state
	fds       map[int]target
	redirs    int
	failed    *state // the last of ended, when it stands for commands that may have failed
}

// call is one function or sourced file that is running.
type call struct {
	name string
	src  *source
	from pos.Span
}

func newFrame(st *state) *frame { return &frame{fds: st.io.fds, redirs: st.redirs} }

// land brings a jumping path to the frame: the redirections between are undone.
func (f *frame) land(st *state) *state {
	next := st.clone()
	if next.redirs != f.redirs {
		next.io.fds, next.redirs = f.fds, f.redirs
	}
	return next
}

// startShell sets what a shell sets by itself when it starts.
func (sh *shell) startShell(st *state) {
	st.vars["IFS"] = &cell{val: text(" \t\n")}
	st.vars["OPTIND"] = &cell{val: text("1"), attrs: attrs{exported: len(st.get("OPTIND").plain()) == 1 && st.get("OPTIND") != nil && st.get("OPTIND").attrs.exported}}
	delete(st.vars, "_")
	if c := st.get("SHLVL"); c != nil {
		st.vars["SHLVL"] = &cell{val: unsupported("how deeply the shell is nested"), attrs: attrs{exported: true}, trail: c.trail}
	}
	sh.setPwd(st)
}

// setPwd gives PWD its value. Shells export it by themselves.
func (sh *shell) setPwd(st *state) {
	old := st.get("PWD")
	var trail model.Trail
	if old != nil && len(old.alts) == 0 {
		trail = old.trail
	}
	exported := sh.bash || old != nil
	st.vars["PWD"] = &cell{val: sh.dirText(st), attrs: attrs{exported: exported}, trail: trail}
}

// dirText is the absolute working directory.
func (sh *shell) dirText(st *state) sym {
	if st.lost != nil {
		return sym{{unk: st.lost}}
	}
	if path.IsAbs(st.dir) {
		return text(st.dir)
	}
	return sh.m.rootPath(st.dir)
}

// rootPath is the absolute path of a directory or file of the repository.
func (m *machine) rootPath(key string) sym {
	var root sym
	if m.step.Elsewhere {
		root = sym{{unk: m.root}}
	} else {
		root = text(strings.TrimSuffix(m.step.Files.Tree().Dir(), "/"))
	}
	switch {
	case key != ".":
		return cat(root, text("/"+key))
	case len(root) == 0:
		return text("/")
	}
	return root
}

// script follows a whole text as a shell process and gives the state at its end.
func (sh *shell) script(st *state, code string) *state {
	sh.exits = newFrame(st)
	sh.text(st, code)
	return sh.finish(st)
}

// finish joins all ways in which the process ends, after its trap on EXIT. Where the
// caller would not go on after an error (lossy), a way that ends in one counts only when
// there is no other.
func (sh *shell) finish(st *state) *state {
	ends := sh.exits.ended
	if !st.dead {
		ends = append(ends, st)
	}
	if len(ends) == 0 {
		return st
	}
	var good, bad []*state
	for _, e := range ends {
		e.dead = false
		if e.status.ok == no {
			bad = append(bad, e)
		} else {
			good = append(good, e)
		}
	}
	dropped := len(good) > 0 && len(bad) > 0
	if len(good) == 0 || dropped && !sh.lossy {
		good, dropped = ends, false
	}
	out := good[0]
	for _, e := range good[1:] {
		out.join(e)
	}
	if dropped {
		out.status = status{}
	}
	if !dropped {
		sh.exitTrap(out)
		return out
	}
	sh.exitTraps(out, bad)
	return out
}

// exitTraps runs the trap on EXIT: for the state that goes on, and, to tell of the
// commands in it, for all the ways in which the shell may end.
func (sh *shell) exitTraps(out *state, bad []*state) {
	all, mark := out.clone(), len(sh.m.records)
	sh.exitTrap(out)
	for _, e := range bad {
		all.join(e)
	}
	if len(all.traps) > 0 {
		sh.m.records = sh.m.records[:mark]
		all.status = status{}
		sh.exitTrap(all)
	}
}

func (sh *shell) exitTrap(st *state) {
	t, ok := st.traps["EXIT"]
	if !ok || t.text.isEmpty() {
		return
	}
	st.traps = map[string]trap{}
	result := st.status
	sh.exits = newFrame(st)
	sh.noErr++
	sh.eval(st, t.text, t.at.fixed)
	sh.noErr--
	for _, e := range sh.exits.ended {
		e.dead = false
		result = result.or(e.status)
		st.join(e)
	}
	st.dead = false
	st.status = result
}

// text follows the statements of a text.
func (sh *shell) text(st *state, code string) {
	at := sh.src.fixed
	if sh.src.index != nil {
		at = sh.src.index.Span(sh.src.file, 0, 0)
	}
	if tooDeep(code) {
		sh.m.problem(at, "the script is too long, or nests too deeply, to be read", "split it up")
		sh.strange(st, &unknown{why: model.WhyLimit, needs: "a smaller script"})
		return
	}
	p := sh.m.parse(code, sh.bash)
	if len(p.stmts) == 0 {
		st.status = exited(0)
	}
	sh.lines(st, p.stmts)
	if rest := sh.bashRest(code, p); len(rest) > 0 && !st.dead && sh.m.halted == nil {
		sh.mayEnd(st, 2)
		sh.differs(st, sh.src.span(rest[0]), "this statement")
		sh.lines(st, rest)
		return
	}
	if p.err != nil && !st.dead && sh.m.halted == nil {
		sh.syntaxError(st, p.err)
	}
}

// tooDeep keeps texts from the parser that would make it call itself very deeply.
func tooDeep(code string) bool {
	const longest, deepest = 512 << 10, 1500
	if len(code) > longest {
		return true
	}
	depth := 0
	for i := range len(code) {
		switch code[i] {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth = max(0, depth-1)
		case '\n':
			if depth > deepest {
				return true
			}
		}
	}
	return depth > deepest
}

// syntaxError ends the path, as the shell does, after all that stands before the place.
func (sh *shell) syntaxError(st *state, err error) {
	at, what := sh.src.fixed, "a syntax error"
	if pe, ok := err.(syntax.ParseError); ok {
		at = sh.src.between(pe.Pos, pe.Pos)
	}
	if le, ok := err.(syntax.LangError); ok {
		at = sh.src.between(le.Pos, le.Pos)
		what = "something that this shell does not have"
	}
	sh.m.problem(at, "the script cannot be read from here on: "+what, "check it with the shell's -n option")
	sh.strange(st, &unknown{why: model.WhyUnsupported, needs: "a script without syntax errors"})
	st.status = failed()
	if _, ok := err.(syntax.LangError); ok {
		st.status = status{} // one of the shells that may be sh has it
	}
	sh.exit(st)
}

// jump ends the path here; it goes on at the end of f.
func jump(st *state, f *frame) {
	f.ended = append(f.ended, f.land(st))
	st.dead = true
}

func (sh *shell) exit(st *state) { jump(st, sh.exits) }

// fail ends a command with an error that stops the shell.
func (sh *shell) fail(st *state, code int) {
	st.status = exited(code)
	sh.exit(st)
}

// strange follows a part of the script of which it is not known what it does: it may set
// and print anything, and make files.
func (sh *shell) strange(st *state, u *unknown) {
	st.goWild(u)
	st.strangeWriter(u)
	sh.write(st, 1, sym{{unk: &unknown{why: u.why, needs: u.needs, multi: true}}})
	sh.write(st, 2, sym{{unk: &unknown{why: u.why, needs: u.needs, multi: true}}})
	st.ran = true
}

// skip is giveUp for something that may print, too.
func (sh *shell) skip(st *state, n syntax.Node, what string) {
	sh.giveUp(st, n, what)
	sh.strange(st, st.wild)
}

// giveUp is the answer to what keyfit does not follow: everything may have changed.
func (sh *shell) giveUp(st *state, n syntax.Node, what string) {
	sh.m.problem(sh.src.span(n), "keyfit does not follow "+what, "put it in another way; values after this are unknown")
	st.goWild(&unknown{why: model.WhyUnsupported, needs: "what " + what + " does"})
	st.status = status{}
}
