package deploy

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// values adds everything that decides the chart's values, in the order in which helmfile
// hands it to helm.
func (r *release) values(c *Chart) {
	for _, item := range r.list("valuesTemplate") {
		r.entry(c, item, true, false)
	}
	for _, item := range r.list("values") {
		r.entry(c, item, false, false)
	}
	for _, item := range r.list("secrets") {
		r.entry(c, item, false, true)
	}
	for _, item := range r.list("setTemplate") {
		r.set(c, item, "set", true)
	}
	for _, item := range r.list("set") {
		r.set(c, item, "set", false)
	}
	for _, item := range r.list("setString") {
		r.set(c, item, "set-string", false)
	}
	for _, name := range []string{"values", "valuesTemplate", "secrets", "set", "setTemplate", "setString"} {
		if p, ok := r.find(name); ok && p.node.Kind != yaml.SequenceNode {
			r.h.doubtAt(p.text, p.node, "a list of "+name)
		}
	}
}

func (r *release) entry(c *Chart, item layer, template, encrypted bool) {
	arg := ValuesArg{Flag: "values", Encrypted: encrypted}
	if item.node.Kind != yaml.ScalarNode {
		arg.Inline, arg.Text = true, r.h.references(item.text.inline(item.node))
		if template {
			arg.Text = r.templated(item)
		}
		c.Values = append(c.Values, arg)
		return
	}
	w := r.run(item)
	name, ok := w.known()
	if !ok {
		arg.Text = w.value()
		c.Values = append(c.Values, arg)
		return
	}
	if prefix, ok := r.word("valuesPathPrefix").known(); ok && prefix != "" {
		name = prefix + name
		w = wordOf(w.as(name))
	}
	if strings.Contains(name, "://") || strings.ContainsAny(name, "*?[") {
		arg.Text = model.UnknownBecause(model.WhyUnsupported, "the path of one file of values in the repository", w.value().Trail)
		c.Values = append(c.Values, arg)
		return
	}
	if arg, ok = r.file(arg, name, w); ok {
		c.Values = append(c.Values, arg)
	}
}

// file is one file of values: a path, or what its template gives. It is not ok when the
// file is missing and may be.
func (r *release) file(arg ValuesArg, name string, w word) (ValuesArg, bool) {
	arg.Text = w.value()
	full := joinDir(r.s.dir, name)
	data, err := r.h.call.Files.Read(full)
	if err != nil {
		handler, _ := r.word("missingFileHandler").known()
		if handler == "" {
			handler = r.s.missing
		}
		return arg, handler == "" || handler == "Error"
	}
	text := string(data)
	if strings.HasSuffix(name, ".gotmpl") && !arg.Encrypted {
		marked, err := r.h.render(full, path.Dir(full), text, 0, len(text), r.data)
		if err != nil {
			u := r.h.because(err, &r.s.env)
			arg.Text = model.UnknownBecause(u.Why, u.Needs, model.Join(w.value().Trail, u.Trail))
			return arg, true
		}
		t := r.h.text(full, marked)
		arg.Inline, arg.Text = true, r.h.whole(t, t.between(0, len(t.plain), "values"))
		return arg, true
	}
	if strings.Contains(text, "ref+") {
		arg.Text = model.UnknownBecause(model.WhyRemoteState, "values without references to a secret store", w.value().Trail)
	}
	return arg, true
}

// whole is a text of YAML that was put together. It is unknown as a whole when the pieces
// that are not known may be more than values.
func (h *helmfileRun) whole(t *helmfileText, w word) model.Value {
	u := w.unknown()
	if strings.Contains(w.text, "ref+") {
		return model.UnknownBecause(model.WhyRemoteState, "values without references to a secret store", w.value().Trail)
	}
	if n, err := t.document(); u != nil && (err != nil || n == nil || n.Kind != yaml.MappingNode) {
		return model.UnknownBecause(u.Why, u.Needs, u.Trail)
	}
	return w.whole()
}

// references are replaced by helmfile; what they stand for is not known.
func (h *helmfileRun) references(v model.Value) model.Value {
	if !strings.Contains(wordOf(v).text, "ref+") {
		return v
	}
	var out word
	for _, p := range wordOf(v).parts {
		if strings.Contains(p.value.Text.Reveal(), "ref+") {
			if p.value.Trail.IsEmpty() {
				return model.UnknownBecause(model.WhyRemoteState, "values without references to a secret store", v.Trail)
			}
			p.value = model.UnknownBecause(model.WhyRemoteState, "what the reference to a secret store stands for", p.value.Trail)
		}
		out.add(p.value)
	}
	return out.whole()
}

// templated is a mapping of valuesTemplate: it is written, run, and read again.
func (r *release) templated(item layer) model.Value {
	trail := model.Trail{}.Append(model.Hop{At: item.text.span(item.node), Kind: kindHelmfile, What: "valuesTemplate"})
	left := maxInline
	for _, s := range item.text.inlineUnknown(item.node) {
		return model.UnknownBecause(s.Why, s.Needs, s.Trail)
	}
	copied := written(item.node, &left)
	data, err := yaml.Marshal(copied)
	if err != nil || left < 0 {
		return model.UnknownBecause(model.WhyLimit, "smaller values in the helmfile", trail)
	}
	text := string(data)
	for range 6 {
		marked, err := r.h.render("", r.s.dir, text, 0, len(text), r.data)
		if err != nil {
			u := r.h.because(err, &r.s.env)
			return model.UnknownBecause(u.Why, u.Needs, model.Join(trail, u.Trail))
		}
		w := r.h.fresh(marked, trail)
		if plain, ok := w.known(); !ok || !strings.Contains(plain, "{{") {
			return r.h.whole(r.h.text("", marked), w)
		}
		text = w.text
	}
	return model.UnknownBecause(model.WhyUnsupported, "a template that comes to an end", trail)
}

// inlineUnknown are the unknown pieces within a node.
func (t *helmfileText) inlineUnknown(n *yaml.Node) []model.Value {
	if u := wordOf(t.inline(n)).unknown(); u != nil {
		return []model.Value{*u}
	}
	return nil
}

// written is a copy without anchors and aliases.
func written(n *yaml.Node, left *int) *yaml.Node {
	*left--
	if *left < 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	if n.Kind == yaml.AliasNode {
		return written(n.Alias, left)
	}
	out := *n
	out.Anchor, out.Content = "", nil
	out.HeadComment, out.LineComment, out.FootComment = "", "", ""
	for _, c := range n.Content {
		out.Content = append(out.Content, written(c, left))
	}
	return &out
}

// set is an entry of `set`, with a value, several values, or a file.
func (r *release) set(c *Chart, item layer, flag string, template bool) {
	read := func(name string) word {
		p, ok := item.find(name)
		switch {
		case !ok:
			return word{}
		case template:
			return r.run(p)
		}
		return item.field(name)
	}
	name, value, file := escaped(read("name")), read("value"), read("file")
	switch {
	case value.text != "":
		value = wordOf(r.h.references(value.whole()))
		c.Values = append(c.Values, ValuesArg{Flag: flag, Text: assigned(name, escaped(value))})
	case file.text != "" && flag == "set":
		c.Values = append(c.Values, ValuesArg{Flag: "set-file", Text: assigned(name, file)})
	case len(item.list("values")) > 0:
		var w word
		w.add(model.Value{State: model.Known, Text: secret.New("{")})
		for i, v := range item.list("values") {
			if i > 0 {
				w.add(model.Value{State: model.Known, Text: secret.New(",")})
			}
			one := v.text.word(v.node, "values")
			if template {
				one = r.run(v)
			}
			for _, p := range escaped(wordOf(r.h.references(one.whole()))).parts {
				w.add(p.value)
			}
		}
		w.add(model.Value{State: model.Known, Text: secret.New("}")})
		c.Values = append(c.Values, ValuesArg{Flag: flag, Text: assigned(name, w)})
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

// escaped writes what means something to --set as helmfile does.
func escaped(w word) word {
	var out word
	for _, p := range w.parts {
		if p.value.State == model.Known {
			p.value.Text = secret.New(strings.NewReplacer("{", `\{`, "}", `\}`, ",", `\,`).Replace(p.value.Text.Reveal()))
		}
		out.add(p.value)
	}
	return out
}
