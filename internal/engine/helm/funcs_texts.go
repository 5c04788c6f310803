package helm

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"text/template"

	"github.com/keyfit/keyfit/internal/lazy"
)

// asText gives the text that functions take a value for.
func (e *eval) asText(v *val) *val {
	switch x := v.v.(type) {
	case string:
		return v
	case []byte:
		return of(string(x), v.src, v.by)
	case error:
		return of(x.Error(), v.src, v.by)
	case fmt.Stringer:
		return of(x.String(), v.src, v.by)
	}
	var g gathered
	text := fmt.Sprintf("%v", e.strip(v, &g))
	e.size(len(text))
	src, by := g.done()
	return of(text, src, by)
}

func ofTexts() map[string]func(f *frame, args []*val) *val {
	out := map[string]func(f *frame, args []*val) *val{
		"quote":    quotes(func(s string) string { return strconv.Quote(s) }),
		"squote":   quotes(func(s string) string { return "'" + s + "'" }),
		"toString": markToString,
		"indent":   func(f *frame, args []*val) *val { return indent(f, args, "") },
		"nindent":  func(f *frame, args []*val) *val { return indent(f, args, "\n") },
		"print":    printAll,
		"printf":   printFormat,
		"join":     markJoin,
		"trunc":    markTrunc,
	}
	out["trim"] = func(f *frame, args []*val) *val {
		return trimmed(args, 1, func(s string) (int, int) {
			kept := strings.TrimSpace(s)
			start := strings.Index(s, kept)
			return start, start + len(kept)
		})
	}
	each := map[string]func(string) string{
		"upper": strings.ToUpper, "lower": strings.ToLower, "html": template.HTMLEscapeString, "js": template.JSEscapeString,
	}
	for name, part := range each {
		out[name] = func(f *frame, args []*val) *val {
			if len(args) != 1 {
				return nil
			}
			text, ok := args[0].v.(string)
			if !ok {
				return nil
			}
			v, ok := mapped(args[0], part(text), part)
			if !ok {
				return nil
			}
			return v
		}
	}
	for name, edges := range affixes() {
		out[name] = edges
	}
	return out
}

// affixes take something off the ends of a text. When the text is not known in part, that
// may reach into what is.
func affixes() map[string]func(f *frame, args []*val) *val {
	of := func(edges func(affix, s string) (int, int)) func(f *frame, args []*val) *val {
		return func(f *frame, args []*val) *val {
			if len(args) != 2 || f.e.anyUnknown(args...) {
				return nil
			}
			affix, ok := args[0].v.(string)
			if !ok {
				return nil
			}
			return trimmed(args, 2, func(s string) (int, int) { return edges(affix, s) })
		}
	}
	suffix := of(func(affix, s string) (int, int) { return 0, len(strings.TrimSuffix(s, affix)) })
	prefix := of(func(affix, s string) (int, int) { return len(s) - len(strings.TrimPrefix(s, affix)), len(s) })
	all := of(func(cutset, s string) (int, int) {
		start := len(s) - len(strings.TrimLeft(s, cutset))
		return start, start + len(strings.Trim(s, cutset))
	})
	return map[string]func(f *frame, args []*val) *val{"trimSuffix": suffix, "trimPrefix": prefix, "trimAll": all, "trimall": all}
}

// trimmed cuts the last of n arguments.
func trimmed(args []*val, n int, edges func(s string) (int, int)) *val {
	if len(args) != n {
		return nil
	}
	v := args[n-1]
	text, ok := v.v.(string)
	if !ok {
		return nil
	}
	start, end := edges(text)
	return cut(v, start, end)
}

// trunc cuts a text to a length. What comes before the first piece that is not known stays
// as it is.
func markTrunc(f *frame, args []*val) *val {
	if len(args) != 2 || f.e.anyUnknown(args[0]) {
		return nil
	}
	n, ok := args[0].v.(int)
	text, isText := args[1].v.(string)
	if !ok || !isText {
		return nil
	}
	start, end := 0, len(text)
	switch {
	case n < 0 && len(text)+n > 0:
		start = len(text) + n
	case n >= 0 && len(text) > n:
		end = n
	}
	u := f.e.unknowns(args[1].all())
	out := cut(args[1], start, end)
	certain := len(text)
	for _, p := range args[1].p {
		if f.e.isUnknown(p.id) {
			certain = min(certain, p.start)
		}
	}
	if len(u) > 0 && (start > 0 || end > certain || len(f.e.unknowns(args[1].src)) > 0 || n < 0) {
		return out.plus(u, nil)
	}
	return out
}

// quotes writes texts in quotes, with spaces between them. Nil is left out.
func quotes(quote func(string) string) func(f *frame, args []*val) *val {
	return func(f *frame, args []*val) *val {
		var r rope
		out := &val{}
		for _, a := range args {
			if a.v == nil {
				out = out.plus(f.e.unknowns(a.src), a.by)
				continue
			}
			if len(r.b) > 0 {
				r.b = append(r.b, ' ')
			}
			text := f.e.asText(a)
			whole := quote(text.v.(string))
			f.e.size(len(whole))
			inner, ok := mapped(text, whole[1:len(whole)-1], func(s string) string { q := quote(s); return q[1 : len(q)-1] })
			if !ok {
				inner = of(whole[1:len(whole)-1], text.all(), nil)
			}
			r.b = append(r.b, whole[0])
			r.add(inner.v.(string), inner)
			r.b = append(r.b, whole[len(whole)-1])
			// Quotes around nothing come from what is nothing.
			if len(whole) == 2 {
				for _, id := range text.all() {
					r.p = append(r.p, piece{start: len(r.b) - 2, end: len(r.b), id: id})
				}
			}
			out = out.plus(nil, text.by)
		}
		v := r.val()
		if len(out.src) > 0 && len(r.b) == 0 {
			v = f.e.guess(out.src[0])
		}
		return v.plus(out.src, out.by)
	}
}

func markToString(f *frame, args []*val) *val {
	if len(args) != 1 || args[0].v == nil {
		return nil
	}
	return f.e.asText(args[0]).settled()
}

// indent puts spaces before every line.
func indent(f *frame, args []*val, before string) *val {
	if len(args) != 2 || f.e.anyUnknown(args[0]) {
		return nil
	}
	n, ok := args[0].v.(int)
	text, isText := args[1].v.(string)
	if !ok || !isText || n < 0 {
		return nil
	}
	f.e.size(n * (strings.Count(text, "\n") + 1))
	pad := strings.Repeat(" ", n)
	inside := func(s string) string { return strings.ReplaceAll(s, "\n", "\n"+pad) }
	v, ok := mapped(args[1], inside(text), inside)
	if !ok {
		return nil
	}
	if args[1].v == "" && len(args[1].p) == 0 {
		return &val{v: before + pad, by: args[1].by.with(f.e.knowns(args[1].src)), src: f.e.unknowns(args[1].src)}
	}
	r := rope{b: []byte(before + pad)}
	r.add(v.v.(string), v)
	return r.val().plus(nil, v.by)
}

// printAll is print: spaces stand between values of which neither is a text.
func printAll(f *frame, args []*val) *val {
	var r rope
	var by ids
	vagueNil := false
	for i, a := range args {
		if i > 0 && !isString(args[i-1]) && !isString(a) {
			r.b = append(r.b, ' ')
		}
		text := &val{v: "<nil>"}
		switch {
		case a.v == nil && len(f.e.unknowns(a.src)) > 0:
			text, vagueNil = f.e.guess(a.src[0]).plus(a.src, a.by), true
		case a.v != nil:
			text = f.e.asText(a)
		}
		r.add(text.v.(string), text)
		by = by.with(text.by)
	}
	f.e.size(len(r.b))
	var g gathered
	if text := fmt.Sprint(f.stripped(args, &g)...); text != string(r.b) && !vagueNil {
		return nil
	}
	return r.val().plus(nil, by)
}

func isString(v *val) bool { return v.v != nil && reflect.TypeOf(v.v).Kind() == reflect.String }

var verb = lazy.Regexp(`%(?:%|[-+# 0]*\d{0,6}(?:\.\d{0,6})?[a-zA-Z])`)

// printFormat is printf, for formats that take their arguments one after the other.
func printFormat(f *frame, args []*val) *val {
	if len(args) == 0 {
		return nil
	}
	format, ok := args[0].v.(string)
	if !ok || f.e.anyUnknown(args[0]) {
		return nil
	}
	f.e.guard("printf", []any{format})
	var r rope
	var by ids
	next, at := 1, 0
	for _, m := range verb().FindAllStringIndex(format, -1) {
		f.addFormat(&r, args[0], format, at, m[0])
		at = m[1]
		if format[m[1]-1] == '%' {
			r.b = append(r.b, '%')
			continue
		}
		if next >= len(args) {
			return nil
		}
		text := f.formatted(format[m[0]:m[1]], args[next])
		r.add(text.v.(string), text)
		by = by.with(text.by)
		next++
	}
	f.addFormat(&r, args[0], format, at, len(format))
	var g gathered
	whole := fmt.Sprintf(format, f.stripped(args[1:], &g)...)
	if next != len(args) || whole != string(r.b) {
		return nil
	}
	f.e.size(len(whole))
	return r.val().plus(nil, by.with(args[0].by))
}

func (f *frame) addFormat(r *rope, format *val, text string, start, end int) {
	part := cut(format, start, end)
	r.add(text[start:end], part)
}

func (f *frame) stripped(args []*val, g *gathered) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = f.e.strip(a, g)
	}
	return out
}

func (f *frame) formatted(verb string, a *val) *val {
	if isString(a) && (verb == "%s" || verb == "%v") {
		return a
	}
	var g gathered
	text := fmt.Sprintf(verb, f.e.strip(a, &g))
	src, by := g.done()
	return of(text, src, by)
}

func markJoin(f *frame, args []*val) *val {
	if len(args) != 2 || f.e.anyUnknown(args[1]) {
		return nil
	}
	list, ok := listIn(args[1])
	if !ok {
		return nil
	}
	sep, ok := args[0].v.(string)
	if !ok {
		return nil
	}
	var r rope
	by := args[1].by
	n := 0
	for _, item := range list {
		v := args[1].child(item)
		if v.v == nil {
			if f.e.anyUnknown(v) {
				return nil
			}
			continue
		}
		if n > 0 {
			r.add(sep, args[0])
		}
		n++
		text := f.e.asText(v)
		f.e.size(len(sep))
		r.add(text.v.(string), text)
		by = by.with(text.by)
	}
	return r.val().plus(nil, by)
}
