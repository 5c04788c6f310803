package helm

import (
	"context"
	"text/template/parse"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// eval renders templates with the origin of every byte. It walks the trees that the
// template package parsed, and knows of each value where it came from and what chose it.
//
// What it gives counts only if it is, without the origins, what the template package
// itself gives. Values that are not known are followed as well: where one decides which
// way a template goes, both ways are taken, see [eval.fork].
type eval struct {
	ctx   context.Context
	marks *origin.Marks
	notes []note // by source, for what marks do not tell; of the first, which is none
	memo  map[derivation]origin.ID
	conds map[string]*cond

	funcs    map[string]*function
	literals map[parse.Node]*val // texts of templates
	nested   map[string]int      // calls of "include", by name

	steps, nodes, bytes, written, depth, deep int

	problems []model.Problem
	fails    bool // Helm would stop
	spec     int  // how many undecided conditions enclose what runs now
	side     int  // which side of them
	sides    int
	fresh    map[uintptr]freshMap
	doubt    *model.Value // nothing is certain from here on
	forked   bool         // in the current document a way was taken that plain rendering does not take

	offline bool      // no cluster is asked
	openTo  origin.ID // of Values that may hold more; 0 when they do not
	openMap map[uintptr]map[string]any

	sourceOf map[string]*located // by template name
	plainSet func(name string) *parse.Tree
	names    map[string]any // of functions, for parsing
	parsed   map[string]map[string]*parse.Tree
	mutates  bool // some template changes values in place
	hops     map[parse.Node]*model.Hop
	given    [sourceCount]origin.ID
}

// note says more about a source.
type note struct {
	unknown bool
	// maybe marks what is there or not, rather than what may be any text. With either, there
	// may be another text in its place, with the same keys and names.
	maybe, either bool
}

// located is a template file, for positions.
type located struct {
	source *source
	index  *lineIndex
}

// tmpl is one template that can be called.
type tmpl struct {
	tree *parse.Tree
	at   *located // nil for the text of "tpl"
	text *val     // of "tpl": where its own text comes from
}

// library is the templates that can be called from a place: those of the chart, and what the
// texts of "tpl" around the place define.
type library struct {
	own   map[string]*tmpl
	above *library
}

func (s *library) lookup(e *eval, name string) *tmpl {
	for ; s != nil; s = s.above {
		if t, ok := s.own[name]; ok {
			return t
		}
		if s.above == nil {
			return s.load(e, name)
		}
	}
	return nil
}

func (s *library) load(e *eval, name string) *tmpl {
	tree := e.plainSet(name)
	if tree == nil {
		return nil
	}
	t := &tmpl{tree: tree, at: e.sourceOf[tree.ParseName]}
	s.own[name] = t
	return t
}

// frame is one template while it runs.
type frame struct {
	e    *eval
	t    *tmpl
	set  *library
	vars []variable
	out  *rope
	cond *cond
	node parse.Node // for messages
}

type variable struct {
	name string
	v    *val
}

// ctl says how a list of nodes ended.
type ctl uint8

const (
	goOn ctl = iota
	breakLoop
	nextItem
)

// run renders a template into a text.
func (e *eval) run(t *tmpl, s *library, dot *val) *val {
	if e.depth++; e.depth > maxDepth {
		e.limit("templates call each other more than 3000 levels deep")
	}
	defer func() { e.depth-- }()
	f := &frame{e: e, t: t, set: s, vars: []variable{{"$", dot}}, out: &rope{}}
	f.walk(dot, t.tree.Root)
	return f.out.val()
}

func (f *frame) walk(dot *val, n parse.Node) ctl {
	f.e.step()
	f.node = n
	switch n := n.(type) {
	case *parse.ListNode:
		return f.list(dot, n)
	case *parse.TextNode:
		f.write(f.e.literal(f.t, n, string(n.Text), int(n.Pos)), nil)
	case *parse.ActionNode:
		v := f.pipeline(dot, n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			f.emit(n, v)
		}
	case *parse.IfNode:
		return f.branch(dot, &n.BranchNode, false)
	case *parse.WithNode:
		return f.branch(dot, &n.BranchNode, true)
	case *parse.RangeNode:
		return f.loop(dot, n)
	case *parse.TemplateNode:
		f.call(dot, n)
	case *parse.BreakNode:
		return breakLoop
	case *parse.ContinueNode:
		return nextItem
	}
	return goOn
}

func (f *frame) list(dot *val, n *parse.ListNode) ctl {
	if n == nil {
		return goOn
	}
	for _, item := range n.Nodes {
		if c := f.walk(dot, item); c != goOn {
			return c
		}
	}
	return goOn
}

// call runs another template in place.
func (f *frame) call(dot *val, n *parse.TemplateNode) {
	t := f.set.lookup(f.e, n.Name)
	if t == nil {
		f.errorf("template %q not defined", n.Name)
	}
	var data *val = &val{}
	if n.Pipe != nil {
		data = f.pipeline(dot, n.Pipe)
	}
	text := f.e.run(t, f.set, data)
	f.write(text, f.hop(n))
}

// branch is an if or a with.
func (f *frame) branch(dot *val, n *parse.BranchNode, with bool) ctl {
	mark, outer := len(f.vars), f.cond
	defer func() { f.vars, f.cond = f.vars[:mark], outer }()
	v := f.pipeline(dot, n.Pipe)
	inner := dot
	if with {
		inner = v
	}
	then := func() ctl { return f.list(inner, n.List) }
	otherwise := func() ctl { return f.list(dot, n.ElseList) }
	if u := f.e.undecided(v); len(u) > 0 {
		return f.fork(u, f.e.truth(v), then, otherwise)
	}
	f.cond = f.e.within(outer, v)
	if f.e.truth(v) {
		return then()
	}
	return otherwise()
}

// loop is a range.
func (f *frame) loop(dot *val, n *parse.RangeNode) ctl {
	mark, outer := len(f.vars), f.cond
	defer func() { f.vars, f.cond = f.vars[:mark], outer }()
	v := f.pipeline(dot, n.Pipe)
	if u := f.e.unknowns(v.src); len(u) > 0 {
		f.e.give(u[0])
	}
	if f.e.isOpen(v) {
		f.e.give(f.e.openTo)
	}
	top := len(f.vars)
	ran := false
	f.each(n, v, func(key, item *val) bool {
		ran = true
		f.e.step()
		f.cond = f.e.within(outer, v)
		f.bind(n.Pipe, top, key, item)
		c := f.list(item, n.List)
		f.vars = f.vars[:top]
		return c != breakLoop
	})
	if !ran {
		f.cond = f.e.within(outer, v)
		return f.list(dot, n.ElseList)
	}
	return goOn
}

// bind gives the variables of a range their values.
func (f *frame) bind(pipe *parse.PipeNode, top int, key, item *val) {
	values := []*val{item}
	if len(pipe.Decl) > 1 {
		values = []*val{key, item}
	}
	for i, d := range pipe.Decl {
		if pipe.IsAssign {
			f.assign(d.Ident[0], values[i])
			continue
		}
		f.vars[top-len(pipe.Decl)+i].v = values[i]
	}
}

func (f *frame) assign(name string, v *val) {
	for i := len(f.vars) - 1; i >= 0; i-- {
		if f.vars[i].name == name {
			f.vars[i].v = v
			return
		}
	}
	f.errorf("undefined variable: %s", name)
}

func (f *frame) variable(name string) *val {
	for i := len(f.vars) - 1; i >= 0; i-- {
		if f.vars[i].name == name {
			return f.vars[i].v
		}
	}
	f.errorf("undefined variable: %s", name)
	return nil
}
