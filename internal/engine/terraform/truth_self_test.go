package terraform

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestComparisonSeesDifferences holds one result against truths that differ from it.
func TestComparisonSeesDifferences(t *testing.T) {
	r := evaluate(t, Step{Files: repository(t, `
resource "terraform_data" "u" {}
output "o" { value = { text = "1", list = ["a", terraform_data.u.id], set = toset(["x"]), none = null, number = 1 } }`)})
	const same = `{"text": "1", "list": ["a", null], "set": ["x"], "none": null, "number": 1}`
	const unknown = `{"list": [false, true], "set": [false]}`
	cases := []struct {
		name, value, unknown, want string
	}{
		{"nothing differs", same, unknown, ""},
		{"a number for a text", strings.Replace(same, `"1"`, `1`, 1), unknown, "wrong output.o.text"},
		{"another text", strings.Replace(same, `"a"`, `"b"`, 1), unknown, "wrong output.o.list[0]"},
		{"another element", strings.Replace(same, `"x"`, `"y"`, 1), unknown, "wrong output.o.set"},
		{"an element more", strings.Replace(same, `["a", null]`, `["a", null, "b"]`, 1), unknown, "wrong output.o.list"},
		{"null for a text", strings.Replace(same, `"1"`, `null`, 1), unknown, "wrong output.o.text"},
		{"a text for null", strings.Replace(same, `"none": null`, `"none": ""`, 1), unknown, "wrong output.o.none"},
		{"an attribute more", strings.Replace(same, `{`, `{"more": 1, `, 1), unknown, "wrong output.o.more"},
		{"an attribute less", strings.Replace(same, `, "number": 1`, ``, 1), unknown, "wrong output.o.number"},
		{"known in the tool", same, `{"set": [false]}`, "hidden output.o.list[1]"},
		{"unknown in the tool", same, `{"list": [false, true], "set": [false], "text": true}`, "early output.o.text"},
		{"all unknown in the tool", `null`, `true`, "early output.o"},
	}
	for _, c := range cases {
		var f fact
		if json.Unmarshal([]byte(c.value), &f.value) != nil || json.Unmarshal([]byte(c.unknown), &f.unknown) != nil {
			t.Fatalf("%s: no JSON", c.name)
		}
		real := truth{"output.o": f, "terraform_data.u.input": {}, "terraform_data.u.triggers_replace": {}}
		var got []string
		for _, d := range against(r, real).found {
			got = append(got, []string{wrong: "wrong", hidden: "hidden", early: "early"}[d.what]+" "+d.path)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: found %q, expected %q", c.name, got, c.want)
		}
	}
	if got := against(r, truth{}).found; len(got) != 3 {
		t.Errorf("a truth without anything: %v", got)
	}
}
