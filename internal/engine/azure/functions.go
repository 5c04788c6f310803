package azure

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// function is one function of the expressions (pipelines/process/expressions, "Functions").
type function struct {
	least, most int // arguments; -1: any number
	apply       func(args []value, at pos.Span) value
}

func functions() map[string]function {
	return map[string]function{
		"and":           {2, -1, all},
		"or":            {2, -1, any_},
		"not":           {1, 1, func(a []value, _ pos.Span) value { return decided(a[0].truthy().Not(), a...) }},
		"xor":           {2, 2, xor},
		"eq":            {2, 2, func(a []value, _ pos.Span) value { return decided(a[0].equal(a[1]), a...) }},
		"ne":            {2, 2, func(a []value, _ pos.Span) value { return decided(a[0].equal(a[1]).Not(), a...) }},
		"lt":            {2, 2, ordered(func(less, same bool) bool { return less })},
		"le":            {2, 2, ordered(func(less, same bool) bool { return less || same })},
		"gt":            {2, 2, ordered(func(less, same bool) bool { return !less && !same })},
		"ge":            {2, 2, ordered(func(less, same bool) bool { return !less })},
		"in":            {1, -1, func(a []value, _ pos.Span) value { return decided(among(a), a...) }},
		"notin":         {1, -1, func(a []value, _ pos.Span) value { return decided(among(a).Not(), a...) }},
		"contains":      {2, 2, texts(func(s []string) value { return boolValue(strings.Contains(lower(s[0]), lower(s[1]))) })},
		"startswith":    {2, 2, texts(func(s []string) value { return boolValue(strings.HasPrefix(lower(s[0]), lower(s[1]))) })},
		"endswith":      {2, 2, texts(func(s []string) value { return boolValue(strings.HasSuffix(lower(s[0]), lower(s[1]))) })},
		"containsvalue": {2, 2, containsValue},
		"coalesce":      {2, -1, coalesce},
		"format":        {1, -1, format},
		"join":          {2, 2, join},
		"split":         {2, 2, split},
		"replace":       {3, 3, replace},
		"lower":         {1, 1, mapped(strings.ToLower)},
		"upper":         {1, 1, mapped(strings.ToUpper)},
		"trim":          {1, 1, mapped(strings.TrimSpace)},
		"length":        {1, 1, length},
		"iif":           {3, 3, iif},
		"counter":       {0, 2, never("the counter of the pipeline")},
		"converttojson": {1, 1, never("the JSON of an object")},
	}
}

func lower(s string) string { return strings.ToLower(s) }

func decided(a answer, from ...value) value {
	if a == maybe {
		return because(from...)
	}
	return boolValue(a == yes)
}

func all(args []value, _ pos.Span) value {
	out := yes
	for _, a := range args {
		out = out.And(a.truthy())
	}
	return decided(out, args...)
}

func any_(args []value, _ pos.Span) value {
	out := no
	for _, a := range args {
		out = out.Or(a.truthy())
	}
	return decided(out, args...)
}

func xor(args []value, _ pos.Span) value {
	a, b := args[0].truthy(), args[1].truthy()
	if a == maybe || b == maybe {
		return because(args...)
	}
	return boolValue(a != b)
}

func ordered(holds func(less, same bool) bool) func([]value, pos.Span) value {
	return func(args []value, _ pos.Span) value {
		less, same, ok := args[0].less(args[1])
		if !ok {
			return because(args...)
		}
		return boolValue(holds(less, same))
	}
}

func among(args []value) answer {
	out := no
	for _, a := range args[1:] {
		out = out.Or(args[0].equal(a))
	}
	return out
}

// texts is a function of texts that are all known.
func texts(apply func([]string) value) func([]value, pos.Span) value {
	return func(args []value, _ pos.Span) value {
		var s []string
		for _, a := range args {
			if a.kind == unsure || a.kind == object {
				return because(args...)
			}
			s = append(s, a.plain())
		}
		return apply(s)
	}
}

func containsValue(args []value, _ pos.Span) value {
	if args[0].kind != object || args[0].node == nil {
		return because(args...)
	}
	out := no
	for _, item := range args[0].node.members() {
		out = out.Or(args[1].equal(item.value()))
	}
	return decided(out, args...)
}

func coalesce(args []value, _ pos.Span) value {
	for _, a := range args {
		switch {
		case a.kind == unsure:
			return because(args...)
		case a.kind != null && (a.kind != text || a.plain() != ""):
			return a
		}
	}
	return value{kind: null}
}

var formatPart = lazy.Regexp(`\{\{|\}\}|\{(\d+)\}|[^{}]+|[{}]`)

func format(args []value, at pos.Span) value {
	if args[0].kind == unsure || args[0].kind == object {
		return because(args...)
	}
	t := args[0].string(at)
	s := t.String()
	var out []tree.Text
	for _, m := range formatPart().FindAllStringSubmatchIndex(s, -1) {
		switch part := s[m[0]:m[1]]; {
		case part == "{{" || part == "}}":
			out = append(out, t.Slice(m[0], m[0]+1))
		case m[2] >= 0:
			n, err := strconv.Atoi(s[m[2]:m[3]])
			if err != nil || n+1 >= len(args) {
				return value{}
			}
			out = append(out, args[n+1].string(at))
		case part == "{" || part == "}":
			return value{} // formats of dates and numbers
		default:
			out = append(out, t.Slice(m[0], m[1]))
		}
	}
	return mixed(tree.Join(out...))
}

// mixed is a text of which pieces may be unknown.
func mixed(t tree.Text) value {
	if t.Known() {
		return value{kind: text, text: t}
	}
	return value{text: t}
}

func join(args []value, at pos.Span) value {
	if args[1].kind != object {
		return mixed(args[1].string(at))
	}
	var out []tree.Text
	for i, item := range args[1].node.members() {
		if i > 0 {
			out = append(out, args[0].string(at))
		}
		if v := item.value(); v.kind != object {
			out = append(out, v.string(at))
		}
	}
	return mixed(tree.Join(out...))
}

func split(args []value, at pos.Span) value {
	if args[0].kind == unsure || args[1].kind == unsure || args[1].plain() == "" {
		return because(args...)
	}
	t, sep := args[0].string(at), args[1].plain()
	list := &node{kind: tree.List, at: at}
	s, from := t.String(), 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || strings.HasPrefix(s[i:], sep) {
			list.items = append(list.items, item{node: &node{kind: tree.Scalar, at: at, text: t.Slice(from, i), quoted: true}})
			from = i + len(sep)
			i = max(i, from-1)
		}
	}
	return value{kind: object, node: list}
}

func replace(args []value, at pos.Span) value {
	for _, a := range args {
		if a.kind == unsure || a.kind == object {
			return because(args...)
		}
	}
	old, new := args[1].plain(), args[2].plain()
	if old == "" {
		return because(args...)
	}
	return mixed(whole(args[0].string(at), at).Map(func(s string) string { return strings.ReplaceAll(s, old, new) }))
}

func mapped(change func(string) string) func([]value, pos.Span) value {
	return func(args []value, at pos.Span) value {
		if args[0].kind == unsure || args[0].kind == object {
			return because(args...)
		}
		return mixed(whole(args[0].string(at), at).Map(change))
	}
}

// whole is a known text as one piece.
func whole(t tree.Text, at pos.Span) tree.Text {
	return tree.Of(t.Value(model.Hop{At: at, Kind: model.KindAzure, What: "expression"}), at)
}

func length(args []value, _ pos.Span) value {
	switch args[0].kind {
	case unsure:
		return because(args...)
	case object:
		return value{kind: number, num: float64(len(args[0].node.members()))}
	}
	return value{kind: number, num: float64(len([]rune(args[0].plain())))}
}

func iif(args []value, at pos.Span) value {
	switch args[0].truthy() {
	case yes:
		return args[1]
	case no:
		return args[2]
	}
	hop := model.Hop{At: at, Kind: model.KindAzure, What: "iif"}
	why := because(args[0]).why()
	return unknownValue(model.Ambiguous(why.Needs, args[1].string(at).Value(hop), args[2].string(at).Value(hop)).Via(hop), at)
}

func never(what string) func([]value, pos.Span) value {
	return func(_ []value, at pos.Span) value {
		hop := model.Hop{At: at, Kind: model.KindAzure, What: what}
		return unknownValue(model.UnknownBecause(model.WhyInput, what, model.Trail{}.Append(hop)), at)
	}
}
