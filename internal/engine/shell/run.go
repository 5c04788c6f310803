package shell

import (
	"context"
	"time"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Step is one command line to follow, with everything that it starts from.
type Step struct {
	Files *repo.Overlay // the repository; what the script writes is written here
	Env   model.Env     // what the session finds
	Dir   string        // working directory, relative to the repository's root
	Line  string        // the command line, or a whole script
	At    pos.Span      // where Line stands
	Args  []model.Value // positional parameters of Line
	Sh    bool          // Line is for sh (dash) and not for bash
	Flags []string      // options that the session starts with: "-e", "-o", "pipefail"

	// Positions gives the place of a stretch of Line, by byte offsets. Without it, all of
	// Line stands at At.
	Positions func(start, end int) pos.Span
	Limits    Limits

	// Holes are values that were pasted into Line: the rune Hole+i in it stands for
	// Holes[i]. What is known is read as if its text stood there. What is not known is
	// taken to be one word of letters, digits and any of _./:@%+=,- or nothing at all, and
	// where it stands alone as a command, to be the name of a program.
	Holes []model.Value
	Hole  rune // the first rune that is a hole; 0: [DefaultHole]
	// Filled says of each hole whether it is certainly not empty; it may be shorter than
	// Holes. An unquoted hole that may be empty makes the number of words uncertain.
	Filled []bool

	// Parts are the pieces that Line is put together from, in order, each with its own journey; they
	// count where their texts are those of Line.
	Parts []model.Value

	// Channels are variables that hold the path of a new, empty file each, such as
	// GITHUB_ENV. They are exported, and the text of the path is not known.
	Channels []string
	// Root are variables that hold the absolute path of the repository's root, when its
	// text is not known, such as GITHUB_WORKSPACE. They are exported.
	Root []string
	// Capture asks for what the session prints on standard output.
	Capture bool
	// Elsewhere says that the repository lies in another place, on another machine: PWD,
	// and with it every absolute path below the root, has an unknown text. Files are still
	// found through it.
	Elsewhere bool
	// Ran says that programs have run before on the same machine, which may have made files.
	Ran bool
	// Before is what the step before it in the same session left: [Outcome.Kept].
	Before Kept
}

// DefaultHole is the first rune that stands for a value in the text of a step.
const DefaultHole rune = 0xF0000

// Limits bound what one step may take. A zero field has its default.
type Limits struct {
	Steps  int           // statements followed in all
	Depth  int           // calls within calls
	Loop   int           // turns of one loop
	Text   int           // bytes of one text
	Memory int           // bytes made in all
	Time   time.Duration // by the clock
}

func (l Limits) orDefault() Limits {
	set := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	set(&l.Steps, 200_000)
	set(&l.Depth, 100)
	set(&l.Loop, 5_000)
	set(&l.Text, 1<<20)
	set(&l.Memory, 256<<20)
	if l.Time == 0 {
		l.Time = 5 * time.Second
	}
	return l
}

// Outcome is the result of a step, and the files that it left.
type Outcome struct {
	model.Result
	// Written holds what the step wrote, by path. An unknown value is a file whose
	// content cannot be told, but perhaps its Parts, as of Channels; an absent one was
	// removed.
	Written map[string]model.Value
	// Seen says for each of the Commands what it finds besides its environment.
	Seen []Seen
	// Channels holds what was written to each of the step's Channels; nothing of one to
	// which nothing was written. A value has Parts, also when it has but one: the pieces of
	// the text in their order, each known with its own trail or unknown. A piece that is
	// one of several texts is ambiguous; its Alternatives have Parts as well, and one of
	// them may be the empty text.
	Channels map[string]model.Value
	// Output is what the session prints, if the step asked for it, with Parts as in
	// Channels.
	Output model.Value
	// Kept is what stays on the machine beside Written.
	Kept Kept
	// Stopped says what was not followed because the script ends in front of it, at a variable
	// that is not set; nil where it does not.
	Stopped *model.Value
}

// Run follows the step. The error says that ctx ended or that keyfit itself failed;
// what is wrong with the script is in the problems.
func Run(ctx context.Context, in Step) (model.Result, error) {
	out, err := Follow(ctx, in)
	return out.Result, err
}

// Follow is Run that also tells what was written.
func Follow(ctx context.Context, in Step) (Outcome, error) {
	m := newMachine(ctx, in)
	defer m.stop()
	st := m.guarded()
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	if m.halted != nil {
		st.goWild(m.halted)
	}
	out := Outcome{Written: m.writeBack(st), Channels: m.channelTexts(st), Output: m.printedText(st), Kept: m.kept(st)}
	out.Env = m.environment(st)
	out.Commands = m.commandList()
	out.Seen = m.seenList()
	out.Consumers = m.consumers()
	out.Stopped = m.stopped
	m.markStops(st)
	out.Problems = model.SortProblems(m.problems)
	return out, nil
}

// guarded is session with a net below it: a mistake of keyfit's own must not end the
// program, and must not pass for an answer either.
func (m *machine) guarded() (st *state) {
	st = m.start()
	defer func() {
		if recover() != nil { // what was recovered may hold a value, so it is not shown
			m.problem(m.step.At, ownMistake, "please report it with the script, without its keys")
			m.halted = &unknown{why: model.WhyUnsupported, needs: "a keyfit without this mistake"}
		}
	}()
	return m.session(st)
}

const ownMistake = "keyfit failed while it followed the script; everything is unknown"

// writeBack puts what the step wrote into the overlay. A file of unknown content is
// removed there: what the repository has in its place would be wrong.
func (m *machine) writeBack(st *state) map[string]model.Value {
	out := map[string]model.Value{}
	for name, f := range st.files {
		if outside(name) || m.step.Before.files[name] == f {
			continue
		}
		v := toText(f.text)
		if f.gone {
			v = model.Value{State: model.Absent}
		}
		out[name] = v
		if t, ok := f.text.known(); ok && !f.gone {
			_ = m.step.Files.Write(name, []byte(t))
			continue
		}
		_ = m.step.Files.Remove(name)
	}
	return out
}
