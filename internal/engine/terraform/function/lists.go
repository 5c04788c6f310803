package function

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// matchkeys gives the values whose keys, at the same place, are in the searchset.
func matchkeys(args []cty.Value) (cty.Value, error) {
	values, element := args[0], args[0].Type().ElementType()
	both, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()})
	if both == cty.NilType {
		return cty.NilVal, complaint("expected keys and a searchset of one type")
	}
	if values.LengthInt() != args[1].LengthInt() {
		return cty.NilVal, complaint("expected as many keys as values")
	}
	keys, err := convert.Convert(args[1], both)
	if err != nil {
		return cty.NilVal, err
	}
	wanted, err := convert.Convert(args[2], both)
	if err != nil {
		return cty.NilVal, err
	}
	if wanted.LengthInt() == 0 {
		return cty.ListValEmpty(element), nil
	}
	if !values.IsWhollyKnown() || !keys.IsWhollyKnown() || !wanted.IsWhollyKnown() {
		return cty.UnknownVal(values.Type()).RefineNotNull(), nil
	}
	var out []cty.Value
	for i, key := range keys.AsValueSlice() {
		if slices.ContainsFunc(wanted.AsValueSlice(), func(w cty.Value) bool { return key.Equals(w).True() }) {
			out = append(out, values.Index(cty.NumberIntVal(int64(i))))
		}
	}
	if len(out) == 0 {
		return cty.ListValEmpty(element), nil
	}
	return cty.ListVal(out), nil
}

// one gives the only element, or null where there is none.
func one(args []cty.Value) (cty.Value, error) {
	v, outer := lifted(args[0]).Unmark()
	t := v.Type()
	wrong := complaint("expected a list, set or tuple with at most one element")
	switch {
	case t == cty.DynamicPseudoType:
		return cty.DynamicVal.WithMarks(outer), nil
	case !t.IsListType() && !t.IsSetType() && !t.IsTupleType():
		return cty.NilVal, wrong
	case !v.IsKnown() && t.IsTupleType() && t.Length() == 1:
		return cty.UnknownVal(t.TupleElementType(0)).WithMarks(outer), nil
	case t.IsTupleType() && t.Length() > 1:
		return cty.NilVal, wrong
	case !v.IsKnown() || !v.Length().IsKnown():
		return unknownElement(t).WithMarks(outer), nil
	}
	elements := v.AsValueSlice()
	switch len(elements) {
	case 0:
		return cty.NullVal(unknownElement(t).Type()).WithMarks(outer), nil
	case 1:
		return elements[0].WithMarks(outer), nil
	}
	return cty.NilVal, wrong
}

func unknownElement(t cty.Type) cty.Value {
	if t.IsTupleType() {
		return cty.DynamicVal
	}
	return cty.UnknownVal(t.ElementType())
}

func sum(args []cty.Value) (cty.Value, error) {
	wrong := complaint("expected a list of at least one number")
	t := args[0].Type()
	if !t.IsListType() && !t.IsSetType() && !t.IsTupleType() {
		return cty.NilVal, wrong
	}
	if !args[0].IsWhollyKnown() {
		return cty.UnknownVal(cty.Number), nil
	}
	elements := args[0].AsValueSlice()
	if len(elements) == 0 {
		return cty.NilVal, wrong
	}
	total := cty.NilVal
	for _, v := range elements {
		n, err := convert.Convert(v, cty.Number)
		if err != nil || n.IsNull() {
			return cty.NilVal, wrong
		}
		if total == cty.NilVal {
			total = n
			continue
		}
		total = total.Add(n)
	}
	return total, nil
}

// transpose swaps keys and values in a map of lists of texts.
func transpose(args []cty.Value) (cty.Value, error) {
	in := args[0]
	if !in.IsWhollyKnown() {
		return cty.UnknownVal(in.Type()), nil
	}
	lists := map[string][]string{}
	for it := in.ElementIterator(); it.Next(); {
		key, list := it.Element()
		if list.IsNull() {
			return cty.NilVal, complaint("expected lists that are not null")
		}
		for _, v := range list.AsValueSlice() {
			if v.IsNull() {
				return cty.NilVal, complaint("expected texts that are not null")
			}
			lists[v.AsString()] = append(lists[v.AsString()], key.AsString())
		}
	}
	out := map[string]cty.Value{}
	for key, names := range lists {
		slices.Sort(names)
		out[key] = textList(names)
	}
	if len(out) == 0 {
		return cty.MapValEmpty(cty.List(cty.String)), nil
	}
	return cty.MapVal(out), nil
}

func textList(texts []string) cty.Value {
	var out []cty.Value
	for _, s := range texts {
		out = append(out, cty.StringVal(s))
	}
	return cty.ListVal(out)
}
