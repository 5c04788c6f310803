package kube

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// volume is what a pod mounts. Volumes that hold no Secret or ConfigMap have no parts.
type volume struct {
	parts []part
	other bool // it holds files that keyfit does not know
}

// part is one source of a volume's files.
type part struct {
	ref   ref
	items []item // all keys when there are none
	class string // of a SecretProviderClass instead
	gap   *model.Value
}

type item struct {
	key, path string
	gap       *model.Value
}

// mount puts a volume into a container.
type mount struct {
	volume, dir, sub string
	expands          bool // sub holds $(NAME)
	gap              *model.Value
	hop              model.Hop
}

// fileSlot is a file with its value.
type fileSlot struct {
	path  string
	value model.Value
}

func (a *applying) volumes(o object, spec node, p *pod) {
	list := spec.field("volumes")
	if gap, ok := list.whole(); ok {
		p.volumeGap = &gap
		return
	}
	if !list.list() {
		return
	}
	for _, x := range list.items() {
		name, gap := x.field("name").term("the name of the volume")
		if gap != nil {
			p.volumeGap = gap
			continue
		}
		p.volumes[name] = a.volume(o, x, o.title()+" volume "+label(name))
	}
}

func (a *applying) volume(o object, x node, where string) volume {
	hop := model.Hop{Kind: model.KindManifest, What: where}
	switch {
	case x.field("secret").there():
		return volume{parts: []part{readPart(x.field("secret"), "Secret", "secretName", hop)}}
	case x.field("configMap").there():
		return volume{parts: []part{readPart(x.field("configMap"), "ConfigMap", "name", hop)}}
	case x.field("projected").there():
		v := volume{}
		for _, source := range x.get("projected", "sources").items() {
			switch {
			case source.field("secret").there():
				v.parts = append(v.parts, readPart(source.field("secret"), "Secret", "name", hop))
			case source.field("configMap").there():
				v.parts = append(v.parts, readPart(source.field("configMap"), "ConfigMap", "name", hop))
			default:
				v.other = true
			}
		}
		return v
	case x.field("csi").there():
		driver, _ := x.get("csi", "driver").term("the driver")
		class, gap := x.get("csi", "volumeAttributes", "secretProviderClass").term("the class")
		if driver == "secrets-store.csi.k8s.io" {
			hop.At = x.get("csi", "volumeAttributes", "secretProviderClass").spot()
			return volume{parts: []part{{class: class, gap: gap, ref: ref{hop: hop, via: x.via, doubt: x.doubt}}}}
		}
	}
	return volume{other: true}
}

func readPart(x node, kind, nameField string, hop model.Hop) part {
	p := part{ref: ref{kind: kind, hop: hop, via: x.via, doubt: x.doubt}}
	p.ref.hop.At = x.field(nameField).spot()
	p.ref.name, p.ref.gap = x.field(nameField).term("the name")
	p.ref.optional, _ = x.field("optional").yes(false)
	for _, i := range x.field("items").items() {
		key, gap := i.field("key").term("the key")
		file, pathGap := i.field("path").term("the path")
		if gap == nil {
			gap = pathGap
		}
		p.items = append(p.items, item{key: key, path: file, gap: gap})
	}
	return p
}

func readMount(x node, where string) mount {
	m := mount{hop: model.Hop{At: x.spot(), Kind: model.KindManifest, What: where + " mount"}}
	gaps := make([]*model.Value, 4)
	m.volume, gaps[0] = x.field("name").term("the name of the volume")
	m.dir, gaps[1] = x.field("mountPath").term("the path")
	m.sub, gaps[2] = x.field("subPath").term("the path within the volume")
	if expr, gap := x.field("subPathExpr").term("the path within the volume"); expr != "" || gap != nil {
		m.sub, gaps[3], m.expands = expr, gap, strings.Contains(expr, "$")
	}
	m.dir = path.Clean("/" + m.dir)
	for _, gap := range gaps {
		if gap != nil {
			m.gap = gap
		}
	}
	return m
}

// filer puts the files of one container together.
type filer struct {
	*finder
	w     *workload
	files map[string]model.Value
	from  map[string]string // the mount that each file comes from
	rest  model.Value
}

func (f *finder) containerFiles(w *workload, c container) model.Env {
	out := filer{finder: f, w: w, files: map[string]model.Value{}, from: map[string]string{}, rest: imageRest("what the image itself holds")}
	if w.pod.volumeGap != nil {
		out.rest = *w.pod.volumeGap
	}
	if c.fileGap != nil {
		out.rest = *c.fileGap
	}
	for _, m := range c.mounts {
		out.mount(m)
	}
	out.hide(c.mounts)
	if because := cmp.Or(w.pod.fileless, c.missing); because != nil {
		out.rest = *because
		for name, v := range out.files {
			out.files[name] = veiled(v, *because)
		}
	}
	if !c.init {
		for _, slot := range w.pod.injected {
			out.files[slot.path] = slot.value
		}
	}
	return model.NewEnv(out.files).WithRest(out.rest)
}

func (f *filer) mount(m mount) {
	if m.gap != nil {
		f.rest = *m.gap
		return
	}
	v, ok := f.w.pod.volumes[m.volume]
	if m.expands || !ok || v.other && len(v.parts) == 0 {
		return
	}
	content := map[string]model.Value{}
	for _, p := range v.parts {
		f.part(p, content)
	}
	for _, name := range slices.Sorted(maps.Keys(content)) {
		if at, ok := m.place(name); ok {
			f.files[at], f.from[at] = content[name].Via(m.hop), m.dir
		}
	}
}

// place is where a file of the volume lies in the container.
func (m mount) place(name string) (string, bool) {
	name = path.Clean(name)
	if strings.HasPrefix(name, "..") || path.IsAbs(name) {
		return "", false
	}
	sub := path.Clean(m.sub)
	switch {
	case m.sub == "" || sub == ".":
		return path.Join(m.dir, name), true
	case name == sub:
		return m.dir, true
	}
	rest, ok := strings.CutPrefix(name, sub+"/")
	return path.Join(m.dir, rest), ok
}

// part adds the files of one source.
func (f *filer) part(p part, content map[string]model.Value) {
	if p.class != "" || p.gap != nil && p.ref.kind == "" {
		f.classFiles(p, content)
		return
	}
	if p.ref.gap != nil {
		f.rest = through(*p.ref.gap, p.ref)
		return
	}
	view := f.find(f.w.namespace, p.ref)
	if len(p.items) > 0 {
		for _, i := range p.items {
			f.item(p, i, view, content)
		}
		return
	}
	for _, key := range view.names() {
		content[key] = through(view.entries[key].value, p.ref)
	}
	if view.rest != nil {
		f.rest = through(*view.rest, p.ref)
	}
}

func (f *filer) item(p part, i item, view *view, content map[string]model.Value) {
	if i.gap != nil {
		f.rest = through(*i.gap, p.ref)
		return
	}
	r := p.ref
	r.key = i.key
	content[i.path] = f.pick(f.w, view, r, true)
}

// hide takes away what a mount deeper down lies over.
func (f *filer) hide(mounts []mount) {
	for file, dir := range f.from {
		for _, m := range mounts {
			over := m.dir == file || strings.HasPrefix(file, m.dir+"/") && len(m.dir) > len(dir)
			if m.gap == nil && over && m.dir != dir {
				delete(f.files, file)
			}
		}
	}
}

func imageRest(needs string) model.Value {
	return model.UnknownBecause(model.WhyRemoteState, needs, model.Trail{})
}
