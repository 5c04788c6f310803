package function_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// TestErrorsHoldNoArgument calls every function with secrets where they do not belong.
func TestErrorsHoldNoArgument(t *testing.T) {
	ctx := scope(t, "tofu", cty.DynamicVal)
	key := func(s string) cty.Value { return cty.StringVal(s) }
	pool := []cty.Value{
		key("CANARY"), key("/CANARY(/"), key("{\"CANARY"), key("${CANARY}"), key("${CANARY"), key("%CANARY"), key("a: [CANARY"), key("CANARY,CANARY\nx,y"),
		cty.ListVal([]cty.Value{key("CANARY-a"), key("CANARY-b")}), cty.TupleVal([]cty.Value{key("CANARY"), cty.Zero, cty.NullVal(cty.String)}),
		cty.ObjectVal(map[string]cty.Value{"CANARY": key("CANARY")}), cty.MapVal(map[string]cty.Value{"CANARY-k": key("CANARY")}),
		cty.SetVal([]cty.Value{key("CANARY")}), cty.NumberIntVal(3), cty.NullVal(cty.String), cty.EmptyObjectVal,
		cty.ObjectVal(map[string]cty.Value{"CANARY x": cty.True}), cty.MapVal(map[string]cty.Value{"k": cty.ListVal([]cty.Value{key("CANARY")})}),
	}
	random := rand.New(rand.NewPCG(1, 1))
	failures := 0
	for _, name := range slices.Sorted(maps.Keys(ctx.Functions)) {
		f := ctx.Functions[name]
		for range 300 {
			n := len(f.Params())
			if f.VarParam() != nil {
				n += random.IntN(4)
			}
			args := make([]cty.Value, n)
			for i := range args {
				args[i] = pool[random.IntN(len(pool))].Mark(place("x"))
			}
			if _, err := f.Call(args); err != nil {
				if failures++; strings.Contains(err.Error(), "CANARY") && name != "try" && name != "can" {
					t.Errorf("%s: the error quotes an argument", name)
					break
				}
			}
		}
	}
	if failures < 1000 {
		t.Errorf("only %d calls failed: the pool is broken", failures)
	}
}

// TestLimits holds calls that would need very much memory or time to an unknown result.
func TestLimits(t *testing.T) {
	ctx := scope(t, "tofu", cty.DynamicVal)
	long := cty.StringVal(strings.Repeat("a", 1<<20))
	many := make([]cty.Value, 1000)
	for i := range many {
		many[i] = cty.NumberIntVal(int64(i))
	}
	ctx.Variables["v"] = cty.ObjectVal(map[string]cty.Value{
		"long": long, "many": cty.ListVal(many),
		"brackets": cty.StringVal(strings.Repeat("[", 1<<20)), "dashes": cty.StringVal(strings.Repeat("- ", 1<<20)),
		"parens": cty.StringVal("${" + strings.Repeat("(", 1<<20)),
		"bomb":   cty.StringVal(aliasBomb()),
		"gzip":   zipped(t, 64<<20), "broken": cty.StringVal("\xfa\x00\x00\xfa"),
	})
	cases := []string{
		`format("%1000000000d", 1)`, `format("%.1000000000f", 1)`, `formatlist("%100000d", v.many)`, `format("%-999999999s", "x")`,
		`indent(1000000000, "a\nb")`, `join(v.long, v.many)`, `replace(v.long, "a", v.long)`, `replace(v.long, "/a/", v.long)`,
		`replace(v.long, "", v.long)`, `replace(v.long, "/(a+)/", "$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1")`,
		`setproduct(v.many, v.many, v.many)`,
		`jsondecode(v.brackets)`, `yamldecode(v.brackets)`, `yamldecode(v.dashes)`, `yamldecode(v.bomb)`, `templatestring(v.parens, {})`,
		`tostring(1e99999999)`, `jsonencode(1e99999999)`, `format("%d", 1e99999999)`, `abs(1e-99999999)`, `tonumber(v.long)`, `parseint(v.long, 10)`,
		`base64gunzip(v.gzip)`, `yamlencode(v.broken)`, `jsonencode([v.broken])`,
	}
	for _, text := range cases {
		began := time.Now()
		got, err := evaluate(ctx, text)
		if err != nil || got.IsKnown() || reasonOf(got).Why != model.WhyLimit {
			t.Errorf("%s: known or an error (%v), expected an unknown value for the reason %q", text, err, model.WhyLimit)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s took %v", text, took)
		}
	}
}

func aliasBomb() string {
	var b strings.Builder
	b.WriteString("k0: &a0 [x, x]\n")
	for i := range 40 {
		fmt.Fprintf(&b, "k%[1]d: &a%[1]d [*a%[2]d, *a%[2]d]\n", i+1, i)
	}
	return b.String()
}

// zipped is n zeros, in base64 of gzip.
func zipped(t *testing.T, n int) cty.Value {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString(out.Bytes()))
}

func reasonOf(v cty.Value) function.Reason {
	_, marks := v.UnmarkDeep()
	for m := range marks {
		if r, ok := m.(function.Reason); ok {
			return r
		}
	}
	return function.Reason{}
}

// TestTooLarge counts what stands in a value many times as often.
func TestTooLarge(t *testing.T) {
	doubled := cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")})
	for range 60 {
		doubled = cty.TupleVal([]cty.Value{doubled, doubled})
	}
	long := cty.StringVal(strings.Repeat("a", 9<<20))
	digits, err := cty.ParseNumberVal("1e99999")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		v    cty.Value
		want bool
	}{
		{"doubled", doubled, true}, {"one long text", long, false}, {"two long texts", cty.ListVal([]cty.Value{long, long}), true},
		{"a long key", cty.ObjectVal(map[string]cty.Value{strings.Repeat("k", 17<<20): cty.True}), true},
		{"many digits", digits, true}, {"marked", cty.ObjectVal(map[string]cty.Value{"a": digits.Mark(place("x"))}).Mark(place("y")), true},
		{"unknown", cty.DynamicVal, false}, {"null", cty.NullVal(cty.Map(cty.String)), false}, {"infinite", cty.PositiveInfinity, false},
	}
	for _, c := range cases {
		if got := function.TooLarge(c.v); (got != "") != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// TestUnknownsSayWhy looks for the reason on what changes with every run.
func TestUnknownsSayWhy(t *testing.T) {
	ctx := scope(t, "tofu", cty.DynamicVal)
	cases := map[string]model.Reason{
		`timestamp()`: model.WhyTime, `plantimestamp()`: model.WhyTime, `uuid()`: model.WhyTime, `bcrypt("x")`: model.WhyTime,
		`formatdate("YYYY", timestamp())`: model.WhyTime, `[uuid()]`: model.WhyTime, `try(timestamp(), "x")`: model.WhyTime,
		`file("../secret.txt")`: model.WhyMissingFile, `file("/etc/passwd")`: model.WhyMissingFile, `file("~/x")`: model.WhyMissingFile,
		`fileexists("../x")`: model.WhyMissingFile, `fileset("..", "*")`: model.WhyMissingFile, `fileset("files", "../../*")`: model.WhyMissingFile,
		`templatefile("../x", {})`: model.WhyMissingFile, `abspath("x")`: model.WhyUnsupported, `pathexpand("~/x")`: model.WhyUnsupported,
		`filesha256("${path.root}/../x")`: model.WhyMissingFile, `can(file("../x"))`: model.WhyMissingFile,
	}
	for text, why := range cases {
		got, err := evaluate(ctx, text)
		if err != nil || got.IsWhollyKnown() || reasonOf(got).Why != why {
			t.Errorf("%s: %v, reason %q, expected an unknown value for %q", text, err, reasonOf(got).Why, why)
		}
	}
}

// TestFilesOfARepository uses a root module below the repository's root.
func TestFilesOfARepository(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"infra/a.txt": "in CANARY", "shared/b.tftpl": "${x} and ${y}", "shared/c.json": "{}"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	overlay := repo.NewOverlay(tree)
	if err := overlay.Write("infra/made.txt", []byte("made")); err != nil {
		t.Fatal(err)
	}
	var prepared []string
	ctx := &hcl.EvalContext{Functions: function.All(function.Context{
		Files: overlay, Dir: "infra", Root: "/src/shop", Home: "/home/ci",
		Content: func(file string) any { return place(file) },
		Doubt:   func(file string) (any, bool) { return place("doubt"), strings.Contains(file, "doubtful") },
		Because: func(cty.ValueMarks) cty.ValueMarks { return cty.NewValueMarks(place("because")) },
		Template: func(expr hcl.Expression, file string) hcl.Expression {
			prepared = append(prepared, file)
			return expr
		},
	})}
	cases := []struct{ text, want string }{
		{`file("a.txt")`, `"in CANARY" infra/a.txt`},
		{`file("./a.txt")`, `"in CANARY" infra/a.txt`},
		{`file("made.txt")`, `"made" infra/made.txt`},
		{`file("/src/shop/infra/a.txt")`, `"in CANARY" infra/a.txt`},
		{`file(abspath("a.txt"))`, `"in CANARY" infra/a.txt`},
		{`file("../shared/c.json")`, `"{}" shared/c.json`},
		{`filesha1("../shared/c.json")`, `"bf21a9e8fbc5a3846fb05b4fa0859e0917b2202f" shared/c.json`},
		{`templatefile("../shared/b.tftpl", { x = 1, y = 2 })`, `"1 and 2" shared/b.tftpl`},
		{`fileset("../shared", "*.json")`, `["c.json"]`},
		{`fileset(".", "../shared/*")`, `["../shared/b.tftpl","../shared/c.json"]`},
		{`fileset(".", "*")`, `["a.txt","made.txt"]`},
		{`fileexists("made.txt")`, `true`},
		{`abspath("x/../y")`, `"/src/shop/infra/y"`},
		{`pathexpand("~/x")`, `"/home/ci/x"`},
		{`pathexpand("~")`, `"/home/ci"`},
		{`file("doubtful.txt")`, `(known after apply) doubt`},
		{`fileexists("doubtful.txt")`, `(known after apply) doubt`},
		{`fileset("doubtful", "*")`, `(known after apply) doubt`},
		{`templatefile("doubtful", {})`, `(known after apply) doubt`},
		{`coalesce("", "x")`, `"x"`},
		{`coalesce(sensitive(""), "x")`, `"x" because sensitive`},
		{`lookup({ a = "x" }, file("a.txt"), "d")`, `"d" because`},
	}
	for _, c := range cases {
		v, err := evaluate(ctx, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		plain, marks := v.UnmarkDeep()
		words := []string{jsonText(plain)}
		for m := range marks {
			switch m := m.(type) {
			case place:
				words = append(words, string(m))
			case function.Mark:
				words = append(words, string(m))
			}
		}
		slices.Sort(words[1:])
		if diff := cmp.Diff(c.want, strings.Join(words, " ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.text, diff)
		}
	}
	if diff := cmp.Diff([]string{"shared/b.tftpl"}, prepared); diff != "" {
		t.Errorf("prepared templates (-want +got)\n%s", diff)
	}
	if _, err := ctx.Functions["file"].Call([]cty.Value{cty.StringVal("none.txt")}); !errors.Is(err, repo.ErrMissing) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestStructure looks behind encoded texts, and at where nothing must be seen any more.
func TestStructure(t *testing.T) {
	ctx := scope(t, "tofu", cty.DynamicVal)
	partly := `jsonencode({ a = terraform_data.x.output, b = "CANARY" })`
	cases := []struct {
		text, form string
	}{
		{`jsonencode({ b = "CANARY" })`, "json"},
		{`yamlencode({ b = "CANARY" })`, "yaml"},
		{partly, "json"},
		{`yamlencode({ a = terraform_data.x.output, b = "CANARY" })`, "yaml"},
		{`{ k = ` + partly + ` }.k`, "json"},
		{`merge({ k = ` + partly + ` }, { l = 1 }).k`, "json"},
		{`lookup({ k = ` + partly + ` }, "k", "d")`, "json"},
		{`element([` + partly + `, "x"], 0)`, "json"},
		{`concat([` + partly + `], ["x"])[0]`, "json"},
		{`tolist([` + partly + `, "x"])[0]`, "json"},
		{`tostring(` + partly + `)`, "json"},
		{`sensitive(` + partly + `)`, "json"},
		{`coalesce("", jsonencode({ b = "CANARY" }))`, "json"},
		{`try(jsonencode({ b = "CANARY" }), "x")`, "json"},
		{`compact([jsonencode({ b = "CANARY" })])[0]`, "json"},
		{`templatefile("files/one.tftpl", { n = ` + partly + ` })`, "json"},

		{`jsonencode(` + partly + `)`, "json"},
		{`upper(` + partly + `)`, ""},
		{`replace(` + partly + `, "a", "b")`, ""},
		{`base64encode(` + partly + `)`, ""},
		{`format("%s", ` + partly + `)`, ""},
		{`join("", [` + partly + `])`, ""},
		{`trimspace(` + partly + `)`, ""},
		{`upper(jsonencode({ b = "CANARY" }))`, ""},
		{`compact([` + partly + `, ""])[0]`, ""},
		{`coalesce(terraform_data.x.id, ` + partly + `)`, ""},
		{`lookup({ k = ` + partly + ` }, terraform_data.x.id, "d")`, ""},
		{`lookup({ l = 1 }, terraform_data.x.id, ` + partly + `)`, ""},
		{`element([` + partly + `, "x"], terraform_data.x.output)`, ""},
		{`sort(["a", ` + partly + `])[0]`, ""},
		{`tolist(toset([` + partly + `, terraform_data.x.id]))[0]`, ""},
		{`setunion([` + partly + `], ["x"])`, ""},
		{`jsondecode(` + partly + `)`, ""},
		{`"x"`, ""},
	}
	for _, c := range cases {
		v, err := evaluate(ctx, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		raw, ok := function.Structure(v)
		if raw.Form != c.form || ok != (c.form != "") {
			t.Errorf("%s: %q, expected %q", c.text, raw.Form, c.form)
		}
		if !ok {
			continue
		}
		if _, ok := function.Structure(function.Opaque(v)); ok {
			t.Errorf("%s: still seen behind an opaque text", c.text)
		}
		if inner := raw.Value; inner.Type().IsObjectType() && !inner.GetAttr("b").RawEquals(cty.StringVal("CANARY")) {
			t.Errorf("%s: another structure", c.text)
		}
	}
}

// TestTemplatesNest stops at a template that renders itself.
func TestTemplatesNest(t *testing.T) {
	ctx := scope(t, "tofu", cty.DynamicVal)
	loop := cty.StringVal(`${templatestring(t, {t = t})}`)
	v, err := ctx.Functions["templatestring"].Call([]cty.Value{loop, cty.ObjectVal(map[string]cty.Value{"t": loop})})
	if err != nil || v.IsKnown() || reasonOf(v).Why != model.WhyLimit {
		t.Errorf("known or an error: %v", err)
	}
}

// TestDepth counts brackets and block sequences alone.
func TestDepth(t *testing.T) {
	cases := map[string]bool{
		"": false, strings.Repeat("[]", 5000): false, strings.Repeat("[", 1001): true, strings.Repeat("({[", 334): true,
		strings.Repeat("- x\n", 5000): false, strings.Repeat("- ", 1001): true, strings.Repeat("}", 5000) + "{": false,
	}
	for text, want := range cases {
		if got := function.TooDeep([]byte(text)); got != want {
			t.Errorf("%.10q × %d: %v, expected %v", text, len(text), got, want)
		}
	}
}
