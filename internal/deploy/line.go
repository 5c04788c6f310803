package deploy

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// grammar says how a tool reads its command line, as far as that decides where flags,
// their values and the other words are.
type grammar struct {
	values []string // flags with one value: "--name", "-n"
	lists  []string // flags that take the words up to the next flag
	bools  []string // flags without a value
	// stop: the first word that is no flag begins a command of its own.
	stop bool
	// need is how many words besides flags there must be. As many may be unknown texts: if
	// one were a flag, the tool would fail.
	need int
	// short: a value may follow a flag of one letter at once, as in -nNAME, and such flags
	// without values may stand in one word, as in -xy.
	short bool
	// abbreviated: a long flag may be cut short.
	abbreviated bool
}

// use is one flag with its value.
type use struct {
	flag  string
	words []word
	bare  bool // without a value
}

// line is a command line, read by a grammar.
type line struct {
	uses []use
	rest []word // the words besides flags
	from int    // index of the first word of rest, when the grammar stops there
	// open is a piece that is not known and may be a flag or hold one; strange is a flag
	// that the grammar does not list, after which the rest may begin elsewhere.
	open    *model.Value
	strange string
	cut     string // a flag that may stand for a longer one
}

// lineReader is the state while words are read.
type lineReader struct {
	grammar
	words  []word
	at     int
	line   line
	blanks []*model.Value // unknown texts among rest
}

// sketch reads the words only to see which command it is.
func (g grammar) sketch(words []word) line {
	g.need = len(words)
	return g.read(words)
}

func (g grammar) read(words []word) line {
	r := &lineReader{grammar: g, words: words}
	for r.at < len(words) {
		if !r.step() {
			break
		}
	}
	r.line.from = r.at
	if len(r.blanks) > 0 && (len(r.line.rest) > g.need || g.stop) && r.line.open == nil {
		r.line.open = r.blanks[0]
	}
	return r.line
}

// step reads one word; it is false behind the last.
func (r *lineReader) step() bool {
	w := r.words[r.at]
	head := w.head()
	switch {
	case w.is("--"):
		r.at++
		r.line.rest = append(r.line.rest, r.words[r.at:]...)
		if !r.stop {
			r.at = len(r.words)
		}
		return false
	case strings.HasPrefix(head, "--"):
		r.at++
		r.long(w)
	case strings.HasPrefix(head, "-") && w.text != "-":
		r.at++
		r.shorts(w)
	case r.stop:
		if head == "" && w.unknown() != nil {
			r.blanks = append(r.blanks, w.unknown())
		}
		r.line.rest = r.words[r.at:]
		return false
	default:
		r.at++
		r.positional(w)
	}
	return true
}

func (r *lineReader) positional(w word) {
	if w.head() == "" && w.unknown() != nil {
		r.blanks = append(r.blanks, w.unknown())
	}
	r.line.rest = append(r.line.rest, w)
}

func (r *lineReader) doubt(w word) {
	if r.line.open == nil {
		r.line.open = w.unknown()
	}
}

func (r *lineReader) long(w word) {
	if name, value, ok := w.cut("="); ok {
		r.flag(name, value)
		return
	}
	if w.unknown() != nil {
		r.doubt(w)
		return
	}
	r.flagAlone(w.text)
}

// flag takes a flag with the value that stands in the same word.
func (r *lineReader) flag(name string, value word) {
	if r.cutShort(name) {
		r.unlisted(name)
		return
	}
	words := []word{value}
	if slices.Contains(r.lists, name) {
		words = append(words, r.untilFlag()...)
	}
	r.line.uses = append(r.line.uses, use{flag: name, words: words})
}

func (r *lineReader) flagAlone(name string) {
	switch {
	case slices.Contains(r.bools, name):
		r.line.uses = append(r.line.uses, use{flag: name, bare: true})
	case slices.Contains(r.lists, name):
		r.line.uses = append(r.line.uses, use{flag: name, words: r.untilFlag()})
	case slices.Contains(r.values, name):
		r.next(name)
	default:
		r.unlisted(name)
	}
}

// next takes the next word as the value of a flag.
func (r *lineReader) next(name string) {
	if r.at == len(r.words) {
		r.line.uses = append(r.line.uses, use{flag: name, bare: true})
		return
	}
	r.line.uses = append(r.line.uses, use{flag: name, words: r.words[r.at : r.at+1]})
	r.at++
}

// unlisted passes over a flag of which it is not known whether it has a value.
func (r *lineReader) unlisted(name string) {
	if r.line.strange == "" && r.at < len(r.words) && !isFlag(r.words[r.at]) {
		r.line.strange = name
	}
	if r.cutShort(name) {
		r.line.cut = name
	}
	if !r.stop {
		for range r.untilFlag() { // neither a value nor another word can be told
		}
	}
}

// cutShort reports whether name may stand for a longer flag.
func (r *lineReader) cutShort(name string) bool {
	if !r.abbreviated || slices.Contains(slices.Concat(r.bools, r.values, r.lists), name) {
		return false
	}
	return slices.ContainsFunc(slices.Concat(r.values, r.lists), func(f string) bool { return strings.HasPrefix(f, name) })
}

func isFlag(w word) bool {
	return strings.HasPrefix(w.head(), "-") && w.text != "-"
}

// untilFlag takes the words up to the next flag.
func (r *lineReader) untilFlag() []word {
	from := r.at
	for r.at < len(r.words) && !isFlag(r.words[r.at]) {
		if w := r.words[r.at]; w.head() == "" && w.unknown() != nil {
			r.doubt(w)
		}
		r.at++
	}
	return r.words[from:r.at]
}

// shorts reads a word such as -n, -nNAME, -n=NAME or -xn.
func (r *lineReader) shorts(w word) {
	if name, value, ok := w.cut("="); ok && (len(name) == 2 || slices.Contains(r.values, name)) {
		if r.short && len(name) == 2 && !slices.Contains(r.values, name) {
			r.unlisted(name)
			return
		}
		r.flag(name, value)
		return
	}
	if t, ok := w.known(); ok && (len(t) == 2 || !r.short || slices.Contains(slices.Concat(r.values, r.lists, r.bools), t)) {
		r.flagAlone(t)
		return
	}
	if !r.short {
		r.doubt(w)
		return
	}
	r.cluster(w)
}

func (r *lineReader) cluster(w word) {
	for i := 1; i < len(w.text); i++ {
		if i >= len(w.head()) {
			r.doubt(w)
			return
		}
		name := "-" + w.text[i:i+1]
		switch {
		case slices.Contains(r.bools, name):
			r.line.uses = append(r.line.uses, use{flag: name, bare: true})
		case slices.Contains(r.values, name) && i+1 < len(w.text):
			r.line.uses = append(r.line.uses, use{flag: name, words: []word{w.slice(i+1, len(w.text))}})
			return
		case slices.Contains(r.values, name):
			r.next(name)
			return
		default:
			r.unlisted(name)
			return
		}
	}
}

// has reports whether one of the flags is given.
func (l line) has(flags ...string) bool {
	return slices.ContainsFunc(l.uses, func(u use) bool { return slices.Contains(flags, u.flag) })
}

// each lists the values of all uses of the flags, in order.
func (l line) each(flags ...string) []word {
	var out []word
	for _, u := range l.uses {
		if slices.Contains(flags, u.flag) {
			out = append(out, u.words...)
		}
	}
	return out
}

// last is the value of the last use of the flags.
func (l line) last(flags ...string) (word, bool) {
	all := l.each(flags...)
	if len(all) == 0 {
		return word{}, false
	}
	return all[len(all)-1], true
}

// begins reports whether the words besides flags begin with these; a word may list
// alternatives, separated by "|".
func (l line) begins(words ...string) bool {
	if len(l.rest) < len(words) {
		return false
	}
	for i, want := range words {
		if !l.rest[i].is(strings.Split(want, "|")...) {
			return false
		}
	}
	return true
}
