package expression

import (
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// typical are expressions as workflows have them. Each should take less than 10 µs.
var typical = map[string]string{
	"reference": "secrets.API_KEY",
	"condition": "github.ref == 'refs/heads/main' && github.event_name == 'push'",
	"choice":    "github.ref == 'refs/heads/main' && secrets.PROD_KEY || secrets.STAGING_KEY",
	"undecided": "inputs.environment == 'production' && secrets.PROD_KEY || secrets.STAGING_KEY",
	"format":    "format('https://{0}.example.com/{1}', inputs.environment, github.sha)",
	"index":     "secrets[format('{0}_API_KEY', matrix.name)]",
	"filter":    "always() && !contains(needs.*.result, 'failure')",
	"fromJSON":  `fromJSON('{"staging":"s","production":"p"}')[matrix.name]`,
}

func benchContext() Context {
	secret := func(name string) Value {
		return Text(model.UnknownBecause(model.WhyCISecret, "the secret", model.Trail{}.Append(model.Hop{Kind: model.KindInput, What: "secrets." + name})))
	}
	known := func(text string) Value {
		return Text(model.KnownText(text, model.Hop{Kind: model.KindInput, What: "x"}))
	}
	result := func(text string) Value { return Object(Entry{"result", known(text)}) }
	contexts := map[string]Value{
		"secrets": Open(secret),
		"github":  Object(Entry{"ref", known("refs/heads/main")}, Entry{"event_name", known("push")}, Entry{"sha", known("0123456789abcdef")}),
		"inputs":  Open(secret),
		"matrix":  Object(Entry{"name", known("staging")}),
		"needs":   Object(Entry{"a", result("success")}, Entry{"b", result("success")}, Entry{"c", result("skipped")}),
	}
	return Context{Lookup: func(name string) (Value, bool) { v, ok := contexts[name]; return v, ok }}
}

func benchPlace(start, end int) pos.Span {
	return pos.Span{File: "a.yml", Start: pos.Pos{Line: 1, Column: start + 1, Byte: start}, End: pos.Pos{Line: 1, Column: end + 1, Byte: end}}
}

func BenchmarkParse(b *testing.B) {
	for name, text := range typical {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text, benchPlace); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEval(b *testing.B) {
	c := benchContext()
	for name, text := range typical {
		e, err := Parse(text, benchPlace)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v := e.Eval(c); v.Fault() != nil {
					b.Fatal(v.Fault())
				}
			}
		})
	}
}
