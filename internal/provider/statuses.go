package provider

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Statuses is a set of HTTP statuses: 200, "4xx", or a list of such. The empty set
// makes no condition.
type Statuses []StatusRange

// StatusRange is First to Last, both included.
type StatusRange struct{ First, Last int }

// DecodeStrict reads a status, a class of statuses, or a list of them.
func (s *Statuses) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		if item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		if one, ok := statusRange(item.Value); ok && item.Kind == yaml.ScalarNode {
			*s = append(*s, one)
			continue
		}
		r.Fail(item, "write 401, 4xx or a list such as [401, 403]", "is not an HTTP status")
	}
	if len(items) == 0 {
		r.Fail(n, "name at least one status", "is an empty list")
	}
}

func statusRange(text string) (StatusRange, bool) {
	if len(text) == 3 && text[0] >= '1' && text[0] <= '5' && (text[1:] == "xx" || text[1:] == "XX") {
		first := int(text[0]-'0') * 100
		return StatusRange{first, first + 99}, true
	}
	status, err := strconv.Atoi(text)
	return StatusRange{status, status}, err == nil && len(text) == 3 && status >= 100 && status <= 599
}

// JSONSchema describes a set of statuses.
func (s Statuses) JSONSchema() map[string]any {
	one := map[string]any{"anyOf": []any{
		map[string]any{"type": "integer", "minimum": 100, "maximum": 599},
		map[string]any{"type": "string", "pattern": "^([1-5]xx|[1-5][0-9][0-9])$"},
	}}
	return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one, "minItems": 1}}}
}

// Contains reports whether the status is in the set.
func (s Statuses) Contains(status int) bool {
	return slices.ContainsFunc(s, func(r StatusRange) bool { return r.First <= status && status <= r.Last })
}
