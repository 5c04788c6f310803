package shell

import (
	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// cut is what stands behind the name in ${name:offset:length}.
type cut struct{ off, length number }

func (sh *shell) cut(st *state, s *syntax.Slice) cut {
	c := cut{off: sh.arith(st, s.Offset), length: number{known: true, n: 1 << 40}}
	if s.Length != nil {
		c.length = sh.arith(st, s.Length)
	}
	return c
}

// mayFail reports whether a text or a list could be too short for the length: one below
// zero counts from the end, and the end may come before the beginning.
func (c cut) mayFail() tri {
	if c.length.known && c.length.n >= 0 {
		return no
	}
	return maybe
}

// substrings is ${name:offset:length} of all that the parameter may be.
func (sh *shell) substrings(st *state, p *syntax.ParamExp, vs []variant) sym {
	var out []sym
	var failed []tri
	var c *cut
	for _, v := range vs {
		if v.set == no { // bash does not even read the numbers
			out, failed = append(out, nil), append(failed, no)
			continue
		}
		if c == nil {
			made := sh.cut(st, p.Slice)
			c = &made
		}
		all, ok := v.val.variants()
		if !ok {
			all = []sym{v.val}
		}
		for _, a := range all {
			s, bad := c.of(a)
			failed = append(failed, bad)
			if bad != yes {
				out = append(out, s)
			}
		}
	}
	if sh.tooShort(st, p, failed) {
		return unsupported("a part that ends before it begins")
	}
	return choose(out...)
}

// of cuts one text. failed says whether that is an error.
func (c cut) of(s sym) (out sym, failed tri) {
	t, known := s.known()
	switch {
	case !known || !c.off.known || !c.length.known:
		return unknownFrom(s, c.off.sym(), c.length.sym()), c.mayFail()
	case !isASCII(t):
		return unsupported(localeNeeds, s), c.mayFail()
	}
	n := int64(len(t))
	from := c.off.n
	if from < 0 {
		from += n
	}
	if from < 0 || from > n {
		return s.slice(0, 0), no
	}
	to := n
	if c.length.n < 0 {
		to = n + c.length.n
	} else if c.length.n < n-from {
		to = from + c.length.n
	}
	if to < from {
		return nil, yes
	}
	return s.slice(int(from), int(to)), no
}

// tooShort discards the rest of the line where all candidates are too short. Where only
// some are, or it is not known, it follows both ways.
func (sh *shell) tooShort(st *state, p *syntax.ParamExp, failed []tri) bool {
	if len(failed) == 0 || st.dead {
		return false
	}
	all := failed[0]
	for _, f := range failed[1:] {
		all = all.agree(f)
	}
	switch all {
	case yes:
		sh.discard(st, p, "a part that ends before it begins")
	case maybe:
		sh.leaveOut(st.clone())
	}
	return all == yes
}

// sliceList is ${@:offset:length} and ${name[@]:offset:length}.
func (sh *shell) sliceList(st *state, p *syntax.ParamExp, name string, l list) list {
	positional := name == "@" || name == "*"
	if !positional && sh.mayBeScalar(st, name) {
		return sh.sliceScalar(st, p, name)
	}
	if len(l.elems) == 0 && l.unk == nil && !positional {
		return l
	}
	c := sh.cut(st, p.Slice)
	if !c.off.known || !c.length.known || l.unk != nil {
		sh.tooShort(st, p, []tri{c.mayFail()})
		return list{unk: &unknown{why: model.WhyUnsupported, needs: "which elements of a list"}}
	}
	elems, at := l.elems, int(c.off.n)
	if positional {
		elems = append([]sym{sh.name}, elems...)
	} else if len(l.indexes) > 0 && l.indexes[len(l.indexes)-1] != len(l.indexes)-1 || l.mixed {
		sh.tooShort(st, p, []tri{c.mayFail()})
		return list{unk: &unknown{why: model.WhyUnsupported, needs: "a slice of an array with gaps"}}
	}
	if at < 0 {
		at += len(elems)
	}
	if at < 0 || at > len(elems) || at == len(elems) && !positional {
		return list{}
	}
	if c.length.n < 0 { // lists have no end to count from
		sh.tooShort(st, p, []tri{yes})
		return list{}
	}
	return list{elems: elems[at:min(len(elems), at+int(min(c.length.n, int64(len(elems)))))]}
}

// mayBeScalar reports whether the variable may be a text, and no array.
func (sh *shell) mayBeScalar(st *state, name string) bool {
	name, _, _ = sh.deref(st, name, nil)
	for _, c := range st.get(name).plain() {
		if c.isSet() != no && c.shape == scalar {
			return true
		}
	}
	return false
}

// sliceScalar is ${name[@]:offset:length} of a text: a part of it. Where that is
// empty, it may be an empty element or none.
func (sh *shell) sliceScalar(st *state, p *syntax.ParamExp, name string) list {
	var vs []variant
	base, _, _ := sh.deref(st, name, nil)
	for _, c := range st.get(base).plain() {
		if c != nil && c.shape != scalar {
			c = &cell{val: unsupported("the elements of "+name, c.listed()...), shaky: true}
		}
		vs = append(vs, sh.cellVariant(st, c, nil))
	}
	s := sh.substrings(st, p, vs)
	if s.isKnown() && !s.isEmpty() {
		return list{elems: []sym{s}}
	}
	return list{unk: unknownFrom(s, unsupported("a part that may be empty"))[0].unk}
}
