package jenkins

func (p *parser) primary() *node {
	t := p.peek()
	switch t.kind {
	case tokenString:
		p.next()
		return p.text(t)
	case tokenNumber:
		p.next()
		n := p.node(nodeNumber, t.start)
		n.name = t.text
		return n
	case tokenName:
		return p.word(t)
	case tokenSign:
		switch t.text {
		case "(":
			p.next()
			p.newlines()
			n := p.expression(false)
			p.expect(")")
			return n
		case "[":
			return p.brackets()
		case "{":
			return p.closure()
		}
	}
	p.failed = true
	return p.node(nodeOpaque, t.start)
}

func (p *parser) word(t token) *node {
	p.next()
	kind := nodeName
	switch t.text {
	case "true", "false":
		kind = nodeBool
	case "null":
		kind = nodeNull
	case "new":
		return p.construct(t)
	}
	n := p.node(kind, t.start)
	n.name = t.text
	return n
}

// construct reads new Type(args), and skips the body of a class without a name.
func (p *parser) construct(t token) *node {
	n := p.node(nodeNew, t.start)
	i, ok := p.typeAt(0)
	if !ok {
		p.failed = true
		return n
	}
	for j := range i {
		if word := p.next(); word.kind == tokenName && j < 20 {
			n.name = word.text
		}
	}
	if p.accept("(") {
		n.args = p.arguments(")")
		p.expect(")")
	}
	if p.peek().is("{") {
		p.braces()
	}
	n.end = p.end()
	return n
}

// brackets reads a list or a map.
func (p *parser) brackets() *node {
	start := p.next().start
	n := p.node(nodeList, start)
	p.newlines()
	if p.peek().is(":") {
		p.next()
		n.kind = nodeMap
		p.expect("]")
		n.end = p.end()
		return n
	}
	n.args = p.arguments("]")
	p.expect("]")
	for _, a := range n.args {
		if a.key != nil {
			n.kind = nodeMap
		}
	}
	n.end = p.end()
	return n
}

func (p *parser) closure() *node {
	start := p.peek().start
	n := p.node(nodeClosure, start)
	p.expect("{")
	if p.hasParams() {
		n.params = p.params("->")
		if n.params == nil {
			n.params = []param{}
		}
		p.expect("->")
	}
	if p.failed {
		return n
	}
	failed := p.failed
	n.kids = p.statements()
	p.failed = failed
	if !p.accept("}") {
		p.failed = true
	}
	n.end = p.end()
	return n
}

// hasParams reports whether an arrow stands behind the names at the start of a closure.
func (p *parser) hasParams() bool {
	for i := 0; i < 200; i++ {
		t := p.ahead(i)
		switch {
		case t.is("->"):
			return true
		case t.kind == tokenEnd, t.is(";"), t.is("{"), t.is("}"), t.is("("), t.kind == tokenNewline && i > 0:
			return false
		}
	}
	return false
}

// text makes a node of a text, with the expressions in it.
func (p *parser) text(t token) *node {
	n := &node{kind: nodeText, start: t.start, end: t.end, src: p.src, gstring: t.str.isGString()}
	n.parts = make([]part, len(t.str.parts))
	copy(n.parts, t.str.parts)
	for i := range n.parts {
		if n.parts[i].code != nil {
			n.parts[i].expr = p.within(n.parts[i])
			n.parts[i].code = nil
		}
	}
	return n
}

// within reads the expression of a text: the last of its statements counts.
func (p *parser) within(part part) *node {
	inner := &parser{src: p.src, tokens: part.code, depth: p.depth + 1}
	if inner.depth > maxNesting {
		return &node{kind: nodeOpaque, start: part.at, end: part.at + part.size, src: p.src}
	}
	if inner.peek().is("->") {
		inner.next()
	}
	body := &node{kind: nodeBlock, start: part.at, end: part.at + part.size, src: p.src, kids: inner.statements()}
	if len(body.kids) == 1 {
		return body.kids[0]
	}
	if len(body.kids) == 0 {
		return &node{kind: nodeNull, start: part.at, end: part.at + part.size, src: p.src}
	}
	return body
}
