package model

import (
	"slices"

	"github.com/keyfit/keyfit/internal/pos"
)

// Kinds of hops. A kind says in what sort of place the value was at that hop.
const (
	KindProcess = "process" // the environment that keyfit itself was started with
	KindInput   = "input"   // bound under `inputs` in keyfit.yaml
	KindDotenv  = "dotenv"
	KindShell   = "shell"
	KindDefault = "default" // the fallback in an expansion such as ${X:-text}
	KindCommand = "command" // a command line that passes it on
	KindFile    = "file"    // a file that a command reads, such as one of JSON
)

// Hop is one stop of a value's journey.
type Hop struct {
	At   pos.Span // no file for what comes from the process
	Kind string   // one of the Kind constants
	What string   // "export PAYMENT_API_KEY": for people, never holds the value
	// Literal says that the text itself stands at this place, rather than being moved
	// through it. Only an origin is literal.
	Literal bool
}

// Trail is the journey of a value, origin first. It is immutable: Append returns a new
// trail and leaves the old one as it was, so that trails can share their beginnings.
//
// The zero value is the empty trail.
type Trail struct{ last *stop }

type stop struct {
	hop    Hop
	before *stop
}

// Append returns the trail with hop at its end. A hop equal to the last one is not repeated.
func (t Trail) Append(hop Hop) Trail {
	if t.last != nil && t.last.hop == hop {
		return t
	}
	return Trail{last: &stop{hop: hop, before: t.last}}
}

// Join returns one trail for a value that is put together from several: the hops of
// each, in order, every hop once.
func Join(trails ...Trail) Trail {
	var out Trail
	if len(trails) > 0 && len(distinct(trails[0])) == len(trails[0].Hops()) {
		out, trails = trails[0], trails[1:] // shared, not copied: values are put together piece by piece
	}
	seen := distinct(out)
	for _, t := range trails {
		for _, h := range t.Hops() {
			if !seen[h] {
				seen[h] = true
				out = out.Append(h)
			}
		}
	}
	return out
}

func distinct(t Trail) map[Hop]bool {
	seen := map[Hop]bool{}
	for _, h := range t.Hops() {
		seen[h] = true
	}
	return seen
}

// Hops lists the journey, origin first. The caller owns the slice.
func (t Trail) Hops() []Hop {
	var hops []Hop
	for s := t.last; s != nil; s = s.before {
		hops = append(hops, s.hop)
	}
	slices.Reverse(hops)
	return hops
}

// IsEmpty reports whether the trail has no hop.
func (t Trail) IsEmpty() bool { return t.last == nil }

// Last is the latest hop; the zero Hop for an empty trail.
func (t Trail) Last() Hop {
	if t.last == nil {
		return Hop{}
	}
	return t.last.hop
}

// Origin is the first hop; the zero Hop for an empty trail.
func (t Trail) Origin() Hop {
	var origin Hop
	for s := t.last; s != nil; s = s.before {
		origin = s.hop
	}
	return origin
}

// At is where the value was last defined: the latest hop that lies in a file and is
// not merely a command that passes it on. Without one, the latest hop in any file.
func (t Trail) At() pos.Span {
	var fallback pos.Span
	for s := t.last; s != nil; s = s.before {
		if !s.hop.At.IsValid() {
			continue
		}
		if s.hop.Kind != KindCommand {
			return s.hop.At
		}
		if !fallback.IsValid() {
			fallback = s.hop.At
		}
	}
	return fallback
}

// Equal reports whether both trails have the same hops. go-cmp uses it.
func (t Trail) Equal(u Trail) bool { return slices.Equal(t.Hops(), u.Hops()) }
