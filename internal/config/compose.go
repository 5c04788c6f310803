package config

import (
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

type composeFields Compose // as it is written, without its methods

// DecodeStrict reads the files of a project.
func (c *Compose) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	r.Decode(n, (*composeFields)(c))
	c.At = r.Span(n)
	for field, example := range map[string]string{"files": "compose.yaml", "env-files": ".env.staging"} {
		if p, ok := strict.Find(n, field); ok {
			notEmpty(r, strict.Items(p.Value), "name a file, such as "+example, "is empty, expected the name of a file")
		}
	}
}
