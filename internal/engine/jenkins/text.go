package jenkins

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// piece is a stretch of a text: what is written in a file, or a value that was put in.
type piece struct {
	text   string
	value  *model.Value // nil for what is written
	src    *source      // where it stands, or where the value was put in
	at     int
	size   int
	whole  int  // where the written text begins that it is a piece of
	secret bool // it is a credential, or a parameter of type password
	root   bool // it is the path of the workspace
}

// text is what a text of Groovy is made of.
type text []piece

// valueText is a text that is one value, put in at n.
func valueText(v model.Value, n *node) text {
	p := piece{value: &v}
	if n != nil {
		p.src, p.at, p.size = n.src, n.start, n.end-n.start
	}
	return text{p}
}

// known gives the whole text when all of it is known.
func (t text) known() (string, bool) {
	var b strings.Builder
	for _, p := range t {
		s, ok := p.known()
		if !ok {
			return "", false
		}
		b.WriteString(s)
	}
	return b.String(), true
}

func (p piece) known() (string, bool) {
	if p.value == nil {
		return p.text, true
	}
	return p.value.Text.Reveal(), p.value.State == model.Known
}

// cause is the first value that is not known.
func (t text) cause() (model.Value, bool) {
	for _, p := range t {
		if p.value != nil && p.value.State != model.Known {
			return *p.value, true
		}
	}
	return model.Value{}, false
}

// size is how long the text is, as far as it is known.
func (t text) size() int {
	n := 0
	for _, p := range t {
		if p.value == nil {
			n += len(p.text)
		} else if p.value.State == model.Known {
			n += len(p.value.Text.Reveal())
		}
	}
	return n
}

func (t text) isSecret() bool {
	return slices.ContainsFunc(t, func(p piece) bool { return p.secret })
}

// isRoot reports whether the text is the path of the workspace, or begins with it.
func (t text) isRoot() bool { return len(t) > 0 && t[0].root }

// marked gives the text with every piece of it secret.
func (t text) marked(isSecret bool) text {
	if !isSecret {
		return t
	}
	out := slices.Clone(t)
	for i := range out {
		out[i].secret = true
	}
	return out
}

// movedTo gives the text as it is put in at n.
func (t text) movedTo(n *node) text {
	if n == nil {
		return t
	}
	out := slices.Clone(t)
	for i := range out {
		if out[i].value != nil {
			out[i].src, out[i].at, out[i].size = n.src, n.start, n.end-n.start
		}
	}
	return out
}

// sources lists the values that the text is put together from. What is written stands
// under the name what.
func (t text) sources(what string) []model.Value {
	var out []model.Value
	for i := 0; i < len(t); i++ {
		p := t[i]
		if p.value != nil {
			out = append(out, *p.value)
			continue
		}
		from, words := i, p.text
		for i+1 < len(t) && t[i+1].value == nil && t[i+1].src == p.src && t[i+1].whole == p.whole {
			i++
			words += t[i].text
		}
		at := p.src.span(t[from].at, t[i].at+t[i].size)
		out = append(out, model.KnownText(words, model.Hop{At: at, Kind: model.KindJenkins, What: what, Literal: true}))
	}
	return out
}

// bind makes a value of the text that is set at hop: a text that is written there begins
// its journey at hop.
func (t text) bind(hop model.Hop) model.Value {
	parts := t.sources(hop.What)
	if len(parts) == 0 {
		hop.Literal = true
		return model.KnownText("", hop)
	}
	if len(parts) == 1 {
		if t[0].value != nil {
			return parts[0].Via(hop)
		}
		hop.Literal = true
		if !hop.At.IsValid() {
			hop = parts[0].Trail.Last()
		}
		return model.KnownText(parts[0].Text.Reveal(), hop)
	}
	return join(parts, hop)
}

// join makes one value of the pieces of a text.
func join(parts []model.Value, hop model.Hop) model.Value {
	if v, ok := spread(parts, hop); ok {
		return v
	}
	var words strings.Builder
	var trails []model.Trail
	out := model.Value{State: model.Known, Parts: parts}
	for _, p := range parts {
		trails = append(trails, p.Trail)
		out.DecidedBy = append(out.DecidedBy, p.DecidedBy...)
		if p.State != model.Known && out.State == model.Known {
			out.State, out.Why, out.Needs = model.Unknown, p.Why, p.Needs
		}
		words.WriteString(p.Text.Reveal())
	}
	if out.State == model.Known {
		out.Text = secret.New(words.String())
	}
	if out.Why == model.WhyAmbiguous { // several are: its candidates are not told
		out.Why = model.WhyUnsupported
	}
	out.Trail = model.Join(trails...).Append(hop)
	return out
}

// maxChoices bounds how many candidates a text has.
const maxChoices = 16

// spread is the text in which one piece is one of several: each candidate makes a text of
// its own.
func spread(parts []model.Value, hop model.Hop) (model.Value, bool) {
	at := -1
	for i, p := range parts {
		switch {
		case p.State == model.Known:
		case p.Why == model.WhyAmbiguous && at < 0 && len(p.Alternatives) <= maxChoices:
			at = i
		default:
			return model.Value{}, false
		}
	}
	if at < 0 {
		return model.Value{}, false
	}
	var out []model.Value
	for _, choice := range parts[at].Alternatives {
		one := slices.Clone(parts)
		one[at] = choice
		if choice.State == model.Absent { // Groovy writes what is not there as a word
			one[at] = model.KnownText("null", hop)
		}
		out = append(out, join(one, hop))
	}
	v := model.Ambiguous(parts[at].Needs, out...)
	v.Trail = model.Join(parts[at].Trail).Append(hop)
	return v, v.State == model.Unknown
}

// derived is a text that was computed from others, and known.
func derived(words string, n *node, from ...text) text {
	var trails []model.Trail
	hidden := false
	var decided []model.Hop
	for _, t := range from {
		for _, s := range t.sources("text") {
			trails = append(trails, s.Trail)
			decided = append(decided, s.DecidedBy...)
		}
		hidden = hidden || t.isSecret()
	}
	v := model.Value{State: model.Known, Text: secret.New(words), Trail: model.Join(trails...), DecidedBy: decided}
	return valueText(v, n).marked(hidden)
}
