package strict

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var errKind = errors.New("is of another kind")

func (r *Reader) decodeScalar(n *yaml.Node, v reflect.Value, enum string) {
	err := errKind
	switch tag := n.ShortTag(); {
	case n.Kind != yaml.ScalarNode || tag == "!!null":
	case v.Kind() == reflect.String:
		r.decodeString(n, v, enum)
		return
	case v.Kind() == reflect.Bool && tag == "!!bool":
		err = n.Decode(v.Addr().Interface())
	case v.CanInt() && tag == "!!int":
		err = n.Decode(v.Addr().Interface())
	case v.CanFloat() && (tag == "!!int" || tag == "!!float"):
		if err = n.Decode(v.Addr().Interface()); math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			err = errKind
		}
	}
	if err != nil {
		v.SetZero()
		r.Fail(n, advice(n, v), "expected %s, found %s", typeName(v.Type()), kindName(n))
	}
}

// advice is for a scalar that is nearly of the kind expected.
func advice(n *yaml.Node, v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Bool && n.Kind == yaml.ScalarNode:
		return "write true or false, without quotes"
	case (v.CanInt() || v.CanFloat()) && n.Kind == yaml.ScalarNode:
		return "write a number, without quotes"
	}
	return ""
}

func (r *Reader) decodeString(n *yaml.Node, v reflect.Value, enum string) {
	if enum != "" && !slices.Contains(strings.Split(enum, "|"), n.Value) {
		r.BadWord(n, strings.Split(enum, "|"))
		return
	}
	v.SetString(n.Value)
}

// plain decodes a node without a type: maps, lists and scalars as YAML has them.
func (r *Reader) plain(n *yaml.Node) (any, bool) {
	n, ok := r.enter(n)
	defer r.leave()
	if !ok {
		return nil, false
	}
	switch n.Kind {
	case yaml.MappingNode:
		pairs, _ := r.Pairs(n)
		out := make(map[string]any, len(pairs))
		for _, p := range pairs {
			out[p.Key.Value], _ = r.plain(p.Value)
		}
		return out, true
	case yaml.SequenceNode:
		out := []any{}
		for _, item := range n.Content {
			v, _ := r.plain(item)
			out = append(out, v)
		}
		return out, true
	}
	var v any
	if err := n.Decode(&v); err != nil {
		r.Fail(n, "", "cannot be read as a value")
		return nil, false
	}
	return v, true
}

// BadWord records that a scalar is none of the words expected. The scalar is repeated
// only when it is nearly one of them, and so cannot be a key.
func (r *Reader) BadWord(n *yaml.Node, words []string) {
	list := strings.Join(words, ", ")
	if len(words) > maxListed {
		list = fmt.Sprintf("%d words", len(words))
	}
	if near := Nearest(n.Value, words); near != "" && n.Kind == yaml.ScalarNode {
		r.Fail(n, fmt.Sprintf("did you mean %q?", near), "expected one of %s, found %s", list, Name(n.Value))
		return
	}
	fix := ""
	if len(words) > maxListed {
		fix = "write one of: " + strings.Join(words, ", ")
	}
	r.Fail(n, fix, "expected one of %s", list)
}

// maxListed is how many words a message lists; more of them go into the advice.
const maxListed = 8

// Unknown records that a name is not one of those expected, with the nearest of them
// as the suggestion.
func (r *Reader) Unknown(n *yaml.Node, what string, expected []string) {
	if near := Nearest(n.Value, expected); near != "" && IsName(near) {
		r.Fail(n, fmt.Sprintf("did you mean %q?", near), "unknown %s %s", what, Name(n.Value))
		return
	}
	shown := slices.DeleteFunc(slices.Clone(expected), func(name string) bool { return !IsName(name) })
	fix := ""
	if len(shown) > 0 {
		fix = "expected one of: " + strings.Join(shown, ", ")
	}
	r.Fail(n, fix, "unknown %s %s", what, Name(n.Value))
}

func kindName(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.Tag == "!!null":
		return "nothing"
	case n.Tag == "!!int", n.Tag == "!!float":
		return "a number"
	case n.Tag == "!!bool":
		return "true or false"
	}
	return "text"
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "text"
}
