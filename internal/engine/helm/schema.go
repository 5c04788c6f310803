package helm

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/helm/schema"
	"github.com/keyfit/keyfit/internal/pos"
)

func itoa(i int) string { return strconv.Itoa(i) }

// validate checks the values of each chart against its values.schema.json. Helm refuses the
// release when one fails.
func (l *loader) validate(c *loadedChart, values *node) {
	if c.schema != nil {
		l.validateOne(c, values)
	}
	for _, sub := range c.deps {
		if own := values.table[sub.name()]; own != nil && own.kind == table && sub.doubt == nil {
			l.validate(sub, own)
		}
	}
}

func (l *loader) validateOne(c *loadedChart, values *node) {
	at := pos.Span{File: c.schema.Path}
	rules, err := schema.Parse(c.schema.Data)
	if err != nil {
		l.problem(at, "is not a JSON schema, so that helm refuses the chart "+strconv.Quote(c.name()), "correct the schema")
		return
	}
	asked := values.asked()
	c.leaveOpen(asked)
	_, broken := rules.Validate(asked)
	for _, v := range broken {
		l.violation(c, v, values)
	}
}

// violation reports a rule that is broken for certain, at the place of the value.
func (l *loader) violation(c *loadedChart, v schema.Violation, values *node) {
	n := at(values, v.Path)
	if n == nil {
		return
	}
	where := strings.Join(v.Path, ".")
	if where == "" {
		where = "(root)"
	}
	place := n.from.Trail.At()
	if !place.IsValid() {
		place = pos.Span{File: c.schema.Path}
	}
	l.problem(place, fmt.Sprintf("the value %q breaks the rule %q of the chart's values.schema.json, so that helm refuses the release", where, v.Rule), "give a value that the schema of the chart "+strconv.Quote(c.name())+" allows")
}

// leaveOpen makes unknown what is there only when a dependency is deployed, and that is not
// known.
func (c *loadedChart) leaveOpen(values any) {
	own, _ := values.(map[string]any)
	for _, sub := range c.deps {
		if _, ok := own[sub.name()]; ok && sub.doubt != nil {
			own[sub.name()] = schema.Unknown{}
			continue
		}
		sub.leaveOpen(own[sub.name()])
	}
}

// asked is plain with what is not known left open.
func (n *node) asked() any {
	if n.isUnknown() {
		return schema.Unknown{}
	}
	switch n.kind {
	case table:
		out := make(map[string]any, len(n.table))
		for key, child := range n.table {
			out[key] = child.asked()
		}
		return out
	case list:
		out := make([]any, len(n.list))
		for i, child := range n.list {
			out[i] = child.asked()
		}
		return out
	}
	return n.value
}

// at follows a path of keys and indices.
func at(n *node, path []string) *node {
	for _, key := range path {
		switch {
		case n == nil:
			return nil
		case n.kind == table:
			n = n.table[key]
		case n.kind == list:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(n.list) {
				return nil
			}
			n = n.list[i]
		default:
			return nil
		}
	}
	return n
}
