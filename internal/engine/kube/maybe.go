package kube

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// maybe is a stretch of an object that is there whole, or not at all.
type maybe struct {
	origin.Range
	because model.Value
}

// maxMaybes bounds the stretches of one object that may be missing. Beyond, all of it is in
// doubt.
const maxMaybes = 1000

// missing reads which stretches of an object may be missing. What they hold is read with
// that in mind wherever variables and files come from; where anything else that matters
// depends on them, all of the object is in doubt.
func (r *reader) missing(doc *yaml.Node) (because model.Value, found bool) {
	seen := map[origin.Range]bool{}
	for _, gap := range r.gaps {
		if !gap.Maybe || seen[gap.Whole] {
			continue
		}
		seen[gap.Whole] = true
		because, _ = r.text.Unknown(gap.Start, gap.End)
		r.maybes = append(r.maybes, maybe{gap.Whole, because})
	}
	if len(r.maybes) == 0 {
		return model.Value{}, false
	}
	if r.extents != nil || len(r.maybes) > maxMaybes {
		return r.maybes[0].because, true
	}
	s := search{reader: r}
	s.object(doc, r.maybes, "", "")
	if s.found == nil {
		return model.Value{}, false
	}
	return *s.found, true
}

// reach gives the bytes from the start of a node to the end of all that is in it.
func (r *reader) reach(n *yaml.Node) (start, end int) {
	if n.Kind == yaml.ScalarNode {
		return r.extent(n)
	}
	if at, ok := r.reaches[n]; ok {
		return at[0], at[1]
	}
	start = r.offset(n)
	end = start
	for _, c := range n.Content {
		_, to := r.reach(c)
		end = max(end, to)
	}
	if r.reaches == nil {
		r.reaches = map[*yaml.Node][2]int{}
	}
	r.reaches[n] = [2]int{start, end}
	return start, end
}

// search looks for what depends on stretches that may be missing.
type search struct {
	*reader
	group, kind string
	found       *model.Value // set when the object as a whole does
}

// object searches an object, or a list of them.
func (s *search) object(n *yaml.Node, list []maybe, kind, version string) {
	if n.Kind != yaml.MappingNode {
		s.doubts(list)
		return
	}
	if own := plainField(n, "kind"); own != "" {
		kind = own
	}
	if own := plainField(n, "apiVersion"); own != "" {
		version = own
	}
	s.group, s.kind = group(version), kind
	s.walk(n, nil, list)
}

func plainField(n *yaml.Node, name string) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name && n.Content[i+1].Kind == yaml.ScalarNode {
			return n.Content[i+1].Value
		}
	}
	return ""
}

func (s *search) doubts(list []maybe) {
	if len(list) > 0 && s.found == nil {
		s.found = &list[0].because
	}
}

// walk follows stretches to the nodes that they hold.
func (s *search) walk(n *yaml.Node, path []string, list []maybe) {
	start, end := s.reach(n)
	list = s.below(path, n, start, end, list)
	switch {
	case len(list) == 0 || s.found != nil:
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			at := append(path[:len(path):len(path)], key.Value)
			from, behind := s.reach(key)
			_, to := s.reach(value)
			inner := s.below(at, value, from, max(behind, to), list)
			if len(inner) > 0 && (key.Kind != yaml.ScalarNode || key.Value == "<<") {
				s.doubts(inner)
			}
			if len(path) == 0 && key.Value == "items" && strings.HasSuffix(s.kind, "List") && value.Kind == yaml.SequenceNode {
				s.items(value, inner)
			} else if len(inner) > 0 {
				s.walk(value, at, inner)
			}
		}
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			s.walk(item, append(path[:len(path):len(path)], "[]"), list)
		}
	default: // a part of a text, or an alias
		s.doubts(list)
	}
}

// items searches the objects of a list.
func (s *search) items(n *yaml.Node, list []maybe) {
	kind, version := s.kind, s.group
	for _, item := range n.Content {
		start, end := s.reach(item)
		for _, m := range list {
			if m.Touches(start, end) {
				s.object(item, []maybe{m}, strings.TrimSuffix(kind, "List"), "")
			}
		}
	}
	s.kind, s.group = kind, version
}

// below judges the stretches that hold all of the bytes from start to end, and gives those
// that hold only some.
func (s *search) below(path []string, n *yaml.Node, start, end int, list []maybe) []maybe {
	var out []maybe
	for _, m := range list {
		switch {
		case m.Covers(start, end):
			if !s.harmless(path, n) {
				s.doubts([]maybe{m})
			}
		case m.Touches(start, end):
			out = append(out, m)
		}
	}
	return out
}

// harmless reports whether the rest of the object can be told without what stands under a
// path. Variables, sources of variables and the entries of Secrets are read with that in
// mind; of files, none is certain then.
func (s *search) harmless(path []string, n *yaml.Node) bool {
	switch {
	case len(path) == 0 || hasAlias(n, 0):
		return false
	case path[0] == "metadata":
		return len(path) > 1 && (path[1] == "labels" || path[1] == "annotations") && !hasField(n, path, "helm.sh/hook")
	case s.group == "" && (s.kind == "Secret" || s.kind == "ConfigMap"):
		return slices.Contains([]string{"data", "stringData", "binaryData", "type", "immutable"}, path[0])
	case podPath(s.group, s.kind) == nil:
		return false
	}
	template := podPath(s.group, s.kind)
	for i := range template {
		if i >= len(path) {
			return false
		}
		if path[i] != template[i] {
			return path[i] != "workloadRef" && path[i] != "kind" && path[i] != "apiVersion"
		}
	}
	return s.harmlessInPod(path[len(template):], n)
}

// harmlessInPod is the same for the template of a workload's pods.
func (s *search) harmlessInPod(path []string, n *yaml.Node) bool {
	switch {
	case len(path) > 1 && path[0] == "metadata":
		return (path[1] == "labels" || path[1] == "annotations") && !hasField(n, path, "vault.")
	case len(path) < 2 || path[0] != "spec":
		return len(path) > 0 && path[0] != "metadata" && path[0] != "spec" && path[0] != "kind" && path[0] != "apiVersion"
	}
	switch path[1] {
	case "enableServiceLinks":
		return false
	case "volumes":
		s.files()
	case "containers", "initContainers", "ephemeralContainers":
		if len(path) > 3 && path[3] == "name" {
			return false
		}
		if len(path) > 3 && path[3] == "volumeMounts" {
			s.files()
		}
	}
	return true
}

// files notes that no file is certain.
func (s *search) files() {
	if s.fileless == nil {
		s.fileless = &s.maybes[0].because
	}
}

// hasField reports whether a name that begins like this stands under a path, or is its end.
func hasField(n *yaml.Node, path []string, prefix string) bool {
	if strings.HasPrefix(path[len(path)-1], prefix) {
		return true
	}
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if strings.HasPrefix(n.Content[i].Value, prefix) {
			return true
		}
	}
	return false
}

func hasAlias(n *yaml.Node, depth int) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || depth > maxDepth ||
		slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return hasAlias(c, depth+1) })
}

// assumed is how an entry is read that may be missing: as if it was there.
type assumed struct {
	node
	missing *model.Value // why the entry may be missing
	partly  *model.Value // why a part of it may be
}

// assume reads an entry of a list.
func (x node) assume() assumed {
	if x.n == nil || len(x.maybes) == 0 {
		return assumed{node: x}
	}
	start, end := x.reach(x.n)
	return x.assumeAt(start, end)
}

// assumeAt reads an entry that stands in the bytes from start to end.
func (x node) assumeAt(start, end int) assumed {
	out := assumed{node: x}
	var inner *maybe
	for i, m := range x.maybes {
		switch {
		case m.Covers(start, end):
			if inner == nil || m.End-m.Start < inner.End-inner.Start {
				inner = &x.maybes[i]
			}
			if out.missing == nil {
				out.missing = &x.maybes[i].because
			}
		case m.Touches(start, end):
			out.partly = &x.maybes[i].because
		}
	}
	if inner != nil {
		out.reader = x.assuming(inner.Range)
	}
	return out
}

// assuming reads an object as if all that lies around a stretch, and the stretch itself, was
// there.
func (r *reader) assuming(there origin.Range) *reader {
	if out, ok := r.assumedThere[there]; ok {
		return out
	}
	drop := func(p origin.Piece) bool { return p.Whole.Covers(there.Start, there.End) }
	s := *r.stream
	s.text = s.text.Assuming(drop)
	out := *r
	out.stream, out.above, out.assumedThere, out.known = &s, r, nil, map[*yaml.Node][]pair{}
	out.gaps = slices.DeleteFunc(slices.Clone(r.gaps), func(p origin.Piece) bool { return p.Maybe && drop(p) })
	out.maybes = slices.DeleteFunc(slices.Clone(r.maybes), func(m maybe) bool { return m.Covers(there.Start, there.End) })
	if r.assumedThere == nil {
		r.assumedThere = map[origin.Range]*reader{}
	}
	r.assumedThere[there] = &out
	return &out
}

// orMissing is a value that may not arrive.
func orMissing(v model.Value, because *model.Value) model.Value {
	if because == nil {
		return v
	}
	return orOther(v, model.Value{State: model.Absent, Trail: v.Trail}, because)
}

// orOther is v, or another value in its place.
func orOther(v, other model.Value, because *model.Value) model.Value {
	if v.State == model.Absent && other.State == model.Absent {
		return model.UnknownBecause(because.Why, because.Needs, v.Trail)
	}
	out := keepTrail(model.Ambiguous(because.Needs, v, other), v)
	out.Losers = v.Losers
	for _, hop := range because.DecidedBy {
		if !slices.Contains(out.DecidedBy, hop) {
			out.DecidedBy = append(slices.Clip(out.DecidedBy), hop)
		}
	}
	return out
}
