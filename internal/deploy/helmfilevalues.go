package deploy

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/strict"
)

// helmfileEnv is what the templates of a helmfile may ask for. Its texts carry marks. When
// it is open, something unknown may have set or replaced any value.
type helmfileEnv struct {
	defaults  map[string]any // of `values:`
	values    map[string]any // of the environment
	overrides map[string]any // of the command line, or of the helmfile that leads here
	given     bool           // there are overrides, be they empty
	open      *model.Value
}

func (e helmfileEnv) merged() map[string]any {
	return mergedMaps(mergedMaps(e.defaults, e.values), e.overrides)
}

// mergedMaps is a with b on top: null replaces nothing, and lists replace lists.
func mergedMaps(a, b map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range a {
		out[name] = v
	}
	for name, v := range b {
		before, there := out[name]
		if v == nil && there {
			continue
		}
		from, ok := before.(map[string]any)
		if onto, also := v.(map[string]any); ok && also {
			out[name] = mergedMaps(from, onto)
			continue
		}
		out[name] = v
	}
	return out
}

// opened notes that any value may have been set by something unknown.
func (e *helmfileEnv) opened(v model.Value) {
	if e.open == nil {
		u := unknownLike(v)
		u.Trail = v.Trail
		e.open = &u
	}
}

// data is what a template of the state may ask for.
func (h *helmfileRun) data(e helmfileEnv) map[string]any {
	environment := map[string]any{"Name": h.marked(h.environment), "KubeContext": ""}
	out := map[string]any{"Environment": environment}
	if h.namespace.State == model.Absent {
		out["Namespace"] = ""
	} else {
		out["Namespace"] = h.marked(h.namespace)
	}
	if e.open == nil {
		environment["Values"] = mergedMaps(e.values, e.overrides)
		out["Values"] = e.merged()
		out["StateValues"] = out["Values"]
	}
	return out
}

// entries loads a list of values: files, and mappings that are written in place.
func (h *helmfileRun) entries(list []layer, dir, missing string, encrypted bool, e *helmfileEnv) map[string]any {
	out := map[string]any{}
	for _, item := range list {
		if item.node.Kind == yaml.MappingNode {
			out = h.onto(out, item.text.data(item.node, false), item, e)
			continue
		}
		name, ok := item.text.word(item.node, "values").known()
		if !ok {
			h.problemAt(item.text.span(item.node), "the path of a file of values is not known, expected one in the repository", "write its path out")
			e.opened(*item.text.word(item.node, "values").unknown())
			continue
		}
		for _, file := range h.matches(dir, name) {
			if values, ok := h.valuesOf(file, missing, encrypted, item, e); ok {
				out = h.onto(out, values, item, e)
			}
		}
	}
	return out
}

// onto merges values of one list. What null does there differs between versions.
func (h *helmfileRun) onto(a, b map[string]any, item layer, e *helmfileEnv) map[string]any {
	if replacedByNull(a, b) {
		e.opened(model.UnknownBecause(model.WhyUnsupported, "values that are not replaced by null", model.Trail{}))
		h.problemAt(item.text.span(item.node), "replaces a value by null, which versions of helmfile do not agree on, expected another value", "")
	}
	return mergedMaps(a, b)
}

func replacedByNull(a, b map[string]any) bool {
	for name, v := range b {
		before, there := a[name]
		from, ok := before.(map[string]any)
		onto, also := v.(map[string]any)
		if v == nil && there || ok && also && replacedByNull(from, onto) {
			return true
		}
	}
	return false
}

// matches are the files that a path means, which may be a pattern.
func (h *helmfileRun) matches(dir, name string) []string {
	full := joinDir(dir, name)
	if !strings.ContainsAny(name, "*?[") {
		return []string{full}
	}
	parent, pattern := path.Split(full)
	list, err := h.call.Files.List(path.Clean(parent))
	if err != nil || strings.ContainsAny(parent, "*?[") {
		return []string{full}
	}
	var out []string
	for _, info := range list {
		if ok, err := path.Match(pattern, info.Name); ok && err == nil {
			out = append(out, path.Join(parent, info.Name))
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return []string{full}
	}
	return out
}

// valuesOf reads one file of values; ok is false when it gives none.
func (h *helmfileRun) valuesOf(file, missing string, encrypted bool, item layer, e *helmfileEnv) (map[string]any, bool) {
	at := item.text.span(item.node)
	trail := model.Trail{}.Append(model.Hop{At: at, Kind: kindHelmfile, What: "values"})
	lost := func(why model.Reason, message, needs string) (map[string]any, bool) {
		h.problemAt(at, message, "")
		e.opened(model.UnknownBecause(why, needs, trail))
		return nil, false
	}
	data, err := h.call.Files.Read(file)
	switch {
	case err != nil && missing != "" && missing != "Error" && !strings.Contains(file, "://"):
		return nil, false
	case err != nil:
		return lost(model.WhyMissingFile, "the file of values "+strict.Path(file)+" is not in the repository, expected it there", "the file of values")
	case strings.HasSuffix(file, ".hcl"):
		return lost(model.WhyUnsupported, "values in HCL are not understood here, expected YAML", "values in YAML")
	}
	text := string(data)
	if strings.HasSuffix(file, ".gotmpl") {
		marked, err := h.render(file, path.Dir(file), text, 0, len(text), h.data(*e))
		if err != nil {
			e.opened(h.because(err, e))
			h.problemAt(at, "the template "+strict.Path(file)+" cannot be run here, so its values are not known", "")
			return nil, false
		}
		text = marked
	} else if origin.CanMark(text) {
		text = h.literalText(file, data)
	}
	t := h.text(file, text)
	n, err := t.document()
	switch {
	case err != nil || n != nil && n.Kind != yaml.MappingNode:
		return lost(model.WhyUnsupported, "the file of values "+strict.Path(file)+" is not a mapping in YAML", "values in YAML")
	case n == nil:
		return nil, false
	}
	_, sops := strict.Find(n, "sops")
	if encrypted && !sops {
		return lost(model.WhyEncrypted, "the file of secrets "+strict.Path(file)+" is encrypted in a way that hides its names", "the decrypted file")
	}
	return t.data(n, encrypted), true
}

// because is the unknown value that a failed template stands for.
func (h *helmfileRun) because(err error, e *helmfileEnv) model.Value {
	if u, ok := err.(unknownError); ok {
		return u.value
	}
	if e.open != nil {
		return *e.open
	}
	return model.UnknownBecause(model.WhyUnsupported, "templates that keyfit can run", model.Trail{})
}

// data is a mapping as templates see it. Of an encrypted file the names are readable.
func (t *helmfileText) data(n *yaml.Node, encrypted bool) map[string]any {
	left := maxNodes
	m, _ := t.node(n, encrypted, &left).(map[string]any)
	if encrypted {
		delete(m, "sops")
	}
	if left < 0 {
		panic(errHelmfile) // recovered by load
	}
	return m
}

func (t *helmfileText) node(n *yaml.Node, encrypted bool, left *int) any {
	if *left--; *left < 0 {
		return nil
	}
	n = followed(n)
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for _, name := range strict.Names(n) {
			p, _ := strict.Find(n, name)
			out[name] = t.node(p.Value, encrypted, left)
		}
		return out
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			out = append(out, t.node(c, encrypted, left))
		}
		return out
	}
	w := t.word(n, "values")
	if encrypted && strings.HasPrefix(n.Value, "ENC[") {
		return t.h.token(model.UnknownBecause(model.WhyEncrypted, "the decrypted file", w.value().Trail))
	}
	if n.Tag != "!!str" && w.unknown() == nil {
		var x any
		if err := n.Decode(&x); err == nil {
			return x
		}
	}
	return t.h.marked(w.value())
}

// stateSet reads one --state-values-set.
func (h *helmfileRun) stateSet(w word, e *helmfileEnv) {
	e.given = true
	name, value, ok := w.cut("=")
	v := value.value()
	text, sure := value.known()
	if !ok || strings.ContainsAny(name, `,\[]{}`) || sure && strings.ContainsAny(text, `,\{}`) {
		e.opened(model.UnknownBecause(model.WhyUnsupported, "plain NAME=value behind --state-values-set", model.Trail{}))
		h.problem("a value of --state-values-set is not understood here, expected NAME=value", "")
		return
	}
	var leaf any = h.marked(v)
	switch number, isNumber := wholeSet(text); {
	case !sure:
	case text == "true" || text == "false":
		leaf = text == "true"
	case text == "null":
		leaf = nil
	case isNumber:
		leaf = number
	}
	steps := strings.Split(name, ".")
	for _, step := range slices.Backward(steps) {
		leaf = map[string]any{step: leaf}
	}
	e.overrides = mergedMaps(e.overrides, leaf.(map[string]any))
}
