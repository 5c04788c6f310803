package helm

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Load reads the chart and coalesces its values as Helm v3.22 does. It gives nil, with
// problems that say why, when Helm could do nothing with the chart.
func Load(step Step) (*Loaded, []model.Problem) {
	l := &loader{step: step, doubted: step.Doubt}
	if step.ReuseValues {
		why := model.UnknownBecause(model.WhyRemoteState, "the values of the running release, or --reset-values", model.Trail{}.Append(model.Hop{At: step.At, Kind: model.KindCommand, What: "helm upgrade with the values of the running release"}))
		l.open = &why
	}
	loaded, err := l.load()
	if err != nil {
		l.report(err)
		loaded = nil
	}
	return loaded, model.SortProblems(l.problems)
}

func (l *loader) load() (*Loaded, error) {
	root, err := l.chart(path.Clean(l.step.Chart), 0)
	if err != nil {
		return nil, err
	}
	if root.meta.Type == "library" {
		return nil, fail(root.at, "name the chart that uses it", "is a library, which helm does not install")
	}
	l.requireDependencies(root)
	given := l.given()
	if err := l.enable(root, given, ""); err != nil {
		return nil, l.mismatch(root, err)
	}
	if err := l.imports(root); err != nil {
		return nil, err
	}
	values, err := coalesce(root, given, false)
	if err != nil {
		return nil, l.mismatch(root, err)
	}
	if l.doubted != nil {
		values = values.because(l.doubted)
	} else if !l.step.SkipSchema && l.open == nil {
		l.validate(root, values)
	}
	plain, _ := values.plain().(map[string]any)
	return &Loaded{Root: finished(root, nil), Values: plain, Origins: values.origins(), Doubt: l.doubted, Open: l.open}, nil
}

func (l *loader) mismatch(root *loadedChart, err error) error {
	if e := (errMismatch{}); errors.As(err, &e) {
		return fail(root.at, "give a map below that name", "the values of the chart %q hold no map below %q, expected the values of the dependency", e.chart, e.key)
	}
	return err
}

// finished is the chart as others see it.
func finished(c *loadedChart, values []string) *Chart {
	out := &Chart{
		Name: c.name(), Path: c.fullPath(), ValuesPath: values, Metadata: *c.meta, IsRoot: c.parent == nil,
		Library: c.meta.Type == "library", Templates: c.templates, Files: c.files, Dir: c.dir, Doubt: c.doubt,
	}
	for _, sub := range c.deps {
		below := append(append([]string{}, values...), sub.name())
		out.Dependencies = append(out.Dependencies, finished(sub, below))
	}
	return out
}

// requireDependencies looks for what Chart.yaml asks for and charts/ lacks. Helm refuses the
// chart then; a dependency that lies elsewhere in the repository is taken from there, as
// `helm dependency build` would, so that the rest can be told.
func (l *loader) requireDependencies(root *loadedChart) {
	for _, want := range root.meta.Dependencies {
		if root.hasDependency(want.Name) {
			continue
		}
		message := fmt.Sprintf("the dependency %q is missing in charts/, so that helm refuses the chart", want.Name)
		if dir, ok := strings.CutPrefix(want.Repository, "file://"); ok {
			sub, err := l.chart(l.local(root, dir), 1)
			if err == nil && sub.name() == want.Name {
				root.setDependencies(append(root.deps, sub))
				l.problem(root.at, message+"; its values are taken from "+fmt.Sprintf("%q", sub.dir), "run `helm dependency build` before")
				continue
			}
			if err != nil {
				l.report(err)
			}
		}
		l.problem(root.at, message, "run `helm dependency build` before, or put the chart into charts/")
	}
}

func (l *loader) local(root *loadedChart, dir string) string {
	if path.IsAbs(dir) {
		return dir
	}
	return path.Join(root.dir, dir)
}

// defaults reads a chart's own values.yaml.
func (l *loader) defaults(f File) (*node, error) {
	values, err := fileDocument(f).parse()
	if err != nil {
		at := pos.Span{File: f.Path}
		if wrong := (*syntaxError)(nil); errors.As(err, &wrong) {
			at = wrong.in(f)
		}
		return nil, fail(at, "correct the YAML", "the chart's values.yaml %s", err)
	}
	if l.open != nil {
		values = values.because(l.open)
		values = values.at(nothing())
	}
	return values, nil
}

// given puts together what the command gives: files first, then each kind of --set.
func (l *loader) given() *node {
	out := newTable(nothing())
	for _, arg := range l.step.Values {
		if arg.Flag == "values" {
			if values := l.document(arg); values != nil {
				out = mergeFiles(out, values)
			}
		}
	}
	for _, flag := range setOrder() {
		for _, arg := range l.step.Values {
			if arg.Flag == flag {
				l.assign(arg, out)
			}
		}
	}
	if l.open != nil {
		out = out.nullsBecause(l.open)
	}
	return out
}

// nullsBecause makes every null unknown: over a value of the running release it takes both
// away, and then the chart's own value holds.
func (n *node) nullsBecause(why *model.Value) *node {
	if n.isNull() {
		return n.because(why)
	}
	for key, child := range n.table {
		n.table[key] = child.nullsBecause(why)
	}
	return n
}

// document reads one -f. It gives nil when the values are not known, which is a doubt about
// everything.
func (l *loader) document(arg Arg) *node {
	var d *document
	var at pos.Span
	switch {
	case arg.Inline:
		d, at = l.inline(arg.Text), l.step.At
	case arg.Text.State != model.Known:
		l.doubt(unknownBecause(arg.Text))
	default:
		d, at = l.valuesFile(arg.Text)
	}
	if d == nil {
		return nil
	}
	values, err := d.parse()
	if err != nil {
		l.refused(d, at, err)
		return nil
	}
	if d.odd != nil {
		l.doubt(unknownBecause(*d.odd))
	}
	if arg.Encrypted {
		return l.decrypted(d, at, values)
	}
	return values
}

func (l *loader) refused(d *document, at pos.Span, err error) {
	if d.unknown != nil {
		if why := d.unknown(0, len(d.data)); why != nil {
			l.doubt(unknownBecause(*why))
			return
		}
	}
	if wrong := (*syntaxError)(nil); errors.As(err, &wrong) && !at.Start.IsValid() {
		at = wrong.in(File{Path: at.File})
	}
	l.problem(at, "the values file "+err.Error(), "correct it")
	l.doubt(&model.Value{Why: model.WhyUnsupported, Needs: "a values file that is valid", Trail: model.Trail{}.Append(model.Hop{At: at, Kind: model.KindHelmValues})})
}

func (l *loader) valuesFile(v model.Value) (*document, pos.Span) {
	name := v.Text.Reveal()
	if why := outside(name); why != nil {
		l.doubt(why)
		return nil, l.step.At
	}
	file := l.path(name)
	at := pos.Span{File: file}
	data, err := l.step.Files.Read(file)
	if err != nil {
		l.problem(l.step.At, fmt.Sprintf("the values file %s cannot be read: %s", strict.Path(file), reason(err)), "put the file into the repository, or correct its name")
		l.doubt(&model.Value{Why: model.WhyMissingFile, Needs: "the values file " + strict.Path(file), Trail: v.Trail})
		return nil, at
	}
	return fileDocument(File{Data: data, Path: file}), at
}

// inline is a text of values that stands in a command. A piece of it that is not known
// decides about the values that it is part of; one in a key may set anything.
func (l *loader) inline(v model.Value) *document {
	pieces := v.Parts
	if len(pieces) == 0 || v.State == model.Known && joined(pieces) != v.Text.Reveal() {
		if v.State != model.Known {
			l.doubt(unknownBecause(v))
			return nil
		}
		pieces = []model.Value{v}
	}
	var b strings.Builder
	var ends []int
	for _, p := range pieces {
		if p.State == model.Unknown {
			b.WriteString(Placeholder)
		} else {
			b.WriteString(p.Text.Reveal())
		}
		ends = append(ends, b.Len())
	}
	among := func(start, end int) []model.Value {
		var out []model.Value
		from := 0
		for i, p := range pieces {
			if start < ends[i] && from < max(end, start+1) {
				out = append(out, p)
			}
			from = ends[i]
		}
		return out
	}
	d := &document{data: []byte(b.String())}
	d.places = newPlaces(d.data)
	d.trail = func(start, end int, at string) model.Trail {
		trails := []model.Trail{v.Trail}
		if start >= 0 {
			trails = nil
			for _, p := range among(start, end) {
				trails = append(trails, p.Trail)
			}
		}
		t := model.Join(trails...)
		if t.IsEmpty() {
			t = t.Append(model.Hop{At: l.step.At, Kind: model.KindCommand, What: "helm --values", Literal: true})
		}
		return t.Append(model.Hop{At: l.step.At, Kind: model.KindHelmValues, What: strings.TrimSpace("--values " + at)})
	}
	d.unknown = func(start, end int) *model.Value {
		if start < 0 {
			start, end = 0, len(d.data)
		}
		for _, p := range among(start, end) {
			if p.State == model.Unknown {
				return &p
			}
		}
		return nil
	}
	return d
}

func joined(pieces []model.Value) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text.Reveal())
	}
	return b.String()
}
