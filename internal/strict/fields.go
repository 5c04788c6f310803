package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
)

type field struct {
	name, enum, doc, names string
	required               bool
	index                  int
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("yaml")
		if !ok || tag == "-" {
			continue
		}
		name, rest, _ := strings.Cut(tag, ",")
		out = append(out, field{
			name: name, enum: f.Tag.Get("enum"), doc: f.Tag.Get("doc"), names: f.Tag.Get("names"),
			required: rest == "required", index: i,
		})
	}
	return out
}

// fieldsOf remembers the fields of a type: a file holds many values of few types.
func (r *Reader) fieldsOf(t reflect.Type) []field {
	fields, known := r.fields[t]
	if !known {
		fields = fieldsOf(t)
		r.fields[t] = fields
	}
	return fields
}

func (r *Reader) decodeStruct(n *yaml.Node, v reflect.Value) {
	pairs, ok := r.Pairs(n)
	if !ok {
		return
	}
	if at := v.FieldByName("At"); at.IsValid() && at.Type() == reflect.TypeFor[pos.Span]() {
		at.Set(reflect.ValueOf(r.Span(n)))
	}
	fields := r.fieldsOf(v.Type())
	given := map[string]bool{}
	for _, p := range pairs {
		given[p.Key.Value] = true
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == p.Key.Value })
		if i < 0 {
			r.unknownField(p.Key, fields)
			continue
		}
		r.decode(p.Value, v.Field(fields[i].index), fields[i].enum)
	}
	for _, f := range fields {
		if f.required && !given[f.name] {
			r.Fail(n, fmt.Sprintf("add `%s:`", f.name), "%q is missing", f.name)
		}
	}
}

func (r *Reader) unknownField(key *yaml.Node, fields []field) {
	var names []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	r.Unknown(key, "field", names)
}

func (r *Reader) decodeMap(n *yaml.Node, v reflect.Value) {
	pairs, ok := r.Pairs(n)
	if !ok {
		return
	}
	t := v.Type()
	v.Set(reflect.MakeMapWithSize(t, len(pairs)))
	for _, p := range pairs {
		item := reflect.New(t.Elem()).Elem()
		r.decode(p.Value, item, "")
		v.SetMapIndex(r.mapKey(p.Key, t.Key()), item)
	}
}

// mapKey decodes the name of an entry: by its own type if that can, as text otherwise.
func (r *Reader) mapKey(n *yaml.Node, t reflect.Type) reflect.Value {
	key := reflect.New(t)
	if d, ok := key.Interface().(Decoder); ok {
		d.DecodeStrict(r, n)
		return key.Elem()
	}
	return reflect.ValueOf(n.Value).Convert(t)
}

func (r *Reader) decodeSlice(n *yaml.Node, v reflect.Value, enum string) {
	if n.Kind != yaml.SequenceNode {
		r.Fail(n, "put it in [brackets]", "expected a list, found %s", kindName(n))
		return
	}
	if v.IsNil() { // an empty list says something, and an absent one says nothing
		v.Set(reflect.MakeSlice(v.Type(), 0, len(n.Content)))
	}
	for _, item := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		r.decode(item, e, enum)
		v.Set(reflect.Append(v, e))
	}
}
