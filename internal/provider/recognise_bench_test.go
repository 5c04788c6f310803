package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/secret"
)

// environment is what a consumer receives: mostly settings, and some keys.
func environment(keys ...string) map[string]string {
	out := map[string]string{}
	for i := range 50 - len(keys) {
		out[fmt.Sprintf("SETTING_%d", i)] = fmt.Sprintf("https://service-%d.example.com/v1?region=eu", i)
	}
	for i, key := range keys {
		out[fmt.Sprintf("VARIABLE_%d", i)] = key
	}
	return out
}

func keyOfEach() []string {
	long := strings.Repeat("CANARY", 6)
	return []string{"sk_test_" + long, "sk-proj-" + long, "sk-ant-api03-" + long, "ghp_" + long, "xoxb-" + long}
}

// BenchmarkRecogniseCold recognises the 50 variables of one consumer with a catalogue
// that nobody asked before.
func BenchmarkRecogniseCold(b *testing.B) {
	for _, bench := range []struct {
		name string
		keys []string
	}{{"settings", nil}, {"two keys", keyOfEach()[:2]}, {"a key of each", keyOfEach()}} {
		b.Run(bench.name, func(b *testing.B) {
			variables := environment(bench.keys...)
			for b.Loop() {
				c := Catalogue()
				found := 0
				for name, text := range variables {
					if p, _, _ := c.Recognise(name, secret.New(text)); p != nil {
						found++
					}
				}
				if found != len(bench.keys) {
					b.Fatalf("%d keys recognised, want %d", found, len(bench.keys))
				}
			}
		})
	}
}
