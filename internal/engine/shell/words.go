package shell

import (
	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// More modes of pieces, which only stand between the expansion of a word and its split
// into fields.
const (
	fieldBreak mode = iota + 10 // "$@": here one field ends and the next begins
	anyFields                   // an unknown number of fields
)

// site says where a word stands.
type site struct {
	quotes bool // within double quotes or a here-document
	assign bool // the right side of an assignment: ~ counts after a colon, too
	doc    bool // a here-document: a double quote is an ordinary character
	wide   bool // fields are wanted: "$@" gives several
}

// word expands a word to one text: no splitting, no globbing.
func (sh *shell) word(st *state, w *syntax.Word) sym {
	if w == nil {
		return nil
	}
	return plainText(sh.parts(st, w.Parts, site{}))
}

// value expands the right side of an assignment.
func (sh *shell) value(st *state, w *syntax.Word) sym {
	if w == nil {
		return nil
	}
	return plainText(sh.parts(st, w.Parts, site{assign: true}))
}

// pattern expands a word and leaves it to the modes what is quoted.
func (sh *shell) pattern(st *state, w *syntax.Word) sym {
	if w == nil {
		return nil
	}
	return joinBreaks(sh.parts(st, w.Parts, site{}), " ")
}

// document expands the body of a here-document.
func (sh *shell) document(st *state, w *syntax.Word) sym {
	if w == nil {
		return nil
	}
	return plainText(sh.parts(st, w.Parts, site{quotes: true, doc: true}))
}

// plainText forgets what was quoted and what not.
func plainText(s sym) sym { return cat(joinBreaks(s, " ").with(quoted)) }

func joinBreaks(s sym, sep string) sym {
	var out sym
	for _, p := range s {
		switch p.mode {
		case fieldBreak:
			p = piece{text: sep}
		case anyFields:
			p.mode = expanded
		}
		out = append(out, p)
	}
	return out
}

func (sh *shell) parts(st *state, parts []syntax.WordPart, c site) sym {
	sh.nest++
	defer func() { sh.nest-- }()
	var out sym
	for i, part := range parts {
		if st.dead || sh.m.halted != nil {
			return out
		}
		if sh.nest > maxNest {
			sh.m.halt(sh.src.span(part), "words stand too deeply within each other")
			return out
		}
		out = append(out, sh.part(st, part, c, i == 0)...)
		sh.checkArith(st, sh.src.span(part))
	}
	if !sh.m.grow(out.size(), sh.here()) {
		return unknownFrom(out)
	}
	bound, ok := out.bounded(sh.m.limits.Text)
	if !ok && len(parts) > 0 {
		sh.m.problem(sh.src.span(parts[0]), "a text becomes larger than 1 MiB", "keep the text shorter; it is unknown from here on")
	}
	return bound
}

func (sh *shell) part(st *state, part syntax.WordPart, c site, first bool) sym {
	m := bare
	if c.quotes {
		m = quoted
	}
	switch p := part.(type) {
	case *syntax.Lit:
		return sh.literal(st, p, c, first)
	case *syntax.SglQuoted:
		return sh.singleQuoted(p)
	case *syntax.DblQuoted:
		return sh.doubleQuoted(st, p, c)
	case *syntax.ParamExp:
		return sh.paramExp(st, p, c)
	case *syntax.CmdSubst:
		return modeOf(sh.cmdSubst(st, p), c)
	case *syntax.ArithmExp:
		return modeOf(sh.arith(st, p.X).sym(), c)
	case *syntax.ProcSubst:
		return sh.procSubst(st, p)
	case *syntax.ExtGlob:
		if sh.holed(p.Pattern.Value) {
			return sh.holeIn(p.Pattern.Value, "a pattern").with(m)
		}
		return sym{{text: p.Op.String() + p.Pattern.Value + ")", mode: m}}
	}
	return modeOf(unsupported("a kind of word that keyfit does not know"), c)
}

// modeOf marks an expansion's result: quoted, or still to be split.
func modeOf(s sym, c site) sym {
	m := expanded
	if c.quotes {
		m = quoted
	}
	out := s.with(m)
	if len(out) == 0 {
		out = sym{{mode: m}}
	}
	return out
}

func (sh *shell) litTrail(n syntax.Node) model.Trail {
	return sh.src.trail(int(n.Pos().Offset()), int(n.End().Offset()))
}

func (sh *shell) doubleQuoted(st *state, p *syntax.DblQuoted, c site) sym {
	inner := sh.parts(st, p.Parts, site{quotes: true, wide: c.wide})
	if len(inner) == 0 && len(p.Parts) > 0 && isList(p.Parts) {
		return nil
	}
	return append(sym{{mode: quoted}}, inner...)
}

// isList reports whether quotes hold nothing but "$@" or "${name[@]}", of which no
// element means no field.
func isList(parts []syntax.WordPart) bool {
	if len(parts) != 1 {
		return false
	}
	p, ok := parts[0].(*syntax.ParamExp)
	return ok && (p.Param.Value == "@" || indexIs(p.Index, "@"))
}

func indexIs(x syntax.ArithmExpr, want string) bool {
	w, ok := x.(*syntax.Word)
	return ok && w.Lit() == want
}

func (sh *shell) home(st *state, name string) sym {
	if sh.holed(name) {
		return sh.holeIn(name, "whose home directory it is")
	}
	if name != "~" {
		return mystery(model.WhyUnsupported, "where the home directory "+name+" is")
	}
	var all []sym
	for _, c := range st.get("HOME").plain() {
		if c.isSet() == yes {
			all = append(all, c.scalarText())
			continue
		}
		all = append(all, mystery(model.WhyUnsupported, "where the home directory is"))
	}
	return choose(all...)
}

// hasBraces parts a word at its braces, once.
func hasBraces(w *syntax.Word) bool {
	for _, p := range w.Parts {
		if _, done := p.(*syntax.BraceExp); done {
			return true
		}
	}
	return syntax.SplitBraces(w)
}

// words applies brace expansion.
func (sh *shell) words(list []*syntax.Word) []*syntax.Word {
	if !sh.bash {
		return list
	}
	const most = 20_000
	var out []*syntax.Word
	for _, w := range list {
		if sh.holeInBraces(w) != "" || !hasBraces(w) {
			out = append(out, w)
			continue
		}
		for b, err := range expand.BracesSeq(&expand.Config{}, w) {
			if err != nil || len(out) > most {
				sh.m.halt(sh.src.span(list[0]), "a brace expansion gives more than 20000 words")
				return out
			}
			out = append(out, b)
		}
	}
	return out
}
