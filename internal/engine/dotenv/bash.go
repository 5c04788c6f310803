package dotenv

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// bash reads the file as `set -a; source FILE` would, as long as every statement is an
// assignment. A file with more in it is for the shell engine.
type bash struct {
	*lexer
	pending []token // of the statement that is being read
	export  bool    // it is an export
	nesting int
	words   shellWords
}

const (
	fixScript    = "run the file in a `run:` step, so that it is read as a script"
	runsCommand  = "bash would run a command here instead of setting a variable"
	isScript     = "bash would run more than assignments here, and what that does is not known"
	badSyntax    = "bash refuses the file here: the shell has a meaning of its own for this character"
	inBackground = "bash sets this in the background, where nothing sees it: \"&\" ends the statement"
)

func lexBash(l *lexer) {
	b := &bash{lexer: l}
	for b.blanks(); !b.done(); b.blanks() {
		switch b.text[b.pos] {
		case '\n':
			b.pos++
		case '#':
			b.pos = lineEnd(b.text, b.pos)
		default:
			if !b.statement() {
				return
			}
		}
	}
}

// blanks skips spaces, tabs and continued line ends.
func (b *bash) blanks() {
	for !b.done() {
		switch {
		case b.text[b.pos] == ' ' || b.text[b.pos] == '\t':
			b.pos++
		case strings.HasPrefix(b.text[b.pos:], "\\\n"):
			b.pos += 2
		default:
			return
		}
	}
}

// foreign says that the file is a script.
func (b *bash) foreign(at int) bool {
	b.halt = &halt{foreign: true, script: true, note: note{at: at, message: isScript, fix: fixScript}}
	return false
}

// atBreak reports whether a word ends here.
func (b *bash) atBreak() bool {
	return b.done() || strings.IndexByte(" \t\n;&|()<>", b.text[b.pos]) >= 0
}

func (b *bash) statement() bool {
	b.pending, b.export = nil, false
	start := b.pos
	if _, ok := b.assignmentName(); ok {
		if !b.assignments() {
			return false
		}
		return b.statementEnd()
	}
	for !b.atBreak() {
		b.pos++
	}
	switch word := b.text[start:b.pos]; word {
	case "export":
		b.export = true
		return b.exports() && b.statementEnd()
	case "set":
		return b.setAll(start) && b.statementEnd()
	default:
		return b.command(start, word)
	}
}

// setAll accepts the set -a that such files often begin with.
func (b *bash) setAll(start int) bool {
	end := lineEnd(b.text, b.pos)
	option := strings.TrimSpace(b.text[b.pos:end])
	if option != "-a" && option != "-o allexport" {
		return b.foreign(start)
	}
	b.pos = end
	return true
}

// command halts at a word that is none of ours: a construct of the shell makes the file
// a script, any other word is the name of a command that nobody meant to run.
func (b *bash) command(at int, word string) bool {
	if word == "" {
		if b.text[at] == '(' {
			return b.foreign(at)
		}
		return b.refuse(at, badSyntax, fixQuote)
	}
	if isShellWord(word) || strings.IndexByte("$`\"'\\[{!./~", word[0]) >= 0 {
		return b.foreign(at)
	}
	return b.refuse(at, runsCommand, fixQuote)
}

// isShellWord knows the reserved words of bash and its built-in commands.
func isShellWord(word string) bool {
	words := []string{
		"if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in", "function", "time", "coproc",
		"alias", "bg", "bind", "break", "builtin", "caller", "cd", "command", "compgen", "complete", "compopt", "continue", "declare", "dirs", "disown",
		"echo", "enable", "eval", "exec", "exit", "export", "false", "fc", "fg", "getopts", "hash", "help", "history", "jobs", "kill", "let", "local",
		"logout", "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return", "set", "shift", "shopt", "source", "suspend",
		"test", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait", ":", ".",
	}
	return slices.Contains(words, word)
}

// assignmentName reports whether an assignment begins here, and the length of its name.
func (b *bash) assignmentName() (n int, ok bool) {
	rest := b.text[b.pos:]
	for n < len(rest) && isWord(rest[n]) {
		n++
	}
	if n == 0 || isDigit(rest[0]) {
		return 0, false
	}
	return n, strings.HasPrefix(rest[n:], "=") || strings.HasPrefix(rest[n:], "+=")
}

// assignments reads one assignment or more, up to the end of the statement.
func (b *bash) assignments() bool {
	for {
		if _, ok := b.assignmentName(); !ok {
			break
		}
		if !b.assignment() {
			return false
		}
		b.blanks()
	}
	if b.atBreak() || b.text[b.pos] == '#' {
		return true
	}
	at := b.pos
	for !b.atBreak() {
		b.pos++
	}
	return b.command(at, b.text[at:b.pos])
}

func (b *bash) assignment() bool {
	n, _ := b.assignmentName()
	t := token{name: b.text[b.pos : b.pos+n], start: b.pos, nameEnd: b.pos + n, op: '='}
	b.pos += n
	if b.text[b.pos] == '+' {
		b.pos++
		t.parts = append(t.parts, part{name: t.name})
	}
	b.pos++
	t.valueStart = b.pos
	if !b.done() && b.text[b.pos] == '(' {
		return b.foreign(b.pos) // an array
	}
	if !b.done() && (b.text[b.pos] == '\'' || b.text[b.pos] == '"') {
		t.quote = b.text[b.pos]
	}
	parts, ok := b.word()
	if !ok {
		return false
	}
	t.end = b.pos
	t.parts = append(t.parts, parts...)
	t.text = literalText(t.parts)
	t.raw = t.text
	switch {
	case isReadonly(t.name):
		return b.refuse(t.start, "bash refuses to set this variable: it is its own", "choose another name")
	case isBashOwn(t.name) || b.export && b.usesPending(t.parts):
		t.unsure = true
	}
	b.pending = append(b.pending, t)
	return true
}

// usesPending reports whether an export uses what it sets itself: bash expands all its
// words before it sets any.
func (b *bash) usesPending(parts []part) bool {
	return slices.ContainsFunc(b.pending, func(t token) bool { return mentions(parts, t.name) })
}

// exports reads the words of an export: assignments and names.
func (b *bash) exports() bool {
	for b.blanks(); !b.atBreak() && b.text[b.pos] != '#'; b.blanks() {
		n, ok := b.assignmentName()
		switch {
		case ok:
			if !b.assignment() {
				return false
			}
		case n == 0 || isDigit(b.text[b.pos]):
			return b.foreign(b.pos)
		default:
			b.exported(b.text[b.pos : b.pos+n])
		}
		if !b.atBreak() {
			return b.foreign(b.pos)
		}
	}
	return true
}

// exported reads a bare name of an export. What is set in the file is exported anyway;
// what bash sets by itself only now.
func (b *bash) exported(name string) {
	if isBashOwn(name) || isBashDefault(name) {
		t := token{name: name, start: b.pos, nameEnd: b.pos + len(name), op: '=', parts: []part{{name: name}}}
		t.valueStart, t.end = t.nameEnd, t.nameEnd
		b.pending = append(b.pending, t)
	}
	b.pos += len(name)
}

// statementEnd reads what ends a statement, and hands the assignments over.
func (b *bash) statementEnd() bool {
	b.blanks()
	c := byte('\n')
	if !b.done() {
		c = b.text[b.pos]
	}
	next := byte(0)
	if b.pos+1 < len(b.text) {
		next = b.text[b.pos+1]
	}
	switch {
	case c == '\n', c == '#', c == ';' && next != ';':
		if c == ';' {
			b.pos++
		}
		for _, t := range b.pending {
			if !b.emit(t) {
				return false
			}
		}
		return true
	case c == '&' && next != '&' && next != '>':
		b.pos++
		for _, t := range b.pending {
			b.skipped(t.start, inBackground, fixQuote)
		}
		return true
	case c == '<' || c == '>':
		return b.redirection()
	case c == '|' && next != '|' && next != '&':
		return b.refuse(b.pos, runsCommand, fixQuote)
	case c == ';' || c == '(' || c == ')':
		return b.refuse(b.pos, badSyntax, fixQuote)
	}
	return b.foreign(b.pos)
}

// redirection tells <placeholder> and the like, which bash refuses, from a script.
func (b *bash) redirection() bool {
	at := b.pos
	for !b.done() && strings.IndexByte("<>", b.text[b.pos]) >= 0 {
		op := b.text[b.pos]
		b.pos++
		if !b.done() && (b.text[b.pos] == op || strings.IndexByte("(&|", b.text[b.pos]) >= 0) {
			return b.foreign(at)
		}
		b.blanks()
		if b.atBreak() {
			return b.refuse(b.pos-1, badSyntax, fixQuote)
		}
		for !b.atBreak() {
			if strings.IndexByte("'\"`$\\", b.text[b.pos]) >= 0 {
				return b.foreign(at)
			}
			b.pos++
		}
		b.blanks()
	}
	return b.foreign(at)
}

// isReadonly knows the variables that bash does not let anyone set.
func isReadonly(name string) bool {
	return slices.Contains([]string{"BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"}, name)
}

// isBashOwn knows the variables that bash sets or computes by itself.
func isBashOwn(name string) bool {
	own := []string{
		"COPROC", "COMP_CWORD", "COMP_KEY", "COMP_LINE", "COMP_POINT", "COMP_TYPE", "COMP_WORDBREAKS", "COMP_WORDS", "DIRSTACK", "EPOCHREALTIME",
		"EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS", "HISTCMD", "HOSTNAME", "HOSTTYPE", "IFS", "LINENO", "MACHTYPE", "OLDPWD", "OPTARG", "OPTERR",
		"OPTIND", "OSTYPE", "PIPESTATUS", "POSIXLY_CORRECT", "PPID", "PS4", "PWD", "RANDOM", "READLINE_ARGUMENT", "READLINE_LINE", "READLINE_MARK",
		"READLINE_POINT", "REPLY", "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID", "_",
	}
	return strings.HasPrefix(name, "BASH") || slices.Contains(own, name)
}

// isBashDefault knows the variables that bash sets when nothing else has.
func isBashDefault(name string) bool {
	return slices.Contains([]string{"HOME", "PATH", "SHELL", "TERM"}, name)
}

// bashOutside is what bash finds in a variable that the file has not set. Some it sets
// itself when nothing else does.
func bashOutside(outside func(string) model.Value) find {
	return func(name string) (model.Value, bool) {
		v := outside(name)
		unset := v.State == model.Absent
		if isBashOwn(name) || unset && isBashDefault(name) {
			return model.UnknownBecause(model.WhyUnsupported, "a variable that bash does not set by itself", model.Trail{}), true
		}
		return v, !unset
	}
}
