package function

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// impl computes a result of arguments that are known, not null and without marks, unless
// the parameters say otherwise.
type impl = func(args []cty.Value) (cty.Value, error)

// define makes a function with a result that is never null.
func define(result cty.Type, f impl, params ...function.Parameter) function.Function {
	return function.New(&function.Spec{
		Params:       params,
		Type:         function.StaticReturnType(result),
		RefineResult: func(b *cty.RefinementBuilder) *cty.RefinementBuilder { return b.NotNull() },
		Impl:         func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f(args) },
	})
}

// defineAny makes a function whose result has the type that it happens to have.
func defineAny(f impl, rest *function.Parameter, params ...function.Parameter) function.Function {
	return function.New(&function.Spec{
		Params:   params,
		VarParam: rest,
		Type:     func([]cty.Value) (cty.Type, error) { return cty.DynamicPseudoType, nil },
		Impl:     func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f(args) },
	})
}

func param(name string, t cty.Type) function.Parameter {
	return function.Parameter{Name: name, Type: t}
}

func text(name string) function.Parameter { return param(name, cty.String) }

// whole is a parameter that takes everything, with its marks.
func whole(name string) function.Parameter {
	return function.Parameter{
		Name: name, Type: cty.DynamicPseudoType,
		AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
	}
}

// ofText makes a function of one text that gives a text.
func ofText(f func(string) (string, error)) function.Function {
	return define(cty.String, func(args []cty.Value) (cty.Value, error) {
		s, err := f(args[0].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(s), nil
	}, text("str"))
}

// complaint is an error of this package. It never holds the text of an argument.
type complaint string

func (c complaint) Error() string { return string(c) }
