package deploy

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// arguments are the words of a command line from some place on.
type arguments struct {
	words []word
	// open says that from the word number sure on, counted from 0, there may be any
	// number of others: a text that is not known was split there.
	open bool
	sure int
}

// arguments are the words behind the command's name.
func (c Call) arguments() arguments {
	if len(c.Args) == 0 {
		return arguments{}
	}
	return arguments{words: wordsOf(c.Args[1:]), open: c.Open > 0, sure: max(0, c.Open-1)}
}

func (a arguments) from(n int) arguments {
	n = min(n, len(a.words))
	return arguments{words: a.words[n:], open: a.open, sure: max(0, a.sure-n)}
}

// flagRules are how a command reads its flags. A flag is written as "env" or, with a short
// form in front, as "e,env"; several are separated by spaces.
type flagRules struct {
	valued   string // flags with a value, in the same word or in the next one
	switches string // flags whose value is never the next word
	upfront  bool   // flags end at the first operand
	single   bool   // one hyphen is as good as two, as in Go's own flag package
	operands int    // with fewer the tool refuses; -1 when it may do with none
}

// option is one flag as it was given.
type option struct {
	name  string // the long form, or the letter where there is no other
	value word
	given bool // a value was written; a switch may do without
}

// flagLine is a command line that was read.
type flagLine struct {
	flags    []option
	operands []word
	// more says that there may be more operands than listed.
	more bool
	// doubt is the text because of which the flags and operands are only likely ones; nil
	// when they are certain.
	doubt *model.Value
	// wrong says why the tool would refuse the line, or why it cannot be read.
	wrong string
}

// flagReader goes through the words once.
type flagReader struct {
	flagRules
	long    map[string]kind
	letters map[byte]string
	args    arguments
	at      int
	guesses []int // where words follow that were taken as operands without being sure
	freed   bool  // behind one of them stands a flag with its value in a word of its own
	out     flagLine
}

type kind uint8

const (
	isSwitch kind = iota + 1
	isValued
)

// readFlags reads the words by the rules of the flagRules.
func readFlags(args arguments, g flagRules) flagLine {
	r := &flagReader{flagRules: g, long: map[string]kind{}, letters: map[byte]string{}, args: args}
	r.learn(g.switches, isSwitch)
	r.learn(g.valued, isValued)
	for r.at < len(args.words) {
		if r.word() {
			r.rest()
			break
		}
	}
	if r.args.open && r.args.sure >= len(args.words) && !r.out.more {
		r.doubtful(nil)
	}
	if len(r.guesses) > 0 && (len(r.out.operands) > r.operands || r.freed) {
		r.doubtful(firstUnknown(r.out.operands))
	}
	return r.out
}

func (r *flagReader) learn(flags string, k kind) {
	for _, f := range strings.Fields(flags) {
		name := f
		if letter, long, ok := strings.Cut(f, ","); ok {
			r.letters[letter[0]], name = long, long
		} else if len(f) == 1 {
			r.letters[f[0]] = f
		}
		r.long[name] = k
	}
}

// word reads the next word and the values that belong to it. It reports true when the
// flags end before the word that is next then.
func (r *flagReader) word() (end bool) {
	w := r.args.words[r.at]
	if r.args.open && r.at == r.args.sure {
		if r.upfront && w.unknown() != nil && isOperand(w.head()) {
			return true // the first of its words ends the flags, however many there are
		}
		r.doubtful(w.unknown())
	}
	text, head := w.text, w.head()
	switch {
	case w.is("--"):
		r.at++
		return true
	case head == "" && text != "" && mayBeFlag(w):
		r.guess(w)
	case text == "-" && w.unknown() == nil, !strings.HasPrefix(text, "-"):
		if r.upfront {
			return true
		}
		r.out.operands = append(r.out.operands, w)
		r.at++
	case strings.HasPrefix(text, "--") || r.single:
		r.at++
		r.longFlag(w)
	default:
		r.at++
		r.letterFlags(w)
	}
	return false
}

func isOperand(head string) bool { return head != "" && !strings.HasPrefix(head, "-") }

// mayBeFlag reports whether a word that starts with something unknown can be a flag.
func mayBeFlag(w word) bool {
	all := w.parts[0].value.Alternatives
	return len(all) == 0 || slices.ContainsFunc(all, func(a model.Value) bool {
		return a.State != model.Known || a.Text.IsEmpty() && len(w.parts) > 1 || strings.HasPrefix(a.Text.Reveal(), "-")
	})
}

// guess takes a word that may be a flag as an operand. Where all operands are needed, it
// must be one: as a flag it would leave one too few. Only if a flag follows that has its
// value in a word of its own, might the first take that flag, and leave the value as an
// operand. As "--" it would make operands of flags, which no tool takes for a name.
func (r *flagReader) guess(w word) {
	r.at++
	if r.upfront && r.at < len(r.args.words) {
		r.doubtful(w.unknown())
		return
	}
	r.guesses = append(r.guesses, r.at)
	r.out.operands = append(r.out.operands, w)
}

// rest takes all that is left as operands.
func (r *flagReader) rest() {
	r.out.operands = append(r.out.operands, r.args.words[r.at:]...)
	r.out.more = r.args.open
	r.at = len(r.args.words)
}

func (r *flagReader) longFlag(w word) {
	body := w.slice(2, len(w.text))
	if r.single && !strings.HasPrefix(w.text, "--") {
		body = w.slice(1, len(w.text))
	}
	name, value, given := body.cut("=")
	if !given {
		known, ok := body.known()
		if !ok {
			r.doubtful(w.unknown())
			return
		}
		name = known
	}
	k := r.long[name]
	switch {
	case k == 0:
		r.unknownFlag(name)
		r.skipValue(given)
	case k == isValued && !given:
		r.next(name)
	default:
		r.add(option{name: name, value: value, given: given})
	}
}

// letterFlags reads -abc, -eVALUE and -e=VALUE.
func (r *flagReader) letterFlags(w word) {
	for i := 1; i < len(w.text); i++ {
		if i >= len(w.head()) {
			r.doubtful(w.unknown())
			return
		}
		name := r.letters[w.text[i]]
		rest := w.slice(i+1, len(w.text))
		assigned := len(rest.text) > 1 && strings.HasPrefix(rest.head(), "=")
		switch k := r.long[name]; {
		case name == "":
			r.unknownFlag(w.text[i : i+1])
			return
		case assigned:
			r.add(option{name: name, value: rest.slice(1, len(rest.text)), given: true})
			return
		case k == isSwitch:
			r.add(option{name: name})
		case rest.text != "":
			if rest.head() == "" && rest.mayStart('=') {
				r.doubtful(w.unknown())
			}
			r.add(option{name: name, value: rest, given: true})
			return
		default:
			r.next(name)
			return
		}
	}
}

// mayStart reports whether the word, which starts with something unknown, can start with c.
func (w word) mayStart(c byte) bool {
	all := w.parts[0].value.Alternatives
	return len(all) == 0 || slices.ContainsFunc(all, func(a model.Value) bool {
		return a.State != model.Known || a.Text.IsEmpty() || a.Text.Reveal()[0] == c
	})
}

// next gives the flag the next word as its value.
func (r *flagReader) next(name string) {
	r.freed = r.freed || slices.Contains(r.guesses, r.at-1)
	if r.at >= len(r.args.words) {
		if !r.args.open {
			r.wrongly("the flag " + flagName(name) + " has no value")
		}
		r.doubtful(nil)
		return
	}
	w := r.args.words[r.at]
	if r.args.open && r.at == r.args.sure {
		r.doubtful(w.unknown())
	}
	r.add(option{name: name, value: w, given: true})
	r.at++
}

func (r *flagReader) add(f option) { r.out.flags = append(r.out.flags, f) }

func (r *flagReader) unknownFlag(name string) {
	r.wrongly("the flag " + flagName(name) + " is not known")
	r.doubtful(nil)
}

// skipValue passes over what is likely the value of a flag that is not known, so that the
// names behind it are still found.
func (r *flagReader) skipValue(given bool) {
	if next := r.at + 1; !given && next < len(r.args.words) && !strings.HasPrefix(r.args.words[r.at].text, "-") {
		r.at++
	}
}

func (r *flagReader) wrongly(why string) {
	if r.out.wrong == "" && r.out.doubt == nil {
		r.out.wrong = why
	}
}

func (r *flagReader) doubtful(because *model.Value) {
	if r.out.doubt != nil {
		return
	}
	if because == nil {
		because = &model.Value{Why: model.WhyUnsupported, Needs: "a command line that can be read"}
	}
	r.out.doubt = because
}

func firstUnknown(words []word) *model.Value {
	for _, w := range words {
		if u := w.unknown(); u != nil {
			return u
		}
	}
	return nil
}

// subcommand reads the words up to the one that says what the tool is to do: its global
// flags, and the words of the command itself. It is not ok when it cannot tell.
func subcommand(args arguments, g flagRules) (global flagLine, name string, rest arguments, ok bool) {
	g.upfront, g.operands = true, 1
	global = readFlags(args, g)
	if global.doubt != nil || len(global.operands) == 0 {
		return global, "", arguments{}, false
	}
	name, ok = global.operands[0].known()
	at := len(args.words) - len(global.operands)
	if args.open && at >= args.sure {
		return global, "", arguments{}, false
	}
	return global, name, args.from(at + 1), ok
}
