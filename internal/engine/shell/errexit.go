package shell

// errexit is what the shell does after a statement that nobody asks for its status: it
// runs the trap on ERR, and under set -e it ends after a failure. Where it goes on, the
// command has succeeded.
func (sh *shell) errexit(st *state) {
	t, trapped := sh.errTrap(st)
	if st.dead || sh.noErr > 0 || !st.opts.errexit && !trapped {
		return
	}
	switch st.status.ok {
	case no:
		sh.failing(st, t)
		if st.opts.errexit && !st.dead {
			sh.exit(st)
		}
	case maybe:
		if !st.opts.errexit {
			bad := st.clone()
			sh.m.mayFollow(true, func() { sh.failing(bad, t) })
			replace(st, st.clone(), bad)
			return
		}
		_, atExit := st.traps["EXIT"]
		if trapped || atExit || !sh.lossy {
			bad := st.clone()
			bad.status = failed()
			sh.m.mayFollow(true, func() { sh.failing(bad, t) })
			sh.mayExit(bad)
		}
		st.status = exited(0)
	}
}

// failing runs the trap on ERR, after which the status is as before.
func (sh *shell) failing(st *state, t trap) {
	if t.at == nil || t.text.isEmpty() {
		return
	}
	result := st.status
	if result.ok != no {
		result = failed()
	}
	st.status = result
	sh.noErr++
	sh.eval(st, t.text, t.at.fixed)
	sh.noErr--
	if !st.dead {
		st.status = result
	}
}

// errTrap is the trap on ERR, when it counts where the shell is: functions do not inherit
// it without set -E.
func (sh *shell) errTrap(st *state) (trap, bool) {
	t, ok := st.traps["ERR"]
	if !ok || !st.opts.errtrace && sh.function != 0 && sh.function != t.function {
		return trap{}, false
	}
	return t, true
}

// inheritedTraps are the traps that a subshell keeps.
func (sh *shell) inheritedTraps(st *state) map[string]trap {
	out := map[string]trap{}
	if t, ok := st.traps["ERR"]; ok && st.opts.errtrace {
		out["ERR"] = t
	}
	return out
}

// mayExit notes that the shell may end here. All these ways together are one: there is
// one after nearly every command.
func (sh *shell) mayExit(st *state) {
	if st.dead {
		return
	}
	f := sh.exits
	if n := len(f.ended); n > 0 && f.ended[n-1] == f.failed {
		f.failed.join(f.land(st))
		st.dead = true
		return
	}
	jump(st, f)
	f.failed = f.ended[len(f.ended)-1]
}
