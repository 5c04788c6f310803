package shell

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// list is the elements of an array, or the positional parameters.
type list struct {
	elems   []sym
	indexes []int
	unk     *unknown // when set, there may be other elements
	mixed   bool     // the shell gives them in an order of its own
}

// listParam is an expansion of "$@" or "${name[@]}" and their relatives.
func (sh *shell) listParam(st *state, p *syntax.ParamExp, name string, star bool, c site) sym {
	l := sh.elements(st, name)
	if p.Length {
		if l.unk != nil {
			return modeOf(sym{{unk: l.unk}}, c)
		}
		return modeOf(text(strconv.Itoa(len(l.elems))), c)
	}
	if p.Exp != nil && isConditional(p.Exp.Op) {
		return sh.listConditional(st, p, l, star, c)
	}
	if p.Slice != nil {
		l = sh.sliceList(st, p, name, l)
	} else if p.Repl != nil || p.Exp != nil {
		q := *p
		for i, e := range l.elems {
			l.elems = slices.Clone(l.elems)
			l.elems[i] = sh.transform(st, &q, e)
		}
	}
	return sh.listOut(st, l, c, star)
}

func (sh *shell) listConditional(st *state, p *syntax.ParamExp, l list, star bool, c site) sym {
	there := triOf(len(l.elems) > 0)
	if l.unk != nil {
		there = maybe
	} else if colonOp(p.Exp.Op) && len(l.elems) == 1 {
		there = variant{val: l.elems[0], set: yes}.counts(true)
	}
	switch p.Exp.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if there == no && c.wide {
			return nil
		}
		return sh.alternate(st, p, there, c)
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
		if there == yes {
			return sh.listOut(st, l, c, star)
		}
		if there == no {
			return sh.fallback(st, p, c)
		}
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if there == yes {
			return sh.listOut(st, l, c, star)
		}
	}
	return sym{{unk: &unknown{why: model.WhyUnsupported, needs: "whether a list has elements"}, mode: anyFields}}
}

func (sh *shell) elements(st *state, name string) list {
	if name == "@" || name == "*" {
		l := list{elems: st.args.list}
		if st.args.unsure >= 0 {
			l.unk = st.args.tail
			l.elems = st.args.list[:min(st.args.unsure, len(st.args.list))]
		}
		return l
	}
	name, index, ok := sh.deref(st, name, nil)
	if v, isShell := sh.shellVariable(st, name); isShell || !ok || index != nil {
		if isShell && name == "FUNCNAME" && len(v) == 1 && v[0].set == no {
			return list{}
		}
		return list{unk: &unknown{why: model.WhyUnsupported, needs: "the elements of " + name}}
	}
	var out list
	for i, c := range st.get(name).plain() {
		l := elementsOf(c)
		if i > 0 && !slices.EqualFunc(l.elems, out.elems, sym.same) {
			return list{unk: &unknown{why: model.WhyAmbiguous, needs: "which way the script goes"}}
		}
		out = l
	}
	return out
}

func elementsOf(c *cell) list {
	if c.isSet() == no {
		return list{}
	}
	if c.shape == scalar {
		l := list{elems: []sym{c.val}, indexes: []int{0}}
		if len(c.val) == 1 && c.val[0].unk != nil && c.val[0].unk.multi {
			l.unk, l.elems = c.val[0].unk, nil
		}
		return l
	}
	l := list{mixed: c.shape == associative}
	for _, e := range c.elems {
		l.elems = append(l.elems, e.val)
		l.indexes = append(l.indexes, e.index)
	}
	return l
}

// keys is ${!name[@]}.
func (sh *shell) keys(st *state, p *syntax.ParamExp) list {
	name, index, ok := sh.deref(st, p.Param.Value, nil)
	c := st.get(name)
	if _, isShell := sh.shellVariable(st, name); !ok || isShell || index != nil || len(c.plain()) > 1 || c.isSet() == maybe {
		return list{unk: &unknown{why: model.WhyUnsupported, needs: "the keys of an array"}}
	}
	var l list
	if c.isSet() == no {
		return l
	}
	if c.shape == scalar {
		l.elems = []sym{text("0")}
	}
	l.mixed = c.shape == associative
	for _, e := range c.elems {
		if c.shape == associative {
			l.elems = append(l.elems, textVia(e.key, model.Trail{}))
		} else {
			l.elems = append(l.elems, text(strconv.Itoa(e.index)))
		}
	}
	return l
}

// listOut gives a list as pieces: fields apart where the context has fields.
func (sh *shell) listOut(st *state, l list, c site, star bool) sym {
	m := expanded
	if c.quotes {
		m = quoted
	}
	sep := piece{mode: fieldBreak}
	if !c.wide || star && c.quotes {
		if len(l.elems) > 1 && l.mixed {
			return modeOf(unsupported("the order of an associative array", l.elems...), c)
		}
		sep = piece{text: " ", mode: quoted}
		if star {
			s, ok := sh.ifsFirst(st)
			if !ok {
				return modeOf(unsupported("how words are joined", l.elems...), c)
			}
			sep.text = s
		}
		if l.unk != nil {
			return modeOf(sym{{unk: l.unk}}, c)
		}
	}
	var out sym
	for i, e := range l.elems {
		if i > 0 {
			out = append(out, sep)
		}
		out = append(out, sym{{mode: m}}...)
		out = append(out, e.with(m)...)
	}
	if l.unk != nil {
		if len(l.elems) > 0 {
			out = append(out, piece{mode: fieldBreak})
		}
		out = append(out, piece{unk: l.unk, mode: anyFields})
	}
	return out
}

func (sh *shell) ifsFirst(st *state) (string, bool) {
	s := sh.splitter(st)
	if s.strange {
		return "", false
	}
	if s.ifs == "" {
		return "", true
	}
	return s.ifs[:1], true
}

// namesWith is ${!prefix*}: the names of the variables that begin so.
func (sh *shell) namesWith(st *state, p *syntax.ParamExp, c site) sym {
	if st.wild != nil {
		return sym{{unk: st.wild, mode: anyFields}}
	}
	var l list
	var names []string
	for name, v := range st.vars {
		if !strings.HasPrefix(name, p.Param.Value) {
			continue
		}
		for _, plain := range v.plain() {
			if plain.isSet() != yes || len(v.plain()) > 1 {
				return sym{{unk: &unknown{why: model.WhyUnsupported, needs: "which variables are set"}, mode: anyFields}}
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, n := range names {
		l.elems = append(l.elems, text(n))
	}
	return sh.listOut(st, l, c, p.Names == syntax.NamesPrefix)
}
