package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

const maxJSONDepth = 500

var errJSON = errors.New("is not valid JSON")

// inside is what a text of JSON holds: what it was encoded from, or else the text taken
// apart. It is nil for a text that is no JSON.
func (t *tree) inside() *tree {
	if t == nil {
		return nil
	}
	if t.inner != nil {
		if in := t.inner(); in != nil {
			in.foldAll(0)
			return in
		}
	}
	p, ok := t.parted()
	if !ok {
		return nil
	}
	out, err := readJSON([]byte(p.text), jsonPlan{leaf: p.leaf, gap: p.gap})
	if err != nil {
		return nil
	}
	out.foldAll(0)
	return out
}

// within is a text that stands in another one.
func within(v model.Value, text string) model.Value {
	v.Text = secret.New(text)
	v.Losers, v.Alternatives = nil, nil
	return v
}

// foldAll lets names count in any case, as the providers read JSON.
func (t *tree) foldAll(depth int) {
	if t == nil || depth > maxTreeDepth || t.fold {
		return
	}
	t.fold = t.form == treeObject
	for _, m := range t.members {
		m.foldAll(depth + 1)
	}
	for _, x := range t.items {
		x.foldAll(depth + 1)
	}
}

// jsonPlan says how a text of JSON is read.
type jsonPlan struct {
	// leaf gives a scalar its value, on demand.
	leaf func(start, end int, path []string, text string) func() model.Value
	// skip leaves members out; nil reads all.
	skip func(path []string) bool
	// gap says that a text is not known, and which declaration it stands for; nil for none.
	gap func(text string) (source string, unknown bool)
}

// readJSON reads one value of JSON, with the place of each scalar.
func readJSON(data []byte, plan jsonPlan) (*tree, error) {
	if !json.Valid(data) {
		return nil, errJSON
	}
	j := jsonReading{data: data, plan: plan}
	return j.value(0)
}

// jsonReading goes through a text that is known to be valid.
type jsonReading struct {
	data  []byte
	at    int
	plan  jsonPlan
	path  []string
	nodes int
}

func (j *jsonReading) space() byte {
	for j.at < len(j.data) && strings.IndexByte(" \t\r\n", j.data[j.at]) >= 0 {
		j.at++
	}
	if j.at == len(j.data) {
		return 0
	}
	return j.data[j.at]
}

func (j *jsonReading) value(depth int) (*tree, error) {
	if j.nodes++; depth > maxJSONDepth || j.nodes > maxTreeNodes {
		return nil, errors.New("is nested too deep, or too large")
	}
	switch j.space() {
	case '{':
		return j.object(depth)
	case '[':
		return j.array(depth)
	case '"':
		start := j.at
		text := j.text()
		return j.leaf(start, text, true), nil
	}
	start := j.at
	for j.at < len(j.data) && strings.IndexByte(" \t\r\n,]}", j.data[j.at]) < 0 {
		j.at++
	}
	text := string(j.data[start:j.at])
	if text == "null" {
		return &tree{}, nil
	}
	return j.leaf(start, text, false), nil
}

func (j *jsonReading) leaf(start int, text string, plain bool) *tree {
	out := &tree{form: treeText, plain: plain, late: j.plan.leaf(start, j.at, j.path, text)}
	if j.plan.gap != nil {
		if source, unknown := j.plan.gap(text); unknown {
			out.form, out.source, out.pieced = treeUnknown, source, true
		}
	}
	return out
}

// text reads a string.
func (j *jsonReading) text() string {
	start := j.at
	escaped := false
	for j.at++; j.data[j.at] != '"'; j.at++ {
		if j.data[j.at] == '\\' {
			escaped = true
			j.at++
		}
	}
	j.at++
	raw := j.data[start:j.at]
	if !escaped && !bytes.ContainsFunc(raw, func(r rune) bool { return r == '\uFFFD' }) {
		return string(raw[1 : len(raw)-1])
	}
	var out string
	_ = json.Unmarshal(raw, &out)
	return out
}

func (j *jsonReading) object(depth int) (*tree, error) {
	out := &tree{form: treeObject, members: map[string]*tree{}}
	j.at++
	for j.space() != '}' {
		if j.data[j.at] == ',' {
			j.at++
			j.space()
		}
		name := j.text()
		if j.plan.gap != nil {
			if _, unknown := j.plan.gap(name); unknown {
				return nil, errors.New("has a name that is not known")
			}
		}
		j.space()
		j.at++ // the colon
		j.path = append(j.path[:len(j.path):len(j.path)], name)
		if j.plan.skip != nil && j.plan.skip(j.path) {
			j.skip()
		} else {
			v, err := j.value(depth + 1)
			if err != nil {
				return nil, err
			}
			if _, again := out.members[name]; !again {
				out.names = append(out.names, name)
			}
			out.members[name] = v
		}
		j.path = j.path[:len(j.path)-1]
	}
	j.at++
	return out, nil
}

func (j *jsonReading) array(depth int) (*tree, error) {
	out := &tree{form: treeList}
	j.at++
	for j.space() != ']' {
		if j.data[j.at] == ',' {
			j.at++
		}
		v, err := j.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, v)
	}
	j.at++
	return out, nil
}

// skip passes over one value.
func (j *jsonReading) skip() {
	depth := 0
	for {
		switch c := j.space(); c {
		case '{', '[':
			depth++
			j.at++
		case '}', ']':
			depth--
			j.at++
		case '"':
			j.pastText()
		case ',', ':':
			j.at++
		default:
			for j.at < len(j.data) && strings.IndexByte(" \t\r\n,]}:", j.data[j.at]) < 0 {
				j.at++
			}
		}
		if depth <= 0 {
			return
		}
	}
}

// pastText passes over a string.
func (j *jsonReading) pastText() {
	for j.at++; j.data[j.at] != '"'; j.at++ {
		if j.data[j.at] == '\\' {
			j.at++
		}
	}
	j.at++
}
