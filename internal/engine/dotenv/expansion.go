package dotenv

import (
	"maps"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// budget bounds what one list of files may grow to, read by one dialect.
type budget struct {
	bytes int // of expanded text
	hops  int // carried over into trails
	steps int // replacements
}

// find gives the value of a name, as the reader would find it at this point, and
// whether it counts as set: a name can be defined and have no value.
type find func(name string) (v model.Value, set bool)

// expansion evaluates one value. It asks for variables through get, so that every
// variable that takes part is remembered, and none that is unknown is taken for text.
type expansion struct {
	find   find
	pinned map[string]model.Value // candidates of ambiguous variables, one after the other
	budget *budget
	depths map[string]int // how deep the values of the file's own variables are nested
	at     pos.Span       // of the value

	asked    map[string]bool // whether the variable is unknown
	used     []model.Value   // in the order of their first use
	defaults []string        // names whose fallback was taken
	unknown  *model.Value    // the first unknown variable
	name     string          // its name
	depth    int
	steps    int
	refusal  string // why the reader does not take the file
	over     bool   // one of the limits was reached
}

// get gives the text of a variable, and whether it is set. For an unknown one it gives
// an unset one, and the value as a whole becomes unknown.
func (e *expansion) get(name string) (text string, set bool) {
	v, set := e.pinned[name]
	if set {
		set = v.State != model.Absent
	} else {
		v, set = e.find(name)
	}
	return e.take(name, v, set)
}

// take is get for a value that is at hand.
func (e *expansion) take(name string, v model.Value, set bool) (string, bool) {
	e.note(name, v)
	switch v.State {
	case model.Known:
		return v.Text.Reveal(), true
	case model.Absent:
		return "", set
	}
	if e.unknown == nil {
		e.unknown, e.name = &v, name
	}
	return "", false
}

func (e *expansion) note(name string, v model.Value) {
	if _, ok := e.asked[name]; ok {
		return
	}
	if e.asked == nil {
		e.asked = map[string]bool{}
	}
	e.asked[name] = v.State == model.Unknown
	if v.State != model.Absent {
		e.used = append(e.used, v)
		e.depth = max(e.depth, e.depths[name]+1)
	}
}

// fallback remembers that the text in the value itself stood in for the variable.
func (e *expansion) fallback(name string) { e.defaults = append(e.defaults, name) }

// refuse says that the reader does not take the file because of this value. It gives 0
// for callers that return how far they came.
func (e *expansion) refuse(message string) int {
	if e.refusal == "" {
		e.refusal = message
	}
	return 0
}

// limit says that keyfit gives up on this value. It gives 0 for callers that return how
// far they came.
func (e *expansion) limit() int {
	e.over = true
	return 0
}

func (e *expansion) stopped() bool { return e.refusal != "" || e.over }

// step counts one replacement. It reports false when there have been too many.
func (e *expansion) step() bool {
	e.steps++
	e.budget.steps++
	if e.steps > maxSteps || e.budget.steps > maxAllSteps {
		e.over = true
	}
	return !e.stopped()
}

// grow charges text to the budget. It reports false when it does not fit.
func (e *expansion) grow(n int) bool {
	e.budget.bytes += n
	if n > maxValue || e.budget.bytes > maxGrowth || e.depth > maxDepth {
		e.over = true
	}
	return !e.over
}

// fits reports whether a text of n bytes may stand as a value.
func (e *expansion) fits(n int) bool {
	if n > maxValue {
		e.over = true
	}
	return !e.over
}

// value gives the result, with the trails of all variables in front of its own hop.
func (e *expansion) value(text string, hop model.Hop) model.Value {
	trail, literal := e.trail()
	if len(e.asked) > 0 && !e.over {
		e.grow(len(text))
	}
	switch {
	case e.over:
		return model.UnknownBecause(model.WhyLimit, "a value that expands to less than 1 MiB, in fewer steps", model.Trail{}.Append(hop))
	case e.unknown != nil:
		return model.UnknownBecause(e.unknown.Why, e.unknown.Needs, trail.Append(hop))
	case literal:
		hop.Literal = true
		return model.KnownText(text, hop)
	}
	v := model.KnownText(text, hop)
	v.Trail = trail.Append(hop)
	return v
}

// trail joins the journeys of the variables that took part. It reports whether none
// did: then the text itself stands at the place of the value.
func (e *expansion) trail() (trail model.Trail, literal bool) {
	var trails []model.Trail
	for _, v := range e.used {
		if v.State == model.Known && v.Text.IsEmpty() {
			continue
		}
		trails = append(trails, v.Trail)
	}
	for _, name := range e.defaults {
		if e.unknown != nil {
			break // whether the fallback counts is not known
		}
		hop := model.Hop{At: e.at, Kind: model.KindDefault, What: name, Literal: true}
		trails = append(trails, model.Trail{}.Append(hop))
	}
	if len(trails) == 1 {
		return trails[0], false
	}
	for _, t := range trails {
		e.budget.hops += len(t.Hops())
	}
	if e.budget.hops > maxHops {
		e.over = true
		return model.Trail{}, false
	}
	return model.Join(trails...), len(trails) == 0
}

// maxCandidates bounds how many results of an ambiguous value are worked out.
const maxCandidates = 16

// evaluate works a value out. Where it uses an ambiguous variable, it works it out once
// for each candidate.
func (e expansion) evaluate(hop model.Hop, text func(*expansion) string) (v model.Value, refusal string) {
	left := maxCandidates
	return e.attempt(hop, text, &left)
}

func (e expansion) attempt(hop model.Hop, text func(*expansion) string, left *int) (model.Value, string) {
	blank := e
	s := text(&e)
	if e.refusal != "" {
		return model.UnknownBecause(model.WhyMissingFile, "", model.Trail{}.Append(hop)), e.refusal
	}
	if e.over || e.unknown == nil || len(e.unknown.Alternatives) == 0 || len(e.unknown.Alternatives) > *left {
		return e.value(s, hop), ""
	}
	*left -= len(e.unknown.Alternatives)
	var results []model.Value
	for _, candidate := range e.unknown.Alternatives {
		next := blank
		next.pinned = maps.Clone(blank.pinned)
		if next.pinned == nil {
			next.pinned = map[string]model.Value{}
		}
		next.pinned[e.name] = candidate
		v, refusal := next.attempt(hop, text, left)
		if refusal != "" {
			return v, refusal
		}
		results = append(results, v)
	}
	return model.Ambiguous(e.unknown.Needs, results...), ""
}

// hiddenValue stands for a variable that a file may define which could not be read.
func hiddenValue() model.Value {
	return model.UnknownBecause(model.WhyMissingFile, "the file that could not be read: it may define the variable", model.Trail{})
}

// mayExpand tells cheaply that a text has nothing to expand.
func mayExpand(s string) bool { return strings.Contains(s, "$") }
