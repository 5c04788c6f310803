package deploy

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
	"go.yaml.in/yaml/v3"
)

// release turns one entry of `releases` into a chart.
func (h *helmfileRun) release(n, defaults *yaml.Node, t *template) {
	name := t.field(n, "name", nil)
	late := t.release(name, t.field(n, "namespace", nil))
	if w := t.field(n, "installed", late); w.is("false") {
		return
	}
	if !h.selected(n, name, t) {
		return
	}
	for _, unread := range []string{"condition", "inherit", "valuesTemplate", "setTemplate", "installedTemplate", "chartTemplate", "strategicMergePatches", "jsonPatches", "transformers", "valuesPathPrefix"} {
		if p, ok := strict.Find(n, unread); ok {
			h.doubtAt(t, p.Key, "a release without "+unread)
		}
	}
	if w := t.field(n, "installed", late); len(w.parts) > 0 && !w.is("true") {
		h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "whether the release is installed"}, "whether a release is installed is not known", "write true or false")
	}
	c := Chart{
		At: t.span(n), Env: h.call.Env, Dir: path.Dir(t.file), Release: h.worded(name, t, n), Repo: model.Value{State: model.Absent},
		Chart: t.field(n, "chart", late).value(), Namespace: h.releaseNamespace(n, t, late), ReuseValues: h.reuse,
	}
	if version, ok := t.field(n, "version", late).known(); ok {
		c.Version = version
	} else {
		h.doubtAt(t, n, "a version that is written out")
	}
	h.values(&c, n, "values", t, late)
	h.values(&c, n, "secrets", t, late)
	h.sets(&c, n, "set", t, late)
	h.sets(&c, n, "setString", t, late)
	c.Values = append(c.Values, h.extra...)
	for _, where := range []*yaml.Node{n, defaults} {
		if where != nil && t.field(where, "reuseValues", late).is("true") {
			c.ReuseValues = true
		}
	}
	h.d.Charts = append(h.d.Charts, c)
}

// worded is a text of the file with its place.
func (h *helmfileRun) worded(w word, t *template, n *yaml.Node) model.Value {
	v := w.value()
	if v.State == model.Known && v.Trail.IsEmpty() {
		v.Trail = model.Trail{}.Append(model.Hop{At: t.span(n), Kind: kindHelmfile, What: "name", Literal: true})
	}
	return v
}

const kindHelmfile = "helmfile"

func (h *helmfileRun) releaseNamespace(n *yaml.Node, t *template, late map[string]word) model.Value {
	if h.namespace.State != model.Absent {
		return h.namespace
	}
	if _, ok := strict.Find(n, "namespace"); ok {
		return t.field(n, "namespace", late).value()
	}
	return model.Value{State: model.Absent}
}

// selected reports whether the command's -l picks the release. All but name=… is doubt.
func (h *helmfileRun) selected(n *yaml.Node, name word, t *template) bool {
	if len(h.selectors) == 0 {
		return true
	}
	for _, s := range h.selectors {
		text, ok := s.known()
		field, want, equals := strings.Cut(text, "=")
		if !ok || !equals || strings.ContainsAny(text, ",!") || strings.HasPrefix(want, "=") {
			h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a selector such as name=x"}, "a selector of helmfile is not understood, expected LABEL=VALUE", "")
			return true
		}
		have := name
		if field != "name" {
			have = t.field(n, "namespace", nil)
			if field != "namespace" {
				p, _ := strict.Find(n, "labels")
				have = word{}
				if p.Value != nil {
					have = t.field(p.Value, field, nil)
				}
			}
		}
		if have.is(want) || have.unknown() != nil {
			return true
		}
	}
	return false
}

// values are files, or values written in place.
func (h *helmfileRun) values(c *Chart, n *yaml.Node, field string, t *template, late map[string]word) {
	p, ok := strict.Find(n, field)
	if !ok {
		return
	}
	items := strict.Items(p.Value)
	if p.Value.Kind != yaml.SequenceNode && p.Value.Kind != yaml.AliasNode {
		h.doubtAt(t, p.Value, "a list of values")
	}
	for _, item := range items {
		arg := ValuesArg{Flag: "values", Encrypted: field == "secrets"}
		if item.Kind == yaml.ScalarNode {
			arg.Text = h.valueFile(c, t.word(item, late), t, item)
		} else {
			arg.Inline, arg.Text = true, t.inline(item, late)
		}
		c.Values = append(c.Values, arg)
	}
}

// valueFile is the path of a file of values. A template among them is not known.
func (h *helmfileRun) valueFile(c *Chart, w word, t *template, n *yaml.Node) model.Value {
	name, ok := w.known()
	if !ok {
		return w.value()
	}
	if strings.ContainsAny(name, "*?[") || strings.Contains(name, "://") {
		h.doubtAt(t, n, "the path of one file")
	}
	if strings.HasSuffix(name, ".gotmpl") {
		data, err := h.call.Files.Read(joinDir(c.Dir, name))
		if err == nil && strings.Contains(string(data), "{{") {
			return model.UnknownBecause(model.WhyUnsupported, "the file "+name+" without templates", model.Trail{}.Append(model.Hop{At: t.span(n), Kind: kindHelmfile, What: "values"}))
		}
	}
	return w.value()
}

// sets are the entries of `set`, each with a value, several values, or a file.
func (h *helmfileRun) sets(c *Chart, n *yaml.Node, field string, t *template, late map[string]word) {
	p, ok := strict.Find(n, field)
	if !ok {
		return
	}
	flag := map[string]string{"set": "set", "setString": "set-string"}[field]
	for _, item := range strict.Items(p.Value) {
		name := t.field(item, "name", late)
		names := strict.Names(item)
		switch {
		case slices.Contains(names, "file"):
			c.Values = append(c.Values, ValuesArg{Flag: "set-file", Text: assigned(name, t.field(item, "file", late))})
		case slices.Contains(names, "value"):
			c.Values = append(c.Values, ValuesArg{Flag: flag, Text: assigned(name, escapedCommas(t.field(item, "value", late)))})
		default:
			h.doubtAt(t, item, "name and value, or name and file")
		}
	}
}

// assigned is NAME=value as one word, whose pieces stay apart.
func assigned(name, value word) model.Value {
	var w word
	for _, p := range name.parts {
		w.add(p.value)
	}
	w.add(model.Value{State: model.Known, Text: secret.New("=")})
	for _, p := range value.parts {
		w.add(p.value)
	}
	return w.whole()
}

// escapedCommas writes commas as helmfile does for --set.
func escapedCommas(w word) word {
	if text, ok := w.known(); ok && strings.Contains(text, ",") && !strings.HasPrefix(text, "{") {
		return wordOf(w.as(strings.ReplaceAll(text, ",", `\,`)))
	}
	return w
}
