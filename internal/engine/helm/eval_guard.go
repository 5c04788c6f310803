package helm

import (
	"reflect"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
)

// guard stops calls that would give far more than they get.
func (e *eval) guard(name string, args []any) {
	switch name {
	case "repeat":
		e.sized(numberArg(args, 0), len(textArg(args, 1)))
	case "until", "indent", "nindent", "randBytes", "randAlphaNum", "randAlpha", "randAscii", "randNumeric":
		e.sized(abs(numberArg(args, 0)), 16)
	case "untilStep":
		e.sized(abs(numberArg(args, 1)-numberArg(args, 0)), 16)
	case "seq":
		for i := range args {
			e.sized(abs(numberArg(args, i)), 32)
		}
	case "replace":
		e.sized(strings.Count(textArg(args, 2), textArg(args, 0)), len(textArg(args, 1)))
	case "splitList", "split", "splitn", "chunk", "initials", "regexFindAll", "regexSplit", "mustRegexFindAll", "mustRegexSplit":
		for i := range args {
			e.sized(len(textArg(args, i)), 64)
		}
	case "regexReplaceAll", "mustRegexReplaceAll", "regexReplaceAllLiteral", "mustRegexReplaceAllLiteral":
		e.sized(len(textArg(args, 1))+1, len(textArg(args, 2))+1)
	case "wrapWith":
		e.sized(len(textArg(args, 2))+1, len(textArg(args, 1))+1)
	case "join":
		if list := reflect.ValueOf(args[len(args)-1]); list.Kind() == reflect.Slice {
			e.sized(list.Len(), len(textArg(args, 0)))
		}
	case "derivePassword":
		e.steps += maxSteps / 32
	case "buildCustomCert", "decryptAES":
		e.steps += 1 << 10
	case "printf":
		if format := textArg(args, 0); wide().MatchString(format) || strings.Count(format, "%") > maxVerbs {
			e.limit("a format of a template asks for more text than keyfit reads")
		}
	}
	if slices.Contains([]string{"round", "substr", "abbrev"}, name) {
		e.step()
	}
}

// wide matches widths of five digits, and widths that come from arguments.
var wide = lazy.Regexp(`%[-+# 0]*(?:\[\d+\])?(?:\d{5,}|\d*\.\d{5,}|\d*\.?\*)`)

const maxVerbs = 4096 // in one format

func (e *eval) sized(n, each int) {
	if n > 0 && each > 0 && n > 4*maxText/each {
		e.limit("a function of a template makes more than keyfit reads")
	}
}

func numberArg(args []any, i int) int {
	if i >= len(args) {
		return 0
	}
	switch n := args[i].(type) {
	case int:
		return n
	case int64:
		return int(n)
	case float64:
		return int(min(n, 1<<40))
	}
	return 0
}

func textArg(args []any, i int) string {
	if i >= len(args) {
		return ""
	}
	s, _ := args[i].(string)
	return s
}

func abs(n int) int { return max(n, -n) }

// afterMethod says what is not certain about the result of a method: a cluster may have
// more APIs than helm knows by itself.
func (e *eval) afterMethod(from *val, name string, args []*val, result *val) *val {
	if _, ok := from.v.(VersionSet); ok && name == "Has" && result.v == false && !e.offline {
		return result.plus(ids{e.wellKnown(sourceRemote)}, nil)
	}
	return result
}

func (e *eval) afterField(from *val, name string, result *val) *val {
	if _, ok := from.v.(BuildInfo); ok && name != "Version" {
		return result.plus(ids{e.wellKnown(sourceBuild)}, nil)
	}
	return result
}
