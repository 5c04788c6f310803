package shell

import (
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/keyfit/keyfit/internal/strict"
)

// redirect opens the redirections of a command. undo closes them again; ok is false
// when one cannot be opened, so that the command does not run.
func (sh *shell) redirect(st *state, redirs []*syntax.Redirect) (undo func(*state), ok bool) {
	before, depth := st.io.fds, st.redirs
	st.redirs++
	undo = func(st *state) { st.io.fds, st.redirs = before, depth }
	for _, r := range redirs {
		if sh.pastedNumber(r) {
			sh.pastedRedirect(st, r)
			continue
		}
		if !sh.open(st, r) || st.dead {
			st.status = exited(1)
			return undo, false
		}
	}
	return undo, true
}

func (sh *shell) open(st *state, r *syntax.Redirect) bool {
	fd, ok := descriptor(r)
	if !ok || !sh.bash && fd > 9 || !sh.bash && r.N != nil && len(r.N.Value) > 1 { // which dash takes for a word
		sh.giveUp(st, r, "a redirection to a descriptor of the shell's choice")
		return true
	}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		st.io.set(fd, st.io.newStream(sh.hereDoc(st, r)))
	case syntax.WordHdoc:
		st.io.set(fd, st.io.newStream(cat(sh.word(st, r.Word), text("\n"))))
	case syntax.RdrIn, syntax.RdrInOut:
		return sh.openIn(st, r, fd)
	case syntax.DplIn, syntax.DplOut:
		return sh.duplicate(st, r, fd)
	case syntax.RdrAll, syntax.AppAll:
		sh.openOut(st, r, 1, r.Op == syntax.AppAll)
		st.io.set(2, st.io.fds[1])
	default:
		sh.openOut(st, r, fd, r.Op == syntax.AppOut)
	}
	return true
}

// pastedNumber reports whether a word that may consist of digits stands right in front of
// a redirection: then it is the number of what is redirected.
func (sh *shell) pastedNumber(r *syntax.Redirect) bool {
	at := int(r.OpPos.Offset())
	if !sh.src.holed || r.N != nil || at > len(sh.src.text) {
		return false
	}
	found := false
	for at > 0 {
		if at >= holeLen && strings.HasPrefix(sh.src.text[at-holeLen:at], holeMark) {
			at, found = at-holeLen, true
			continue
		}
		c := sh.src.text[at-1]
		if c < '0' || c > '9' {
			return found && strings.IndexByte(" \t\n;|&(){}", c) >= 0
		}
		at--
	}
	return found
}

// pastedRedirect is a redirection of which it is not known what it redirects.
func (sh *shell) pastedRedirect(st *state, r *syntax.Redirect) {
	sh.giveUp(st, r, "a redirection behind a pasted text that may be its number")
	strange := unsupported("what is redirected here")
	if key, ok := sh.fileKey(st, sh.word(st, r.Word)); ok {
		st.files[key] = &file{text: strange}
	}
	sh.write(st, 1, strange)
	st.io.set(1, target{kind: toTerminal})
}

func descriptor(r *syntax.Redirect) (int, bool) {
	if r.N != nil {
		n, err := strconv.Atoi(r.N.Value)
		return n, err == nil
	}
	switch r.Op {
	case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		return 0, true
	}
	return 1, true
}

// hereDoc gives the body of a here-document. With a quoted delimiter nothing in it is
// expanded.
func (sh *shell) hereDoc(st *state, r *syntax.Redirect) sym {
	if r.Hdoc == nil {
		return nil
	}
	parts := r.Hdoc.Parts
	if r.Op == syntax.DashHdoc {
		parts = withoutTabs(parts)
	}
	if isQuotedWord(r.Word) {
		var out sym
		for _, p := range parts {
			if lit, ok := p.(*syntax.Lit); ok {
				out = cat(out, sh.documentText(lit))
			}
		}
		return out
	}
	return sh.document(st, &syntax.Word{Parts: parts})
}

func isQuotedWord(w *syntax.Word) bool {
	for _, p := range w.Parts {
		lit, ok := p.(*syntax.Lit)
		if !ok || strings.Contains(lit.Value, "\\") {
			return true
		}
	}
	return false
}

// withoutTabs is <<-: tabs at the beginning of lines do not count.
func withoutTabs(parts []syntax.WordPart) []syntax.WordPart {
	out := make([]syntax.WordPart, len(parts))
	start := true
	for i, p := range parts {
		out[i] = p
		lit, ok := p.(*syntax.Lit)
		if !ok {
			start = false
			continue
		}
		lines := strings.SplitAfter(lit.Value, "\n")
		for k, l := range lines {
			if k > 0 || start {
				lines[k] = strings.TrimLeft(l, "\t")
			}
		}
		copied := *lit
		copied.Value = strings.Join(lines, "")
		start = strings.HasSuffix(lit.Value, "\n")
		out[i] = &copied
	}
	return out
}

func (sh *shell) openIn(st *state, r *syntax.Redirect, fd int) bool {
	name := sh.word(st, r.Word)
	if n, ok := name.known(); ok && n == "/dev/null" {
		st.io.set(fd, target{kind: toNothing})
		return true
	} else if ok && (n == "/dev/stdin" || n == "/dev/tty") {
		return true
	}
	s, state := sh.read(st, name)
	if state == fileMissing {
		sh.problemAt(r, fmt.Sprintf("the file %s, which is read here, does not exist", shown(name)), "add it, or create it before this place")
		return false
	}
	st.io.set(fd, st.io.newStream(s))
	return true
}

func (sh *shell) openOut(st *state, r *syntax.Redirect, fd int, appending bool) {
	name := sh.word(st, r.Word)
	if n, ok := name.known(); ok {
		switch n {
		case "/dev/null":
			st.io.set(fd, target{kind: toNothing})
			return
		case "/dev/stdout":
			st.io.set(fd, st.io.fds[1])
			return
		case "/dev/stderr":
			st.io.set(fd, st.io.fds[2])
			return
		}
		if t, ok := st.io.ofPath(n); ok {
			st.io.set(fd, t)
			return
		}
	}
	key, ok := sh.fileKey(st, name)
	if !ok {
		st.io.set(fd, target{kind: toTerminal})
		return
	}
	f := &file{}
	if appending {
		if s, state := sh.read(st, name); state != fileMissing {
			f.text = s
		}
	}
	if old := st.files[key]; old != nil {
		f.exec = old.exec
	}
	st.files[key] = f
	st.io.set(fd, target{kind: toFile, path: key})
}

// duplicate is N>&M, N<&M, N>&- and, in bash, >&file.
func (sh *shell) duplicate(st *state, r *syntax.Redirect, fd int) bool {
	w, ok := sh.word(st, r.Word).known()
	if !ok {
		st.io.set(fd, target{kind: toTerminal})
		return true
	}
	w = strings.TrimSuffix(w, "-")
	if w == "" {
		st.io.set(fd, target{kind: toClosed})
		return true
	}
	n, err := strconv.Atoi(w)
	if err != nil {
		if r.Op == syntax.DplOut && r.N == nil && sh.bash {
			sh.openOut(st, r, 1, false)
			st.io.set(2, st.io.fds[1])
			return true
		}
		return false
	}
	t, open := st.io.fds[n]
	if !open || t.kind == toClosed {
		return false
	}
	st.io.set(fd, t)
	return true
}

// write sends text to where fd leads.
func (sh *shell) write(st *state, fd int, s sym) {
	if len(s) == 0 || !sh.m.grow(s.size(), sh.here()) {
		return
	}
	switch t := st.io.fds[fd]; t.kind {
	case toBuffer:
		if sh.m.step.Capture && t.id == sh.m.printed.id {
			s = s.placed(sh.place(""))
		}
		st.io.buffers[t.id] = sh.limited(cat(st.io.buffers[t.id], s))
	case toFile:
		f := file{}
		s = s.placed(sh.place(t.path))
		if old := st.files[t.path]; old != nil {
			f = *old
		}
		f.text, f.gone = sh.limited(cat(f.text, s)), false
		st.files[t.path] = &f
	}
}

func (sh *shell) limited(s sym) sym {
	out, ok := s.bounded(sh.m.limits.Text)
	if !ok {
		sh.m.problem(sh.here(), "a text becomes larger than 1 MiB", "keep the text shorter; it is unknown from here on")
	}
	return out
}

// complain is an error message of a command: its words are not modelled.
func (sh *shell) complain(st *state, what string) {
	sh.write(st, 2, unsupported("the error message of "+what))
}

func (sh *shell) problemAt(n syntax.Node, message, fix string) {
	sh.m.problem(sh.src.span(n), message, fix)
}

// shown is a path for a message, unless it is not known, or may be a key.
func shown(name sym) string {
	if t, ok := name.known(); ok && len(t) < 200 {
		return strict.Path(t)
	}
	return "(of unknown name)"
}
