package helm

import (
	"reflect"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// markedFunctions are the functions that know better than that all of the result comes
// from all of the arguments. One that gives nil leaves the call to the plain function.
func markedFunctions() map[string]func(f *frame, args []*val) *val {
	all := map[string]func(f *frame, args []*val) *val{}
	for _, group := range []map[string]func(f *frame, args []*val) *val{
		choosing(), ofMaps(), ofLists(), ofTexts(), ofFormats(), ofTemplates(), looking(),
	} {
		for name, fn := range group {
			all[name] = fn
		}
	}
	return all
}

// functionsOf joins the plain functions with what is known about them.
func functionsOf() map[string]*function {
	out := map[string]*function{}
	for name, fn := range functions() {
		out[name] = &function{plain: reflect.ValueOf(fn)}
	}
	for name, fn := range builtins() {
		out[name] = &function{plain: reflect.ValueOf(fn)}
	}
	for name, fn := range markedFunctions() {
		if out[name] == nil {
			out[name] = &function{plain: reflect.ValueOf(notHere)}
		}
		out[name].marked = fn
	}
	for _, name := range strings.Fields(randomFunctions) {
		out[name].random = true
	}
	out["lookup"].remote = true
	return out
}

const randomFunctions = `randAlphaNum randAlpha randAscii randNumeric randBytes randInt shuffle uuidv4 now ago bcrypt
	htpasswd genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert
	genSignedCertWithKey encryptAES`

func notHere(...any) (any, error) { return nil, errTooMuch }

// choosing are the functions that give one of their arguments.
func choosing() map[string]func(f *frame, args []*val) *val {
	return map[string]func(f *frame, args []*val) *val{
		"default": func(f *frame, args []*val) *val {
			if len(args) < 1 {
				return nil
			}
			if len(args) == 1 {
				return args[0].settled()
			}
			return f.e.firstOf(f, []*val{args[1], args[0]})
		},
		"coalesce": func(f *frame, args []*val) *val { return f.e.firstOf(f, append(args[:len(args):len(args)], &val{})) },
		"ternary":  markTernary,
		"not": func(f *frame, args []*val) *val {
			if len(args) != 1 {
				return nil
			}
			return f.e.judged(args, !f.e.truth(args[0]))
		},
		"empty": func(f *frame, args []*val) *val {
			if len(args) != 1 {
				return nil
			}
			return f.e.judged(args, !f.e.truth(args[0]))
		},
		"required": markRequired,
		"fail":     markFail,
	}
}

// firstOf gives the first value that is not empty, or the last one.
func (e *eval) firstOf(f *frame, list []*val) *val {
	var unknown, tested ids
	var result *val
	for i, v := range list {
		last := i == len(list)-1
		u := e.undecided(v)
		if result == nil && (last || e.truth(v)) {
			result = v.settled()
		}
		if result != nil && (last || len(u) == 0 && e.truth(v)) {
			break
		}
		unknown, tested = unknown.with(u), tested.with(v.all()).with(v.by)
	}
	return result.plus(unknown, tested)
}

// judged is an answer about the emptiness of values.
func (e *eval) judged(args []*val, answer bool) *val {
	out := &val{v: answer}
	for _, a := range args {
		u := e.undecided(a)
		if len(u) == 0 {
			out = out.plus(nil, a.by.with(e.knowns(a.all())))
			continue
		}
		out = out.plus(u.with(a.all()), a.by)
	}
	return out
}

func (e *eval) knowns(list ids) ids {
	var out ids
	for _, id := range list {
		if !e.isUnknown(id) {
			out = append(out, id)
		}
	}
	return out
}

func markTernary(f *frame, args []*val) *val {
	if len(args) != 3 {
		return nil
	}
	c := args[2]
	u := f.e.unknowns(c.all())
	b, ok := c.v.(bool)
	if !ok && len(u) == 0 {
		return nil // the plain function says what is wrong
	}
	chosen := args[1]
	if b || !ok {
		chosen = args[0]
		f.e.forked = f.e.forked || !ok
	}
	if len(u) > 0 {
		return chosen.settled().plus(u, c.by)
	}
	return chosen.settled().plus(nil, c.src.with(c.by))
}

// required stops Helm when a value is missing. Here the rest goes on without it.
func markRequired(f *frame, args []*val) *val {
	if len(args) != 2 {
		return nil
	}
	v := args[1]
	if v.v != nil && v.v != "" || len(f.e.undecided(v)) > 0 {
		return v.settled()
	}
	return f.e.failed(f, args[0])
}

func markFail(f *frame, args []*val) *val {
	if len(args) != 1 {
		return nil
	}
	v := *f.e.failed(f, args[0])
	v.v = ""
	return &v
}

// failed notes that Helm stops with a message of the chart's. Values in the message are
// not shown.
func (e *eval) failed(f *frame, message *val) *val {
	text, ok := message.v.(string)
	if !ok {
		f.errorf("wrong type for value; expected string")
	}
	if e.spec > 0 {
		f.errorf("failed")
	}
	var shown strings.Builder
	for i, at := 0, message.boundaries(); i+1 < len(at); i++ {
		part := cutTo(&val{v: text, p: message.p}, at[i], at[i+1])
		if from := part.all().with(message.src); len(from) > 0 && e.fromTemplate(from) {
			shown.WriteString(text[at[i]:at[i+1]])
		} else if !strings.HasSuffix(shown.String(), "…") {
			shown.WriteString("…")
		}
	}
	e.fails = true
	e.problem(f.place(f.node), shown.String())
	return &val{v: Placeholder, src: ids{e.wellKnown(sourceFailed)}}
}

// fromTemplate reports whether text of these sources stands in a template.
func (e *eval) fromTemplate(list ids) bool {
	for _, id := range list {
		if origin := e.marks.Source(id).Trail.Origin(); origin.Kind != model.KindHelmTemplate {
			return false
		}
	}
	return true
}

// looking are the functions that look at what a value is, not at what it holds.
func looking() map[string]func(f *frame, args []*val) *val {
	look := func(plain func(args []any) any, n int) func(f *frame, args []*val) *val {
		return func(f *frame, args []*val) *val {
			if len(args) != n {
				return nil
			}
			in := make([]any, n)
			out := &val{}
			for i, a := range args {
				in[i] = shallow(a)
				all := a.all()
				out = out.plus(f.e.unknowns(all), a.by.with(f.e.knowns(all)))
			}
			res := *out
			res.v = plain(in)
			return &res
		}
	}
	out := map[string]func(f *frame, args []*val) *val{
		"kindOf": look(func(a []any) any { return reflect.ValueOf(a[0]).Kind().String() }, 1),
		"kindIs": look(func(a []any) any { return a[0] == reflect.ValueOf(a[1]).Kind().String() }, 2),
		"typeOf": look(func(a []any) any { return typeOf(a[0]) }, 1),
		"typeIs": look(func(a []any) any { return a[0] == typeOf(a[1]) }, 2),
		"typeIsLike": look(func(a []any) any {
			t := typeOf(a[1])
			return a[0] == t || a[0] == strings.TrimPrefix(t, "*")
		}, 2),
	}
	for _, name := range []string{"eq", "ne", "lt", "le", "gt", "ge", "len"} {
		out[name] = func(f *frame, args []*val) *val { return f.shallowCall(name, args) }
	}
	out["index"] = markIndex
	out["sortAlpha"] = markSortAlpha
	zoned := func(name string) func(f *frame, args []*val) *val {
		return func(f *frame, args []*val) *val {
			return f.invoke(name, f.e.funcs[name].plain, args).plus(ids{f.e.wellKnown(sourceZone)}, nil)
		}
	}
	for _, name := range strings.Fields("date htmlDate toDate mustToDate date_in_zone dateInZone htmlDateInZone unixEpoch") {
		out[name] = zoned(name)
	}
	return out
}

// shallowCall calls a function that does not look into containers.
func (f *frame) shallowCall(name string, args []*val) *val {
	list := make([]*val, len(args))
	for i, a := range args {
		list[i] = &val{v: shallow(a), src: a.all(), by: a.by, num: a.num}
	}
	var g gathered
	plain := make([]any, len(list))
	for i, a := range list {
		plain[i] = a.v
		g.add(a)
	}
	src, by := g.done()
	in, message := conform(f.e.funcs[name].plain.Type(), list, plain)
	if message == "" {
		out, err := safeCall(f.e.funcs[name].plain, in)
		if err == nil {
			return f.e.answered(out, src, by)
		}
		message = err.Error() // of our own builtins: it names types alone
	}
	if u := f.e.unknowns(src); len(u) > 0 {
		f.e.forked = true
		return of(false, src, by)
	}
	f.errorf("error calling %s: %s", name, message)
	return nil
}

// truth is whether a value counts as true, as things stand.
func (e *eval) truth(v *val) bool {
	switch x := v.v.(type) {
	case nil:
		return false
	case bool:
		return x
	case string:
		return x != ""
	case map[string]any:
		return len(x) > 0
	case Values:
		return len(x) > 0
	case []any:
		return len(x) > 0
	case *taggedFiles:
		return len(x.files) > 0
	}
	r := reflect.ValueOf(v.v)
	switch r.Kind() {
	case reflect.Struct:
		return true
	case reflect.Array, reflect.Map, reflect.Slice:
		return r.Len() > 0
	}
	return !r.IsZero()
}
