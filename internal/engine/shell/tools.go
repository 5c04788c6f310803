package shell

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// tool is a program whose output keyfit computes. It prints into t.out and sets t.status.
// It reports false when it is used in a way that is not computed: then the output is
// unknown.
type tool func(t *toolRun) bool

// toolRun is one use of a tool.
type toolRun struct {
	sh     *shell
	st     *state
	inv    invocation
	name   string
	args   []sym // without the name
	out    sym
	status status
}

// runTool computes a tool's output.
func (sh *shell) runTool(st *state, name string, f tool, inv invocation) {
	t := &toolRun{sh: sh, st: st, inv: inv, name: name, args: inv.args.list[1:], status: exited(0)}
	if !inv.args.sure() || !f(t) {
		out := unknownFrom(append(inv.args.list, unsupported("what "+name+" prints"))...)
		for _, s := range inv.args.list {
			if !s.isKnown() {
				out = unknownFrom(s)
			}
		}
		sh.write(st, 1, out)
		sh.touch(st, name, inv)
		st.status = status{}
		return
	}
	sh.write(st, 1, t.out)
	st.status = t.status
}

// words gives all arguments when they are known.
func (t *toolRun) words() ([]string, bool) { return t.inv.args.from(1).known() }

// stdin takes all of standard input.
func (t *toolRun) stdin() sym {
	s := t.st.io.input(0)
	t.st.io.consume(0, nil)
	return s
}

// input is the content of the named files, or standard input when there are none.
func (t *toolRun) input(files []sym) (sym, bool) {
	if len(files) == 0 {
		return t.stdin(), true
	}
	var out sym
	for _, f := range files {
		if f.is("-") || f.is("/dev/stdin") {
			out = cat(out, t.stdin())
			continue
		}
		if f.is("/dev/null") {
			continue
		}
		s, state := t.sh.read(t.st, f)
		if state == fileMissing || state == fileDir {
			t.missing(f)
			continue
		}
		out = cat(out, s)
	}
	return t.sh.limited(out), true
}

// missing reports a file that is not there: an error, and no output for it.
func (t *toolRun) missing(f sym) {
	t.sh.m.problem(t.inv.at, "the file "+shown(f)+", which "+t.name+" reads, does not exist", "add it, or create it before this place")
	t.sh.complain(t.st, t.name)
	t.status = failed()
}

// lines cuts the input into lines; false when something in it is not known.
func (t *toolRun) lines(files []sym) ([]sym, bool) {
	s, _ := t.input(files)
	lines, ok := splitLines(s)
	if !ok {
		t.out = unknownFrom(s)
	}
	return lines, ok
}

// print adds a line to the output; the newline is added when it is missing.
func (t *toolRun) print(line sym) {
	t.out = append(t.out, line...)
	if s, ok := line.known(); !ok || !strings.HasSuffix(s, "\n") {
		t.out = append(t.out, piece{text: "\n"})
	}
}

// unclear ends a tool whose output is unknown for the reason of s.
func (t *toolRun) unclear(s sym) bool {
	t.out, t.status = unknownFrom(s), status{}
	return true
}

// chomp is a line without its newline.
func chomp(line sym) (string, sym) {
	s, _ := line.known()
	if strings.HasSuffix(s, "\n") {
		return s[:len(s)-1], line.slice(0, len(s)-1)
	}
	return s, line
}

// toolNamed finds a tool.
func toolNamed(name string) tool {
	switch name {
	case "cat":
		return catTool
	case "dirname", "basename":
		return nameTool
	case "realpath", "readlink":
		return realpathTool
	case "tr":
		return trTool
	case "cut":
		return cutTool
	case "head", "tail":
		return headTool
	case "sort", "uniq":
		return sortTool
	case "wc":
		return wcTool
	case "grep", "egrep", "fgrep":
		return grepTool
	case "sed":
		return sedTool
	case "awk", "gawk", "mawk":
		return awkTool
	case "xargs":
		return xargsTool
	case "base64":
		return base64Tool
	case "envsubst":
		return envsubstTool
	case "tee":
		return teeTool
	case "mktemp":
		return mktempTool
	case "seq":
		return seqTool
	case "rev", "tac", "paste", "nl", "fold":
		return lineTool
	case "jq":
		return jqTool
	case "yq":
		return yqTool
	case "cp", "mv", "rm", "touch", "mkdir", "rmdir", "chmod", "chown", "ln":
		return fileTool
	case "sleep", "sync", "clear", "tput", "stty", "printenv", "expr", "whoami", "hostname", "uname", "id", "date", "uuidgen", "nproc", "ls", "find", "diff", "cmp", "stat", "du", "df", "ps", "md5sum", "sha256sum", "sha1sum", "openssl", "arch", "logname", "tty", "which", "file", "column", "od", "xxd", "hexdump":
		return hostTool
	}
	return nil
}

// findStarts is find with -exec: commands that keyfit does not see.
func (t *toolRun) findStarts() bool {
	for i, a := range t.args {
		word, _ := a.known()
		if !slices.Contains([]string{"-exec", "-execdir", "-ok", "-okdir"}, word) || i+1 >= len(t.args) {
			continue
		}
		name, _ := t.args[i+1].known()
		if toolNamed(name) != nil && name != "xargs" {
			continue
		}
		t.sh.m.problem(t.inv.at, "find starts a command here for each file, which keyfit does not follow", "start it in a loop: for f in …; do …; done")
		t.inv.script = "find"
		t.inv.rest = &unknown{why: model.WhyUnsupported, needs: "which commands find starts", multi: true}
		t.sh.external(t.st, t.inv)
		t.status = t.st.status
		return true
	}
	return false
}

// hostTool is a tool whose answer depends on the machine or the moment.
func hostTool(t *toolRun) bool {
	switch t.name {
	case "sleep", "sync", "clear", "tput", "stty":
		return true
	case "printenv":
		return printenvTool(t)
	case "expr":
		return exprTool(t)
	case "find":
		if t.findStarts() {
			return true
		}
	case "openssl":
		if len(t.args) > 0 && !t.args[0].is("rand") {
			t.sh.external(t.st, t.inv)
			t.status = t.st.status
			return true
		}
	}
	why := model.WhyCommandOutput
	switch t.name {
	case "date", "uuidgen", "openssl":
		why = model.WhyTime
	}
	t.out = mystery(why, "what "+t.name+" prints")
	t.status = status{}
	if t.name == "date" || t.name == "whoami" || t.name == "hostname" || t.name == "uname" || t.name == "nproc" {
		t.status = exited(0)
	}
	return true
}
