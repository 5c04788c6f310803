package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"

	"github.com/keyfit/keyfit/internal/model"
)

// functions are those of helmfile's templates. Functions that only hand texts on get them
// with their marks; all others get plain texts, and what they make is marked as coming
// from all of their arguments.
func (r *rendering) functions() template.FuncMap {
	out := template.FuncMap{}
	for name, f := range sprig.TxtFuncMap() {
		switch {
		case changing(name):
			out[name] = func(...any) (any, error) {
				return r.token(model.UnknownBecause(model.WhyTime, "a helmfile without "+name, model.Trail{})), nil
			}
		case endless(name):
			out[name] = func(...any) (any, error) { return nil, errHelmfile }
		default:
			out[name] = r.plain(name, f)
		}
	}
	for name, f := range r.builtins() {
		out[name] = f
	}
	for name, f := range r.own() {
		out[name] = f
	}
	return out
}

// changing names functions whose outcome differs from run to run.
func changing(name string) bool {
	for _, word := range []string{"rand", "uuid", "now", "ago", "genCA", "genSelf", "genSigned", "genPrivate", "crypt", "derivePassword", "shuffle", "getHost", "htpasswd", "buildCustomCert", "date", "Date", "unixEpoch"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// endless names functions that can be asked for more than there is room for, and those that
// read the machine.
func endless(name string) bool {
	return slices.Contains([]string{"repeat", "until", "untilStep", "seq", "expandenv", "indent", "nindent"}, name)
}

// plain wraps a function of the library.
func (r *rendering) plain(name string, f any) func(...any) (any, error) {
	v := reflect.ValueOf(f)
	return func(args ...any) (any, error) {
		if r.calls++; r.calls > maxCalls {
			return nil, errCalls
		}
		bare, ids := r.bare(slices.Clone(args))
		list, _ := bare.([]any)
		in, err := parameters(v.Type(), list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		results := v.Call(in)
		if len(results) == 2 {
			if err, ok := results[1].Interface().(error); ok && err != nil {
				return nil, errHelmfile // its text may hold a value
			}
		}
		return r.again(results[0].Interface(), ids)
	}
}

var errArguments = errors.New("has arguments of another kind")

// parameters are values as the parameters of a function.
func parameters(t reflect.Type, args []any) ([]reflect.Value, error) {
	fixed := t.NumIn()
	if t.IsVariadic() {
		fixed--
	}
	if len(args) < fixed || !t.IsVariadic() && len(args) > fixed {
		return nil, errArguments
	}
	var out []reflect.Value
	for i, a := range args {
		want := t.In(min(i, t.NumIn()-1))
		if t.IsVariadic() && i >= fixed {
			want = want.Elem()
		}
		v := reflect.ValueOf(a)
		switch {
		case a == nil:
			v = reflect.Zero(want)
		case v.Type().AssignableTo(want):
		case v.CanInt() && (want.Kind() >= reflect.Int && want.Kind() <= reflect.Int64):
			v = v.Convert(want)
		default:
			return nil, errArguments
		}
		out = append(out, v)
	}
	return out, nil
}

// builtins are the functions of text/template that would look at marks.
func (r *rendering) builtins() template.FuncMap {
	out := template.FuncMap{
		"keyfitGuard": r.guard,
		"keyfitTick":  r.count,
		"and":         func(args ...any) (any, error) { return r.choose(args, false) },
		"or":          func(args ...any) (any, error) { return r.choose(args, true) },
		"print":       r.plain("print", func(a ...any) string { return fmt.Sprint(a...) }),
		"println":     r.plain("println", func(a ...any) string { return fmt.Sprintln(a...) }),
		"printf":      r.plain("printf", func(f string, a ...any) string { return fmt.Sprintf(f, a...) }),
		"not":         r.plain("not", func(x any) bool { truth, _ := template.IsTrue(x); return !truth }),
		"len":         r.plain("len", length),
		"index":       r.index,
	}
	for _, name := range []string{"eq", "ne", "lt", "le", "gt", "ge"} {
		out[name] = r.plain(name, func(args ...any) (bool, error) { return compared(name, args) })
	}
	for _, name := range []string{"call", "html", "js", "urlquery", "slice"} {
		out[name] = func(...any) (any, error) { return nil, errHelmfile }
	}
	return out
}

// compared asks text/template itself.
func compared(name string, args []any) (bool, error) {
	var text strings.Builder
	text.WriteString("{{" + name)
	for i := range args {
		fmt.Fprintf(&text, " (index . %d)", i)
	}
	t, err := template.New("").Parse(text.String() + "}}")
	if err != nil {
		return false, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, args)
	return out.String() == "true", err
}

func length(x any) (int, error) {
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.String, reflect.Map, reflect.Slice, reflect.Array:
		return v.Len(), nil
	}
	return 0, errArguments
}

// choose is and, or: the first argument that decides, else the last.
func (r *rendering) choose(args []any, want bool) (any, error) {
	for _, a := range args {
		if _, err := r.guard(a); err != nil {
			return nil, err
		}
		if truth, _ := template.IsTrue(a); truth == want {
			return a, nil
		}
	}
	if len(args) == 0 {
		return nil, errArguments
	}
	return args[len(args)-1], nil
}

func (r *rendering) index(x any, keys ...any) (any, error) {
	for _, k := range keys {
		bare, ids := r.bare(k)
		if _, err := r.again(0, ids); err != nil {
			return nil, err
		}
		v := reflect.ValueOf(x)
		switch {
		case v.Kind() == reflect.Map && reflect.TypeOf(bare) == v.Type().Key():
			found := v.MapIndex(reflect.ValueOf(bare))
			if !found.IsValid() {
				return nil, nil
			}
			x = found.Interface()
		case v.Kind() == reflect.Slice && reflect.ValueOf(bare).CanInt():
			i := reflect.ValueOf(bare).Int()
			if i < 0 || i >= int64(v.Len()) {
				return nil, errArguments
			}
			x = v.Index(int(i)).Interface()
		default:
			return nil, errArguments
		}
	}
	return x, nil
}
