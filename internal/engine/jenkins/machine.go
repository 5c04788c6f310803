package jenkins

import (
	"context"
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// The limits of one run.
const (
	maxSteps   = 60_000  // expressions and statements
	maxCalls   = 60      // functions within each other
	maxTurns   = 1_000   // of one loop
	maxScripts = 2_000   // that the host is asked to follow
	maxCells   = 256     // of one matrix
	maxWords   = 1 << 20 // bytes of one text
	maxItems   = 10_000  // of one list
)

// machine runs a pipeline.
type machine struct {
	ctx  context.Context
	in   pipeline.Step
	host pipeline.Host
	main *script
	plan *plan

	st    *state
	at    place
	frame *frame
	loop  *frame
	last  value // of the last statement
	back  value // of return

	thrown     bool
	halted     bool
	failure    error           // of the context, or of the host
	binding    *scope          // variables without a declaration: all files share them
	secrets    map[string]bool // variables of the build that hold one, in lower case
	steps      int
	calls      int
	scripts    int
	risks      int // steps that may have failed
	tries      int // blocks around that catch errors
	loads      map[string]*script
	params     map[string]value // params.X
	declares   bool             // the pipeline declares its parameters
	told       map[string]bool  // problems that are told once
	passed     []string         // stages that were met, by their names
	took       bool             // the stage that is asked for was followed
	keys       map[string]value // other variables of the environment {} block that is evaluated
	search     *search          // for keyfit's own step; nil when the pipeline is followed
	own        *bool            // whether keyfit runs in this pipeline, once that was asked
	describing int              // within arguments that describe something, rather than run it

	consumers []model.Consumer
	problems  []model.Problem
	doubt     *model.Value
}

// place is where the pipeline is: what blocks change for what is within them.
type place struct {
	layers      []layer
	dir         string // relative to the repository's root
	lost        bool   // nobody knows which directory
	stages      []string
	loud        bool // scripts deploy to the environment that is resolved
	chosen      bool // within the stage that is asked for
	job         string
	perhaps     *model.Value
	box         *container            // the scripts run in it, instead of on the machine
	pods        map[string]*container // the containers of the pod, by their names
	foreign     bool                  // within a stage of another environment
	raced       map[string]bool       // variables that branches beside this one set as well
	declarative bool
}

// frame collects the ways that leave a function, or a loop, before its end.
type frame struct {
	ended     []*state
	values    []value
	continued []*state
}

func (m *machine) id() int {
	*m.st.ids++
	return *m.st.ids
}

// declare makes a variable.
func (m *machine) declare(sc *scope, name string, v value) {
	cell := m.id()
	sc.vars[name] = cell
	m.st.cells[cell] = v
}

// list and dict put their content on the heap.
func (m *machine) list(items []value) value {
	ref := m.id()
	m.st.heap[ref] = &heaped{items: items}
	return value{kind: kindList, ref: ref}
}

func (m *machine) dict(entries []entry) value {
	ref := m.id()
	m.st.heap[ref] = &heaped{entries: entries}
	return value{kind: kindMap, ref: ref}
}

func (m *machine) content(v value) *heaped {
	if h := m.st.heap[v.ref]; h != nil {
		return h
	}
	return &heaped{}
}

// tick counts a step, and stops the run at its limits.
func (m *machine) tick(n *node) {
	m.steps++
	if m.steps > maxSteps {
		m.halt(n, fmt.Sprintf("the pipeline takes more than %d steps", maxSteps))
	}
	if m.steps%256 == 0 {
		if err := m.ctx.Err(); err != nil {
			m.fail(err)
		}
	}
}

func (m *machine) fail(err error) {
	if m.failure == nil {
		m.failure = err
	}
	m.halted, m.thrown = true, true
}

// halt ends the run at one of keyfit's own limits.
func (m *machine) halt(n *node, message string) {
	if !m.halted {
		m.problem(m.span(n), message, "make the pipeline shorter, or name the scripts that deploy in keyfit.yaml")
		m.doubts(model.UnknownBecause(model.WhyLimit, "a shorter pipeline", model.Trail{}))
	}
	m.halted, m.thrown = true, true
}

func (m *machine) span(n *node) pos.Span {
	if n == nil {
		return m.in.File.Span
	}
	return n.src.span(n.start, n.end)
}

func (m *machine) problem(at pos.Span, message, fix string) {
	m.problems = append(m.problems, model.Problem{At: at, Message: message, Fix: fix})
}

func (m *machine) doubts(why model.Value) {
	if m.doubt == nil {
		m.doubt = &why
	}
}

// unsupported is a value of which keyfit cannot tell more.
func (m *machine) unsupported(n *node, needs string) value {
	return unknownValue(model.UnknownBecause(model.WhyUnsupported, needs, m.trail(n)))
}

func (m *machine) trail(n *node) model.Trail {
	if n == nil {
		return model.Trail{}
	}
	return model.Trail{}.Append(model.Hop{At: m.span(n), Kind: model.KindJenkins, What: "an expression"})
}

// label names what runs, for people: the stages and what runs in the last of them.
func (m *machine) label(what string) string {
	var names []string
	for _, s := range m.at.stages {
		names = append(names, shown(s))
	}
	return strings.Join(append(names, what), "/")
}

// shown is the name of a stage, unless a key may stand in it.
func shown(name string) string {
	for word := range strings.FieldsSeq(name) {
		plain := strings.Trim(word, "()[]:,!#&+.-–—")
		if plain != "" && !strict.IsName(plain) && len(plain) > 3 {
			return "a stage"
		}
	}
	if len(name) > 100 {
		return "a stage"
	}
	return name
}
