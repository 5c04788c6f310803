package function_test

import (
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
)

// FuzzTexts hands a template, a format, a pattern and an encoded text to the functions that
// read them. What they give must be the same with and without marks, an error must not
// quote the secret among the arguments, and every call must end soon.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{
		"", "${x}", "%{ for c in [x, y] ~}\n${c}\n%{ endfor }", "${upper(x)}-${y}", "%{ if x == y }a%{ else }b%{ endif }", "$${x} %%{y}",
		"%s-%d %v", "%[2]s %#v %5.2f", "%-10q|", "(?P<a>[a-z]+)(\\d)?", "/[a-z]+/", "(a*)*b", "{\"a\": [1, {\"b\": null}]}", "a: &x [1]\nb: *x\n",
		"<<: {a: 1}", "a,b\n1,2\n", "aGVsbG8=", "10.0.0.0/8", "2026-01-02T03:04:05Z", "${jsonencode({a = x, b = [y]})}", "${templatestring(x, {x = y})}",
		"files/hello.txt", "**/*.json", "${[for i in range(10) : i][2]}", "${x...}", "${try(x.y, y)}", "h 'it''s' YYYY", "%5000000d",
	} {
		f.Add(seed, "abc1")
	}
	all := scope(f, "tofu", cty.DynamicVal).Functions
	f.Fuzz(func(t *testing.T, source, word string) {
		if len(source) > 1<<12 || len(word) > 1<<12 {
			return
		}
		secret := "CANARY" + word
		s, v, w := cty.StringVal(source), cty.StringVal(secret), cty.StringVal(word)
		vars := cty.ObjectVal(map[string]cty.Value{"x": v, "y": w})
		calls := map[string][]cty.Value{
			"templatestring": {s, vars}, "format": {s, v, w}, "formatlist": {s, cty.ListVal([]cty.Value{v, w})},
			"regex": {s, v}, "regexall": {s, v}, "replace": {v, s, w}, "jsondecode": {s}, "yamldecode": {s}, "csvdecode": {s},
			"base64decode": {s}, "urldecode": {s}, "cidrsubnet": {s, cty.NumberIntVal(2), cty.NumberIntVal(1)}, "cidrhost": {s, cty.NumberIntVal(1)},
			"formatdate": {s, cty.StringVal("2026-01-02T03:04:05Z")}, "timecmp": {s, s}, "timeadd": {s, w}, "tonumber": {s}, "parseint": {s, cty.NumberIntVal(16)},
			"fileset": {cty.StringVal("files"), s}, "file": {s}, "textdecodebase64": {w, s}, "jsonencode": {vars}, "yamlencode": {s}, "substr": {s, cty.NumberIntVal(-3), cty.NumberIntVal(2)},
		}
		for name, args := range calls {
			watch := time.AfterFunc(10*time.Second, func() { panic(name + " does not end") })
			plain, plainErr := all[name].Call(args)
			got, err := all[name].Call(called{args: args}.marked())
			switch {
			case (err != nil) != (plainErr != nil):
				t.Fatalf("%s: an error only with or only without marks", name)
			case err != nil && word != "" && strings.Contains(err.Error(), "CANARY"):
				t.Fatalf("%s: the error quotes a secret", name)
			case err == nil:
				plain, _ = plain.UnmarkDeep()
				got, _ = got.UnmarkDeep()
				if !plain.RawEquals(got) {
					t.Fatalf("%s: another value with marks", name)
				}
				if function.TooLarge(got) != "" && name != "yamldecode" && name != "jsondecode" {
					t.Fatalf("%s: larger than the limit", name)
				}
			}
			watch.Stop()
		}
	})
}
