package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// declFlags are the options of declare.
type declFlags struct {
	set, clear attrs
	command    string
	shape      shape
	global     bool
	functions  bool
	print      bool
	inherit    bool

	operands bool // an operand has been read, behind which there are no options
	wrong    bool // an option that the command does not have
	invalid  bool // an operand that is no name
}

// operandWord is NAME=value as an ordinary word when there are braces in it: they make
// several words, which are no longer read as assignments are.
func operandWord(a *syntax.Assign) *syntax.Word {
	if a.Naked || a.Name == nil || a.Array != nil || a.Index != nil || a.Value == nil {
		return nil
	}
	w := &syntax.Word{Parts: append([]syntax.WordPart{nil}, a.Value.Parts...)}
	name := a.Name.Value + "="
	if a.Append {
		name = a.Name.Value + "+="
	}
	w.Parts[0] = &syntax.Lit{ValuePos: a.Name.ValuePos, ValueEnd: a.Value.Pos(), Value: name}
	if !hasBraces(&syntax.Word{Parts: slices.Clone(w.Parts)}) {
		return nil
	}
	return w
}

// declWord reads a word of a declaration that is not written as an assignment.
func (sh *shell) declWord(st *state, w *syntax.Word, flags *declFlags, all *[]declaration) bool {
	f := sh.ordered(st, w)
	if st.dead {
		return false
	}
	for i, s := range f.list {
		if f.unsure >= 0 && i >= f.unsure {
			break
		}
		if !sh.declText(st, w, s, flags, all) {
			return false
		}
	}
	if !f.sure() {
		st.goWild(f.tailUnknown())
		st.status = exited(0)
		return false
	}
	return true
}

func (sh *shell) declText(st *state, at syntax.Node, s sym, flags *declFlags, all *[]declaration) bool {
	t, known := s.known()
	if known && !flags.operands && flags.option(t) {
		return true
	}
	flags.operands = true
	if name, val, ok := splitAssign(s); ok {
		*all = append(*all, declaration{node: at, name: name, hasVal: true, val: val, literal: val.isLiteral()})
		return true
	}
	if known && isName(t) {
		*all = append(*all, declaration{node: at, name: t})
		return true
	}
	name, val, has := cutAssign(s)
	base, adds := strings.CutSuffix(name, "+")
	switch {
	case has && adds && isName(base) && sh.bash:
		*all = append(*all, declaration{node: at, name: base, hasVal: true, adds: true, val: val, literal: val.isLiteral()})
		return true
	case (has || known) && !strings.Contains(t+name, "["): // no name: an error that does not stop the command
		flags.invalid = true
		return true
	case known && (flags.command == "export" || flags.command == "readonly"):
		flags.invalid = true
		return true
	case known:
		sh.giveUp(st, at, "an element of an array in a declaration")
		return false
	}
	st.goWild(&unknown{why: unknownFrom(s)[0].unk.why, needs: unknownFrom(s)[0].unk.needs})
	st.status = exited(0)
	return false
}

// option reads t when it is an option. The words behind -- are none.
func (f *declFlags) option(t string) bool {
	export := f.command == "export" || f.command == "readonly"
	switch {
	case len(t) < 2 || t[0] != '-' && (t[0] != '+' || export):
		return false
	case t == "--":
		f.operands = true
		return true
	}
	letters := "aAfFgiIlnprtux"
	switch f.command {
	case "export":
		letters = "fnp"
	case "readonly":
		letters = "aAfp"
	}
	f.wrong = f.wrong || strings.Trim(t[1:], letters) != ""
	f.read(t)
	return true
}

func (f *declFlags) read(t string) {
	to := &f.set
	if t[0] == '+' {
		to = &f.clear
	}
	for _, c := range t[1:] {
		switch c {
		case 'x':
			to.exported = true
		case 'r':
			to.readonly = true
		case 'i':
			to.integer = true
		case 'l':
			to.lower = true
		case 'u':
			to.upper = true
		case 'n':
			to.nameref = true
		case 'a':
			f.shape = indexed
		case 'A':
			f.shape = associative
		case 'g':
			f.global = true
		case 'f', 'F':
			f.functions = true
		case 'p':
			f.print = true
		case 'I':
			f.inherit = true
		}
	}
}
