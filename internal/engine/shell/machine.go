package shell

import (
	"context"
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"mvdan.cc/sh/v3/syntax"
)

// machine is what all shells of one step share.
type machine struct {
	ctx      context.Context
	cancel   context.CancelFunc
	step     Step
	limits   Limits
	steps    int
	calls    int // of functions, so far
	bytes    int
	halted   *unknown // when set, the step stopped at a limit
	problems []model.Problem
	stops    []string     // the messages of those at which the script ends
	stopped  *model.Value // what is not known because it does
	records  []record
	sights   int
	perhaps  int // how many undecided choices what is being followed hangs on
	parsed   map[string]*parsed
	values   map[*cell]model.Value // what child processes find of a variable

	holes       []hole // what was pasted into texts that are scripts
	holeNumbers map[holeKey]int
	printed     target   // where the session's standard output goes, if that is asked for
	root        *unknown // the path of the repository's root, where its text is not known
}

func newMachine(ctx context.Context, in Step) *machine {
	m := &machine{step: in, limits: in.Limits.orDefault(), parsed: map[string]*parsed{}, values: map[*cell]model.Value{}, holeNumbers: map[holeKey]int{}}
	m.ctx, m.cancel = context.WithTimeout(ctx, m.limits.Time)
	return m
}

func (m *machine) stop() { m.cancel() }

// start is the state in which the session begins.
func (m *machine) start() *state {
	st := &state{
		vars: map[string]*cell{}, funcs: map[string]*function{}, files: map[string]*file{},
		traps: map[string]trap{}, io: newChannels(), status: exited(0),
		args: arguments{unsure: -1}, argsSet: no,
	}
	st.dir = "."
	if d, err := m.step.Files.Clean(m.step.Dir); err == nil && m.step.Dir != "" {
		st.dir = d
	}
	for _, a := range m.step.Args {
		st.args.list = append(st.args.list, fromValue(a))
	}
	m.importEnv(st)
	m.takeUp(st)
	m.outlets(st)
	return st
}

// session follows the step's line and gives the state at its end.
func (m *machine) session(st *state) *state {
	sh := &shell{m: m, bash: !m.step.Sh, any: m.step.Sh, top: true, lossy: true, name: mystery(model.WhyUnsupported, "the name that the session was started by")}
	line, ok := m.paste()
	sh.src = textSource(line, m.step.At)
	if sh.src.positions = m.step.Positions; sh.src.positions == nil {
		sh.src.positions = verbatim(m.step)
	}
	sh.src.positions = line.positions(sh.src.positions)
	sh.startShell(st)
	if !ok {
		m.problem(m.step.At, "the script holds "+holeMark+", a word that keyfit keeps for itself", "use another word")
		sh.strange(st, &unknown{why: model.WhyUnsupported, needs: "a script without that word"})
		return st
	}
	sh.flags(st, m.step.Flags)
	return sh.script(st, line.text)
}

// verbatim gives the places of a line that stands in its file exactly as it is.
func verbatim(in Step) func(start, end int) pos.Span {
	from, to := in.At.Start, in.At.End
	if from.Line == 0 || from.Line != to.Line || to.Column-from.Column != len(in.Line) || !isASCII(in.Line) {
		return nil
	}
	shifted := func(n int) pos.Pos {
		return pos.Pos{Line: from.Line, Column: from.Column + n, Byte: from.Byte + n}
	}
	return func(start, end int) pos.Span {
		return pos.Span{File: in.At.File, Start: shifted(start), End: shifted(end)}
	}
}

func (m *machine) importEnv(st *state) {
	for name, v := range m.step.Env.All() {
		switch {
		case !syntax.ValidName(name):
		case v.State != model.Absent:
			st.vars[name] = fromOutside(v)
			if m.step.Elsewhere {
				st.vars[name].isOneField(v)
			}
		case m.step.Env.Rest().State == model.Unknown:
			st.vars[name] = nil // for certain, whatever else may be set
		}
	}
	if rest := m.step.Env.Rest(); rest.State == model.Unknown {
		st.wild = &unknown{why: rest.Why, needs: rest.Needs, multi: true}
	}
}

// fromOutside is a variable of the session's own environment. When it is unknown it may
// also not be set; a candidate that is absent says so.
func fromOutside(v model.Value) *cell {
	if len(v.Alternatives) > 0 {
		var out *cell
		for i, a := range v.Alternatives {
			var c *cell
			if a.State != model.Absent {
				a.Losers = v.Losers
				c = fromOutside(a)
			}
			if i == 0 {
				out = c
			} else {
				out = joinCells(out, c)
			}
		}
		if out != nil && len(out.alts) > 0 {
			out.origin = &v
		}
		return out
	}
	return &cell{
		val: fromValue(v), attrs: attrs{exported: true}, trail: v.Trail, losers: v.Losers,
		origin: &v, shaky: v.State == model.Unknown,
	}
}

// isOneField takes what a CI system keeps, or says of its run, for one word where it stands
// without quotes.
func (c *cell) isOneField(v model.Value) {
	if c != nil && len(c.val) == 1 && c.val[0].unk != nil && len(v.Alternatives) == 0 {
		c.val[0].unk.field = v.Why == model.WhyCISecret || v.Why == model.WhyInput
	}
}

// tick counts a statement. It reports false when the step has come to its end.
func (m *machine) tick(at pos.Span) bool {
	if m.halted != nil {
		return false
	}
	m.steps++
	switch {
	case m.steps > m.limits.Steps:
		m.halt(at, fmt.Sprintf("the script is followed for %d statements only", m.limits.Steps))
	case m.steps%16 == 0 && m.ctx.Err() != nil:
		m.halt(at, "following the script takes too long")
	}
	return m.halted == nil
}

// mayFollow follows what is only done if an undecided choice falls that way.
func (m *machine) mayFollow(undecided bool, follow func()) {
	if undecided {
		m.perhaps++
		defer func() { m.perhaps-- }()
	}
	follow()
}

// grow counts n bytes of new text.
func (m *machine) grow(n int, at pos.Span) bool {
	m.bytes += n
	if m.bytes > m.limits.Memory && m.halted == nil {
		m.halt(at, fmt.Sprintf("the script makes more than %d MiB of text", m.limits.Memory>>20))
	}
	return m.halted == nil
}

// halt stops the step. What the script would do from here on is unknown.
func (m *machine) halt(at pos.Span, message string) {
	if m.halted != nil {
		return
	}
	m.halted = &unknown{why: model.WhyLimit, needs: "a script that ends sooner"}
	m.problem(at, message, "simplify the script, or give it fewer turns; keyfit cannot tell what follows")
}

// markStops marks the problems at which a session ends that certainly ends with an error.
func (m *machine) markStops(st *state) {
	for i, p := range m.problems {
		m.problems[i].Stops = st.status.ok == no && slices.Contains(m.stops, p.Message)
	}
}

func (m *machine) problem(at pos.Span, message, fix string) {
	const most = 200
	if len(m.problems) < most {
		m.problems = append(m.problems, model.Problem{At: at, Message: message, Fix: fix})
	}
}
