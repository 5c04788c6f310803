package function

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// library is what Terraform takes from the libraries of its language as it is there.
func library() map[string]function.Function {
	return map[string]function.Function{
		"abs":             stdlib.AbsoluteFunc,
		"ceil":            stdlib.CeilFunc,
		"chomp":           stdlib.ChompFunc,
		"chunklist":       stdlib.ChunklistFunc,
		"compact":         stdlib.CompactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        stdlib.ContainsFunc,
		"distinct":        stdlib.DistinctFunc,
		"element":         stdlib.ElementFunc,
		"flatten":         stdlib.FlattenFunc,
		"floor":           stdlib.FloorFunc,
		"format":          stdlib.FormatFunc,
		"formatdate":      stdlib.FormatDateFunc,
		"formatlist":      stdlib.FormatListFunc,
		"indent":          stdlib.IndentFunc,
		"join":            stdlib.JoinFunc,
		"keys":            stdlib.KeysFunc,
		"log":             stdlib.LogFunc,
		"lower":           stdlib.LowerFunc,
		"max":             stdlib.MaxFunc,
		"merge":           stdlib.MergeFunc,
		"min":             stdlib.MinFunc,
		"parseint":        stdlib.ParseIntFunc,
		"pow":             stdlib.PowFunc,
		"range":           stdlib.RangeFunc,
		"regex":           stdlib.RegexFunc,
		"regexall":        stdlib.RegexAllFunc,
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setproduct":      stdlib.SetProductFunc,
		"setsubtract":     stdlib.SetSubtractFunc,
		"setunion":        stdlib.SetUnionFunc,
		"signum":          stdlib.SignumFunc,
		"slice":           stdlib.SliceFunc,
		"sort":            stdlib.SortFunc,
		"split":           stdlib.SplitFunc,
		"strrev":          stdlib.ReverseFunc,
		"substr":          stdlib.SubstrFunc,
		"timeadd":         stdlib.TimeAddFunc,
		"title":           stdlib.TitleFunc,
		"trim":            stdlib.TrimFunc,
		"trimprefix":      stdlib.TrimPrefixFunc,
		"trimspace":       stdlib.TrimSpaceFunc,
		"trimsuffix":      stdlib.TrimSuffixFunc,
		"upper":           stdlib.UpperFunc,
		"values":          stdlib.ValuesFunc,
		"zipmap":          stdlib.ZipmapFunc,
	}
}

// conversions are the functions to change the type, or only the marks, of a value.
func conversions() map[string]function.Function {
	return map[string]function.Function{
		"tobool":          to(cty.Bool),
		"tolist":          to(cty.List(cty.DynamicPseudoType)),
		"tomap":           to(cty.Map(cty.DynamicPseudoType)),
		"tonumber":        to(cty.Number),
		"toset":           to(cty.Set(cty.DynamicPseudoType)),
		"tostring":        to(cty.String),
		"sensitive":       defineAny(sensitive, nil, whole("value")),
		"nonsensitive":    defineAny(nonsensitive, nil, whole("value")),
		"issensitive":     defineAny(issensitive, nil, whole("value")),
		"ephemeralasnull": defineAny(ephemeralasnull, nil, whole("value")),
	}
}

func to(want cty.Type) function.Function {
	return defineAny(func(args []cty.Value) (cty.Value, error) {
		v := args[0]
		if v.Type() == cty.DynamicPseudoType && !v.IsKnown() {
			return cty.UnknownVal(want).WithMarks(v.Marks()), nil
		}
		out, err := convert.Convert(v, want)
		if err != nil {
			return cty.NilVal, complaint("expected a value that can be converted to " + want.FriendlyNameForConstraint() + ", got " + v.Type().FriendlyName())
		}
		return out, nil
	}, nil, whole("v"))
}

func sensitive(args []cty.Value) (cty.Value, error) { return args[0].Mark(Sensitive), nil }

func nonsensitive(args []cty.Value) (cty.Value, error) { return unmark(args[0], Sensitive), nil }

func unmark(v cty.Value, m Mark) cty.Value {
	plain, marks := v.Unmark()
	delete(marks, m)
	return plain.WithMarks(marks)
}

// issensitive cannot tell of something unknown, which may become sensitive or not.
func issensitive(args []cty.Value) (cty.Value, error) {
	if !args[0].IsKnown() {
		return cty.UnknownVal(cty.Bool).RefineNotNull(), nil
	}
	return cty.BoolVal(args[0].HasMark(Sensitive)), nil
}

func ephemeralasnull(args []cty.Value) (cty.Value, error) {
	return cty.Transform(args[0], func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if !v.HasMark(Ephemeral) {
			return v, nil
		}
		plain := unmark(v, Ephemeral)
		if !v.IsKnown() {
			return cty.UnknownVal(v.Type()).WithMarks(plain.Marks()), nil
		}
		return cty.NullVal(v.Type()).WithMarks(plain.Marks()), nil
	})
}
