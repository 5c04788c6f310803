// Package strict decodes YAML into Go structs and refuses what it does not know.
//
// Every mistake becomes a [model.Problem] with file, line and column, with what was
// expected and, where a name was nearly right, with the name that was meant. Decoding
// goes on after a mistake, so that one run reports all of them. Values of scalars are
// never repeated in a message, and names only where they cannot be keys: a key may have
// been pasted into the wrong place.
//
// Fields are bound by the tag `yaml:"name"`, with ",required" for those that must be
// there; `enum:"a|b"` lists the words that a string may be; `doc` describes the field
// in the JSON Schema, and `names` holds the pattern that the names of a map match there
// (to the decoder any name will do: whoever sets it checks it, in words of their own).
// A type that implements [Decoder] decodes itself, and [Describer] describes it.
package strict

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// The limits of one file. Aliases make a short file expand to a huge one, so that the
// nodes are counted as they are visited.
const (
	maxBytes = 4 << 20
	maxNodes = 200_000
	maxDepth = 200
)

// Decoder is a type that decodes itself from a node. It reports mistakes through r.
// The node is never an alias.
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
	text     []byte
	index    *pos.Index
	lines    []int // byte offset at which each of YAML's lines starts
	nodes    int
	depth    int
	problems []model.Problem
	failed   map[pos.Span]bool // the places of the problems
	fields   map[reflect.Type][]field
}

// Decode reads the one YAML document in data into out, a pointer. An empty document
// leaves out as it is. It returns the mistakes in the order of their places; whatever
// could be decoded is in out all the same.
func Decode(file string, data []byte, out any) []model.Problem {
	r := &Reader{file: file, text: data, index: pos.NewIndex(data), lines: yamlLines(data), failed: map[pos.Span]bool{}, fields: map[reflect.Type][]field{}}
	switch {
	case len(data) > maxBytes:
		return r.whole(fmt.Sprintf("is larger than %d MiB, the limit for such a file", maxBytes>>20), "split it or leave out what is not needed")
	case !utf8.Valid(data):
		return r.whole("is not valid UTF-8 text", "save the file as UTF-8")
	}
	doc, problem := r.parse(data)
	if problem != nil {
		return []model.Problem{*problem}
	}
	if doc != nil {
		r.Decode(doc, out)
	}
	return model.SortProblems(r.problems)
}

func (r *Reader) whole(message, fix string) []model.Problem {
	return []model.Problem{{At: pos.Span{File: r.file}, Message: message, Fix: fix}}
}

func (r *Reader) parse(data []byte) (doc *yaml.Node, problem *model.Problem) {
	defer func() {
		if recover() != nil { // the parser's own defects must not reach the user
			doc, problem = nil, &model.Problem{At: pos.Span{File: r.file}, Message: "is not valid YAML", Fix: "correct the YAML syntax"}
		}
	}()
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	var first, more yaml.Node
	if err := dec.Decode(&first); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, r.syntaxProblem(err)
	}
	if err := dec.Decode(&more); err == nil {
		return nil, &model.Problem{At: r.Span(&more), Message: "a second YAML document, expected one", Fix: "keep one document and remove the `---` line"}
	} else if !errors.Is(err, io.EOF) {
		return nil, r.syntaxProblem(err)
	}
	if len(first.Content) == 0 {
		return nil, nil
	}
	return first.Content[0], nil
}

// Fail records a mistake at a node. No argument may be a scalar of the file: see [Name].
func (r *Reader) Fail(n *yaml.Node, fix, format string, args ...any) {
	r.FailAt(r.Span(n), fix, format, args...)
}

// FailAt records a mistake at a place.
func (r *Reader) FailAt(at pos.Span, fix, format string, args ...any) {
	r.Report(model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// Report records mistakes that know their places.
func (r *Reader) Report(problems ...model.Problem) {
	r.problems = append(r.problems, problems...)
	for _, p := range problems {
		r.failed[p.At] = true
	}
}

// Decode decodes a node into out, a pointer.
func (r *Reader) Decode(n *yaml.Node, out any) { r.decode(n, reflect.ValueOf(out).Elem(), "") }

func (r *Reader) decode(n *yaml.Node, v reflect.Value, enum string) {
	n, ok := r.enter(n)
	defer r.leave()
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

// enter follows an alias, refuses tags of other programs, and counts nodes and depth,
// so that aliases of aliases end. Every enter is followed by a leave.
func (r *Reader) enter(n *yaml.Node) (*yaml.Node, bool) {
	r.depth++
	n = target(n)
	switch {
	case !r.count(n, 1):
		return nil, false
	case r.depth > maxDepth:
		r.Fail(n, "make it flatter", "is nested deeper than %d levels", maxDepth)
		return nil, false
	case n.Style&yaml.TaggedStyle != 0 && !slices.Contains(coreTags, n.ShortTag()):
		r.Fail(n, "remove the tag", "has a YAML tag, expected a plain value")
		return nil, false
	}
	return n, true
}

func (r *Reader) leave() { r.depth-- }

var coreTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq"}

// count adds to the nodes visited, and reports whether decoding may go on. The limit
// is reported once.
func (r *Reader) count(n *yaml.Node, nodes int) bool {
	within := r.nodes <= maxNodes
	r.nodes += nodes
	if within && r.nodes > maxNodes {
		r.Fail(n, "write out what the aliases repeat", "expands to more than %d nodes", maxNodes)
	}
	return r.nodes <= maxNodes
}
