package shell

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// program starts a program: a script of the repository, a tool that is computed here,
// or an external command.
func (sh *shell) program(st *state, name string, inv invocation) {
	if strings.Contains(name, "/") {
		sh.programAt(st, name, inv)
		return
	}
	switch at := sh.onPath(st, name, true); {
	case at.doubt:
		sh.external(st, inv)
		return
	case at.key != "":
		sh.startFile(st, at.key, text(at.key), name, inv)
		return
	}
	if isShellName(name) {
		sh.startShellCommand(st, name, inv)
		return
	}
	if !sh.bash && (bashBuiltin(name) != nil || name == "[[" || name == "function") {
		sh.bashCommand(st, name, inv)
		return
	}
	if t := toolNamed(name); t != nil {
		sh.runTool(st, name, t, inv)
		return
	}
	if wrapper(name) {
		sh.wrapped(st, name, inv)
		return
	}
	sh.external(st, inv)
}

// programAt starts what a path names.
func (sh *shell) programAt(st *state, name string, inv invocation) {
	key, ok := sh.fileKey(st, text(name))
	if !ok {
		sh.external(st, inv)
		return
	}
	if base := path.Base(name); outside(key) && isSystemPath(path.Dir(key)) && st.files[key] == nil {
		inv.args.list = append([]sym{text(base)}, inv.args.list[1:]...)
		if toolNamed(base) != nil || isShellName(base) || base == "env" {
			sh.program(st, base, inv)
			return
		}
		inv.args.list[0] = text(name)
		sh.external(st, inv)
		return
	}
	switch sh.statKey(st, key) {
	case fileMissing:
		if !looksLikeScript(name) {
			sh.external(st, inv) // what a build makes is seldom in the repository
			return
		}
		sh.missingScript(st, inv, text(name))
	case fileDir:
		st.status = exited(126)
	default:
		sh.startFile(st, key, text(name), name, inv)
	}
}

// startPlace starts a file that is named by a path of which the beginning is not known, but
// where it leads.
func (sh *shell) startPlace(st *state, inv invocation) bool {
	if inv.args.unsure == 0 || len(inv.args.list) == 0 || !inv.args.list[0].begun().isPlace() {
		return false
	}
	name := inv.args.list[0]
	key, ok := sh.fileKey(st, name)
	if !ok {
		return false
	}
	switch sh.statKey(st, key) {
	case fileThere:
		sh.startFile(st, key, name, key, inv)
		return true
	case fileMissing:
		if looksLikeScript(key) {
			sh.missingScript(st, inv, text(key))
			return true
		}
	}
	return false
}

// looksLikeScript reports whether a path is that of a script rather than of a program
// that a build, which may have run before this deploy, puts there.
func looksLikeScript(name string) bool {
	return slices.Contains([]string{".sh", ".bash", ".ksh", ".zsh", ".py", ".rb", ".pl"}, path.Ext(name))
}

func isSystemPath(dir string) bool {
	return slices.Contains([]string{"/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin"}, dir)
}

func (sh *shell) isExecutable(st *state, key string) bool {
	if f := st.files[key]; f != nil {
		return f.exec
	}
	info, err := sh.m.step.Files.Stat(key)
	return err == nil && info.Executable
}

// startFile starts a file of the repository: a shell script is followed, anything else
// is an external command.
func (sh *shell) startFile(st *state, key string, argv0 sym, written string, inv invocation) {
	s, state := sh.content(st, key)
	code, ok := sh.m.code(s)
	if (state != fileThere || !ok) && looksLikeScript(written) {
		sh.unreadable(st, inv, text(written), s)
		return
	}
	if state != fileThere || !ok || !repo.IsText([]byte(code.text)) {
		sh.external(st, inv)
		return
	}
	script := scriptOf(code.text)
	if script.other {
		sh.external(st, inv)
		return
	}
	bash, anySh := script.bash, script.any
	if !script.shebang {
		bash, anySh = sh.bash, sh.any
	}
	src := fileSource(key, "", code)
	src.name, _ = argv0.known()
	sh.child(st, childShell{
		bash: bash, any: anySh, src: src, name: argv0, flags: script.flags,
		args: sh.arguments(inv, path.Base(key)), workload: written, inv: inv,
	})
}

// interpreter is what a script's first line says.
type interpreter struct {
	shebang bool
	bash    bool
	any     bool // sh, which may be one of several shells
	other   bool // no shell that keyfit follows
	flags   []string
}

func scriptOf(code string) interpreter {
	line, _, _ := strings.Cut(code, "\n")
	if !strings.HasPrefix(line, "#!") {
		return interpreter{}
	}
	words := strings.Fields(strings.TrimPrefix(strings.TrimSuffix(line, "\r"), "#!"))
	out := interpreter{shebang: true}
	if len(words) > 0 && path.Base(words[0]) == "env" {
		words = words[1:]
		for len(words) > 0 && (strings.HasPrefix(words[0], "-") || strings.Contains(words[0], "=")) {
			words = words[1:]
		}
	}
	if len(words) == 0 || strings.HasSuffix(line, "\r") {
		out.other = true
		return out
	}
	switch path.Base(words[0]) {
	case "bash":
		out.bash = true
	case "dash":
	case "sh", "ash":
		out.any = true
	default:
		out.other = true
	}
	out.flags = words[1:]
	return out
}

// childShell is a shell process that is to be followed.
type childShell struct {
	bash     bool
	any      bool
	src      *source
	name     sym
	flags    []string
	args     arguments
	workload string // how the script is named where it is started
	inv      invocation
	login    bool
}

// child follows another shell process: it gets what is exported, and gives back nothing
// but files, output and a status.
func (sh *shell) child(st *state, c childShell) {
	if !sh.enter(c.inv.at) {
		return
	}
	defer func() { sh.depth-- }()
	sub := st.exported()
	sub.args = c.args
	inner := &shell{m: sh.m, bash: c.bash, any: c.any, src: c.src, name: c.name, depth: sh.depth, nest: sh.nest}
	if c.bash {
		sub.inheritFunctions(st)
	}
	inner.startShell(sub)
	inner.flags(sub, c.flags)
	if c.login || c.bash && !inner.startUp(sub) {
		u := &unknown{why: model.WhyMissingFile, needs: "the shell's start-up files"}
		inner.strange(sub, u)
	}
	inner.noErr, inner.lossy = 0, sh.dropsErrors(st)
	mark := len(sh.m.records)
	end := inner.script(sub, c.src.text)
	if sh.top && c.workload != "" && sh.m.halted == nil {
		sh.m.recordScript(end, c.inv.at, c.workload, mark)
	}
	st.takeOver(end)
}

// startUp follows the file that BASH_ENV names, which a bash reads before its script. It
// reports false when that cannot be followed.
func (sh *shell) startUp(st *state) bool {
	c := st.vars["BASH_ENV"] // of what something unknown may have exported, it is not taken to be a part
	if c == nil || len(c.alts) == 0 && (c.isSet() == no || c.isSet() == yes && c.scalarText().isEmpty()) {
		return true
	}
	key, ok := sh.fileKey(st, c.scalarText())
	if !ok || c.isSet() != yes || len(c.alts) > 0 {
		return false
	}
	s, state := sh.content(st, key)
	code, ok := sh.m.code(s)
	if !ok || state != fileThere {
		return false
	}
	src := sh.src
	sh.src, sh.exits = fileSource(strings.TrimPrefix(key, channelPrefix), "", code), newFrame(st)
	sh.text(st, code.text)
	sh.src = src
	return len(sh.exits.ended) == 0
}

// exported is the state that a child process starts in.
func (st *state) exported() *state {
	next := st.clone()
	next.vars = map[string]*cell{}
	for name, c := range st.vars {
		if e := exportedCell(c); e != nil || st.wild != nil {
			next.vars[name] = e
		}
	}
	next.funcs, next.traps, next.locals = map[string]*function{}, map[string]trap{}, nil
	next.opts, next.optAt, next.subst, next.aliases = options{}, 0, nil, nil
	next.status = exited(0)
	return next
}

// inheritFunctions hands exported functions down to a child shell.
func (st *state) inheritFunctions(parent *state) {
	for name, f := range parent.funcs {
		for _, p := range f.plain() {
			if p != nil && p.exported {
				st.funcs[name] = f
			}
		}
	}
}

// exportedCell is a variable as a child process gets it: without what only the shell
// knows of it.
func exportedCell(c *cell) *cell {
	var out *cell
	for i, p := range c.plain() {
		var next *cell
		if p != nil && !p.unset && p.attrs.exported && p.shape == scalar {
			next = p
			if p.attrs != (attrs{exported: true}) {
				copied := *p
				copied.attrs = attrs{exported: true}
				next = &copied
			}
		}
		if i == 0 {
			out = next
		} else {
			out = joinCells(out, next)
		}
	}
	if out != nil && len(out.alts) > 0 && slices.Equal(out.alts, c.alts) {
		return c // with what it says of where it comes from
	}
	return out
}

// external records a command that keyfit does not follow. What it prints, and whether
// it succeeds, only a run could tell.
func (sh *shell) external(st *state, inv invocation) {
	name, ok := inv.name()
	if !ok {
		name = "a command that is not known"
	}
	in := st.io.fds[0]
	piped := in.kind == fromStream
	before := len(sh.m.records)
	if inv.rest != nil {
		sh.m.recordUnread(st, inv, st.io.input(0), piped)
	} else {
		sh.m.record(st, inv.at, inv.args, st.io.input(0), piped)
	}
	st.ran = true
	sh.touch(st, name, inv)
	sh.channelsOf(st, name, inv)
	if piped && readsInput(path.Base(name)) {
		st.io.consume(0, nil)
	}
	out := mystery(model.WhyCommandOutput, "what "+name+" prints")
	out[0].unk.names = setsOnly(path.Base(name))
	if now := len(sh.m.records); now > before {
		out[0].unk.prints = &output{record: now}
	}
	sh.write(st, 1, out)
	sh.write(st, 2, out)
	st.status = status{}
}

// readsInput names commands that read standard input to its end although nobody asks.
func readsInput(name string) bool {
	return slices.Contains([]string{"ssh", "ffmpeg", "rsh", "psql", "mysql"}, name)
}

// setsOnly names the variables that the output of a command sets when it is evaluated,
// for the few commands of which that is certain.
func setsOnly(name string) []string {
	if name == "ssh-agent" {
		return []string{"SSH_AUTH_SOCK", "SSH_AGENT_PID"}
	}
	return nil
}
