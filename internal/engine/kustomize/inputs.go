package kustomize

//lint:file-ignore SA1019 people still write the deprecated fields, and kustomize still reads them

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// plain is what kustomize sees without marks.
func (p *plan) plain() map[string][]byte {
	served := map[string][]byte{}
	for _, o := range p.order {
		if o.changed {
			served[o.file] = o.text()
		}
	}
	return served
}

// marked is what kustomize sees with marks.
func (p *plan) marked(m *marker) map[string][]byte {
	in := &inputs{plan: p, marker: m, served: p.plain(), uses: map[string]int{}}
	for _, o := range p.order {
		in.count(o)
	}
	patches := p.patchFiles()
	for _, name := range slices.Sorted(maps.Keys(p.manifest)) {
		s := p.docs[name]
		t := texts{key: name, place: s.span, kind: model.KindManifest}
		if patches[name] {
			t.kind, t.changes = model.KindKustomize, true
		}
		if text, ok := m.document(t, s.docs); ok && s.bad == nil {
			in.served[name] = text
		}
	}
	for _, o := range p.order {
		in.overlay(o)
	}
	return in.served
}

// patchFiles lists the files that patch others.
func (p *plan) patchFiles() map[string]bool {
	out := map[string]bool{}
	add := func(o *overlay, name string) {
		if full, err := p.locate(o, name); name != "" && err == nil {
			out[full] = true
		}
	}
	for _, o := range p.order {
		for _, patch := range slices.Concat(o.k.Patches, o.k.PatchesJson6902) {
			add(o, patch.Path)
		}
		for _, patch := range o.k.PatchesStrategicMerge {
			if !isInline(string(patch)) {
				add(o, string(patch))
			}
		}
	}
	return out
}

// inputs puts together what kustomize sees.
type inputs struct {
	*plan
	*marker
	served map[string][]byte
	uses   map[string]int // of files that generators read
}

// count counts how often generators read each file: one that serves two has no one place
// in the kustomizations.
func (in *inputs) count(o *overlay) {
	for _, args := range generatorsOf(&o.k) {
		for _, name := range slices.Concat(args.EnvSources, []string{args.EnvSource}) {
			if full, err := in.locate(o, name); err == nil && name != "" {
				in.uses[full]++
			}
		}
		for _, text := range args.FileSources {
			_, name := fileSource(text)
			if full, err := in.locate(o, name); err == nil {
				in.uses[full]++
			}
		}
	}
}

// generatorsOf lists the generators of a kustomization, ConfigMaps first.
func generatorsOf(k *types.Kustomization) []*types.GeneratorArgs {
	var out []*types.GeneratorArgs
	for i := range k.ConfigMapGenerator {
		out = append(out, &k.ConfigMapGenerator[i].GeneratorArgs)
	}
	for i := range k.SecretGenerator {
		out = append(out, &k.SecretGenerator[i].GeneratorArgs)
	}
	return out
}

// overlay marks what stands in a kustomization itself, and the files of its generators.
func (in *inputs) overlay(o *overlay) {
	var k types.Kustomization
	data, err := json.Marshal(o.k)
	if err != nil || json.Unmarshal(data, &k) != nil {
		return
	}
	before := string(data)
	for i, args := range generatorsOf(&k) {
		in.generator(o, i, args)
	}
	in.patchTexts(o, &k)
	for i := range k.Replacements {
		if v := k.Replacements[i].SourceValue; v != nil {
			marked := in.sourceValue(o, i, *v)
			k.Replacements[i].SourceValue = &marked
		}
	}
	if in.gone[replacementsKey] {
		k.Replacements, k.Vars = nil, nil
	}
	if after, err := json.Marshal(k); err == nil && string(after) != before {
		view := *o
		view.k, view.changed = k, true
		in.served[o.file] = view.text()
	}
}

// replacementsKey stands for all replacements among what is taken out.
const replacementsKey = "replacements"

func (in *inputs) sourceValue(o *overlay, i int, text string) string {
	if in.level >= markInputs {
		return text
	}
	return in.wrap(fmt.Sprintf("%s#replacement%d", o.file, i), text, false, func() model.Value {
		return known(text, model.Hop{At: o.place("replacements", i, "sourceValue"), Kind: model.KindKustomize, What: "replacement", Literal: true})
	})
}

// generator marks the literals and the files of one.
func (in *inputs) generator(o *overlay, i int, args *types.GeneratorArgs) {
	field, j, kind := "configMapGenerator", i, "ConfigMap"
	if n := len(o.k.ConfigMapGenerator); i >= n {
		field, j, kind = "secretGenerator", i-n, "Secret"
	}
	g := &generator{inputs: in, o: o, field: field, at: j, what: kind + "/" + args.Name, merges: args.Behavior == "merge" || args.Behavior == "replace"}
	var literals []string
	for n, text := range args.LiteralSources {
		if marked, gone := g.literal(n, text); !gone {
			literals = append(literals, marked)
		}
	}
	args.LiteralSources = literals
	for n, name := range args.EnvSources {
		g.envFile(name, o.place(field, j, "envs", n))
	}
	if args.EnvSource != "" {
		g.envFile(args.EnvSource, o.place(field, j, "env"))
	}
	for n, text := range args.FileSources {
		key, name := fileSource(text)
		g.file(key, name, o.place(field, j, "files", n))
	}
}

type generator struct {
	*inputs
	o      *overlay
	field  string
	at     int
	what   string
	merges bool // into another object
}

// literal marks the text behind the "=", within the quotes that kustomize takes off.
func (g *generator) literal(n int, text string) (marked string, gone bool) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return text, false
	}
	key := fmt.Sprintf("%s#%s%d.%d", g.o.file, g.field, g.at, n)
	if g.gone[key] {
		return "", true
	}
	open, closing := "", ""
	if l := len(value); l >= 2 && value[0] == value[l-1] && (value[0] == '"' || value[0] == '\'') {
		open, value, closing = value[:1], value[1:l-1], value[l-1:]
	}
	value = g.wrap(key, value, g.merges, func() model.Value {
		if v, ok := g.o.added[g.field+" "+g.what+" "+text]; ok {
			return v
		}
		at := g.o.within("="+open, value, g.field, g.at, "literals", n)
		return known(value, model.Hop{At: at, Kind: model.KindKustomize, What: g.what + " literal " + name, Literal: true})
	})
	return name + "=" + open + value + closing, false
}

// hop is the place in the kustomization that names a file.
func (g *generator) hop(v model.Value, full string, at pos.Span, what string) model.Value {
	if g.uses[full] > 1 {
		return v
	}
	return v.Via(model.Hop{At: at, Kind: model.KindKustomize, What: g.what + " " + what})
}

// envFile marks what stands behind the "=" of each line.
func (g *generator) envFile(name string, at pos.Span) {
	full, err := g.locate(g.o, name)
	if err != nil || g.manifest[full] || g.served[full] != nil {
		return
	}
	data, err := g.step.Files.Read(full)
	if err != nil {
		return
	}
	index := pos.NewIndex(data)
	var out bytes.Buffer
	offset := 0
	for line := range bytes.Lines(data) {
		g.envLine(&out, full, at, index, offset, string(line))
		offset += len(line)
	}
	g.served[full] = out.Bytes()
}

func (g *generator) envLine(out *bytes.Buffer, full string, at pos.Span, index *pos.Index, offset int, line string) {
	text := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	name, value, ok := strings.Cut(text, "=")
	if trimmed := strings.TrimSpace(name); !ok || trimmed == "" || strings.HasPrefix(trimmed, "#") {
		out.WriteString(line)
		return
	}
	key := fmt.Sprintf("%s#%d", full, offset)
	if g.gone[key] {
		return
	}
	marked := g.wrap(key, value, g.merges, func() model.Value {
		start := offset + len(name) + 1
		v := known(value, model.Hop{
			At: index.Span(full, start, start+len(value)), Kind: model.KindDotenv, What: strings.TrimSpace(name), Literal: true,
		})
		return g.hop(v, full, at, "envs")
	})
	out.WriteString(name + "=" + marked + line[len(text):])
}

// file marks a file whose content becomes an entry as it is.
func (g *generator) file(key, name string, at pos.Span) {
	full, err := g.locate(g.o, name)
	if err != nil || g.manifest[full] || g.served[full] != nil {
		return
	}
	data, err := g.step.Files.Read(full)
	if err != nil {
		return
	}
	marked := g.wrap(full+"#all", string(data), false, func() model.Value {
		v := known(string(data), model.Hop{At: pos.NewIndex(data).Span(full, 0, len(data)), Kind: model.KindFile, What: "content", Literal: true})
		return g.hop(v, full, at, "key "+key)
	})
	g.served[full] = []byte(marked)
}

// patchTexts marks the patches that stand in a kustomization.
func (in *inputs) patchTexts(o *overlay, k *types.Kustomization) {
	for i := range k.Patches {
		k.Patches[i].Patch = in.patchText(o, k.Patches[i].Patch, "patches", i, "patch")
	}
	for i := range k.PatchesJson6902 {
		k.PatchesJson6902[i].Patch = in.patchText(o, k.PatchesJson6902[i].Patch, "patchesJson6902", i, "patch")
	}
	for i, patch := range k.PatchesStrategicMerge {
		if isInline(string(patch)) {
			k.PatchesStrategicMerge[i] = types.PatchStrategicMerge(in.patchText(o, string(patch), "patchesStrategicMerge", i))
		}
	}
}

func (in *inputs) patchText(o *overlay, text string, keys ...any) string {
	if text == "" {
		return text
	}
	docs, bad := decode([]byte(text))
	if bad != nil {
		return text
	}
	t := texts{key: fmt.Sprint(o.file, keys), kind: model.KindKustomize, changes: true, place: o.nested(text, keys)}
	if marked, ok := in.document(t, docs); ok {
		return string(marked)
	}
	return text
}

// nested places nodes of a YAML text that stands in a scalar of a kustomization: exactly
// when it stands there line by line, else where the scalar begins.
func (o *overlay) nested(text string, keys []any) func(*yaml.Node) pos.Span {
	host := o.source.find(o.asWritten(keys)...)
	if host == nil {
		return func(*yaml.Node) pos.Span { return pos.Span{File: o.file} }
	}
	inner := source{data: []byte(text), index: pos.NewIndex([]byte(text))}
	lines := strings.Split(text, "\n")
	outer := strings.Split(string(o.source.data), "\n")
	return func(n *yaml.Node) pos.Span {
		row := host.Line + n.Line // of the line in outer, counted from 1
		if host.Style&yaml.LiteralStyle == 0 || n.Line > len(lines) || row > len(outer) {
			return o.source.span(host)
		}
		line := strings.TrimSuffix(outer[row-1], "\r")
		indent, ok := strings.CutSuffix(line, lines[n.Line-1])
		if !ok || strings.TrimSpace(indent) != "" {
			return o.source.span(host)
		}
		at := inner.span(n)
		start := o.source.index.Offset(row, len(indent)+at.Start.Column)
		return o.source.index.Span(o.file, start, start+at.End.Byte-at.Start.Byte)
	}
}
