package function

import (
	"maps"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/ctymarks"
)

// secrecy divides marks into those of Terraform, which spread as Terraform spreads them,
// and all others.
func secrecy(marks cty.ValueMarks) (secrets, others cty.ValueMarks) {
	secrets, others = cty.ValueMarks{}, cty.ValueMarks{}
	for m := range marks {
		if _, is := m.(Mark); is {
			secrets[m] = struct{}{}
		} else {
			others[m] = struct{}{}
		}
	}
	return secrets, others
}

func union(sets ...cty.ValueMarks) cty.ValueMarks {
	all := cty.ValueMarks{}
	for _, set := range sets {
		maps.Copy(all, set)
	}
	return all
}

// lifted moves the marks of Terraform from within v to its outside, where a function that
// knows nothing of marks has them.
func lifted(v cty.Value) cty.Value {
	if !v.ContainsMarked() {
		return v
	}
	secrets := cty.ValueMarks{}
	plain, _ := v.WrangleMarksDeep(func(m any, _ cty.Path) (ctymarks.WrangleAction, error) {
		if _, is := m.(Mark); is {
			secrets[m] = struct{}{}
			return ctymarks.WrangleDrop, nil
		}
		return ctymarks.WrangleKeep, nil
	})
	return plain.WithMarks(secrets)
}

// refine puts the marks, which the library has put on the whole result of a function, on
// those of its elements that they belong to. The marks of Terraform stay where they are.
func refine(name string, args []cty.Value, result cty.Value) cty.Value {
	plain, all := result.Unmark()
	if len(all) == 0 || !plain.IsKnown() || plain.IsNull() || !plain.Type().IsListType() || plain.LengthInt() == 0 {
		return result
	}
	var elements []cty.Value
	switch name {
	case "compact", "distinct", "sort", "matchkeys":
		elements = taken(args[0], plain)
		args = args[1:]
	case "formatlist":
		elements = formatted(args, plain)
		args = args[:1]
	default:
		return result
	}
	if elements == nil {
		return result
	}
	secrets, _ := secrecy(all)
	marks := []cty.ValueMarks{secrets}
	for _, arg := range args {
		_, m := arg.UnmarkDeep()
		marks = append(marks, m)
	}
	return cty.ListVal(elements).WithMarks(marks...)
}

// taken gives the elements of out, each with the marks of those of the list that it equals.
// It is nil when they cannot be told apart cheaply.
func taken(list, out cty.Value) []cty.Value {
	if !out.Type().ElementType().IsPrimitiveType() {
		return nil
	}
	marks := map[string]cty.ValueMarks{}
	inner, outer := list.Unmark()
	for it := inner.ElementIterator(); it.Next(); {
		_, e := it.Element()
		key, own := identity(e)
		_, own = secrecy(own)
		marks[key] = union(marks[key], own)
	}
	_, outer = secrecy(outer)
	return remarked(out, func(_ int, e cty.Value) cty.ValueMarks {
		key, _ := identity(e)
		return union(marks[key], outer)
	})
}

// identity is a text that is the same for equal primitive values.
func identity(v cty.Value) (string, cty.ValueMarks) {
	v, marks := v.Unmark()
	if s, err := convert.Convert(v, cty.String); err == nil && s.IsKnown() && !s.IsNull() {
		return "=" + s.AsString(), marks
	}
	return "", marks
}

// formatted gives the elements of a formatlist, each with the marks of what it is made of.
func formatted(args []cty.Value, out cty.Value) []cty.Value {
	n := out.LengthInt()
	each := make([][]cty.ValueMarks, n)
	for _, arg := range args[1:] {
		inner, outer := arg.Unmark()
		_, outer = secrecy(outer)
		t := inner.Type()
		if inner.IsKnown() && !inner.IsNull() && (t.IsListType() || t.IsTupleType()) && inner.LengthInt() == n {
			for i, e := range inner.AsValueSlice() {
				_, own := e.UnmarkDeep()
				_, own = secrecy(own)
				each[i] = append(each[i], own, outer)
			}
			continue
		}
		_, all := arg.UnmarkDeep()
		_, all = secrecy(all)
		for i := range each {
			each[i] = append(each[i], all)
		}
	}
	return remarked(out, func(i int, _ cty.Value) cty.ValueMarks { return union(each[i]...) })
}

func remarked(list cty.Value, marks func(int, cty.Value) cty.ValueMarks) []cty.Value {
	elements := list.AsValueSlice()
	for i, e := range elements {
		elements[i] = e.WithMarks(marks(i, e))
	}
	return elements
}
