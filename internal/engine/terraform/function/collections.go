package function

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// collections are the functions of lists, sets, maps and objects that Terraform has of its
// own, and those that choose one of their arguments.
func (c Context) collections() map[string]function.Function {
	list := func(name string) function.Parameter { return param(name, cty.List(cty.DynamicPseudoType)) }
	rest := whole("vals")
	return map[string]function.Function{
		"alltrue":      define(cty.Bool, alltrue, param("list", cty.List(cty.Bool))),
		"anytrue":      define(cty.Bool, anytrue, param("list", cty.List(cty.Bool))),
		"coalesce":     defineAny(c.coalesce, &rest),
		"coalescelist": defineAny(c.coalescelist, &rest),
		"index":        define(cty.Number, index, param("list", cty.DynamicPseudoType), param("value", cty.DynamicPseudoType)),
		"length":       defineAny(length, nil, notNull("value")),
		"list":         removed("tolist([...])"),
		"lookup":       defineAny(c.lookup, &rest, notNull("inputMap"), marked(text("key"))),
		"map":          removed("tomap({...})"),
		"matchkeys":    defineAny(matchkeys, nil, list("values"), list("keys"), list("searchset")),
		"one":          defineAny(one, nil, notNull("list")),
		"sum":          define(cty.Number, sum, param("list", cty.DynamicPseudoType)),
		"transpose":    define(cty.Map(cty.List(cty.String)), transpose, param("values", cty.Map(cty.List(cty.String)))),
	}
}

func notNull(name string) function.Parameter {
	p := whole(name)
	p.AllowNull = false
	return p
}

func marked(p function.Parameter) function.Parameter {
	p.AllowMarked, p.AllowUnknown = true, true
	return p
}

// removed is a function that Terraform had long ago and still names in its errors.
func removed(instead string) function.Function {
	rest := whole("vals")
	return defineAny(func([]cty.Value) (cty.Value, error) {
		return cty.NilVal, complaint("this function is no longer there, expected " + instead)
	}, &rest)
}

// alltrue stops at what is not known: nothing behind it can make the answer certain.
func alltrue(args []cty.Value) (cty.Value, error) {
	for _, v := range args[0].AsValueSlice() {
		switch {
		case !v.IsKnown():
			return cty.UnknownVal(cty.Bool), nil
		case v.IsNull() || v.False():
			return cty.False, nil
		}
	}
	return cty.True, nil
}

func anytrue(args []cty.Value) (cty.Value, error) {
	answer := cty.False
	for _, v := range args[0].AsValueSlice() {
		switch {
		case !v.IsKnown():
			answer = cty.UnknownVal(cty.Bool)
		case !v.IsNull() && v.True():
			return cty.True, nil
		}
	}
	return answer, nil
}

// length counts the characters of a text as a reader would.
func length(args []cty.Value) (cty.Value, error) {
	v, marks := args[0].Unmark()
	switch t := v.Type(); {
	case t == cty.DynamicPseudoType:
		return cty.UnknownVal(cty.Number).RefineNotNull().WithMarks(marks), nil
	case t.IsTupleType():
		return cty.NumberIntVal(int64(t.Length())).WithMarks(marks), nil
	case t.IsObjectType():
		return cty.NumberIntVal(int64(len(t.AttributeTypes()))).WithMarks(marks), nil
	case t == cty.String:
		return stdlib.Strlen(args[0])
	case t.IsCollectionType():
		return args[0].Length(), nil
	}
	return cty.NilVal, complaint("expected a text, a list, a set, a map or an object")
}

// coalesce gives the first argument that is neither null nor an empty text. The arguments
// before it only decided.
func (c Context) coalesce(args []cty.Value) (cty.Value, error) {
	types := make([]cty.Type, len(args))
	for i, arg := range args {
		types[i] = arg.Type()
	}
	want, _ := convert.UnifyUnsafe(types)
	if want == cty.NilType {
		return cty.NilVal, complaint("expected arguments of one type")
	}
	secrets, before := deepMarks(args), cty.ValueMarks{}
	for _, arg := range args {
		v, err := convert.Convert(arg, want)
		if err != nil {
			return cty.NilVal, complaint("expected arguments of one type")
		}
		v = lifted(v)
		plain, own := v.Unmark()
		switch {
		case !plain.IsKnown() && sureOf(plain, want):
			return c.because(v.WithMarks(secrets), before), nil
		case !plain.IsKnown():
			return cty.UnknownVal(want).RefineNotNull().WithMarks(everyMark(args)), nil
		case plain.IsNull() || want == cty.String && plain.AsString() == "":
			before = union(before, own)
		default:
			return c.because(v.WithMarks(secrets), before), nil
		}
	}
	return cty.NilVal, complaint("expected an argument that is neither null nor an empty text")
}

// sureOf reports whether an unknown value is known to be the one that coalesce takes.
func sureOf(v cty.Value, want cty.Type) bool {
	r := v.Range()
	return want == cty.String && v.Type() == cty.String && r.DefinitelyNotNull() && r.StringPrefix() != ""
}

// coalescelist gives the first list that is not empty.
func (c Context) coalescelist(args []cty.Value) (cty.Value, error) {
	secrets, before := deepMarks(args), cty.ValueMarks{}
	if len(args) == 0 {
		return cty.NilVal, complaint("expected at least one list")
	}
	allKnown := true
	for _, arg := range args {
		allKnown = allKnown && arg.IsKnown()
		if t := arg.Type(); allKnown && !t.IsListType() && !t.IsTupleType() {
			return cty.NilVal, complaint("expected lists")
		}
	}
	for _, arg := range args {
		if !arg.IsKnown() {
			return cty.DynamicVal.WithMarks(everyMark(args)), nil
		}
		plain, own := arg.Unmark()
		if !plain.IsNull() && plain.LengthInt() > 0 {
			return c.because(lifted(arg).WithMarks(secrets), before), nil
		}
		before = union(before, own)
	}
	return cty.NilVal, complaint("expected a list that is not empty")
}

// deepMarks gives the marks of Terraform on and within the values, everyMark all of them.
func deepMarks(args []cty.Value) cty.ValueMarks {
	secrets, _ := secrecy(everyMark(args))
	return secrets
}

func everyMark(args []cty.Value) cty.ValueMarks {
	all := cty.ValueMarks{}
	for _, arg := range args {
		_, marks := arg.UnmarkDeep()
		for m := range marks {
			if _, is := m.(*Raw); !is {
				all[m] = struct{}{}
			}
		}
	}
	return all
}

func index(args []cty.Value) (cty.Value, error) {
	t := args[0].Type()
	if !t.IsListType() && !t.IsTupleType() {
		return cty.NilVal, complaint("expected a list")
	}
	for i, v := range args[0].AsValueSlice() {
		same, err := stdlib.Equal(v, args[1])
		switch {
		case err != nil:
			return cty.NilVal, err
		case !same.IsKnown():
			return cty.UnknownVal(cty.Number), nil
		case same.True():
			return cty.NumberIntVal(int64(i)), nil
		}
	}
	return cty.NilVal, complaint("expected a list that holds the value")
}

// lookup takes the default only of a map or object that is known not to have the key. The
// key only decides.
func (c Context) lookup(args []cty.Value) (cty.Value, error) {
	inner, outer := args[0].Unmark()
	key, decides := args[1].Unmark()
	switch {
	case inner.Type() == cty.DynamicPseudoType:
		return cty.DynamicVal.WithMarks(outer, decides), nil
	case len(args) > 3:
		return cty.NilVal, complaint("expected two or three arguments")
	}
	want, err := found(inner, key, args[2:])
	if err != nil {
		return cty.NilVal, err
	}
	if !inner.IsKnown() || !key.IsKnown() {
		return cty.UnknownVal(want).WithMarks(outer, decides), nil
	}
	v, ok := member(inner, key)
	if !ok {
		if len(args) < 3 {
			return cty.NilVal, complaint("expected a key that is there, or a default")
		}
		if v, err = convert.Convert(args[2], want); err != nil {
			return cty.NilVal, complaint("expected a default of the type of the elements")
		}
	}
	if !v.IsKnown() && v.Type() == cty.DynamicPseudoType {
		v = v.WithMarks(decides)
	}
	return c.because(v.WithMarks(outer), decides), nil
}

// found is the type of what a lookup gives.
func found(in, key cty.Value, rest []cty.Value) (cty.Type, error) {
	switch t := in.Type(); {
	case t.IsObjectType():
		if !key.IsKnown() {
			return cty.DynamicPseudoType, nil
		}
		switch name := key.AsString(); {
		case t.HasAttribute(name):
			return t.AttributeType(name), nil
		case len(rest) == 1:
			return rest[0].Type(), nil
		}
		return cty.NilType, complaint("expected a key that is there, or a default")
	case t.IsMapType():
		if len(rest) == 1 {
			if _, err := convert.Convert(rest[0], t.ElementType()); err != nil {
				return cty.NilType, complaint("expected a default of the type of the elements")
			}
		}
		return t.ElementType(), nil
	}
	return cty.NilType, complaint("expected a map")
}

func member(in, key cty.Value) (cty.Value, bool) {
	if in.Type().IsObjectType() {
		if name := key.AsString(); in.Type().HasAttribute(name) {
			return in.GetAttr(name), true
		}
		return cty.NilVal, false
	}
	if !in.HasIndex(key).True() {
		return cty.NilVal, false
	}
	return in.Index(key), true
}
