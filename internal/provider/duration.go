package provider

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Duration is a length of time: Go's units and d for days of 24 hours, as in 14d or 1d12h.
type Duration time.Duration

// DecodeStrict reads the duration; negative ones are mistakes.
func (d *Duration) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	parsed, ok := parseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || !ok {
		r.Fail(n, "write a number and a unit, such as 14d, 12h or 30s", "is not a duration")
		return
	}
	*d = Duration(parsed)
}
