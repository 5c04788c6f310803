package helm

import (
	"reflect"
	"strconv"
)

// markIndex is "index": an element of a list, or what stands under a key.
func markIndex(f *frame, args []*val) *val {
	if len(args) == 0 {
		return nil
	}
	at := args[0]
	for _, k := range args[1:] {
		next, ok := f.e.element(at, k)
		if !ok {
			if f.e.anyUnknown(at, k) {
				at = f.e.vague([]*val{at, k})
				continue
			}
			f.errorf("error calling index: %T cannot be indexed by %T", shallow(at), k.v)
		}
		at = next
	}
	return at.settled()
}

func (e *eval) element(at, k *val) (*val, bool) {
	if len(e.unknowns(k.all())) > 0 {
		return nil, false
	}
	by := k.all().with(k.by)
	if m, ok := tableIn(at); ok {
		key, ok := k.v.(string)
		if !ok {
			return nil, false
		}
		item, has := m[key]
		if !has {
			return e.lacking(at, m).plus(nil, by), true
		}
		return at.child(item).plus(nil, by), true
	}
	i := reflect.ValueOf(k.v)
	if list, ok := at.v.([]any); ok {
		n, err := strconv.Atoi(numeral(i))
		if err != nil || n < 0 || n >= len(list) {
			return nil, false
		}
		return at.child(list[n]).plus(nil, by), true
	}
	return e.elementOther(at, i, by)
}

func numeral(v reflect.Value) string {
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	}
	return ""
}

func (e *eval) elementOther(at *val, i reflect.Value, by ids) (*val, bool) {
	r := reflect.Indirect(reflect.ValueOf(shallow(at)))
	switch r.Kind() {
	case reflect.Slice, reflect.Array, reflect.String:
		n, err := strconv.Atoi(numeral(i))
		if err != nil || n < 0 || n >= r.Len() {
			return nil, false
		}
		return of(r.Index(n).Interface(), at.all(), at.by.with(by)), true
	case reflect.Map:
		if !i.IsValid() || !i.Type().AssignableTo(r.Type().Key()) {
			return nil, false
		}
		item := r.MapIndex(i)
		if !item.IsValid() {
			item = reflect.Zero(r.Type().Elem())
		}
		return at.child(item.Interface()).plus(nil, by), true
	}
	return nil, false
}
