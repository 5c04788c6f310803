package helm

import (
	"reflect"
	"strings"
	"text/template/parse"
)

// numberLit is a number as it stands in a template.
type numberLit = parse.NumberNode

// pipeline evaluates the commands of a pipeline, each of which gets the result of the one
// before as its last argument, and sets the variables that it declares.
func (f *frame) pipeline(dot *val, pipe *parse.PipeNode) *val {
	var v *val
	for _, cmd := range pipe.Cmds {
		f.node = cmd
		v = f.command(dot, cmd, v).settled()
	}
	for _, d := range pipe.Decl {
		if pipe.IsAssign {
			if f.cond != nil {
				v = v.plus(nil, f.cond.ids)
			}
			f.assign(d.Ident[0], v)
			continue
		}
		f.vars = append(f.vars, variable{d.Ident[0], v})
	}
	return v
}

// command evaluates one command. The final argument is nil when there is none.
func (f *frame) command(dot *val, cmd *parse.CommandNode, final *val) *val {
	f.e.step()
	switch n := cmd.Args[0].(type) {
	case *parse.FieldNode:
		return f.chain(dot, dot, n.Ident, cmd.Args[1:], final)
	case *parse.ChainNode:
		return f.chain(dot, f.inner(dot, n), n.Field, cmd.Args[1:], final)
	case *parse.IdentifierNode:
		return f.function(dot, n, cmd.Args[1:], final)
	case *parse.VariableNode:
		if len(n.Ident) == 1 {
			f.noArguments(cmd, final)
			return f.variable(n.Ident[0])
		}
		return f.chain(dot, f.variable(n.Ident[0]), n.Ident[1:], cmd.Args[1:], final)
	case *parse.NilNode:
		f.errorf("nil is not a command")
	}
	f.noArguments(cmd, final)
	return f.arg(dot, cmd.Args[0])
}

func (f *frame) noArguments(cmd *parse.CommandNode, final *val) {
	if len(cmd.Args) > 1 || final != nil {
		f.errorf("can't give argument to non-function %s", masked(cmd.Args[0]))
	}
}

// inner evaluates what a chain such as (index .list 0).name starts from.
func (f *frame) inner(dot *val, n *parse.ChainNode) *val {
	if _, ok := n.Node.(*parse.NilNode); ok {
		f.errorf("indirection through explicit nil in %s", masked(n))
	}
	return f.arg(dot, n.Node)
}

// arg evaluates one argument.
func (f *frame) arg(dot *val, n parse.Node) *val {
	f.e.step()
	f.node = n
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.NilNode:
		return &val{}
	case *parse.BoolNode:
		return &val{v: n.True}
	case *parse.NumberNode:
		return f.number(n)
	case *parse.StringNode:
		return f.e.literal(f.t, n, n.Text, int(n.Pos))
	case *parse.FieldNode:
		return f.chain(dot, dot, n.Ident, nil, nil)
	case *parse.VariableNode:
		if len(n.Ident) == 1 {
			return f.variable(n.Ident[0])
		}
		return f.chain(dot, f.variable(n.Ident[0]), n.Ident[1:], nil, nil)
	case *parse.ChainNode:
		return f.chain(dot, f.inner(dot, n), n.Field, nil, nil)
	case *parse.PipeNode:
		return f.pipeline(dot, n)
	case *parse.IdentifierNode:
		return f.function(dot, n, nil, nil)
	}
	f.errorf("can't evaluate %s", masked(n))
	return nil
}

// number gives a number the type that its writing asks for, until a function asks for
// another one.
func (f *frame) number(n *parse.NumberNode) *val {
	hex := len(n.Text) > 2 && n.Text[0] == '0' && (n.Text[1]|0x20) == 'x' && !strings.ContainsAny(n.Text, "pP")
	switch {
	case n.IsComplex && !n.IsFloat && !n.IsInt && !n.IsUint:
		return &val{v: n.Complex128}
	case n.IsFloat && !hex && n.Text[0] != '\'' && strings.ContainsAny(n.Text, ".eEpP"):
		return &val{v: n.Float64, num: n}
	case n.IsInt:
		return &val{v: int(n.Int64), num: n}
	}
	f.errorf("%s overflows int", n.Text)
	return nil
}

// chain follows .A.B.C from a value. Only the last may be a method with arguments.
func (f *frame) chain(dot, from *val, names []string, args []parse.Node, final *val) *val {
	last := len(names) - 1
	for _, name := range names[:last] {
		from = f.field(dot, from, name, nil, nil)
	}
	return f.field(dot, from, names[last], args, final)
}

// field gives a field, a method's result, or what stands under a key.
func (f *frame) field(dot, from *val, name string, args []parse.Node, final *val) *val {
	switch c := from.v.(type) {
	case nil:
		if u := f.e.unknowns(from.src); len(u) > 0 {
			return f.e.guess(u[0])
		}
		if from.inner {
			f.errorf("nil pointer evaluating interface {}.%s", name)
		}
		return from
	case map[string]any:
		return f.key(from, c, name, len(args) > 0 || final != nil)
	case Values:
		if _, ok := c[name]; !ok && reflect.ValueOf(c).MethodByName(name).IsValid() {
			break
		}
		return f.key(from, c, name, len(args) > 0 || final != nil)
	case *taggedFiles:
		return f.fileMethod(c, name, f.arguments(dot, args, final))
	case string, bool, float64, int, int64:
		if u := f.e.unknowns(from.all()); len(u) > 0 {
			return f.e.guess(u[0])
		}
		f.errorf("can't evaluate field %s in type %T", name, c)
	}
	return f.member(from, name, f.arguments(dot, args, final))
}

func (f *frame) key(from *val, m map[string]any, name string, called bool) *val {
	if called {
		f.errorf("%s is not a method but has arguments", name)
	}
	item, ok := m[name]
	if !ok {
		return f.e.lacking(from, m)
	}
	return from.child(item)
}

// lacking is what a key gives that a map does not hold.
func (e *eval) lacking(from *val, m map[string]any) *val {
	if e.openTo != 0 && e.isOpenMap(m) {
		return from.child(&val{src: ids{e.openTo}})
	}
	return from.child(nil)
}

// member gives a field or a method's result of a value of any other type.
func (f *frame) member(from *val, name string, args []*val) *val {
	r := reflect.ValueOf(from.v)
	if m := r.MethodByName(name); m.IsValid() {
		return f.e.afterMethod(from, name, args, f.invoke(name, m, args).plus(from.src, from.by))
	}
	if r.Kind() == reflect.Pointer && r.IsNil() {
		f.errorf("nil pointer evaluating %T.%s", from.v, name)
	}
	if r = reflect.Indirect(r); r.Kind() == reflect.Struct && !r.CanAddr() {
		held := reflect.New(r.Type()).Elem() // what holds it in truth has an address
		held.Set(r)
		r = held
	}
	if r.CanAddr() {
		if m := r.Addr().MethodByName(name); m.IsValid() {
			return f.e.afterMethod(from, name, args, f.invoke(name, m, args).plus(from.src, from.by))
		}
	}
	switch r.Kind() {
	case reflect.Struct:
		if sf, ok := r.Type().FieldByName(name); ok && sf.IsExported() && len(args) == 0 {
			if field, err := r.FieldByIndexErr(sf.Index); err == nil {
				return f.e.afterField(from, name, from.child(field.Interface()))
			}
		}
	case reflect.Map:
		if r.Type().Key().Kind() == reflect.String && len(args) == 0 {
			item := r.MapIndex(reflect.ValueOf(name).Convert(r.Type().Key()))
			if !item.IsValid() {
				item = reflect.Zero(r.Type().Elem())
			}
			return from.child(item.Interface())
		}
	}
	f.errorf("can't evaluate field %s in type %T", name, from.v)
	return nil
}

func (f *frame) arguments(dot *val, args []parse.Node, final *val) []*val {
	out := make([]*val, 0, len(args)+1)
	for _, n := range args {
		out = append(out, f.arg(dot, n))
	}
	if final != nil {
		out = append(out, final)
	}
	return out
}
