package deploy

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// release is one entry of `releases` with the templates that it inherits from.
type release struct {
	h      *helmfileRun
	s      *state
	at     layer
	layers []inherited // the last that has a field wins; lists are joined
	data   map[string]any
}

type inherited struct {
	layer
	except []string
}

// release turns one entry of `releases` into a chart.
func (h *helmfileRun) release(s *state, l layer) {
	if l.node.Kind != yaml.MappingNode {
		h.doubtAt(l.text, l.node, "a mapping for each release")
		return
	}
	r := &release{h: h, s: s, at: l}
	r.layers = append(r.inherits(l, s.inherit, 0), inherited{layer: l})
	r.late()
	for _, unread := range []string{"strategicMergePatches", "jsonPatches", "transformers", "chartTemplate", "postRenderer", "dependencies", "missingFileHandlerConfig"} {
		if p, ok := r.find(unread); ok {
			h.doubtAt(p.text, p.node, "a release without "+unread)
		}
	}
	for _, d := range s.defaults {
		for _, name := range []string{"args", "postRenderer", "postRendererArgs", "values", "set"} {
			if p, ok := d.find(name); ok {
				h.doubtAt(d.text, p.node, "helmDefaults without "+name)
			}
		}
	}
	if !r.isInstalled() || !r.selected() {
		return
	}
	c := Chart{
		At: l.text.span(l.node), Env: h.call.Env, Dir: s.dir, Release: r.text("name"), Repo: model.Value{State: model.Absent},
		Chart: r.text("chart"), Namespace: r.namespace(), ReuseValues: h.reuse || r.flag("reuseValues"),
	}
	if version, ok := r.word("version").known(); ok {
		c.Version = version
	} else {
		h.doubtAt(l.text, l.node, "a version that is known")
	}
	r.values(&c)
	c.Values = append(c.Values, h.extra...)
	h.d.Charts = append(h.d.Charts, c)
}

// inherits are the templates of a release, each behind those that it inherits from itself.
func (r *release) inherits(l layer, defaults []string, depth int) []inherited {
	if depth > 10 {
		r.h.doubtAt(l.text, l.node, "templates that do not inherit from themselves")
		return nil
	}
	var out []inherited
	add := func(name string, except []string) {
		t, ok := r.s.templates[name]
		if !ok {
			r.h.doubtAt(l.text, l.node, "a template that stands under templates")
			return
		}
		list := append(r.inherits(t, nil, depth+1), inherited{layer: t})
		for _, i := range list {
			i.except = append(slices.Clone(i.except), except...)
			out = append(out, i)
		}
	}
	var named []string
	for _, item := range l.list("inherit") {
		name, ok := item.field("template").known()
		if !ok || name == "" {
			r.h.doubtAt(item.text, item.node, "the name of a template")
			continue
		}
		named = append(named, name)
	}
	for _, name := range defaults {
		if !slices.Contains(named, name) {
			add(name, nil)
		}
	}
	for i, item := range l.list("inherit") {
		if i >= len(named) {
			break
		}
		var except []string
		for _, e := range item.list("except") {
			except = append(except, e.node.Value)
		}
		add(named[i], except)
	}
	return out
}

// find is the field that counts.
func (r *release) find(name string) (layer, bool) {
	for _, l := range slices.Backward(r.layers) {
		if p, ok := l.find(name); ok && !slices.Contains(l.except, name) && (p.node.Kind != yaml.ScalarNode || p.node.Value != "") {
			return p, true
		}
	}
	return layer{}, false
}

// list joins the lists of all layers.
func (r *release) list(name string) []layer {
	var out []layer
	for _, l := range r.layers {
		if !slices.Contains(l.except, name) {
			out = append(out, l.list(name)...)
		}
	}
	return out
}

// late makes what templates within a release may ask for. They see the release's own
// fields, which may be templates themselves.
func (r *release) late() {
	r.data = r.h.data(r.s.env)
	r.data["KubeContext"], r.data["Chart"] = "", ""
	fields := map[string]any{"KubeContext": ""}
	r.data["Release"] = fields
	labels := map[string]any{}
	fields["Labels"] = labels
	for range 3 { // each may ask for the others
		for name, field := range map[string]string{"Name": "name", "Namespace": "namespace", "Chart": "chart", "ChartVersion": "version"} {
			fields[name] = r.h.marked(r.word(field).value())
		}
		for name, w := range r.labels() {
			labels[name] = r.h.marked(w.value())
		}
	}
}

// word is a field that may be a template.
func (r *release) word(name string) word {
	p, ok := r.find(name)
	if !ok {
		return word{}
	}
	return r.run(p)
}

// run is a scalar; one with {{ in it is run as a template, until nothing changes any more.
func (r *release) run(p layer) word {
	w := p.text.word(p.node, "release")
	for range 6 {
		text, ok := w.known()
		if !ok || !strings.Contains(text, "{{") {
			return w
		}
		trail := w.value().Trail
		marked, err := r.h.render("", r.s.dir, text, 0, len(text), r.data)
		if err != nil {
			u := r.h.because(err, &r.s.env)
			return wordOf(model.UnknownBecause(u.Why, u.Needs, model.Join(trail, u.Trail)))
		}
		w = r.h.fresh(marked, trail)
	}
	return wordOf(model.UnknownBecause(model.WhyUnsupported, "a template that comes to an end", model.Trail{}))
}

// fresh is a rendered text whose own pieces come from where the template stood.
func (h *helmfileRun) fresh(marked string, trail model.Trail) word {
	t := h.text("", marked)
	var w word
	for _, s := range t.runs {
		if s.start == s.end {
			continue
		}
		v := t.piece(s, s.start, s.end, "release")
		var trails []model.Trail
		for _, id := range s.ids {
			if _, ok := h.literals[id]; !ok {
				trails = append(trails, h.marks.Source(id).Trail)
			}
		}
		v.Trail = model.Join(append(trails, trail)...)
		w.add(v)
	}
	return w
}

func (r *release) text(name string) model.Value {
	w := r.word(name)
	if text, ok := w.known(); ok && text != strings.TrimSpace(text) {
		return w.as(strings.TrimSpace(text))
	}
	return w.value()
}

func (r *release) flag(name string) bool {
	if r.word(name).is("true") {
		return true
	}
	if _, ok := r.find(name); ok {
		return false
	}
	for _, d := range slices.Backward(r.s.defaults) {
		if p, ok := d.find(name); ok {
			return p.node.Value == "true"
		}
	}
	return false
}

// namespace is that of the command line, of the helmfile, or of the release.
func (r *release) namespace() model.Value {
	if r.h.namespace.State != model.Absent {
		return r.h.namespace
	}
	if len(r.s.namespace.parts) > 0 {
		return r.s.namespace.value()
	}
	if _, ok := r.find("namespace"); ok {
		return r.text("namespace")
	}
	return model.Value{State: model.Absent}
}

// isInstalled looks at installed and condition. What cannot be decided is a doubt.
func (r *release) isInstalled() bool {
	for _, name := range []string{"installed", "installedTemplate", "condition", "conditionTemplate"} {
		p, ok := r.find(name)
		if !ok {
			continue
		}
		w := r.run(p)
		if u := w.unknown(); u != nil {
			r.h.problemAt(p.text.span(p.node), "whether a release is installed is not known", "")
			r.h.open = r.h.firstOpen(*u)
			continue
		}
		text := strings.ToLower(strings.TrimSpace(w.text))
		if name == "condition" && text != "true" && text != "false" {
			if !r.enabled(p, strings.TrimSpace(w.text)) {
				return false
			}
			continue
		}
		switch text {
		case "false":
			return false
		case "true":
		default:
			r.h.doubtAt(p.text, p.node, "true or false")
		}
	}
	return true
}

func (h *helmfileRun) firstOpen(v model.Value) *model.Value {
	if h.open != nil {
		return h.open
	}
	u := unknownLike(v)
	return &u
}

// enabled looks a condition such as app.enabled up in the values.
func (r *release) enabled(p layer, condition string) bool {
	steps := strings.Split(condition, ".")
	if r.s.env.open != nil {
		r.h.problemAt(p.text.span(p.node), "whether a release is installed is not known", "")
		r.h.open = r.h.firstOpen(*r.s.env.open)
		return true
	}
	var x any = r.s.env.merged()
	for i, step := range steps {
		m, ok := x.(map[string]any)
		if !ok || steps[len(steps)-1] != "enabled" {
			r.h.doubtAt(p.text, p.node, "a condition such as app.enabled that stands in the values")
			return true
		}
		if x, ok = m[step]; !ok && i < len(steps)-1 {
			r.h.doubtAt(p.text, p.node, "a condition such as app.enabled that stands in the values")
			return true
		}
	}
	if s, ok := x.(string); ok {
		if v := r.h.value(s); v.State == model.Unknown {
			r.h.problemAt(p.text.span(p.node), "whether a release is installed is not known", "")
			r.h.open = r.h.firstOpen(v)
			return true
		}
	}
	return x == true
}

// labels are those that selectors can ask for. Common labels win over the release's own.
func (r *release) labels() map[string]word {
	out := map[string]word{}
	add := func(l layer, run bool) {
		for _, name := range strict.Names(l.node) {
			p, ok := l.find(name)
			switch {
			case ok && run:
				out[name] = r.run(p)
			case ok:
				out[name] = p.text.word(p.node, "labels")
			}
		}
	}
	for _, l := range r.layers {
		if p, ok := l.find("labels"); ok && !slices.Contains(l.except, "labels") {
			add(p, true)
		}
	}
	for _, l := range r.s.labels {
		add(l, false)
	}
	return out
}

// selected reports whether one of the selectors picks the release.
func (r *release) selected() bool {
	if len(r.h.selectors) == 0 {
		return true
	}
	labels := r.labels()
	labels["name"], labels["namespace"] = wordOf(r.text("name")), wordOf(r.namespace())
	chart := r.word("chart")
	if text, ok := chart.known(); ok {
		chart = wordOf(chart.as(path.Base(text)))
	}
	labels["chart"] = chart
	for _, s := range r.h.selectors {
		text, ok := s.known()
		if !ok {
			r.h.doubt(*s.unknown(), "a selector of helmfile is not known, expected LABEL=VALUE", "")
			return true
		}
		if r.matches(text, labels) {
			return true
		}
	}
	return false
}

// matches reports whether all conditions of one selector hold.
func (r *release) matches(selector string, labels map[string]word) bool {
	for _, one := range strings.Split(selector, ",") {
		name, want, unequal := strings.Cut(one, "!=")
		equals := unequal
		if !unequal {
			name, want, equals = strings.Cut(one, "=")
		}
		if !equals || strings.ContainsAny(want, "=!") {
			r.h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a selector such as name=x"}, "a selector of helmfile is not understood, expected LABEL=VALUE", "")
			return true
		}
		have, there := labels[name]
		if u := have.unknown(); u != nil {
			r.h.doubt(*u, "the label that a selector asks for is not known", "")
			continue
		}
		if (there && have.text == want) == unequal {
			return false
		}
	}
	return true
}
