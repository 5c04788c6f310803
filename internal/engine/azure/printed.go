package azure

import (
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/strict"
)

// setting is a variable that a line of a step's output sets
// (pipelines/scripts/logging-commands, "SetVariable").
type setting struct {
	name           string
	value          tree.Text
	secret, output bool
	perhaps        *model.Value
}

var (
	mentioned = lazy.Regexp(`(?i)task\.setvariable\s+([^\]\n]*)`)
	property  = lazy.Regexp(`(?i)(?:^|;)\s*([a-z]+)=([^;\]]*)`)
)

// printed sets the variables that the output of a step sets. Of those that its script speaks
// of and that are not found in the output, nothing is known afterwards.
func (a *agent) printed(s *stepRun, output model.Value, script string) {
	seen := map[string]bool{}
	for _, one := range settings(output, 0) {
		seen[strings.ToLower(one.name)] = true
		a.assign(s, one)
	}
	for _, m := range mentioned().FindAllStringSubmatch(script, 500) {
		one, ok := settingOf(m[1])
		if !ok || seen[strings.ToLower(one.name)] {
			continue
		}
		seen[strings.ToLower(one.name)] = true
		hop := a.hop(s.at, "setvariable "+shown(one.name)+" of step "+strict.Name(s.label))
		u := model.UnknownBecause(model.WhyCommandOutput, "what the step "+strict.Name(s.label)+" prints", model.Trail{}.Append(hop))
		one.value = tree.Of(u, s.at)
		one.perhaps = &u
		a.assign(s, one)
	}
}

// settingOf reads the properties of a command.
func settingOf(properties string) (setting, bool) {
	var out setting
	for _, m := range property().FindAllStringSubmatch(properties, 20) {
		text := unescape(m[2])
		switch strings.ToLower(m[1]) {
		case "variable":
			out.name = text
		case "issecret":
			out.secret = strings.EqualFold(strings.TrimSpace(text), "true")
		case "isoutput":
			out.output = strings.EqualFold(strings.TrimSpace(text), "true")
		}
	}
	return out, macroName().MatchString(out.name)
}

// settings finds the commands in what was printed. What one of several texts holds may be set
// or not.
func settings(v model.Value, depth int) []setting {
	if depth > 5 {
		return nil
	}
	t := tree.Pieces(v)
	s := t.String()
	if len(s) > maxPrinted {
		return nil
	}
	var out []setting
	for at := 0; at < len(s); {
		end := len(s)
		if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
			end = at + i
		}
		if one, ok := settingIn(t, s, at, end); ok {
			out = append(out, one)
		}
		at = end + 1
	}
	for _, part := range v.Parts {
		for _, alternative := range part.Alternatives {
			for _, one := range settings(alternative, depth+1) {
				why := part
				one.perhaps = &why
				out = append(out, one)
			}
		}
	}
	return out
}

func settingIn(t tree.Text, s string, from, to int) (setting, bool) {
	line := s[from:to]
	start := strings.Index(line, "##vso[")
	if start < 0 {
		return setting{}, false
	}
	end := strings.IndexByte(line[start:], ']')
	if end < 0 {
		return setting{}, false
	}
	end += start
	name, properties, _ := strings.Cut(line[start+len("##vso["):end], " ")
	if !strings.EqualFold(name, "task.setvariable") {
		return setting{}, false
	}
	one, ok := settingOf(properties)
	data := t.Slice(from+end+1, to)
	if strings.HasSuffix(line, "\r") {
		data = t.Slice(from+end+1, to-1)
	}
	if strings.Contains(data.String(), "%") {
		data = data.Map(unescape)
	}
	one.value = data
	return one, ok
}

func unescape(s string) string {
	return strings.NewReplacer("%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%AZP25", "%").Replace(s)
}

// assign sets a variable for the steps behind. What was a secret stays one.
func (a *agent) assign(s *stepRun, one setting) {
	name := one.name
	if one.output {
		if s.name == "" {
			return // the agent refuses it
		}
		name = s.name + "." + name
	}
	lower := strings.ToLower(name)
	old, had := a.vars[lower]
	before := old.value
	if !had {
		before = model.Value{State: model.Absent}
	}
	hop := a.hop(s.at, "setvariable "+shown(one.name)+" of step "+strict.Name(s.label))
	e := entry{name: name, raw: one.value, hop: hop, marked: tree.AnswerOf(one.secret), fixed: old.fixed}
	v := one.value.Value(hop)
	switch why := firstWhy(one.perhaps, s.perhaps); {
	case why != nil:
		e.raw, e.hop, v = tree.Text{}, model.Hop{}, model.Ambiguous(why.Needs, before, v)
	case old.fixed:
		e.raw, e.hop, v = tree.Text{}, model.Hop{}, model.Ambiguous("whether a read-only variable may be set", before, v)
	default:
		e.before = nil
		if had {
			e.before = &old
		}
		v = v.Over(before)
	}
	if one.secret && s.perhaps != nil && old.secret != yes {
		e.marked = maybe
	}
	if had {
		e.marked = e.marked.Or(old.secret) // what was a secret stays one
	}
	e.value, e.secret = v, e.marked
	a.vars[lower] = e
}
