package discover

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/repo"
)

// The limits of looking for objects.
const (
	maxObjectFiles = 300
	maxObjectBytes = 512 << 10
	maxBases       = 20
)

// apart orders the steps that conventions make of one environment by their services, and
// leaves out those that would spoil another's values.
func (d *discovery) apart(name string, all []source) []source {
	order.By(all, func(a, b source) int {
		return cmp.Or(cmp.Compare(later(a), later(b)), cmp.Compare(a.unit, b.unit), cmp.Compare(a.kind, b.kind), cmp.Compare(a.from, b.from))
	})
	var out []source
	made := map[string]string{} // who makes an object
	charts := map[string]string{}
	for _, s := range all {
		if s.kind == ofCharts {
			charts[s.unit] = s.from
		}
		if by := charts[s.unit]; s.kind == ofOverlays && by != "" {
			d.note("environment %q: %s is left out, since %s belongs to the same service, and nothing says which of them is deployed", name, s.from, by)
			continue
		}
		if s.objects == nil || len(all) == 1 {
			out = append(out, s)
			continue
		}
		objects := s.objects()
		if i := slices.IndexFunc(objects, func(o string) bool { return made[o] != "" }); i >= 0 {
			d.note("environment %q: %s is left out, since %s makes an object of the same kind and name, and each would receive what the other one set; give them environments of their own in keyfit.yaml", name, s.from, made[objects[i]])
			continue
		}
		for _, o := range objects {
			made[o] = s.from
		}
		out = append(out, s)
	}
	return out
}

// later puts .env files behind everything else.
func later(s source) int {
	if s.kind == ofDotenv {
		return 1
	}
	return 0
}

var (
	kindLine = lazy.Regexp(`(?m)^kind:[ \t]*["']?([A-Za-z]+)`)
	nameLine = lazy.Regexp(`(?m)^[ \t]+name:[ \t]*["']?([^\s"'#]+(?:[ \t]+[^\s"'#]+)*)`)
	baseLine = lazy.Regexp(`(?m)^[ \t]*-[ \t]*["']?(\.{1,2}/[^\s"'#]*)`)
)

// objects lists the Kubernetes objects that files make, as far as their text tells:
// kind and first name of each document. A name that is put together from the release is
// told by the release.
func (d *discovery) objects(dir, release string) []string {
	left := maxObjectFiles
	var out []string
	d.objectsIn(dir, release, &left, &out)
	slices.Sort(out)
	return slices.Compact(out)
}

func (d *discovery) objectsIn(dir, release string, left *int, out *[]string) {
	here := d.in[dir]
	if here == nil {
		return
	}
	for _, file := range here.files {
		if !isYAML(file) || *left <= 0 || slices.Contains(kustomizations, file) {
			continue
		}
		*left--
		data, err := d.files.Read(path.Join(d.dir, dir, file))
		if err != nil || len(data) > maxObjectBytes || !repo.IsText(data) {
			continue
		}
		for doc := range strings.SplitSeq(string(data), "\n---") {
			kind, name := kindLine().FindStringSubmatch(doc), nameLine().FindStringSubmatch(doc)
			if kind == nil || name == nil {
				continue
			}
			text := name[1]
			if strings.Contains(text, "{{") {
				text = release + " " + text
			}
			*out = append(*out, kind[1]+"/"+text)
		}
	}
	for _, below := range here.dirs {
		d.objectsIn(path.Join(dir, below), release, left, out)
	}
}

// overlayObjects lists the objects of an overlay and of what it is based on.
func (d *discovery) overlayObjects(dir string) []string {
	var out []string
	todo, seen := []string{dir}, map[string]bool{}
	for len(todo) > 0 && len(seen) < maxBases {
		at := todo[0]
		todo = todo[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		out = append(out, d.objects(at, "")...)
		todo = append(todo, d.bases(at)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bases are the directories that a kustomization names.
func (d *discovery) bases(dir string) []string {
	var out []string
	for _, file := range kustomizations {
		if here := d.in[dir]; here == nil || !here.has(file) {
			continue
		}
		data, err := d.files.Read(path.Join(d.dir, dir, file))
		if err != nil {
			continue
		}
		for _, m := range baseLine().FindAllStringSubmatch(string(data), -1) {
			if base := path.Join(dir, m[1]); d.in[base] != nil {
				out = append(out, base)
			}
		}
	}
	return out
}
