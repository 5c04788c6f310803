package config_test

import (
	"os"
	"testing"

	"github.com/keyfit/keyfit/internal/config"
)

// FuzzLoad expects: no panic, every problem in its place, and the loader and the JSON
// Schema of one mind: what loads without a problem is valid by the schema.
func FuzzLoad(f *testing.F) {
	for _, kind := range []string{"bad", "good"} {
		for _, path := range table(f, kind) {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	schema := compile(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := config.Load(memory(data), "keyfit.yaml", options())
		if file == nil {
			t.Fatal("no file")
		}
		for _, p := range problems {
			if p.Message == "" || p.At.File != "keyfit.yaml" || p.At.Start.Byte > len(data) || p.At.End.Byte > len(data) || p.At.End.Byte < p.At.Start.Byte {
				t.Errorf("a problem without a place in the file: %+v", p.At)
			}
		}
		if len(problems) > 0 {
			return
		}
		doc, ok := asJSON(data)
		if !ok {
			return // aliases that make JSON too large
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("loads without a problem, and the schema says: %v", err)
		}
	})
}
