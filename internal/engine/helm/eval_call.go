package helm

import (
	"fmt"
	"reflect"
	"text/template/parse"
)

// function is one function of templates: how it is called without origins, and how with
// them, if that is more than calling it and saying that the result comes from all of its
// arguments.
type function struct {
	plain  reflect.Value
	marked func(f *frame, args []*val) *val
	// random and remote functions give what nobody can know before the deploy.
	random, remote bool
}

// function calls one by its name.
func (f *frame) function(dot *val, n *parse.IdentifierNode, args []parse.Node, final *val) *val {
	f.node = n
	name := n.Ident
	if name == "and" || name == "or" {
		return f.logic(dot, name == "or", args, final)
	}
	fn, ok := f.e.funcs[name]
	if !ok {
		f.errorf("function %q not defined", name)
	}
	values := f.arguments(dot, args, final)
	f.node = n
	f.e.step()
	f.e.nodes, f.e.bytes, f.e.deep = 0, 0, 0
	if fn.marked != nil {
		if v := fn.marked(f, values); v != nil {
			return v
		}
	}
	v := f.invoke(name, fn.plain, values)
	switch {
	case fn.random:
		v = v.plus(ids{f.e.wellKnown(sourceRandom)}, nil)
	case fn.remote && !f.e.offline:
		v = v.plus(ids{f.e.wellKnown(sourceRemote)}, nil)
	}
	return v
}

// invoke calls a Go function with the arguments stripped. All of the result comes from all
// of the arguments.
func (f *frame) invoke(name string, fn reflect.Value, args []*val) *val {
	var g gathered
	plain := make([]any, len(args))
	for i, a := range args {
		plain[i] = f.e.strip(a, &g)
	}
	src, by := g.done()
	unknown := f.e.unknowns(src)
	in, message := conform(fn.Type(), args, plain)
	if message != "" {
		if len(unknown) > 0 {
			return f.e.guess(unknown[0]).plus(src, by)
		}
		f.errorf("wrong arguments for %s: %s", name, message)
	}
	f.e.guard(name, plain)
	out, err := safeCall(fn, in)
	if err != nil {
		if len(unknown) > 0 {
			return f.e.guess(unknown[0]).plus(src, by)
		}
		f.errorf("error calling %s", name)
	}
	if s, ok := out.(string); ok {
		f.e.size(len(s))
	}
	return f.e.answered(out, src, by)
}

// answered gives the result of a function. An answer of yes or no is not made of what it
// was asked about, but decided by it.
func (e *eval) answered(out any, src, by ids) *val {
	if _, ok := out.(bool); ok {
		return of(out, e.unknowns(src), by.with(e.knowns(src)))
	}
	return of(out, src, by)
}

// conform gives the arguments the types that the function asks for, by the rules of the
// template package, or says what is wrong.
func conform(t reflect.Type, args []*val, plain []any) (in []reflect.Value, message string) {
	fixed := t.NumIn()
	if t.IsVariadic() {
		fixed--
	}
	if len(args) < fixed || len(args) > fixed && !t.IsVariadic() {
		return nil, fmt.Sprintf("want %d got %d", fixed, len(args))
	}
	in = make([]reflect.Value, len(args))
	for i, x := range plain {
		want := t.In(min(i, t.NumIn()-1))
		if i >= fixed {
			want = want.Elem()
		}
		if in[i], message = conformOne(want, args[i], x); message != "" {
			return nil, message
		}
	}
	return in, ""
}

func conformOne(want reflect.Type, arg *val, x any) (reflect.Value, string) {
	if arg.num != nil {
		if v, ok := literalNumber(want, arg.num); ok {
			return v, ""
		}
	}
	if x == nil {
		switch want.Kind() {
		case reflect.Interface, reflect.Map, reflect.Slice, reflect.Pointer, reflect.Func, reflect.Chan:
			return reflect.Zero(want), ""
		}
		return reflect.Value{}, fmt.Sprintf("invalid value; expected %s", want)
	}
	v := reflect.ValueOf(x)
	if v.Type().AssignableTo(want) {
		return v, ""
	}
	if v.Kind() == reflect.Pointer && v.Type().Elem().AssignableTo(want) && !v.IsNil() {
		return v.Elem(), ""
	}
	return reflect.Value{}, fmt.Sprintf("wrong type for value; expected %s; got %s", want, v.Type())
}

func literalNumber(want reflect.Type, n *numberLit) (reflect.Value, bool) {
	v := reflect.New(want).Elem()
	switch {
	case v.CanInt() && n.IsInt:
		v.SetInt(n.Int64)
	case v.CanUint() && n.IsUint:
		v.SetUint(n.Uint64)
	case v.CanFloat() && n.IsFloat:
		v.SetFloat(n.Float64)
	default:
		return reflect.Value{}, false
	}
	return v, true
}

// safeCall calls fn. A panic of it is an error, as in the template package.
func safeCall(fn reflect.Value, in []reflect.Value) (out any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the function failed")
		}
	}()
	results := fn.Call(in)
	if len(results) == 2 && !results[1].IsNil() {
		return nil, results[1].Interface().(error)
	}
	return results[0].Interface(), nil
}

// logic is "and" and "or": the first argument that decides, or else the last one.
func (f *frame) logic(dot *val, or bool, args []parse.Node, final *val) *val {
	var tested, unknown ids
	rest := len(args)
	if final != nil {
		rest++
	}
	var result *val
	for i := range rest {
		v := final
		if i < len(args) {
			v = f.arg(dot, args[i])
		}
		u := f.e.undecided(v)
		last := i == rest-1
		if result == nil && (last || f.e.truth(v) == or) {
			result = v // as things stand; another one, if one before is not what it seems
			if last || len(u) == 0 {
				break
			}
		}
		if len(u) > 0 && !last {
			unknown = unknown.with(u)
		}
		tested = tested.with(v.all())
		if result != nil && len(u) == 0 && f.e.truth(v) == or {
			break
		}
	}
	if result == nil {
		f.errorf("wrong number of args")
	}
	return result.plus(unknown, tested)
}
