package kustomize

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Limits of one build.
const (
	maxVisits = 1000     // directories, one that is a base twice counted twice
	maxDepth  = 40       // bases of bases
	maxBytes  = 32 << 20 // of all files together
	maxFiles  = 5000
)

// overlay is one kustomization of the tree, with what kustomize may see of it.
type overlay struct {
	dir, file string
	source    source
	k         types.Kustomization
	changed   bool // k is no longer what the file says
	weight    int  // directories below it, itself included, with repetitions

	// kept gives, of a list that entries were taken out of, the places of the others in
	// the file.
	kept map[string][]int

	// added are texts that `kustomize edit` put into the kustomization, by what they are.
	added map[string]model.Value
}

// ref names an object that is certainly not what it looks like.
type ref struct{ kind, name string }

// plan is what a build reads, checked before the library sees it, since the library goes
// to the network and stops at the first mistake.
type plan struct {
	step     Step
	overlays map[string]*overlay
	order    []*overlay
	manifest map[string]bool // YAML files: resources and patches
	docs     map[string]source
	bytes    int
	visits   int
	over     bool // there are more

	problems []model.Problem
	doubt    *model.Value // objects are missing
	tainted  *model.Value // nothing that comes out is certain
	vars     *model.Value // texts with $(NAME) are not certain
	merged   *model.Value // ConfigMaps and Secrets may have got more entries
	spoiled  []ref        // objects that lack a part
}

func newPlan(step Step) *plan {
	return &plan{step: step, overlays: map[string]*overlay{}, manifest: map[string]bool{}, docs: map[string]source{}}
}

func (p *plan) problem(at pos.Span, fix, format string, args ...any) {
	p.problems = append(p.problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// unknown is the value of what cannot be said because of something at a place.
func unknown(at pos.Span, why model.Reason, needs string) *model.Value {
	v := model.UnknownBecause(why, needs, model.Trail{}.Append(model.Hop{At: at, Kind: model.KindKustomize, What: "kustomization"}))
	return &v
}

// lacks notes that objects are missing.
func (p *plan) lacks(v *model.Value) { p.doubt = cmp.Or(p.doubt, v) }

// taints notes that everything may be other than it looks.
func (p *plan) taints(v *model.Value) {
	p.tainted = cmp.Or(p.tainted, v)
	p.lacks(v)
}

// kustomization finds the one file of a directory that is its kustomization.
func (p *plan) kustomization(dir string, from pos.Span) (string, bool) {
	var found []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if info, err := p.step.Files.Stat(path.Join(dir, name)); err == nil && !info.Dir {
			found = append(found, path.Join(dir, name))
		}
	}
	switch len(found) {
	case 1:
		return found[0], true
	case 0:
		p.problem(from, "add one, or name the directory that holds it", "%q holds no kustomization.yaml", dir)
	default:
		p.problem(pos.Span{File: found[0]}, "keep one of them", "%q holds several kustomizations: %q", dir, found)
	}
	return "", false
}

// visit reads the kustomization of a directory and all that it leads to. Those above are
// the directories on the way to it.
func (p *plan) visit(dir string, from pos.Span, above []string) (*overlay, bool) {
	if o, ok := p.overlays[dir]; ok {
		p.visits += max(o.weight, 1) - 1
		return o, o.weight > 0 && p.room(from)
	}
	if len(above) > maxDepth || !p.room(from) {
		p.problem(from, "use fewer layers", "more than %d layers of bases, the limit", maxDepth)
		return nil, false
	}
	file, ok := p.kustomization(dir, from)
	if !ok {
		return nil, false
	}
	o := &overlay{dir: dir, file: file, added: map[string]model.Value{}, kept: map[string][]int{}}
	p.overlays[dir] = o // of weight 0: broken, unless it turns out well
	if !p.load(o, from) {
		return nil, false
	}
	before := p.visits
	p.visits++
	p.follow(o, append(above[:len(above):len(above)], dir))
	o.weight = p.visits - before
	p.order = append(p.order, o)
	return o, true
}

func (p *plan) room(from pos.Span) bool {
	if p.visits < maxVisits {
		return true
	}
	if !p.over {
		p.over = true
		p.problem(from, "use fewer bases", "more than %d bases, the limit", maxVisits)
	}
	return false
}

// load reads the file of a kustomization.
func (p *plan) load(o *overlay, from pos.Span) bool {
	data, ok := p.read(o.file, from)
	if !ok {
		return false
	}
	o.source = readSource(o.file, data)
	if o.source.bad != nil {
		p.problem(o.source.at(o.source.bad.line), "correct it", "%q is not valid YAML", o.file)
		return false
	}
	if err := o.k.Unmarshal(data); err != nil {
		p.problem(pos.Span{File: o.file}, "correct it", "%q is no valid kustomization: %s", o.file, explainFields(err))
		return false
	}
	p.edit(o)
	return true
}

// read reads a file once, within the limits.
func (p *plan) read(name string, from pos.Span) ([]byte, bool) {
	data, err := p.step.Files.Read(name)
	if err != nil {
		p.problem(from, "", "%s", err)
		return nil, false
	}
	p.bytes += len(data)
	if p.bytes > maxBytes {
		p.problem(from, "use fewer or smaller files", "%q makes the files of the overlay larger than %d MiB, the limit", name, maxBytes>>20)
		return nil, false
	}
	return data, true
}

// deprecated reports whether kustomize would warn of the file.
func (o *overlay) deprecated() bool {
	w := o.k.CheckDeprecatedFields()
	return w != nil && len(*w) > 0
}

// text is the kustomization as kustomize is to see it.
func (o *overlay) text() []byte {
	if !o.changed {
		return o.source.data
	}
	k := o.k
	if k.Kind == "" {
		k.Kind = types.KustomizationKind
	}
	if isEmpty(k) { // nothing is left of it, and kustomize wants something
		k.MetaData = &types.ObjectMeta{Name: "empty"}
	}
	data, err := json.Marshal(k)
	if err != nil {
		return o.source.data
	}
	return data
}

func isEmpty(k types.Kustomization) bool {
	return k.CheckEmpty() != nil
}

// place gives the span of an entry of the kustomization, such as ("resources", 2).
func (o *overlay) place(keys ...any) pos.Span {
	if n := o.source.find(o.asWritten(keys)...); n != nil {
		return o.source.span(n)
	}
	return pos.Span{File: o.file}
}

// within gives the span of a part of an entry: text, behind the first lead in it. When the
// entry is not written as it is meant, it gives the span of all of it.
func (o *overlay) within(lead, text string, keys ...any) pos.Span {
	all := o.place(keys...)
	if !all.End.IsValid() || all.End.Byte <= all.Start.Byte || text == "" {
		return all
	}
	written := string(o.source.data[all.Start.Byte:all.End.Byte])
	before, rest, ok := strings.Cut(written, lead)
	if !ok || !strings.HasPrefix(rest, text) {
		return all
	}
	start := all.Start.Byte + len(before) + len(lead)
	return o.source.index.Span(o.file, start, start+len(text))
}

// asWritten turns the index of an entry that was kept into the one in the file.
func (o *overlay) asWritten(keys []any) []any {
	if len(keys) < 2 {
		return keys
	}
	kept, ok := o.kept[fmt.Sprint(keys[0])]
	i, isIndex := keys[1].(int)
	if !ok || !isIndex || i >= len(kept) {
		return keys
	}
	out := slices.Clone(keys)
	out[1] = kept[i]
	return out
}

// within reports whether a path lies in a directory or below it.
func within(p, dir string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir+"/")
}

// locate turns a path as written in a kustomization into one of the repository.
func (p *plan) locate(o *overlay, written string) (string, error) {
	if path.IsAbs(written) {
		return "", &repo.Error{Path: written, Kind: repo.ErrOutside}
	}
	joined := path.Join(o.dir, written)
	if joined == ".." || strings.HasPrefix(joined, "../") {
		return "", &repo.Error{Path: written, Kind: repo.ErrOutside}
	}
	return behindLinks(p.step.Files, joined)
}
