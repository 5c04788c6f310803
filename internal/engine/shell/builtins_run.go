package shell

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

func (sh *shell) evalCommand(st *state, inv invocation) {
	rest := inv.args.from(1)
	if len(rest.list) > 0 && rest.list[0].is("--") {
		rest = rest.from(1)
	}
	if len(rest.list) == 0 && rest.sure() {
		st.status = exited(0)
		return
	}
	if !rest.sure() && len(rest.list) == 1 {
		rest.unsure = -1 // split and put together again
	}
	if !rest.sure() {
		sh.strangeText(st, sym{{unk: rest.tailUnknown()}})
		return
	}
	sh.eval(st, joinWords(rest), inv.at)
}

// eval follows a text as a part of the running script.
func (sh *shell) eval(st *state, s sym, at pos.Span) {
	all, ok := s.variants()
	if !ok {
		sh.strangeText(st, s)
		return
	}
	if !sh.enter(at) {
		return
	}
	defer func() { sh.depth-- }()
	var ends []*state
	for i, one := range all {
		way := st
		if i < len(all)-1 {
			way = st.clone()
		}
		code, ok := sh.m.code(one)
		if !ok {
			sh.strangeText(way, one)
		} else {
			src := sh.src
			sh.src = textSource(code, at)
			sh.src.name = src.name
			sh.m.mayFollow(len(all) > 1, func() { sh.text(way, code.text) })
			sh.src = src
		}
		ends = append(ends, way)
	}
	if len(ends) > 1 {
		last := ends[len(ends)-1].clone()
		ends[len(ends)-1] = last
		replace(st, ends...)
	}
}

// strangeText is a script of which something is not known: it may set anything.
func (sh *shell) strangeText(st *state, s sym) {
	u := unknownFrom(s)[0].unk
	for _, p := range s {
		if len(s) == 1 && p.unk != nil && len(p.unk.names) > 0 {
			for _, name := range p.unk.names {
				hop := model.Hop{At: sh.here(), Kind: model.KindShell, What: "eval"}
				c := &cell{val: mystery(p.unk.why, p.unk.needs).via(hop), attrs: attrs{exported: true}, trail: model.Trail{}.Append(hop)}
				st.put(name, c)
			}
			st.status = exited(0)
			return
		}
	}
	sh.strange(st, u)
	st.status = status{}
}

// sourceCommand is `. file` and `source file`.
func (sh *shell) sourceCommand(st *state, inv invocation) {
	rest := inv.args.from(1)
	if len(rest.list) > 0 && rest.list[0].is("--") {
		rest = rest.from(1)
	}
	if len(rest.list) == 0 || rest.unsure == 0 {
		sh.strangeText(st, sym{{unk: rest.tailUnknown()}})
		return
	}
	name := rest.list[0]
	all, ok := name.variants()
	if !ok || len(all) == 1 {
		sh.sourceFile(st, inv, name, rest)
		return
	}
	var ends []*state
	for _, one := range all {
		way := st.clone()
		sh.m.mayFollow(true, func() { sh.sourceFile(way, inv, one, rest) })
		ends = append(ends, way)
	}
	replace(st, ends...)
}

func (sh *shell) sourceFile(st *state, inv invocation, name sym, rest fields) {
	if t, ok := name.known(); ok && (t == "/dev/null" || t == "/dev/stdin") {
		st.status = exited(0)
		if t == "/dev/stdin" {
			sh.eval(st, st.io.input(0), inv.at)
		}
		return
	}
	if t, ok := name.known(); ok && !sh.bash && !strings.Contains(t, "/") {
		sh.sourceInPath(st, inv, t)
		return
	}
	key, ok := sh.fileKey(st, name)
	if !ok {
		u := unknownFrom(name, mystery(model.WhyUnsupported, "which file is sourced"))[0].unk
		sh.m.problem(inv.at, "keyfit cannot tell which file is sourced here", "name the file in plain text; what it defines is unknown")
		sh.strange(st, u)
		st.status = status{}
		return
	}
	s, state := sh.content(st, key)
	if t := shownText(name); sh.bash && t != "" && !strings.Contains(t, "/") {
		at := sh.onPath(st, t, false) // PATH comes before the working directory
		if at.key != "" && at.doubt {
			sh.giveUp(st, inv.node, "a sourced file that may be one of several")
			return
		}
		if at.key != "" {
			key = at.key
			s, state = sh.content(st, key)
		}
	}
	switch state {
	case fileMissing, fileDir:
		sh.missingSource(st, inv, name)
	case fileUnknown:
		if !strings.HasPrefix(key, "\x00") {
			fix := "keep it in the repository, or set the variables before; what it defines is unknown"
			if _, ok := model.VariableFile(key); ok {
				fix = model.FileFix(key)
			}
			sh.m.problem(inv.at, "the file "+shown(name)+", which is sourced here, cannot be read by keyfit", fix)
		}
		sh.strangeText(st, s)
	default:
		sh.sourceText(st, inv, key, name, s, rest)
	}
}

func shownText(name sym) string {
	t, _ := name.known()
	return t
}

// missingSource is a sourced file that does not exist. Bash goes on, sh does not.
func (sh *shell) missingSource(st *state, inv invocation, name sym) {
	sh.m.problem(inv.at, "the file "+shown(name)+", which is sourced here, does not exist", "add it, or create it before this place")
	sh.complain(st, "source")
	st.status = exited(1)
	if !sh.bash {
		sh.fail(st, 2)
	}
}

func (sh *shell) sourceText(st *state, inv invocation, key string, name, s sym, rest fields) {
	code, ok := sh.m.code(s)
	if !ok {
		head := knownLines(s)
		if head != "" {
			sh.eval(st, text(head), inv.at)
		}
		if !st.dead {
			sh.strangeText(st, s)
		}
		return
	}
	if !sh.enter(inv.at) {
		return
	}
	defer func() { sh.depth-- }()
	mark := sh.mark()
	giveBack := sh.sourceArgs(st, invocation{node: inv.node, at: inv.at, args: rest}, path.Base(key))
	src, loops := sh.src, sh.loops
	sh.src = fileSource(key, shownText(name), code)
	fr := newFrame(st)
	sh.calls = append(sh.calls, fr)
	sh.frames = append(sh.frames, call{name: "source", src: src, from: inv.at})
	sh.text(st, code.text)
	sh.frames = sh.frames[:len(sh.frames)-1]
	sh.calls, sh.loops, sh.src = sh.calls[:len(sh.calls)-1], loops, src
	if len(fr.ended) > 0 {
		replace(st, append(fr.ended, st.clone())...)
	}
	for _, s := range append(sh.jumpedSince(mark), st) {
		giveBack(s)
	}
	st.haunt("RETURN")
}

// sourceArgs gives a sourced file the arguments that stand behind its name. The function
// that it returns brings back the ones before. Bash leaves those that a set in the file
// has made, unless it is in a function; dash hands a file no arguments of its own.
func (sh *shell) sourceArgs(st *state, inv invocation, name string) (giveBack func(*state)) {
	if len(inv.args.list) <= 1 || !sh.bash && !sh.any {
		return func(*state) {}
	}
	saved, inFunction := st.args, len(st.locals) > 0
	if sh.any {
		st.args = arguments{tail: anyShell()}
	} else {
		st.args = sh.arguments(inv, name)
	}
	given := st.args
	st.argsSet = no
	return func(end *state) {
		set := end.argsSet
		end.argsSet = no // what stays passes for given from here on
		switch {
		case sh.any && (set != no || given.same(end.args) == no):
			end.args, end.argsSet = arguments{tail: anyShell()}, maybe
		case set == no || inFunction:
			end.args = saved
		case set == maybe:
			end.args = end.args.join(saved)
		}
	}
}

// knownLines are the whole lines before the first unknown stretch.
func knownLines(s sym) string {
	var b strings.Builder
	for _, p := range s {
		if p.unk != nil {
			break
		}
		b.WriteString(p.text)
	}
	t := b.String()
	return t[:strings.LastIndexByte(t, '\n')+1]
}

// execCommand replaces the shell by a command.
func (sh *shell) execCommand(st *state, inv invocation) {
	i := 1
	for i < len(inv.args.list) {
		t, ok := inv.args.list[i].known()
		if !ok || !strings.HasPrefix(t, "-") {
			break
		}
		if t == "-a" {
			i++
		}
		if t == "-c" {
			sh.giveUp(st, inv.node, "exec -c")
			return
		}
		i++
	}
	if i >= len(inv.args.list) {
		st.status = exited(0)
		return
	}
	sh.asProgram(st, inv.from(i))
	if !st.dead {
		st.traps = map[string]trap{}
		sh.exit(st)
	}
}

// commandCommand is command [-v|-V|-p] name.
func (sh *shell) commandCommand(st *state, inv invocation) {
	rest := inv.from(1)
	for len(rest.args.list) > 0 {
		t, ok := rest.args.list[0].known()
		if ok && (t == "-v" || t == "-V") {
			sh.lookUp(st, rest.from(1), t == "-v")
			return
		}
		if !ok || t != "-p" && t != "--" {
			break
		}
		rest = rest.from(1)
	}
	sh.builtinOrProgram(st, rest)
}

func (sh *shell) builtinCommand(st *state, inv invocation) { sh.builtinOrProgram(st, inv.from(1)) }

func (sh *shell) builtinOrProgram(st *state, inv invocation) {
	if len(inv.args.list) == 0 {
		st.status = exited(0)
		return
	}
	name, ok := inv.name()
	if !ok {
		sh.external(st, inv)
		return
	}
	sh.notFunction(st, name, inv)
}

func (sh *shell) typeCommand(st *state, inv invocation) {
	name, _ := inv.name()
	rest := inv.from(1)
	if len(rest.args.list) == 0 || rest.args.list[0].is("-r") {
		st.status = exited(0)
		return
	}
	for len(rest.args.list) > 0 && strings.HasPrefix(shownText(rest.args.list[0]), "-") {
		rest = rest.from(1)
	}
	sh.lookUp(st, rest, false)
	if name == "hash" && st.status.ok == yes {
		st.status = status{}
	}
}

// lookUp tells whether a command exists. Of external ones that is not known.
func (sh *shell) lookUp(st *state, inv invocation, short bool) {
	if len(inv.args.list) != 1 || !inv.args.sure() {
		sh.write(st, 1, unsupported("where commands are"))
		st.status = status{}
		return
	}
	name, ok := inv.name()
	switch {
	case ok && (st.funcs[name] != nil && len(st.funcs[name].alts) == 0 || sh.builtinNamed(name) != nil):
		out := text(name + "\n")
		if !short {
			out = unsupported("what the shell says of " + name)
		}
		sh.write(st, 1, out)
		st.status = exited(0)
	case ok && (name == "cat" || name == "sed" || name == "grep" || name == "sh" || name == "env"):
		sh.write(st, 1, unsupported("where "+name+" is"))
		st.status = exited(0)
	default:
		sh.write(st, 1, mystery(model.WhyCommandOutput, "where a command is"))
		st.status = status{}
	}
}
