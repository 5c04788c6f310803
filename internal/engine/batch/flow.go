package batch

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
)

// undecided is what it takes to know what depends on an open choice.
const undecided = "which way the script goes"

// do follows a node.
func (f *follower) do(st *state, n node, in *input) {
	f.depth++
	defer func() { f.depth-- }()
	if st.dead || f.rec.Halted() != nil {
		return
	}
	if f.depth > maxDepth {
		f.rec.Halt(f.step.At, "the script nests too deeply")
		return
	}
	switch n := n.(type) {
	case simple:
		f.redirected(st, n.redirs, func() { f.simple(st, n, in) })
	case block:
		f.redirected(st, n.redirs, func() {
			for _, inner := range n.nodes {
				f.do(st, inner, in)
			}
		})
	case both:
		f.both(st, n, in)
	case choice:
		f.choose(st, n, in)
	case strange:
		f.giveUp(st, n.chars, n.what)
	}
}

// both follows two commands with an operator between them.
func (f *follower) both(st *state, n both, in *input) {
	if n.op == "|" {
		f.pipe(st, n, in)
		return
	}
	f.do(st, n.x, in)
	if st.dead {
		return
	}
	if n.op != "||" {
		f.do(st, n.y, in)
		return
	}
	f.onStatus++
	way, mark := st.clone(), f.rec.Count()
	f.do(way, n.y, in)
	f.onStatus--
	if way.dead && way.failed {
		f.rec.Drop(mark, f.rec.Count())
		return
	}
	f.rec.Perhaps(mark)
	if way.dead {
		f.ended(way)
		return
	}
	st.join(way, "whether a command succeeds")
}

// ended notes that what follows is only done if the script has not ended in gone.
func (f *follower) ended(gone *state) {
	if gone.failed {
		return
	}
	f.perhapsFrom(f.frame)
	if gone.exited {
		f.perhapsFrom(f.exits)
	}
}

// choose follows an if. A way that ends the script with an error is not the one of a deploy
// that matters.
func (f *follower) choose(st *state, c choice, in *input) {
	answer, status := f.decide(st, c.cond)
	switch answer {
	case yes:
		f.do(st, c.then, in)
		return
	case no:
		f.do(st, c.rest, in)
		return
	}
	if status {
		f.onStatus++
		defer func() { f.onStatus-- }()
	}
	a, b := st.clone(), st.clone()
	m0 := f.rec.Count()
	f.do(a, c.then, in)
	m1 := f.rec.Count()
	f.do(b, c.rest, in)
	switch {
	case a.dead && a.failed && b.dead && b.failed:
	case a.dead && a.failed:
		f.rec.Drop(m0, m1)
	case b.dead && b.failed:
		f.rec.Drop(m1, f.rec.Count())
	default:
		f.rec.Perhaps(m0)
	}
	switch {
	case a.dead && b.dead:
		*st = *a
		st.failed, st.exited = a.failed && b.failed, a.exited && b.exited
	case a.dead:
		*st = *b
		f.ended(a)
	case b.dead:
		*st = *a
		f.ended(b)
	default:
		a.join(b, undecided)
		*st = *a
	}
}

// input is what a command reads.
type input struct {
	text    session.Text
	printer int // the program that prints just this, by its number; -1 for none
}

// pipe follows the commands of a pipeline. Each runs in a process of its own: what it sets
// does not come back.
func (f *follower) pipe(st *state, n both, in *input) {
	way := st.clone()
	way.Output = session.Log{}
	first := f.rec.Count()
	f.do(way, n.x, in)
	f.piped(st, way)
	next := &input{text: repeated(way.Output.Text()), printer: -1}
	if f.rec.Count() == first+1 && isPlainCommand(n.x) {
		next.printer = first
	}
	way = st.clone()
	f.do(way, n.y, next)
	f.piped(st, way)
	st.Output = way.Output
}

// isPlainCommand reports whether a node is one command without redirections.
func isPlainCommand(n node) bool {
	s, ok := n.(simple)
	return ok && len(s.redirs) == 0
}

// repeated is what a command prints at the left of a pipe. There it is put together anew: a
// blank may stand behind it, and special characters are read once more.
func repeated(t session.Text) session.Text {
	if t.IsEmpty() {
		return t
	}
	return session.Blurred("what is piped into a command", t)
}

// piped keeps what a process of a pipeline left that is no part of its own state.
func (f *follower) piped(st, way *state) {
	if way.wild != nil && st.wild == nil {
		st.goWild(*way.wild)
	}
	st.Files = way.Files
	for name, t := range way.Channels {
		if !t.Is(st.Channels[name]) {
			st.SetChannel(name, t)
		}
	}
}

// printed is what a program prints.
func printed(name string) session.Text {
	return session.Unknown(model.WhyCommandOutput, "what "+name+" prints", model.Trail{})
}
