package dotenv

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// reading is one file as one dialect splits it.
type reading struct {
	src    *source
	tokens []token
	notes  []note // what the reader leaves out
	always []note // what matters whoever reads the file
	halt   *halt
	sealed bool // a SOPS file: its values are cipher text
}

func read(file string, data []byte, r *rules) *reading {
	src := newSource(file, data, r)
	l := newLexer(src, r)
	r.lex(l)
	return &reading{src: src, tokens: l.tokens, notes: l.notes, halt: l.halt, sealed: hasSops(l.tokens)}
}

// definition is one assignment with what the later stages need of it.
type definition struct {
	Assignment
	raw       string // the text before any expansion
	erases    bool   // defines the name without a value
	inherited bool   // a bare name that took its value from outside
}

// run is one list of files, read by one version of one dialect.
type run struct {
	rules    *rules
	readings []*reading // one for each file; nil for one that could not be read
	outside  func(name string) model.Value
	override bool
	budget   *budget

	defs   [][]definition // for each file
	hidden bool           // for shared: an earlier file could not be read
	// existing gives what becomes of a variable that is set already and that a file
	// defines too. Nil: it stays as it is.
	existing func(incoming model.Value, d definition) model.Value
}

func newRun(r *rules, readings []*reading, outside func(string) model.Value, override bool) *run {
	return &run{rules: r, readings: readings, outside: outside, override: override, budget: &budget{}, defs: make([][]definition, len(readings))}
}

// work reads every value.
func (r *run) work() { r.rules.values(r) }

// problems tells what the reader makes of its files. Lines that it leaves out matter
// only when it is certain that this reader loads the file.
func (r *run) problems(certain bool) []model.Problem {
	var out []model.Problem
	for _, rd := range r.readings {
		if rd == nil {
			continue
		}
		for _, n := range rd.always {
			out = append(out, rd.problem(n))
		}
		if rd.halt != nil {
			out = append(out, rd.problem(rd.halt.note))
		}
		for _, n := range rd.notes {
			if certain {
				out = append(out, rd.problem(n))
			}
		}
	}
	return out
}

func (rd *reading) problem(n note) model.Problem {
	at := n.where
	if !at.IsValid() {
		at = rd.src.span(n.at, n.at)
	}
	return model.Problem{At: at, Message: n.message, Fix: n.fix}
}

// define turns a token into a definition that still lacks its value.
func (rd *reading) define(t token) (definition, model.Hop) {
	src := rd.src
	start, nameEnd := src.place(t.start), src.place(t.nameEnd)
	valueStart, end := src.place(t.valueStart), src.place(t.end)
	span := func(from, to pos.Pos) pos.Span { return pos.Span{File: src.file, Start: from, End: to} }
	d := definition{raw: t.text, Assignment: Assignment{
		Name: t.name, At: span(start, end), NameAt: span(start, nameEnd), ValueAt: span(valueStart, end),
	}}
	return d, model.Hop{At: d.At, Kind: model.KindDotenv, What: t.name}
}

// fixed gives the value of a token that no expansion decides.
func (rd *reading) fixed(t token, hop model.Hop) (model.Value, bool) {
	at := model.Trail{}.Append(hop)
	switch {
	case rd.sealed && isSopsText(t.text):
		return model.UnknownBecause(model.WhyEncrypted, "the file decrypted, as by `sops decrypt`", at), true
	case isDotenvxText(t.text):
		return model.UnknownBecause(model.WhyEncrypted, "the file decrypted, as by `dotenvx decrypt`", at), true
	case t.unsure:
		return model.UnknownBecause(model.WhyUnsupported, "the value written plainly: NAME='text', in UTF-8", at), true
	}
	return model.Value{}, false
}

// inOrder gives the values of a dialect that goes through the file line by line.
func inOrder(r *run) {
	vars, depths := map[string]*model.Value{}, map[string]int{}
	for i, rd := range r.readings {
		if !r.rules.shared || r.hidden {
			clear(vars)
			clear(depths)
		}
		if rd == nil {
			r.hidden = true
			continue
		}
		r.defs[i] = make([]definition, 0, len(rd.tokens))
		for _, t := range rd.tokens {
			d, ok := r.inOrderValue(rd, t, vars, depths)
			if ok && t.name != "" { // no environment can hold the empty name
				r.defs[i] = append(r.defs[i], d) // within its capacity: the pointers stay good
				vars[t.name] = &r.defs[i][len(r.defs[i])-1].Value
			}
		}
		r.hidden = r.hidden || rd.halt != nil
	}
}

// inOrderValue works out one token. It reports false for a line that does nothing.
func (r *run) inOrderValue(rd *reading, t token, vars map[string]*model.Value, depths map[string]int) (definition, bool) {
	d, hop := rd.define(t)
	if t.bare() {
		return r.bareValue(d, hop)
	}
	fixed, isFixed := rd.fixed(t, hop)
	if isFixed && r.rules.dialect != Compose { // compose may still refuse it
		d.Value = fixed
		return d, true
	}
	if !isFixed && t.parts == nil && !mayExpand(t.text) && r.rules.dialect != Bash {
		hop.Literal = true
		d.Value = model.KnownText(t.text, hop)
		return d, true
	}
	e := expansion{find: r.scope(vars), budget: r.budget, depths: depths, at: d.ValueAt}
	depth := 0
	v, refusal := e.evaluate(hop, func(e *expansion) string {
		text := r.rules.expand(e, t)
		depth = max(depth, e.depth)
		return text
	})
	if refusal != "" && rd.halt == nil {
		rd.halt = &halt{note: note{at: t.start, message: refusal, fix: "put the value in single quotes, or write $$ for a plain dollar"}}
	}
	if v.Why == model.WhyLimit && len(rd.always) < 100 {
		rd.always = append(rd.always, note{at: t.start, message: "the value grows beyond what keyfit works out", fix: "write the value without references to other values"})
	}
	if depth > 0 {
		depths[t.name] = depth
	} else {
		delete(depths, t.name)
	}
	d.Value = v
	if isFixed {
		d.Value = fixed
	}
	return d, true
}

func (r *run) bareValue(d definition, hop model.Hop) (definition, bool) {
	if r.rules.bareKey == bareUnset {
		d.Value, d.erases = model.Value{State: model.Absent}, true
		return d, true
	}
	v := r.outside(d.Name)
	d.Value, d.inherited = v.Via(hop), true
	return d, v.State != model.Absent
}

// scope gives what an expansion sees: the variables of the file, and where the dialect
// looks further, what is set outside.
func (r *run) scope(vars map[string]*model.Value) find {
	inside := func(name string) (model.Value, bool) {
		if v, ok := vars[name]; ok {
			return *v, true
		}
		if r.hidden && r.rules.shared {
			return hiddenValue(), true
		}
		return model.Value{}, false
	}
	outside := func(name string) (model.Value, bool) {
		v := r.outside(name)
		return v, v.State != model.Absent
	}
	first, second := inside, outside
	switch {
	case r.rules.dialect == Godotenv:
		second = nil
	case r.rules.dialect == Bash:
		second = bashOutside(r.outside)
	case r.rules.outsideFirst:
		first, second = outside, inside
	}
	return func(name string) (model.Value, bool) {
		v, ok := first(name)
		if !ok && second != nil {
			v, ok = second(name)
		}
		if !ok {
			return model.Value{State: model.Absent}, false
		}
		return v, true
	}
}
