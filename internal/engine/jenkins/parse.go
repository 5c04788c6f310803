package jenkins

import (
	"slices"
	"unicode"
)

// parser makes nodes of tokens. What it does not understand becomes opaque up to the end of
// its statement.
type parser struct {
	src    *source
	tokens []token
	at     int
	depth  int
	failed bool
}

// parse reads a whole file. The mistake, if any, is where it is no Groovy.
func parse(src *source) (*node, *mistake) {
	tokens, wrong := lex(src)
	p := &parser{src: src, tokens: tokens}
	root := &node{kind: nodeBlock, end: len(src.text), src: src}
	for p.peek().kind != tokenEnd {
		before := p.at
		root.kids = append(root.kids, p.statements()...)
		if p.at == before { // a bracket that closes nothing
			p.at++
		}
	}
	return root, wrong
}

func (p *parser) peek() token { return p.tokens[min(p.at, len(p.tokens)-1)] }

func (p *parser) ahead(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.peek()
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (p *parser) newlines() {
	for p.peek().kind == tokenNewline {
		p.next()
	}
}

// accept takes a sign when it stands there.
func (p *parser) accept(sign string) bool {
	if p.peek().is(sign) {
		p.next()
		return true
	}
	return false
}

func (p *parser) acceptName(name string) bool {
	if p.peek().isName(name) {
		p.next()
		return true
	}
	return false
}

// expect takes a sign, or fails the statement.
func (p *parser) expect(sign string) {
	p.newlines()
	if !p.accept(sign) {
		p.failed = true
	}
}

func (p *parser) node(kind nodeKind, start int, kids ...*node) *node {
	return &node{kind: kind, start: start, end: p.end(), src: p.src, kids: kids}
}

// end is where the last token ended.
func (p *parser) end() int {
	for i := min(p.at, len(p.tokens)) - 1; i >= 0; i-- {
		if p.tokens[i].kind != tokenNewline {
			return p.tokens[i].end
		}
	}
	return 0
}

// statements reads up to a closing brace, or the end.
func (p *parser) statements() []*node {
	var out []*node
	for {
		for p.peek().kind == tokenNewline || p.peek().is(";") {
			p.next()
		}
		if t := p.peek(); t.kind == tokenEnd || t.is("}") {
			return out
		}
		before := p.at
		out = append(out, p.guarded())
		if p.at == before {
			p.next()
		}
	}
}

// guarded reads a statement. One that is not understood is opaque.
func (p *parser) guarded() *node {
	start, at := p.peek().start, p.at
	p.failed = false
	n := p.statement()
	if t := p.peek(); !p.failed && (t.kind == tokenNewline || t.kind == tokenEnd || t.is(";") || t.is("}")) {
		return n
	}
	p.failed = false
	p.at = at
	return p.opaque(start)
}

// opaque skips to the end of the statement, over all brackets.
func (p *parser) opaque(start int) *node {
	n := &node{kind: nodeOpaque, start: start, src: p.src}
	for open := 0; ; p.next() {
		t := p.peek()
		if t.kind == tokenEnd || open == 0 && (t.kind == tokenNewline || t.is(";") || t.is("}") || t.is(")") || t.is("]")) {
			break
		}
		switch {
		case t.is("(") || t.is("[") || t.is("{"):
			open++
		case t.is(")") || t.is("]") || t.is("}"):
			open--
		case t.kind == tokenName:
			n.names = append(n.names, t.text)
		case t.kind == tokenString:
			p.note(n, t.str)
		}
	}
	n.end = p.end()
	return n
}

// note keeps the names within a text.
func (p *parser) note(n *node, w *written) {
	for _, part := range w.parts {
		for _, t := range part.code {
			if t.kind == tokenName {
				n.names = append(n.names, t.text)
			}
		}
	}
}

func (p *parser) statement() *node {
	p.depth++
	defer func() { p.depth-- }()
	t := p.peek()
	if p.depth > maxNesting {
		p.failed = true
		return p.node(nodeOpaque, t.start)
	}
	if t.kind == tokenName {
		if n := p.keyword(t); n != nil {
			return n
		}
		if p.isDeclaration() {
			return p.declaration()
		}
	}
	if t.is("@") {
		return p.annotation()
	}
	if t.is("(") && p.isMultiple() {
		return p.multiple()
	}
	return p.expression(true)
}

func (p *parser) keyword(t token) *node {
	switch t.text {
	case "if":
		return p.ifElse()
	case "for":
		return p.loop()
	case "while":
		return p.while()
	case "try":
		return p.try()
	case "switch":
		return p.switches()
	case "return":
		p.next()
		n := p.node(nodeReturn, t.start)
		if e := p.peek(); e.kind != tokenNewline && e.kind != tokenEnd && !e.is(";") && !e.is("}") {
			n.kids = []*node{p.expression(true)}
		}
		n.end = p.end()
		return n
	case "throw":
		p.next()
		return p.node(nodeThrow, t.start, p.expression(false))
	case "break", "continue":
		kind := nodeBreak
		if t.text == "continue" {
			kind = nodeContinue
		}
		p.next()
		if p.peek().kind == tokenName {
			p.failed = true // to a label
		}
		return p.node(kind, t.start)
	case "import", "package":
		for p.peek().kind != tokenNewline && p.peek().kind != tokenEnd && !p.peek().is(";") {
			p.next()
		}
		return p.node(nodeNothing, t.start)
	case "class", "interface", "enum", "trait":
		if p.ahead(1).kind == tokenName {
			n := p.opaqueClass()
			return n
		}
	case "assert":
		p.next()
		n := p.node(nodeOpaque, t.start, p.expression(false))
		if p.accept(":") {
			n.kids = append(n.kids, p.expression(false))
		}
		return n
	}
	return nil
}

// opaqueClass skips a class: nothing in it runs by itself.
func (p *parser) opaqueClass() *node {
	start := p.peek().start
	for !p.peek().is("{") && p.peek().kind != tokenEnd {
		p.next()
	}
	p.braces()
	return p.node(nodeNothing, start)
}

// braces skips from an opening brace to the one that closes it.
func (p *parser) braces() {
	for open := 0; p.peek().kind != tokenEnd; {
		t := p.next()
		if t.is("{") {
			open++
		} else if t.is("}") {
			if open--; open == 0 {
				return
			}
		}
	}
}

// annotation skips @Name(…), and reads what it stands before.
func (p *parser) annotation() *node {
	start := p.next().start
	at := p.at
	for p.peek().kind == tokenName && (p.at == at || p.tokens[p.at-1].is(".")) || p.peek().is(".") {
		p.next()
	}
	isField := p.at > at && p.tokens[p.at-1].isName("Field")
	if p.peek().is("(") {
		p.parentheses()
	}
	p.newlines()
	if p.acceptName("_") {
		n := p.node(nodeOpaque, start)
		n.name = "@" + p.tokens[at].text
		return n
	}
	n := p.statement()
	if isField && n.kind == nodeDeclare {
		n.name = "field"
	}
	return n
}

func (p *parser) parentheses() {
	for open := 0; p.peek().kind != tokenEnd; {
		t := p.next()
		if t.is("(") {
			open++
		} else if t.is(")") {
			if open--; open == 0 {
				return
			}
		}
	}
}

func isModifier(name string) bool {
	return slices.Contains([]string{"def", "final", "static", "private", "public", "protected", "abstract", "transient", "volatile", "synchronized"}, name)
}

// isDeclaration reports whether a variable or function is declared here.
func (p *parser) isDeclaration() bool {
	t := p.peek()
	if isModifier(t.text) {
		return true
	}
	i, ok := p.typeAt(0)
	if !ok || p.ahead(i).kind != tokenName || p.ahead(i).text == "in" || p.ahead(i).text == "instanceof" || p.ahead(i).text == "as" {
		return false
	}
	primitive := slices.Contains([]string{"int", "long", "boolean", "float", "double", "void", "char", "byte", "short"}, t.text)
	behind := p.ahead(i + 1)
	upper := unicode.IsUpper([]rune(t.text)[0]) || primitive || p.ahead(1).is(".") && p.typeIsUpper(i)
	switch {
	case behind.is("="):
		return upper
	case behind.kind == tokenNewline, behind.kind == tokenEnd, behind.is(";"), behind.is(","), behind.is("}"):
		return upper
	case behind.is("("):
		return upper && !behind.spaced
	}
	return false
}

// typeIsUpper reports whether the last name of a type such as java.util.List is upper case.
func (p *parser) typeIsUpper(end int) bool {
	for i := end - 1; i >= 0; i-- {
		if t := p.ahead(i); t.kind == tokenName {
			return unicode.IsUpper([]rune(t.text)[0])
		}
	}
	return false
}

// typeAt gives the token behind the type that begins at token i.
func (p *parser) typeAt(i int) (int, bool) {
	if p.ahead(i).kind != tokenName {
		return i, false
	}
	i++
	for p.ahead(i).is(".") && p.ahead(i+1).kind == tokenName {
		i += 2
	}
	if p.ahead(i).is("<") {
		open := 0
		for limit := i + 40; i < limit; i++ {
			t := p.ahead(i)
			switch {
			case t.is("<"):
				open++
			case t.is(">"):
				open--
			case t.is(">>"):
				open -= 2
			case t.is(">>>"):
				open -= 3
			case t.kind != tokenName && !t.is(",") && !t.is(".") && !t.is("?"):
				return i, false
			}
			if open <= 0 {
				i++
				break
			}
		}
	}
	for p.ahead(i).is("[") && p.ahead(i+1).is("]") {
		i += 2
	}
	return i, true
}
