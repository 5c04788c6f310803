package session

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

const (
	maxVariants = 16      // candidates of one text that are told apart
	maxPieces   = 4096    // of one text; of a longer one nothing is known
	maxText     = 1 << 20 // bytes of one text
	maxHops     = 64      // of one trail; later ones are not recorded
)

// Text is a text that is put together from pieces, each known with its own trail or
// unknown. It is immutable. The zero value is the empty text.
type Text struct{ pieces []piece }

// piece is a stretch of text from one source.
type piece struct {
	value model.Value // known or unknown; of a known one that stands in the script itself the trail is empty
	// line is set for the end of a line within a text of the script: LF or CR LF, by the
	// machine that the script was written on. The value is LF.
	line   bool
	outlet string // the variable whose text this is as a whole: a channel, or a root
	root   bool   // outlet is the path of the repository's root
}

// Literal is a text that stands in the script itself.
func Literal(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{pieces: []piece{{value: model.Value{State: model.Known, Text: secret.New(text)}}}}
}

// LineEnd is the end of a line within a literal of the script: how it is written there
// depends on who wrote the script's file.
func LineEnd() Text {
	t := Literal("\n")
	t.pieces[0].line = true
	return t
}

// Of is the text of a value. An absent one is empty.
func Of(v model.Value) Text {
	if v.State == model.Absent {
		return Text{}
	}
	v.Losers, v.Parts = nil, nil
	return Text{pieces: []piece{{value: v}}}
}

// Unknown is a text that is not known.
func Unknown(why model.Reason, needs string, trail model.Trail) Text {
	return Of(model.UnknownBecause(why, needs, trail))
}

// Derived is a text that was computed from others: it has the hops of all of them.
func Derived(text string, from ...Text) Text {
	return Of(model.Value{State: model.Known, Text: secret.New(text), Trail: trailOf(from...)})
}

// Blurred is the unknown that a computation gives which is not followed, or of which an
// operand is not known.
func Blurred(needs string, from ...Text) Text {
	for _, t := range from {
		for _, p := range t.pieces {
			if p.value.State != model.Known && p.value.Why != model.WhyAmbiguous {
				return Unknown(p.value.Why, p.value.Needs, trailOf(from...))
			}
		}
	}
	return Unknown(model.WhyUnsupported, needs, trailOf(from...))
}

func trailOf(from ...Text) model.Trail {
	var trails []model.Trail
	for _, t := range from {
		for _, p := range t.pieces {
			if n := len(trails); !p.value.Trail.IsEmpty() && (n == 0 || trails[n-1] != p.value.Trail) {
				trails = append(trails, p.value.Trail)
			}
		}
	}
	return joinTrails(trails)
}

// Cat joins texts.
func Cat(texts ...Text) Text {
	var out []piece
	size := 0
	for _, t := range texts {
		for _, p := range t.pieces {
			size += len(p.value.Text.Reveal())
			if n := len(out); n > 0 && mergeable(out[n-1], p) {
				out[n-1].value.Text = secret.New(out[n-1].value.Text.Reveal() + p.value.Text.Reveal())
				continue
			}
			out = append(out, p)
		}
	}
	if len(out) > maxPieces || size > maxText {
		return tooLong()
	}
	return Text{pieces: out}
}

func tooLong() Text { return Unknown(model.WhyLimit, "a shorter text", model.Trail{}) }

func mergeable(p, q piece) bool {
	return p.value.State == model.Known && q.value.State == model.Known && p.value.Trail == q.value.Trail && !p.line && !q.line
}

// Known gives the text when all of it is known.
func (t Text) Known() (string, bool) {
	if slices.ContainsFunc(t.pieces, func(p piece) bool { return p.line }) {
		return "", false
	}
	return t.Lines()
}

// Lines is Known that takes either end of a line for LF, for whoever reads line by line.
func (t Text) Lines() (string, bool) {
	var b strings.Builder
	for _, p := range t.pieces {
		if p.value.State != model.Known {
			return "", false
		}
		b.WriteString(p.value.Text.Reveal())
	}
	return b.String(), true
}

// Is reports whether the text is certainly want.
func (t Text) Is(want string) bool {
	got, ok := t.Known()
	return ok && got == want
}

// IsEmpty reports whether the text is certainly empty.
func (t Text) IsEmpty() bool { return t.Is("") }

// NonEmpty reports whether the text is certainly not empty.
func (t Text) NonEmpty() bool {
	return slices.ContainsFunc(t.pieces, func(p piece) bool { return filled(p.value) || p.outlet != "" })
}

func filled(v model.Value) bool {
	if v.State == model.Known {
		return !v.Text.IsEmpty()
	}
	return len(v.Alternatives) > 0 && !slices.ContainsFunc(v.Alternatives, func(a model.Value) bool { return !filled(a) })
}

// IsLiteral reports whether the whole text stands in the script itself.
func (t Text) IsLiteral() bool {
	return !slices.ContainsFunc(t.pieces, func(p piece) bool { return p.value.State != model.Known || !p.value.Trail.IsEmpty() })
}

// Map applies f to each known piece; f must not mind where a text is cut.
func (t Text) Map(f func(string) string) Text {
	out := slices.Clone(t.pieces)
	for i, p := range out {
		if p.value.State == model.Known {
			out[i].value.Text = secret.New(f(p.value.Text.Reveal()))
		}
	}
	return Text{pieces: out}
}

// Via sends the text through hop. A piece without a source so far stands there literally,
// if all of the text does.
func (t Text) Via(hop model.Hop) Text {
	hop.Literal = t.IsLiteral()
	return t.eachVia(func(piece) model.Hop { return hop })
}

// Placed is Via for a text that leaves the session: each piece without a source stands
// literally at the hop.
func (t Text) Placed(hop model.Hop) Text {
	return t.eachVia(func(p piece) model.Hop {
		own := hop
		own.Literal = p.value.State == model.Known && p.value.Trail.IsEmpty()
		return own
	})
}

func (t Text) eachVia(hopOf func(piece) model.Hop) Text {
	if len(t.pieces) == 0 {
		v := model.Value{State: model.Known}
		hop := hopOf(piece{value: v})
		return Of(v.Via(hop))
	}
	out := slices.Clone(t.pieces)
	for i := range out {
		hop := hopOf(out[i])
		if i > 0 && t.pieces[i-1].value.Trail == t.pieces[i].value.Trail && out[i-1].value.Trail.Last() == hop {
			out[i].value.Trail = out[i-1].value.Trail // shared, so that the pieces can be told to belong together
			continue
		}
		out[i].value = via(out[i].value, hop)
	}
	return Text{pieces: out}
}

func via(v model.Value, hop model.Hop) model.Value {
	if hops := v.Trail.Hops(); len(hops) < maxHops && !slices.Contains(hops, hop) {
		v = v.Via(hop)
	}
	if len(v.Alternatives) > 0 {
		v.Alternatives = slices.Clone(v.Alternatives)
		for i, a := range v.Alternatives {
			if a.State != model.Absent {
				v.Alternatives[i] = via(a, hop)
			}
		}
	}
	return v
}

// Outlet names the channel whose path the text is, as far as that is certain.
func (t Text) Outlet() (string, bool) {
	if len(t.pieces) != 1 || t.pieces[0].outlet == "" || t.pieces[0].root {
		return "", false
	}
	return t.pieces[0].outlet, true
}

// Path is the text as a path: below the root of the repository when it begins with a
// variable that holds it.
func (t Text) Path() (p string, fromRoot, ok bool) {
	if len(t.pieces) > 0 && t.pieces[0].root {
		p, ok = Text{pieces: t.pieces[1:]}.Known()
		return p, true, ok && (p == "" || p[0] == '/' || p[0] == '\\')
	}
	p, ok = t.Known()
	return p, false, ok
}

// Root is the path of the repository's root, of which the text is not known.
func Root() Text {
	return Text{pieces: []piece{{value: model.UnknownBecause(model.WhyInput, theRun, model.Trail{}), outlet: "root", root: true}}}
}
