package shell

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// toValue turns symbolic text into what the model calls a value.
func toValue(s sym) model.Value {
	if t, ok := s.known(); ok {
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
	return model.UnknownBecause(u.unk.why, u.unk.needs, s.trail())
}

// toWord is toValue for a word of a command line, whose pieces are told apart: which of
// several variables a command delivers is known even where a text is not.
func toWord(s sym) model.Value {
	v := toValue(s)
	if len(s) < 2 {
		return v
	}
	for _, p := range s {
		if p.unk != nil || p.text != "" {
			v.Parts = append(v.Parts, toValue(sym{p}))
		}
	}
	return v
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
