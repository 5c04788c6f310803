package jenkins

import (
	"maps"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// state is what a pipeline changes as it runs. A condition that cannot be decided makes
// two of it, which are joined behind it.
type state struct {
	cells map[int]value
	heap  map[int]*heaped // lists and maps; what lies there is never changed, but replaced
	vars  model.Env       // what Jenkins sets, parameters, and `env.X =`
	turn  int             // tells one vars from another
	ids   *int            // the last number that was given
}

// heaped is the content of a list or a map.
type heaped struct {
	items   []value
	entries []entry
	open    *model.Value // set when there may be anything else in it
	either  []*heaped    // of an open list: what it is, one of these
}

// entry is one entry of a map.
type entry struct {
	key     string
	gstring bool // the key is a GString, and no text finds it
	value   value
}

func newState() *state { return &state{cells: map[int]value{}, heap: map[int]*heaped{}, ids: new(int)} }

func (s *state) clone() *state {
	return &state{cells: maps.Clone(s.cells), heap: maps.Clone(s.heap), vars: s.vars, turn: s.turn, ids: s.ids}
}

// change replaces the variables of the build.
func (s *state) change(vars model.Env) {
	*s.ids++
	s.vars, s.turn = vars, *s.ids
}

// find gives an entry of a map by its key.
func (h *heaped) find(key string, gstring bool) (value, bool) {
	for _, e := range h.entries {
		if e.key == key && e.gstring == gstring {
			return e.value, true
		}
	}
	return value{}, false
}

func (h *heaped) with(e entry) *heaped {
	out := &heaped{entries: slices.Clone(h.entries), open: h.open}
	for i, old := range out.entries {
		if old.key == e.key && old.gstring == e.gstring {
			out.entries[i] = e
			return out
		}
	}
	out.entries = append(out.entries, e)
	return out
}

// joinStates is what is known when one of several states holds, for a reason that is not
// known.
func joinStates(why model.Value, states []*state) *state {
	out := states[0]
	for _, s := range states[1:] {
		out = joinTwo(why, out, s)
	}
	return out
}

func joinTwo(why model.Value, a, b *state) *state {
	if a == b {
		return a
	}
	out := &state{cells: map[int]value{}, heap: map[int]*heaped{}, vars: a.vars, turn: a.turn, ids: a.ids}
	if a.turn != b.turn {
		out.change(joinEnvs(why, a.vars, b.vars))
	}
	for _, cell := range keysOf(a.cells, b.cells) {
		x, inA := a.cells[cell]
		y, inB := b.cells[cell]
		switch {
		case inA && inB && x.same(y):
			out.cells[cell] = x
		default: // what one of them does not have is null
			out.cells[cell] = mixed(why, orNull(x, inA), orNull(y, inB))
		}
	}
	for _, ref := range keysOf(a.heap, b.heap) {
		x, inA := a.heap[ref]
		y, inB := b.heap[ref]
		switch {
		case !inA:
			out.heap[ref] = y
		case !inB || x == y:
			out.heap[ref] = x
		default:
			out.heap[ref] = oneOf(why, x, y)
		}
	}
	return out
}

// oneOf is one of two lists or maps, and nobody knows which.
func oneOf(why model.Value, a, b *heaped) *heaped {
	out := &heaped{open: &why}
	for _, h := range []*heaped{a, b} {
		switch {
		case len(h.either) > 0:
			out.either = append(out.either, h.either...)
		case h.open == nil && len(h.entries) == 0:
			out.either = append(out.either, h)
		default:
			return &heaped{open: &why}
		}
	}
	if len(out.either) > maxChoices {
		out.either = nil
	}
	return out
}

// added is a list with more behind it.
func (h *heaped) added(items []value, open *model.Value) *heaped {
	out := &heaped{items: append(h.items[:len(h.items):len(h.items)], items...), open: h.open}
	if open != nil {
		out.open = open
		return out
	}
	for _, one := range h.either {
		out.either = append(out.either, one.added(items, nil))
	}
	return out
}

func orNull(v value, ok bool) value {
	if !ok {
		return nullValue()
	}
	return v
}

func keysOf[V any](a, b map[int]V) []int {
	all := maps.Clone(a)
	if all == nil {
		all = map[int]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func joinEnvs(why model.Value, a, b model.Env) model.Env {
	vars := map[string]model.Value{}
	for _, e := range []model.Env{a, b} {
		for name := range e.All() {
			if _, done := vars[name]; !done {
				vars[name] = either(why, a.Get(name), b.Get(name))
			}
		}
	}
	out := model.NewEnv(vars)
	if rest := either(why, a.Rest(), b.Rest()); rest.State != model.Absent {
		out = out.WithRest(rest)
	}
	return out
}

// either is one of two values, and nobody knows which.
func either(why model.Value, a, b model.Value) model.Value {
	if len(a.Alternatives)+len(b.Alternatives) > maxCandidates {
		return model.UnknownBecause(model.WhyAmbiguous, why.Needs, why.Trail)
	}
	if a.Same(b) {
		return a
	}
	return model.Ambiguous(why.Needs, a, b)
}

// maxCandidates bounds how many candidates a value has: a loop may make any number.
const maxCandidates = 64

// same reports whether two values are certainly one.
func (v value) same(w value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case kindNull:
		return true
	case kindText, kindNumber, kindBool:
		x, okX := v.words()
		y, okY := w.words()
		if okX && okY {
			return x == y && v.gstring == w.gstring && v.text.isSecret() == w.text.isSecret()
		}
		return slices.Equal(v.text, w.text)
	case kindList, kindMap:
		return v.ref == w.ref
	case kindClosure:
		return v.fn == w.fn
	case kindObject:
		return v.object.name == w.object.name && v.object.about == w.object.about && v.object.script == w.object.script && slices.Equal(v.object.args, w.object.args)
	}
	return v.why.Same(w.why) && v.secret == w.secret
}

// mixed is one of two values, and nobody knows which.
func mixed(why model.Value, a, b value) value {
	if a.same(b) {
		return a
	}
	x, okA := a.model()
	y, okB := b.model()
	out := unknownValue(model.UnknownBecause(model.WhyAmbiguous, why.Needs, why.Trail))
	if okA && okB {
		out = fromModel(either(why, x, y), nil, false)
	}
	out.secret = a.isSecret() || b.isSecret()
	return out
}

func (v value) isSecret() bool { return v.secret || v.text.isSecret() }

// model gives a value that is no list, map or closure as a value of a variable.
func (v value) model() (model.Value, bool) {
	switch v.kind {
	case kindNull:
		return model.Value{State: model.Absent}, true
	case kindText, kindNumber, kindBool:
		return v.text.bind(model.Hop{Kind: model.KindJenkins, What: "text"}), true
	case kindUnknown:
		return v.why, true
	}
	return model.Value{}, false
}
