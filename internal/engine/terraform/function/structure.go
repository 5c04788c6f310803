package function

import (
	"fmt"
	"strings"

	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/ctymarks"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"go.yaml.in/yaml/v3"
)

// Raw is the mark of a text that encodes a structure. Such a text is unknown as a whole as
// soon as one part of it is. [Structure] reads it.
type Raw struct {
	Form  string    // "json" or "yaml"
	Value cty.Value // what was encoded, with its marks
	text  cty.Value // the text, without marks
}

// Structure gives the value that a text encodes, when that is certain: every part of it
// that is known will be in the text as it stands there. Whoever makes a text of others, or
// chooses between several by something unknown, takes the mark away, see [Opaque].
func Structure(v cty.Value) (raw Raw, ok bool) {
	if v.Type() != cty.String || v.IsNull() {
		return Raw{}, false
	}
	var found *Raw
	plain, marks := v.Unmark()
	for m := range marks {
		if r, is := m.(*Raw); is {
			if found != nil && found != r {
				return Raw{}, false
			}
			found = r
		}
	}
	if found == nil || !plain.RawEquals(found.text) {
		return Raw{}, false
	}
	return *found, true
}

// Opaque is v without what [Structure] reads. A template of several parts, or a choice by a
// condition that is not known, must give its result this way.
func Opaque(v cty.Value) cty.Value { return withoutStructure(v) }

func withoutStructure(v cty.Value) cty.Value {
	if !v.ContainsMarked() {
		return v
	}
	v, _ = v.WrangleMarksDeep(func(m any, _ cty.Path) (ctymarks.WrangleAction, error) {
		if _, is := m.(*Raw); is {
			return ctymarks.WrangleDrop, nil
		}
		return ctymarks.WrangleKeep, nil
	})
	return v
}

// keeps lists the functions that move their arguments or elements of them as they are.
var keeps = map[string]bool{
	"jsonencode": true, "yamlencode": true,
	"chunklist": true, "coalesce": true, "coalescelist": true, "compact": true, "concat": true, "distinct": true,
	"element": true, "ephemeralasnull": true, "flatten": true, "lookup": true, "matchkeys": true, "merge": true,
	"nonsensitive": true, "one": true, "reverse": true, "sensitive": true, "setproduct": true, "slice": true,
	"sort": true, "tolist": true, "tomap": true, "tostring": true, "try": true, "values": true, "zipmap": true,
	"templatefile": true, "templatestring": true,
}

// onlyMoved takes the mark away where a function that only moves has put it on more than
// the text that it was on: on a whole list, or on something unknown that may be another.
func onlyMoved(args []cty.Value, result cty.Value) cty.Value {
	if !hasStructure(result) {
		return result
	}
	if !result.IsKnown() && !decided(args) {
		if _, ok := Structure(result); !ok || len(args) > 1 {
			return withoutStructure(result)
		}
	}
	out, err := cty.Transform(result, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if _, ok := Structure(v); ok {
			return v, nil
		}
		plain, marks := v.Unmark()
		for m := range marks {
			if _, is := m.(*Raw); is {
				delete(marks, m)
			}
		}
		return plain.WithMarks(marks), nil
	})
	if err != nil {
		return withoutStructure(result)
	}
	return out
}

func hasStructure(v cty.Value) bool {
	found := false
	if v.ContainsMarked() {
		_, _ = v.WrangleMarksDeep(func(m any, _ cty.Path) (ctymarks.WrangleAction, error) {
			_, is := m.(*Raw)
			found = found || is
			return ctymarks.WrangleKeep, nil
		})
	}
	return found
}

// decided reports whether everything is known that may decide what a function gives.
func decided(args []cty.Value) bool {
	for _, arg := range args {
		if _, ok := Structure(arg); !arg.IsKnown() && !ok {
			return false
		}
	}
	return true
}

func structures() map[string]function.Function {
	return map[string]function.Function{
		"jsonencode": encoder("json", stdlib.JSONEncodeFunc),
		"yamlencode": encoder("yaml", ctyyaml.YAMLEncodeFunc),
		"jsondecode": stdlib.JSONDecodeFunc,
		"yamldecode": ctyyaml.YAMLDecodeFunc,
		"csvdecode":  stdlib.CSVDecodeFunc,
	}
}

// encoder keeps what is encoded readable.
func encoder(form string, encode function.Function) function.Function {
	return defineAny(func(args []cty.Value) (cty.Value, error) {
		out, err := encode.Call(args)
		if err != nil {
			return cty.NilVal, complaint(fmt.Sprintf("expected a value that %s can express", strings.ToUpper(form)))
		}
		plain, _ := out.Unmark()
		return withoutStructure(out).Mark(&Raw{Form: form, Value: args[0], text: plain}), nil
	}, nil, whole("value"))
}

// tooManyAliases reports whether a YAML text that repeats its parts by alias becomes
// larger than the limit. A text that is no YAML is none of its business.
func tooManyAliases(s string) bool {
	if !strings.Contains(s, "*") || !strings.Contains(s, "&") {
		return false
	}
	var doc yaml.Node
	if yaml.Unmarshal([]byte(s), &doc) != nil {
		return false
	}
	sizes := map[*yaml.Node]float64{}
	return expanded(&doc, sizes) > maxNodes
}

// expanded counts the nodes below n with all aliases written out. One within itself counts
// once.
func expanded(n *yaml.Node, sizes map[*yaml.Node]float64) float64 {
	if size, seen := sizes[n]; seen {
		return size
	}
	sizes[n] = 1
	size := 1.0
	if n.Alias != nil {
		size += expanded(n.Alias, sizes)
	}
	for _, c := range n.Content {
		size += expanded(c, sizes)
	}
	sizes[n] = size
	return size
}
