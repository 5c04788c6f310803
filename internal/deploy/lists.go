package deploy

import (
	"encoding/csv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// list splits the value of a flag that takes several, separated by commas, as docker,
// helm and kubectl read some of their flags: with the quotes of CSV.
func (r *reading) list(w word) []model.Value {
	if w.mayHold(",\"\n") != nil {
		return []model.Value{w.whole()}
	}
	if !strings.ContainsAny(w.text, ",\"") {
		return []model.Value{w.whole()}
	}
	if text, ok := w.known(); ok && strings.Contains(text, `"`) {
		fields, err := csv.NewReader(strings.NewReader(text)).Read()
		if err != nil {
			v := model.UnknownBecause(model.WhyUnsupported, "a list that "+r.tool+" takes", w.value().Trail)
			r.doubt(v, "a list with quotes cannot be read, expected values separated by commas", "leave out the quotes")
			return []model.Value{v}
		}
		var out []model.Value
		for _, f := range fields {
			out = append(out, w.as(f))
		}
		return out
	}
	var out []model.Value
	for _, part := range splitWord(w, ",") {
		out = append(out, part.whole())
	}
	return out
}
