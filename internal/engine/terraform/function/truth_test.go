package function_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyfunction "github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
	"github.com/keyfit/keyfit/internal/repo"
)

const (
	corpus  = "../../../../testdata/terraform"
	pending = "(known after apply)"
)

// question is one line of the table.
type question struct {
	text     string
	hidden   bool // unknown here although the tool knows it
	onlyTofu bool
}

func questions(t testing.TB) []question {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpus, "expressions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []question
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var q question
		line, q.hidden = strings.CutPrefix(line, "? ")
		q.text, q.onlyTofu = strings.CutPrefix(line, "tofu: ")
		out = append(out, q)
	}
	if len(out) < 300 {
		t.Fatalf("only %d expressions: the table is broken", len(out))
	}
	return out
}

// answer is what an expression gives. JSON is what jsonencode makes of it.
type answer struct{ Type, Secret, JSON string }

var failed = answer{JSON: "(fails)"}

// scope evaluates expressions in the module of the table, where output is what is known of
// terraform_data.x.output: in a plan its type, in the console nothing.
func scope(t testing.TB, name string, output cty.Value) *hcl.EvalContext {
	t.Helper()
	tree, err := repo.Open(filepath.Join(corpus, "expressions"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	source, err := tree.Read("main.tf")
	if err != nil {
		t.Fatal(err)
	}
	file, diags := hclsyntax.ParseConfig(source, "main.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ctx := &hcl.EvalContext{Functions: function.All(function.Context{Files: tree, Dir: ".", Tool: name})}
	locals := map[string]cty.Value{}
	for local, attr := range file.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes {
		v, diags := attr.Expr.Value(ctx)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		locals[local] = v
	}
	ctx.Variables = map[string]cty.Value{
		"local": cty.ObjectVal(locals),
		"path":  cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal("."), "root": cty.StringVal(".")}),
		"terraform_data": cty.ObjectVal(map[string]cty.Value{"x": cty.ObjectVal(map[string]cty.Value{
			"id": cty.UnknownVal(cty.String).RefineNotNull(), "input": cty.StringVal("a"), "output": output,
		})}),
	}
	return ctx
}

func evaluate(ctx *hcl.EvalContext, text string) (cty.Value, error) {
	expr, diags := hclsyntax.ParseExpression([]byte(text), "console", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	v, diags := expr.Value(ctx)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return v, nil
}

func ours(ctx *hcl.EvalContext, text string) answer {
	v, err := evaluate(ctx, text)
	if err != nil {
		return failed
	}
	if plain, _ := v.UnmarkDeep(); jsonText(plain) == failed.JSON { // infinity
		return failed
	}
	secret := fmt.Sprint(v.HasMark(function.Sensitive))
	if !v.IsKnown() {
		secret = pending
	}
	v, _ = v.UnmarkDeep()
	return answer{Type: strings.ReplaceAll(typeText(v.Type()), " ", ""), Secret: secret, JSON: jsonText(v)}
}

func jsonText(v cty.Value) string {
	if !v.IsWhollyKnown() {
		return pending
	}
	data, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return failed.JSON
	}
	return string(data)
}

// typeText writes a type as `type` of the console does, without the spaces.
func typeText(t cty.Type) string {
	var b strings.Builder
	switch {
	case t == cty.DynamicPseudoType:
		return "dynamic"
	case t.IsListType(), t.IsSetType(), t.IsMapType():
		kind := strings.Fields(t.FriendlyName())[0]
		return kind + "(" + typeText(t.ElementType()) + ")"
	case t.IsTupleType():
		for _, e := range t.TupleElementTypes() {
			b.WriteString(typeText(e) + ",")
		}
		return "tuple([" + b.String() + "])"
	case t.IsObjectType():
		names := []string{}
		for name := range t.AttributeTypes() {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			b.WriteString(name + ":" + typeText(t.AttributeType(name)) + ",")
		}
		return "object({" + b.String() + "})"
	}
	return t.FriendlyName()
}

// tool gives the path of a reference tool, or "" where it is not there.
func tool(t testing.TB, name string) string {
	t.Helper()
	local, err := filepath.Abs(filepath.Join("../../../..", ".tools", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(local); err == nil {
		return local
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

func tofu(t testing.TB) string {
	t.Helper()
	bin := tool(t, "tofu")
	switch {
	case bin != "":
	case os.Getenv("CI") == "true":
		t.Fatal("tofu is missing: run scripts/install/tofu.sh")
	default:
		t.Skip("not compared with OpenTofu: run scripts/install/tofu.sh")
	}
	return bin
}

// module lays the module of the table out, ready for the tool.
func module(t testing.TB, bin string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(corpus, "expressions"))); err != nil {
		t.Fatal(err)
	}
	run(t, bin, dir, "", "init", "-no-color")
	return dir
}

func run(t testing.TB, bin, dir, input string, args ...string) string {
	t.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(input)
	config := filepath.Join(t.TempDir(), "tool.rc")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd.Env = []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH"), "TF_CLI_CONFIG_FILE=" + config, "CHECKPOINT_DISABLE=1"}
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(bin), strings.Join(args, " "), err, &out, &problems)
	}
	return out.String()
}

func TestFunctionsAreComplete(t *testing.T) {
	for _, bin := range []string{tofu(t), tool(t, "terraform")} {
		if bin == "" {
			continue
		}
		var listed struct {
			Functions map[string]any `json:"function_signatures"`
		}
		if err := json.Unmarshal([]byte(run(t, bin, t.TempDir(), "", "metadata", "functions", "-json")), &listed); err != nil {
			t.Fatal(err)
		}
		if len(listed.Functions) < 200 {
			t.Errorf("%s lists %d functions, expected more", filepath.Base(bin), len(listed.Functions))
		}
		for name := range listed.Functions {
			all := function.All(function.Context{Tool: filepath.Base(bin)})
			if _, ok := all[name]; !ok {
				t.Errorf("%s has %q", filepath.Base(bin), name)
			}
		}
	}
}

// TestConsole asks `tofu console` for value, type and sensitivity of each expression.
func TestConsole(t *testing.T) {
	bin, ctx, table := tofu(t), scope(t, "tofu", cty.DynamicVal), questions(t)
	dir := module(t, bin)
	want := console(t, bin, dir, table)
	unknowns, hidden := 0, 0
	for i, q := range table {
		got := ours(ctx, q.text)
		if q.hidden {
			hidden++
			if got.JSON != pending || want[i].JSON == pending {
				t.Errorf("%s\nis marked as unknown only here: %v, the tool %v", q.text, got, want[i])
			}
			continue
		}
		if got.JSON == pending {
			unknowns++
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("%s (-tofu +ours)\n%s", q.text, diff)
		}
	}
	t.Logf("%d expressions, of them %d unknown in the tool too, %d only here", len(table), unknowns, hidden)
}

// console asks first which expressions fail, since it stops at the first that does.
func console(t *testing.T, bin, dir string, table []question) []answer {
	t.Helper()
	var ask strings.Builder
	for _, q := range table {
		fmt.Fprintf(&ask, "can(jsonencode(%s))\n", q.text)
	}
	can := strings.Split(strings.TrimSpace(run(t, bin, dir, ask.String(), "console")), "\n")
	if len(can) != len(table) {
		t.Fatalf("%d answers to %d questions", len(can), len(table))
	}
	ask.Reset()
	for i, q := range table {
		if can[i] != "false" {
			fmt.Fprintf(&ask, "\"=== %d\"\ntype(%[2]s)\nissensitive(%[2]s)\nbase64encode(nonsensitive(jsonencode(%[2]s)))\n", i, q.text)
		}
	}
	out := slices.Repeat([]answer{failed}, len(table))
	for _, block := range strings.Split(run(t, bin, dir, ask.String(), "console"), "\"=== ")[1:] {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		var i int
		if _, err := fmt.Sscanf(lines[0], "%d", &i); err != nil || len(lines) < 4 {
			t.Fatalf("cannot read %q", block)
		}
		n := len(lines)
		kind := strings.NewReplacer(" ", "", "\n", "", ",\n)", ")").Replace(strings.Join(lines[1:n-2], "\n"))
		out[i] = answer{Type: kind, Secret: lines[n-2], JSON: unwrap(t, lines[n-1])}
	}
	return out
}

func unwrap(t *testing.T, printed string) string {
	t.Helper()
	if printed == pending {
		return pending
	}
	decoded, err := evaluate(&hcl.EvalContext{Functions: map[string]ctyfunction.Function{
		"base64decode": function.All(function.Context{})["base64decode"],
	}}, "base64decode("+printed+")")
	if err != nil {
		t.Fatalf("cannot read %q: %v", printed, err)
	}
	return decoded.AsString()
}

// TestPlan asks for a plan whose outputs are the expressions: of every tool that is there,
// since they are of different age.
func TestPlan(t *testing.T) {
	bins := []string{tofu(t), tool(t, "terraform")}
	for _, bin := range bins {
		if bin == "" {
			t.Log("not compared with terraform, which is not installed")
			continue
		}
		t.Run(filepath.Base(bin), func(t *testing.T) {
			t.Parallel()
			ctx := scope(t, filepath.Base(bin), cty.UnknownVal(cty.String))
			table := questions(t)
			if filepath.Base(bin) != "tofu" {
				table = slices.DeleteFunc(table, func(q question) bool { return q.onlyTofu })
			}
			want := plan(t, bin, table)
			for i, q := range table {
				got := ours(ctx, q.text)
				got.Type = ""
				if q.hidden {
					if got.JSON != pending {
						t.Errorf("%s\nis marked as unknown only here: %v", q.text, got)
					}
					continue
				}
				if got.JSON == pending { // then nothing is said of it
					got.Secret = ""
				}
				if diff := cmp.Diff(want[i], got); diff != "" {
					t.Errorf("%s (-%s +ours)\n%s", q.text, filepath.Base(bin), diff)
				}
			}
		})
	}
}

func plan(t *testing.T, bin string, table []question) []answer {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(corpus, "expressions"))); err != nil {
		t.Fatal(err)
	}
	var outputs strings.Builder
	for i, q := range table {
		fmt.Fprintf(&outputs, "output \"e%d\" {\n  sensitive = true\n  value = try([nonsensitive(jsonencode(%[2]s)), tostring(issensitive(%[2]s))], \"\")\n}\n", i, q.text)
	}
	if err := os.WriteFile(filepath.Join(dir, "outputs.tf"), []byte(outputs.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, bin, dir, "", "init", "-no-color")
	run(t, bin, dir, "", "plan", "-no-color", "-out=plan.bin")
	var shown struct {
		Planned struct {
			Outputs map[string]struct {
				Value any `json:"value"`
			} `json:"outputs"`
		} `json:"planned_values"`
	}
	if err := json.Unmarshal([]byte(run(t, bin, dir, "", "show", "-json", "plan.bin")), &shown); err != nil {
		t.Fatal(err)
	}
	out := make([]answer, len(table))
	for i := range table {
		switch v := shown.Planned.Outputs[fmt.Sprintf("e%d", i)].Value.(type) {
		case nil:
			out[i] = answer{JSON: pending}
		case string:
			out[i] = failed
		case []any:
			out[i] = answer{JSON: fmt.Sprint(v[0]), Secret: fmt.Sprint(v[1])}
		}
	}
	return out
}
