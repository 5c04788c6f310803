package gitlab

import (
	"regexp"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

// The forms of a reference, as GitLab's two mechanisms look for them. The first one leaves
// $$ and %% as they are, for the runner.
var (
	reference1 = lazy.Regexp(`\$\$|%%|\$([a-zA-Z_][a-zA-Z0-9_]*)|\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}|%([a-zA-Z_][a-zA-Z0-9_]*)%`)
	reference2 = lazy.Regexp(`\$([a-zA-Z_][a-zA-Z0-9_]*)|\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}|%([a-zA-Z_][a-zA-Z0-9_]*)%`)
)

const (
	mayRefer    = "$%"    // what stands in every reference
	maxExpanded = 1 << 18 // how long a text may get by expansion
	maxAll      = 4 << 20 // and all of a job's together
)

// maxCombined is how many candidates a text of ambiguous pieces may have.
const maxCombined = 16

// token is a piece of a text: literal, or a reference to a variable.
type token struct {
	text    string // as it stands
	name    string // of a reference
	percent bool   // it is written as %NAME%
}

// split takes a text apart by one of the two forms.
func split(text string, form *regexp.Regexp) []token {
	var out []token
	literal := func(s string) {
		if s == "" {
			return
		}
		if n := len(out); n > 0 && out[n-1].name == "" {
			out[n-1].text += s
			return
		}
		out = append(out, token{text: s})
	}
	from := 0
	for _, m := range form.FindAllStringSubmatchIndex(text, -1) {
		literal(text[from:m[0]])
		t := token{text: text[m[0]:m[1]]}
		for g := 2; g+1 < len(m); g += 2 {
			if m[g] >= 0 {
				t.name = text[m[g]:m[g+1]]
				t.percent = t.text[0] == '%'
			}
		}
		if t.name == "" {
			literal(t.text)
		} else {
			out = append(out, t)
		}
		from = m[1]
	}
	literal(text[from:])
	return out
}

// splitRunner takes a text apart as the runner does, with the rules of Go's os.Expand. A
// reference to what can be no variable is a literal of what it is replaced by.
func splitRunner(text string) []token {
	var out []token
	literal := func(s string) {
		if n := len(out); n > 0 && out[n-1].name == "" {
			out[n-1].text += s
		} else if s != "" {
			out = append(out, token{text: s})
		}
	}
	from := 0
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		literal(text[from:i])
		name, width := shellName(text[i+1:])
		switch {
		case name == "" && width == 0:
			literal("$")
		case name == "$":
			literal("$")
		case name != "" && !strings.ContainsAny(name[:1], "*#@!?-0123456789"):
			out = append(out, token{text: text[i : i+1+width], name: name})
		}
		i += width
		from = i + 1
	}
	if from < len(text) {
		literal(text[from:])
	}
	return out
}

// shellName is the name behind a dollar sign, and how many bytes it takes.
func shellName(s string) (string, int) {
	special := func(c byte) bool { return strings.IndexByte("*#$@!?-0123456789", c) >= 0 }
	switch {
	case s[0] == '{':
		if len(s) > 2 && special(s[1]) && s[2] == '}' {
			return s[1:2], 3
		}
		end := strings.IndexByte(s, '}')
		switch {
		case end == 1:
			return "", 2
		case end < 0:
			return "", 1
		}
		return s[1:end], end + 1
	case special(s[0]):
		return s[:1], 1
	}
	i := 0
	for i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z') {
		i++
	}
	return s[:i], i
}

// put gives v with each token replaced. A token that give leaves alone (ok false) stays as
// it stands.
func put(v model.Value, tokens []token, give func(t token) (model.Value, bool)) model.Value {
	var pieces []model.Value
	changed := false
	literal := func(text string) {
		p := v
		p.Parts, p.Losers = nil, nil
		p.Text = model.KnownText(text, model.Hop{}).Text
		pieces = append(pieces, p)
	}
	for _, t := range tokens {
		if t.name == "" {
			literal(t.text)
			continue
		}
		got, ok := give(t)
		if !ok {
			literal(t.text)
			continue
		}
		changed = true
		if got.State != model.Absent {
			got.Losers = nil
			pieces = append(pieces, got)
		} else if !got.Trail.IsEmpty() {
			pieces = append(pieces, model.Value{State: model.Known, Trail: got.Trail})
		}
	}
	if !changed {
		return v
	}
	return together(v, pieces)
}

// each applies f to a known value, or to every candidate of an ambiguous one.
func each(v model.Value, f func(model.Value) model.Value) model.Value {
	switch {
	case v.State == model.Known:
		return f(v)
	case v.Why == model.WhyAmbiguous && len(v.Alternatives) > 0:
		var out []model.Value
		for _, a := range v.Alternatives {
			out = append(out, each(a, f))
		}
		joined := model.Ambiguous(v.Needs, out...)
		joined.DecidedBy = append(joined.DecidedBy, v.DecidedBy...)
		return joined
	}
	return v
}

// together is the value of v when its text is put together from pieces.
func together(v model.Value, pieces []model.Value) model.Value {
	for i, p := range pieces {
		if p.Why != model.WhyAmbiguous || len(p.Alternatives) == 0 || len(p.Alternatives) > maxCombined {
			continue
		}
		var out []model.Value
		for _, a := range p.Alternatives {
			way := append(append([]model.Value{}, pieces[:i]...), a)
			out = append(out, together(v, append(way, pieces[i+1:]...)))
			if len(out) > maxCombined {
				break
			}
		}
		joined := model.Ambiguous(p.Needs, out...)
		joined.Losers = v.Losers
		return joined
	}
	out := v
	out.Parts = pieces
	var text strings.Builder
	var trails []model.Trail
	literal := false
	for _, p := range pieces {
		switch {
		case p.State == model.Absent:
			continue
		case p.State == model.Unknown:
			u := model.UnknownBecause(p.Why, p.Needs, model.Join(p.Trail, passing(v.Trail)))
			u.Losers, u.Parts, u.Ref, u.Alternatives = v.Losers, pieces, p.Ref, p.Alternatives
			if len(pieces) > 1 {
				u.Ref = model.Ref{}
			}
			return u
		case p.Trail.Equal(v.Trail):
			literal = true
		default:
			trails = append(trails, p.Trail)
		}
		text.WriteString(p.Text.Reveal())
		if text.Len() > maxExpanded {
			return model.UnknownBecause(model.WhyLimit, "a shorter text", v.Trail)
		}
	}
	out.Text = model.KnownText(text.String(), model.Hop{}).Text
	own := v.Trail
	if !literal {
		own = passing(own)
	}
	out.Trail = model.Join(append(trails, own)...)
	if len(pieces) == 1 {
		out.Parts = pieces[0].Parts
	}
	return out
}

// passing is a trail of which no hop is literal: the text is moved through it.
func passing(t model.Trail) model.Trail {
	var out model.Trail
	for _, h := range t.Hops() {
		h.Literal = false
		out = out.Append(h)
	}
	return out
}

// expandNow expands a text as GitLab does where it needs it at once, as in the name of an
// environment: what is not set is empty.
func expandNow(v model.Value, vars scope) model.Value {
	return each(v, func(v model.Value) model.Value {
		text := v.Text.Reveal()
		if !strings.ContainsAny(text, mayRefer) {
			return v
		}
		return put(v, split(text, reference2()), func(t token) (model.Value, bool) {
			return vars(t.name), true
		})
	})
}
