package dotenv

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// nextValues gives the values as Next.js makes them: it expands each file for itself,
// the strongest first, and what one file gives is in the environment of the next.
func nextValues(r *run) {
	given := map[string]model.Value{} // by the stronger files
	final := map[string]model.Value{} // of variables that were set before
	hidden := false
	for i, rd := range slices.Backward(r.readings) {
		x := r.newJSExpander(i, []*reading{rd})
		x.hidden, hidden = hidden, hidden || x.hidden
		x.env = func(name string) (model.Value, bool) {
			if v, ok := given[name]; ok {
				return v, true
			}
			return x.outer(name)
		}
		x.settle(x.nextFile(final), i, i+1)
		for name, v := range x.done {
			given[name] = v
		}
	}
	r.existing = func(incoming model.Value, d definition) model.Value {
		if v, ok := final[d.Name]; ok {
			incoming = v
		}
		return prefer(incoming, d.Value)
	}
}

// nextFile expands what the file gives, in order. What is set already takes the place
// of the text in the file, and is expanded like it.
func (x *jsExpander) nextFile(final map[string]model.Value) map[string]model.Value {
	own := map[string]model.Value{}
	for name, raw := range x.raws {
		x.done[name] = raw
	}
	for _, name := range x.keys {
		at := x.raws[name].Trail.Last().At
		own[name] = x.next(x.raws[name], at, name)
		x.done[name] = own[name]
		if v, set := x.env(name); set {
			x.done[name] = x.next(v, at, name)
		}
		if _, outside := x.outer(name); outside {
			if _, ok := final[name]; !ok {
				final[name] = x.done[name]
			}
		}
	}
	return own
}

// next expands one text, be it of the file or of the environment.
func (x *jsExpander) next(v model.Value, at pos.Span, name string) model.Value {
	if v.State != model.Known || !mayExpand(v.Text.Reveal()) {
		return v
	}
	hop := model.Hop{At: at, Kind: model.KindDotenv, What: name}
	e := expansion{find: x.lookup(nil), budget: x.budget, at: at}
	if v.Trail.Last().At != at {
		e.used = []model.Value{v}
	}
	out, _ := e.evaluate(hop, func(e *expansion) string {
		return jsUnescape(x.nextReplace(e, v.Text.Reveal()))
	})
	x.watch(out)
	out.Losers = v.Losers
	return out
}

// nextReplace puts one variable after the other into s, from the last one back, until
// the last dollar of the text stands for nothing.
func (x *jsExpander) nextReplace(e *expansion, s string) string {
	for e.grow(len(s)) && e.step() {
		i := lastDollar(s)
		if i < 0 {
			break
		}
		group, name, word, ok := nextReference(s[i:])
		if !ok {
			break
		}
		text, _ := e.get(name)
		if e.unknown != nil {
			return ""
		}
		switch {
		case text != "":
		case word != "":
			text = word
			e.fallback(name)
		default:
			if v, ok := x.done[name]; ok {
				text, _ = e.take(name, v, true)
			}
		}
		s = jsReplace(s, group, text)
	}
	return s
}

// lastDollar finds the last $ that no backslash stands in front of.
func lastDollar(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '$' && (i == 0 || s[i-1] != '\\') {
			return i
		}
	}
	return -1
}

// nextReference reads $NAME, ${NAME} or ${NAME:-word} at the start of s; the braces may
// be missing on either side.
func nextReference(s string) (group, name, word string, ok bool) {
	i := 1
	if i < len(s) && s[i] == '{' {
		i++
	}
	start := i
	for i < len(s) && isWord(s[i]) {
		i++
	}
	if i == start {
		return "", "", "", false
	}
	name = s[start:i]
	if rest, found := strings.CutPrefix(s[i:], ":-"); found {
		n := strings.IndexAny(rest, "}\\")
		if n < 0 {
			n = len(rest)
		}
		word = rest[:n]
		i += 2 + n
	}
	if i < len(s) && s[i] == '}' {
		i++
	}
	return s[:i], name, word, true
}
