package expression

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// bound is a world in which some contexts are known, and secrets and vars are known only
// by these names.
func bound(t testing.TB, contexts string, known map[string]string) Context {
	t.Helper()
	c := contextFrom(contextsOf(t, contexts), false)
	outside := func(context string) Value {
		return Open(func(name string) Value {
			full := context + "." + name
			hop := model.Hop{Kind: model.KindInput, What: full}
			if text, ok := known[full]; ok {
				return Text(model.KnownText(text, hop))
			}
			unknown := model.UnknownBecause(model.WhyCISecret, full, model.Trail{}.Append(hop))
			if context == "steps" {
				return Unknown(unknown)
			}
			return Text(unknown)
		})
	}
	inner := c.Lookup
	c.Lookup = func(name string) (Value, bool) {
		if v, ok := inner(name); ok {
			return v, true
		}
		if name == "secrets" || name == "vars" || name == "inputs" || name == "steps" {
			return outside(name), true
		}
		return Value{}, false
	}
	return c
}

// path writes a trail as "what@column", origin first.
func path(trail model.Trail) string {
	var out []string
	for _, h := range trail.Hops() {
		out = append(out, at(h))
	}
	return strings.Join(out, " > ")
}

func at(h model.Hop) string {
	if !h.At.IsValid() {
		return h.What
	}
	return fmt.Sprint(h.What, "@", h.At.Start.Column)
}

func listed(hops []model.Hop) string {
	var out []string
	for _, h := range hops {
		out = append(out, at(h))
	}
	return strings.Join(out, " ")
}

// story writes a value with its journey.
func story(v model.Value) string {
	text := string(v.Why)
	if v.State == model.Known {
		text = fmt.Sprintf("%q", v.Text.Reveal())
	}
	out := text + " " + path(v.Trail)
	if len(v.DecidedBy) > 0 {
		out += " by " + listed(v.DecidedBy)
	}
	for _, p := range v.Parts {
		out += "\n  part " + story(p)
	}
	for _, a := range v.Alternatives {
		out += "\n  or " + strings.ReplaceAll(story(a), "\n", "\n  ")
	}
	return out
}

func TestJourneys(t *testing.T) {
	const github = `{"github":{"ref":"refs/heads/main"},"matrix":{"name":"LIVE"},"needs":{"a":{"result":"success"},"b":{"result":"failure"}}}`
	known := map[string]string{"secrets.LIVE_KEY": "live CANARY", "secrets.TEST_KEY": "test CANARY", "vars.HOST": "api.example.com", "vars.JSON": `{"key":"json CANARY","n":5}`}
	cases := []struct{ text, want string }{
		{"secrets.LIVE_KEY", `"live CANARY" secrets.LIVE_KEY > secrets.LIVE_KEY@1`},
		{"secrets['LIVE_KEY']", `"live CANARY" secrets.LIVE_KEY > secrets.LIVE_KEY@1`},
		{"secrets[format('{0}_KEY', matrix.name)]", `"live CANARY" secrets.LIVE_KEY > secrets[…]@1 by matrix.name@27`},
		{"secrets.OTHER", `ci-secret secrets.OTHER > secrets.OTHER@1`},
		{"'sk_CANARY'", `"sk_CANARY" text in an expression@1`},
		{"null", `"" `},
		{"vars.MAIN || secrets.LIVE_KEY", "ambiguous vars.MAIN > vars.MAIN@1 by vars.MAIN@1\n" +
			"  or ci-secret vars.MAIN > vars.MAIN@1\n  or \"live CANARY\" secrets.LIVE_KEY > secrets.LIVE_KEY@14 by vars.MAIN@1"},
		{"github.ref == 'refs/heads/main' && secrets.LIVE_KEY || secrets.TEST_KEY",
			`"live CANARY" secrets.LIVE_KEY > secrets.LIVE_KEY@36 by github.ref@1`},
		{"github.ref == 'x' && secrets.LIVE_KEY || secrets.TEST_KEY",
			`"test CANARY" secrets.TEST_KEY > secrets.TEST_KEY@42 by github.ref@1`},
		{"inputs.env == 'live' && secrets.LIVE_KEY || secrets.TEST_KEY",
			"ambiguous inputs.env > inputs.env@1 by inputs.env@1\n" +
				"  or \"live CANARY\" secrets.LIVE_KEY > secrets.LIVE_KEY@25 by inputs.env@1\n" +
				"  or \"test CANARY\" secrets.TEST_KEY > secrets.TEST_KEY@45 by inputs.env@1"},
		{"format('https://{0}/{1}', vars.HOST, secrets.OTHER)",
			"ci-secret text in an expression@8 > vars.HOST > vars.HOST@27 > secrets.OTHER > secrets.OTHER@38\n" +
				"  part \"https://\" text in an expression@8\n  part \"api.example.com\" vars.HOST > vars.HOST@27\n" +
				"  part \"/\" text in an expression@8\n  part ci-secret secrets.OTHER > secrets.OTHER@38"},
		{"fromJSON(vars.JSON).key", `"json CANARY" vars.JSON > vars.JSON@10`},
		{"fromJSON(format('{{\"a\":\"{0}\",\"b\":\"{1}\"}}', secrets.LIVE_KEY, secrets.TEST_KEY)).b",
			`"test CANARY" secrets.TEST_KEY > secrets.TEST_KEY@62`},
		{"toJSON(secrets.LIVE_KEY)", "\"\\\"live CANARY\\\"\" secrets.LIVE_KEY > secrets.LIVE_KEY@8\n" +
			"  part \"\\\"\" \n  part \"live CANARY\" secrets.LIVE_KEY > secrets.LIVE_KEY@8\n  part \"\\\"\" "},
		{"contains(needs.*.result, 'failure') && secrets.LIVE_KEY || ''", `"live CANARY" secrets.LIVE_KEY > secrets.LIVE_KEY@40`},
		{"case(github.ref == 'x', 'a', inputs.live == 'yes', secrets.LIVE_KEY, secrets.TEST_KEY)",
			"ambiguous inputs.live > inputs.live@30 by inputs.live@30 github.ref@6\n" +
				"  or \"live CANARY\" secrets.LIVE_KEY > secrets.LIVE_KEY@52 by inputs.live@30 github.ref@6\n" +
				"  or \"test CANARY\" secrets.TEST_KEY > secrets.TEST_KEY@70 by inputs.live@30 github.ref@6"},
		{"inputs.debug == true", "ambiguous inputs.debug > inputs.debug@1 by inputs.debug@1\n" +
			"  or \"true\" inputs.debug > inputs.debug@1 by inputs.debug@1\n  or \"false\" inputs.debug > inputs.debug@1 by inputs.debug@1"},
		{"join(needs.*.result, secrets.LIVE_KEY)", "\"successlive CANARYfailure\" secrets.LIVE_KEY > secrets.LIVE_KEY@22\n" +
			"  part \"success\" \n  part \"live CANARY\" secrets.LIVE_KEY > secrets.LIVE_KEY@22\n  part \"failure\" "},
		{"hashFiles('**/lock')", "unsupported "},
	}
	for _, c := range cases {
		e, err := Parse(c.text, benchPlace)
		if err != nil {
			t.Fatal(err)
		}
		got := story(e.Eval(bound(t, github, known)).Model())
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-expected +got)\n%s", c.text, diff)
		}
	}
}

func TestJourneyOfATemplate(t *testing.T) {
	tpl, err := ParseTemplate("user:${{ secrets.KEY }}@${{ vars.HOST }}", benchPlace)
	if err != nil {
		t.Fatal(err)
	}
	c := bound(t, `{}`, map[string]string{"secrets.KEY": "CANARY", "vars.HOST": "h"})
	want := "\"user:CANARY@h\" text@1 > secrets.KEY > secrets.KEY@10 > text@24 > vars.HOST > vars.HOST@29\n" +
		"  part \"user:\" text@1\n  part \"CANARY\" secrets.KEY > secrets.KEY@10\n  part \"@\" text@24\n  part \"h\" vars.HOST > vars.HOST@29"
	if diff := cmp.Diff(want, story(tpl.Evaluate(c).Model())); diff != "" {
		t.Error(diff)
	}
}

func TestJourneyOfACondition(t *testing.T) {
	for _, text := range []string{"inputs.live && always()", "${{ inputs.live && always() }}", "${{ inputs.live && always() }}!"} {
		e, err := ParseCondition(text, benchPlace)
		if err != nil {
			t.Fatal(err)
		}
		m := e.Eval(bound(t, `{}`, nil)).Model()
		column := strings.Index(text, "inputs") + 1
		if !slices.ContainsFunc(append(m.DecidedBy, m.Trail.Hops()...), func(h model.Hop) bool { return at(h) == fmt.Sprint("inputs.live@", column) }) {
			t.Errorf("%s: the place of the input is not in %s", text, story(m))
		}
	}
}

// TestViaReachesEveryText adds a hop to all that is in a value.
func TestViaReachesEveryText(t *testing.T) {
	hop := model.Hop{Kind: model.KindWorkflow, What: "new"}
	ambiguous := Text(model.Ambiguous("x", textAt("a", "a"), textAt("b", "b")))
	v := Object(Entry{"list", Array(String("x"), Number(1), ambiguous)}, Entry{"open", Open(func(string) Value { return String("more") })}).Via(hop)
	items, _ := v.Get("list").Items()
	for _, item := range append(items, v.Get("open").Get("any"), items[2].Options()[0], items[2].Options()[1]) {
		if item.Model().Trail.Last() != hop {
			t.Errorf("%s has no new hop", told(item))
		}
	}
	for _, a := range items[2].Model().Alternatives {
		if a.Trail.Last() != hop {
			t.Error("an alternative has no new hop")
		}
	}
}

func TestFaultsNeverRepeatTexts(t *testing.T) {
	const key = "sk_live_CANARY0123456789"
	c := bound(t, `{}`, map[string]string{"secrets.KEY": key + "{"})
	for _, text := range []string{"format(secrets.KEY, 1)", "format('" + key + "{9}', 1)", "fromJSON('')", key + ".x", "case('" + key + "', 1, 2)", "nope", "format('{0}')", "!nope", "nope == 1", "1 == nope", "contains('a', nope)", "join(nope)", "secrets[nope]", "nope[1].*", "true && nope", "case(nope, 1, 2)", "format('{0}', nope)", "format(nope)", "join(fromJSON('[1,2]'), nope)"} {
		e, err := Parse(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := e.Eval(c)
		if v.Fault() == nil {
			t.Errorf("%.12s: expected a fault", text)
			continue
		}
		if _, decided := v.Truth(); decided || v.Model().State == model.Known {
			t.Errorf("%.12s: is known in spite of its fault", text)
		}
		if strings.Contains(v.Fault().Error(), "CANARY") {
			t.Errorf("the fault of %.8s repeats a text", text)
		}
	}
}
