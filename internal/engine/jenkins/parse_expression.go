package jenkins

import "slices"

// expression reads an expression with its assignments. Where command is set, a call may
// stand without parentheses.
func (p *parser) expression(command bool) *node {
	p.depth++
	defer func() { p.depth-- }()
	start := p.peek().start
	if p.depth > maxNesting {
		p.failed = true
		return p.node(nodeOpaque, start)
	}
	left := p.ternary(command)
	t := p.peek()
	if t.kind != tokenSign || !isAssignment(t.text) {
		return left
	}
	p.next()
	p.newlines()
	right := p.expression(true)
	n := p.node(nodeAssign, start, left, right)
	n.name = t.text
	return n
}

func isAssignment(sign string) bool {
	return slices.Contains([]string{"=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", ">>>=", "&=", "|=", "^="}, sign)
}

func (p *parser) ternary(command bool) *node {
	start := p.peek().start
	cond := p.binary(0, command)
	at := p.at
	p.newlines()
	switch {
	case p.accept("?"):
		p.newlines()
		yes := p.expression(false)
		p.expect(":")
		p.newlines()
		return p.node(nodeTernary, start, cond, yes, p.expression(false))
	case p.accept("?:"):
		p.newlines()
		return p.node(nodeElvis, start, cond, p.expression(false))
	}
	p.at = at
	return cond
}

// operators are the binary operators, the loosest first.
var operators = [][]string{
	{"||"}, {"&&"}, {"|"}, {"^"}, {"&"}, {"=~", "==~"}, {"==", "!=", "<=>", "===", "!=="},
	{"<", "<=", ">", ">=", "in", "instanceof", "as"}, {"<<", ">>", ">>>", "..", "..<"}, {"+", "-"}, {"*", "/", "%"},
}

func (p *parser) binary(level int, command bool) *node {
	if level == len(operators) {
		return p.unary(command)
	}
	start := p.peek().start
	left := p.binary(level+1, command)
	for {
		t := p.peek()
		if t.kind != tokenSign && t.kind != tokenName || !slices.Contains(operators[level], t.text) {
			return left
		}
		p.next()
		p.newlines()
		if t.text == "as" || t.text == "instanceof" {
			left = p.typed(start, left, t.text)
			continue
		}
		n := p.node(nodeBinary, start, left, p.binary(level+1, false))
		n.name, n.end = t.text, p.end()
		left = n
	}
}

// typed reads the type behind as or instanceof.
func (p *parser) typed(start int, left *node, operator string) *node {
	from := p.at
	i, ok := p.typeAt(0)
	if !ok {
		p.failed = true
		return left
	}
	for range i {
		p.next()
	}
	n := p.node(nodeCast, start, left)
	n.name = p.tokens[from].text
	if operator == "instanceof" {
		n.kind = nodeOpaque
	}
	return n
}

func (p *parser) unary(command bool) *node {
	t := p.peek()
	if t.kind == tokenSign && slices.Contains([]string{"!", "-", "+", "~", "++", "--"}, t.text) {
		p.depth++
		defer func() { p.depth-- }()
		if p.depth > maxNesting {
			p.failed = true
			return p.node(nodeOpaque, t.start)
		}
		p.next()
		n := p.node(nodeUnary, t.start, p.unary(false))
		n.name, n.end = t.text, p.end()
		return n
	}
	if t.is("(") {
		if n := p.cast(); n != nil {
			return n
		}
	}
	n := p.postfix(command)
	if p.peek().is("**") {
		p.next()
		p.newlines()
		n = p.node(nodeBinary, t.start, n, p.unary(false))
		n.name = "**"
	}
	return n
}

// cast reads (String) x; nil when the parentheses are no cast.
func (p *parser) cast() *node {
	start := p.peek().start
	i, ok := p.typeAt(1)
	if !ok || !p.ahead(i).is(")") || !slices.Contains([]string{"String", "int", "Integer", "long", "boolean", "Boolean", "List", "Map", "def", "Object", "GString", "Closure"}, p.ahead(1).text) {
		return nil
	}
	behind := p.ahead(i + 1)
	if behind.kind != tokenName && behind.kind != tokenString && behind.kind != tokenNumber && !behind.is("(") && !behind.is("[") {
		return nil
	}
	name := p.ahead(1).text
	for range i + 1 {
		p.next()
	}
	n := p.node(nodeCast, start, p.unary(false))
	n.name, n.end = name, p.end()
	return n
}

// postfix reads a primary with all that hangs on it.
func (p *parser) postfix(command bool) *node {
	start := p.peek().start
	n := p.primary()
	for !p.failed {
		more := p.element(n, start)
		if more == nil {
			break
		}
		n = more
	}
	if t := p.peek(); t.is("++") || t.is("--") {
		p.next()
		n = p.node(nodePostfix, start, n)
		n.name = t.text
		return n
	}
	if command && !p.failed && p.beginsCommand(n) {
		return p.command(n, start)
	}
	return n
}

// element reads one more .name, (…), […] or {…}; nil when there is none.
func (p *parser) element(n *node, start int) *node {
	at := p.at
	p.newlines()
	t := p.peek()
	switch {
	case t.is(".") || t.is("?.") || t.is("*.") || t.is(".&") || t.is(".@"):
		return p.property(n, start)
	case t.is("{") && callable(n):
		return p.append(n, start)
	}
	p.at = at
	t = p.peek()
	switch {
	case t.is("("):
		p.next()
		out := p.node(nodeCall, start, n)
		out.args = p.arguments(")")
		p.expect(")")
		out.end = p.end()
		return out
	case t.is("["):
		p.next()
		args := p.arguments("]")
		p.expect("]")
		if len(args) != 1 || args[0].key != nil {
			return p.node(nodeOpaque, start, n)
		}
		return p.node(nodeIndex, start, n, args[0].value)
	}
	return nil
}

// callable reports whether a closure behind n is its argument.
func callable(n *node) bool {
	switch n.kind {
	case nodeName:
		return !slices.Contains([]string{"this", "else", "try", "finally"}, n.name)
	case nodeProperty, nodeCall:
		return true
	}
	return false
}

// append reads a closure behind a call, or behind the name of what it calls.
func (p *parser) append(n *node, start int) *node {
	body := p.closure()
	if n.kind == nodeCall && n.name != "command" {
		out := *n
		out.args = append(slices.Clone(n.args), arg{value: body})
		out.end = p.end()
		return &out
	}
	out := p.node(nodeCall, start, n)
	out.args = []arg{{value: body}}
	return out
}

func (p *parser) property(n *node, start int) *node {
	sign := p.next().text
	p.newlines()
	out := p.node(nodeProperty, start, n)
	out.safe, out.spread = sign == "?.", sign == "*."
	t := p.peek()
	switch {
	case t.kind == tokenName:
		p.next()
		out.name = t.text
	case t.kind == tokenString:
		p.next()
		key := p.text(t)
		if name, ok := key.text(); ok {
			out.name = name
		} else {
			out.kids = append(out.kids, key)
		}
	case t.is("("):
		p.next()
		out.kids = append(out.kids, p.expression(false))
		p.expect(")")
	default:
		p.failed = true
	}
	out.end = p.end()
	if sign == ".&" || sign == ".@" {
		out.kind = nodeOpaque
	}
	return out
}

// beginsCommand reports whether an argument of a call without parentheses stands here.
func (p *parser) beginsCommand(n *node) bool {
	switch n.kind {
	case nodeName, nodeProperty, nodeIndex, nodeText:
	default:
		return false
	}
	t := p.peek()
	switch t.kind {
	case tokenString, tokenNumber:
		return n.kind != nodeText
	case tokenName:
		return !slices.Contains([]string{"in", "instanceof", "as", "else", "catch", "finally"}, t.text) && n.kind != nodeText
	case tokenSign:
		behind := p.ahead(1)
		return (t.text == "!" || t.text == "~") && t.spaced && !behind.spaced && n.kind != nodeText
	}
	return false
}

// command reads the arguments of a call without parentheses. One more name behind them
// begins the next call of a chain.
func (p *parser) command(n *node, start int) *node {
	out := p.node(nodeCall, start, n)
	for !p.failed {
		out.args = append(out.args, p.argument())
		at := p.at
		if !p.accept(",") {
			break
		}
		p.newlines()
		if p.peek().kind == tokenEnd || p.peek().is("}") {
			p.at = at
			break
		}
	}
	out.end = p.end()
	if t := p.peek(); t.kind == tokenName && !p.failed && p.beginsCommand(&node{kind: nodeName}) {
		p.next()
		link := p.node(nodeProperty, start, out)
		link.name = t.text
		for {
			more := p.element(link, start)
			if more == nil {
				break
			}
			link = more
		}
		if p.beginsCommand(link) {
			return p.command(link, start)
		}
		return link
	}
	return out
}

// arguments reads up to the closing sign.
func (p *parser) arguments(end string) []arg {
	var out []arg
	for !p.failed {
		p.newlines()
		if p.peek().is(end) || p.peek().kind == tokenEnd {
			return out
		}
		out = append(out, p.argument())
		p.newlines()
		if !p.accept(",") {
			return out
		}
	}
	return out
}

// argument reads one argument, which may have a name.
func (p *parser) argument() arg {
	t := p.peek()
	switch {
	case t.is("*") && p.ahead(1).is(":"):
		p.next()
		p.next()
		return arg{value: p.expression(false), spread: true}
	case t.is("*"):
		p.next()
		return arg{value: p.expression(false), spread: true}
	case (t.kind == tokenName || t.kind == tokenString || t.kind == tokenNumber) && p.ahead(1).is(":"):
		p.next()
		p.next()
		p.newlines()
		return arg{key: p.key(t), value: p.expression(false)}
	case t.is("(") && p.isKey():
		p.next()
		p.newlines()
		key := p.expression(false)
		p.expect(")")
		p.expect(":")
		p.newlines()
		return arg{key: p.node(nodeOpaque, t.start, key), value: p.expression(false)}
	}
	return arg{value: p.expression(false)}
}

// isKey reports whether a colon stands behind the parentheses that begin here.
func (p *parser) isKey() bool {
	open := 0
	for i := 0; p.ahead(i).kind != tokenEnd; i++ {
		switch t := p.ahead(i); {
		case t.is("(") || t.is("[") || t.is("{"):
			open++
		case t.is(")") || t.is("]") || t.is("}"):
			if open--; open == 0 {
				return p.ahead(i + 1).is(":")
			}
		}
	}
	return false
}

// key is the name of an argument or of an entry: a word is its own text.
func (p *parser) key(t token) *node {
	if t.kind == tokenString {
		return p.text(t)
	}
	return &node{kind: nodeText, start: t.start, end: t.end, src: p.src, parts: []part{{text: t.text, at: t.start, size: len(t.text)}}}
}
