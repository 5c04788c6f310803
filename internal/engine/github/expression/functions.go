package expression

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// signature is how a function is called.
type signature struct {
	name     string
	min, max int
}

// signatures lists the functions by their names in lower case.
var signatures = map[string]signature{
	"contains":   {"contains", 2, 2},
	"startswith": {"startsWith", 2, 2},
	"endswith":   {"endsWith", 2, 2},
	"format":     {"format", 1, maxArguments},
	"join":       {"join", 1, 2},
	"tojson":     {"toJSON", 1, 1},
	"fromjson":   {"fromJSON", 1, 1},
	"case":       {"case", 3, maxArguments},
	"hashfiles":  {"hashFiles", 1, maxArguments},
	"always":     {"always", 0, 0},
	"cancelled":  {"cancelled", 0, 0},
	"success":    {"success", 0, maxArguments}, // a job names others, a step none
	"failure":    {"failure", 0, maxArguments},
}

func (s signature) check(n *node) error {
	wrong := ""
	switch count := len(n.args); {
	case s.min == s.max && count != s.min:
		wrong = fmt.Sprint(s.min)
	case count < s.min:
		wrong = fmt.Sprint("at least ", s.min)
	case count > s.max:
		wrong = fmt.Sprint("at most ", s.max)
	case s.name == "case" && count%2 == 0:
		wrong = "an odd number of"
	default:
		return nil
	}
	return &Error{Offset: n.start, Message: fmt.Sprintf("expected %s arguments of %s, found %d", wrong, s.name, len(n.args))}
}

func (r *run) call(n *node) Value {
	switch n.name {
	case "format":
		return r.format(n.args)
	case "case":
		return r.cases(n.args)
	case "join":
		return r.join(n.args)
	case "always":
		return Bool(true)
	case "success", "failure", "cancelled":
		return r.status(n.name)
	}
	args := make([]Value, len(n.args))
	for i, arg := range n.args {
		args[i] = r.eval(arg)
		if args[i].fault != nil && (i == 0 || n.name == "hashfiles" || args[0].possible().within(scalars)) {
			return args[i]
		}
		args[i] = args[i].spared() // of what is no text, the runner may not ask for the second argument
	}
	switch n.name {
	case "contains":
		return r.lift2(args[0], args[1], r.contains)
	case "startswith":
		return r.lift2(args[0], args[1], r.edge(shape.prefix, strings.HasPrefix))
	case "endswith":
		return r.lift2(args[0], args[1], r.edge(shape.suffix, strings.HasSuffix))
	case "tojson":
		return r.toJSON(args[0])
	case "fromjson":
		return r.lift1(args[0], r.fromJSON)
	}
	if r.context.HashFiles != nil {
		return r.context.HashFiles(args)
	}
	return Unknown(model.UnknownBecause(model.WhyUnsupported, "the files of the runner", model.Trail{}), KindString)
}

func (r *run) status(name string) Value {
	if r.context.Status != nil {
		return r.context.Status(name)
	}
	return Unknown(model.UnknownBecause(model.WhyExitStatus, "whether what ran before succeeds", model.Trail{}), KindBool)
}

// contains looks for a text in a text, or for a value in an array.
func (r *run) contains(v, item Value) Value {
	switch p := v.possible(); {
	case p.within(scalars):
		return r.containsText(v, item)
	case p.within(1 << KindObject):
		return answer(false, true, v, item)
	case v.kind != KindArray:
		return answer(false, false, v, item)
	}
	all := true
	for _, candidate := range v.array.items {
		if !r.spend(candidate.size() + item.size()) {
			return tooMuch()
		}
		same, sure := r.equal(item, candidate)
		if same && sure {
			return answer(true, true, candidate, item)
		}
		all = all && sure
	}
	return answer(false, all, append([]Value{item, v}, v.array.items...)...)
}

// equal compares values that may have several candidates.
func (r *run) equal(v, w Value) (same, sure bool) {
	if v.count() == 1 && w.count() == 1 {
		return equal(v, w)
	}
	found := r.lift2(v, w, func(v, w Value) Value {
		same, sure := equal(v, w)
		return answer(same, sure, v, w)
	})
	return found.flag, found.kind == KindBool
}

func (r *run) containsText(v, part Value) Value {
	if part.possible().within(truthful) {
		return answer(false, true, v, part)
	}
	hay, _ := shapeOf(v)
	needle, _ := shapeOf(part)
	if !part.possible().within(scalars) || !needle.whole() {
		return answer(false, false, v, part)
	}
	if !r.spend(v.size() + part.size()) {
		return tooMuch()
	}
	for _, piece := range hay.pieces {
		found, sure := folded(strings.Contains, piece, needle.prefix())
		if found && sure || hay.whole() {
			return answer(found, sure, v, part)
		}
	}
	return answer(false, false, v, part)
}

// edge tests with what a text begins or ends.
func (r *run) edge(end func(shape) string, test func(text, part string) bool) func(v, part Value) Value {
	return func(v, part Value) Value {
		if v.possible().within(truthful) || part.possible().within(truthful) {
			return answer(false, true, v, part)
		}
		text, _ := shapeOf(v)
		wanted, _ := shapeOf(part)
		if !v.possible().within(scalars) || !part.possible().within(scalars) || !r.spend(v.size()+part.size()) {
			return answer(false, false, v, part)
		}
		fits, sure := folded(test, end(text), end(wanted))
		switch {
		case text.whole() && wanted.whole():
			return answer(fits, sure, v, part)
		case wanted.whole() && fits && sure:
			return answer(true, true, v, part)
		}
		return answer(false, apart(end(text), end(wanted), test), v, part)
	}
}

// cases gives the value behind the first condition that is true, else the last argument.
func (r *run) cases(args []*node) Value {
	if len(args) == 1 {
		return r.eval(args[0])
	}
	cond := r.eval(args[0])
	if cond.fault != nil {
		return cond
	}
	if cond.possible()&(1<<KindBool) == 0 {
		return failed("expected conditions of case that are true or false")
	}
	switch truth, decided := cond.Truth(); {
	case decided && truth:
		return r.eval(args[1]).decidedBy(cond)
	case decided:
		return r.cases(args[2:]).decidedBy(cond)
	}
	yes, no := r.eval(args[1]), r.cases(args[2:])
	return choice(cond.reason(), yes.decidedBy(cond), no.decidedBy(cond))
}

// join writes the items of an array in a row. The separator counts only between items.
func (r *run) join(args []*node) Value {
	list := r.eval(args[0])
	if list.fault != nil {
		return list
	}
	separator := String(",")
	single := list.possible().within(scalars) || list.kind == KindArray && len(list.array.items) < 2
	if len(args) > 1 && !single {
		if separator = r.eval(args[1]); separator.fault != nil && list.kind == KindArray {
			return separator
		}
	}
	separator = separator.spared()
	return r.lift2(list, separator, r.joinedWith)
}

func (r *run) joinedWith(list, separator Value) Value {
	switch p := list.possible(); {
	case p.within(scalars):
		return asText(list)
	case p.within(1 << KindObject):
		return String("")
	case list.kind != KindArray:
		return Unknown(derived(list, separator), KindString)
	}
	switch p := separator.possible(); {
	case p.within(truthful): // the runner takes its own
		separator = String(",")
	case !p.within(scalars):
		return Unknown(derived(list, separator), KindString)
	}
	var pieces []model.Value
	for i, item := range list.array.items {
		if i > 0 {
			pieces = append(pieces, separator.Model())
		}
		pieces = append(pieces, item.Model())
		if !r.spend(item.size() + separator.size()) {
			return tooMuch()
		}
	}
	return compose(pieces)
}

// asText is the value as the text that it is pasted as.
func asText(v Value) Value {
	m := v.Model()
	if m.State == model.Unknown && len(m.Alternatives) == 0 {
		return Unknown(m, KindString)
	}
	out := Text(m)
	out.written = v.written
	return out
}
