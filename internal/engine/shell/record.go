package shell

import (
	"fmt"
	"maps"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/session"
)

// maxRecords bounds how many commands are told.
const maxRecords = 5_000

// record is one command that the script starts, or a script that starts none.
type record struct {
	command  model.Command
	workload string
	script   bool // not a command, but a script without any
	vars     map[string]*cell
	wild     *unknown
	saw      *sight
	stdin    sym
	perhaps  bool
}

func (m *machine) record(st *state, at pos.Span, args fields, stdin sym, piped bool) {
	if len(m.records) >= maxRecords {
		m.halt(at, fmt.Sprintf("the script starts more than %d commands", maxRecords))
		return
	}
	c := model.Command{At: at, Dir: st.dir, Stdin: model.Value{State: model.Absent}}
	for _, a := range args.list {
		c.Args = append(c.Args, toWord(a))
	}
	if !args.sure() {
		c.Open = max(1, args.unsure)
	}
	if piped {
		c.Stdin = toWord(stdin)
	}
	workload, ok := args.list[0].known()
	if !ok {
		workload = "a command that is not known"
	} else if model.CallsSelf(session.Beginnings(c.Args)) && !model.IsSelf(workload) {
		workload = "keyfit" // that Go builds
	}
	m.records = append(m.records, record{command: c, workload: workload, vars: exportedCells(st), wild: st.wild})
	r := &m.records[len(m.records)-1]
	r.command.Env = m.sharedEnv(st, r)
	r.saw = m.look(st)
	r.perhaps = m.perhaps > 0
	if piped {
		r.stdin = stdin
	}
}

// recordUnread notes a script that keyfit cannot read. What it hands on to its commands
// is what it gets, and anything else that it may set.
func (m *machine) recordUnread(st *state, inv invocation, stdin sym, piped bool) {
	before := len(m.records)
	m.record(unread(st, inv), inv.at, inv.args, stdin, piped)
	if len(m.records) > before {
		m.records[before].workload = inv.script
	}
}

// recordMissing notes a script that is not there, and so is no command either.
func (m *machine) recordMissing(st *state, inv invocation) {
	if len(m.records) >= maxRecords {
		m.halt(inv.at, fmt.Sprintf("the script starts more than %d commands", maxRecords))
		return
	}
	sub := unread(st, inv)
	m.records = append(m.records, record{
		command: model.Command{At: inv.at, Env: m.environment(sub)}, workload: inv.script,
		script: true, vars: exportedCells(sub), wild: sub.wild,
	})
}

func unread(st *state, inv invocation) *state {
	sub := st.exported()
	if sub.wild == nil {
		sub.wild = inv.rest
	}
	return sub
}

// sharedEnv gives the environment of the record before, when nothing has changed since.
func (m *machine) sharedEnv(st *state, r *record) model.Env {
	if n := len(m.records); n > 1 {
		if before := &m.records[n-2]; before.wild == r.wild && maps.Equal(before.vars, r.vars) {
			return before.command.Env
		}
	}
	return m.environment(st)
}

func exportedCells(st *state) map[string]*cell {
	out := map[string]*cell{}
	for name, c := range st.vars {
		for _, p := range c.plain() {
			if p != nil && p.attrs.exported || st.wild != nil {
				out[name] = c
			}
		}
	}
	return out
}

// recordScript notes a script that has started no command since mark.
func (m *machine) recordScript(st *state, at pos.Span, name string, mark int) {
	if len(m.records) > mark {
		return
	}
	m.records = append(m.records, record{
		command: model.Command{At: at, Env: m.environment(st)}, workload: name,
		script: true, vars: exportedCells(st), wild: st.wild,
	})
}

func (m *machine) commandList() []model.Command {
	var out []model.Command
	for _, r := range m.records {
		if !r.script {
			out = append(out, r.command)
		}
	}
	return out
}

// consumers makes one consumer of all commands with the same name and environment.
func (m *machine) consumers() []model.Consumer {
	var out []model.Consumer
	seen := map[string][]record{}
	for _, r := range m.records {
		if known(seen[r.workload], r) {
			continue
		}
		seen[r.workload] = append(seen[r.workload], r)
		name := r.workload
		if n := len(seen[r.workload]); n > 1 {
			name = fmt.Sprintf("%s#%d", name, n)
		}
		out = append(out, model.Consumer{Kind: model.ConsumerProcess, Workload: name, At: r.command.At, Env: r.command.Env, Self: model.IsSelf(r.workload)})
	}
	return out
}

func known(seen []record, r record) bool {
	for _, s := range seen {
		if s.wild == r.wild && maps.Equal(s.vars, r.vars) || sameEnv(s.command.Env, r.command.Env) {
			return true
		}
	}
	return false
}

func sameEnv(a, b model.Env) bool {
	if a.Len() != b.Len() || !a.Rest().Same(b.Rest()) {
		return false
	}
	for name, v := range a.All() {
		w := b.Get(name)
		if !b.Has(name) || v.State != w.State || !v.Trail.Equal(w.Trail) || !sameContent(v, w) {
			return false
		}
	}
	return true
}

func sameContent(v, w model.Value) bool {
	if len(v.Alternatives) != len(w.Alternatives) || !v.Same(w) {
		return false
	}
	for i := range v.Alternatives {
		if !sameContent(v.Alternatives[i], w.Alternatives[i]) {
			return false
		}
	}
	return true
}
