package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// cmdSubst is $(…): what the commands in it print, without the newlines at the end.
func (sh *shell) cmdSubst(st *state, c *syntax.CmdSubst) sym {
	if c.TempFile || c.ReplyVar {
		sh.giveUp(st, c, "this kind of command substitution")
		return unsupported("a kind of command substitution")
	}
	if !sh.m.tick(sh.src.span(c)) {
		return nil
	}
	if s, ok := sh.substFile(st, c); ok {
		return s
	}
	before := st.status
	out := sh.capture(st, func(inner *shell, sub *state) {
		if sh.bash && !st.opts.inheritErrexit {
			sub.opts.errexit = false
		}
		inner.stmts(sub, c.Stmts)
	})
	result := st.status
	st.subst = &result
	switch { // to dash, $? in the rest of the command is still what it was before
	case sh.any:
		st.status = before.or(result)
	case !sh.bash:
		st.status = before
	}
	return trimNewlines(out)
}

// substFile is $(<file).
func (sh *shell) substFile(st *state, c *syntax.CmdSubst) (sym, bool) {
	if len(c.Stmts) != 1 || c.Stmts[0].Cmd != nil || len(c.Stmts[0].Redirs) != 1 || !sh.bash {
		return nil, false
	}
	r := c.Stmts[0].Redirs[0]
	if r.Op != syntax.RdrIn || r.N != nil {
		return nil, false
	}
	s, state := sh.read(st, sh.word(st, r.Word))
	result := exited(0)
	if state == fileMissing {
		s, result = nil, exited(1)
	}
	st.status, st.subst = result, &result
	return trimNewlines(s), true
}

// capture runs body in a subshell and gives what it prints.
func (sh *shell) capture(st *state, body func(inner *shell, sub *state)) sym {
	var out target
	sh.subshell(st, func(inner *shell, sub *state) {
		out = sub.io.newBuffer()
		sub.io.set(1, out)
		inner.exits.fds = sub.io.fds
		inner.lossy = inner.lossy && sh.plains
		body(inner, sub)
	})
	s := st.io.buffers[out.id]
	delete(st.io.buffers, out.id)
	return s
}

// trimNewlines drops newlines at the end, and NUL bytes, which a shell cannot hold.
func trimNewlines(s sym) sym {
	out := sym(nil)
	for _, p := range s {
		p.text = strings.ReplaceAll(p.text, "\x00", "")
		out = append(out, p)
	}
	for i := len(out) - 1; i >= 0 && out[i].unk == nil; i-- {
		out[i].text = strings.TrimRight(out[i].text, "\n")
		if out[i].text != "" {
			break
		}
	}
	for len(out) > 0 && out[len(out)-1].unk == nil && out[len(out)-1].text == "" {
		out = out[:len(out)-1]
	}
	last := len(out) - 1
	if last < 0 || out[last].unk == nil || out[last].unk.filled {
		return out
	}
	if len(out[last].unk.alts) == 0 {
		return newlinesBefore(out)
	}
	// A candidate may be empty or end in newlines: then those before it go too.
	u := *out[last].unk
	u.alts = nil
	for _, a := range out[last].unk.alts {
		u.alts = append(u.alts, trimNewlines(slices.Concat(out[:last], a)))
	}
	return sym{{unk: &u}}
}

// newlinesBefore makes the newlines in front of an unknown end a part of it: when it is
// empty, or newlines itself, they go too.
func newlinesBefore(s sym) sym {
	last := len(s) - 1
	i := last - 1
	for i >= 0 && s[i].unk == nil && strings.Trim(s[i].text, "\n") == "" {
		i--
	}
	if i >= 0 && s[i].unk == nil && strings.HasSuffix(s[i].text, "\n") {
		s[i].text = strings.TrimRight(s[i].text, "\n")
	} else if i == last-1 {
		return s
	}
	u := *s[last].unk
	u.word, u.field, u.file, u.root = false, false, "", false
	end := s[last]
	end.unk = &u
	return append(s[:i+1], end)
}

// procSubst is <(…) and >(…): a path that only this command can use.
func (sh *shell) procSubst(st *state, p *syntax.ProcSubst) sym {
	if p.Op == syntax.CmdOut {
		sh.subshell(st, func(inner *shell, sub *state) {
			sub.io.set(0, sub.io.newStream(unsupported("what is written to a process substitution")))
			inner.noErr++
			inner.stmts(sub, p.Stmts)
		})
		st.status = exited(0)
		return modeOf(unsupported("the path of a process substitution"), site{quotes: true})
	}
	before := st.status
	sh.noErr++
	out := sh.capture(st, func(inner *shell, sub *state) { inner.stmts(sub, p.Stmts) })
	sh.noErr--
	st.status = before
	return sh.ownFile(st, out, "the path of a process substitution")
}

// ownFile makes a file whose path is not known, but which the script can read again.
func (sh *shell) ownFile(st *state, content sym, needs string) sym {
	st.io.next++
	key := fmt.Sprintf("\x00own-%d", st.io.next)
	st.files[key] = &file{text: content}
	return sym{{unk: &unknown{why: model.WhyTime, needs: needs, file: key, word: true, filled: true}, mode: quoted}}
}
