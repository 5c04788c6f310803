package function

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// guard puts around a function what all have in common: limits before it is called,
// errors that hold no text of an argument, and marks that are true of the result.
func guard(name string, f function.Function) function.Function {
	params := make([]function.Parameter, len(f.Params()))
	for i, p := range f.Params() {
		params[i] = open(p)
	}
	var rest *function.Parameter
	if f.VarParam() != nil {
		p := open(*f.VarParam())
		rest = &p
	}
	return defineAny(func(args []cty.Value) (cty.Value, error) { return call(name, f, args) }, rest, params...)
}

// open lets a parameter take everything that has its type: the function inside decides.
func open(p function.Parameter) function.Parameter {
	p.AllowNull, p.AllowUnknown, p.AllowDynamicType, p.AllowMarked = true, true, true, true
	return p
}

func call(name string, f function.Function, args []cty.Value) (cty.Value, error) {
	if over := exceeds(name, args); over != "" {
		return unknown(cty.DynamicPseudoType, model.WhyLimit, over), nil
	}
	if (name == "format" || name == "formatlist") && slices.ContainsFunc(args, nothing) {
		return unknown(cty.DynamicPseudoType, model.WhyUnsupported, "a null with a type: versions disagree on formatting one without"), nil
	}
	if name == "contains" && args[1].IsKnown() && args[1].IsNull() {
		return unknown(cty.Bool, model.WhyUnsupported, "a value to look for that is not null: versions disagree on whether there is one"), nil
	}
	if name == "flatten" && hidesDynamic(args[0], true) {
		return cty.DynamicVal.WithMarks(everyMark(args)), nil
	}
	result, err := f.Call(args)
	if err != nil {
		return cty.NilVal, explain(name, f, err)
	}
	if plain, marks := result.Unmark(); plain.Type() == cty.String && plain.IsKnown() && !plain.IsNull() && !utf8.ValidString(plain.AsString()) {
		return unknown(cty.String, model.WhyUnsupported, "a text in UTF-8: what becomes of another depends on who receives it").WithMarks(marks), nil
	}
	result = refine(name, args, result)
	if !keeps[name] {
		return withoutStructure(result), nil
	}
	return onlyMoved(args, result), nil
}

// nothing is the literal null, which has no type.
func nothing(v cty.Value) bool { return v.Type() == cty.DynamicPseudoType && v.IsNull() }

// hidesDynamic reports whether a list to flatten holds an element of which not even the
// type is known, which may be a list itself. The library sees that only without marks; of
// an object it looks at the attributes alone.
func hidesDynamic(v cty.Value, top bool) bool {
	v, _ = v.Unmark()
	switch t := v.Type(); {
	case t == cty.DynamicPseudoType:
		return !v.IsKnown()
	case !v.IsKnown() || !v.CanIterateElements() || !top && (t.IsObjectType() || t.IsMapType()):
		return false
	}
	for it := v.ElementIterator(); it.Next(); {
		if _, e := it.Element(); hidesDynamic(e, false) {
			return true
		}
	}
	return false
}

// explain says what went wrong without the words of the library, which quote arguments.
func explain(name string, f function.Function, err error) error {
	var own complaint
	if errors.As(err, &own) {
		return fmt.Errorf("%q: %w", name, own)
	}
	for _, kind := range []error{repo.ErrMissing, repo.ErrDirectory} {
		if errors.Is(err, kind) {
			return fmt.Errorf("%q: the path: %w", name, kind)
		}
	}
	var arg function.ArgError
	if !errors.As(err, &arg) || arg.Index < 0 {
		return complaint(fmt.Sprintf("%q cannot be computed of these arguments", name))
	}
	p := f.VarParam()
	if arg.Index < len(f.Params()) {
		p = &f.Params()[arg.Index]
	}
	if p == nil || p.Type == cty.DynamicPseudoType {
		return complaint(fmt.Sprintf("%q does not take its argument %d", name, arg.Index+1))
	}
	return complaint(fmt.Sprintf("%q does not take its argument %d, expected %s", name, arg.Index+1, p.Type.FriendlyName()))
}
