package deploy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// own are the functions of helmfile, and those that hand texts on.
func (r *rendering) own() template.FuncMap {
	return template.FuncMap{
		"env":              func(name string) string { return r.variable("env", name) },
		"requiredEnv":      r.requiredEnv,
		"exec":             func(...any) string { return r.command("exec") },
		"envExec":          func(...any) string { return r.command("envExec") },
		"fetchSecretValue": func(any) string { return r.remote("fetchSecretValue") },
		"expandSecretRefs": func(any) (any, error) { return nil, errHelmfile },
		"readFile":         r.readFile,
		"isFile":           func(name string) (bool, error) { return r.is(name, false) },
		"isDir":            func(name string) (bool, error) { return r.is(name, true) },
		"readDir":          func(...any) (any, error) { return nil, errHelmfile },
		"readDirEntries":   func(...any) (any, error) { return nil, errHelmfile },
		"toYaml":           r.toYaml,
		"fromYaml":         r.plain("fromYaml", fromYAML),
		"setValueAtPath":   func(...any) (any, error) { return nil, errHelmfile },
		"get":              r.get,
		"getOrNil":         func(name string, x any) (any, error) { v, _, err := r.lookUp(name, x); return v, err },
		"tpl":              r.tpl,
		"include":          r.include,
		"required":         r.required,
		"default":          r.fallback,
		"coalesce":         r.coalesce,
		"list":             func(args ...any) []any { return args },
		"tuple":            func(args ...any) []any { return args },
		"dict":             r.dict,
		"quote":            r.plain("quote", quoteAll),
		"trim":             r.trim,
		"indent":           func(n int, s string) (string, error) { return indented(n, s, "") },
		"nindent":          func(n int, s string) (string, error) { return indented(n, s, "\n") },
	}
}

func indented(n int, text, before string) (string, error) {
	if n < 0 || n > 200 {
		return "", errArguments
	}
	pad := strings.Repeat(" ", n)
	return before + pad + strings.ReplaceAll(text, "\n", "\n"+pad), nil
}

// trim keeps the marks where the blanks lie outside of them.
func (r *rendering) trim(text string) (any, error) {
	trimmed := strings.TrimSpace(text)
	if origin.Plain(trimmed) == strings.TrimSpace(origin.Plain(text)) {
		return trimmed, nil
	}
	return r.plain("trim", strings.TrimSpace)(text)
}

// quoteAll writes texts in quotes, as the library does.
func quoteAll(args ...any) string {
	var out []string
	for _, a := range args {
		if a != nil {
			out = append(out, fmt.Sprintf("%q", fmt.Sprint(a)))
		}
	}
	return strings.Join(out, " ")
}

func (r *rendering) command(name string) string {
	return r.token(model.UnknownBecause(model.WhyCommandOutput, "what the command of "+name+" prints", model.Trail{}))
}

func (r *rendering) remote(name string) string {
	return r.token(model.UnknownBecause(model.WhyRemoteState, "what "+name+" gets", model.Trail{}))
}

// variable is one of helmfile's own environment.
func (r *rendering) variable(function, name string) string {
	v := r.h.call.Env.Get(name)
	if v.State == model.Absent {
		v = model.KnownText("", model.Hop{At: r.h.call.At, Kind: model.KindDefault, What: function})
	}
	return r.h.marked(v)
}

func (r *rendering) requiredEnv(name string) (string, error) {
	v := r.h.call.Env.Get(name)
	if v.State == model.Absent || v.State == model.Known && v.Text.IsEmpty() {
		r.h.missing(name)
		return r.token(model.UnknownBecause(model.WhyInput, "the variable "+name, v.Trail)), nil
	}
	return r.h.marked(v), nil
}

func (r *rendering) readFile(name string) (string, error) {
	if err := r.refuse(name); err != nil {
		return "", err
	}
	full := joinDir(r.dir, origin.Plain(name))
	data, err := r.h.call.Files.Read(full)
	if err != nil {
		return "", errHelmfile
	}
	return r.h.literalText(full, data), nil
}

func (r *rendering) is(name string, dir bool) (bool, error) {
	if err := r.refuse(name); err != nil {
		return false, err
	}
	info, err := r.h.call.Files.Stat(joinDir(r.dir, origin.Plain(name)))
	return err == nil && info.Dir == dir, nil
}

func fromYAML(text string) (any, error) {
	var out any
	err := yaml.Unmarshal([]byte(text), &out)
	return out, err
}

// get looks a path of names up. A fallback stands before the mapping.
func (r *rendering) get(name string, args ...any) (any, error) {
	if len(args) == 0 || len(args) > 2 {
		return nil, errArguments
	}
	v, ok, err := r.lookUp(name, args[len(args)-1])
	switch {
	case err != nil || ok:
		return v, err
	case len(args) == 2:
		return args[0], nil
	}
	return nil, errArguments
}

func (r *rendering) lookUp(name string, x any) (any, bool, error) {
	if err := r.refuse(name); err != nil {
		return nil, false, err
	}
	for _, step := range strings.Split(origin.Plain(name), ".") {
		if s, ok := x.(string); ok {
			if err := r.refuse(s); err != nil {
				return nil, false, err
			}
		}
		m, ok := x.(map[string]any)
		if !ok {
			return nil, false, nil
		}
		if x, ok = m[step]; !ok {
			return nil, false, nil
		}
	}
	return x, true, nil
}

func (r *rendering) tpl(text string, data any) (string, error) {
	if err := r.refuse(text); err != nil {
		return "", err
	}
	if r.depth++; r.depth > 20 {
		return "", errCalls
	}
	defer func() { r.depth-- }()
	t, err := r.set.Clone()
	if err != nil {
		return "", err
	}
	if t, err = t.New("tpl").Parse(origin.Plain(text)); err != nil {
		return "", errHelmfile
	}
	return r.execute(t, data)
}

func (r *rendering) include(name string, data any) (string, error) {
	if r.depth++; r.depth > 50 {
		return "", errCalls
	}
	defer func() { r.depth-- }()
	t := r.set.Lookup(origin.Plain(name))
	if t == nil {
		return "", errHelmfile
	}
	return r.execute(t, data)
}

func (r *rendering) execute(t *template.Template, data any) (string, error) {
	if t.Name() == "tpl" {
		r.rewrite(t.Root, func(*parse.TextNode) {})
		t.Root.Nodes = slices.Insert(t.Root.Nodes, 0, tick())
	}
	out := &bounded{}
	if err := t.Execute(out, data); err != nil {
		return "", err
	}
	return out.String(), nil
}

func (r *rendering) required(_ string, x any) (any, error) {
	if x == nil || x == "" {
		return nil, errHelmfile
	}
	return x, nil
}

// fallback is default: what is not known may be empty, and so stays unknown.
func (r *rendering) fallback(otherwise any, given ...any) any {
	if len(given) == 0 || empty(given[0]) {
		return otherwise
	}
	return given[0]
}

func (r *rendering) coalesce(args ...any) any {
	for _, a := range args {
		if !empty(a) {
			return a
		}
	}
	return nil
}

func empty(x any) bool {
	truth, _ := template.IsTrue(x)
	return x == nil || !truth
}

func (r *rendering) dict(args ...any) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i < len(args); i += 2 {
		bare, ids := r.bare(args[i])
		if _, err := r.again(0, ids); err != nil {
			return nil, err
		}
		name := fmt.Sprint(bare)
		out[name] = ""
		if i+1 < len(args) {
			out[name] = args[i+1]
		}
	}
	return out, nil
}

// toYaml writes a value, and marks the texts in it by their places.
func (r *rendering) toYaml(x any) (string, error) {
	bare, ids := r.bare(x)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(bare); err != nil {
		return "", err
	}
	if err := e.Close(); err != nil {
		return "", err
	}
	text := b.String()
	if len(ids) == 0 {
		return text, nil
	}
	if s, ok := x.(string); ok {
		if err := r.refuse(s); err != nil {
			return r.token(r.h.value(s)), nil
		}
	}
	return r.placed(text, x)
}

// placed finds the texts of x in what was written of it.
func (r *rendering) placed(text string, x any) (string, error) {
	plain := &helmfileText{h: r.h, plain: text, index: pos.NewIndex([]byte(text))}
	n, err := plain.document()
	if err != nil || n == nil {
		return "", errHelmfile
	}
	type at struct {
		start, end int
		ids        []origin.ID
	}
	var all []at
	var visit func(n *yaml.Node, x any)
	visit = func(n *yaml.Node, x any) {
		switch x := x.(type) {
		case string:
			if ids := origin.IDs(x); len(ids) > 0 && n.Kind == yaml.ScalarNode {
				start, end := plain.extent(n)
				all = append(all, at{start, end, ids})
			}
		case map[string]any:
			for i := 0; i+1 < len(n.Content); i += 2 {
				visit(n.Content[i+1], x[n.Content[i].Value])
			}
		case []any:
			for i := 0; i < len(n.Content) && i < len(x); i++ {
				visit(n.Content[i], x[i])
			}
		}
	}
	visit(n, x)
	order.By(all, func(a, b at) int { return a.start - b.start })
	var out strings.Builder
	from := 0
	for _, a := range all {
		if a.start < from || a.end > len(text) {
			return "", errHelmfile
		}
		out.WriteString(text[from:a.start])
		body := strings.TrimRight(text[a.start:a.end], "\n")
		out.WriteString(origin.WrapAll(a.ids, body))
		from = a.start + len(body)
	}
	out.WriteString(text[from:])
	return out.String(), nil
}
