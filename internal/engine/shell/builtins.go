package shell

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// builtin is a command of the shell itself.
type builtin func(sh *shell, st *state, inv invocation)

// builtinNamed finds a builtin. Dash has fewer than bash.
func (sh *shell) builtinNamed(name string) builtin {
	switch name {
	case ":", "true":
		return func(_ *shell, st *state, _ invocation) { st.status = exited(0) }
	case "false":
		return func(_ *shell, st *state, _ invocation) { st.status = exited(1) }
	case "echo":
		return (*shell).echo
	case "printf":
		return (*shell).printf
	case "test", "[":
		return (*shell).testCommand
	case "cd":
		return (*shell).cd
	case "pwd":
		return (*shell).pwd
	case "export", "readonly", "local":
		return (*shell).declBuiltin
	case "unset":
		return (*shell).unsetCommand
	case "set":
		return (*shell).setCommand
	case "shift":
		return (*shell).shift
	case "getopts":
		return (*shell).getopts
	case "read":
		return (*shell).readCommand
	case "eval":
		return (*shell).evalCommand
	case ".":
		return (*shell).sourceCommand
	case "exec":
		return (*shell).execCommand
	case "exit", "return", "break", "continue":
		return (*shell).jumpCommand
	case "trap":
		return (*shell).trapCommand
	case "command":
		return (*shell).commandCommand
	case "type", "hash":
		return (*shell).typeCommand
	case "umask", "ulimit", "times", "alias", "unalias", "wait", "jobs", "fg", "bg", "kill":
		return (*shell).otherCommand
	}
	if !sh.bash {
		return nil
	}
	return bashBuiltin(name)
}

func bashBuiltin(name string) builtin {
	switch name {
	case "declare", "typeset":
		return (*shell).declBuiltin
	case "source":
		return (*shell).sourceCommand
	case "mapfile", "readarray":
		return (*shell).mapfile
	case "shopt":
		return (*shell).shopt
	case "builtin":
		return (*shell).builtinCommand
	case "let":
		return (*shell).letCommand
	case "pushd", "popd":
		return (*shell).directoryStack
	case "dirs", "disown", "enable", "help", "history", "caller", "bind", "suspend", "logout", "compgen", "complete":
		return (*shell).otherCommand
	}
	return nil
}

// echo prints its arguments. Where shells differ on backslashes, the text is unknown.
func (sh *shell) echo(st *state, inv invocation) {
	st.status = exited(0)
	rest := inv.args.from(1)
	newline, escapes := true, false
	for len(rest.list) > 0 && rest.unsure != 0 {
		t, ok := rest.list[0].known()
		if !ok || len(t) < 2 || t[0] != '-' || strings.Trim(t[1:], "neE") != "" {
			break
		}
		if !sh.bash && t != "-n" {
			sh.write(st, 1, unsupported("whether this sh's echo knows "+t))
			return
		}
		newline = newline && !strings.Contains(t, "n")
		for _, c := range t[1:] {
			if c != 'n' {
				escapes = c == 'e'
			}
		}
		rest = rest.from(1)
	}
	out := joinWords(rest)
	if t, ok := out.known(); strings.Contains(t, "\\") && ok && (escapes || !sh.bash) {
		if !sh.bash {
			out = unsupported("whether this sh's echo reads backslashes", out)
		} else {
			expanded, stop := unescape(t, false)
			out, newline = derived(expanded, out), newline && !stop
		}
	} else if !ok && (escapes || !sh.bash) {
		out = unknownFrom(out)
	}
	if newline {
		out = cat(out, text("\n"))
	}
	sh.write(st, 1, out)
}

// joinWords puts a space between fields. How many there are may be unknown.
func joinWords(f fields) sym {
	var out sym
	for i, s := range f.list {
		if i > 0 {
			out = append(out, piece{text: " "})
		}
		out = append(out, s...)
	}
	if !f.sure() {
		return sym{{unk: f.tailUnknown(), trail: trailOf(out)}}
	}
	return cat(out)
}

// number reads a numeric argument.
func (v invocation) number(i, fallback int) (int, bool) {
	if i >= len(v.args.list) {
		return fallback, v.args.sure()
	}
	t, ok := v.args.list[i].known()
	if !ok || v.args.unsure >= 0 && v.args.unsure <= i {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(t))
	return n, err == nil
}

func (sh *shell) unsetCommand(st *state, inv invocation) {
	st.status = exited(0)
	functions := false
	for i, s := range inv.args.list[1:] {
		t, ok := s.known()
		switch {
		case !ok || inv.args.unsure >= 0 && i+1 >= inv.args.unsure:
			sh.giveUp(st, inv.node, "unset of a name that is not known")
			return
		case t == "-f":
			functions = true
		case t == "-v" || t == "-n":
			functions = false
		case functions:
			delete(st.funcs, t)
		case isName(t):
			name, index, ok := sh.deref(st, t, nil)
			if !ok || index != nil {
				sh.giveUp(st, inv.node, "unset of a name reference")
				return
			}
			if st.vars[name] == nil && st.funcs[name] != nil && sh.bash {
				delete(st.funcs, name)
			}
			sh.unset(st, inv.node, name)
		case strings.HasSuffix(t, "]"):
			sh.unsetElem(st, inv, t)
		case !sh.bash:
			sh.giveUp(st, inv.node, "unset of something that is no name")
		}
	}
}

func (sh *shell) unsetElem(st *state, inv invocation, t string) {
	name, sub, _ := strings.Cut(strings.TrimSuffix(t, "]"), "[")
	c := st.get(name)
	if len(c.plain()) != 1 || c.isSet() != yes || c.shape == scalar {
		if c != nil {
			sh.giveUp(st, inv.node, "unset of this element")
		}
		return
	}
	next := *c
	next.elems = nil
	n, err := strconv.Atoi(sub)
	if c.shape == indexed && (err != nil || n < 0) {
		sh.giveUp(st, inv.node, "unset of this element")
		return
	}
	for _, e := range c.elems {
		if c.shape == indexed && e.index != n || c.shape == associative && e.key != strings.Trim(sub, `"'`) {
			next.elems = append(next.elems, e)
		}
	}
	st.put(name, &next)
}

func (sh *shell) shift(st *state, inv invocation) {
	n, ok := inv.number(1, 1)
	st.status = exited(0)
	if sh.any {
		st.argsSet = maybe
	}
	switch {
	case !ok:
		st.args = arguments{tail: inv.args.tailUnknown()}
	case st.args.unsure >= 0 && n > st.args.unsure:
		st.args = arguments{tail: st.args.tail}
		st.status = status{}
	case n > len(st.args.list) || n < 0:
		st.status = exited(1)
		if !sh.bash {
			sh.errorInSh(st)
		}
	default:
		st.args.list = st.args.list[n:]
		if st.args.unsure >= 0 {
			st.args.unsure -= n
		}
	}
}

func (sh *shell) trapCommand(st *state, inv invocation) {
	st.status = exited(0)
	args := inv.args.list[1:]
	if !inv.args.sure() || len(args) == 0 {
		sh.write(st, 1, unsupported("what trap prints"))
		return
	}
	if t, ok := args[0].known(); ok && t == "--" {
		args = args[1:]
	}
	if len(args) == 1 {
		args = append([]sym{text("-")}, args...)
	}
	for _, s := range args[1:] {
		signal, ok := s.known()
		if !ok {
			continue
		}
		signal = strings.TrimPrefix(strings.ToUpper(signal), "SIG")
		if signal == "0" {
			signal = "EXIT"
		}
		if t, ok := args[0].known(); ok && t == "-" {
			delete(st.traps, signal)
			continue
		}
		if signal == "DEBUG" || signal == "RETURN" {
			sh.giveUp(st, inv.node, "a trap on "+signal)
		}
		src := *sh.src
		src.fixed, src.index, src.positions = inv.at, nil, nil
		st.traps[signal] = trap{text: args[0], at: &src, function: sh.function}
	}
}

func (sh *shell) otherCommand(st *state, inv invocation) {
	name, _ := inv.name()
	st.status = exited(0)
	switch name {
	case "kill":
		sh.kill(st, inv)
	case "wait", "fg", "bg":
		if len(inv.args.list) > 1 {
			st.status = status{}
		}
	case "alias":
		sh.alias(st, inv)
	case "umask", "ulimit", "times", "jobs":
		sh.write(st, 1, mystery(model.WhyUnsupported, "what "+name+" prints"))
	default:
		sh.write(st, 1, mystery(model.WhyUnsupported, "what "+name+" prints"))
		st.status = status{}
	}
}
