package config

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/keyfit/keyfit/internal/strict"
)

// JSONSchema gives the JSON Schema of keyfit.yaml, as `keyfit config schema` prints it
// and keyfit.schema.json holds it.
func JSONSchema() []byte {
	schema := strict.Schema(reflect.TypeFor[File]())
	schema["title"] = "keyfit.yaml"
	schema["description"] = "what keyfit checks before a deploy: environments, keys, and APIs of your own"
	schema["properties"].(map[string]any)["version"] = map[string]any{"const": 1, "description": "of this file's language"}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(schema) // maps, lists and texts: nothing that cannot be encoded
	return out.Bytes()
}
