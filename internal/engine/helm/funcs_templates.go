package helm

import (
	"fmt"
	"strings"
	"text/template/parse"
)

func ofTemplates() map[string]func(f *frame, args []*val) *val {
	return map[string]func(f *frame, args []*val) *val{"include": markInclude, "tpl": markTpl}
}

// include renders another template into a text.
func markInclude(f *frame, args []*val) *val {
	if len(args) != 2 {
		f.errorf("wrong number of args for include: want 2 got %d", len(args))
	}
	name, ok := args[0].v.(string)
	if u := f.e.unknowns(args[0].all()); len(u) > 0 {
		return f.e.guess(u[0])
	}
	if !ok {
		f.errorf("wrong type for value; expected string")
	}
	t := f.set.lookup(f.e, name)
	if t == nil {
		f.errorf("error calling include: no template %q associated with template %q", name, "gotpl")
	}
	if f.e.nested[name] > maxNested {
		f.errorf("error calling include: rendering template has a nested reference name: %s: unable to execute template", name)
	}
	f.e.nested[name]++
	defer func() { f.e.nested[name]-- }()
	return f.contained(func() *val { return f.e.run(t, f.set, args[1].settled()) })
}

// contained gives what do gives; or, when do had to be given up for something that is not
// known, a text that is not known either.
func (f *frame) contained(do func() *val) *val {
	var v *val
	depth := f.e.depth
	s := try(func() { v = do() })
	switch {
	case s == nil:
		return v
	case s.kind != stopDoubt:
		panic(s)
	}
	f.e.depth = depth
	f.e.forked = true
	if f.e.mutates {
		f.e.doubtAll("a template that changes values behind something that is not known")
	}
	return f.e.guess(s.id)
}

// tpl renders a text as a template.
func markTpl(f *frame, args []*val) *val {
	if len(args) != 2 {
		f.errorf("wrong number of args for tpl: want 2 got %d", len(args))
	}
	text, ok := args[0].v.(string)
	if u := f.e.unknowns(args[0].src); len(u) > 0 {
		return f.e.guess(u[0]).plus(args[0].src, args[0].by)
	}
	if !ok {
		f.errorf("wrong type for value; expected string; got %T", args[0].v)
	}
	if !strings.Contains(text, "{{") {
		return f.e.without(args[0], noValue).settled()
	}
	trees, err := f.e.parse(text)
	if err != nil {
		f.errorf("error calling tpl: cannot parse template")
	}
	inner := &library{own: map[string]*tmpl{}, above: f.set}
	for name, tree := range trees {
		if parse.IsEmptyTree(tree.Root) && inner.lookup(f.e, name) != nil && name != tplName {
			continue
		}
		inner.own[name] = &tmpl{tree: tree, text: &val{v: text, p: f.e.spread(args[0])}}
	}
	main := inner.own[tplName]
	if u := f.e.unknownActions(args[0], main); len(u) > 0 {
		return f.e.guess(u[0])
	}
	v := f.contained(func() *val { return f.e.run(main, inner, args[1].settled()) })
	return f.e.without(v, noValue).plus(nil, args[0].by.with(f.e.knowns(args[0].all())))
}

const tplName = "gotpl"

// spread gives the pieces of a text, those of all of it included.
func (e *eval) spread(v *val) []piece {
	out := v.p
	for _, id := range e.plainly(v.src) {
		out = append(out[:len(out):len(out)], piece{start: 0, end: len(v.v.(string)), id: id})
	}
	return out
}

// parse reads the text of "tpl".
func (e *eval) parse(text string) (map[string]*parse.Tree, error) {
	if trees, ok := e.parsed[text]; ok {
		return trees, nil
	}
	trees := map[string]*parse.Tree{}
	tree := parse.New(tplName)
	if _, err := tree.Parse(text, "", "", trees, e.names); err != nil {
		return nil, fmt.Errorf("cannot parse template: %w", err)
	}
	trees[tplName] = tree
	for _, t := range trees {
		e.mutates = e.mutates || calls(t.Root, mutators)
	}
	e.parsed[text] = trees
	return trees, nil
}

// unknownActions gives the sources within actions of a text that are not known: nobody can
// tell what these actions do. The text outside of them is taken to hold no actions.
func (e *eval) unknownActions(v *val, t *tmpl) ids {
	var u ids
	for _, p := range v.p {
		if e.isUnknown(p.id) && !inText(t.tree.Root, p.start, p.end) {
			u = append(u, p.id)
		}
	}
	return sorted(u)
}

// inText reports whether a stretch lies within one text of a template.
func inText(n parse.Node, start, end int) bool {
	switch n := n.(type) {
	case *parse.TextNode:
		return int(n.Pos) <= start && end <= int(n.Pos)+len(n.Text)
	case *parse.ListNode:
		if n == nil {
			return false
		}
		for _, item := range n.Nodes {
			if inText(item, start, end) {
				return true
			}
		}
	case *parse.IfNode:
		return inText(n.List, start, end) || inText(n.ElseList, start, end)
	case *parse.WithNode:
		return inText(n.List, start, end) || inText(n.ElseList, start, end)
	case *parse.RangeNode:
		return inText(n.List, start, end) || inText(n.ElseList, start, end)
	}
	return false
}
