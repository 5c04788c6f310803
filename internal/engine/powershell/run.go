package powershell

import (
	"context"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/session"
)

// Step is one script to follow, with everything that it starts from.
type Step struct {
	Files *repo.Overlay // the repository; what the script writes is written here
	Env   model.Env     // what the session finds
	Dir   string        // working directory, relative to the repository's root
	Text  string        // the script
	At    pos.Span      // where it stands
	// Positions gives the place of a stretch of Text, by byte offsets. Without it, all of
	// Text stands at At.
	Positions func(start, end int) pos.Span
	Core      bool // it is for PowerShell 7 and not for Windows PowerShell
	// System is "windows" or "unix", or empty when it is not known. Windows PowerShell runs
	// on Windows only.
	System string

	// Holes are values that were pasted into Text: the rune Hole+i in it stands for Holes[i].
	// What is known is read as if its text stood there. What is not known is taken to be a
	// piece of a word: letters, digits and any of _./:@%+=-.
	Holes []model.Value
	Hole  rune
	// Channels are variables that hold the path of a new, empty file each, such as
	// GITHUB_ENV, and Root are those that hold the path of the repository's root. The text of
	// a path is not known.
	Channels, Root []string
	Capture        bool // whether Outcome.Output is asked for
}

// Outcome is what a script leaves.
type Outcome = session.Outcome

// The systems of a Step, for short.
const (
	anySystem     = session.AnySystem
	windowsSystem = session.Windows
	unixSystem    = session.Unix
)

// follower follows one step.
type follower struct {
	step   Step
	rec    *session.Recorder
	core   bool
	system session.System

	src   *session.Source
	chars []session.Char

	root     *session.Text   // the directory of the script's file; nil when it has none in the repository
	typed    map[string]bool // variables with a type
	frame    *frame
	exits    *frame // of the script's file
	depth    int
	scripts  int // scripts within scripts
	onStatus int // how many choices are open that ask whether a command succeeded
}

// frame is a script, or a function, that is being followed.
type frame struct {
	ends    []*state // where it has ended without an error, though it goes on elsewhere
	perhaps int      // the command from which on it may have ended; -1 for none
	loop    bool     // it is a turn of a loop
	inner   bool     // what its statements give is its result, and not printed
}

// Follow follows the step. The error says that ctx ended or that keyfit itself failed;
// what is wrong with the script is in the problems.
func Follow(ctx context.Context, in Step) (Outcome, error) {
	f := &follower{step: in, core: in.Core, rec: session.NewRecorder(ctx), typed: map[string]bool{}, frame: &frame{perhaps: -1}}
	f.exits = f.frame
	defer f.rec.Stop()
	switch {
	case !in.Core || strings.EqualFold(in.System, "windows"):
		f.system = windowsSystem
	case in.System == "":
		f.system = anySystem
	default:
		f.system = unixSystem
	}
	st := f.guarded()
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	return f.rec.Outcome(st.State, in.Files, in.Capture), nil
}

// start is the state in which the session begins. No profile is taken to have changed it.
func (f *follower) start() *state {
	dir := "."
	if d, err := f.step.Files.Clean(f.step.Dir); err == nil && f.step.Dir != "" {
		dir = d
	}
	return &state{State: session.NewState(f.system, f.step.Env, dir, f.step.Channels, f.step.Root)}
}

// guarded is session with a net below it: a mistake of keyfit's own must not end the
// program, and must not pass for an answer either.
func (f *follower) guarded() (st *state) {
	st = f.start()
	defer func() {
		if recover() != nil { // what was recovered may hold a value, so it is not shown
			f.rec.Problem(f.step.At, ownMistake, "please report it with the script, without its keys")
			v := model.UnknownBecause(model.WhyUnsupported, "a keyfit without this mistake", model.Trail{})
			f.rec.Doubt(v)
			st.goWild(v)
		}
	}()
	f.session(st)
	return st
}

const ownMistake = "keyfit failed while it followed the script; everything is unknown"

// session follows the step's text.
func (f *follower) session(st *state) {
	src := session.NewSource(session.Script{
		Text: f.step.Text, Holes: f.step.Holes, Hole: f.step.Hole, At: f.step.At, Positions: f.step.Positions,
		Plain: !f.core, // Windows PowerShell reads a script without a mark by its own code page
	})
	f.script(st, src, nil)
	f.close(st)
}

const maxScript = 512 << 10

// script follows a whole script, behind which the session goes on.
func (f *follower) script(st *state, src *session.Source, args []argument) {
	f.src, f.chars = src, src.Chars()
	if len(f.chars) > maxScript {
		f.giveUp(st, extent{}, "a script that is so long")
		return
	}
	p := &parser{chars: f.chars, unix: f.system == unixSystem, core: f.core}
	body := p.script()
	if !f.bind(st, body.params, args) {
		f.giveUp(st, extent{}, "the parameters of this script")
		return
	}
	f.statements(st, body.stmts)
	if p.failed != nil && !st.dead && f.rec.Halted() == nil {
		f.giveUp(st, extent{from: p.failed.at, to: p.failed.at + 1}, p.failed.what)
	}
}

// close joins all the ways in which the script ended.
func (f *follower) close(st *state) {
	if f.frame.perhaps >= 0 {
		f.rec.Perhaps(f.frame.perhaps)
	}
	ends := f.frame.ends
	if st.dead && len(ends) > 0 {
		*st = *ends[0]
		ends = ends[1:]
	}
	for _, e := range ends {
		st.join(e, "where the script ends")
	}
	if len(f.frame.ends) > 0 {
		st.dead, st.exited = false, false
	}
}

// enter counts how deep following goes.
func (f *follower) enter(at extent) bool {
	if f.depth >= maxDepth {
		f.rec.Halt(f.span(at), "the script nests too deeply")
		return false
	}
	f.depth++
	return true
}

func (f *follower) leave() { f.depth-- }

func sortedNames(names map[string]bool) []string {
	var out []string
	for name := range names {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func unknownText(v model.Value) session.Text { return session.Of(v) }
