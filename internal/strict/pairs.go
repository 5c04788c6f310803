package strict

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Pair is one entry of a mapping.
type Pair struct{ Key, Value *yaml.Node }

// Pairs lists the entries of a mapping, those merged in by `<<` included, each name
// once; it reports names that stand twice. A node of another kind is a mistake. The
// values are as they stand: a value may be an alias.
func (r *Reader) Pairs(n *yaml.Node) ([]Pair, bool) {
	if n.Kind != yaml.MappingNode {
		fix := ""
		if n.Tag == "!!null" {
			fix = "write {} for an empty one, or remove the line"
		}
		r.Fail(n, fix, "expected a mapping of names to values, found %s", kindName(n))
		return nil, false
	}
	if !r.count(n, len(n.Content)/2) {
		return nil, false
	}
	var own, merged []Pair
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if isMerge(key) {
			merged = append(merged, r.merged(value)...)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			r.Fail(key, "write the name as plain text", "expected a name, found %s", kindName(key))
			continue
		}
		if first, ok := seen[key.Value]; ok {
			r.Fail(key, "keep one of the two", "%s stands twice, first at line %d", Name(key.Value), first.Line)
			continue
		}
		seen[key.Value] = key
		own = append(own, Pair{key, value})
	}
	for _, p := range merged {
		if _, ok := seen[p.Key.Value]; !ok {
			seen[p.Key.Value] = p.Key
			own = append(own, p)
		}
	}
	return own, true
}

func isMerge(key *yaml.Node) bool { return key.Kind == yaml.ScalarNode && key.Tag == "!!merge" }

func (r *Reader) merged(n *yaml.Node) []Pair {
	n, ok := r.enter(n)
	defer r.leave()
	if !ok {
		return nil
	}
	if n.Kind == yaml.SequenceNode {
		var out []Pair
		for _, item := range n.Content {
			out = append(out, r.merged(item)...)
		}
		return out
	}
	pairs, _ := r.Pairs(n)
	return pairs
}

// Find gives the entry that path leads to from n, through mappings, aliases and merges;
// ok is false when there is none. It reports nothing: it serves checks that come after
// decoding and want the place of a name.
func Find(n *yaml.Node, path ...string) (found Pair, ok bool) {
	found.Value = n
	for _, name := range path {
		if found, ok = entry(found.Value, name, map[*yaml.Node]bool{}); !ok {
			return Pair{}, false
		}
	}
	return found, len(path) > 0
}

// Names lists the names in a mapping, merged ones included, in alphabetical order. Like
// [Find] it reports nothing.
func Names(n *yaml.Node) []string {
	found := map[string]bool{}
	collect(n, found, map[*yaml.Node]bool{})
	return slices.Sorted(maps.Keys(found))
}

func collect(n *yaml.Node, found map[string]bool, seen map[*yaml.Node]bool) {
	n = target(n)
	if seen[n] {
		return
	}
	seen[n] = true
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		key, value := n.Content[i], target(n.Content[i+1])
		switch {
		case isMerge(key) && value.Kind == yaml.SequenceNode:
			for _, from := range value.Content {
				collect(from, found, seen)
			}
		case isMerge(key):
			collect(value, found, seen)
		case key.Kind == yaml.ScalarNode:
			found[key.Value] = true
		}
	}
}

// Items lists the entries of a list, aliases followed; nothing for anything else.
func Items(n *yaml.Node) []*yaml.Node {
	if n = target(n); n.Kind != yaml.SequenceNode {
		return nil
	}
	var out []*yaml.Node
	for _, item := range n.Content {
		out = append(out, target(item))
	}
	return out
}

// FailedIn reports whether a mistake was recorded at n or at anything within it.
func (r *Reader) FailedIn(n *yaml.Node) bool {
	return len(r.failed) > 0 && r.failedIn(n, map[*yaml.Node]bool{})
}

func (r *Reader) failedIn(n *yaml.Node, seen map[*yaml.Node]bool) bool {
	n = target(n)
	if seen[n] {
		return false
	}
	seen[n] = true
	return r.failed[r.Span(n)] || slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return r.failedIn(c, seen) })
}

// entry looks for a name in a mapping, then in what is merged into it. A mapping that
// was looked through is not looked through again.
func entry(n *yaml.Node, name string, seen map[*yaml.Node]bool) (Pair, bool) {
	n = target(n)
	if n.Kind != yaml.MappingNode || seen[n] {
		return Pair{}, false
	}
	seen[n] = true
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind == yaml.ScalarNode && !isMerge(key) && key.Value == name {
			return Pair{key, n.Content[i+1]}, true
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !isMerge(n.Content[i]) {
			continue
		}
		if p, ok := entryOfAny(n.Content[i+1], name, seen); ok {
			return p, true
		}
	}
	return Pair{}, false
}

func entryOfAny(n *yaml.Node, name string, seen map[*yaml.Node]bool) (Pair, bool) {
	n = target(n)
	if n.Kind != yaml.SequenceNode {
		return entry(n, name, seen)
	}
	for _, from := range n.Content {
		if p, ok := entry(from, name, seen); ok {
			return p, true
		}
	}
	return Pair{}, false
}

func target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}
