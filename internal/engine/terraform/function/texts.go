package function

import (
	"regexp"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/keyfit/keyfit/internal/model"
)

// texts are the functions of texts that Terraform has of its own.
func texts() map[string]function.Function {
	maybe := text("str")
	maybe.AllowUnknown = true
	return map[string]function.Function{
		"startswith":  define(cty.Bool, startswith, maybe, text("prefix")),
		"endswith":    ofTexts(strings.HasSuffix),
		"strcontains": ofTexts(strings.Contains),
		"replace":     define(cty.String, replace, text("str"), text("substr"), text("replace")),
	}
}

func ofTexts(f func(s, part string) bool) function.Function {
	return define(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
	}, text("str"), text("part"))
}

// startswith may know the beginning of a text that is not known as a whole.
func startswith(args []cty.Value) (cty.Value, error) {
	prefix := args[1].AsString()
	if args[0].IsKnown() {
		return cty.BoolVal(strings.HasPrefix(args[0].AsString(), prefix)), nil
	}
	switch begins := args[0].Range().StringPrefix(); {
	case strings.HasPrefix(begins, prefix):
		return cty.True, nil
	case !strings.HasPrefix(prefix, begins):
		return cty.False, nil
	}
	return cty.UnknownVal(cty.Bool), nil
}

func isPattern(s string) bool {
	return len(s) > 1 && s[0] == '/' && s[len(s)-1] == '/'
}

// replace takes what stands between slashes as a regular expression.
func replace(args []cty.Value) (cty.Value, error) {
	s, old, replacement := args[0].AsString(), args[1].AsString(), args[2].AsString()
	if !isPattern(old) {
		return cty.StringVal(strings.ReplaceAll(s, old, replacement)), nil
	}
	re, err := regexp.Compile(old[1 : len(old)-1])
	if err != nil {
		return cty.NilVal, complaint("expected a regular expression between the slashes")
	}
	return cty.StringVal(re.ReplaceAllString(s, replacement)), nil
}

// times are the functions of time, and those whose result no two runs have in common.
func times() map[string]function.Function {
	cost := param("cost", cty.Number)
	return map[string]function.Function{
		"timecmp":       define(cty.Number, timecmp, text("timestamp_a"), text("timestamp_b")),
		"timestamp":     define(cty.String, unpredictable("the time of the run")),
		"plantimestamp": define(cty.String, unpredictable("the time of the plan")),
		"uuid":          define(cty.String, unpredictable("a random number")),
		"bcrypt": function.New(&function.Spec{
			Params: []function.Parameter{text("str")}, VarParam: &cost,
			Type: function.StaticReturnType(cty.String),
			Impl: func([]cty.Value, cty.Type) (cty.Value, error) { return unpredictable("a random number")(nil) },
		}),
	}
}

func unpredictable(needs string) impl {
	return func([]cty.Value) (cty.Value, error) {
		return unknown(cty.String, model.WhyTime, needs).RefineNotNull(), nil
	}
}

func timecmp(args []cty.Value) (cty.Value, error) {
	var at [2]time.Time
	for i, arg := range args {
		t, err := time.Parse(time.RFC3339, arg.AsString())
		if err != nil {
			return cty.NilVal, complaint("expected times as in RFC 3339")
		}
		at[i] = t
	}
	return cty.NumberIntVal(int64(at[0].Compare(at[1]))), nil
}
