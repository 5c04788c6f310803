package kustomize

//lint:file-ignore SA1019 people still write the deprecated fields, and kustomize still reads them

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// plugins checks generators, transformers and validators: those that are built in are
// run, others never are.
func (p *plan) plugins(o *overlay) {
	k := &o.k
	k.Generators = p.keep(o, "generators", k.Generators, func(at pos.Span, text string) bool {
		v := p.plugin(o, at, text, "generator")
		if v != nil { // what it makes may be merged into what is there
			p.lacks(v)
			p.vars, p.merged = v, v
		}
		return v == nil
	})
	k.Transformers = p.keep(o, "transformers", k.Transformers, func(at pos.Span, text string) bool {
		v := p.plugin(o, at, text, "transformer")
		if v != nil {
			p.taints(v)
		}
		return v == nil
	})
	k.Validators = p.keep(o, "validators", k.Validators, func(at pos.Span, text string) bool {
		return p.plugin(o, at, text, "validator") == nil
	})
}

// plugin checks the configuration of one, which stands there or in a file.
func (p *plan) plugin(o *overlay, at pos.Span, text, what string) *model.Value {
	var docs []*yaml.Node
	unsupported := unknown(at, model.WhyUnsupported, "a "+what+" that is built into kustomize")
	if isInline(text) {
		inline, bad := decode([]byte(text))
		if bad != nil {
			p.problem(at, "correct it", "the %s %s", what, bad.why)
			return unsupported
		}
		docs = inline
	} else {
		full, v := p.file(o, at, text, what)
		if v == nil && !p.manifestFile(at, full) {
			v = unsupported
		}
		if v != nil {
			return v
		}
		docs = p.docs[full].docs
	}
	for _, d := range docs {
		if len(d.Content) > 0 && !p.builtIn(o, at, d.Content[0], what) {
			return unsupported
		}
	}
	return nil
}

// builtIn tells whether one configuration is of a plugin that may run here, and that it
// reads only files that are there.
func (p *plan) builtIn(o *overlay, at pos.Span, n *yaml.Node, what string) bool {
	api, kind := scalar(entry(n, "apiVersion")), scalar(entry(n, "kind"))
	if api != "builtin" || strings.HasPrefix(kind, "Helm") {
		p.problem(at, "build it before, and put the outcome into the repository", "the %s is of kind %q, which is a program of its own and is not run", what, kind)
		return false
	}
	if holds(n, mentionsAddress) {
		p.problem(at, fixCopy, "the %s %q may lie outside the repository and is not loaded", what, kind)
		return false
	}
	return true
}

func scalar(n *yaml.Node) string {
	if n = dealias(n); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

// holds reports whether a text within a node satisfies a condition. The node is known to
// be of a bearable size.
func holds(n *yaml.Node, is func(string) bool) bool {
	n = dealias(n)
	if n.Kind == yaml.ScalarNode {
		return is(n.Value)
	}
	for _, c := range n.Content {
		if holds(c, is) {
			return true
		}
	}
	return false
}

// charts takes out the charts, which only helm can inflate.
func (p *plan) charts(o *overlay) {
	k := &o.k
	for i, chart := range k.HelmCharts {
		at := o.place("helmCharts", i)
		fix := "render it with helm template, and put the outcome into the repository"
		if !p.step.EnableHelm {
			fix = "pass --enable-helm, without which kustomize refuses it"
		}
		p.problem(at, fix, "the chart %q is inflated by helm, which is not done here", chart.Name)
		p.lacks(unknown(at, model.WhyUnsupported, "the rendered chart "+chart.Name))
	}
	for i, chart := range k.HelmChartInflationGenerator {
		at := o.place("helmChartInflationGenerator", i)
		p.problem(at, "render it with helm template, and put the outcome into the repository",
			"the chart %q is inflated by helm, which is not done here", chart.ChartName)
		p.lacks(unknown(at, model.WhyUnsupported, "the rendered chart "+chart.ChartName))
	}
	if len(k.HelmCharts)+len(k.HelmChartInflationGenerator) > 0 || k.HelmGlobals != nil {
		k.HelmCharts, k.HelmChartInflationGenerator, k.HelmGlobals = nil, nil, nil
		o.changed = true
	}
}
