package config

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Control names a control key: one that is known to be good, of the same provider. It is asked
// only when the deploy's key fails or cannot be verified, at the same host, to tell whether the
// key or the way there is to blame. It stands in keyfit's own process, never in the file.
type Control struct {
	Env   ControlEnv        `yaml:"env,required" doc:"the variable of keyfit's own process that holds it: one name, or one by environment"`
	Parts map[string]string `yaml:"parts" doc:"further pieces of the control key, by role: variables of keyfit's own process; default: those of the deploy's key"`
	At    pos.Span          `yaml:"-"`
}

// ControlEnv is one variable for every environment, or one for each of some.
type ControlEnv struct {
	All string
	By  map[string]string
}

// Variable gives the variable that holds the control key of an environment; empty for none.
func (c *Control) Variable(environment string) string {
	switch {
	case c == nil:
		return ""
	case c.Env.By != nil:
		return c.Env.By[environment]
	}
	return c.Env.All
}

// Names lists every variable that a control key may stand in, each once.
func (c *Control) Names() []string {
	if c == nil {
		return nil
	}
	names := append(slices.Collect(maps.Values(c.Env.By)), slices.Collect(maps.Values(c.Parts))...)
	if c.Env.All != "" {
		names = append(names, c.Env.All)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// DecodeStrict reads one name, or a mapping of environments to names.
func (e *ControlEnv) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		r.Decode(n, &e.All)
		if !r.FailedIn(n) {
			checkVariable(r, n, e.All)
		}
		return
	}
	r.Decode(n, &e.By)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.Fail(n, "write {env: NAME}, or {env: {staging: NAME}}", "names no variable")
	}
	for _, name := range strict.Names(n) {
		if p, ok := strict.Find(n, name); ok && p.Value.Kind == yaml.ScalarNode && !r.FailedIn(p.Value) {
			checkVariable(r, p.Value, p.Value.Value)
		}
	}
}

// JSONSchema describes the two ways to write it.
func (e ControlEnv) JSONSchema() map[string]any {
	name := map[string]any{"type": "string", "pattern": variablePattern}
	return map[string]any{"anyOf": []any{
		name,
		map[string]any{"type": "object", "minProperties": 1, "additionalProperties": name},
	}}
}

// control checks the control key of a key: environments that there are, and parts of its provider.
func (c *checker) control(name string, key *Key) {
	if key.Control == nil {
		return
	}
	if at, ok := strict.Find(c.root, "keys", name, "control", "env"); ok && at.Value.Kind == yaml.MappingNode {
		for _, p := range c.entries("keys", name, "control", "env") {
			c.known(p.Key, "environment", c.environments())
		}
	}
	c.partsAt(key, "keys", name, "control", "parts")
}
