package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/checks"
)

// Read reads a report that `check --format json` wrote. name is what errors call the file.
//
// A saved report may have been touched, so nothing in it is believed that can be worked out:
// every string is cleaned, and outcomes and counts are decided anew. Fields that this version
// does not know are left out, as newer versions may add some.
func Read(name string, data []byte) (Document, error) {
	r := reader{name: Clean(name), data: data}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	r.data = data
	if err := r.bounded(); err != nil {
		return Document{}, err
	}
	counted, err := r.version()
	if err != nil {
		return Document{}, err
	}
	var d Document
	if err := r.decode(&d); err != nil {
		return Document{}, err
	}
	environments := d.Summary.Environments
	fillLists(&d)
	cleanAll(&d)
	distrust(&d)
	if err := r.words(reflect.ValueOf(d), nil); err != nil {
		return Document{}, err
	}
	if err := r.shards(d); err != nil {
		return Document{}, err
	}
	if !counted { // such as what --evidence writes
		return Document{}, r.fail(0, "there is no summary; %s", notAReport)
	}
	if err := r.spoken(&d); err != nil {
		return Document{}, err
	}
	settle(&d, d.Environments)
	if len(d.Environments) == 0 { // of a version that only counted them
		d.Summary.Environments = max(min(environments, maxEntries), d.Summary.Environments)
	}
	return d, nil
}

// reader reads one saved report.
type reader struct {
	name string
	data []byte
}

const notAReport = "expected a report of `keyfit check --format json`"

// fail is an error at an offset of the file.
func (r reader) fail(offset int64, format string, args ...any) error {
	before := r.data[:min(max(offset, 0), int64(len(r.data)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Errorf("%s:%d:%d: %s", r.name, line, column, Clean(fmt.Sprintf(format, args...)))
}

// version makes sure that the file is a report that this version understands, and tells whether
// it has a summary.
func (r reader) version() (counted bool, err error) {
	var head struct {
		SchemaVersion *int             `json:"schema_version"`
		Summary       *json.RawMessage `json:"summary"`
	}
	if err := r.decode(&head); err != nil {
		return false, err
	}
	at := r.locate([]any{"schema_version"})
	switch v := head.SchemaVersion; {
	case v == nil:
		return false, r.fail(0, "there is no schema_version; %s", notAReport)
	case *v > SchemaVersion:
		return false, r.fail(at, "the report has schema_version %d, and this keyfit reads up to %d: use the keyfit that wrote it, or a newer one", *v, SchemaVersion)
	case *v != SchemaVersion:
		return false, r.fail(at, "the report has schema_version %d, expected %d", *v, SchemaVersion)
	}
	return head.Summary != nil, nil
}

// decode reads the whole file into v.
func (r reader) decode(v any) error {
	d := json.NewDecoder(bytes.NewReader(r.data))
	err := d.Decode(v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return r.ended(d.InputOffset())
	case errors.Is(err, io.EOF):
		return r.fail(0, "the file is empty; %s", notAReport)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return r.fail(int64(len(r.data)), "the file ends in the middle; %s", notAReport)
	case errors.As(err, &syntax):
		return r.fail(syntax.Offset-1, "no JSON; %s", notAReport)
	case errors.As(err, &kind):
		return r.fail(r.startOf(kind.Offset), "%s", wrongKind(kind))
	}
	return r.fail(0, "%s", notAReport)
}

func wrongKind(e *json.UnmarshalTypeError) string {
	if e.Field == "" {
		return notAReport + ", which is an object"
	}
	what, _, _ := strings.Cut(e.Value, " ")
	return fmt.Sprintf("%q: expected %s, not %s", e.Field, kindOf(e.Type), article(what))
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}

func article(word string) string {
	if strings.ContainsAny(word[:min(1, len(word))], "aeiou") {
		return "an " + word
	}
	return "a " + word
}

// startOf gives where the value begins that the decoder had read when it failed: it tells
// where the value ends.
func (r reader) startOf(end int64) int64 {
	i := min(max(end, 1), int64(len(r.data))) - 1
	for i > 0 && !strings.ContainsRune(":,[{\n", rune(r.data[i-1])) {
		i--
	}
	for i < int64(len(r.data)) && strings.ContainsRune(" \t\r\n", rune(r.data[i])) {
		i++
	}
	return i
}

// ended makes sure that nothing stands behind the report.
func (r reader) ended(offset int64) error {
	rest := bytes.TrimLeft(r.data[offset:], " \t\r\n")
	if len(rest) > 0 {
		return r.fail(int64(len(r.data)-len(rest)), "something stands behind the report; expected the end of the file")
	}
	return nil
}

// words checks the fields that hold one of a few words: outcomes depend on them. path names
// v in the file.
func (r reader) words(v reflect.Value, path []any) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return r.words(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := r.words(v.Index(i), append(path, i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		return r.fieldWords(v, path)
	}
	return nil
}

func (r reader) fieldWords(v reflect.Value, path []any) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		enum := field.Tag.Get("enum")
		switch {
		case enum == "":
			if err := r.words(v.Field(i), append(path, name)); err != nil {
				return err
			}
		case name == "outcome", v.Field(i).String() == "" && (options == "omitempty" || v.Type() != reflect.TypeFor[Rungs]()):
			// decided anew; not there, as in what an older version wrote
		case !slices.Contains(strings.Split(enum, ","), v.Field(i).String()):
			at := append(slices.Clone(path), name)
			return r.fail(r.locate(at), "%q: expected one of %s", dotted(at), strings.ReplaceAll(enum, ",", ", "))
		}
	}
	return nil
}

// shards checks the numbers of parts.
func (r reader) shards(d Document) error {
	if s := d.Shard; s != nil && (s.Of < 1 || s.Of > maxShards || s.Index < 1 || s.Index > s.Of || s.Elsewhere < 0) {
		return r.fail(r.locate([]any{"shard"}), "%q: expected an index from 1 to of, and of up to %d", "shard", maxShards)
	}
	for i, set := range d.Incomplete {
		bad := func(n int) bool { return n < 1 || n > set.Of }
		many := func(n int) bool { return n < 0 || n > maxEntries }
		if set.Of < 1 || set.Of > maxShards || set.Slots < 0 || slices.ContainsFunc(set.Parts, bad) || slices.ContainsFunc(set.Held, many) {
			return r.fail(r.locate([]any{"incomplete", i}), "%q: expected parts from 1 to of, and of up to %d", "incomplete", maxShards)
		}
	}
	return nil
}

func dotted(path []any) string {
	var b strings.Builder
	for _, step := range path {
		if i, ok := step.(int); ok {
			fmt.Fprintf(&b, "[%d]", i)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		fmt.Fprint(&b, step)
	}
	return b.String()
}

// locate finds where a value of the file begins; as near as can be when it is not there.
func (r reader) locate(path []any) int64 {
	d := json.NewDecoder(bytes.NewReader(r.data))
	var at int64
	for _, step := range path {
		next, found := enter(d, step)
		if !found {
			return at
		}
		at = next
	}
	for at < int64(len(r.data)) && strings.ContainsRune(" \t\r\n:,", rune(r.data[at])) {
		at++
	}
	return at
}

// enter goes into the value that the decoder stands before, up to one of its members.
func enter(d *json.Decoder, step any) (at int64, found bool) {
	open, err := d.Token()
	if err != nil {
		return 0, false
	}
	index, isIndex := step.(int)
	if want := map[bool]json.Delim{true: '[', false: '{'}[isIndex]; open != want {
		return 0, false
	}
	for n := 0; d.More(); n++ {
		if !isIndex {
			name, err := d.Token()
			if err != nil {
				return 0, false
			}
			if text, ok := name.(string); ok && strings.EqualFold(text, fmt.Sprint(step)) {
				return d.InputOffset(), true
			}
		} else if n == index {
			return d.InputOffset(), true
		}
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return 0, false
		}
	}
	return 0, false
}

// distrust sets right what a touched file could use to be mistaken for keyfit's own
// words: severities, which stand at the start of a line, and the addresses of manual pages.
func distrust(d *Document) {
	for i := range d.Findings {
		d.Findings[i].distrust()
	}
	for i := range d.Ignored {
		d.Ignored[i].Finding.distrust()
	}
	for _, pending := range d.pending() {
		for i := range pending {
			pending[i].distrust()
		}
	}
}

func (f *Finding) distrust() {
	if weight(f.Severity) < 0 {
		f.Severity = "error"
	}
	if !isID(f.ID) {
		f.ID = "K000"
	}
	f.Help = HelpURL(f.ID)
}

// fillLists turns missing lists into empty ones, so that what is written again has
// every field.
func fillLists(d *Document) {
	fill(&d.Slots)
	fill(&d.Findings)
	fill(&d.Problems)
	fill(&d.Ignored)
	for i := range d.Slots {
		fill(&d.Slots[i].Trail)
		fill(&d.Slots[i].Shadowed)
		fill(&d.Slots[i].Identity.Scopes)
		for j := range d.Slots[i].Alternatives {
			fill(&d.Slots[i].Alternatives[j].Trail)
		}
		if e := d.Slots[i].Elsewhere; e != nil {
			fill(&e.Identity.Scopes)
		}
	}
	for i := range d.Findings {
		fill(&d.Findings[i].Related)
	}
	for i := range d.Ignored {
		fill(&d.Ignored[i].Finding.Related)
		d.Ignored[i].Source = cmp.Or(d.Ignored[i].Source, checks.FromConfig)
	}
	for _, pending := range d.pending() {
		for i := range pending {
			fill(&pending[i].Related)
		}
	}
	for i := range d.Incomplete {
		fill(&d.Incomplete[i].Parts)
	}
}

func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}
