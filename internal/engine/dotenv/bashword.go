package dotenv

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// part is one piece of a word of the shell: text, a variable with its operator, or
// something that keyfit cannot tell.
type part struct {
	text string
	name string
	op   string // "", "-", ":-", "+" or ":+"
	word []part // after the operator
	why  model.Reason
}

// literalText joins the text of a word that has nothing else in it.
func literalText(parts []part) string {
	var out strings.Builder
	for _, p := range parts {
		if p.name != "" || p.why != "" {
			return ""
		}
		out.WriteString(p.text)
	}
	return out.String()
}

func mentions(parts []part, name string) bool {
	for _, p := range parts {
		if p.name == name || mentions(p.word, name) {
			return true
		}
	}
	return false
}

// bashText puts the pieces of a word together.
func bashText(e *expansion, t token) string { return bashJoin(e, t.parts) }

func bashJoin(e *expansion, parts []part) string {
	var out strings.Builder
	for _, p := range parts {
		switch {
		case p.why != "":
			v := model.UnknownBecause(p.why, bashNeeds(p.why), model.Trail{})
			if e.unknown == nil {
				e.unknown = &v
			}
		case p.name != "":
			out.WriteString(bashVariable(e, p))
		default:
			out.WriteString(p.text)
		}
		if !e.fits(out.Len()) {
			return ""
		}
	}
	return out.String()
}

func bashNeeds(why model.Reason) string {
	if why == model.WhyCommandOutput {
		return "the output of the command, which keyfit does not run; bind the variable under `inputs`"
	}
	return "the value written plainly: NAME='text'"
}

func bashVariable(e *expansion, p part) string {
	text, set := e.get(p.name)
	if strings.HasPrefix(p.op, ":") {
		set = set && text != ""
	}
	switch {
	case strings.HasSuffix(p.op, "-") && !set:
		e.fallback(p.name)
		return bashJoin(e, p.word)
	case strings.HasSuffix(p.op, "+"):
		if !set {
			return ""
		}
		return bashJoin(e, p.word)
	}
	return text
}

// word reads the word of an assignment: up to a blank or a character that the shell
// gives a meaning of its own. One that is beyond this package, and has no effect but its
// value, is passed over.
func (b *bash) word() ([]part, bool) {
	start := b.pos
	parts, ok := b.pieces()
	if ok || !b.halt.foreign {
		return parts, ok
	}
	p, ok := b.skip(start)
	if ok {
		b.halt, b.nesting = nil, 0
	}
	return []part{p}, ok
}

// pieces reads the pieces of a word.
func (b *bash) pieces() ([]part, bool) {
	var parts []part
	start := b.pos
	for !b.atBreak() {
		c := b.text[b.pos]
		switch c {
		case '\'':
			end := strings.IndexByte(b.text[b.pos+1:], '\'')
			if end < 0 {
				return nil, b.unclosed()
			}
			parts = append(parts, part{text: b.text[b.pos+1 : b.pos+1+end]})
			b.pos += end + 2
		case '"':
			inner, ok := b.double()
			if !ok {
				return nil, false
			}
			parts = append(parts, inner...)
		case '$', '`':
			p, ok := b.dollar(false)
			if !ok {
				return nil, false
			}
			parts = append(parts, p...)
		case '\\':
			parts = append(parts, b.backslash())
		case '{':
			if b.export {
				return nil, b.foreign(b.pos)
			}
			fallthrough
		default:
			parts = append(parts, b.plain(start))
		}
	}
	return parts, true
}

func (b *bash) unclosed() bool {
	return b.refuse(b.pos, "bash refuses the file: a quote is opened here and not closed", "close the quote, or put a backslash in front of it")
}

// plain reads characters that stand for themselves. A tilde that the shell would
// expand makes the word unknown.
func (b *bash) plain(wordStart int) part {
	start := b.pos
	p := part{}
	for !b.atBreak() && strings.IndexByte("'\"$`\\", b.text[b.pos]) < 0 {
		if b.text[b.pos] == '~' && (b.pos == wordStart || strings.IndexByte(":=", b.text[b.pos-1]) >= 0) {
			p.why = model.WhyUnsupported
		}
		if b.text[b.pos] == '{' && b.export && b.pos > start {
			break
		}
		b.pos++
	}
	p.text = b.text[start:b.pos]
	return p
}

// backslash reads a backslash outside quotes, and what it stands in front of.
func (b *bash) backslash() part {
	b.pos++
	switch {
	case b.done():
		return part{why: model.WhyUnsupported}
	case b.text[b.pos] == '\n':
		b.pos++
		return part{}
	}
	b.pos++
	return part{text: b.text[b.pos-1 : b.pos]}
}

// double reads a double-quoted string.
func (b *bash) double() ([]part, bool) {
	open := b.pos
	b.pos++
	var parts []part
	for !b.done() {
		switch c := b.text[b.pos]; c {
		case '"':
			b.pos++
			return parts, true
		case '$', '`':
			p, ok := b.dollar(true)
			if !ok {
				return nil, false
			}
			parts = append(parts, p...)
		case '\\':
			parts = append(parts, b.doubleBackslash())
		default:
			n := strings.IndexAny(b.text[b.pos:], "\"$`\\")
			if n < 0 {
				n = len(b.text) - b.pos
			}
			parts = append(parts, part{text: b.text[b.pos : b.pos+n]})
			b.pos += n
		}
	}
	b.pos = open
	return nil, b.unclosed()
}

// doubleBackslash reads a backslash within double quotes: it goes only in front of a
// few characters.
func (b *bash) doubleBackslash() part {
	b.pos++
	if b.done() {
		return part{text: `\`}
	}
	c := b.text[b.pos]
	switch {
	case c == '\n':
		b.pos++
		return part{}
	case strings.IndexByte("$`\"\\", c) >= 0:
		b.pos++
		return part{text: string(c)}
	}
	return part{text: `\`}
}

// dollar reads what begins with a dollar or a backquote.
func (b *bash) dollar(quoted bool) ([]part, bool) {
	rest := b.text[b.pos:]
	if rest[0] == '`' {
		return b.output(1, '`')
	}
	next := byte(0)
	if len(rest) > 1 {
		next = rest[1]
	}
	switch {
	case next == '(':
		return b.output(2, ')')
	case next == '{':
		return b.brace()
	case next == '\'' && !quoted:
		return b.ansi()
	case next == '"' && !quoted: // translated by the locale
		b.pos++
		parts, ok := b.double()
		return append(parts, part{why: model.WhyUnsupported}), ok
	case next == '[', quoted && secondOpens(rest):
		return nil, b.foreign(b.pos)
	case isLetter(next) || next == '_':
		n := 1
		for n < len(rest) && isWord(rest[n]) {
			n++
		}
		b.pos += n
		if strings.HasPrefix(rest[n:], "\\\n") { // the name may go on in the next line
			return []part{{why: model.WhyUnsupported}}, true
		}
		return []part{{name: rest[1:n]}}, true
	case isDigit(next) || next != 0 && strings.IndexByte("@*#?-$!", next) >= 0:
		b.pos += 2
		return []part{{why: model.WhyUnsupported}}, true
	}
	b.pos++
	if strings.HasPrefix(rest[1:], "\\\n") {
		return []part{{why: model.WhyUnsupported}}, true
	}
	return []part{{text: "$"}}, true
}

// secondOpens reports whether $$ stands before a bracket. To bash it is the process id
// and plain text, but where the quotes end it tells as if the second dollar opened an
// expansion.
func secondOpens(text string) bool {
	return len(text) > 2 && strings.HasPrefix(text, "$$") && strings.IndexByte("({[", text[2]) >= 0
}

// output reads a command substitution whose end is plain to see.
func (b *bash) output(skip int, end byte) ([]part, bool) {
	start := b.pos + skip
	n := strings.IndexAny(b.text[start:], "()'\"`\\#\n<>;&|")
	if n < 0 || b.text[start+n] != end || strings.Contains(b.text[start:start+n], "case") {
		return nil, b.foreign(b.pos)
	}
	b.pos = start + n + 1
	return []part{{why: model.WhyCommandOutput}}, true
}

// brace reads ${NAME} and ${NAME:-word} and its kin. Other operators make the value
// unknown; those that set a variable or end the shell make the file a script.
func (b *bash) brace() ([]part, bool) {
	at := b.pos
	b.nesting++
	defer func() { b.nesting-- }()
	b.pos += 2
	start := b.pos
	for !b.done() && isWord(b.text[b.pos]) {
		b.pos++
	}
	name := b.text[start:b.pos]
	if name == "" || isDigit(name[0]) || b.done() || b.nesting > 20 {
		return nil, b.foreign(at)
	}
	op := ""
	for _, o := range []string{":-", ":+", "-", "+"} {
		if strings.HasPrefix(b.text[b.pos:], o) {
			op = o
			break
		}
	}
	switch {
	case b.text[b.pos] == '}':
		b.pos++
		return []part{{name: name}}, true
	case op == "":
		return b.otherOperator(at)
	}
	b.pos += len(op)
	word, ok := b.braceWord(at)
	return []part{{name: name, op: op, word: word}}, ok
}

// otherOperator passes over an operator that only computes.
func (b *bash) otherOperator(at int) ([]part, bool) {
	n := strings.IndexAny(b.text[b.pos:], "}{'\"`\\$\n")
	if n < 0 || b.text[b.pos+n] != '}' || strings.IndexByte("#%/^,", b.text[b.pos]) < 0 {
		return nil, b.foreign(at)
	}
	b.pos += n + 1
	return []part{{why: model.WhyUnsupported}}, true
}

// braceWord reads the word after an operator, up to the closing brace. It takes only
// what means the same within quotes and without.
func (b *bash) braceWord(at int) ([]part, bool) {
	var parts []part
	for !b.done() {
		switch b.text[b.pos] {
		case '}':
			b.pos++
			return parts, true
		case '$':
			p, ok := b.dollar(true)
			if !ok {
				return nil, false
			}
			parts = append(parts, p...)
		case '\'', '"', '`', '\\', '~', '{', '\n', '<', '>', '(', ')', '&', '|', ';':
			return nil, b.foreign(at)
		default:
			parts = append(parts, part{text: b.text[b.pos : b.pos+1]})
			b.pos++
		}
	}
	return nil, b.foreign(at)
}

// ansi reads $'…'. Escapes by number make the value unknown.
func (b *bash) ansi() ([]part, bool) {
	open := b.pos
	var out strings.Builder
	p := part{}
	for i := b.pos + 2; i < len(b.text); i++ {
		c := b.text[i]
		if c == '\'' {
			b.pos = i + 1
			p.text = out.String()
			return []part{p}, true
		}
		if c != '\\' || i+1 == len(b.text) {
			out.WriteByte(c)
			continue
		}
		i++
		k := strings.IndexByte(`abeEfnrtv\'"?`, b.text[i])
		if k < 0 {
			p.why = model.WhyUnsupported
			continue
		}
		out.WriteByte("\a\b\x1b\x1b\f\n\r\t\v\\'\"?"[k])
	}
	b.pos = open
	return nil, b.unclosed()
}
