package shell

import (
	"github.com/keyfit/keyfit/internal/pos"
	"mvdan.cc/sh/v3/syntax"
)

// lines follows the statements of a text. An error such as a division by zero discards
// what is left of the line, and bash goes on with the next one.
func (sh *shell) lines(st *state, list []*syntax.Stmt) {
	f := newFrame(st)
	outer := sh.errors
	sh.errors = f
	defer func() { sh.errors = outer }()
	var late []*state
	end := uint(0)
	for i, s := range list {
		if s.Pos().Line() > end {
			late = rejoin(st, late)
		}
		if st.dead {
			if len(late) == 0 {
				return
			}
			continue
		}
		sh.final = sh.top && !sh.sub && outer == nil && i == len(list)-1
		sh.plain(st, s)
		late, f.ended = append(late, f.ended...), nil
		end = s.End().Line()
	}
	rejoin(st, late)
}

// rejoin lets the paths with an error go on.
func rejoin(st *state, late []*state) []*state {
	for _, e := range late {
		st.join(e)
	}
	return nil
}

// discard ends the rest of the line after an error. A subshell ends with it, and so does
// dash.
func (sh *shell) discard(st *state, n syntax.Node, what string) {
	if st.dead {
		return
	}
	sh.m.problem(sh.src.span(n), what+": the shell leaves out the rest of the line", "correct it")
	sh.leaveOut(st)
}

// checkArith discards the rest of the line after an arithmetic error. Where it is not
// known whether there was one, both ways are followed.
func (sh *shell) checkArith(st *state, at pos.Span) {
	broken, doubt := sh.broken, sh.doubt
	sh.broken, sh.doubt = false, false
	switch {
	case st.dead:
	case broken:
		sh.m.problem(at, "an arithmetic expression in error: the shell leaves out the rest of the line", "correct it")
		sh.leaveOut(st)
	case doubt:
		sh.leaveOut(st.clone())
	}
}

// leaveOut ends the rest of the line.
func (sh *shell) leaveOut(st *state) {
	st.status = exited(1)
	switch {
	case !sh.bash:
		sh.fail(st, 2)
	case sh.errors == nil:
		sh.exit(st)
	default:
		jump(st, sh.errors)
	}
}
