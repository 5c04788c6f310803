package dotenv

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
)

// jsKeys lists the names of the map that dotenv makes of the files, in the order that
// JavaScript goes through it: whole numbers first, then as they came.
func jsKeys(readings []*reading) []string {
	seen := map[string]bool{}
	var keys []string
	for _, rd := range readings {
		if rd == nil {
			continue
		}
		for _, t := range rd.tokens {
			if !seen[t.name] {
				seen[t.name] = true
				keys = append(keys, t.name)
			}
		}
	}
	order.By(keys, compareJSKeys)
	return keys
}

func compareJSKeys(a, b string) int {
	i, j := jsIndex(a), jsIndex(b)
	switch {
	case i >= 0 && j >= 0:
		return int(i - j)
	case i >= 0:
		return -1
	case j >= 0:
		return 1
	}
	return 0
}

// jsIndex gives the number that a key stands for, or -1.
func jsIndex(key string) int64 {
	n, err := strconv.ParseUint(key, 10, 32)
	if err != nil || n == 1<<32-1 || strconv.FormatUint(n, 10) != key {
		return -1
	}
	return int64(n)
}

// jsExpander evaluates with what one package from npm finds in its environment.
type jsExpander struct {
	*run
	keys []string
	raws map[string]model.Value // of the last definition of each name
	done map[string]model.Value // expanded so far
	env  find                   // process.env of the moment
	// hidden says that a file could not be read: any name may be defined there.
	hidden   bool
	expanded []*reading
	odd      bool // a property of every object was asked for: what that gives is no text
}

// newJSExpander works out the definitions of the files at from, from+1, … with their
// raw values.
func (r *run) newJSExpander(from int, readings []*reading) *jsExpander {
	x := &jsExpander{run: r, expanded: readings, keys: jsKeys(readings), raws: map[string]model.Value{}, done: map[string]model.Value{}}
	for i, rd := range readings {
		if rd == nil || rd.halt != nil {
			x.hidden = true
		}
		if rd == nil {
			continue
		}
		for _, t := range rd.tokens {
			d, hop := rd.define(t)
			d.Value = rd.rawValue(t, hop)
			if d.Value.State == model.Unknown && mayExpand(t.text) {
				x.odd = true
				x.watch(d.Value)
			}
			r.defs[from+i] = append(r.defs[from+i], d)
			x.raws[t.name] = d.Value
		}
	}
	return x
}

// rawValue is the value of a token before any expansion.
func (rd *reading) rawValue(t token, hop model.Hop) model.Value {
	if v, ok := rd.fixed(t, hop); ok {
		return v
	}
	hop.Literal = true
	return model.KnownText(t.text, hop)
}

// outer is process.env as it was before any file was loaded. With override, what the
// files define does not count.
func (x *jsExpander) outer(name string) (model.Value, bool) {
	if _, ok := x.raws[name]; ok && x.override {
		return model.Value{State: model.Absent}, false
	}
	v := x.outside(name)
	return v, v.State != model.Absent
}

// lookup is what the expander finds under a name: the environment, then rest.
func (x *jsExpander) lookup(rest map[string]model.Value) find {
	return func(name string) (model.Value, bool) {
		if isObjectProperty(name) {
			x.odd = true
			return model.UnknownBecause(model.WhyUnsupported, "a variable of another name: this one is a property of every object in JavaScript", model.Trail{}), true
		}
		if v, ok := x.env(name); ok {
			return v, true
		}
		if v, ok := rest[name]; ok && !x.hidden {
			return v, true
		}
		if x.hidden {
			return hiddenValue(), true
		}
		return model.Value{State: model.Absent}, false
	}
}

// isObjectProperty knows the names that every object of JavaScript inherits.
func isObjectProperty(name string) bool {
	switch name {
	case "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
		"__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__":
		return true
	}
	return false
}

// nodeExpandValues gives the values as dotenv-expand makes them of all files together.
func nodeExpandValues(r *run) {
	x := r.newJSExpander(0, r.readings)
	x.env = x.outer
	if r.rules.populated { // dotenv.config has put the raw values there
		x.env = func(name string) (model.Value, bool) {
			if v, ok := x.outer(name); ok {
				return v, true
			}
			v, ok := x.raws[name]
			return v, ok && !x.hidden
		}
		r.existing = existingBesideExpand
	}
	own := map[string]model.Value{}
	for _, name := range x.keys {
		if isObjectProperty(name) && !r.rules.populated {
			x.stop(halt{note: note{
				where:   x.raws[name].Trail.Last().At,
				message: "dotenv-expand fails here: the name is a property of every object in JavaScript",
				fix:     "choose another name",
			}})
		}
		own[name] = x.expand(x.raws[name])
		x.done[name] = own[name]
		if v, ok := x.outer(name); ok && !isEmptyText(v) && !v.Same(x.raws[name]) {
			x.done[name] = v
		}
	}
	x.settle(own, 0, len(r.defs))
}

// settle gives the definitions their values: the last one of each name the expanded
// one. A definition that a later one replaces is never expanded by the reader; what
// counts for it is where it stands.
func (x *jsExpander) settle(own map[string]model.Value, from, to int) {
	for i := from; i < to; i++ {
		for k := range x.defs[i] {
			d := &x.defs[i][k]
			if v := own[d.Name]; x.raws[d.Name].Trail.Last().At == d.At {
				d.Value = v
			} else if d.Value.State == model.Known && mayExpand(d.raw) {
				d.Value = model.UnknownBecause(model.WhyUnsupported, "the definition to be the last one of its name in the file", d.Value.Trail)
			}
		}
	}
}

func isEmptyText(v model.Value) bool { return v.State == model.Known && v.Text.IsEmpty() }

// existingBesideExpand is what becomes of a variable that was set before dotenv ran and
// that the file defines too: dotenv-expand takes an empty one for unset, one equal to
// the raw text for its own, and resolves "\$" in any other.
func existingBesideExpand(incoming model.Value, d definition) model.Value {
	if incoming.State != model.Known {
		return prefer(incoming, d.Value)
	}
	text := incoming.Text.Reveal()
	switch {
	case text == "" || text == d.raw:
		return prefer(d.Value, incoming)
	case !strings.Contains(text, `\$`):
		return prefer(incoming, d.Value)
	}
	v := model.KnownText(jsUnescape(text), model.Hop{})
	v.Trail = incoming.Trail.Append(model.Hop{At: d.At, Kind: model.KindDotenv, What: d.Name})
	v.Losers = incoming.Losers
	return v.Over(d.Value)
}

func jsUnescape(s string) string { return strings.ReplaceAll(s, `\$`, "$") }

// expand gives the value of one raw text.
func (x *jsExpander) expand(raw model.Value) model.Value {
	if raw.State != model.Known || !mayExpand(raw.Text.Reveal()) {
		return raw
	}
	hop := raw.Trail.Last()
	hop.Literal = false
	e := expansion{find: x.lookup(x.done), budget: x.budget, at: hop.At}
	v, _ := e.evaluate(hop, func(e *expansion) string {
		return jsUnescape(x.replace(e, raw.Text.Reveal()))
	})
	x.watch(v)
	return v
}

// watch gives the files up after a value that grows without end, or uses what is no
// variable: then the reader may fail, or not come back, and load nothing.
func (x *jsExpander) watch(v model.Value) {
	n := note{where: v.Trail.Last().At}
	switch {
	case x.odd:
		n.message = "what " + x.rules.reader + " makes of this is no text: a property of every object in JavaScript, or bytes that are none"
		n.fix = "choose another name, or write the value plainly"
	case v.State == model.Unknown && v.Why == model.WhyLimit:
		n.message = x.rules.reader + " may not come to an end here: a value that contains itself grows without end"
		n.fix = "take the variable out of its own value"
	default:
		return
	}
	x.stop(halt{foreign: true, note: n})
}

// stop halts every file that is expanded together.
func (x *jsExpander) stop(h halt) {
	for _, rd := range x.expanded {
		if rd != nil && rd.halt == nil {
			rd.halt = &h
		}
	}
}

// replace puts one variable after the other into s, and looks at the result again.
func (x *jsExpander) replace(e *expansion, s string) string {
	seen := map[string]bool{}
	for e.grow(len(s)) && e.step() {
		template, expression, ok := jsReference(s)
		if !ok {
			break
		}
		seen[s] = true
		key, op, word := jsSplit(expression)
		text, _ := e.get(key)
		if e.unknown != nil {
			return ""
		}
		useWord := text == "" || seen[text]
		if strings.HasSuffix(op, "+") {
			useWord = text != ""
			text = ""
		}
		if useWord {
			text = word
			if word != "" {
				e.fallback(key)
			}
		}
		s = jsReplace(s, template, text)
		if d, ok := x.done[key]; ok && d.State == model.Known && d.Text.Reveal() == s {
			break
		}
	}
	return s
}

// jsReference finds the first ${…} or $NAME that no backslash stands in front of.
func jsReference(s string) (template, expression string, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '$' || i > 0 && s[i-1] == '\\' || i+1 == len(s) {
			continue
		}
		if s[i+1] == '{' {
			end := strings.IndexAny(s[i+2:], "{}")
			if end > 0 && s[i+2+end] == '}' {
				return s[i : i+3+end], s[i+2 : i+2+end], true
			}
			continue
		}
		end := i + 1
		for end < len(s) && (isLetter(s[end]) || s[end] == '_' || end > i+1 && isDigit(s[end])) {
			end++
		}
		if end > i+1 {
			return s[i:end], s[i+1 : end], true
		}
	}
	return "", "", false
}

// jsSplit takes an expression apart at its first operator. Without one the reader
// splits at the word "null", by accident.
func jsSplit(expression string) (key, op, word string) {
	op = "null"
	if i := strings.IndexAny(expression, "+-"); i >= 0 {
		op = expression[i : i+1]
		if i > 0 && expression[i-1] == ':' {
			op = expression[i-1 : i+1]
		}
	}
	key, word, _ = strings.Cut(expression, op)
	return key, op, word
}

// jsReplace is String.replace: the first occurrence of old goes, and in its stead "$$",
// "$&", "$`" and "$'" have a meaning of their own.
func jsReplace(s, old, text string) string {
	i := strings.Index(s, old)
	if i < 0 {
		return s
	}
	before, after := s[:i], s[i+len(old):]
	var out strings.Builder
	out.WriteString(before)
	for k := 0; k < len(text); k++ {
		if text[k] != '$' || k+1 == len(text) {
			out.WriteByte(text[k])
			continue
		}
		k++
		switch text[k] {
		case '$':
			out.WriteByte('$')
		case '&':
			out.WriteString(old)
		case '`':
			out.WriteString(before)
		case '\'':
			out.WriteString(after)
		default:
			out.WriteByte('$')
			k--
		}
	}
	out.WriteString(after)
	return out.String()
}
