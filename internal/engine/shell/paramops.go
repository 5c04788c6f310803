package shell

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// isASCII reports whether the number of characters does not depend on the locale.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

const localeNeeds = "in which locale the script runs"

// lengthOf is ${#name}.
func (sh *shell) lengthOf(st *state, p *syntax.ParamExp, name string, vs []variant) sym {
	vs = sh.demandSet(st, p, name, vs)
	var out []sym
	for _, v := range vs {
		out = append(out, mapKnown(v.val, func(t string, s sym) sym {
			if !isASCII(t) {
				return unsupported(localeNeeds, s)
			}
			return derived(strconv.Itoa(len(t)), s)
		}))
	}
	if len(out) == 0 {
		return nil
	}
	return choose(out...)
}

// transform applies what stands behind the name in ${name…}.
func (sh *shell) transform(st *state, p *syntax.ParamExp, val sym) sym {
	switch {
	case p.Repl != nil:
		return sh.replace(st, p.Repl, val)
	case p.Exp == nil:
		return val
	}
	switch p.Exp.Op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		return sh.trim(st, p.Exp, val)
	case syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		return sh.changeCase(st, p.Exp, val)
	case syntax.OtherParamOps:
		return sh.transformAt(st, p.Exp, val)
	}
	return unsupported("this kind of expansion", val)
}

// trim is ${x#p}, ${x##p}, ${x%p} and ${x%%p}.
func (sh *shell) trim(st *state, e *syntax.Expansion, val sym) sym {
	pat := sh.pattern(st, e.Word)
	prefix := e.Op == syntax.RemSmallPrefix || e.Op == syntax.RemLargePrefix
	large := e.Op == syntax.RemLargePrefix || e.Op == syntax.RemLargeSuffix
	return sh.withPattern(st, val, pat, func(m *matcher, t string, s sym) sym {
		cut, ok := m.edge(t, prefix, large)
		switch {
		case !ok:
			return unsupported("a pattern on a long text, or one that depends on the locale", s)
		case cut < 0:
			return s
		case prefix:
			return s.slice(cut, len(t))
		}
		return s.slice(0, cut)
	})
}

// withPattern applies f for every known text and pattern.
func (sh *shell) withPattern(st *state, val, pat sym, f func(m *matcher, t string, s sym) sym) sym {
	pats, ok := pat.variants()
	if !ok {
		return unknownFrom(val, pat)
	}
	var out []sym
	for _, p := range pats {
		m, ok := sh.compile(st, p, false)
		if !ok {
			return unknownFrom(val, p)
		}
		out = append(out, mapKnown(val, func(t string, s sym) sym { return f(m, t, s) }))
	}
	return choose(out...)
}

// replace is ${x/pattern/text} and its relatives.
func (sh *shell) replace(st *state, r *syntax.Replace, val sym) sym {
	pat := sh.pattern(st, r.Orig)
	var with sym
	if r.With != nil {
		with = sh.pattern(st, r.With)
	}
	for _, p := range with {
		// Since bash 5.2 an & stands for the match; before, for itself.
		if p.mode != quoted && p.unk == nil && strings.ContainsAny(p.text, "&\\") {
			return unsupported("which version of bash it is: & in a replacement changed its meaning", val)
		}
	}
	with = plainText(with)
	anchor := byte(0)
	if !r.All && len(pat) > 0 && pat[0].unk == nil && pat[0].mode != quoted && pat[0].text != "" &&
		(pat[0].text[0] == '#' || pat[0].text[0] == '%') {
		anchor = pat[0].text[0]
		first := pat[0]
		first.text = first.text[1:]
		pat = append(sym{first}, pat[1:]...)
	}
	return sh.withPattern(st, val, pat, func(m *matcher, t string, s sym) sym {
		return sh.replaceIn(m, t, s, with, anchor, r.All)
	})
}

func (sh *shell) replaceIn(m *matcher, t string, s, with sym, anchor byte, all bool) sym {
	var spans [][2]int
	switch {
	case m.source == "" && anchor == 0:
		return s
	case anchor == '#':
		if cut, ok := m.edge(t, true, true); !ok {
			return unsupported(localeNeeds, s)
		} else if cut >= 0 {
			spans = [][2]int{{0, cut}}
		}
	case anchor == '%':
		if cut, ok := m.edge(t, false, true); !ok {
			return unsupported(localeNeeds, s)
		} else if cut >= 0 {
			spans = [][2]int{{cut, len(t)}}
		}
	case t == "" && m.full("") == yes:
		spans = [][2]int{{0, 0}}
	default:
		var ok bool
		if spans, ok = m.findAll(t, all); !ok {
			return unsupported("a pattern on a long text, or one that depends on the locale", s)
		}
	}
	if len(t)+len(spans)*with.size() > sh.m.limits.Text {
		return mystery(model.WhyLimit, "a shorter text", s.trail())
	}
	return splice(s, len(t), spans, with)
}

// splice puts with in place of the spans.
func splice(s sym, length int, spans [][2]int, with sym) sym {
	if len(spans) == 0 {
		return s
	}
	var out sym
	at := 0
	for _, sp := range spans {
		if at < sp[0] {
			out = cat(out, s.slice(at, sp[0]))
		}
		out = cat(out, with)
		at = sp[1]
	}
	if at < length {
		out = cat(out, s.slice(at, length))
	}
	if len(out) == 0 {
		return s.slice(0, 0)
	}
	return out
}

// changeCase is ${x^}, ${x^^}, ${x,} and ${x,,}.
func (sh *shell) changeCase(st *state, e *syntax.Expansion, val sym) sym {
	pat := text("?").with(bare)
	if e.Word != nil && len(e.Word.Parts) > 0 {
		pat = sh.pattern(st, e.Word)
	}
	upper := e.Op == syntax.UpperFirst || e.Op == syntax.UpperAll
	first := e.Op == syntax.UpperFirst || e.Op == syntax.LowerFirst
	return sh.withPattern(st, val, pat, func(m *matcher, t string, s sym) sym {
		if !isASCII(t) {
			return unsupported(localeNeeds, s)
		}
		b := []byte(t)
		for i, c := range b {
			if first && i > 0 {
				break
			}
			if m.full(string(c)) == yes {
				b[i] = caseOf(c, upper)
			}
		}
		return recast(s, string(b))
	})
}

// recast gives known text of the same length the pieces of s.
func recast(s sym, t string) sym {
	out := make(sym, len(s))
	at := 0
	for i, p := range s {
		p.text, at = t[at:at+len(p.text)], at+len(p.text)
		out[i] = p
	}
	return out
}

func caseOf(c byte, upper bool) byte {
	if upper {
		return strings.ToUpper(string(c))[0]
	}
	return strings.ToLower(string(c))[0]
}

// transformAt is ${x@U} and its relatives.
func (sh *shell) transformAt(st *state, e *syntax.Expansion, val sym) sym {
	op := e.Word.Lit()
	if sh.holed(op) {
		return sh.holeIn(op, "an expansion")
	}
	return mapKnown(val, func(t string, s sym) sym {
		switch {
		case op == "Q" && isASCII(t) && !strings.ContainsFunc(t, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return derived("'"+strings.ReplaceAll(t, "'", `'\''`)+"'", s)
		case op == "U" && isASCII(t):
			return recast(s, strings.ToUpper(t))
		case op == "L" && isASCII(t):
			return recast(s, strings.ToLower(t))
		case op == "u" && isASCII(t) && t != "":
			return recast(s, string(caseOf(t[0], true))+t[1:])
		}
		return unsupported("the expansion @"+op, s)
	})
}
