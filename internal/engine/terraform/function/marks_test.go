package function_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
)

// place is a mark that says which leaf of the arguments it was put on.
type place string

// called is a call whose arguments are values already.
type called struct {
	text, name string
	args       []cty.Value
}

// calls evaluates the arguments of the expressions that are one call and nothing else. A
// call that takes expressions instead of values is left out.
func calls(t testing.TB, ctx *hcl.EvalContext, table []question) []called {
	t.Helper()
	var out []called
	for _, q := range table {
		expr, diags := hclsyntax.ParseExpression([]byte(q.text), "", hcl.InitialPos)
		call, ok := expr.(*hclsyntax.FunctionCallExpr)
		if diags.HasErrors() || !ok || call.ExpandFinal || slices.Contains([]string{"try", "can", "nothing", "core::nothing"}, call.Name) {
			continue
		}
		f := ctx.Functions[call.Name]
		c := called{text: q.text, name: strings.TrimPrefix(call.Name, "core::")}
		for i, arg := range call.Args {
			v, diags := arg.Value(ctx)
			if diags.HasErrors() {
				break
			}
			want := cty.DynamicPseudoType
			if i < len(f.Params()) {
				want = f.Params()[i].Type
			} else if f.VarParam() != nil {
				want = f.VarParam().Type
			}
			v, err := convert.Convert(v, want)
			if err != nil {
				break
			}
			c.args = append(c.args, v)
		}
		if len(c.args) == len(call.Args) {
			out = append(out, c)
		}
	}
	return out
}

// marked puts a mark of its own on every leaf of the arguments.
func (c called) marked() []cty.Value {
	out := make([]cty.Value, len(c.args))
	for i, arg := range c.args {
		out[i], _ = cty.Transform(arg, func(p cty.Path, v cty.Value) (cty.Value, error) {
			if v.Type().IsPrimitiveType() || !v.IsKnown() {
				return v.Mark(place(fmt.Sprintf("%d%s", i, pathText(p)))), nil
			}
			return v, nil
		})
	}
	return out
}

func pathText(p cty.Path) string {
	var b strings.Builder
	for _, step := range p {
		switch step := step.(type) {
		case cty.GetAttrStep:
			b.WriteString("." + step.Name)
		case cty.IndexStep:
			fmt.Fprintf(&b, "[%#v]", step.Key)
		}
	}
	return b.String()
}

// TestMarksChangeNothing calls each function with and without marks.
func TestMarksChangeNothing(t *testing.T) {
	ctx := scope(t, "tofu", cty.DynamicVal)
	for _, c := range calls(t, ctx, append(questions(t), generated(25, 8)...)) {
		f := ctx.Functions[c.name]
		want, wantErr := f.Call(c.args)
		got, err := f.Call(c.marked())
		if (err != nil) != (wantErr != nil) {
			t.Errorf("%s: error %v with marks, %v without", c.text, err, wantErr)
			continue
		}
		if err != nil || c.name == "issensitive" {
			continue
		}
		want, _ = want.UnmarkDeep()
		got, _ = got.UnmarkDeep()
		if !want.RawEquals(got) {
			t.Errorf("%s: another value with marks", c.text)
		}
	}
}

// leaves lists what v holds, each with the marks that it has itself or inherits.
func leaves(v cty.Value) map[string]cty.Value {
	out := map[string]cty.Value{}
	var walk func(at string, v cty.Value, inherited cty.ValueMarks)
	walk = func(at string, v cty.Value, inherited cty.ValueMarks) {
		plain, own := v.Unmark()
		all := cty.NewValueMarks(own, inherited)
		if !plain.IsKnown() || plain.IsNull() || !plain.CanIterateElements() || plain.LengthInt() == 0 {
			out[at] = plain.WithMarks(all)
			return
		}
		i := 0
		for it := plain.ElementIterator(); it.Next(); i++ {
			k, e := it.Element()
			step := fmt.Sprintf("[%#v]", k)
			if plain.Type().IsSetType() {
				step = fmt.Sprint("#", i)
			}
			walk(at+step, e, all)
		}
	}
	walk("", v, nil)
	return out
}

// TestMarksFollowData changes one leaf of the arguments at a time: whatever is different in
// the result then must carry the mark of that leaf.
func TestMarksFollowData(t *testing.T) {
	// What these give at one place depends on where others stand, which is no journey.
	order := []string{"sort", "compact", "distinct", "matchkeys", "sensitive", "nonsensitive", "issensitive"}
	ctx := scope(t, "tofu", cty.DynamicVal)
	tried := map[string]int{}
	for _, c := range calls(t, ctx, append(questions(t), generated(10, 9)...)) {
		f := ctx.Functions[c.name]
		result, err := f.Call(c.marked())
		if err != nil || slices.Contains(order, c.name) {
			continue
		}
		before := leaves(result)
		for _, change := range changes(c) {
			changed, err := f.Call(change.args)
			if err != nil {
				continue
			}
			after := leaves(changed)
			if len(before) != len(after) {
				continue
			}
			for at, v := range before {
				w, ok := after[at]
				plain, marks := v.Unmark()
				if w, _ = w.Unmark(); !ok || plain.RawEquals(w) {
					continue
				}
				tried[c.name]++
				if _, ok := marks[change.at]; !ok {
					t.Errorf("%s: the result at %q depends on argument %s, whose mark it lacks", c.text, at, change.at)
				}
			}
		}
	}
	for name := range function.All(function.Context{}) {
		// These give what does not depend on a leaf, or an unknown value.
		none := []string{"base64gunzip", "bcrypt", "can", "keys", "list", "map", "plantimestamp", "rsadecrypt", "timestamp", "try", "uuid"}
		if tried[name] == 0 && !strings.HasPrefix(name, "core::") && !slices.Contains(append(none, order...), name) {
			t.Errorf("%s: no example in which the result depends on an argument", name)
		}
	}
}

type change struct {
	at   place
	args []cty.Value
}

// changes gives the arguments of c, each time with one leaf changed.
func changes(c called) []change {
	var out []change
	for i, arg := range c.args {
		var paths []cty.Path
		_ = cty.Walk(arg, func(p cty.Path, v cty.Value) (bool, error) {
			if plain, _ := v.Unmark(); plain.Type().IsPrimitiveType() && plain.IsKnown() && !plain.IsNull() {
				paths = append(paths, p.Copy())
			}
			return true, nil
		})
		for _, target := range paths {
			for _, replacement := range []cty.Value{cty.StringVal("zz"), cty.StringVal("false"), cty.StringVal("5"), cty.StringVal("10.9.0.0/16"), cty.StringVal("files/empty.txt"), cty.StringVal("aGVsbG8h"), cty.StringVal("2027-01-01T00:00:00Z"), cty.NumberIntVal(0), cty.NumberIntVal(3), cty.True, cty.False} {
				args := slices.Clone(c.args)
				args[i], _ = cty.Transform(arg, func(p cty.Path, v cty.Value) (cty.Value, error) {
					if p.Equals(target) && v.Type() == replacement.Type() {
						return replacement.WithMarks(v.Marks()), nil
					}
					return v, nil
				})
				out = append(out, change{place(fmt.Sprintf("%d%s", i, pathText(target))), args})
			}
		}
	}
	return out
}

// TestMarksStayApart holds the functions that move elements to moving their marks along,
// and nothing else.
func TestMarksStayApart(t *testing.T) {
	ctx := scope(t, "tofu", cty.DynamicVal)
	cases := []struct{ text, want string }{
		{`compact(["a", "", "b"])`, `a:0[0] b:0[2]`},
		{`sort(["b", "a"])`, `a:0[1] b:0[0]`},
		{`distinct(["a", "b", "a"])`, `a:0[0]+0[2] b:0[1]`},
		{`matchkeys(["a", "b"], ["k", "l"], ["l"])`, `b:0[1]+1[0]+1[1]+2[0]`},
		{`formatlist("%s-%s", ["a", "b"], "c")`, `a-c:0+1[0]+2 b-c:0+1[1]+2`},
		{`coalesce("", "x", "y")`, `x:0+1`},
		{`coalescelist(["a", "b"], ["c"])`, `a:0[0] b:0[1]`},
		{`lookup({ a = "x", b = "y" }, "a", "z")`, `x:0.a+1`},
		{`lookup({ a = "x" }, "b", "z")`, `z:1+2`},
		{`one(["a"])`, `a:0[0]`},
		{`one([{ a = "x", b = "y" }])`, `x:0[0].a y:0[0].b`},
		{`merge({ a = "x", b = "y" }, { b = "z" })`, `x:0.a z:1.b`},
		{`concat(["a"], ["b"])`, `a:0[0] b:1[0]`},
		{`flatten([["a"], ["b", "c"]])`, `a:0[0][0] b:0[1][0] c:0[1][1]`},
		{`tolist(["a", "b"])`, `a:0[0] b:0[1]`},
		{`tomap({ a = "x", b = "y" })`, `x:0.a y:0.b`},
		{`tostring("a")`, `a:0`},
		{`values({ a = "x", b = "y" })`, `x:0.a y:0.b`},
		{`zipmap(["a", "b"], ["x", "y"])`, `x:0[0]+0[1]+1[0] y:0[0]+0[1]+1[1]`},
		{`reverse(["a", "b"])`, `b:0[1] a:0[0]`},
		{`slice(["a", "b"], 1, 2)`, `b:0[1]+1+2`},
		{`chunklist(["a", "b"], 1)`, `a:0[0]+1 b:0[1]+1`},
		{`element(["a", "b"], 1)`, `b:0[1]+1`},
		{`ephemeralasnull(["a", "b"])`, `a:0[0] b:0[1]`},
		{`join(",", ["a", "b"])`, `a,b:0+1[0]+1[1]`},
		{`upper("a")`, `A:0`},
		{`keys({ a = "x" })`, `a:`},
		{`templatefile("files/one.tftpl", { n = "x", m = "y" })`, `x:0+1.n`},
	}
	for _, c := range cases {
		call := calls(t, ctx, []question{{text: c.text}})[0]
		got, err := ctx.Functions[call.name].Call(call.marked())
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(c.want, described(got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.text, diff)
		}
	}
}

func described(v cty.Value) string {
	var out []string
	found := leaves(v)
	_ = cty.Walk(unmarked(v), func(p cty.Path, v cty.Value) (bool, error) {
		leaf, ok := found[pathText(indexed(p))]
		if !ok {
			return true, nil
		}
		plain, marks := leaf.Unmark()
		var names []string
		for m := range marks {
			names = append(names, strings.ReplaceAll(string(m.(place)), "cty.NumberIntVal", ""))
		}
		slices.Sort(names)
		text, _ := convert.Convert(plain, cty.String)
		out = append(out, text.AsString()+":"+strings.NewReplacer("(", "", ")", "").Replace(strings.Join(names, "+")))
		return true, nil
	})
	return strings.Join(out, " ")
}

func unmarked(v cty.Value) cty.Value { v, _ = v.UnmarkDeep(); return v }

// indexed writes a path as leaves does, which knows attributes by index.
func indexed(p cty.Path) cty.Path {
	out := p.Copy()
	for i, step := range out {
		if attr, ok := step.(cty.GetAttrStep); ok {
			out[i] = cty.IndexStep{Key: cty.StringVal(attr.Name)}
		}
	}
	return out
}
