package helm

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// Sources that no file holds.
const (
	sourceRandom = iota
	sourceRemote
	sourceOrder
	sourceZone
	sourceBuild
	sourceFailed
	sourceCount
)

func (e *eval) wellKnown(n int) origin.ID {
	if e.given[n] == 0 {
		why, needs := model.WhyTime, "a text that is made at random during the deploy"
		switch n {
		case sourceRemote:
			why, needs = model.WhyRemoteState, "what the cluster holds"
		case sourceOrder:
			needs = "the order of a map, which Helm draws at random"
		case sourceZone:
			needs = "the time zone of the machine that deploys"
		case sourceBuild:
			why, needs = model.WhyUnsupported, "how the helm that deploys was built"
		case sourceFailed:
			why, needs = model.WhyUnsupported, "a chart that does not fail"
		}
		e.given[n] = e.add(model.UnknownBecause(why, needs, model.Trail{}), false)
	}
	return e.given[n]
}

// add gives a source a number.
func (e *eval) add(v model.Value, maybe bool) origin.ID {
	id := e.marks.Add(v)
	e.notes = append(e.notes, note{unknown: v.State != model.Known, maybe: maybe})
	return id
}

func (e *eval) isUnknown(id origin.ID) bool { return e.notes[id].unknown }

// placeholder stands for a value that is not known.
func (e *eval) placeholder(id origin.ID) *val { return &val{v: Placeholder, src: ids{id}} }

// guess stands for the result of what cannot be done with the text that stands for a value
// that is not known. Plain rendering fails there.
func (e *eval) guess(id origin.ID) *val {
	e.forked = true
	return e.placeholder(id)
}

// undecidedSource marks what is there only if the values u, which are not known, say so;
// or may be another text in its place.
func (e *eval) undecidedSource(u ids, maybe, either bool) origin.ID {
	key := derivation{id: u[0], by: fmt.Sprint(u, maybe, either)}
	if id, ok := e.memo[key]; ok {
		return id
	}
	first := e.marks.Source(u[0])
	v := model.UnknownBecause(first.Why, first.Needs, first.Trail)
	v.Ref = first.Ref
	v.DecidedBy = e.decided(u)
	id := e.add(v, maybe)
	e.notes[id].either = either
	e.memo[key] = id
	return id
}

// plainly gives the sources of what a function made as a whole: no part of it can be told
// to be there or not, so that all of it may be any text.
func (e *eval) plainly(list ids) ids {
	if !slices.ContainsFunc(list, func(id origin.ID) bool { return e.notes[id].maybe }) {
		return list
	}
	out := slices.Clone(list)
	for i, id := range out {
		if e.notes[id].maybe {
			out[i] = e.undecidedSource(ids{id}, false, false)
		}
	}
	return sorted(out)
}

// decided lists the places of the leaves that decided something. What the template itself
// holds, such as the text that a leaf is compared with, is none.
func (e *eval) decided(list ids) []model.Hop {
	var hops []model.Hop
	for _, id := range list {
		h := e.marks.Source(id).Trail.Last()
		if own := h.Kind == model.KindHelmTemplate && h.Literal; h != (model.Hop{}) && !own && !slices.Contains(hops, h) && len(hops) < maxDecided {
			hops = append(hops, h)
		}
	}
	return hops
}

const maxDecided = 8

// cond is the conditions that enclose a place.
type cond struct {
	ids ids
	key string
}

// within adds what decided v to be true or false.
func (e *eval) within(outer *cond, v *val) *cond { return e.chosen(outer, v.all().with(v.by)) }

func (e *eval) chosen(outer *cond, list ids) *cond {
	if outer != nil {
		list = list.with(outer.ids)
	}
	if len(list) == 0 {
		return outer
	}
	if len(list) > maxConditions {
		list = list[:maxConditions]
	}
	var key []byte
	for _, id := range list {
		key = binary.AppendUvarint(key, uint64(id))
	}
	c, ok := e.conds[string(key)]
	if !ok {
		c = &cond{ids: list, key: string(key)}
		e.conds[c.key] = c
	}
	return c
}

const maxConditions = 64

// derivation is a source that passed a line of a template under conditions.
type derivation struct {
	id   origin.ID
	hop  *model.Hop
	cond *cond
	by   string
}

func (e *eval) derive(id origin.ID, hop *model.Hop, c *cond) origin.ID {
	if hop == nil && c == nil {
		return id
	}
	key := derivation{id: id, hop: hop, cond: c}
	if known, ok := e.memo[key]; ok {
		return known
	}
	v := e.marks.Source(id)
	if hop != nil {
		v = v.Via(*hop)
	}
	if c != nil {
		v.DecidedBy = slices.Clone(v.DecidedBy)
		for _, h := range e.decided(c.ids) {
			if !slices.Contains(v.DecidedBy, h) && len(v.DecidedBy) < maxDecided {
				v.DecidedBy = append(v.DecidedBy, h)
			}
		}
	}
	derived := e.add(v, e.notes[id].maybe)
	e.notes[derived].either = e.notes[id].either
	e.memo[key] = derived
	return derived
}

// write puts a text into the output, each stretch of it having passed hop.
func (f *frame) write(v *val, hop *model.Hop) {
	text := v.v.(string)
	f.e.wrote(len(text))
	c := f.cond
	if len(v.by) > 0 {
		c = f.e.chosen(c, v.by)
	}
	at := len(f.out.b)
	f.out.b = append(f.out.b, text...)
	for _, id := range f.e.plainly(v.src) {
		p := piece{start: at, end: at + len(text), id: f.e.derive(id, hop, c)}
		if len(text) == 0 && f.e.isUnknown(id) {
			p.extra = f.e.placeholder(p.id)
		}
		f.out.p = append(f.out.p, p)
	}
	for _, p := range v.p {
		p.start, p.end, p.id = p.start+at, p.end+at, f.e.derive(p.id, hop, c)
		f.out.p = append(f.out.p, p)
	}
}

// emit writes the result of an action. A value without any origin stands in the template
// itself.
func (f *frame) emit(n *parse.ActionNode, v *val) {
	f.e.nodes, f.e.bytes = 0, 0
	out := f.e.printed(v)
	hop := f.hop(n)
	if len(out.src) == 0 && len(out.p) == 0 && out.v != "" && hop != nil && v.v != nil {
		out = &val{v: out.v, src: ids{f.e.here(n, hop)}, by: out.by}
		hop = nil
	}
	f.write(out, hop)
}

// printed gives the text of a value as an action writes it.
func (e *eval) printed(v *val) *val {
	switch x := v.v.(type) {
	case string:
		return v
	case nil:
		if u := e.unknowns(v.src); len(u) > 0 {
			return &val{v: "", src: v.src, by: v.by}
		}
		return &val{v: noValue, src: v.src, by: v.by}
	case KubeVersion:
		return of(x.Version, v.src, v.by)
	}
	var g gathered
	text := fmt.Sprint(e.strip(v, &g))
	e.size(len(text))
	src, by := g.done()
	return of(text, src, by)
}

// here is the source of a text that an action holds itself.
func (e *eval) here(n parse.Node, hop *model.Hop) origin.ID {
	key := derivation{hop: hop}
	if id, ok := e.memo[key]; ok {
		return id
	}
	h := *hop
	h.Literal = true
	id := e.add(model.Value{State: model.Known, Trail: model.Trail{}.Append(h)}, false)
	e.memo[key] = id
	return id
}

// hop is the place of an action; nil in the text of "tpl", which has no place of its own.
func (f *frame) hop(n parse.Node) *model.Hop {
	if f.t.at == nil {
		return nil
	}
	if h, ok := f.e.hops[n]; ok {
		return h
	}
	h := &model.Hop{At: f.t.at.span(int(n.Position()), 0), Kind: model.KindHelmTemplate, What: masked(n)}
	f.e.hops[n] = h
	return h
}

// place is where an error is told to be.
type place struct {
	at   pos.Span
	name string // "shop/templates/secret.yaml:8:19", as Helm says it
}

func (f *frame) place(n parse.Node) place {
	if f.t.at == nil || n == nil {
		return place{}
	}
	at := f.t.at.span(int(n.Position()), 0)
	name := f.t.at.source.name
	if at.Start.Line > 0 {
		name = fmt.Sprintf("%s:%d:%d", name, at.Start.Line, max(0, at.Start.Column-1))
	}
	return place{at: at, name: name}
}

var quoted = lazy.Regexp("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`")

// masked shows an action without the texts in it.
func masked(n parse.Node) string {
	text := quoted().ReplaceAllString(n.String(), "…")
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	if len(text) > maxWhat {
		text = strings.ToValidUTF8(text[:maxWhat], "") + "…"
	}
	return strings.TrimSuffix(text, "{{end}}")
}

const maxWhat = 80
