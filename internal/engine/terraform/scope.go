package terraform

import (
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// scope collects what the references of one expression lead to.
type scope struct {
	m     *module
	roots map[string]map[string]cty.Value // var, local, path, …: name to value
	kinds map[bool]map[string]map[string]cty.Value
	calls map[string]map[string]bool // module: outputs; nil for all
}

func newScope(m *module) *scope {
	return &scope{
		m: m, roots: map[string]map[string]cty.Value{}, calls: map[string]map[string]bool{},
		kinds: map[bool]map[string]map[string]cty.Value{true: {}, false: {}},
	}
}

func (s *scope) put(root, name string, value func(string) cty.Value) {
	if s.roots[root] == nil {
		s.roots[root] = map[string]cty.Value{}
	}
	if _, ok := s.roots[root][name]; !ok && name != "" {
		s.roots[root][name] = value(name)
	}
}

// refer evaluates what one reference names.
func (s *scope) refer(t hcl.Traversal) {
	root, first, second := t.RootName(), step(t, 1), step(t, 2)
	switch root {
	case "var":
		s.put(root, first, s.m.variable)
	case "local":
		s.put(root, first, s.m.local)
	case "path":
		s.put(root, first, s.m.pathOf)
	case "terraform", "tofu":
		s.put(root, first, s.m.e.about)
	case "module":
		s.module(t, first)
	case "data":
		s.resource(false, first, second)
	case "each", "count", "self":
		s.put(root, first, func(name string) cty.Value {
			s.m.e.problem(s.m.where(), "\""+root+"."+name+"\" is used where there is none", "")
			return s.m.e.unknown(model.WhyUnsupported, "\""+root+"\" here", pos.Span{})
		})
	case "ephemeral":
		s.put(root, first, func(string) cty.Value {
			return s.m.e.unknown(model.WhyRemoteState, "what the ephemeral resource "+first+"."+second+" reads", s.m.where())
		})
	default:
		s.resource(true, root, first)
	}
}

// step is the name at a place of a reference; empty when an index or nothing stands there.
func step(t hcl.Traversal, i int) string {
	if i < len(t) {
		if a, ok := t[i].(hcl.TraverseAttr); ok {
			return a.Name
		}
	}
	return ""
}

// module notes which outputs of a call are read: only those are evaluated.
func (s *scope) module(t hcl.Traversal, name string) {
	if name == "" {
		return
	}
	at := 2
	if at < len(t) {
		if _, indexed := t[at].(hcl.TraverseIndex); indexed {
			at++
		}
	}
	out := step(t, at)
	known, seen := s.calls[name]
	switch {
	case out == "" || seen && known == nil:
		s.calls[name] = nil
	case known == nil:
		s.calls[name] = map[string]bool{out: true}
	default:
		known[out] = true
	}
}

func (s *scope) resource(managed bool, kind, name string) {
	if name == "" || kind == "" {
		return
	}
	if s.kinds[managed][kind] == nil {
		s.kinds[managed][kind] = map[string]cty.Value{}
	}
	if _, ok := s.kinds[managed][kind][name]; !ok {
		s.kinds[managed][kind][name] = s.m.resourceValue(resourceKey{managed, kind, name})
	}
}

// variables is everything that was referred to, by its root name.
func (s *scope) variables() map[string]cty.Value {
	out := map[string]cty.Value{}
	for root, values := range s.roots {
		out[root] = cty.ObjectVal(values)
	}
	for kind, values := range s.kinds[true] {
		out[kind] = cty.ObjectVal(values)
	}
	data := map[string]cty.Value{}
	for kind, values := range s.kinds[false] {
		data[kind] = cty.ObjectVal(values)
	}
	if len(data) > 0 {
		out["data"] = cty.ObjectVal(data)
	}
	modules := map[string]cty.Value{}
	for _, name := range sortedKeys(s.calls) {
		modules[name] = s.m.moduleValue(name, s.calls[name])
	}
	if len(modules) > 0 {
		out["module"] = cty.ObjectVal(modules)
	}
	return out
}

// pathOf gives path.module and path.root as they are written from the root module. The
// directory in which the tool runs is one of a machine.
func (m *module) pathOf(name string) cty.Value {
	text := "."
	switch name {
	case "module":
		text = m.path
	case "root":
	default:
		return m.e.unknown(model.WhyUnsupported, "the directory in which the tool runs", m.e.here)
	}
	return cty.StringVal(text)
}

// about gives terraform.workspace.
func (e *evaluator) about(name string) cty.Value {
	if name != "workspace" {
		return e.unknown(model.WhyUnsupported, "\"terraform."+name+"\"", e.here)
	}
	w := e.workspace()
	if w.State != model.Known {
		return e.unknownFrom(w)
	}
	return cty.StringVal(w.Text.Reveal()).Mark(e.newMark(w))
}

// workspace is the one that was selected, that of TF_WORKSPACE, or the default.
func (e *evaluator) workspace() model.Value {
	if w := e.in.Env.Get("TF_WORKSPACE"); w.State == model.Unknown || w.State == model.Known && !w.Text.IsEmpty() {
		return w
	}
	if e.in.Workspace.State != model.Absent {
		return e.in.Workspace
	}
	if name := path.Join(e.root, ".terraform/environment"); e.exists(name) {
		return e.selected(name)
	}
	return model.KnownText("default", model.Hop{At: e.in.At, Kind: model.KindTerraform, What: "terraform.workspace"})
}

// selected reads the file in which init and `workspace select` leave the workspace.
func (e *evaluator) selected(name string) model.Value {
	hop := model.Hop{At: pos.Span{File: name}, Kind: model.KindFile, What: "terraform.workspace", Literal: true}
	data, err := e.in.Files.Read(name)
	if err != nil {
		return model.UnknownBecause(model.WhyMissingFile, "the file "+name, model.Trail{}.Append(hop))
	}
	if text := strings.TrimSpace(string(data)); text != "" {
		return model.KnownText(text, hop)
	}
	return model.KnownText("default", hop)
}
