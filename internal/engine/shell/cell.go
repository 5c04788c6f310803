package shell

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// shape is what a variable can hold.
type shape uint8

const (
	scalar shape = iota
	indexed
	associative
)

// cell is a variable at one moment. Cells are immutable. A nil cell is an unset variable.
type cell struct {
	alts []*cell // undecided: one of these; then no other field counts

	unset  bool // declared, with attributes, but without a value
	shaky  bool // comes from outside and is unknown: it may be unset as well
	shape  shape
	val    sym
	elems  []elem // of arrays, in the order of the index or of insertion
	attrs  attrs
	trail  model.Trail
	losers []model.Definition
	origin *model.Value // as it came from outside, while untouched
}

type attrs struct{ exported, readonly, integer, lower, upper, nameref bool }

type elem struct {
	index int
	key   string
	val   sym
}

// plain lists what the variable may be; nil stands for unset.
func (c *cell) plain() []*cell {
	if c == nil || len(c.alts) == 0 {
		return []*cell{c}
	}
	return c.alts
}

// isSet says whether a plain cell has a value.
func (c *cell) isSet() tri {
	switch {
	case c == nil || c.unset:
		return no
	case c.shaky:
		return maybe
	}
	return yes
}

// scalarText is what $name gives: of an array, its element 0.
func (c *cell) scalarText() sym {
	if c == nil {
		return nil
	}
	switch c.shape {
	case indexed:
		v, _ := c.at(0)
		return v
	case associative:
		v, _ := c.atKey("0")
		return v
	}
	return c.val
}

func (c *cell) at(i int) (sym, bool) {
	k, ok := slices.BinarySearchFunc(c.elems, i, func(e elem, i int) int { return e.index - i })
	if !ok {
		return nil, false
	}
	return c.elems[k].val, true
}

func (c *cell) atKey(key string) (sym, bool) {
	for _, e := range c.elems {
		if e.key == key {
			return e.val, true
		}
	}
	return nil, false
}

// withElem sets one element of an array; a scalar becomes element 0 first.
func (c *cell) withElem(e elem) *cell {
	next := *c
	next.elems = slices.Clone(c.elems)
	next.unset = false
	if next.shape == associative {
		k := slices.IndexFunc(next.elems, func(x elem) bool { return x.key == e.key })
		if k < 0 {
			next.elems = append(next.elems, e)
		} else {
			next.elems[k] = e
		}
		return &next
	}
	if next.shape == scalar {
		next.shape = indexed
		if c.isSet() != no {
			next.elems = []elem{{val: c.val}}
		}
		next.val = nil
	}
	k, ok := slices.BinarySearchFunc(next.elems, e.index, func(x elem, i int) int { return x.index - i })
	if ok {
		next.elems[k] = e
	} else {
		next.elems = slices.Insert(next.elems, k, e)
	}
	return &next
}

// sameCell reports whether both cells say the same.
func sameCell(a, b *cell) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	if len(a.alts) > 0 || len(b.alts) > 0 {
		return slices.EqualFunc(a.alts, b.alts, sameCell)
	}
	return a.unset == b.unset && a.shaky == b.shaky && a.shape == b.shape && a.attrs == b.attrs && a.val.same(b.val) &&
		slices.EqualFunc(a.elems, b.elems, func(x, y elem) bool {
			return x.index == y.index && x.key == y.key && x.val.same(y.val)
		})
}

// joinCells is a variable that is either a or b.
func joinCells(a, b *cell) *cell {
	if sameCell(a, b) {
		return a
	}
	var distinct []*cell
	for _, c := range append(slices.Clone(a.plain()), b.plain()...) {
		if !slices.ContainsFunc(distinct, func(d *cell) bool { return sameCell(c, d) }) {
			distinct = append(distinct, c)
		}
	}
	if len(distinct) == 1 {
		return distinct[0]
	}
	if len(distinct) > maxVariants {
		return blurCells(distinct, model.WhyAmbiguous, "which way the script goes")
	}
	return &cell{alts: distinct}
}

// blurCells is a variable of which nothing is known but the attributes. It keeps the
// candidates apart only as far as attributes differ.
func blurCells(cells []*cell, why model.Reason, needs string) *cell {
	var distinct []*cell
	for _, c := range cells {
		if c == nil {
			c = &cell{unset: true}
		}
		next := &cell{attrs: c.attrs, trail: c.trail, shaky: true,
			val: mystery(why, needs, c.trail)}
		if c.shape != scalar {
			next.val[0].unk.multi = true
		}
		if !slices.ContainsFunc(distinct, func(d *cell) bool { return sameCell(next, d) }) {
			distinct = append(distinct, next)
		}
	}
	if len(distinct) == 1 {
		return distinct[0]
	}
	return &cell{alts: distinct}
}

// value is what a plain cell hands to a child process.
func (c *cell) value() model.Value {
	if c == nil || c.unset || !c.attrs.exported || c.shape != scalar {
		return model.Value{State: model.Absent}
	}
	if c.origin != nil {
		return *c.origin
	}
	v := toValue(c.val)
	v.Trail = c.trail
	v.Losers = c.losers
	return v
}

// envValue is what a child process finds, and whether the name can be there at all.
func (c *cell) envValue() (model.Value, bool) {
	all := c.plain()
	if len(all) == 1 {
		v := c.value()
		return v, v.State != model.Absent
	}
	var candidates []model.Value
	present := false
	for _, p := range all {
		v := p.value()
		present = present || v.State != model.Absent
		candidates = append(candidates, v)
	}
	if !present {
		return model.Value{State: model.Absent}, false
	}
	needs := "which way the script goes"
	if c.origin != nil && c.origin.Needs != "" {
		needs = c.origin.Needs // it came in so
	}
	out := model.Ambiguous(needs, candidates...)
	return withHistory(out, candidates), true
}

// deciding gives a text that came of an undecided variable what the variable lacked when it came in.
func (c *cell) deciding(s sym) sym {
	if c == nil || len(c.alts) == 0 || c.origin == nil || len(s) != 1 || s[0].unk == nil || len(s[0].unk.alts) == 0 {
		return s
	}
	p, u := s[0], *s[0].unk
	u.needs = c.origin.Needs
	p.unk = &u
	return sym{p}
}

// withHistory gives an ambiguous value the trails and losers of its candidates.
func withHistory(v model.Value, candidates []model.Value) model.Value {
	if v.State != model.Unknown {
		return v
	}
	var trails []model.Trail
	for _, c := range candidates {
		trails = append(trails, c.Trail)
		for _, l := range c.Losers {
			at := l.At()
			if !slices.ContainsFunc(v.Losers, func(d model.Definition) bool { return d.At() == at }) {
				v.Losers = append(v.Losers, l)
			}
		}
	}
	v.Trail = mergeTrails(trails)
	return v
}
