package shell

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func isShellName(name string) bool { return name == "bash" || name == "sh" || name == "dash" }

// startShellCommand is `bash file`, `sh -c code` and the like.
func (sh *shell) startShellCommand(st *state, name string, inv invocation) {
	c := childShell{bash: name == "bash", any: name == "sh", inv: inv, name: text(name)}
	i, code, input := 1, false, false
	for ; i < len(inv.args.list) && (inv.args.sure() || i < inv.args.unsure); i++ {
		a, ok := inv.args.list[i].known()
		if !ok || len(a) < 2 || a[0] != '-' && a[0] != '+' {
			break
		}
		if a == "--" {
			i++
			break
		}
		if strings.HasPrefix(a, "--") {
			if !slices.Contains([]string{"--norc", "--noprofile", "--posix", "--login"}, a) {
				sh.external(st, inv)
				return
			}
			c.login = c.login || a == "--login"
			if a == "--posix" {
				c.bash, c.any = false, true
			}
			continue
		}
		letters := a[1:]
		code = code || strings.Contains(letters, "c")
		c.login = c.login || strings.ContainsAny(letters, "li")
		letters = strings.Map(dropShellLetters, letters)
		if letters != "" {
			c.flags = append(c.flags, a[:1]+letters)
		}
		if strings.Contains(letters, "o") && i+1 < len(inv.args.list) {
			if o, ok := inv.args.list[i+1].known(); ok {
				c.flags = append(c.flags, o)
			}
			i++
		}
		input = input || strings.Contains(letters, "s")
	}
	if input && !code {
		c.args = sh.arguments(inv.from(i-1), "the script")
		sh.fromInput(st, c)
		return
	}
	c.args = arguments{unsure: -1}
	if i >= len(inv.args.list) || inv.args.unsure >= 0 && i >= inv.args.unsure {
		sh.fromInput(st, c)
		return
	}
	if code {
		sh.commandText(st, c, i)
		return
	}
	sh.scriptFile(st, c, i)
}

func dropShellLetters(r rune) rune {
	if strings.ContainsRune("cli", r) {
		return -1
	}
	return r
}

// commandText is sh -c 'code' name arguments….
func (sh *shell) commandText(st *state, c childShell, i int) {
	s := c.inv.args.list[i]
	code, ok := sh.m.code(s)
	if !ok {
		sh.external(st, c.inv)
		return
	}
	rest := c.inv.from(i)
	c.src = textSource(code, c.inv.at)
	if len(rest.words) > 0 {
		c.src.fixed = sh.src.span(rest.words[0])
	}
	c.args = arguments{unsure: -1}
	if len(rest.args.list) > 1 {
		c.name = rest.args.list[1]
		c.args = sh.arguments(rest.from(1), "the script")
	}
	sh.child(st, c)
}

// scriptFile is sh file arguments….
func (sh *shell) scriptFile(st *state, c childShell, i int) {
	name := c.inv.args.list[i]
	key, ok := sh.fileKey(st, name)
	if !ok {
		sh.unreadable(st, c.inv, name, unknownFrom(name, mystery(model.WhyUnsupported, "which script is started")))
		return
	}
	s, state := sh.content(st, key)
	code, ok := sh.m.code(s)
	switch {
	case state == fileMissing:
		sh.missingScript(st, c.inv, name)
		return
	case state != fileThere || !ok:
		sh.unreadable(st, c.inv, name, s)
		return
	}
	c.src = fileSource(key, "", code)
	c.src.name, _ = name.known()
	c.name = name
	c.workload = c.src.name
	c.args = sh.arguments(c.inv.from(i), path.Base(key))
	sh.child(st, c)
}

// unreadable starts a script that keyfit cannot read: what it does is not known, for the
// reason of s.
func (sh *shell) unreadable(st *state, inv invocation, name, s sym) {
	u := unknownFrom(s)[0].unk
	inv.script, inv.rest = scriptName(name), &unknown{why: u.why, needs: u.needs, multi: true}
	if u.why == model.WhyMissingFile {
		inv.rest.needs = "the script " + inv.script
	}
	sh.m.problem(inv.at, "keyfit cannot read the script "+shown(name)+", which is started here",
		"keep it in the repository, or add a step that says what it does")
	sh.external(st, inv)
}

// missingScript starts a script that does not exist. A command before it may have made
// it.
func (sh *shell) missingScript(st *state, inv invocation, name sym) {
	sh.m.problem(inv.at, "the script "+shown(name)+" does not exist in the repository", "add it, or correct the path")
	inv.script = scriptName(name)
	inv.rest = &unknown{why: model.WhyMissingFile, needs: "the script " + inv.script, multi: true}
	if st.ran {
		sh.external(st, inv)
		return
	}
	sh.m.recordMissing(st, inv)
	sh.channelsOf(st, inv.script, inv)
	sh.complain(st, "sh")
	st.status = exited(127)
}

func scriptName(name sym) string {
	if t, ok := name.known(); ok {
		return t
	}
	return "a script that is not known"
}

// fromInput is a shell that reads its script from standard input.
func (sh *shell) fromInput(st *state, c childShell) {
	if st.io.fds[0].kind != fromStream {
		sh.external(st, c.inv)
		return
	}
	s := st.io.input(0)
	code, ok := sh.m.code(s)
	if !ok {
		sh.external(st, c.inv)
		return
	}
	st.io.consume(0, nil)
	c.src = textSource(code, c.inv.at)
	sh.child(st, c)
}

// wrapper names commands that start another one with the same environment.
func wrapper(name string) bool {
	return slices.Contains([]string{"nohup", "nice", "timeout", "time", "stdbuf", "setsid", "ionice", "env", "chronic"}, name)
}

// wrapped follows the command that a wrapper starts.
func (sh *shell) wrapped(st *state, name string, inv invocation) {
	if name == "env" {
		sh.envCommand(st, inv)
		return
	}
	i := 1
	for i < len(inv.args.list) {
		t, ok := inv.args.list[i].known()
		if !ok || !strings.HasPrefix(t, "-") {
			break
		}
		i++
		if name != "nohup" && name != "setsid" && len(t) == 2 && strings.Contains("nskcioe", t[1:]) && name != "time" {
			i++
		}
	}
	if name == "timeout" {
		i++
	}
	if i >= len(inv.args.list) || !inv.args.sure() {
		sh.external(st, inv)
		return
	}
	sh.asProgram(st, inv.from(i))
	if name == "timeout" && st.status.ok == yes {
		st.status = status{}
	}
}

// asProgram starts a command as a program: neither a function nor a builtin of the shell.
func (sh *shell) asProgram(st *state, inv invocation) {
	name, ok := inv.name()
	if !ok {
		if !sh.startPlace(st, inv) {
			sh.external(st, inv)
		}
		return
	}
	if name == "env" {
		sh.envCommand(st, inv)
		return
	}
	sh.program(st, name, inv)
}

// envCommand is env [-i] [-u NAME] [NAME=value]… [command].
func (sh *shell) envCommand(st *state, inv invocation) {
	sub := st.clone()
	i := 1
	for ; i < len(inv.args.list); i++ {
		if !inv.args.sure() && i >= inv.args.unsure {
			sub.goWild(inv.args.tailUnknown())
			break
		}
		s := inv.args.list[i]
		if name, val, ok := splitAssign(s); ok {
			hop := model.Hop{At: inv.at, Kind: model.KindShell, What: "env " + name + "=", Literal: val.isLiteral()}
			if len(inv.words) == len(inv.args.list) {
				hop.At = sh.src.span(inv.words[i])
			}
			sub.vars[name] = redefine(exportedOnly(sub.get(name)), val, hop)
			sh.exportCell(sub, name)
			continue
		}
		t, known := s.known()
		if !known {
			sh.external(st, inv)
			return
		}
		done, ok := envOption(sub, t, inv, &i)
		if !ok {
			sh.external(st, inv)
			return
		}
		if done {
			break
		}
	}
	if i >= len(inv.args.list) {
		sh.printEnv(st, sub)
		return
	}
	sh.asProgram(sub, inv.from(i))
	st.takeOver(sub)
	if sub.dead {
		st.dead = true
	}
}

func exportedOnly(c *cell) *cell {
	if len(c.plain()) != 1 {
		return nil
	}
	return exportedCell(c)
}

// envOption applies one option of env. done means that the command begins here.
func envOption(st *state, t string, inv invocation, i *int) (done, ok bool) {
	switch {
	case t == "-i" || t == "-" || t == "--ignore-environment":
		for name := range st.vars {
			if name != "IFS" {
				delete(st.vars, name)
			}
		}
		st.wild = nil
	case t == "-u" && *i+1 < len(inv.args.list):
		*i++
		name, known := inv.args.list[*i].known()
		if !known {
			return false, false
		}
		st.put(name, nil)
	case strings.HasPrefix(t, "--unset="):
		st.put(strings.TrimPrefix(t, "--unset="), nil)
	case t == "--":
		*i++
		return true, true
	case strings.HasPrefix(t, "-"):
		return false, false
	default:
		return true, true
	}
	return false, true
}

// printEnv is env without a command. The order of its lines is not promised.
func (sh *shell) printEnv(st, sub *state) {
	var lines []sym
	for name, c := range sub.vars {
		if v, ok := c.envValue(); ok {
			lines = append(lines, cat(text(name+"="), fromValue(v), text("\n")))
		}
	}
	out := unsupported("the order in which env prints")
	if len(lines) == 1 && sub.wild == nil {
		out = lines[0]
	}
	if len(lines) == 0 && sub.wild == nil {
		out = nil
	}
	sh.write(st, 1, out)
	st.status = exited(0)
}

// splitAssign cuts NAME=value apart.
func splitAssign(s sym) (name string, val sym, ok bool) {
	name, val, ok = cutAssign(s)
	return name, val, ok && isName(name)
}

// cutAssign cuts a text at its first equals sign, when all before it is known.
func cutAssign(s sym) (name string, val sym, ok bool) {
	if len(s) == 0 || s[0].unk != nil {
		return "", nil, false
	}
	i := 0
	var b strings.Builder
	for ; i < len(s) && s[i].unk == nil; i++ {
		n, rest, found := strings.Cut(s[i].text, "=")
		b.WriteString(n)
		if !found {
			continue
		}
		first := s[i]
		first.text = rest
		val = append(sym{first}, s[i+1:]...)
		return b.String(), val, true
	}
	return "", nil, false
}
