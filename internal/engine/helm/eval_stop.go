package helm

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/origin"
)

// stop ends the run of a template. It is only ever thrown as a panic within this package,
// and caught by [eval.try].
type stop struct {
	kind    stopKind
	message string    // without any value in it
	at      place     // of an error
	id      origin.ID // of a doubt
}

type stopKind uint8

const (
	stopError stopKind = iota // Helm stops here too
	stopLimit                 // a limit of ours
	stopDoubt                 // what comes now depends on something not known
	stopDone                  // the context is done
)

// try runs do, and gives what stopped it.
func try(do func()) (s *stop) {
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if s, ok = r.(*stop); !ok {
				s = &stop{kind: stopLimit, message: "the template does something that keyfit does not follow"}
			}
		}
	}()
	do()
	return nil
}

func (f *frame) errorf(format string, args ...any) {
	panic(&stop{kind: stopError, message: fmt.Sprintf(format, args...), at: f.place(f.node)})
}

func (e *eval) limit(message string) { panic(&stop{kind: stopLimit, message: message}) }

// give gives up what runs now: it depends on id, which is not known.
func (e *eval) give(id origin.ID) { panic(&stop{kind: stopDoubt, id: id}) }

// step counts one more action.
func (e *eval) step() {
	if e.steps++; e.steps > maxSteps {
		e.limit("the templates take more steps than keyfit goes")
	}
	if e.steps&0x3FF == 0 && e.ctx.Err() != nil {
		panic(&stop{kind: stopDone})
	}
}

// node counts one more value that a function looks at.
func (e *eval) node() {
	if e.nodes++; e.nodes > maxNodes {
		e.limit("a function of a template gets more values than keyfit follows")
	}
	if e.nodes&0x3F == 0 {
		e.step()
	}
}

// deeper goes one level down in a value. The caller comes up again.
func (e *eval) deeper() {
	if e.deep++; e.deep > maxLevels {
		e.limit("a function of a template gets a value with more levels than keyfit follows")
	}
}

// size counts text that a function gets.
func (e *eval) size(n int) {
	e.steps += n >> 8
	if e.bytes += n; e.bytes > maxText {
		e.limit("a function of a template gets or makes more text than keyfit reads")
	}
}

// wrote counts text that is written.
func (e *eval) wrote(n int) {
	if e.written += n; e.written > maxWritten {
		e.limit("the templates give more text than keyfit reads")
	}
}
