package terraform

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// release is a helm_release. The provider merges the documents of values first, then set,
// set_list and set_sensitive, in this order.
func (d *delivering) release(r applied) {
	b := r.body
	c := Chart{
		At: r.At, Address: r.Address, Chart: textOf(b.get("chart")), Release: textOf(b.get("name")),
		Namespace: b.get("namespace").val(), Repo: b.get("repository").val(), ReuseValues: b.get("reuse_values").is("true"),
	}
	c.Version, _ = b.get("version").text()
	if c.Namespace.State == model.Absent {
		c.Namespace = model.KnownText("default", model.Hop{At: r.At, Kind: model.KindDefault, What: "the provider's namespace"})
	}
	c.Chart = d.chartPath(r, c.Chart)
	if b.isUnknown() {
		doubt := b.val()
		c.Doubt = &doubt
	}
	if t := b.get("reuse_values"); t.isUnknown() {
		doubt := t.val()
		c.Doubt = &doubt
	}
	if b.get("postrender").there() {
		doubt := model.UnknownBecause(model.WhyCommandOutput, "what the postrender command makes of the manifests", b.get("postrender").trail())
		c.Doubt = &doubt
	}
	for _, x := range b.each("values") {
		c.Values = append(c.Values, ChartValue{Flag: "inline", Text: valuesText(x).Via(r.place("values"))})
	}
	for _, name := range []string{"set", "set_list", "set_sensitive", "set_wo"} {
		for _, x := range b.all(name) {
			d.chartSet(r, &c, name, x)
		}
	}
	d.Charts = append(d.Charts, c)
}

// valuesText is one document of values. One that was encoded keeps the journey of each
// leaf, and what is not known of it stays by itself: JSON is YAML too.
func valuesText(x *tree) model.Value {
	if x.there() && x.inner != nil {
		if in := x.inner(); in != nil && (in.form == treeObject || in.form == treeList) {
			w := &writing{}
			w.plain(in)
			return w.value()
		}
	}
	return x.val()
}

// each is all without a look into texts that were encoded: values are texts themselves.
func (t *tree) each(name string) []*tree {
	got := t.get(name)
	if got == nil || got.form != treeList {
		if !got.there() {
			return nil
		}
		return []*tree{got}
	}
	return got.items
}

// chartSet is one block of set.
func (d *delivering) chartSet(r applied, c *Chart, block string, x *tree) {
	hop := r.place(block)
	name, known := x.get("name").text()
	kind, typed := x.get("type").text()
	if x.isUnknown() || !known || x.get("type").isUnknown() {
		doubt := unknownLike(x.get("name").val())
		if x.isUnknown() {
			doubt = x.val()
		}
		c.Doubt = &doubt
		return
	}
	v := ChartValue{Flag: "set", Name: name, Text: textOf(x.get("value")).Via(hop)}
	if block == "set_list" {
		v.Flag, v.Text = "set-list", listText(x.get("value")).Via(hop)
	}
	switch {
	case typed && kind == "string":
		v.Flag = "set-string"
	case typed && kind == "literal":
		v.Flag = "set-literal"
	}
	c.Values = append(c.Values, v)
}

// listText is the value of a set_list as Helm writes lists: {a,b}.
func listText(t *tree) model.Value {
	if t == nil || t.form != treeList {
		return unknownLike(t.val())
	}
	pieces := []model.Value{written("{")}
	for i, x := range t.items {
		if i > 0 {
			pieces = append(pieces, written(","))
		}
		pieces = append(pieces, x.val())
	}
	return joinedText(append(pieces, written("}")))
}

func written(text string) model.Value {
	return model.Value{State: model.Known, Text: secret.New(text)}
}

// joinedText is one text out of pieces.
func joinedText(pieces []model.Value) model.Value {
	out := composed(pieces)
	if out.State == model.Known {
		var b strings.Builder
		for _, p := range pieces {
			b.WriteString(p.Text.Reveal())
		}
		out.Text = secret.New(b.String())
	}
	return out
}

// chartPath makes the path of a chart in the repository relative to its root.
func (d *delivering) chartPath(r applied, v model.Value) model.Value {
	text := v.Text.Reveal()
	if v.State != model.Known || d.root == "" || strings.Contains(text, "://") || path.IsAbs(text) {
		return v
	}
	if strings.HasPrefix(text, ".") || d.isDir(path.Join(d.root, text)) {
		v.Text = secret.New(path.Join(d.root, text))
	}
	return v
}

func (d *delivering) isDir(name string) bool {
	if d.files == nil {
		return false
	}
	_, err := d.files.Stat(name)
	return err == nil
}
