package shell

import (
	"maps"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// jumpCommand is exit, return, break and continue.
func (sh *shell) jumpCommand(st *state, inv invocation) {
	name, _ := inv.name()
	if name == "break" || name == "continue" {
		sh.leaveLoop(st, inv, name)
		return
	}
	if len(inv.args.list) > 1 || !inv.args.sure() {
		n, ok := inv.number(1, 0)
		st.status = exited(n & 255)
		if !ok {
			st.status = status{}
		}
	}
	switch {
	case name == "exit":
		sh.exit(st)
	case len(sh.calls) > 0:
		jump(st, sh.calls[len(sh.calls)-1])
	case len(sh.frames) > 0 || !sh.bash:
		if sh.any && len(sh.frames) == 0 { // bash complains, and ends with 2
			st.status = status{}
		}
		sh.exit(st)
	default:
		st.status = exited(2)
	}
}

func (sh *shell) leaveLoop(st *state, inv invocation, name string) {
	n, ok := inv.number(1, 1)
	st.status = exited(0)
	if len(sh.loops) == 0 {
		return
	}
	if !ok || n < 1 {
		sh.giveUp(st, inv.node, "leaving a number of loops that is not known")
		return
	}
	f := sh.loops[max(0, len(sh.loops)-n)]
	if name == "break" {
		jump(st, f)
		return
	}
	f.continued = append(f.continued, f.land(st))
	st.dead = true
}

// shellPid is what would tell $$.
const shellPid = "the process id of the shell"

// kill sends a signal. A shell that sends one to itself ends.
func (sh *shell) kill(st *state, inv invocation) {
	st.status = status{}
	itself, signal := false, "TERM"
	for i, a := range inv.args.list[1:] {
		t, known := a.known()
		switch {
		case known && i == 0 && strings.HasPrefix(t, "-"):
			signal = strings.TrimPrefix(strings.ToUpper(strings.TrimLeft(t, "-")), "SIG")
		case known && i == 1 && (signal == "S" || signal == "N"):
			signal = strings.TrimPrefix(strings.ToUpper(t), "SIG")
		case isShellPid(a), known && t == "0":
			itself = true
		}
	}
	_, trapped := st.traps[signal]
	switch {
	case !itself || signal == "0" || signal == "L":
	case trapped || len(st.traps) > 0 || sh.sub:
		sh.giveUp(st, inv.node, "a signal to the shell itself")
		sh.mayEnd(st, 143)
	default:
		sh.fail(st, 143)
	}
}

func isShellPid(s sym) bool {
	for _, p := range s {
		if p.unk != nil {
			return p.unk.needs == shellPid
		}
	}
	return false
}

// alias notes a name that stands for something else from here on.
func (sh *shell) alias(st *state, inv invocation) {
	for _, a := range inv.args.list[1:] {
		name, _, ok := cutAssign(a)
		if !ok {
			continue
		}
		st.aliases = maps.Clone(st.aliases)
		if st.aliases == nil {
			st.aliases = map[string]bool{}
		}
		st.aliases[name] = true
	}
}

// isAlias reports whether the command is written as an alias, which keyfit does not
// follow.
func (sh *shell) isAlias(st *state, words []*syntax.Word) bool {
	return len(words) > 0 && (!sh.bash || st.opts.aliases) && st.aliases[words[0].Lit()]
}

// haunt forgets all values where a trap that keyfit does not follow may run.
func (st *state) haunt(signal string) {
	if t, ok := st.traps[signal]; ok && !t.text.isEmpty() && !st.dead {
		st.goWild(&unknown{why: model.WhyUnsupported, needs: "what the trap on " + signal + " does"})
	}
}
