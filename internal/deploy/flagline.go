package deploy

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// all gives the values of every flag of these names, in order.
func (l flagLine) all(names ...string) []word {
	var out []word
	for _, f := range l.flags {
		if slices.Contains(names, f.name) {
			out = append(out, f.value)
		}
	}
	return out
}

// last gives the value of the flag that counts, which is the last one; absent when it
// was not given.
func (l flagLine) last(names ...string) model.Value {
	all := l.all(names...)
	if len(all) == 0 {
		return l.sure(model.Value{State: model.Absent})
	}
	return l.sure(all[len(all)-1].value())
}

// sure is v as it is, or an unknown value when the line is in doubt.
func (l flagLine) sure(v model.Value) model.Value {
	if l.doubt == nil || v.State == model.Unknown {
		return v
	}
	return model.UnknownBecause(l.doubt.Why, l.doubt.Needs, v.Trail)
}

// operand is the operand number i, counted from 0; absent when there is none.
func (l flagLine) operand(i int) model.Value {
	if i >= len(l.operands) {
		return model.Value{State: model.Absent}
	}
	return l.sure(l.operands[i].value())
}

// whole is the value of a word whose pieces are told apart, so that what is known of it
// stays known.
func (w word) whole() model.Value {
	v := w.value()
	if len(w.parts) > 1 {
		v.Parts = nil
		for _, p := range w.parts {
			v.Parts = append(v.Parts, p.value)
		}
	}
	return v
}

// word is the operand number i as it was written, or one that is not known.
func (l flagLine) word(i int) word {
	if i >= len(l.operands) {
		return unnamed()
	}
	return l.operands[i]
}

func unnamed() word { return wordOf(model.Value{Why: model.WhyUnsupported, Needs: "a name"}) }

// has says whether a switch is on. It is not decided when its value is not known.
func (l flagLine) has(name string) answer {
	on := no
	for _, f := range l.flags {
		if f.name != name {
			continue
		}
		on = yes
		if !f.given {
			continue
		}
		switch t, ok := f.value.known(); {
		case !ok:
			on = maybe
		case slices.Contains([]string{"false", "f", "F", "0", "FALSE", "False"}, t):
			on = no
		}
	}
	if on == no && l.doubt != nil {
		return maybe
	}
	return on
}

// answer is yes, no, or not decided.
type answer uint8

const (
	maybe answer = iota
	yes
	no
)

// problems says what keeps the line from being read.
func (l flagLine) problems(c Call, tool string) []model.Problem {
	switch {
	case l.wrong != "":
		return []model.Problem{{At: c.At, Message: tool + ": " + l.wrong + ", so what it delivers is not known", Fix: "correct the flag, or write it as keyfit can read it"}}
	case l.doubt != nil:
		return []model.Problem{{
			At:      c.At,
			Message: tool + ": an argument that is not known may hold flags, so what the command delivers is not known",
			Fix:     "put the argument in quotes, behind its flag, or bind what it needs under inputs",
		}}
	}
	return nil
}
