package discover

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/strict"
)

// charts finds the files of values that charts have for environments: values-ENV.yaml and
// values.ENV.yaml beside the chart, ENV/values.yaml and environments/ENV.yaml below it.
func (d *discovery) charts() {
	for _, dir := range d.dirs {
		if !d.in[dir].has("Chart.yaml") || d.isSubchart(dir) {
			continue
		}
		for _, v := range d.valuesOf(dir) {
			d.sources = append(d.sources, d.release(dir, v))
		}
	}
}

// isSubchart reports whether a chart lies within another one, which deploys it.
func (d *discovery) isSubchart(dir string) bool {
	for up := path.Dir(dir); ; up = path.Dir(up) {
		if here := d.in[up]; here != nil && here.has("Chart.yaml") && up != dir {
			return true
		}
		if up == "." || up == "/" {
			return false
		}
	}
}

// values are files of values for one environment.
type values struct {
	environment string
	file        string // relative to the start
}

// valuesBelow are directories of a chart that hold a file or a directory for each
// environment.
var valuesBelow = []string{"values", "env", "envs", "environments", "config", "ci-values"}

func (d *discovery) valuesOf(chart string) []values {
	var out []values
	add := func(environment, file string) {
		if isStage(environment) && isEnvironmentName(environment) {
			out = append(out, values{environment, file})
		}
	}
	for _, file := range d.in[chart].files {
		if name, ok := valuesName(file); ok {
			add(name, path.Join(chart, file))
		}
	}
	for _, below := range d.in[chart].dirs {
		dir := path.Join(chart, below)
		here := d.in[dir]
		if here == nil {
			continue
		}
		for _, file := range here.files {
			if isYAML(file) && file != "values.yaml" && slices.Contains(valuesBelow, below) {
				name, ok := valuesName(file)
				if !ok {
					name = strings.TrimSuffix(file, path.Ext(file))
				}
				add(name, path.Join(dir, file))
			}
		}
		if here.has("values.yaml") {
			add(below, path.Join(dir, "values.yaml"))
		}
		if !slices.Contains(valuesBelow, below) {
			continue
		}
		for _, name := range here.dirs {
			if inner := d.in[path.Join(dir, name)]; inner != nil && inner.has("values.yaml") {
				add(name, path.Join(dir, name, "values.yaml"))
			}
		}
	}
	return out
}

func isYAML(file string) bool { return path.Ext(file) == ".yaml" || path.Ext(file) == ".yml" }

// valuesName is the environment in values-ENV.yaml, values.ENV.yaml, values_ENV.yaml or
// ENV-values.yaml.
func valuesName(file string) (string, bool) {
	if !isYAML(file) {
		return "", false
	}
	base := strings.TrimSuffix(file, path.Ext(file))
	for _, mark := range []string{"values-", "values.", "values_"} {
		if name, ok := strings.CutPrefix(base, mark); ok && name != "" {
			return name, true
		}
	}
	for _, mark := range []string{"-values", ".values", "_values"} {
		if name, ok := strings.CutSuffix(base, mark); ok && name != "" {
			return name, true
		}
	}
	return "", false
}

func (d *discovery) release(chart string, v values) source {
	at := d.at(v.file)
	return source{
		kind: ofCharts, environment: v.environment, unit: unitOf(chart), from: v.file,
		step: config.Step{At: at.Span, Helm: &config.Helm{Chart: d.at(chart), Values: []strict.At[string]{at}, Guessed: true}},
		objects: func() []string {
			return d.objects(path.Join(chart, "templates"), path.Base(path.Clean(path.Join(d.dir, chart))))
		},
	}
}

// unitOf is the service that a directory belongs to: what lies below services, apps and
// the like; all else belongs to the whole.
func unitOf(dir string) string {
	parts := strings.Split(dir, "/")
	for i, p := range parts {
		if slices.Contains([]string{"services", "service", "apps", "app", "packages", "modules", "components", "projects", "microservices", "workloads"}, p) && i+1 < len(parts) {
			return strings.Join(parts[:i+2], "/")
		}
	}
	return "."
}
