package expression

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// toJSON writes a value as the runner does: indented by two spaces. With anything unknown
// in it the text is unknown.
func (r *run) toJSON(v Value) Value {
	w := &jsonWriter{run: r}
	w.write(v, 0, 0)
	if w.unknown != nil {
		var trails []model.Trail
		for _, p := range w.pieces {
			if !p.Trail.IsEmpty() {
				trails = append(trails, p.Trail)
			}
		}
		text := *w.unknown
		text.Trail = joined(trails)
		return Unknown(text, KindString)
	}
	return compose(w.pieces)
}

type jsonWriter struct {
	run     *run
	pieces  []model.Value
	unknown *model.Value // the reason of the first unknown value
}

// maxJSONDepth is how deep values are written and read.
const maxJSONDepth = 50

func (w *jsonWriter) put(text string) {
	w.pieces = append(w.pieces, model.Value{State: model.Known, Text: secret.New(text)})
}

func (w *jsonWriter) doubt(text model.Value) {
	if w.unknown == nil {
		w.unknown = &text
	}
	w.pieces = append(w.pieces, text)
}

func (w *jsonWriter) write(v Value, indent, depth int) {
	if !w.run.spend(v.size()) || depth > maxJSONDepth {
		w.doubt(tooMuch().text)
		return
	}
	switch v.kind {
	case KindUnknown:
		w.doubt(v.reason())
	case KindArray:
		w.list(v.array.items, indent, depth)
	case KindObject:
		w.mapping(v.object, indent, depth)
	case KindString:
		w.text(v.text)
	case KindNull:
		w.pieces = append(w.pieces, withText(v.Model(), "null"))
	default:
		m := v.Model()
		if math.IsInf(v.number, 0) || math.IsNaN(v.number) || !isKnown(m) {
			w.doubt(model.UnknownBecause(model.WhyUnsupported, "a number that JSON can hold", m.Trail))
			return
		}
		w.pieces = append(w.pieces, m)
	}
}

func (w *jsonWriter) list(items []Value, indent, depth int) {
	if len(items) == 0 {
		w.put("[]")
		return
	}
	w.put("[")
	for i, item := range items {
		w.line(i, indent+2)
		w.write(item, indent+2, depth+1)
	}
	w.put("\n" + strings.Repeat(" ", indent) + "]")
}

func (w *jsonWriter) mapping(o *object, indent, depth int) {
	if o.more != nil {
		w.doubt(model.UnknownBecause(model.WhyUnsupported, "all names of a context", model.Trail{}))
	}
	if len(o.entries) == 0 {
		w.put("{}")
		return
	}
	w.put("{")
	for i, e := range o.entries {
		w.line(i, indent+2)
		w.text(String(e.Name).text)
		w.put(": ")
		w.write(e.Value, indent+2, depth+1)
	}
	w.put("\n" + strings.Repeat(" ", indent) + "}")
}

func (w *jsonWriter) line(i, indent int) {
	comma := ","
	if i == 0 {
		comma = ""
	}
	w.put(comma + "\n" + strings.Repeat(" ", indent))
}

// text writes a text in quotes. Each piece of it keeps its journey.
func (w *jsonWriter) text(v model.Value) {
	parts := v.Parts
	if len(parts) == 0 || len(w.pieces) > maxPieces {
		parts = []model.Value{v}
	}
	w.put(`"`)
	for _, p := range parts {
		text := p.Text.Reveal()
		if strings.ContainsAny(text, "\u007f\u0085\u2028\u2029") { // some versions escape these
			w.doubt(model.UnknownBecause(model.WhyUnsupported, "a text that every runner writes the same way", p.Trail))
		}
		w.pieces = append(w.pieces, withText(p, escaped(text)))
	}
	w.put(`"`)
}

// escaped writes a text as it stands in JSON, without the quotes.
func escaped(text string) string {
	if !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == '"' || c == '\\' }) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if i := strings.IndexRune("\"\\\b\f\n\r\t", c); i >= 0 {
			b.WriteString(`\` + `"\bfnrt`[i:i+1])
		} else if c < ' ' {
			b.WriteString(`\u00` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// fromJSON reads a text as JSON. The runner's reader takes more than the standard allows,
// so that a text which is no valid JSON is not known to fail.
func (r *run) fromJSON(v Value) Value {
	if v.kind == KindUnknown {
		return Unknown(derived(v))
	}
	source := asText(v)
	if source.kind != KindString {
		return Unknown(derived(source))
	}
	text := source.text.Text.Reveal()
	if strings.TrimSpace(text) == "" {
		return failed("expected JSON in fromJSON, found an empty text")
	}
	if !r.spend(len(text)) {
		return tooMuch()
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	reader := &jsonReader{decoder: d, source: source.text, text: text}
	if out, err := reader.whole(); err == nil {
		return out
	}
	return Unknown(model.UnknownBecause(model.WhyUnsupported, "a text in fromJSON that is valid JSON", source.text.Trail))
}

type jsonReader struct {
	decoder *json.Decoder
	source  model.Value
	text    string
}

var errUnsure = errors.New("is read in several ways")

func (j *jsonReader) whole() (Value, error) {
	if !json.Valid([]byte(j.text)) || hasSurrogate(j.text) {
		return Value{}, errUnsure
	}
	v, err := j.value(0)
	if err == nil {
		if _, more := j.decoder.Token(); !errors.Is(more, io.EOF) {
			err = errUnsure
		}
	}
	return v, err
}

// hasSurrogate reports whether the text holds an escape of half a character, which is not
// always kept.
func hasSurrogate(text string) bool {
	at := strings.Index(text, `\u`)
	return at >= 0 && strings.Contains(strings.ToLower(text[at:]), `\ud`)
}

func (j *jsonReader) value(depth int) (Value, error) {
	before := int(j.decoder.InputOffset())
	t, err := j.decoder.Token()
	if err != nil || depth > maxJSONDepth {
		return Value{}, errUnsure
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return j.list(depth)
		}
		return j.mapping(depth)
	case json.Number:
		return j.number(t, before)
	case string:
		text := j.from(before)
		text.Text = secret.New(t)
		return Value{kind: KindString, text: text}, nil
	case bool:
		return Value{kind: KindBool, flag: t, text: j.from(before)}, nil
	}
	return Value{kind: KindNull, text: j.from(before)}, nil
}

// number takes what every reader takes for the same number.
func (j *jsonReader) number(n json.Number, before int) (Value, error) {
	f, err := n.Float64()
	if err != nil || f == 0 && strings.HasPrefix(n.String(), "-") || f == math.Trunc(f) && math.Abs(f) > 1<<53 {
		return Value{}, errUnsure
	}
	return Value{kind: KindNumber, number: f, text: j.from(before)}, nil
}

func (j *jsonReader) list(depth int) (Value, error) {
	a := &array{fresh: true}
	for j.decoder.More() {
		v, err := j.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		a.items = append(a.items, v)
	}
	_, err := j.decoder.Token()
	return Value{kind: KindArray, array: a}, err
}

func (j *jsonReader) mapping(depth int) (Value, error) {
	var entries []Entry
	seen := map[string]bool{}
	for j.decoder.More() {
		t, err := j.decoder.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return Value{}, errUnsure
		}
		v, err := j.value(depth + 1)
		if err != nil || seen[upper(name)] { // which of the two counts differs
			return Value{}, errUnsure
		}
		seen[upper(name)] = true
		entries = append(entries, Entry{Name: name, Value: v})
	}
	_, err := j.decoder.Token()
	out := Object(entries...)
	out.object.fresh = true
	return out, err
}

// from gives the leaf that was just read its journey: that of the pieces of the source in
// which it stands. The token in front of it ended at before.
func (j *jsonReader) from(before int) model.Value {
	out := model.Value{State: model.Known, Trail: j.source.Trail, DecidedBy: j.source.DecidedBy}
	if len(j.source.Parts) == 0 {
		return out
	}
	end := int(j.decoder.InputOffset())
	begin := end - len(strings.TrimLeft(j.text[before:end], " \t\r\n,:"))
	if j.text[begin] == '"' {
		begin, end = begin+1, end-1
	}
	var trails []model.Trail
	at := 0
	for _, p := range j.source.Parts {
		length := len(p.Text.Reveal())
		if at < end && at+length > begin && !p.Trail.IsEmpty() {
			trails = append(trails, p.Trail)
		}
		at += length
	}
	if len(trails) > 0 {
		out.Trail = joined(trails)
	}
	return out
}
