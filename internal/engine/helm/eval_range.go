package helm

import (
	"cmp"
	"reflect"
	"sort"
	"text/template/parse"
)

// each calls do for what a range goes over, in the order of the template package, until
// do gives false.
func (f *frame) each(n *parse.RangeNode, v *val, do func(key, item *val) bool) {
	switch c := v.v.(type) {
	case nil:
	case map[string]any:
		f.eachKey(v, c, do)
	case Values:
		f.eachKey(v, c, do)
	case []any:
		for i, item := range c {
			if !do(&val{v: i}, v.child(item)) {
				return
			}
		}
	case *taggedFiles:
		for _, name := range c.names() {
			if !do(&val{v: name}, of(c.files[name], ids{c.id(name)}, nil)) {
				return
			}
		}
	default:
		f.eachOther(n, v, do)
	}
}

func (f *frame) eachKey(v *val, m map[string]any, do func(key, item *val) bool) {
	for _, key := range keysOf(m) {
		item, ok := m[key]
		if !ok {
			item = nil
		}
		if !do(of(key, v.src, v.by), v.child(item)) {
			return
		}
	}
}

// eachOther goes over what functions give: lists and maps of other types, and numbers.
func (f *frame) eachOther(n *parse.RangeNode, v *val, do func(key, item *val) bool) {
	r := reflect.Indirect(reflect.ValueOf(v.v))
	switch r.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range r.Len() {
			if !do(&val{v: i}, v.child(r.Index(i).Interface())) {
				return
			}
		}
	case reflect.Map:
		keys := r.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return compareKeys(keys[i], keys[j]) < 0 })
		for _, key := range keys {
			if !do(of(key.Interface(), v.src, v.by), v.child(r.MapIndex(key).Interface())) {
				return
			}
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if len(n.Pipe.Decl) > 1 {
			f.errorf("can't use a number to iterate over more than one variable")
		}
		for i := int64(0); i < r.Int(); i++ {
			f.e.step()
			if !do(&val{}, of(reflect.ValueOf(i).Convert(r.Type()).Interface(), v.src, v.by)) {
				return
			}
		}
	default:
		f.errorf("range can't iterate over a value of type %T", v.v)
	}
}

func compareKeys(a, b reflect.Value) int {
	switch {
	case a.Kind() == reflect.String && b.Kind() == reflect.String:
		return cmp.Compare(a.String(), b.String())
	case a.CanInt() && b.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanFloat() && b.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	}
	return 0
}
