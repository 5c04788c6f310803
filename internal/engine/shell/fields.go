package shell

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// fields is what words expand to: the arguments of a command, the items of a loop.
type fields struct {
	list    []sym
	unsure  int      // from this field on, there may be any number of others; -1: none
	tail    *unknown // why
	noOrder bool     // the shell gives them in an order of its own
	// without is what they are when the first word gives none; nil when it certainly does.
	without *fields
}

func (f fields) sure() bool { return f.unsure < 0 }

func (f fields) reversible() bool { return f.noOrder && len(f.list) > 1 && f.sure() }

// known gives the texts of all fields when each of them, and their number, is known.
func (f fields) known() ([]string, bool) {
	if !f.sure() {
		return nil, false
	}
	out := make([]string, len(f.list))
	for i, s := range f.list {
		t, ok := s.known()
		if !ok {
			return nil, false
		}
		out[i] = t
	}
	return out, true
}

func (f fields) tailUnknown() *unknown {
	if f.tail != nil {
		return f.tail
	}
	return &unknown{why: model.WhyUnsupported, needs: "how many words there are"}
}

// from gives the fields from the i-th on.
func (f fields) from(i int) fields {
	i = min(i, len(f.list))
	out := fields{list: f.list[i:], unsure: f.unsure, tail: f.tail, noOrder: f.noOrder}
	if f.unsure >= 0 {
		out.unsure = max(0, f.unsure-i)
	}
	return out
}

// fields expands words all the way.
func (sh *shell) fields(st *state, list ...*syntax.Word) fields {
	out := fields{unsure: -1}
	for i, w := range sh.words(list) {
		if st.dead || sh.m.halted != nil {
			break
		}
		s := sh.splitter(st)
		if in := sh.holeInBraces(w); in != "" {
			s.doubt(sh.holeIn(in, "how many words the braces give")[0])
			s.flush()
		} else if sh.any && strangeWord(w) {
			s.doubt(piece{unk: anyShell()})
			s.flush()
		} else {
			s.split(sh.argument(st, w, slices.Contains(list, w)))
		}
		more := fields{unsure: s.unsure, tail: s.tail, noOrder: len(s.list) > 1 && sh.unordered(st, w)}
		for _, f := range s.list {
			sh.globField(st, f, &more)
		}
		out.add(more)
		switch {
		case out.without != nil:
			out.without.add(more)
		case i == 0 && more.unsure == 0 && len(more.list) == 1:
			out.without = &fields{unsure: -1}
		}
	}
	return out
}

// add puts the fields of another word behind those there are.
func (f *fields) add(more fields) {
	if more.unsure >= 0 && f.unsure < 0 {
		f.unsure, f.tail = len(f.list)+more.unsure, more.tail
	}
	f.noOrder = f.noOrder || more.noOrder
	f.list = append(f.list, more.list...)
}

// holeInBraces gives the literal text of a word in which a pasted text may stand between
// braces: a comma or two dots in it would make several words.
func (sh *shell) holeInBraces(w *syntax.Word) string {
	if !sh.src.holed || !sh.bash && !sh.any {
		return ""
	}
	var b strings.Builder
	for _, p := range w.Parts {
		if lit, ok := p.(*syntax.Lit); ok {
			b.WriteString(lit.Value)
		}
	}
	t := b.String()
	open, end := strings.IndexByte(t, '{'), strings.LastIndexByte(t, '}')
	if open < 0 || end < open || !strings.Contains(t[open:end], holeMark) {
		return ""
	}
	return t
}

// argument expands a word of a command. Where it reads like an assignment, bash expands
// tildes as in one, unless braces have made it.
func (sh *shell) argument(st *state, w *syntax.Word, written bool) sym {
	if sh.bash && written && len(w.Parts) > 0 {
		lit, more := leadingText(w.Parts)
		name, rest, found := strings.Cut(lit.Value, "=")
		if found && strings.Contains(rest, "~") && isAssignable(name) {
			first, second := lit, lit
			first.Value, second.Value = name+"=", rest
			value := append([]syntax.WordPart{&second}, more...)
			return append(sh.literal(st, &first, site{}, false), sh.parts(st, value, site{wide: true, assign: true})...)
		}
	}
	return sh.parts(st, w.Parts, site{wide: true})
}

// leadingText puts the literals at the beginning of a word together.
func leadingText(parts []syntax.WordPart) (syntax.Lit, []syntax.WordPart) {
	var out syntax.Lit
	for i, p := range parts {
		lit, ok := p.(*syntax.Lit)
		if !ok {
			return out, parts[i:]
		}
		if i == 0 {
			out = *lit
			continue
		}
		out.Value += lit.Value
		out.ValueEnd = lit.ValueEnd
	}
	return out, nil
}

// isAssignable reports whether a word that begins so reads like an assignment.
func isAssignable(name string) bool {
	base, _, _ := strings.Cut(strings.TrimSuffix(name, "+"), "[")
	return isName(base)
}

// ordered is fields, for a place where their order counts.
func (sh *shell) ordered(st *state, list ...*syntax.Word) fields {
	f := sh.fields(st, list...)
	if f.reversible() {
		f.unsure, f.tail = 0, &unknown{why: model.WhyUnsupported, needs: "the order of an associative array"}
	}
	return f
}

// unordered reports whether the word lists an associative array.
func (sh *shell) unordered(st *state, w *syntax.Word) bool {
	return sh.unorderedParts(st, w.Parts)
}

func (sh *shell) unorderedParts(st *state, parts []syntax.WordPart) bool {
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.DblQuoted:
			if sh.unorderedParts(st, p.Parts) {
				return true
			}
		case *syntax.ParamExp:
			if sh.listsMap(st, p) || p.Exp != nil && p.Exp.Word != nil && sh.unorderedParts(st, p.Exp.Word.Parts) {
				return true
			}
		}
	}
	return false
}

func (sh *shell) listsMap(st *state, p *syntax.ParamExp) bool {
	if p.Param == nil || p.Length || !indexIs(p.Index, "@") && !indexIs(p.Index, "*") {
		return false
	}
	for _, c := range st.get(p.Param.Value).plain() {
		if c != nil && (c.shape == associative || c.attrs.nameref) {
			return true
		}
	}
	return false
}

// splitter cuts pieces into fields.
type splitter struct {
	ifs     string
	strange bool // IFS itself is not known
	list    []sym
	cur     sym
	open    bool
	thin    *unknown // of a field that is only there if one of its pieces is not empty
	space   bool     // white space has just ended a field
	unsure  int
	tail    *unknown
}

func (sh *shell) splitter(st *state) *splitter {
	s := &splitter{ifs: " \t\n", unsure: -1}
	c := st.get("IFS")
	if len(c.plain()) > 1 || c.isSet() == maybe {
		s.strange = true
		return s
	}
	if c.isSet() == yes {
		ifs, ok := c.scalarText().known()
		s.ifs, s.strange = ifs, !ok
	}
	return s
}

func (s *splitter) flush() {
	if s.thin != nil && !s.open {
		s.doubtFrom(s.thin.anyOf())
	}
	if s.begun() {
		s.list = append(s.list, s.cur)
	}
	s.cur, s.open, s.thin = nil, false, nil
}

func (s *splitter) begun() bool { return s.open || s.thin != nil }

// addMaybe takes a piece that, when it is empty, makes no field.
func (s *splitter) addMaybe(p piece) {
	p.mode = quoted
	if (sym{p}).nonEmpty() {
		s.add(p)
		return
	}
	s.cur = append(s.cur, p)
	if s.space = false; s.thin == nil {
		s.thin = p.unk
	}
}

// doubtFrom says that from here on there may be any number of fields.
func (s *splitter) doubtFrom(why *unknown) {
	if s.unsure < 0 {
		s.unsure, s.tail = len(s.list), why
	}
}

func (s *splitter) split(pieces sym) {
	listed := false
	for _, p := range pieces {
		if listed && (p.text != "" || p.unk != nil) && s.unsure > 0 {
			s.unsure = 0 // the last certain element may have this text at its end
		}
		listed = listed || p.mode == anyFields
		switch {
		case p.mode == fieldBreak:
			s.flush()
			s.space = false
		case p.mode == anyFields:
			s.doubt(p)
		case p.mode == bare && p.unk != nil:
			s.addMaybe(p)
		case p.mode != expanded:
			s.add(p)
		case p.unk != nil:
			s.splitUnknown(p)
		case s.strange && p.text != "":
			s.doubt(p)
		default:
			s.splitKnown(p)
		}
	}
	s.flush()
}

func (s *splitter) add(p piece) {
	s.cur = append(s.cur, p)
	s.open, s.space = true, false
}

// doubt takes the piece as part of one field, and says that there may be more.
func (s *splitter) doubt(p piece) {
	why := p.unk.anyOf()
	if why == nil {
		why = &unknown{why: model.WhyUnsupported, needs: "where words are split"}
	}
	s.doubtFrom(why)
	if p.unk == nil {
		p = piece{unk: s.tail, trail: p.trail}
	}
	p.mode = quoted
	s.add(p)
}

// splitUnknown asks whether the text is one field whatever it is.
func (s *splitter) splitUnknown(p piece) {
	if !s.strange && s.keepsWhole(sym{p}) {
		s.addMaybe(p)
		return
	}
	s.doubt(p)
}

// keepsWhole reports whether nothing in a text is split, nor a pattern.
func (s *splitter) keepsWhole(t sym) bool {
	for _, p := range t {
		switch {
		case p.unk == nil:
			if strings.ContainsAny(p.text, s.ifs+globChars) {
				return false
			}
		case len(p.unk.alts) > 0:
			if slices.ContainsFunc(p.unk.alts, func(a sym) bool { return !s.keepsWhole(a) }) {
				return false
			}
		case !p.unk.word && !p.unk.field || strings.Trim(s.ifs, " \t\n") != "":
			return false
		}
	}
	return true
}

func (s *splitter) splitKnown(p piece) {
	start := 0
	take := func(end int) {
		if start < end {
			q := p
			q.text = p.text[start:end]
			s.add(q)
		}
	}
	for i := 0; i < len(p.text); i++ {
		c := p.text[i]
		if strings.IndexByte(s.ifs, c) < 0 {
			continue
		}
		take(i)
		start = i + 1
		white := c == ' ' || c == '\t' || c == '\n'
		switch {
		case s.begun():
			s.flush()
			s.space = white
		case white:
		case s.space:
			s.space = false
		default:
			s.list = append(s.list, sym{{trail: p.trail}})
		}
	}
	take(len(p.text))
}
