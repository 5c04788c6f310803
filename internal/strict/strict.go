// Package strict decodes YAML into Go structs and refuses what it does not know.
//
// Every mistake becomes a [model.Problem] with file, line and column, with what was
// expected and, where a name was nearly right, with the name that was meant. Decoding
// goes on after a mistake, so that one run reports all of them. Values of scalars are
// never repeated in a message: a key may have been pasted into the wrong place.
//
// Fields are bound by the tag `yaml:"name"`, with ",required" for those that must be
// there; `enum:"a|b"` lists the words that a string may be; `doc` describes the field
// in the JSON Schema. A type that implements [Decoder] decodes itself.
package strict

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// maxNodes bounds how many nodes one document may expand to through aliases.
const maxNodes = 200_000

// Decoder is a type that decodes itself from a node. It reports mistakes through r.
type Decoder interface {
	DecodeStrict(r *Reader, n *yaml.Node)
}

// At is a value together with its place in the file.
type At[T any] struct {
	Value T
	Span  pos.Span
}

// DecodeStrict decodes the value as its own type would be, and keeps the place.
func (a *At[T]) DecodeStrict(r *Reader, n *yaml.Node) {
	a.Span = r.Span(n)
	r.Decode(n, &a.Value)
}

// Placed is the place of a struct in its file. A struct with a field `At` of this type
// is told where it stands.
type Placed = pos.Span

// Reader decodes one file.
type Reader struct {
	file     string
	index    *pos.Index
	nodes    int
	problems []model.Problem
}

// Decode reads the one YAML document in data into out, a pointer. An empty document
// leaves out as it is. It returns the mistakes in the order of their places; whatever
// could be decoded is in out all the same.
func Decode(file string, data []byte, out any) []model.Problem {
	r := &Reader{file: file, index: pos.NewIndex(data)}
	if !utf8.Valid(data) {
		r.problems = append(r.problems, model.Problem{At: pos.Span{File: file}, Message: "is not valid UTF-8 text", Fix: "save the file as UTF-8"})
		return r.problems
	}
	doc, problem := parse(file, data)
	if problem != nil {
		return []model.Problem{*problem}
	}
	if doc != nil {
		r.Decode(doc, out)
	}
	return model.SortProblems(r.problems)
}

func parse(file string, data []byte) (*yaml.Node, *model.Problem) {
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if err.Error() == "EOF" {
			return nil, nil
		}
		return nil, syntaxProblem(file, err)
	}
	if err := dec.Decode(&more); err == nil {
		return nil, &model.Problem{
			At:      pos.Span{File: file, Start: pos.Pos{Line: more.Line, Column: 1}},
			Message: "a second YAML document, expected one",
			Fix:     "keep one document and remove the `---` line",
		}
	} else if err.Error() != "EOF" {
		return nil, syntaxProblem(file, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)

// syntaxProblem takes the line out of the parser's message. The message itself names
// what is wrong and never holds the text of the file, except for unknown anchors,
// whose names are cut off.
func syntaxProblem(file string, err error) *model.Problem {
	at := pos.Span{File: file}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		at.Start.Line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	if before, _, found := strings.Cut(message, " '"); found {
		message = before
	}
	return &model.Problem{At: at, Message: "is not valid YAML: " + message, Fix: "correct the YAML syntax"}
}

// Span gives the place of a node: of a plain scalar from its first to its last
// character, of anything else its first character.
func (r *Reader) Span(n *yaml.Node) pos.Span {
	start := r.index.Offset(n.Line, n.Column)
	end := start
	if n.Kind == yaml.ScalarNode && n.Style == 0 {
		end += len(n.Value)
	}
	return r.index.Span(r.file, start, end)
}

// Fail records a mistake at a node.
func (r *Reader) Fail(n *yaml.Node, fix, format string, args ...any) {
	r.problems = append(r.problems, model.Problem{At: r.Span(n), Message: fmt.Sprintf(format, args...), Fix: fix})
}

// Decode decodes a node into out, a pointer.
func (r *Reader) Decode(n *yaml.Node, out any) { r.decode(n, reflect.ValueOf(out).Elem(), "") }

func (r *Reader) decode(n *yaml.Node, v reflect.Value, enum string) {
	n, ok := r.enter(n)
	if !ok {
		return
	}
	if v.CanAddr() {
		if d, ok := v.Addr().Interface().(Decoder); ok {
			d.DecodeStrict(r, n)
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.decode(n, v.Elem(), enum)
	case reflect.Struct:
		r.decodeStruct(n, v)
	case reflect.Map:
		r.decodeMap(n, v)
	case reflect.Slice:
		r.decodeSlice(n, v, enum)
	case reflect.Interface:
		if plain, ok := r.plain(n); ok && plain != nil {
			v.Set(reflect.ValueOf(plain))
		}
	default:
		r.decodeScalar(n, v, enum)
	}
}

// enter follows an alias and counts nodes, so that aliases of aliases end.
func (r *Reader) enter(n *yaml.Node) (*yaml.Node, bool) {
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.Fail(n, "write out what the aliases repeat", "expands to more than %d nodes", maxNodes)
		}
		return nil, false
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n, true
}

// Pair is one entry of a mapping.
type Pair struct{ Key, Value *yaml.Node }

// Pairs lists the entries of a mapping, those merged in by `<<` included, each name
// once; it reports names that stand twice. A node of another kind is a mistake.
func (r *Reader) Pairs(n *yaml.Node) ([]Pair, bool) {
	if n.Kind != yaml.MappingNode {
		r.Fail(n, "", "expected a mapping of names to values, found %s", kindName(n))
		return nil, false
	}
	var own, merged []Pair
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			merged = append(merged, r.merged(value)...)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			r.Fail(key, "", "expected a name, found %s", kindName(key))
			continue
		}
		if first, ok := seen[key.Value]; ok {
			r.Fail(key, "keep one of the two", "%s stands twice, first at line %d", quoteName(key.Value), first.Line)
			continue
		}
		seen[key.Value] = key
		own = append(own, Pair{key, value})
	}
	for _, p := range merged {
		if _, ok := seen[p.Key.Value]; !ok {
			seen[p.Key.Value] = p.Key
			own = append(own, p)
		}
	}
	return own, true
}

func (r *Reader) merged(n *yaml.Node) []Pair {
	n, ok := r.enter(n)
	if !ok {
		return nil
	}
	if n.Kind == yaml.SequenceNode {
		var out []Pair
		for _, item := range n.Content {
			out = append(out, r.merged(item)...)
		}
		return out
	}
	pairs, _ := r.Pairs(n)
	return pairs
}

type field struct {
	name, enum string
	required   bool
	index      int
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("yaml")
		if !ok || tag == "-" {
			continue
		}
		name, rest, _ := strings.Cut(tag, ",")
		out = append(out, field{name: name, enum: f.Tag.Get("enum"), required: rest == "required", index: i})
	}
	return out
}

func (r *Reader) decodeStruct(n *yaml.Node, v reflect.Value) {
	pairs, ok := r.Pairs(n)
	if !ok {
		return
	}
	if at := v.FieldByName("At"); at.IsValid() && at.Type() == reflect.TypeFor[pos.Span]() {
		at.Set(reflect.ValueOf(r.Span(n)))
	}
	fields := fieldsOf(v.Type())
	given := map[string]bool{}
	for _, p := range pairs {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == p.Key.Value })
		if i < 0 {
			r.unknownField(p.Key, fields)
			continue
		}
		given[p.Key.Value] = true
		r.decode(p.Value, v.Field(fields[i].index), fields[i].enum)
	}
	for _, f := range fields {
		if f.required && !given[f.name] {
			r.Fail(n, fmt.Sprintf("add `%s:`", f.name), "%q is missing", f.name)
		}
	}
}

func (r *Reader) unknownField(key *yaml.Node, fields []field) {
	var names []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	r.Unknown(key, "field", names)
}

// Unknown records that a name is not one of those expected, with the nearest of them
// as the suggestion.
func (r *Reader) Unknown(n *yaml.Node, what string, expected []string) {
	if near := Nearest(n.Value, expected); near != "" {
		r.Fail(n, fmt.Sprintf("did you mean %q?", near), "unknown %s %s", what, quoteName(n.Value))
		return
	}
	r.Fail(n, "expected one of: "+strings.Join(expected, ", "), "unknown %s %s", what, quoteName(n.Value))
}

func (r *Reader) decodeMap(n *yaml.Node, v reflect.Value) {
	pairs, ok := r.Pairs(n)
	if !ok {
		return
	}
	t := v.Type()
	v.Set(reflect.MakeMapWithSize(t, len(pairs)))
	for _, p := range pairs {
		item := reflect.New(t.Elem()).Elem()
		r.decode(p.Value, item, "")
		v.SetMapIndex(reflect.ValueOf(p.Key.Value).Convert(t.Key()), item)
	}
}

func (r *Reader) decodeSlice(n *yaml.Node, v reflect.Value, enum string) {
	if n.Kind != yaml.SequenceNode {
		r.Fail(n, "put it in [brackets]", "expected a list, found %s", kindName(n))
		return
	}
	for _, item := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		r.decode(item, e, enum)
		v.Set(reflect.Append(v, e))
	}
}

func (r *Reader) decodeScalar(n *yaml.Node, v reflect.Value, enum string) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.Fail(n, "", "expected %s, found %s", typeName(v.Type()), kindName(n))
		return
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		r.decodeString(n, v, enum)
	case reflect.Bool:
		var b bool
		if err = n.Decode(&b); err == nil {
			v.SetBool(b)
		}
	case reflect.Int, reflect.Int64:
		var i int64
		if err = n.Decode(&i); err == nil {
			v.SetInt(i)
		}
	case reflect.Float64:
		var f float64
		if err = n.Decode(&f); err == nil {
			v.SetFloat(f)
		}
	default:
		err = errors.New("no such kind")
	}
	if err != nil {
		r.Fail(n, "", "expected %s, found %s", typeName(v.Type()), kindName(n))
	}
}

func (r *Reader) decodeString(n *yaml.Node, v reflect.Value, enum string) {
	if enum != "" && !slices.Contains(strings.Split(enum, "|"), n.Value) {
		r.BadWord(n, strings.Split(enum, "|"))
		return
	}
	v.SetString(n.Value)
}

// BadWord records that a scalar is none of the words expected. The scalar is repeated
// only when it is nearly one of them, and so cannot be a key.
func (r *Reader) BadWord(n *yaml.Node, words []string) {
	list := strings.Join(words, ", ")
	if near := Nearest(n.Value, words); near != "" {
		r.Fail(n, fmt.Sprintf("did you mean %q?", near), "expected one of %s, found %s", list, quoteName(n.Value))
		return
	}
	r.Fail(n, "", "expected one of %s", list)
}

// plain decodes a node without a type: maps, lists and scalars as YAML has them.
func (r *Reader) plain(n *yaml.Node) (any, bool) {
	n, ok := r.enter(n)
	if !ok {
		return nil, false
	}
	switch n.Kind {
	case yaml.MappingNode:
		pairs, _ := r.Pairs(n)
		out := make(map[string]any, len(pairs))
		for _, p := range pairs {
			out[p.Key.Value], _ = r.plain(p.Value)
		}
		return out, true
	case yaml.SequenceNode:
		out := []any{}
		for _, item := range n.Content {
			v, _ := r.plain(item)
			out = append(out, v)
		}
		return out, true
	}
	var v any
	if err := n.Decode(&v); err != nil {
		r.Fail(n, "", "cannot be read as a value")
		return nil, false
	}
	return v, true
}

func kindName(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	case n.Tag == "!!int", n.Tag == "!!float":
		return "a number"
	case n.Tag == "!!bool":
		return "true or false"
	}
	return "text"
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "text"
}

// quoteName repeats a name, but not one so long that it may be a key.
func quoteName(name string) string {
	if len(name) > 30 {
		return "(a name of " + strconv.Itoa(utf8.RuneCountInString(name)) + " characters)"
	}
	return strconv.Quote(name)
}
