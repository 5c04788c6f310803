package session

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

const (
	maxSteps    = 50_000 // statements that are followed in all
	maxRecords  = 2_000  // commands that are told
	maxProblems = 200
	maxTime     = 5 * time.Second
)

// Command is one command that a session starts.
type Command struct {
	At    pos.Span
	Args  []Text // the first is its name
	Open  int    // as of [model.Command]
	Stdin *Text
	// Printers are the commands, by their number, of which standard input is what they print.
	Printers []int
	Perhaps  bool // it is not certain that it is started
}

// Seen is what a command finds besides its environment.
type Seen struct {
	// Perhaps says that the command is only started if an undecided choice falls that way.
	Perhaps bool
	// Printers are the commands, by their place in Commands, of which standard input holds
	// just what they print; nil when it holds anything else.
	Printers []int
	// Files is what the session had written by then, by path within the repository: unknown
	// when nobody can tell what, absent for a file that it removed.
	Files map[string]model.Value
}

// Outcome is what a script leaves.
type Outcome struct {
	model.Result
	Seen []Seen // for each of the Commands
	// Channels holds what was written to each channel, with Parts: the pieces of the text in
	// their order. An end of a line is given as LF.
	Channels map[string]model.Value
	Output   model.Value            // what was printed, likewise; unknown when it was not asked for
	Written  map[string]model.Value // what stands in the files that the script wrote, by path
	// Doubt, when set, says from where on not everything was followed.
	Doubt *model.Value
}

// Recorder keeps what is told of a script while it is followed.
type Recorder struct {
	ctx      context.Context
	cancel   context.CancelFunc
	steps    int
	halted   *model.Value
	doubt    *model.Value
	problems []model.Problem
	commands []model.Command
	seen     []Seen
	dropped  map[int]bool
}

// NewRecorder begins a record. Stop it when done.
func NewRecorder(ctx context.Context) *Recorder {
	r := &Recorder{dropped: map[int]bool{}}
	r.ctx, r.cancel = context.WithTimeout(ctx, maxTime)
	return r
}

// Stop releases the clock.
func (r *Recorder) Stop() { r.cancel() }

// Tick counts a statement. It reports false when the script has come to its end.
func (r *Recorder) Tick(at pos.Span) bool {
	if r.halted != nil {
		return false
	}
	r.steps++
	switch {
	case r.steps > maxSteps:
		r.Halt(at, fmt.Sprintf("the script is followed for %d statements only", maxSteps))
	case r.steps%16 == 0 && r.ctx.Err() != nil:
		r.Halt(at, "following the script takes too long")
	}
	return r.halted == nil
}

// Halt stops the session: what the script would do from here on is unknown.
func (r *Recorder) Halt(at pos.Span, message string) {
	if r.halted != nil {
		return
	}
	v := model.UnknownBecause(model.WhyLimit, "a script that ends sooner", model.Trail{})
	r.halted = &v
	r.Doubt(v)
	r.Problem(at, message, "simplify the script; keyfit cannot tell what follows")
}

// Halted is why the session was stopped; nil when it was not.
func (r *Recorder) Halted() *model.Value { return r.halted }

// Doubt notes that not everything is followed from here on.
func (r *Recorder) Doubt(v model.Value) {
	if r.doubt == nil {
		r.doubt = &v
	}
}

// Doubted reports whether something was not followed so far.
func (r *Recorder) Doubted() bool { return r.doubt != nil }

// Problem notes what the user should know. Each is told once.
func (r *Recorder) Problem(at pos.Span, message, fix string) {
	p := model.Problem{At: at, Message: message, Fix: fix}
	for _, q := range r.problems {
		if p == q {
			return
		}
	}
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, p)
	}
}

// Start records a command that a session starts, and gives its number.
func (r *Recorder) Start(st *State, c Command) int {
	if len(r.commands) >= maxRecords {
		r.Halt(c.At, fmt.Sprintf("the script starts more than %d commands", maxRecords))
		return -1
	}
	out := model.Command{At: c.At, Dir: st.Dir, Env: st.Env, Stdin: model.Value{State: model.Absent}, Open: c.Open}
	for _, a := range c.Args {
		out.Args = append(out.Args, a.Word())
	}
	if c.Stdin != nil {
		out.Stdin = c.Stdin.Channel()
		if out.Stdin.State == model.Absent {
			out.Stdin = model.Value{State: model.Known}
		}
	}
	r.commands = append(r.commands, out)
	r.seen = append(r.seen, Seen{Perhaps: c.Perhaps || st.Lost != nil, Printers: c.Printers, Files: st.Files})
	return len(r.commands) - 1
}

// Perhaps marks the commands from number n on as not certain to be started.
func (r *Recorder) Perhaps(n int) {
	for i := n; i < len(r.seen); i++ {
		r.seen[i].Perhaps = true
	}
}

// Drop takes out the commands from number n up to, but not including, number m: they are only
// started where the script ends with an error. The numbers of the others stay.
func (r *Recorder) Drop(n, m int) {
	for i := n; i < m; i++ {
		r.dropped[i] = true
	}
}

// Count is how many commands were recorded so far.
func (r *Recorder) Count() int { return len(r.commands) }

// Outcome is what is told of a session that ended in st. What it wrote is put into files: of
// unknown content, what the repository has in its place would be wrong, so it is removed.
func (r *Recorder) Outcome(st *State, files *repo.Overlay, capture bool) Outcome {
	if r.halted != nil {
		st.Wild(*r.halted)
	}
	r.compact()
	for name, v := range st.Files {
		if v.State == model.Known {
			_ = files.Write(name, []byte(v.Text.Reveal()))
			continue
		}
		_ = files.Remove(name)
	}
	out := Outcome{Seen: r.seen, Channels: map[string]model.Value{}, Doubt: r.doubt, Written: maps.Clone(st.Files)}
	out.Env, out.Commands, out.Consumers = st.Env, r.commands, r.consumers()
	out.Problems = model.SortProblems(r.problems)
	for name, l := range st.Channels {
		out.Channels[name] = brokenLines(l.Text(), st.System).Channel()
	}
	if capture {
		out.Output = st.Output.Text().Channel()
	}
	return out
}

// compact takes the dropped commands out.
func (r *Recorder) compact() {
	place := map[int]int{}
	var commands []model.Command
	var seen []Seen
	for i, c := range r.commands {
		if !r.dropped[i] {
			place[i] = len(commands)
			commands, seen = append(commands, c), append(seen, r.seen[i])
		}
	}
	for i := range seen {
		var printers []int
		for _, p := range seen[i].Printers {
			if at, ok := place[p]; ok {
				printers = append(printers, at)
			}
		}
		seen[i].Printers = printers
	}
	r.commands, r.seen, r.dropped = commands, seen, map[int]bool{}
}

// Beginnings are what is known of the beginnings of a command's words.
func Beginnings(args []model.Value) []string {
	out := make([]string, len(args))
	for i, v := range args {
		if v.State != model.Known && len(v.Parts) > 0 {
			v = v.Parts[0]
		}
		if v.State == model.Known {
			out[i] = v.Text.Reveal()
		}
	}
	return out
}

// consumers makes one consumer of all commands with the same name and environment.
func (r *Recorder) consumers() []model.Consumer {
	var out []model.Consumer
	seen := map[string][]model.Env{}
	for _, c := range r.commands {
		name := "a command that is not known"
		if c.Args[0].State == model.Known {
			name = c.Args[0].Text.Reveal()
		}
		if model.CallsSelf(Beginnings(c.Args)) && !model.IsSelf(name) {
			name = "keyfit" // that Go builds
		}
		if among(seen[name], c.Env) {
			continue
		}
		seen[name] = append(seen[name], c.Env)
		workload := name
		if n := len(seen[name]); n > 1 {
			workload = fmt.Sprintf("%s#%d", name, n)
		}
		out = append(out, model.Consumer{Kind: model.ConsumerProcess, Workload: workload, At: c.At, Env: c.Env, Self: model.IsSelf(name)})
	}
	return out
}

func among(seen []model.Env, env model.Env) bool {
	for _, e := range seen {
		if sameEnv(e, env) {
			return true
		}
	}
	return false
}
