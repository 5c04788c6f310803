package function

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

const (
	maxText  = 16 << 20 // bytes of one text
	maxNodes = 1 << 20  // values within one argument
	maxDepth = 1000     // of a text that nests
	maxDigit = 1 << 12  // binary digits in front of or behind a number's point
	maxParse = 1 << 14  // digits of a number in a text
)

// TooLarge says which limit a value exceeds; it is empty for one that can be worked with.
// A structure whose parts stand in it many times counts as often as it would be written.
// The library walks through the arguments of a call before any function sees them: what
// keeps values, to use them again, must ask first.
func TooLarge(v cty.Value) string {
	w := weight{}
	w.add(v)
	switch {
	case w.broken: // one of the libraries never comes back from such a text
		return "texts in UTF-8"
	case w.digits:
		return "a number within the limit"
	case w.nodes > maxNodes:
		return fmt.Sprintf("a value with at most %d parts", maxNodes)
	case w.bytes > maxText:
		return fmt.Sprintf("a value of at most %d MiB", maxText>>20)
	}
	return ""
}

type weight struct {
	nodes, bytes   int
	digits, broken bool
}

func (w *weight) addText(s string) {
	w.bytes += len(s)
	w.broken = w.broken || !utf8.ValidString(s)
}

func (w *weight) add(v cty.Value) {
	if w.nodes++; w.nodes > maxNodes || w.bytes > maxText {
		return
	}
	v, _ = v.Unmark()
	switch t := v.Type(); {
	case t == cty.DynamicPseudoType || !v.IsKnown() || v.IsNull():
	case t == cty.String:
		w.addText(v.AsString())
	case t == cty.Number:
		w.digits = w.digits || longNumber(v.AsBigFloat())
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next() && w.nodes <= maxNodes && w.bytes <= maxText; {
			k, e := it.Element()
			if k.Type() == cty.String && !t.IsSetType() {
				w.addText(k.AsString())
			}
			w.add(e)
		}
	}
}

func longNumber(f *big.Float) bool {
	return !f.IsInf() && (f.MantExp(nil) > maxDigit || f.MantExp(nil) < -maxDigit)
}

// selects lists the functions that give a part of what they are given, or a word about it:
// those that are called over and over on one large map.
var selects = map[string]bool{
	"coalesce": true, "contains": true, "element": true, "index": true, "keys": true, "length": true, "lookup": true, "one": true, "slice": true,
}

// exceeds says what a call would need to stay within the limits; mostly nothing.
func exceeds(name string, args []cty.Value) string {
	if !selects[name] {
		for _, arg := range args {
			if over := TooLarge(arg); over != "" {
				return over
			}
		}
	}
	plain := make([]cty.Value, len(args))
	for i, arg := range args {
		plain[i], _ = arg.Unmark()
	}
	if growth(name, plain) > maxText {
		return fmt.Sprintf("a result of at most %d MiB", maxText>>20)
	}
	return ""
}

// growth estimates, from above, how large the result of a function becomes that can be
// much larger than its arguments.
func growth(name string, args []cty.Value) float64 {
	switch name {
	case "format":
		return width(args, 0) * float64(len(args))
	case "formatlist":
		return width(args, 0) * float64(len(args)) * float64(longest(args))
	case "indent":
		return number(args, 0) * float64(strings.Count(known(args, 1), "\n"))
	case "join":
		return float64(len(known(args, 0))) * float64(longest(args[1:]))
	case "replace":
		return replaced(known(args, 0), known(args, 1), known(args, 2))
	case "setproduct":
		return product(args)
	case "parseint":
		return parsed(known(args, 0))
	case "tonumber":
		return parsed(known(args, 0))
	case "jsondecode", "yamldecode", "templatestring":
		return nested(known(args, 0))
	}
	return 0
}

func known(args []cty.Value, i int) string {
	if i < len(args) && args[i].Type() == cty.String && args[i].IsKnown() && !args[i].IsNull() {
		return args[i].AsString()
	}
	return ""
}

func number(args []cty.Value, i int) float64 {
	if i < len(args) && args[i].Type() == cty.Number && args[i].IsKnown() && !args[i].IsNull() {
		f, _ := args[i].AsBigFloat().Float64()
		return f
	}
	return 0
}

// longest is the length of the longest list among the arguments, at least 1.
func longest(args []cty.Value) int {
	n := 1
	for _, arg := range args {
		if arg.IsKnown() && !arg.IsNull() && arg.CanIterateElements() {
			n = max(n, arg.LengthInt())
		}
	}
	return n
}

// width is the largest number that stands in a format: no field is wider.
func width(args []cty.Value, i int) float64 {
	widest, n := 0.0, 0.0
	for _, r := range known(args, i) {
		if r < '0' || r > '9' {
			n = 0
			continue
		}
		n = n*10 + float64(r-'0')
		widest = max(widest, n)
	}
	return widest
}

func replaced(s, old, replacement string) float64 {
	times := float64(len(s) + 1)
	if old != "" && !isPattern(old) {
		times = float64(strings.Count(s, old))
	}
	inserted := float64(len(replacement))
	if isPattern(old) && strings.Contains(replacement, "$") {
		// A match that stands in its own replacement many times: all matches together are
		// no longer than the text.
		inserted += float64(strings.Count(replacement, "$")) * float64(len(s)) / max(times, 1)
	}
	return float64(len(s)) + times*inserted
}

func product(args []cty.Value) float64 {
	n := 32.0 * float64(len(args)) // bytes of an element
	for _, arg := range args {
		if arg.IsKnown() && !arg.IsNull() && arg.CanIterateElements() {
			n *= float64(arg.LengthInt())
		}
	}
	return n
}

// parsed is infinite for a number that would take too long to read, or to write again.
func parsed(s string) float64 {
	if len(s) > maxParse {
		return math.Inf(1)
	}
	return 0
}

// nested is infinite for a text whose brackets, block sequences or aliases lead too deep.
func nested(s string) float64 {
	if TooDeep([]byte(s)) || tooManyAliases(s) {
		return math.Inf(1)
	}
	return 0
}

// TooDeep reports whether a text nests so deeply that reading it could take more memory
// than there is. It knows no language: brackets within quotes count as well.
func TooDeep(src []byte) bool {
	depth, dashes := 0, 0
	for _, b := range src {
		switch b {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth = max(depth-1, 0)
		case '-', '?', '!':
			dashes++
		case ' ', '\t':
		default:
			dashes = 0
		}
		if depth > maxDepth || dashes > maxDepth {
			return true
		}
	}
	return false
}
