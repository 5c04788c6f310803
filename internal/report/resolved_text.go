package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// writeResolvedText lists what every consumer receives.
func writeResolvedText(w io.Writer, r Resolved, opt Options) error {
	p := &page{opt: opt}
	for _, e := range r.Environments {
		p.line(p.paint(bold, p.text("environment "+e.Name)))
		if len(e.Consumers) == 0 {
			p.line("  nothing receives variables here")
		}
		for _, c := range e.Consumers {
			p.consumer(c)
		}
		p.line()
	}
	p.resolvedProblems(r)
	p.line(p.paint(bold, resolvedSummary(r)))
	return p.writeTo(w)
}

func (p *page) consumer(c ResolvedConsumer) {
	p.line("  ", p.paint(bold, p.text(consumerTitle(c))), p.paint(faint, p.text(consumerFacts(c))))
	var rows [][]string
	handedOn, predefined := 0, 0
	ofTools := map[string]int{}
	inherits := c.Kind == model.ConsumerProcess || c.Kind == model.ConsumerCIStep
	for _, v := range c.Variables {
		if inherits && v.fromRunner() && !p.opt.Verbose {
			predefined++
			continue
		}
		if v.fromProcess() && !p.opt.Verbose {
			handedOn++
			continue
		}
		if v.fromTool() && !p.opt.Verbose {
			ofTools[v.Needs]++
			continue
		}
		rows = append(rows, p.variable(v))
	}
	for _, l := range columns(rows) {
		p.line("  ", p.paint(blue, "|"), " ", l)
	}
	if predefined > 0 {
		p.line("  ", p.paint(blue, "|"), " ", p.paint(faint, "and "+plural(predefined, "variable", "variables")+" of the CI system and its machine (-v lists them)"))
	}
	for _, what := range slices.Sorted(maps.Keys(ofTools)) {
		p.line("  ", p.paint(blue, "|"), " ", p.paint(faint, "and "+plural(ofTools[what], "variable", "variables")+": "+p.text(what)+" (-v lists them)"))
	}
	if handedOn > 0 {
		p.line("  ", p.paint(blue, "|"), " ", p.paint(faint, "and "+plural(handedOn, "variable", "variables")+" of keyfit's own process, handed on (-v lists them)"))
	}
}

func consumerTitle(c ResolvedConsumer) string { return slotTitle("", c.Workload, c.Container, "") }

func consumerFacts(c ResolvedConsumer) string {
	facts := []string{c.Kind}
	if c.Namespace != "" {
		facts = append(facts, "namespace "+c.Namespace)
	}
	if c.At != nil {
		facts = append(facts, c.At.place())
	}
	return "  (" + strings.Join(facts, ", ") + ")"
}

func (p *page) variable(v Variable) []string {
	what := p.fingerprint(v.Fingerprint)
	if text, ok := v.text(); ok {
		what = p.text(strconv.QuoteToGraphic(text))
	}
	if v.State == "unknown" {
		what = p.text(v.Reason)
	}
	from := ""
	if n := len(v.Trail); n > 0 {
		from = p.text(origin(v.Trail))
	}
	if n := len(v.Shadowed); n > 0 {
		from += p.paint(yellow, p.text("  overrides "+v.Shadowed[0].At.place()))
		if n > 1 {
			from += p.paint(yellow, fmt.Sprintf(" and %d more", n-1))
		}
	}
	color := map[string]string{"known": green, "unknown": yellow}[v.State]
	const room = 60 // of a name; the JSON has the whole
	return []string{p.cut(p.text(v.Name), room), p.paint(color, v.State), what, from}
}

// origin is the last place in a file that defines the value rather than passing it on,
// else the flag that hands it over, else the kind of a start outside of any file, else the
// command that it is written on, else the last place that refers to it.
func origin(trail []Hop) string {
	flag, start, command, reference := "", "", "", ""
	for _, h := range slices.Backward(trail) {
		switch {
		case h.At.File == "":
			start = h.Kind
		case h.Kind == model.KindCommand:
			command = cmp.Or(command, h.At.String())
		case !h.passesOn():
			return h.At.String()
		case h.Kind == model.KindHelmValues:
			flag = cmp.Or(flag, h.At.String())
		default:
			reference = cmp.Or(reference, h.At.String())
		}
	}
	return cmp.Or(flag, start, command, reference, trail[0].Kind)
}

func (h Hop) passesOn() bool { return model.Hop{Kind: h.Kind, Literal: h.Literal}.PassesOn() }

// resolvedProblems tells each problem once, with the environments in which it was met.
func (p *page) resolvedProblems(r Resolved) {
	type same struct {
		at           At
		message, fix string
	}
	where := map[same][]string{}
	var order []same
	for _, problem := range r.Problems {
		key := same{problem.At, problem.Message, problem.Fix}
		if len(where[key]) == 0 {
			order = append(order, key)
		}
		if !slices.Contains(where[key], problem.Environment) {
			where[key] = append(where[key], problem.Environment)
		}
	}
	for _, problem := range order {
		p.line(p.paint(yellow+";"+bold, "problem"), p.paint(bold, ": "+p.text(problem.message)))
		if problem.at.File != "" {
			p.line("  ", p.paint(blue, "-->"), " ", p.text(problem.at.String()))
		}
		label := "environment"
		if len(where[problem]) > 1 {
			label = "environments"
		}
		p.note(label, strings.Join(where[problem], ", "))
		p.note("fix", problem.fix)
		p.line()
	}
}

func resolvedSummary(r Resolved) string {
	counts := map[string]int{}
	consumers := 0
	for _, e := range r.Environments {
		consumers += len(e.Consumers)
		for _, c := range e.Consumers {
			for _, v := range c.Variables {
				counts[v.State]++
			}
		}
	}
	return fmt.Sprintf("%s, %s: %d variables known, %d absent, %d unknown; %s",
		plural(len(r.Environments), "environment", "environments"), plural(consumers, "consumer", "consumers"),
		counts["known"], counts["absent"], counts["unknown"], plural(len(r.Problems), "problem", "problems"))
}

// WriteTrace writes the whole journey of one variable in every consumer that receives
// it. It reports whether there was any; without one it says which name is near.
func WriteTrace(w io.Writer, r Resolved, name string, opt Options) (found bool, err error) {
	p := &page{opt: opt}
	p.opt.Verbose = true
	var names []string
	for _, e := range r.Environments {
		for _, c := range e.Consumers {
			for _, v := range c.Variables {
				names = append(names, v.Name)
				if v.Name == name {
					found = true
					p.trace(e, c, v)
				}
			}
		}
	}
	if !found {
		p.line("nothing receives ", p.text(strconv.Quote(Clean(name))))
		if near := strict.Nearest(name, distinct(names)); near != "" {
			p.note("help", "did you mean "+near)
		}
	}
	return found, p.writeTo(w)
}

func (p *page) trace(e ResolvedEnvironment, c ResolvedConsumer, v Variable) {
	color := map[string]string{"known": green, "unknown": yellow}[v.State]
	p.line(p.paint(bold, p.text(noun(v)+" "+v.Name)), ": ", p.paint(color, v.State), p.paint(faint, p.text(known(v))))
	p.gutter(p.text(slotTitle(e.Name, c.Workload, c.Container, v.Name)), p.paint(faint, p.text(consumerFacts(c))))
	p.journey(Slot{Trail: v.Trail, Shadowed: v.Shadowed})
	if text, ok := v.text(); ok {
		p.note("value", strconv.QuoteToGraphic(text))
	}
	if v.State == "unknown" {
		p.note("unknown", v.Reason)
		p.note("needs", v.Needs)
	}
	p.background(v.DecidedBy, v.Reference)
	for _, a := range v.Alternatives {
		p.note("candidate", p.candidateText(a))
	}
	p.line()
}

func noun(v Variable) string {
	if v.File {
		return "file"
	}
	return "variable"
}

func known(v Variable) string {
	if v.Fingerprint == "" {
		return ""
	}
	return "  (" + v.Fingerprint + ")"
}
