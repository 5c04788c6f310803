package provider

import (
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Duration is a length of time: Go's units and d for days of 24 hours, as in 14d or 1d12h.
type Duration time.Duration

const day = 24 * time.Hour

// DecodeStrict reads the duration; negative ones are mistakes.
func (d *Duration) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	parsed, ok := parseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || !ok {
		r.Fail(n, "write a number and a unit, such as 14d, 12h or 30s", "is not a duration")
		return
	}
	*d = Duration(parsed)
}

// JSONSchema describes a duration.
func (d Duration) JSONSchema() map[string]any {
	return map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(d|h|ms|m|s|us|µs|ns))+$|^0$`,
		"description": "a number and a unit, such as 14d, 12h or 30s"}
}

// parseDuration reads days, if any, and then what Go reads.
func parseDuration(text string) (time.Duration, bool) {
	var days time.Duration
	if number, rest, found := strings.Cut(text, "d"); found {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || n > uint64(math.MaxInt64/int64(day)) {
			return 0, false
		}
		days = time.Duration(n) * day
		if text = rest; text == "" {
			return days, true
		}
	}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	return days + d, err == nil && days+d >= days
}
