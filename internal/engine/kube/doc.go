package kube

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// The limits of what is read. They are far above what a cluster would take.
const (
	maxBytes     = 256 << 20 // of one text
	maxDocuments = 100_000   // in one text
	maxNodes     = 2_000_000 // of one document, aliases followed
	objectCost   = 100       // how many nodes an object in a list counts for
	maxDepth     = 100       // of lists within lists, and of merges within merges
	maxProblems  = 200       // of one command
)

// stream is the text of one [origin.Document], with what is needed to find places in it.
type stream struct {
	name  string
	text  origin.Text
	raw   string
	index *pos.Index
	lines []int // byte offset at which each of YAML's lines starts
}

func newStream(d origin.Document) *stream {
	raw := d.Text.Secret().Reveal()
	return &stream{name: d.Name, text: d.Text, raw: raw, index: pos.NewIndex([]byte(raw)), lines: yamlLines(raw)}
}

// span is the place of the bytes from start to end. Of a text that was put together only
// its name is known.
func (s *stream) span(start, end int) pos.Span {
	if s.text.File() != "" {
		return s.text.Span(s.index, start, end)
	}
	return pos.Span{}
}

// line is the place of a line as the YAML parser counts them.
func (s *stream) line(number int) pos.Span {
	start := len(s.raw)
	if number <= len(s.lines) {
		start = s.lines[max(number, 1)-1]
	}
	if s.text.File() == "" {
		return pos.Span{File: s.name}
	}
	return s.span(start, start)
}

// yamlLines gives the offsets at which the lines start as YAML 1.1 counts them: a lone
// carriage return and three further characters end a line as well. A byte order mark at
// the start has no column.
func yamlLines(text string) []int {
	lines := []int{0}
	if strings.HasPrefix(text, "\uFEFF") {
		lines[0] = len("\uFEFF")
	}
	for i := 0; i < len(text); {
		size := breakLength(text[i:])
		if size > 0 {
			lines = append(lines, i+size)
		}
		i += max(size, 1)
	}
	return lines
}

// breakLength is the length of the line break at the start of text, 0 when there is none.
func breakLength(text string) int {
	if text == "" {
		return 0
	}
	switch text[0] {
	case '\n':
		return 1
	case '\r':
		if strings.HasPrefix(text, "\r\n") {
			return 2
		}
		return 1
	case 0xC2, 0xE2:
		for _, b := range []string{"\u0085", "\u2028", "\u2029"} {
			if strings.HasPrefix(text, b) {
				return len(b)
			}
		}
	}
	return 0
}

// chunk is one object's text within a stream.
type chunk struct {
	start, end int
	json       bool
	gaps       []origin.Piece // the stretches of it that are not known
}

// share gives every chunk the gaps that it has a part in.
func share(gaps []origin.Piece, chunks []chunk) {
	for _, gap := range gaps {
		first := sort.Search(len(chunks), func(i int) bool { return chunks[i].end > gap.Start })
		for i := first; i < len(chunks) && chunks[i].start < gap.End; i++ {
			chunks[i].gaps = append(chunks[i].gaps, gap)
		}
	}
}

// chunks splits a stream as kubectl does: at lines that begin with three dashes and hold
// nothing else but a comment. A text that begins with a brace is a sequence of JSON objects.
func (s *stream) chunks() []chunk {
	if strings.HasPrefix(strings.TrimLeft(s.raw, " \t\r\n"), "{") {
		if out, ok := jsonChunks(s.raw); ok {
			return out
		}
	}
	var out []chunk
	start := 0
	for at := 0; at < len(s.raw); {
		end := len(s.raw)
		if n := strings.IndexByte(s.raw[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if rest, ok := strings.CutPrefix(s.raw[at:end], "---"); ok {
			if rest = strings.TrimSpace(rest); rest == "" || rest[0] == '#' {
				out = append(out, chunk{start: start, end: at})
				start = end
			}
		}
		at = end
	}
	return append(out, chunk{start: start, end: len(s.raw)})
}

func jsonChunks(raw string) ([]chunk, bool) {
	dec := json.NewDecoder(strings.NewReader(raw))
	var out []chunk
	for {
		start := int(dec.InputOffset())
		var object json.RawMessage
		if err := dec.Decode(&object); err != nil {
			return out, len(strings.TrimSpace(raw[start:])) == 0
		}
		out = append(out, chunk{start: start, end: int(dec.InputOffset()), json: true})
	}
}

// parse reads the one object of a chunk. A chunk without an object gives nil.
func (s *stream) parse(c chunk) (doc *yaml.Node, problem *model.Problem) {
	first := s.firstLine(c.start)
	defer func() {
		if recover() != nil { // the parser's own defects must not reach the user
			doc, problem = nil, &model.Problem{At: s.line(first), Message: "is not valid YAML", Fix: fixYAML}
		}
	}()
	text := s.raw[c.start:c.end]
	if !utf8.ValidString(text) {
		return nil, &model.Problem{At: s.line(first), Message: "is not valid UTF-8 text", Fix: "save the file as UTF-8"}
	}
	if onlyComments(text) {
		return nil, nil
	}
	dec := yaml.NewDecoder(strings.NewReader(text))
	var n, more yaml.Node
	if err := dec.Decode(&n); err != nil {
		return nil, s.syntax(err, first)
	}
	if len(n.Content) == 0 {
		return nil, nil
	}
	if err := dec.Decode(&more); err == nil && len(more.Content) > 0 {
		return n.Content[0], &model.Problem{
			At: s.line(first + more.Line - 1), Message: `a second object behind the first one, expected a line with "---" alone before it`,
			Fix: "put --- on a line of its own: kubectl takes the first object and leaves the rest out",
		}
	}
	return n.Content[0], nil
}

const fixYAML = "correct the YAML syntax; the other objects of the file are read"

// firstLine is the number of the YAML line at which an offset lies.
func (s *stream) firstLine(offset int) int {
	low, high := 0, len(s.lines)
	for low < high {
		if mid := (low + high) / 2; s.lines[mid] <= offset {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return max(low, 1)
}

func onlyComments(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

var (
	yamlLine   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`) })
	quotedText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?s)\\s*(?:'[A-Za-z0-9_]|`|\").*$") })
)

// syntax takes the line out of the parser's message. From the first piece of the file on
// the message is cut off.
func (s *stream) syntax(err error, first int) *model.Problem {
	var typed *yaml.TypeError
	if errors.As(err, &typed) && len(typed.Errors) > 0 {
		err = errors.New(typed.Errors[0])
	}
	message, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine().FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
		if strings.HasPrefix(message, "did not find") {
			line++ // the parser counts these lines from 0, others from 1
		}
	}
	return &model.Problem{At: s.line(first + line - 1), Message: "is not valid YAML: " + quotedText().ReplaceAllString(message, ""), Fix: fixYAML}
}

// reader reads the objects of one chunk.
type reader struct {
	*stream
	chunk
	first    int // the number of the chunk's first line
	column   int // how far the chunk's start lies behind the start of that line, in code points
	via      []model.Hop
	doubt    *model.Value
	nodes    *int
	problems *[]model.Problem
	extents  map[*yaml.Node][2]int // of an object in JSON
	around   bool                  // something that is not known lies around all of it
	known    map[*yaml.Node][]pair // mappings that were read already
	maybes   []maybe               // stretches that may be missing
	reaches  map[*yaml.Node][2]int // where nodes that hold others start and end
	fileless *model.Value          // set when files may be missing
	above    *reader               // the one that this one assumes more than

	assumedThere map[origin.Range]*reader
}

func (s *stream) reader(c chunk, via []model.Hop, doubt *model.Value, problems *[]model.Problem) *reader {
	r := &reader{stream: s, chunk: c, first: s.firstLine(c.start), via: via, doubt: doubt, problems: problems, nodes: new(int), known: map[*yaml.Node][]pair{}}
	if from := s.lines[r.first-1]; from < c.start {
		r.column = utf8.RuneCountInString(s.raw[from:c.start])
	}
	return r
}

// fail reports a mistake at a node. No argument may be a scalar of the file, save through
// [shown].
func (r *reader) fail(n *yaml.Node, fix, format string, args ...any) {
	at := r.origin(r.extent(n))
	*r.problems = append(*r.problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// visit counts a node, and reports whether reading may go on.
func (r *reader) visit(n *yaml.Node) bool { return r.spend(n, 1) }

func (r *reader) spend(n *yaml.Node, cost int) bool {
	within := !r.overrun()
	*r.nodes += cost
	if within && r.overrun() {
		all := *r.problems
		*r.problems = nil // this one comes first, so that it is not among those left out
		r.fail(n, "write out what the aliases repeat, or split the list", "expands to more than %d nodes", maxNodes)
		*r.problems = append(*r.problems, all...)
		limit := model.UnknownBecause(model.WhyLimit, fmt.Sprintf("an object of fewer than %d nodes", maxNodes), model.Trail{})
		for ; r != nil; r = r.above {
			r.doubt = &limit
		}
		return false
	}
	return !r.overrun()
}

// overrun says that not all of the object was read, so that none of it can be trusted.
func (r *reader) overrun() bool { return *r.nodes > maxNodes }

// shown repeats a name of a manifest in quotes when it has the form of one.
func shown(name string) string {
	if !plainName(name) {
		return "(a name that is not shown here)"
	}
	return strconv.Quote(name)
}

// label is [shown] without quotes.
func label(name string) string {
	if !plainName(name) {
		return "(a name that is not shown here)"
	}
	return name
}

// shownPath is [shown] for the path of an entry in a store.
func shownPath(path string) string {
	if !plainPath(path) {
		return "(a path that is not shown here)"
	}
	return strconv.Quote(path)
}

const maxPlain = 253

func plainPath(s string) bool { return isPlain(s, "-._/:@") }

func plainName(s string) bool { return isPlain(s, "-._") }

// isPlain reports whether s holds only letters, digits and the characters of more.
func isPlain(s, more string) bool {
	return s != "" && len(s) <= maxPlain && strings.IndexFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune(more, r)
	}) < 0
}

// decoded is a value whose text was worked out.
func decoded(v model.Value, text string) model.Value {
	if v.State == model.Known {
		v.Text = secret.New(text)
	}
	return v
}
