package helm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// plain renders without origins, by the template package that Helm itself uses. What it
// gives is the measure for the render that carries origins.
type plain struct {
	ctx     context.Context
	set     *template.Template
	nested  map[string]int
	written int
	missing bool // "required" and "fail" found something wrong
}

func newPlain(ctx context.Context) *plain {
	p := &plain{ctx: ctx, set: template.New("gotpl").Option("missingkey=zero"), nested: map[string]int{}}
	f := functions()
	f["include"] = p.include(p.set)
	f["tpl"] = p.tpl(p.set)
	f["required"] = p.required
	f["fail"] = p.fail
	p.set.Funcs(f)
	return p
}

// parse adds the templates. It gives the errors of those that cannot be read.
func (p *plain) parse(sources []*source) map[string]error {
	failed := map[string]error{}
	for _, s := range sources {
		if _, err := p.set.New(s.name).Parse(string(s.file.Data)); err != nil {
			failed[s.name] = err
		}
	}
	return failed
}

// render gives the text of one template.
func (p *plain) render(s *source) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("rendering template failed")
		}
	}()
	s.scope["Template"] = Values{"Name": s.name, "BasePath": s.basePath}
	clear(p.nested)
	var out strings.Builder
	if err := p.set.ExecuteTemplate(p.limited(&out), s.name, s.scope); err != nil {
		return "", err
	}
	return strings.ReplaceAll(out.String(), noValue, ""), nil
}

const noValue = "<no value>"

func (p *plain) include(set *template.Template) func(string, any) (string, error) {
	return func(name string, data any) (string, error) {
		if p.nested[name] > maxNested {
			return "", fmt.Errorf("rendering template has a nested reference name: %s: unable to execute template", name)
		}
		p.nested[name]++
		defer func() { p.nested[name]-- }()
		var out strings.Builder
		err := set.ExecuteTemplate(p.limited(&out), name, data)
		return out.String(), err
	}
}

func (p *plain) tpl(parent *template.Template) func(string, any) (string, error) {
	return func(text string, data any) (string, error) {
		if !strings.Contains(text, "{{") {
			return strings.ReplaceAll(text, noValue, ""), nil
		}
		set, err := parent.Clone()
		if err != nil {
			return "", fmt.Errorf("cannot clone template: %w", err)
		}
		set.Option("missingkey=zero")
		set.Funcs(template.FuncMap{"include": p.include(set), "tpl": p.tpl(set)})
		if set, err = set.New(parent.Name()).Parse(text); err != nil {
			return "", fmt.Errorf("cannot parse template: %w", err)
		}
		var out strings.Builder
		if err := set.Execute(p.limited(&out), data); err != nil {
			return "", fmt.Errorf("error during tpl function execution: %w", err)
		}
		return strings.ReplaceAll(out.String(), noValue, ""), nil
	}
}

// required and fail go on after what stops Helm, so that the rest can be seen.
func (p *plain) required(_ string, v any) (any, error) {
	if v == nil || v == "" {
		p.missing = true
		return Placeholder, nil
	}
	return v, nil
}

func (p *plain) fail(string) (string, error) {
	p.missing = true
	return "", nil
}

func (p *plain) limited(out *strings.Builder) *limitedWriter { return &limitedWriter{p, out} }

type limitedWriter struct {
	p   *plain
	out *strings.Builder
}

var errTooMuch = errors.New("the templates give more text than keyfit reads")

// Write adds to the text, until there is too much of it.
func (w *limitedWriter) Write(b []byte) (int, error) {
	if w.p.written += len(b) + 1; w.p.written > maxWritten {
		return 0, errTooMuch
	}
	if w.p.written&0xFFF < len(b)+1 && w.p.ctx.Err() != nil {
		return 0, w.p.ctx.Err()
	}
	return w.out.Write(b)
}
