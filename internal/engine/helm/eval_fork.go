package helm

import (
	"reflect"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// way is what came of one side of a condition.
type way struct {
	out  *rope
	vars []variable
	ctl  ctl
	stop *stop
}

// fork runs both sides of a condition that nobody can decide here, and joins what comes of
// them: text of one side only is there or not; variables that differ are not known. A side
// on which Helm would fail is not taken, since then nothing is deployed at all.
func (f *frame) fork(u ids, truth bool, then, otherwise func() ctl) ctl {
	if f.e.spec >= maxForks {
		f.e.give(u[0])
	}
	likely, other := then, otherwise
	if !truth {
		likely, other = otherwise, then
	}
	before := f.vars
	a := f.side(before, likely)
	b := f.side(before, other)
	if a.stop != nil && b.stop != nil {
		panic(a.stop)
	}
	if a.stop != nil || b.stop != nil {
		return f.only(a, b)
	}
	if a.ctl != b.ctl {
		f.e.give(u[0])
	}
	f.vars = before
	f.joinVars(a.vars, b.vars, u)
	f.joinText(u, a.out, b.out)
	return a.ctl
}

// side runs one side on its own.
func (f *frame) side(vars []variable, do func() ctl) way {
	w := way{out: &rope{}}
	out, cond := f.out, f.cond
	f.out, f.vars = w.out, slices.Clone(vars)
	depth, outer := f.e.depth, f.e.side
	f.e.spec++
	f.e.sides++
	f.e.side = f.e.sides
	w.stop = try(func() { w.ctl = do() })
	f.e.depth, f.e.side = depth, outer
	f.e.spec--
	w.vars = f.vars
	f.out, f.cond = out, cond
	if w.stop != nil && w.stop.kind != stopError {
		panic(w.stop)
	}
	return w
}

// only goes on with the one side that does not fail.
func (f *frame) only(a, b way) ctl {
	w := a
	if a.stop != nil {
		w = b
		f.e.forked = true
	}
	f.vars = w.vars[:min(len(w.vars), len(f.vars))]
	f.out.add(string(w.out.b), w.out.val())
	return w.ctl
}

func (f *frame) joinVars(a, b []variable, u ids) {
	for i := range f.vars {
		va, vb := a[i].v, b[i].v
		if va == vb || f.e.same(va, vb) {
			f.vars[i].v = va
			continue
		}
		f.vars = slices.Clone(f.vars)
		f.vars[i].v = va.plus(u, nil).plus(va.all().with(vb.all()), va.by.with(vb.by))
	}
}

// same reports whether two values are the same for certain.
func (e *eval) same(a, b *val) bool {
	var ga, gb gathered
	e.nodes, e.bytes = 0, 0
	if !reflect.DeepEqual(e.strip(a, &ga), e.strip(b, &gb)) {
		return false
	}
	sa, _ := ga.done()
	sb, _ := gb.done()
	return len(e.unknowns(sa)) == 0 && len(e.unknowns(sb)) == 0
}

// joinText writes what the likely side gave, as something that may not be there, and notes
// what the other one would give in its place, unless that has nothing new in it.
func (f *frame) joinText(u ids, a, b *rope) {
	va, vb := a.val(), b.val()
	if f.e.same(va, vb) {
		f.out.add(string(a.b), va)
		return
	}
	at, bt := filled(va, 0).v.(string), filled(vb, 0).v.(string)
	maybe := isBlock(at) && (isBlock(bt) || leavesNothing(bt)) || isBlock(bt) && givesWay(at, bt)
	either := maybe && isBlock(at) && isBlock(bt) && covers(at, bt)
	if either && at == string(a.b) && bt == string(b.b) && f.e.isFormed(vb) {
		if differing, ok := sameForm(at, bt, len(f.e.unknowns(vb.all())) > 0); ok {
			f.addDiffering(u, va, differing)
			return
		}
	}
	f.out.add(string(a.b), va.plus(ids{f.e.undecidedSource(u, maybe, either)}, nil))
	if blank(bt) && len(f.e.unknowns(vb.all())) == 0 || !blank(at) && !isBlock(bt) || either {
		return
	}
	id := f.e.undecidedSource(u, isBlock(bt) && (maybe || blank(at)), false)
	end := len(f.out.b)
	f.out.p = append(f.out.p, piece{start: end, end: end, id: id, extra: vb.plus(ids{id}, nil)})
}

// addDiffering writes the likely one of two texts that differ in some of their values.
func (f *frame) addDiffering(u ids, v *val, differing [][2]int) {
	start := len(f.out.b)
	f.out.add(v.v.(string), v)
	id := f.e.undecidedSource(u, false, false)
	for _, d := range differing {
		f.out.p = append(f.out.p, piece{start: start + d[0], end: start + d[1], id: id})
	}
}

// leavesNothing reports whether a text without content may as well not be there, wherever
// whole lines are left out for it.
func leavesNothing(text string) bool {
	return text == "" || blank(text) && strings.HasSuffix(text, "\n")
}

// givesWay reports whether a text without content means nothing before lines of YAML.
func givesWay(text, before string) bool {
	first, _, _ := strings.Cut(before, "\n")
	return text == "" || blank(text) && strings.Contains(text, "\n") && blank(first)
}

// isBlock reports whether text is lines of YAML rather than part of one.
func isBlock(text string) bool {
	return slices.Contains([]byte(text), '\n') && keyLine().MatchString(text)
}

func blank(text string) bool {
	for i := range len(text) {
		if text[i] != ' ' && text[i] != '\n' && text[i] != '\t' && text[i] != '\r' {
			return false
		}
	}
	return true
}

// changing is called before a map is changed in place. Under a condition that nobody can
// decide, that would hold for the other side as well: then nothing is certain any more,
// unless the map was made on the same side.
func (e *eval) changing(m map[string]any) {
	if e.spec == 0 || e.fresh[reflect.ValueOf(m).Pointer()].side == e.side {
		return
	}
	e.doubtAll("a template that changes values under a condition on a value that is not known")
}

func (e *eval) doubtAll(needs string) {
	if e.doubt == nil {
		v := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{})
		e.doubt = &v
	}
}

// made notes a map that was made under a condition that nobody can decide.
func (e *eval) made(m map[string]any) map[string]any {
	if e.spec > 0 {
		e.fresh[reflect.ValueOf(m).Pointer()] = freshMap{m, e.side}
	}
	return m
}

// freshMap is a map with the side of a fork that made it. It is kept, so that no other map
// gets its address.
type freshMap struct {
	m    map[string]any
	side int
}
