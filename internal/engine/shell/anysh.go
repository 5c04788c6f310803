package shell

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"mvdan.cc/sh/v3/syntax"
)

// whichShell is what would tell how a script for sh goes on: /bin/sh is dash on one
// machine, busybox on the next, and bash in its POSIX mode on a third.
const whichShell = "which shell /bin/sh is"

func anyShell() *unknown { return &unknown{why: model.WhyAmbiguous, needs: whichShell} }

// differs is the answer to what the shells that may be sh do in different ways:
// everything may have changed.
func (sh *shell) differs(st *state, at pos.Span, what string) {
	sh.m.problem(at, what+" means different things in the shells that may be sh", useBash)
	sh.strange(st, anyShell())
	st.status = status{}
}

const useBash = "begin the script with #!/usr/bin/env bash, and run it with bash"

// mayEnd notes that some of the shells that may be sh end here, with an error.
func (sh *shell) mayEnd(st *state, code int) {
	other := st.clone()
	sh.fail(other, code)
}

// errorInSh is an error of a special builtin: dash ends, and some of the other shells
// that may be sh go on.
func (sh *shell) errorInSh(st *state) {
	if !sh.any {
		sh.fail(st, 2)
		return
	}
	sh.mayEnd(st, 2)
	st.status = exited(1)
}

// bashCommand is a command of bash in a script for sh.
func (sh *shell) bashCommand(st *state, name string, inv invocation) {
	sh.m.problem(inv.at, "not every sh has the command "+strconv.Quote(name)+", which is one of bash", useBash)
	switch {
	case !sh.any:
		sh.complain(st, name)
		st.status = exited(127)
	case name == "[[" || name == "shopt":
		st.status = status{}
	case name == "source":
		other := st.clone()
		sh.complain(other, name)
		other.status = exited(127)
		sh.sourceCommand(st, inv)
		replace(st, st.clone(), other)
	default:
		sh.differs(st, inv.at, shown(text(name)))
	}
}

// sourceInPath is `. name` without a slash in sh, which looks in PATH only.
func (sh *shell) sourceInPath(st *state, inv invocation, name string) {
	sh.m.problem(inv.at, "sh looks for "+shown(text(name))+" in PATH and not in the working directory, and ends when it is not there",
		"write . ./"+name)
	sh.mayEnd(st, 2)
	sh.strange(st, &unknown{why: model.WhyMissingFile, needs: "the file " + name + " in a directory of PATH"})
	st.status = status{}
}

// strangeWord reports whether a word of a script for sh has braces or a $'…' in it, of
// which the shells that may be sh make different texts.
func strangeWord(w *syntax.Word) bool {
	copied := *w
	copied.Parts = append([]syntax.WordPart(nil), w.Parts...)
	return hasBraces(&copied) || dollarQuote(w.Parts)
}

// dollarQuote finds $'…' and $"…", which the parser for sh takes for a dollar sign.
func dollarQuote(parts []syntax.WordPart) bool {
	for i, p := range parts {
		lit, ok := p.(*syntax.Lit)
		if !ok || i+1 >= len(parts) || !strings.HasSuffix(lit.Value, "$") || strings.HasSuffix(lit.Value, `\$`) {
			continue
		}
		switch parts[i+1].(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			return true
		}
	}
	return false
}

// doubleParens reports whether a subshell is written as ((…)), which bash takes for
// arithmetic.
func (sh *shell) doubleParens(s *syntax.Subshell) bool {
	at := int(s.Lparen.Offset())
	return at+1 < len(sh.src.text) && sh.src.text[at:at+2] == "(("
}

// strangeArith is arithmetic that not every sh has: dash ends at most of it (fatal), and
// takes ++x for a sign. What it might change is not known.
func (sh *shell) strangeArith(st *state, changes syntax.ArithmExpr, fatal bool) number {
	if !sh.any && fatal {
		sh.broken = true
		return number{}
	}
	if fatal {
		sh.mayEnd(st, 2)
	}
	v := number{unk: anyShell()}
	if changes != nil {
		sh.arithAssign(st, changes, v)
	}
	return v
}

// bashRest is what stands behind the statements of p when the parser for sh stumbled
// over something that only some of the shells that may be sh have, as bash reads it.
func (sh *shell) bashRest(code string, p *parsed) []*syntax.Stmt {
	if _, ok := p.err.(syntax.LangError); !ok || !sh.any {
		return nil
	}
	from := uint(0)
	if n := len(p.stmts); n > 0 {
		from = p.stmts[n-1].End().Offset()
	}
	var out []*syntax.Stmt
	all := sh.m.parse(code, true)
	for _, s := range all.stmts {
		if s.Pos().Offset() >= from {
			out = append(out, s)
		}
	}
	if all.err != nil {
		return nil
	}
	return out
}

// bashStatement follows the kinds of statement that only bash has, where the script for
// sh is read as bash reads it.
func (sh *shell) bashStatement(st *state, s *syntax.Stmt) bool {
	switch c := s.Cmd.(type) {
	case *syntax.ArithmCmd, *syntax.LetClause:
		sh.differs(st, sh.src.span(s), "arithmetic as a command")
		return true
	case *syntax.TestClause:
		sh.testExpr(st, c.X)
		st.status = status{}
		return true
	case *syntax.DeclClause:
		if n := c.Variant.Value; n == "declare" || n == "typeset" || n == "nameref" {
			sh.differs(st, sh.src.span(s), shown(text(n)))
			return true
		}
	}
	return false
}

func redirectsBoth(list []*syntax.Redirect) bool {
	for _, r := range list {
		if r.Op == syntax.RdrAll || r.Op == syntax.AppAll {
			return true
		}
	}
	return false
}
