package helm

import (
	"cmp"
	"errors"
	"io"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
)

// Values is a tree of values, with the methods that templates find on Helm's.
type Values map[string]any

// YAML gives the tree as YAML.
func (v Values) YAML() (string, error) {
	text := toYAML(v)
	if text == "" {
		return "", errors.New("cannot be written as YAML")
	}
	return text + "\n", nil
}

// AsMap gives the tree as a map.
func (v Values) AsMap() map[string]any {
	if len(v) == 0 {
		return map[string]any{}
	}
	return v
}

// Encode writes the tree as YAML.
func (v Values) Encode(w io.Writer) error {
	text, err := v.YAML()
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	return err
}

// Table gives the tree below a path of names with dots between them.
func (v Values) Table(name string) (Values, error) {
	at := v
	for _, key := range strings.Split(name, ".") {
		switch next := at[key].(type) {
		case map[string]any:
			at = next
		case Values:
			at = next
		default:
			return Values{}, errors.New(key + " is not a table")
		}
	}
	return at, nil
}

// PathValue gives what stands at a path of names with dots between them, unless it is a
// tree itself.
func (v Values) PathValue(name string) (any, error) {
	at, key := v, name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		var err error
		if at, err = v.Table(name[:i]); err != nil {
			return nil, err
		}
		key = name[i+1:]
	}
	found, ok := at[key]
	if _, isMap := found.(map[string]any); !ok || isMap {
		return nil, errors.New(key + " is not a value")
	}
	return found, nil
}

// about is what .Chart gives.
type about = struct {
	chart.Metadata
	IsRoot bool
}

// source is a template with what it is rendered with.
type source struct {
	name     string // as Helm calls it
	file     File
	scope    Values
	basePath string
	doubt    *model.Value // set: whether its chart is deployed is not known
}

// partial reports whether the template only defines others.
func (s *source) partial() bool { return strings.HasPrefix(path.Base(s.name), "_") }

// scoping makes the scopes of templates: of a chart, chart and files give what .Chart and
// .Files are.
type scoping struct {
	release, capabilities any
	chart, files          func(c *Chart) any
	sources               []*source
}

// add makes the scope of a chart's templates; values is the chart's tree.
func (s *scoping) add(c *Chart, values any, doubt *model.Value) map[string]any {
	if c.Doubt != nil {
		doubt = c.Doubt
	}
	below := map[string]any{}
	scope := Values{
		"Chart":        s.chart(c),
		"Files":        s.files(c),
		"Release":      s.release,
		"Capabilities": s.capabilities,
		"Values":       values,
		"Subcharts":    below,
	}
	for _, d := range c.Dependencies {
		below[d.Name] = s.add(d, tableOf(values, d.Name), doubt)
	}
	for _, f := range c.Templates {
		if c.Library && !strings.HasPrefix(path.Base(f.Name), "_") {
			continue
		}
		s.sources = append(s.sources, &source{
			name: path.Join(c.Path, f.Name), file: f, scope: scope, basePath: path.Join(c.Path, "templates"), doubt: doubt,
		})
	}
	return scope
}

func tableOf(values any, name string) Values {
	at, _ := values.(Values)
	held := at[name]
	if v, ok := held.(*val); ok {
		held = v.v
	}
	switch table := held.(type) {
	case map[string]any:
		return table
	case Values:
		return table
	}
	return Values{}
}

// inOrder sorts templates as Helm does: the deepest first, so that a chart's own
// definitions replace those of the charts within it.
func inOrder(sources []*source) {
	order.By(sources, func(a, b *source) int {
		return cmp.Or(cmp.Compare(strings.Count(b.name, "/"), strings.Count(a.name, "/")), cmp.Compare(b.name, a.name))
	})
}
