package shell

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"mvdan.cc/sh/v3/syntax"
)

// variant is one of the things that a parameter may be.
type variant struct {
	val sym
	set tri
}

func (sh *shell) paramExp(st *state, p *syntax.ParamExp, c site) sym {
	switch {
	case p.Param != nil && sh.holed(p.Param.Value):
		return sh.strangeParam(st, p, p.Param.Value, c)
	case p.Slice != nil && sh.holed(sh.src.within(p)):
		return sh.strangeParam(st, p, sh.src.within(p), c)
	case p.Flags != nil || p.NestedParam != nil || p.Param == nil || p.Width || p.IsSet || len(p.Modifiers) > 0:
		return modeOf(unsupported("an expansion of another shell"), c)
	case p.Names != 0:
		return sh.namesWith(st, p, c)
	case p.Excl && (indexIs(p.Index, "@") || indexIs(p.Index, "*")):
		return sh.listOut(st, sh.keys(st, p), c, indexIs(p.Index, "*"))
	case p.Excl:
		return sh.indirect(st, p, c)
	}
	return sh.namedParam(st, p, p.Param.Value, p.Index, c)
}

// strangeParam is a parameter of whose name a part was pasted, or what stands behind a $
// that a pasted text makes a parameter of. In braces it may be anything, an assignment too.
func (sh *shell) strangeParam(st *state, p *syntax.ParamExp, text string, c site) sym {
	out := sh.holeIn(text, "which variable is meant")
	out[0].unk.multi = true
	if !p.Short {
		sh.doubt = true // what there is no such expansion for discards the line
		sh.giveUp(st, p, "an expansion in braces of which a part was pasted")
	}
	if !c.wide {
		return modeOf(out, c)
	}
	return out.with(anyFields)
}

// namedParam is paramExp for a name that may have been reached through another.
func (sh *shell) namedParam(st *state, p *syntax.ParamExp, name string, index syntax.ArithmExpr, c site) sym {
	star := name == "*" || indexIs(index, "*")
	if star || name == "@" || indexIs(index, "@") {
		return sh.listParam(st, p, name, star, c)
	}
	vs := sh.variants(st, name, index)
	if p.Length {
		return modeOf(sh.lengthOf(st, p, name, vs), c)
	}
	vs = sh.demandSet(st, p, name, vs)
	if st.dead {
		return nil
	}
	if p.Exp != nil && isConditional(p.Exp.Op) {
		return sh.conditional(st, p, name, vs, c)
	}
	if p.Slice != nil {
		return modeOf(sh.substrings(st, p, vs), c)
	}
	var out []sym
	for _, v := range vs {
		if v.set == no && (p.Repl != nil || p.Exp != nil) {
			out = append(out, nil) // there is nothing to replace, or to quote
			continue
		}
		if v.set == maybe && p.Exp != nil && p.Exp.Op == syntax.OtherParamOps {
			out = append(out, nil)
		}
		out = append(out, sh.transform(st, p, v.val))
	}
	return modeOf(st.get(name).deciding(choose(out...)), c)
}

// variants lists what a parameter may hold.
func (sh *shell) variants(st *state, name string, index syntax.ArithmExpr) []variant {
	if v, ok := sh.special(st, name); ok {
		return v
	}
	name, index, ok := sh.deref(st, name, index)
	if !ok {
		return []variant{{val: unsupported("what a name reference points to"), set: maybe}}
	}
	if v, ok := sh.shellVariable(st, name); ok {
		return v
	}
	var out []variant
	for _, c := range st.get(name).plain() {
		v := sh.cellVariant(st, c, index)
		if c == nil && index == nil {
			v.val = sh.m.lacking(name)
		}
		out = append(out, v)
	}
	return out
}

func (sh *shell) cellVariant(st *state, c *cell, index syntax.ArithmExpr) variant {
	set := c.isSet()
	if c == nil || set == no {
		if index != nil {
			sh.subscript(st, c, index)
		}
		return variant{set: no}
	}
	if index == nil {
		if c.shape != scalar {
			v, ok := c.first()
			return variant{val: v, set: triOf(ok)}
		}
		return variant{val: c.val, set: set}
	}
	return sh.element(st, c, index)
}

func (c *cell) first() (sym, bool) {
	if c.shape == associative {
		return c.atKey("0")
	}
	return c.at(0)
}

func (sh *shell) element(st *state, c *cell, index syntax.ArithmExpr) variant {
	key, n, ok := sh.subscript(st, c, index)
	if !ok || c.shaky {
		return variant{val: unknownFrom(append(c.listed(), mystery(model.WhyUnsupported, "which element of an array it is"))...), set: maybe}
	}
	var v sym
	found := false
	switch {
	case c.shape == associative:
		v, found = c.atKey(key)
	case c.shape == scalar:
		v, found = c.val, n == 0 || n == -1
		if !found {
			v = nil
		}
	default:
		if n < 0 && len(c.elems) > 0 {
			n += c.elems[len(c.elems)-1].index + 1
		}
		v, found = c.at(n)
	}
	return variant{val: v, set: triOf(found)}
}

func (c *cell) listed() []sym {
	var out []sym
	for _, e := range c.elems {
		out = append(out, e.val)
	}
	return out
}

// subscript evaluates an index: a number, or the key of an associative array.
func (sh *shell) subscript(st *state, c *cell, index syntax.ArithmExpr) (key string, n int, ok bool) {
	if c != nil && c.shape == associative {
		s := sh.keyText(st, index)
		key, ok = s.known()
		return key, 0, ok
	}
	v := sh.arith(st, index)
	sh.checkArith(st, sh.here())
	return "", int(v.n), v.known && v.n < 1<<31 && v.n > -(1<<31)
}

// keyText reads a key that the parser, which does not know that the array is an
// associative one, may have taken for arithmetic.
func (sh *shell) keyText(st *state, index syntax.ArithmExpr) sym {
	if w, ok := index.(*syntax.Word); ok {
		return sh.word(st, w)
	}
	from, to := int(index.Pos().Offset()), int(index.End().Offset())
	if from < to && to <= len(sh.src.text) {
		if raw := sh.src.text[from:to]; !sh.holed(raw) && !strings.ContainsAny(raw, "$`\"'\\") {
			return text(raw)
		}
	}
	return unsupported("the key of an associative array")
}

// demandSet applies set -u: where the parameter is not set, the script ends.
func (sh *shell) demandSet(st *state, p *syntax.ParamExp, name string, vs []variant) []variant {
	if !st.opts.nounset || p.Exp != nil && isConditional(p.Exp.Op) {
		return vs
	}
	var set []variant
	for _, v := range vs {
		if v.set != no {
			set = append(set, v)
		}
	}
	if len(set) == 0 {
		sh.m.unbound(sh.src.span(p), name)
		st.status = failed()
		sh.exit(st)
	}
	return set
}

// unbound notes that the script ends at a variable that is not set.
func (m *machine) unbound(at pos.Span, name string) {
	message := fmt.Sprintf("%q is not set, and the script stops at variables that are not (set -u)", name)
	fix := "set it before, or give it a default: ${" + name + ":-}"
	if hop := m.lacking(name).trail().Last(); hop.Lacks != "" {
		fix = hop.Lack()
	}
	m.problem(at, message, fix)
	m.stops = append(m.stops, message)
	if m.stopped == nil {
		v := model.UnknownBecause(model.WhyExitStatus, fmt.Sprintf("what comes behind %s:%d: the script stops there, because %q is not set", at.File, at.Start.Line, name), model.Trail{})
		m.stopped = &v
	}
}

// lacking is the empty text of a variable that is not set, with what is to be asked about it
// where the machine's owner might have set it.
func (m *machine) lacking(name string) sym {
	v := m.step.Env.Rest().Lacking(name)
	if v.State != model.Absent || v.Trail.IsEmpty() {
		return nil
	}
	return textVia("", v.Trail)
}

func isConditional(op syntax.ParExpOperator) bool {
	switch op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.DefaultUnset, syntax.DefaultUnsetOrNull,
		syntax.ErrorUnset, syntax.ErrorUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		return true
	}
	return false
}

func colonOp(op syntax.ParExpOperator) bool {
	switch op {
	case syntax.AlternateUnsetOrNull, syntax.DefaultUnsetOrNull, syntax.ErrorUnsetOrNull, syntax.AssignUnsetOrNull:
		return true
	}
	return false
}

// counts says whether the parameter is there in the sense of ${x-} or ${x:-}.
func (v variant) counts(colon bool) tri {
	if v.set == no || !colon {
		return v.set
	}
	switch {
	case v.val.isEmpty():
		return no
	case v.val.nonEmpty():
		return v.set
	}
	if all, ok := v.val.variants(); ok && len(all) > 1 {
		out := variant{val: all[0], set: v.set}.counts(colon)
		for _, a := range all[1:] {
			out = out.agree(variant{val: a, set: v.set}.counts(colon))
		}
		return out
	}
	return maybe
}

// conditional is ${x:-…}, ${x:=…}, ${x:+…} and ${x:?…}.
func (sh *shell) conditional(st *state, p *syntax.ParamExp, name string, vs []variant, c site) sym {
	colon := colonOp(p.Exp.Op)
	var use []variant
	there := tri(0)
	for i, v := range vs {
		t := v.counts(colon)
		if i == 0 {
			there = t
		} else {
			there = there.agree(t)
		}
		if t != no {
			use = append(use, v)
		}
	}
	switch p.Exp.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		return sh.alternate(st, p, there, c)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if there == no {
			sh.m.problem(sh.src.span(p), fmt.Sprintf("%q is not set, and the script stops there", name), "set it before this place")
			sh.fail(st, 127)
			return nil
		}
		return modeOf(chooseVariants(use), c)
	}
	if there == yes {
		return modeOf(chooseVariants(use), c)
	}
	fallback := sh.fallback(st, p, c)
	if p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull {
		sh.assignFallback(st, p, name, there, plainText(fallback))
	}
	if there == no {
		return fallback
	}
	return modeOf(choose(append(filled(use, colon), plainText(fallback))...), c)
}

// filled lists the texts of a parameter when it is there, which with a colon means that
// the empty candidate is out.
func filled(use []variant, colon bool) []sym {
	var out []sym
	for _, v := range use {
		all, ok := v.val.variants()
		if !ok {
			all = []sym{v.val}
		}
		for _, a := range all {
			if !colon || !a.isEmpty() {
				out = append(out, a)
			}
		}
	}
	return out
}

func chooseVariants(vs []variant) sym {
	var out []sym
	for _, v := range vs {
		out = append(out, v.val)
	}
	return choose(out...)
}

func (sh *shell) alternate(st *state, p *syntax.ParamExp, there tri, c site) sym {
	if there == no {
		return modeOf(nil, c)
	}
	alt := sh.operand(st, p.Exp.Word, c)
	if there == yes {
		return alt
	}
	return modeOf(choose(nil, plainText(alt)), c)
}

// operand expands the word of ${x:-word}, quoted or not as the expansion itself.
func (sh *shell) operand(st *state, w *syntax.Word, c site) sym {
	if w == nil {
		return modeOf(nil, c)
	}
	parts := w.Parts
	if c.quotes {
		var ok bool
		if parts, ok = singlesAsText(parts); !ok {
			return modeOf(unsupported("what single quotes within double quotes mean"), c)
		}
	}
	out := sh.parts(st, parts, c)
	if !c.quotes { // unquoted text in it is split like an expansion
		for i := range out {
			if out[i].mode == bare {
				out[i].mode = expanded
			}
		}
	}
	if len(out) == 0 {
		return modeOf(nil, c)
	}
	return out
}

// singlesAsText makes single quotes ordinary characters, which they are within double
// quotes. It reports false when what stands between them would not be ordinary text then.
func singlesAsText(parts []syntax.WordPart) ([]syntax.WordPart, bool) {
	var out []syntax.WordPart
	for _, p := range parts {
		q, ok := p.(*syntax.SglQuoted)
		if !ok {
			out = append(out, p)
			continue
		}
		if q.Dollar || strings.ContainsAny(q.Value, "$`\\\"}") {
			return nil, false
		}
		out = append(out, &syntax.Lit{ValuePos: q.Left, ValueEnd: q.Right, Value: "'" + q.Value + "'"})
	}
	return out, true
}

func (sh *shell) fallback(st *state, p *syntax.ParamExp, c site) sym {
	out := sh.operand(st, p.Exp.Word, c)
	hop := model.Hop{At: sh.src.span(p), Kind: model.KindDefault, What: "${" + p.Param.Value + p.Exp.Op.String() + "…}"}
	if p.Exp.Word != nil {
		hop.At = sh.src.span(p.Exp.Word)
	}
	hop.Literal = out.isLiteral()
	return out.via(hop)
}

// assignFallback is the assignment in ${x:=word}.
func (sh *shell) assignFallback(st *state, p *syntax.ParamExp, name string, there tri, val sym) {
	if !syntax.ValidName(name) || p.Index != nil {
		sh.giveUp(st, p, "an assignment in ${…:=…} to something else than a variable")
		return
	}
	hop := model.Hop{At: sh.src.span(p), Kind: sh.src.kind(), What: name + "="}
	before := st.get(name)
	sh.assign(st, p, name, val, hop)
	if there == maybe {
		st.put(name, joinCells(before, st.get(name)))
	}
}
