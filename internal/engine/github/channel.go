package github

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// firstMark is the first rune that stands for a text that is not known.
const firstMark rune = 0x100000

// assignment is one NAME=value that was written to GITHUB_ENV or GITHUB_OUTPUT.
type assignment struct {
	name  string
	value model.Value
}

// writing is what a step wrote to one of these files.
type writing struct {
	sets []assignment // in order; a later one wins
	// any, when set, says why any name may have been set as well.
	any *model.Value
	// wrong says what the runner refuses in the file, after the assignments before it; empty
	// when it accepts all of it.
	wrong string
}

// readChannel reads such a file by the rules of the runner. A text that is not known is taken
// to be one line: of `echo "KEY=$X"` the runner makes nothing else unless the text itself
// breaks out of it.
func readChannel(v model.Value) writing {
	if v.State == model.Absent {
		return writing{}
	}
	t := stitch(v)
	if t.all != nil {
		return writing{any: t.all}
	}
	return t.read()
}

// stitched is a text with marks for the pieces that are not known.
type stitched struct {
	text   string
	pieces []piece
	marks  []model.Value // what each mark stands for
	all    *model.Value  // nothing of the text is known
}

// piece is a stretch of the text that came from one value.
type piece struct {
	start, end int
	value      model.Value
}

func stitch(v model.Value) *stitched {
	t := &stitched{}
	if v.State == model.Unknown && len(v.Parts) == 0 {
		t.all = &v
		return t
	}
	t.add(v, 0)
	return t
}

func (t *stitched) add(v model.Value, depth int) {
	if len(v.Parts) > 0 && depth < 20 {
		for _, p := range v.Parts {
			t.add(p, depth+1)
		}
		return
	}
	start := len(t.text)
	switch v.State {
	case model.Known:
		t.text += strings.Map(unmarked, v.Text.Reveal())
	case model.Unknown:
		t.text += string(t.mark(v))
	}
	if len(t.text) > start {
		t.pieces = append(t.pieces, piece{start: start, end: len(t.text), value: v})
	}
}

// unmarked keeps marks apart from what a text itself holds.
func unmarked(c rune) rune {
	if c >= firstMark {
		return '\uFFFD'
	}
	return c
}

// mark is the rune for a value. The same unknown has the same mark, so that a delimiter that
// was drawn by chance ends what it began.
func (t *stitched) mark(v model.Value) rune {
	if i := slices.IndexFunc(t.marks, v.Same); i >= 0 {
		return firstMark + rune(i)
	}
	t.marks = append(t.marks, v)
	return firstMark + rune(min(len(t.marks)-1, 0xFFF0))
}

// read splits the text into assignments.
func (t *stitched) read() writing {
	var out writing
	for at := 0; at < len(t.text); {
		line, next := t.line(at)
		equals, here := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case line == "":
		case equals >= 0 && (here < 0 || equals < here):
			t.assign(&out, line[:equals], at+equals+1, at+len(line))
		case here > 0 && here+2 < len(line):
			end, after, ok := t.delimited(next, line[here+2:])
			if !ok {
				out.wrong = "a text that its delimiter does not end"
				return out
			}
			t.assign(&out, line[:here], next, end)
			next = after
		case hasMark(line):
			out.any = t.unknownIn(at, at+len(line))
		default:
			out.wrong = "a line that is no NAME=value"
			return out
		}
		at = next
	}
	return out
}

// line gives the line at an offset, and where the next one begins. On Linux nothing but a
// line feed ends one.
func (t *stitched) line(at int) (line string, next int) {
	line, _, more := strings.Cut(t.text[at:], "\n")
	next = at + len(line)
	if more {
		next++
	}
	return line, next
}

// delimited finds the end of a text that a line of its own ends.
func (t *stitched) delimited(from int, delimiter string) (end, next int, ok bool) {
	end = from
	for at := from; at < len(t.text); {
		line, next := t.line(at)
		if line == delimiter {
			return max(from, end), next, true
		}
		end = at + len(line)
		at = next
	}
	return 0, 0, false
}

func (t *stitched) assign(out *writing, name string, from, to int) {
	if hasMark(name) {
		out.any = t.unknownIn(0, len(t.text))
		return
	}
	out.sets = append(out.sets, assignment{name: name, value: t.slice(from, to)})
}

func hasMark(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c >= firstMark })
}

// unknownIn is the first value that is not known in a stretch.
func (t *stitched) unknownIn(from, to int) *model.Value {
	for _, p := range t.pieces {
		if p.start < to && p.end > from && p.value.State == model.Unknown {
			return &p.value
		}
	}
	v := model.UnknownBecause(model.WhyUnsupported, "what is written here", model.Trail{})
	return &v
}

// slice is the value of a stretch: the piece itself where it is one whole piece.
func (t *stitched) slice(from, to int) model.Value {
	var parts []model.Value
	var trails []model.Trail
	for _, p := range t.pieces {
		a, b := max(p.start, from), min(p.end, to)
		if a >= b {
			continue
		}
		part := p.value
		if part.State == model.Known && (a > p.start || b < p.end) {
			part = model.Value{State: model.Known, Text: secret.New(t.text[a:b]), Trail: part.Trail, DecidedBy: part.DecidedBy}
		}
		parts, trails = append(parts, part), append(trails, part.Trail)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return together(parts, trails, t.near(from))
}

// near is the trail of an empty text: that of what stands before it.
func (t *stitched) near(at int) model.Trail {
	for _, p := range t.pieces {
		if p.start < at && p.end >= at {
			return p.value.Trail
		}
	}
	return model.Trail{}
}

// together is the text that parts make one after the other.
func together(parts []model.Value, trails []model.Trail, empty model.Trail) model.Value {
	out := model.Value{State: model.Known, Trail: empty}
	if len(parts) == 0 {
		return out
	}
	out.Trail, out.Parts = model.Join(trails...), parts
	var text strings.Builder
	for _, p := range parts {
		if p.State == model.Unknown {
			u := model.UnknownBecause(p.Why, p.Needs, out.Trail)
			u.Parts = parts
			return u
		}
		text.WriteString(p.Text.Reveal())
	}
	out.Text = secret.New(text.String())
	return out
}

// isBlocked reports whether the runner keeps a name from being set through GITHUB_ENV.
func isBlocked(name string) bool { return strings.EqualFold(name, "NODE_OPTIONS") }

// oldCommand is a command of the kind that is written to standard output.
var oldCommand = lazy.Regexp(`^::([a-zA-Z-]+)((?: [^:]*)?)::(.*)$`)

// readOutput finds the commands in what a step printed: `::set-output name=x::text` still
// counts, and `::set-env name=x::text` makes the step fail, unless the runner is told to
// allow it.
func readOutput(v model.Value, command string) writing {
	if v.State == model.Absent {
		return writing{}
	}
	t := stitch(v)
	if t.all != nil {
		return writing{any: t.all}
	}
	var out writing
	for at := 0; at < len(t.text); {
		line, next := t.line(at)
		m := oldCommand().FindStringSubmatchIndex(strings.TrimLeft(line, " \t"))
		skipped := len(line) - len(strings.TrimLeft(line, " \t"))
		if m != nil && strings.EqualFold(line[skipped+m[2]:skipped+m[3]], command) {
			name := property(line[skipped+m[4]:skipped+m[5]], "name")
			if name != "" {
				v := t.slice(at+skipped+m[6], at+skipped+m[7])
				out.sets = append(out.sets, assignment{name: name, value: unescaped(v)})
			}
		}
		at = next
	}
	return out
}

func property(list, name string) string {
	for p := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		if key, value, ok := strings.Cut(strings.TrimSpace(p), "="); ok && key == name {
			return value
		}
	}
	return ""
}

// unescaped undoes how such commands write the ends of lines.
func unescaped(v model.Value) model.Value {
	if v.State != model.Known || !strings.Contains(v.Text.Reveal(), "%") {
		return v
	}
	v.Text = secret.New(strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(v.Text.Reveal()))
	v.Parts = nil
	return v
}

// wroteHop is the hop of a text that a step wrote to one of the files.
func wroteHop(at pos.Span, file, name, step string) model.Hop {
	return model.Hop{At: at, Kind: model.KindWorkflow, What: file + " " + shownName(name) + " by " + step}
}
