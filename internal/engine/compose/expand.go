package compose

import (
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// maxExpansion bounds how deep ${X:-${Y:-…}} may go, and maxExpanded how long a text may grow.
const (
	maxExpansion = 20
	maxExpanded  = 1 << 20
)

// expansion replaces variables in the texts of one file.
type expansion struct {
	env     model.Env
	refused *refusal
	grown   int
}

// refusal is why Compose stops at a file.
type refusal struct {
	at            pos.Span
	message       string
	limit, sought bool // keyfit gave up itself; a variable is required that is not set
}

func (e *expansion) refuse(at pos.Span, message string) {
	if e.refused == nil {
		e.refused = &refusal{at: at, message: message}
	}
}

// expand gives a text with its variables replaced.
func (e *expansion) expand(text tree.Text, depth int) tree.Text {
	s := text.String()
	if !strings.Contains(s, "$") {
		return text
	}
	if e.grown += len(s); depth > maxExpansion || e.grown > maxExpanded {
		if e.refused == nil {
			e.refused = &refusal{at: text.At(0, len(s)), message: "holds more variables than keyfit replaces", limit: true}
		}
		return tree.Text{}
	}
	var out tree.Text
	kept := 0
	for at := 0; at < len(s); {
		i := strings.IndexByte(s[at:], '$')
		if i < 0 || at+i+1 == len(s) {
			break
		}
		at += i
		v, size := e.reference(text.Slice(at, len(s)), s[at:], depth)
		if size > 0 {
			out = tree.Join(out, text.Slice(kept, at), v)
			kept = at + size
		}
		at += max(size, 1)
	}
	return tree.Join(out, text.Slice(kept, len(s)))
}

// reference is what the dollar at the start of a text stands for, and how much of the text that
// takes; 0 when it stands for itself.
func (e *expansion) reference(text tree.Text, s string, depth int) (v tree.Text, size int) {
	switch n := nameLength(s[1:]); {
	case s[1] == '$':
		return text.Slice(1, 2), 2
	case n > 0:
		return e.value(s[1:1+n], text.At(0, 1+n)), 1 + n
	case s[1] == '{':
		return e.braced(text, s, depth)
	}
	return tree.Text{}, 0
}

// nameLength measures the name that s begins with. Compose's pattern ignores case in the way of
// Unicode, where two more letters fold into ASCII ones.
func nameLength(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == 0x17F || r == 0x212A
		if !letter && (n == 0 || r < '0' || r > '9') {
			break
		}
		n += size
	}
	return n
}

const badExpansion = "Docker Compose refuses this: expected ${NAME} or ${NAME:-word} after \"$\", and $$ for a plain dollar"

// braced is ${NAME} and its kin. Compose's pattern is greedy: the expression goes up to the last
// brace of the line, and what stands behind its own is expanded once more.
func (e *expansion) braced(text tree.Text, s string, depth int) (v tree.Text, size int) {
	n := 2 + nameLength(s[2:])
	if n == 2 || n == len(s) {
		e.refuse(text.At(0, 1), badExpansion)
		return tree.Text{}, len(s)
	}
	name := s[2:n]
	if s[n] == '}' {
		return e.value(name, text.At(0, n+1)), n + 1
	}
	line, _, _ := strings.Cut(s, "\n")
	op, last := operator(s[n:]), strings.LastIndexByte(line, '}')
	if op == "" || last < n+len(op) {
		e.refuse(text.At(0, 1), badExpansion)
		return tree.Text{}, len(s)
	}
	end := last + 1
	if i := closing(s[:end]); i >= 0 {
		end = i + 1
	}
	word := text.Slice(n+len(op), end-1)
	v = e.operate(name, op, word, text.At(0, end), depth)
	return tree.Join(v, e.expand(text.Slice(end, last+1), depth+1)), last + 1
}

func operator(s string) string {
	n := 0
	if s[0] == ':' {
		n = 1
	}
	if n < len(s) && strings.IndexByte("-?+", s[n]) >= 0 {
		return s[:n+1]
	}
	return ""
}

// closing finds the brace that closes the first one. Compose does not look at the byte after an
// opening brace.
func closing(s string) int {
	open := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '}':
			if open--; open == 0 {
				return i
			}
		case '{':
			open++
			i++
		}
	}
	return -1
}

// value is a variable, put in at a place.
func (e *expansion) value(name string, at pos.Span) tree.Text {
	return tree.Of(e.env.Get(name), at)
}

func (e *expansion) operate(name, op string, word tree.Text, at pos.Span, depth int) tree.Text {
	v := e.env.Get(name)
	set := v.State == model.Known && !(len(op) == 2 && v.Text.IsEmpty())
	open := v.State == model.Unknown
	switch op[len(op)-1] {
	case '-':
		if !open && set {
			return tree.Of(v, at)
		}
		return e.either(open, v, e.expand(word, depth+1), at)
	case '+':
		if open || set {
			return e.either(open, model.Value{State: model.Known}, e.expand(word, depth+1), at)
		}
		return tree.Text{} // what is not set, or empty
	}
	if !open && !set {
		e.refuse(at, "Docker Compose refuses this: it requires a variable that is not set")
		if e.refused.at == at {
			e.refused.sought = true
		}
	}
	return tree.Of(v, at)
}

// either is one of two texts when it is open which one, and else the second.
func (e *expansion) either(open bool, v model.Value, word tree.Text, at pos.Span) tree.Text {
	if !open {
		return word
	}
	other := word.Value(model.Hop{At: at, Kind: model.KindDefault, What: "what counts without the variable"})
	needs := v.Needs
	if needs == "" {
		needs = "the variable in the braces"
	}
	u := model.Ambiguous(needs, v, other)
	if u.State == model.Known {
		return tree.Of(u, at)
	}
	u.Trail = v.Trail
	return tree.Of(u, at)
}
