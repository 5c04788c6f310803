package jenkins

// declaration reads def x = …, Type x, def (a, b) = …, or a function.
func (p *parser) declaration() *node {
	start := p.peek().start
	modified := false
	for p.peek().kind == tokenName && isModifier(p.peek().text) {
		p.next()
		modified = true
	}
	if p.peek().is("@") || p.peek().isName("class") || p.peek().isName("interface") || p.peek().isName("enum") {
		return p.statement()
	}
	if p.peek().is("(") {
		return p.multipleFrom(start)
	}
	if i, ok := p.typeAt(0); ok && (p.ahead(i).kind == tokenName || p.ahead(i).kind == tokenString && p.ahead(i+1).is("(")) && !(modified && p.ahead(1).is("(")) {
		for range i {
			p.next()
		}
	}
	return p.declared(start)
}

func (p *parser) declared(start int) *node {
	t := p.next()
	name := t.text
	if t.kind == tokenString {
		name, _ = t.str.plain()
	} else if t.kind != tokenName {
		p.failed = true
		return p.node(nodeOpaque, start)
	}
	if p.peek().is("(") {
		return p.function(start, name)
	}
	n := p.node(nodeDeclare, start)
	n.params = []param{{name: name}}
	if p.accept("=") {
		p.newlines()
		n.kids = []*node{p.expression(true)}
	}
	for p.accept(",") { // def a = 1, b = 2
		p.newlines()
		more := p.declared(p.peek().start)
		block := p.node(nodeDeclare, start)
		_ = block
		n = &node{kind: nodeBlock, name: "declare", start: start, end: p.end(), src: p.src, kids: []*node{n, more}}
	}
	n.end = p.end()
	return n
}

// isMultiple reports whether (a, b) = … stands here.
func (p *parser) isMultiple() bool {
	i := 1
	for p.ahead(i).kind == tokenName && p.ahead(i+1).is(",") {
		i += 2
	}
	return i > 1 && p.ahead(i).kind == tokenName && p.ahead(i+1).is(")") && p.ahead(i+2).is("=")
}

func (p *parser) multiple() *node {
	n := p.multipleFrom(p.peek().start)
	n.name = "assign"
	return n
}

// multipleFrom reads (a, b) = ….
func (p *parser) multipleFrom(start int) *node {
	n := p.node(nodeDeclare, start)
	p.expect("(")
	for !p.failed {
		if i, ok := p.typeAt(0); ok && p.ahead(i).kind == tokenName {
			for range i {
				p.next()
			}
		}
		n.params = append(n.params, param{name: p.next().text})
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	if p.accept("=") {
		p.newlines()
		n.kids = []*node{p.expression(true)}
	}
	n.end = p.end()
	return n
}

func (p *parser) function(start int, name string) *node {
	n := p.node(nodeFunction, start)
	n.name = name
	p.expect("(")
	n.params = p.params(")")
	p.expect(")")
	p.newlines()
	if p.acceptName("throws") {
		for !p.peek().is("{") && p.peek().kind != tokenEnd {
			p.next()
		}
	}
	n.kids = p.braced()
	n.end = p.end()
	return n
}

// params reads the parameters of a function or closure, up to the sign that ends them.
func (p *parser) params(end string) []param {
	var out []param
	for !p.failed {
		p.newlines()
		if p.peek().is(end) {
			return out
		}
		for p.peek().is("@") || p.peek().isName("final") || p.peek().isName("def") {
			if p.next().is("@") {
				p.next()
			}
		}
		if i, ok := p.typeAt(0); ok && (p.ahead(i).kind == tokenName || p.ahead(i).is("...")) {
			for range i {
				p.next()
			}
		}
		p.accept("...")
		t := p.next()
		if t.kind != tokenName {
			p.failed = true
			return out
		}
		one := param{name: t.text}
		if p.accept("=") {
			p.newlines()
			one.byDefault = p.expression(false)
		}
		out = append(out, one)
		p.newlines()
		if !p.accept(",") {
			return out
		}
	}
	return out
}

// braced reads { statements }.
func (p *parser) braced() []*node {
	p.expect("{")
	if p.failed {
		return nil
	}
	kids := p.statements()
	if !p.accept("}") {
		p.failed = true
	}
	return kids
}

// branch is the statement or block behind if, else, for and while.
func (p *parser) branch() *node {
	p.newlines()
	start := p.peek().start
	if p.peek().is("{") {
		n := p.node(nodeBlock, start)
		n.kids = p.braced()
		n.end = p.end()
		return n
	}
	if p.accept(";") {
		return p.node(nodeBlock, start)
	}
	n := p.statement()
	return p.node(nodeBlock, start, n)
}

func (p *parser) condition() *node {
	p.expect("(")
	p.newlines()
	n := p.expression(false)
	p.expect(")")
	return n
}

func (p *parser) ifElse() *node {
	start := p.next().start
	n := p.node(nodeIf, start)
	n.kids = []*node{p.condition(), p.branch()}
	at := p.at
	for p.peek().kind == tokenNewline || p.peek().is(";") {
		p.next()
	}
	if p.acceptName("else") {
		n.kids = append(n.kids, p.branch())
	} else {
		p.at = at
	}
	n.end = p.end()
	return n
}

func (p *parser) while() *node {
	start := p.next().start
	n := p.node(nodeWhile, start)
	n.kids = []*node{p.condition(), p.branch()}
	n.end = p.end()
	return n
}

func (p *parser) loop() *node {
	start := p.next().start
	p.expect("(")
	if i, ok := p.forIn(); ok {
		n := p.node(nodeForIn, start)
		n.params = []param{{name: p.ahead(i).text}}
		for range i + 2 {
			p.next()
		}
		n.kids = []*node{p.expression(false)}
		p.expect(")")
		n.kids = append(n.kids, p.branch())
		n.end = p.end()
		return n
	}
	n := p.node(nodeFor, start)
	for _, end := range []string{";", ";", ")"} {
		var part *node
		if !p.peek().is(end) {
			part = p.statement()
		}
		p.expect(end)
		n.kids = append(n.kids, part)
	}
	n.kids = append(n.kids, p.branch())
	n.end = p.end()
	return n
}

// forIn gives the token that names the variable of for (x in …).
func (p *parser) forIn() (int, bool) {
	i := 0
	for p.ahead(i).isName("def") || p.ahead(i).isName("final") {
		i++
	}
	if j, ok := p.typeAt(i); ok && p.ahead(j).kind == tokenName && p.ahead(j).text != "in" {
		i = j
	}
	behind := p.ahead(i + 1)
	return i, p.ahead(i).kind == tokenName && (behind.isName("in") || behind.is(":"))
}

// try reads try {} catch (e) {} finally {}: the catches stand between the first and the
// last of its kids.
func (p *parser) try() *node {
	start := p.next().start
	n := p.node(nodeTry, start)
	p.newlines()
	n.kids = []*node{p.branch()}
	var last *node
	for {
		at := p.at
		p.newlines()
		switch {
		case p.peek().isName("catch") && p.ahead(1).is("("):
			p.next()
			p.next()
			name := ""
			for !p.peek().is(")") && p.peek().kind != tokenEnd {
				name = p.next().text
			}
			p.expect(")")
			caught := p.branch()
			caught.params = []param{{name: name}}
			n.kids = append(n.kids, caught)
			continue
		case p.acceptName("finally"):
			last = p.branch()
		default:
			p.at = at
		}
		n.kids = append(n.kids, last)
		n.end = p.end()
		return n
	}
}

func (p *parser) switches() *node {
	start := p.next().start
	n := p.node(nodeSwitch, start)
	n.kids = []*node{p.condition()}
	p.expect("{")
	for !p.failed {
		for p.peek().kind == tokenNewline || p.peek().is(";") {
			p.next()
		}
		if p.accept("}") {
			break
		}
		n.kids = append(n.kids, p.oneCase())
	}
	n.end = p.end()
	return n
}

func (p *parser) oneCase() *node {
	start := p.peek().start
	n := p.node(nodeCase, start)
	var want *node
	switch {
	case p.acceptName("case"):
		want = p.expression(false)
	case p.acceptName("default"):
	default:
		p.failed = true
		return n
	}
	p.expect(":")
	body := p.node(nodeBlock, p.peek().start)
	for {
		for p.peek().kind == tokenNewline || p.peek().is(";") {
			p.next()
		}
		if t := p.peek(); t.kind == tokenEnd || t.is("}") || t.isName("case") || t.isName("default") && p.ahead(1).is(":") {
			break
		}
		before := p.at
		body.kids = append(body.kids, p.guarded())
		if p.at == before {
			p.next()
		}
	}
	n.kids = []*node{want, body}
	n.end = p.end()
	return n
}
