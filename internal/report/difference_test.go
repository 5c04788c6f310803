package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

// receiver is one consumer of an environment with its keys.
type receiver struct {
	consumer model.Consumer
	env      map[string]model.Value
	keys     map[string]string // variable to "provider/kind/mode"
}

func deployment(name, namespace string) model.Consumer {
	return model.Consumer{Kind: "kubernetes", Namespace: namespace, Workload: "Deployment/" + name, Container: "api"}
}

func differenceOf(left, right []receiver) DifferenceInput {
	in := DifferenceInput{Fingerprints: secret.NewPrinter(secret.New("for the tests"))}
	for side, list := range map[*Receivers][]receiver{&in.Left: left, &in.Right: right} {
		side.Environment = map[bool]string{true: "staging", false: "production"}[side == &in.Left]
		for _, r := range list {
			r.consumer.Env = model.NewEnv(r.env)
			side.Consumers = append(side.Consumers, r.consumer)
			for variable, what := range r.keys {
				words := strings.Split(what, "/")
				in.Slots = append(in.Slots, keys.Slot{
					Environment: side.Environment, Consumer: r.consumer, Variable: variable, Value: r.env[variable],
					Provider: &provider.Provider{ID: words[0]}, Form: &provider.Form{Kind: words[1], Mode: words[2]},
				})
			}
		}
	}
	return in
}

func TestDifference(t *testing.T) {
	file := func(name string) model.Hop { return hop("dotenv", "KEY", at(name, 1, 1)) }
	stg, prd := key("1", file("s")), key("2", file("p"))
	one := func(v model.Value, what string) []receiver {
		return []receiver{{deployment("api", "shop"), map[string]model.Value{"KEY": v}, map[string]string{"KEY": what}}}
	}
	unknown := model.UnknownBecause(model.WhyKubeSecret, "the Secret", model.Trail{}.Append(file("u")))
	process := key("1", hop(model.KindProcess, "KEY", pos.Span{}))
	bare := []receiver{{deployment("api", "shop"), nil, nil}}
	unrecognised := []receiver{{deployment("api", "shop"), map[string]model.Value{"KEY": prd}, nil}}
	stripe := "stripe/secret key/test"
	tests := map[string]struct {
		left, right []receiver
		want        []string
		matters     bool
	}{
		"as they may be":       {one(stg, stripe), one(prd, stripe), nil, false},
		"the same key":         {one(stg, stripe), one(key("1", file("p")), stripe), []string{SameKey}, true},
		"one variable of both": {one(process, stripe), one(process, stripe), []string{SameVariable}, false},
		"other mode":           {one(stg, stripe), one(prd, "stripe/secret key/live"), []string{OtherMode}, false},
		"other kind":           {one(stg, stripe), one(prd, "stripe/publishable key/live"), []string{OtherKind, OtherMode}, true},
		"other provider":       {one(stg, stripe), one(prd, "paddle/key/"), []string{OtherProvider}, true},
		"not a key there":      {one(stg, stripe), unrecognised, []string{OtherProvider}, true},
		"missing":              {one(stg, stripe), bare, []string{Missing}, true},
		"missing in the first": {bare, one(prd, stripe), []string{Missing}, true},
		"no consumer":          {one(stg, stripe), nil, []string{Missing}, true},
		"absent in both":       {one(model.Value{State: model.Absent}, stripe), one(model.Value{State: model.Absent}, stripe), []string{Missing}, true},
		"unknown":              {one(stg, stripe), one(unknown, stripe), []string{NotComparable, OtherSource}, false},
		"other source":         {one(stg, stripe), one(key("2", hop(model.KindProcess, "KEY", pos.Span{})), stripe), []string{OtherSource}, false},
		"other journey":        {one(stg, stripe), one(key("2", file("p"), hop("shell", "x", at("d.sh", 1, 1))), stripe), []string{OtherJourney}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := BuildDifference(differenceOf(tt.left, tt.right))
			if len(d.Variables) != 1 {
				t.Fatalf("%d comparisons: %+v", len(d.Variables), d.Variables)
			}
			got := d.Variables[0]
			if !slices.Equal(got.Differences, tt.want) || got.Matters != tt.matters {
				t.Errorf("got %v (matters: %t), want %v (%t)", got.Differences, got.Matters, tt.want, tt.matters)
			}
			mirrored := BuildDifference(differenceOf(tt.right, tt.left))
			if len(mirrored.Variables) != 1 || mirrored.Variables[0].Matters != tt.matters {
				t.Errorf("the other way round: %+v", mirrored.Variables)
			}
			for _, format := range []string{"text", "json", "markdown"} {
				var b bytes.Buffer
				if err := WriteDifference(&b, format, d, options(80)); err != nil {
					t.Fatal(err)
				}
				checkHarmless(t, b.String())
			}
			if err := violation(t, compileSchema(t, "diff.schema.json"), d); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDifferenceMatchesConsumers(t *testing.T) {
	with := func(c model.Consumer, text string) receiver {
		return receiver{c, map[string]model.Value{"KEY": key(text)}, map[string]string{"KEY": "stripe/secret key/"}}
	}
	tests := map[string]struct {
		left, right []receiver
		want        []string // matched, in the order of the report
	}{
		"same names":            {[]receiver{with(deployment("a", "shop"), "1"), with(deployment("b", "shop"), "2")}, []receiver{with(deployment("b", "shop"), "3"), with(deployment("a", "shop"), "4")}, []string{"same", "same"}},
		"other namespaces":      {[]receiver{with(deployment("a", "shop"), "1")}, []receiver{with(deployment("a", "market"), "2")}, []string{"alike"}},
		"environment in names":  {[]receiver{with(deployment("a-staging", "shop"), "1")}, []receiver{with(deployment("a-production", "shop"), "2")}, []string{"alike"}},
		"shortened":             {[]receiver{with(deployment("a", "shop-staging"), "1")}, []receiver{with(deployment("a", "shop-prod"), "2")}, []string{"alike"}},
		"two of one name":       {[]receiver{with(deployment("a", "x-staging"), "1"), with(deployment("a", "y-staging"), "2")}, []receiver{with(deployment("a", "y-production"), "3"), with(deployment("a", "x-production"), "4")}, []string{"alike", "alike"}},
		"strangers":             {[]receiver{with(deployment("a", "shop"), "1")}, []receiver{with(deployment("b", "shop"), "2")}, []string{"none", "none"}},
		"one with two variants": {[]receiver{with(deployment("a", "x"), "1"), with(deployment("a", "y"), "2")}, []receiver{with(deployment("a", "x"), "3")}, []string{"same", "alike"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range BuildDifference(differenceOf(tt.left, tt.right)).Variables {
				got = append(got, c.Matched)
				if r := c.RightConsumer; name == "two of one name" && (r == nil || r.Namespace[0] != c.Consumer.Namespace[0]) {
					t.Errorf("%v is put beside %v", c.Consumer, r)
				}
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if !slices.Equal(got, tt.want) {
				t.Errorf("matched %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDifferenceFoldsEqualConsumers(t *testing.T) {
	var left, right []receiver
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		v := key("1", hop("dotenv", "KEY", at(".env", 1, 1)))
		for _, list := range []*[]receiver{&left, &right} {
			*list = append(*list, receiver{deployment(name, "shop"), map[string]model.Value{"KEY": v}, map[string]string{"KEY": "stripe/secret key/"}})
		}
	}
	d := BuildDifference(differenceOf(left, right))
	if len(d.Variables) != 1 || len(d.Variables[0].Also) != 4 || d.Summary.Differing != 1 {
		t.Errorf("%+v", d.Variables)
	}
}

func TestDifferenceOfAllVariables(t *testing.T) {
	plain := func(text string) []receiver {
		v := key(text, hop("dotenv", "LOG_LEVEL", at(".env", 1, 1)))
		return []receiver{{deployment("a", "shop"), map[string]model.Value{"LOG_LEVEL": v}, nil}}
	}
	in := differenceOf(plain("1"), plain("2"))
	if d := BuildDifference(in); len(d.Variables) != 0 || d.ExitCode() != exitNothing {
		t.Errorf("what is no key is compared: %+v", d.Variables)
	}
	in.All = true
	if d := BuildDifference(in); len(d.Variables) != 1 || !slices.Equal(d.Variables[0].Differences, []string{OtherValue}) || d.ExitCode() != exitOK {
		t.Errorf("%+v", d.Variables)
	}
}

// TestDifferenceOfLostConsumers: where there may be more consumers, nothing is missing.
func TestDifferenceOfLostConsumers(t *testing.T) {
	in := differenceOf([]receiver{{deployment("api", "shop"), map[string]model.Value{"KEY": key("1")}, map[string]string{"KEY": "stripe/secret key/"}}}, nil)
	lost := model.UnknownBecause(model.WhyUnsupported, "read the chart", model.Trail{})
	in.Right.Lost = &lost
	d := BuildDifference(in)
	if len(d.Variables) != 1 || d.Variables[0].Matters || d.ExitCode() != exitUnverified {
		t.Errorf("%+v", d.Variables)
	}
}

func TestDifferenceIsHarmless(t *testing.T) {
	c := deployment(hostile, hostile)
	in := differenceOf([]receiver{{c, map[string]model.Value{"KEY" + hostile: key("1", hop(hostile, hostile, at(hostile, 1, 1)))}, map[string]string{"KEY" + hostile: hostile + "/" + hostile + "/x"}}}, nil)
	in.Right.Problems = []model.Problem{{At: at(hostile, 1, 1), Message: hostile, Fix: hostile}}
	d := BuildDifference(in)
	for _, format := range []string{"text", "json", "markdown"} {
		for _, width := range []int{0, 30, 80} {
			var b bytes.Buffer
			if err := WriteDifference(&b, format, d, options(width)); err != nil {
				t.Fatal(err)
			}
			checkHarmless(t, b.String())
		}
	}
	if err := WriteDifference(&bytes.Buffer{}, "sarif", d, Options{}); err == nil {
		t.Error("there is no such format")
	}
}

func FuzzLeftOpen(f *testing.F) {
	f.Add("shop-staging", "staging")
	f.Add("\xff\xfe-", "\xff")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, name, environment string) {
		if got := leftOpen(name, environment); leftOpen(name, "") != name && strings.Count(got, "-") != strings.Count(name, "-") {
			t.Errorf("%q becomes %q", name, got)
		}
	})
}
