package jenkins

import (
	"errors"
	"fmt"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// load reads a Groovy file of the repository, once.
func (m *machine) load(name string, at pos.Span) *script {
	if s, ok := m.loads[name]; ok {
		return s
	}
	m.loads[name] = nil
	data, err := m.in.Files.Read(name)
	if p := unreadable(name, at, data, err); p != nil {
		m.problems = append(m.problems, *p)
		return nil
	}
	src := newSource(name, data)
	root, wrong := parse(src)
	if wrong != nil {
		m.problem(src.span(wrong.at, wrong.end), wrong.message, "correct the Groovy; Jenkins cannot read it either")
	}
	s := &script{src: src, root: root, functions: map[string][]*function{}}
	s.declareFunctions(root)
	m.loads[name] = s
	return s
}

// maxSource is the largest file of Groovy that is read, in bytes.
const maxSource = 1 << 20

// unreadable tells why a file of Groovy cannot be read; nil when it can.
func unreadable(name string, at pos.Span, data []byte, err error) *model.Problem {
	if err == nil && !repo.IsText(data) {
		err = &repo.Error{Path: name, Kind: repo.ErrBinary}
	}
	if err == nil && len(data) > maxSource {
		return &model.Problem{At: at, Message: fmt.Sprintf("%s is larger than %d MiB, more than is read of a pipeline", strict.Path(name), maxSource>>20), Fix: "split it up"}
	}
	if err == nil {
		return nil
	}
	kind := error(repo.ErrRead)
	var e *repo.Error
	if errors.As(err, &e) {
		kind = e.Kind
	}
	return &model.Problem{At: at, Message: fmt.Sprintf("%s %s, expected a file of Groovy", strict.Path(name), kind), Fix: "correct the path"}
}

// declareFunctions notes the functions of a file: they can be called before they stand.
func (s *script) declareFunctions(root *node) {
	for _, n := range root.kids {
		if n.kind == nodeFunction {
			f := &function{name: n.name, params: n.params, body: n.kids, home: s, node: n}
			s.functions[n.name] = append(s.functions[n.name], f)
		}
	}
}
