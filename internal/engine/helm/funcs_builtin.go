package helm

import (
	"errors"
	"fmt"
	"reflect"
	"text/template"
)

// builtins are the functions of the template package itself.
func builtins() map[string]any {
	return map[string]any{
		"eq": equal,
		"ne": func(a, b any) (bool, error) { same, err := equal(a, b); return !same, err },
		"lt": func(a, b any) (bool, error) { return less(a, b, false) },
		"le": func(a, b any) (bool, error) { return less(a, b, true) },
		"gt": func(a, b any) (bool, error) { le, err := less(a, b, true); return !le && err == nil, err },
		"ge": func(a, b any) (bool, error) { lt, err := less(a, b, false); return !lt && err == nil, err },

		"len":      length,
		"print":    fmt.Sprint,
		"printf":   fmt.Sprintf,
		"println":  fmt.Sprintln,
		"html":     template.HTMLEscaper,
		"js":       template.JSEscaper,
		"urlquery": template.URLQueryEscaper,
	}
}

type basic uint8

const (
	notBasic basic = iota
	isBool
	isInt
	isUint
	isFloat
	isText
)

func basicOf(v reflect.Value) basic {
	switch {
	case v.Kind() == reflect.Bool:
		return isBool
	case v.CanInt():
		return isInt
	case v.CanUint():
		return isUint
	case v.CanFloat():
		return isFloat
	case v.Kind() == reflect.String:
		return isText
	}
	return notBasic
}

// equal reports whether the first value is one of the others.
func equal(a any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, errors.New("missing argument for comparison")
	}
	for _, b := range others {
		if same, err := equalTwo(reflect.ValueOf(a), reflect.ValueOf(b)); same || err != nil {
			return same, err
		}
	}
	return false, nil
}

func equalTwo(a, b reflect.Value) (bool, error) {
	ka, kb := basicOf(a), basicOf(b)
	if ka != kb {
		switch {
		case ka == isInt && kb == isUint:
			return a.Int() >= 0 && uint64(a.Int()) == b.Uint(), nil
		case ka == isUint && kb == isInt:
			return b.Int() >= 0 && a.Uint() == uint64(b.Int()), nil
		case a.IsValid() && b.IsValid():
			return false, fmt.Errorf("incompatible types for comparison: %v and %v", a.Type(), b.Type())
		}
		return false, nil
	}
	if ka != notBasic {
		return a.Equal(b) || ka != isText && fmt.Sprint(a) == fmt.Sprint(b) && !isNaN(a), nil
	}
	if !a.IsValid() || !b.IsValid() {
		return isNil(a) && isNil(b), nil
	}
	if isNil(a) || isNil(b) {
		return isNil(a) && isNil(b), nil
	}
	if a.Kind() != b.Kind() || !b.Type().Comparable() {
		return false, errors.New("non-comparable types")
	}
	return a.Interface() == b.Interface(), nil
}

func isNaN(v reflect.Value) bool { return v.CanFloat() && v.Float() != v.Float() }

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Map, reflect.Slice, reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}

// less reports whether a is less than b, or equal to it where that counts.
func less(x, y any, orEqual bool) (bool, error) {
	a, b := reflect.ValueOf(x), reflect.ValueOf(y)
	ka, kb := basicOf(a), basicOf(b)
	if ka == notBasic || kb == notBasic || ka == isBool {
		return false, errors.New("invalid type for comparison")
	}
	switch {
	case ka == isInt && kb == isUint:
		return a.Int() < 0 || uint64(a.Int()) < b.Uint() || orEqual && uint64(a.Int()) == b.Uint(), nil
	case ka == isUint && kb == isInt:
		return b.Int() >= 0 && (a.Uint() < uint64(b.Int()) || orEqual && a.Uint() == uint64(b.Int())), nil
	case ka != kb:
		return false, fmt.Errorf("incompatible types for comparison: %v and %v", a.Type(), b.Type())
	}
	switch ka {
	case isInt:
		return a.Int() < b.Int() || orEqual && a.Int() == b.Int(), nil
	case isUint:
		return a.Uint() < b.Uint() || orEqual && a.Uint() == b.Uint(), nil
	case isFloat:
		return a.Float() < b.Float() || orEqual && a.Float() == b.Float(), nil
	}
	return a.String() < b.String() || orEqual && a.String() == b.String(), nil
}

func length(x any) (int, error) {
	v := reflect.Indirect(reflect.ValueOf(x))
	switch v.Kind() {
	case reflect.Invalid:
		return 0, errors.New("len of nil pointer")
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len(), nil
	}
	return 0, fmt.Errorf("len of type %s", v.Type())
}
