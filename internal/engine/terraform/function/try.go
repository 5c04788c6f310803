package function

import (
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// attempts are the functions that take expressions instead of values.
func attempts() map[string]function.Function {
	expr := param("expressions", customdecode.ExpressionClosureType)
	return map[string]function.Function{
		"try": defineAny(try, &expr),
		"can": defineAny(can, nil, expr),
	}
}

// try gives the first expression that has a value. One with an unknown part may still turn
// out to have none.
func try(args []cty.Value) (cty.Value, error) {
	for _, arg := range args {
		v, diags := customdecode.ExpressionClosureFromVal(arg).Value()
		switch {
		case diags.HasErrors():
			continue
		case !v.IsWhollyKnown():
			return cty.DynamicVal.WithMarks(everyMark([]cty.Value{v})), nil
		}
		return v, nil
	}
	return cty.NilVal, complaint(`"try": expected an expression that has a value`)
}

func can(args []cty.Value) (cty.Value, error) {
	v, diags := customdecode.ExpressionClosureFromVal(args[0]).Value()
	switch {
	case diags.HasErrors():
		return cty.False, nil
	case !v.IsWhollyKnown():
		return cty.UnknownVal(cty.Bool).WithMarks(everyMark([]cty.Value{v})), nil
	}
	return cty.True, nil
}
