package shell

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// toValue turns symbolic text into what the model calls a value.
func toValue(s sym) model.Value {
	if t, ok := s.known(); ok {
		if strings.Contains(t, holeMark) { // no value may be told that holds what only stands for one
			return model.UnknownBecause(model.WhyUnsupported, "the text of a pasted value", s.trail())
		}
		return model.Value{State: model.Known, Text: secret.New(t), Trail: s.trail()}
	}
	if all, ok := s.variants(); ok && len(all) > 1 {
		var candidates []model.Value
		for _, v := range all {
			candidates = append(candidates, toValue(v))
		}
		out := model.Ambiguous(needsOf(s), candidates...)
		if out.State == model.Unknown && out.Trail.IsEmpty() {
			out.Trail = s.trail()
		}
		return out
	}
	u := unknownFrom(s)[0]
	v := model.UnknownBecause(u.unk.why, u.unk.needs, s.trail())
	v.InRepo = inRepo(s)
	return v
}

// inRepo is the path in the repository that a text names whose beginning is the unknown
// path of its root.
func inRepo(s sym) string {
	s = s.begun()
	if len(s) == 0 || s[0].unk == nil || !s[0].unk.root {
		return ""
	}
	rest, ok := s[1:].known()
	if !ok || rest != "" && rest[0] != '/' || strings.ContainsRune(rest, 0) {
		return ""
	}
	key := path.Join(".", strings.TrimLeft(rest, "/"))
	if key == ".." || strings.HasPrefix(key, "../") {
		return ""
	}
	return key
}

// toWord is toValue for a word of a command line, whose pieces are told apart: which of
// several variables a command delivers is known even where a text is not. An empty one counts
// where it is all of a value.
func toWord(s sym) model.Value {
	v := toValue(s)
	if len(s) < 2 {
		return v
	}
	for i, p := range s {
		if p.unk != nil || p.text != "" || s.isEmptyValue(i) {
			v.Parts = append(v.Parts, toValue(sym{p}))
		}
	}
	return v
}

// isEmptyValue reports whether an empty piece is all that stands behind an equals sign, and comes
// from somewhere.
func (s sym) isEmptyValue(i int) bool {
	before := i > 0 && s[i-1].unk == nil && strings.HasSuffix(s[i-1].text, "=")
	behind := i+1 == len(s) || s[i+1].unk == nil && strings.HasPrefix(s[i+1].text, ",")
	return before && behind && !s[i].trail.IsEmpty()
}

// toText is toValue for a text that leaves the step: its Parts are there even where it has
// but one, and candidates have Parts, too.
func toText(s sym) model.Value {
	v := toValue(s)
	if all, ok := s.variants(); ok && len(v.Alternatives) > 0 {
		v.Alternatives = textsOf(all)
	}
	for _, p := range s {
		if p.unk == nil && p.text == "" {
			continue
		}
		part := toValue(sym{p})
		if p.unk != nil && len(part.Alternatives) > 0 {
			part.Alternatives = textsOf(p.unk.alts)
		}
		v.Parts = append(v.Parts, part)
	}
	return v
}

func textsOf(all []sym) []model.Value {
	var out []model.Value
	for _, s := range all {
		out = append(out, toText(s))
	}
	return out
}

func needsOf(s sym) string {
	for _, p := range s {
		if p.unk != nil && p.unk.needs != "" {
			return p.unk.needs
		}
	}
	return "which way the script goes"
}

// fromValue turns a value of the model into symbolic text. An absent one is empty.
func fromValue(v model.Value) sym {
	switch v.State {
	case model.Known:
		return textVia(v.Text.Reveal(), v.Trail)
	case model.Absent:
		return nil
	}
	if len(v.Alternatives) == 0 {
		return mystery(v.Why, v.Needs, v.Trail)
	}
	var alts []sym
	for _, a := range v.Alternatives {
		alts = append(alts, fromValue(a))
	}
	out := choose(alts...)
	if len(out) == 1 && out[0].unk != nil && v.Needs != "" {
		u := *out[0].unk
		u.needs = v.Needs
		out[0].unk = &u
	}
	return out
}
