package batch

import (
	"context"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
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

	// Holes are values that were pasted into Text: the rune Hole+i in it stands for Holes[i].
	// What is known is read as if its text stood there. What is not known is taken to be one
	// word, or a piece of one: letters, digits and any of _./:@+-.
	Holes []model.Value
	Hole  rune
	// Channels are variables that hold the path of a new, empty file each, such as
	// GITHUB_ENV, and Root are those that hold the path of the repository's root. The text of
	// a path is not known.
	Channels, Root []string
	Capture        bool // whether Outcome.Output is asked for
	Quiet          bool // the script is started with echo off
}

// Outcome is what a script leaves.
type Outcome = session.Outcome

// state is where the script stands.
type state struct {
	*session.State
	wild    *model.Value // why anything may have been done before
	locals  []local      // of setlocal, innermost last
	stack   []place      // of pushd
	args    []session.Text
	tail    session.Text
	open    bool // there may be more arguments
	shifted bool
	delayed bool // delayed expansion may be on
	silent  bool // commands are certainly not echoed
	dead    bool // nothing is done here any more
	failed  bool // it died of an error
	exited  bool // the whole session ended, and not only the script
	leaving bool // at the end of the line, the script ends
}

type place struct {
	dir  string
	lost *model.Value
}

// local is what endlocal brings back.
type local struct {
	env     model.Env
	at      place
	delayed bool
}

func (st *state) clone() *state {
	out := *st
	out.State = st.State.Clone()
	return &out
}

func (st *state) goWild(v model.Value) {
	st.Wild(v)
	st.wild, st.stack, st.silent = &v, nil, false
}

// join makes st the state behind a choice that is not decided.
func (st *state) join(other *state, needs string) {
	st.State.Join(other.State, needs)
	if st.wild == nil {
		st.wild = other.wild
	}
	if len(st.locals) != len(other.locals) || len(st.stack) != len(other.stack) || st.shifted != other.shifted {
		v := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{})
		st.goWild(v)
		st.locals, st.stack, st.shifted = nil, nil, true
	}
	for i := range st.stack {
		if st.stack[i] != other.stack[i] {
			v := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{})
			st.stack = append([]place(nil), st.stack...)
			st.stack[i].lost = &v
		}
	}
	st.delayed = st.delayed || other.delayed
	st.silent = st.silent && other.silent
	st.leaving = st.leaving || other.leaving
}

// follower follows one step.
type follower struct {
	step     Step
	rec      *session.Recorder
	src      *session.Source
	lines    [][]session.Char
	next     int
	dir      *session.Text // of the script's file; nil when it has none in the repository
	frame    *frame
	exits    *frame // of the whole session
	calls    int
	depth    int
	onStatus int // how many choices are open that ask whether a command succeeded
}

// frame is a script that is being followed.
type frame struct {
	ends    []*state // where it has ended without an error, though it goes on elsewhere
	perhaps int      // the command from which on it may have ended; -1 for none
}

// Follow follows the step. The error says that ctx ended or that keyfit itself failed;
// what is wrong with the script is in the problems.
func Follow(ctx context.Context, in Step) (Outcome, error) {
	f := &follower{step: in, rec: session.NewRecorder(ctx), exits: &frame{perhaps: -1}}
	defer f.rec.Stop()
	st := f.guarded()
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	return f.rec.Outcome(st.State, in.Files, in.Capture), nil
}

// guarded is session with a net below it: a mistake of keyfit's own must not end the
// program, and must not pass for an answer either.
func (f *follower) guarded() (st *state) {
	dir := "."
	if d, err := f.step.Files.Clean(f.step.Dir); err == nil && f.step.Dir != "" {
		dir = d
	}
	st = &state{State: session.NewState(session.Windows, f.step.Env, dir, f.step.Channels, f.step.Root), silent: f.step.Quiet}
	defer func() {
		if recover() != nil { // what was recovered may hold a value, so it is not shown
			f.rec.Problem(f.step.At, ownMistake, "please report it with the script, without its keys")
			v := model.UnknownBecause(model.WhyUnsupported, "a keyfit without this mistake", model.Trail{})
			f.rec.Doubt(v)
			st.goWild(v)
		}
	}()
	f.script(st, session.NewSource(session.Script{
		Text: f.step.Text, Holes: f.step.Holes, Hole: f.step.Hole, At: f.step.At, Positions: f.step.Positions,
		Plain: true, // cmd reads a script by the code page of the console
	}), nil)
	f.close(st, f.exits)
	return st
}

const ownMistake = "keyfit failed while it followed the script; everything is unknown"

const maxScript = 512 << 10

// script follows a whole script.
func (f *follower) script(st *state, src *session.Source, dir *session.Text) {
	outer := *f
	f.src, f.dir, f.next, f.frame = src, dir, 0, &frame{perhaps: -1}
	f.lines = linesOf(src.Chars())
	locals := len(st.locals)
	if len(src.Chars()) > maxScript {
		f.giveUp(st, nil, "a script that is so long")
	} else {
		f.followLines(st)
	}
	f.close(st, f.frame)
	for len(st.locals) > locals { // the end of a script undoes what setlocal began in it
		f.endLocal(st)
	}
	f.src, f.dir, f.next, f.frame, f.lines = outer.src, outer.dir, outer.next, outer.frame, outer.lines
}

// linesOf cuts a script into its lines.
func linesOf(chars []session.Char) [][]session.Char {
	var out [][]session.Char
	var line []session.Char
	for _, c := range chars {
		switch c.Rune {
		case '\n':
			out = append(out, line)
			line = nil
		case '\r':
		default:
			line = append(line, c)
		}
	}
	return append(out, line)
}

func (f *follower) nextLine() ([]session.Char, bool) {
	if f.next >= len(f.lines) {
		return nil, false
	}
	f.next++
	return f.lines[f.next-1], true
}

// followLines follows a script command by command.
func (f *follower) followLines(st *state) {
	for !st.dead && f.rec.Halted() == nil {
		line, ok := f.nextLine()
		if !ok {
			return
		}
		if !f.rec.Tick(f.src.Span(line)) {
			return
		}
		chars, fail := f.expand(st, line)
		p := &parser{f: f, st: st, chars: chars, fail: fail}
		var n node
		if fail == nil {
			n = p.line()
			if p.fail == nil && p.peek() != end {
				p.failed("this command")
			}
		}
		if p.fail == nil && st.delayed && holds(p.chars, '!') {
			p.fail = &failure{"delayed expansion", p.chars[:min(1, len(p.chars))]}
		}
		if p.fail != nil {
			f.giveUp(st, p.fail.chars, p.fail.what)
			return
		}
		if n != nil && !st.silent && !isQuiet(p.chars) { // the commands themselves are printed
			st.Print(session.Unknown(model.WhyInput, "the prompt of cmd", model.Trail{}))
		}
		f.do(st, n, nil)
		if st.leaving && !st.dead {
			f.finish(st, false)
		}
	}
}

// isQuiet reports whether a line begins with @.
func isQuiet(chars []session.Char) bool {
	for _, c := range chars {
		if !isDelimiter(c.Rune) {
			return c.Rune == '@'
		}
	}
	return false
}

func holds(chars []session.Char, want rune) bool {
	for _, c := range chars {
		if c.Rune == want {
			return true
		}
	}
	return false
}

// close joins all the ways in which a script ended.
func (f *follower) close(st *state, fr *frame) {
	if fr.perhaps >= 0 {
		f.rec.Perhaps(fr.perhaps)
	}
	ends := fr.ends
	if len(ends) == 0 {
		return
	}
	if st.dead {
		*st = *ends[0]
		ends = ends[1:]
	}
	for _, e := range ends {
		st.join(e, "where the script ends")
	}
	st.dead, st.leaving = false, false
}

// giveUp is the answer to what is not followed: everything may have changed.
func (f *follower) giveUp(st *state, chars []session.Char, what string) {
	v := model.UnknownBecause(model.WhyUnsupported, "what "+what+" does", model.Trail{})
	f.rec.Problem(f.span(chars), "keyfit does not follow "+what+" in a script for cmd; values after this are unknown", advice)
	f.rec.Doubt(v)
	st.goWild(v)
}

const advice = "put it in a simpler way, or list what it deploys as steps of its own in keyfit.yaml"

func (f *follower) span(chars []session.Char) pos.Span {
	if len(chars) == 0 {
		return f.step.At
	}
	return f.src.Span(chars)
}

// finish ends the script without an error, or with all the session.
func (f *follower) finish(st *state, session bool) {
	st.leaving = false
	fr := f.frame
	if session {
		fr = f.exits
		st.exited = true
	}
	fr.ends = append(fr.ends, st.clone())
	st.dead = true
}

// perhapsFrom notes that what follows in a frame is only done if it has not ended before.
func (f *follower) perhapsFrom(fr *frame) {
	if fr.perhaps < 0 {
		fr.perhaps = f.rec.Count()
	}
}

// pathOf is the place of a file of the repository.
func (f *follower) pathOf(st *state, t session.Text) (string, bool) {
	return st.PathOf(f.step.Files, t, ":*?%\"\n")
}

// content is the text of a file, with what the script wrote to it.
func (f *follower) content(st *state, at string) session.Text {
	return st.Content(f.step.Files, at, strict.Path(at))
}
