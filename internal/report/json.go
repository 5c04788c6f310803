package report

import (
	"encoding/json"
	"io"
)

func writeJSON(w io.Writer, d Document, _ Options) error { return encode(w, d) }

// encode writes indented JSON and leaves <, > and & as they are: this is no HTML.
func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
