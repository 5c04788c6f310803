package shell

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
)

// yqPath is a filter of yq (version 4) that walks along a path, with a plain default.
var yqPath = lazy.Regexp(`^\s*((?:\.(?:[A-Za-z_][A-Za-z0-9_-]*|"[^"\\\\(*]+")|\.?\[(?:\d+|"[^"\\\\(*]+")\])+)\s*(?://\s*"([^"\\\\(]*)"\s*)?$`)

// yqStep is one step of such a path.
var yqStep = lazy.Regexp(`\.?\["([^"]+)"\]|\.?\[(\d+)\]|\."([^"]+)"|\.([A-Za-z_][A-Za-z0-9_-]*)`)

// yqTool reads plain values out of known YAML, as yq of version 4 does. All else that yq
// can do, and its printing of lists and maps above all, is not computed.
func yqTool(t *toolRun) bool {
	filter, json, files, ok := yqArgs(t)
	if !ok || len(files) > 1 {
		return false
	}
	m := yqPath().FindStringSubmatch(filter)
	if m == nil {
		return false
	}
	in, _ := t.input(files)
	if t.status.ok == no {
		return true
	}
	s, ok := in.known()
	if !ok {
		return t.unclear(in)
	}
	root, ok := plainYAML(s)
	if !ok {
		return false
	}
	n, ok := walkYAML(root, m[1])
	if !ok {
		return false
	}
	out, ok := yqText(n, json)
	if strings.Contains(filter, "//") && (n == nil || n.Tag == "!!null" || n.Tag == "!!bool" && n.Value == "false") {
		out, ok = m[2], !json
	}
	if !ok {
		return false
	}
	t.out = derived(out+"\n", append(slices.Clone(t.args), in)...)
	return true
}

// yqArgs reads the command line, as far as it is one of those that are computed.
func yqArgs(t *toolRun) (filter string, json bool, files []sym, ok bool) {
	seen := false
	for i, a := range t.args {
		s, known := a.known()
		switch {
		case !known && !seen:
			return "", false, nil, false
		case !seen && i == 0 && (s == "e" || s == "eval"):
		case known && (s == "-r" || s == "--unwrapScalar" || s == "-M" || s == "--no-colors"):
		case known && (s == "-o=json" || s == "-ojson" || s == "--output-format=json" || s == "-oj" || s == "-o=j"):
			json = true
		case known && (s == "-o=yaml" || s == "-oy" || s == "-P" || s == "-o=y"):
		case known && strings.HasPrefix(s, "-") && s != "-":
			return "", false, nil, false
		case !seen:
			filter, seen = s, true
		default:
			files = append(files, a)
		}
	}
	return filter, json, files, seen
}

// plainYAML reads one document without aliases, merges, and tags of its own.
func plainYAML(s string) (*yaml.Node, bool) {
	if len(s) > 1<<20 {
		return nil, false
	}
	dec := yaml.NewDecoder(strings.NewReader(s))
	var doc, next yaml.Node
	if dec.Decode(&doc) != nil || len(doc.Content) != 1 || dec.Decode(&next) == nil || strings.Contains("\n"+s, "\n---") {
		return nil, false
	}
	return doc.Content[0], plainNode(doc.Content[0], 0)
}

func plainNode(n *yaml.Node, depth int) bool {
	if depth > 100 || n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || n.Tag == "!!merge" {
		return false
	}
	seen := map[string]bool{}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if c.Kind != yaml.ScalarNode || seen[c.Value] {
				return false
			}
			seen[c.Value] = true
		}
		if !plainNode(c, depth+1) {
			return false
		}
	}
	return true
}

// walkYAML follows a path; nil is a value that is not there.
func walkYAML(n *yaml.Node, steps string) (*yaml.Node, bool) {
	for _, m := range yqStep().FindAllStringSubmatch(steps, -1) {
		if n == nil || n.Tag == "!!null" {
			return nil, true
		}
		if m[2] != "" {
			i, err := strconv.Atoi(m[2])
			if err != nil || n.Kind != yaml.SequenceNode {
				return nil, false
			}
			if i >= len(n.Content) {
				return nil, true
			}
			n = n.Content[i]
			continue
		}
		if n.Kind != yaml.MappingNode {
			return nil, false
		}
		n = lookUp(n, m[1]+m[3]+m[4])
	}
	return n, true
}

func lookUp(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// yqText is how a plain value is printed.
func yqText(n *yaml.Node, json bool) (string, bool) {
	switch {
	case n == nil:
		return "null", true
	case n.Kind != yaml.ScalarNode:
		return "", false
	case !json:
		return n.Value, !(n.Tag == "!!null" && n.Value == "") && n.Tag != "!!timestamp" && n.Tag != "!!binary"
	case n.Tag == "!!bool" && (n.Value == "true" || n.Value == "false"):
		return n.Value, true
	case n.Tag == "!!int" && isPlainInt(n.Value):
		return n.Value, true
	case n.Tag == "!!str" && isASCII(n.Value) && !strings.ContainsAny(n.Value, "<>&\"\\\n\t\r\x7f"):
		return `"` + n.Value + `"`, true
	}
	return "", false
}

func isPlainInt(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && strconv.Itoa(n) == s
}
