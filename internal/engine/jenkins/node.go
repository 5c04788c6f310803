package jenkins

// nodeKind is what a piece of Groovy is.
type nodeKind uint8

const (
	nodeOpaque   nodeKind = iota // nothing that is understood; kids are evaluated
	nodeText                     // parts
	nodeNumber                   // name
	nodeBool                     // name
	nodeNull                     //
	nodeName                     // name
	nodeProperty                 // kids[0].name, or kids[0].(kids[1])
	nodeIndex                    // kids[0][kids[1]]
	nodeCall                     // kids[0](args): kids[0] is a name, a property or anything
	nodeList                     // args
	nodeMap                      // args, each with a key
	nodeClosure                  // params, kids are its statements
	nodeTernary                  // kids[0] ? kids[1] : kids[2]
	nodeElvis                    // kids[0] ?: kids[1]
	nodeBinary                   // kids[0] name kids[1]
	nodeUnary                    // name kids[0]
	nodePostfix                  // kids[0] name
	nodeAssign                   // kids[0] name kids[1]
	nodeCast                     // kids[0] as name
	nodeNew                      // new name(args)

	nodeBlock    // kids
	nodeDeclare  // def params[0].name, … = kids[0]
	nodeIf       // if (kids[0]) kids[1] else kids[2]
	nodeForIn    // for (params[0].name in kids[0]) kids[1]
	nodeFor      // for (kids[0]; kids[1]; kids[2]) kids[3]; each may be nil
	nodeWhile    // while (kids[0]) kids[1]
	nodeTry      // kids[0], catches…, finally last (or nil)
	nodeReturn   // kids[0], or nothing
	nodeThrow    // kids[0]
	nodeBreak    //
	nodeContinue //
	nodeSwitch   // kids[0], then cases
	nodeCase     // kids[0] is what is compared, nil for default; kids[1] a block
	nodeFunction // def name(params) kids
	nodeNothing  // import, class, …
)

// node is one piece of Groovy with its place.
type node struct {
	kind       nodeKind
	start, end int
	src        *source
	name       string
	parts      []part // of a text
	gstring    bool   // of a text: expressions stand in it
	kids       []*node
	args       []arg
	params     []param
	safe       bool     // of a property or call: ?.
	spread     bool     // of a property or call: *.
	names      []string // of something opaque: the names in it
}

// arg is one argument of a call, or one entry of a list or map.
type arg struct {
	key    *node // of a named argument or an entry of a map
	value  *node
	spread bool
}

// param is one parameter of a closure or function.
type param struct {
	name      string
	byDefault *node
}

// text gives what a text says when no expression stands in it.
func (n *node) text() (string, bool) {
	if n == nil || n.kind != nodeText || n.gstring {
		return "", false
	}
	out := ""
	for _, p := range n.parts {
		out += p.text
	}
	return out, true
}

// callee is the plain name that is called: sh for sh 'x'. Empty for anything else.
func (n *node) callee() string {
	if n == nil || n.kind != nodeCall || n.kids[0].kind != nodeName {
		return ""
	}
	return n.kids[0].name
}

// named gives the named argument of a call.
func (n *node) named(name string) *node {
	for _, a := range n.args {
		if a.key != nil && a.key.label() == name {
			return a.value
		}
		if a.key == nil && a.value.kind == nodeMap {
			if v := a.value.named(name); v != nil {
				return v
			}
		}
	}
	return nil
}

// label is the text of a key: a name or a plain text.
func (n *node) label() string {
	if n.kind == nodeName {
		return n.name
	}
	text, _ := n.text()
	return text
}

// position gives the positional argument of a call, closures at its end left out.
func (n *node) position(i int) *node {
	for _, a := range n.args {
		if a.key != nil {
			continue
		}
		if i == 0 {
			return a.value
		}
		i--
	}
	return nil
}

// body is the closure that a call ends with.
func (n *node) body() *node {
	if n == nil || n.kind != nodeCall {
		return nil
	}
	if k := len(n.args); k > 0 && n.args[k-1].key == nil && n.args[k-1].value.kind == nodeClosure {
		return n.args[k-1].value
	}
	return nil
}

// walk visits a node and all within it, outside in; visit says whether to go into it.
func (n *node) walk(visit func(*node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, p := range n.parts {
		p.expr.walk(visit)
	}
	for _, k := range n.kids {
		k.walk(visit)
	}
	for _, a := range n.args {
		a.key.walk(visit)
		a.value.walk(visit)
	}
	for _, p := range n.params {
		p.byDefault.walk(visit)
	}
}
