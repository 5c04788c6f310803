package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteDifference writes d in the named format: text, json or markdown.
func WriteDifference(w io.Writer, name string, d Difference, opt Options) error {
	i, err := choose("--format", name, []string{"text", "json", "markdown"})
	if err != nil {
		return err
	}
	return []func(io.Writer, Difference, Options) error{writeDifferenceText, writeDifferenceJSON, writeDifferenceMarkdown}[i](w, d, opt)
}

func writeDifferenceJSON(w io.Writer, d Difference, _ Options) error { return encode(w, d) }

// writeDifferenceText is for people: what matters first, each with both sides.
func writeDifferenceText(w io.Writer, d Difference, opt Options) error {
	p := &page{opt: opt}
	alike := 0
	for _, c := range d.Variables {
		if c.weight() == 3 && !opt.Verbose || c.weight() > 0 && opt.Quiet {
			alike++
			continue
		}
		p.comparison(d, c)
	}
	p.resolvedProblems(Resolved{Problems: d.Problems})
	if alike > 0 && !opt.Quiet {
		p.line(plural(alike, "variable", "variables"), " without any difference to tell (-v lists them)")
	}
	p.line(p.paint(bold, p.text(differenceSummary(d))))
	return p.writeTo(w)
}

func (p *page) comparison(d Difference, c Comparison) {
	color, head := p.verdict(c)
	title := slotTitle("", c.Consumer.Workload, c.Consumer.Container, c.Variable)
	lines := p.wrap(p.text(c.phrases(d)), len(head)+2)
	p.line(p.paint(color+";"+bold, head), p.paint(bold, ": "+lines[0]))
	for _, more := range lines[1:] {
		p.gutter(p.paint(bold, more))
	}
	p.gutter(p.text(title))
	if r := c.RightConsumer; r != nil {
		if other := slotTitle("", r.Workload, r.Container, c.Variable); other != title {
			p.gutter(p.text(other))
		}
		p.note("namespaces", namespaces(c))
	}
	p.side(d.Left, c.Left, c.Key)
	p.side(d.Right, c.Right, c.Key)
	const enough = 3
	for i, also := range c.Also {
		if i == enough && !p.opt.Verbose {
			p.note("also", plural(len(c.Also)-i, "more consumer", "more consumers"))
			break
		}
		p.note("also", slotTitle("", also.Workload, also.Container, ""))
	}
	p.line()
}

// verdict is how a comparison is marked.
func (p *page) verdict(c Comparison) (color, word string) {
	switch c.weight() {
	case 0:
		return red, "differs"
	case 1:
		return yellow, "unknown"
	case 2:
		return blue, "note"
	}
	return green, "alike"
}

func namespaces(c Comparison) string {
	if c.Consumer.Namespace == c.RightConsumer.Namespace {
		return ""
	}
	return fmt.Sprintf("%s and %s", cmp.Or(c.Consumer.Namespace, "(none)"), cmp.Or(c.RightConsumer.Namespace, "(none)"))
}

func (p *page) side(environment string, s Side, isKey bool) {
	p.note(environment, p.sideText(s, isKey))
	if s.State == "unknown" {
		p.note("needs", s.Needs)
	}
}

// sideText says what arrives: whose key, of which fingerprint, from where.
func (p *page) sideText(s Side, isKey bool) string {
	switch s.State {
	case "absent":
		return "nothing arrives"
	case "unknown":
		return "unknown (" + s.Reason + ")" + fromText(s)
	}
	words := []string{}
	for _, word := range []string{s.Provider, s.Kind, s.Mode} {
		if word != "" {
			words = append(words, word)
		}
	}
	if len(words) == 0 && isKey {
		words = append(words, "nobody knows whose key")
	}
	return strings.TrimSpace(strings.Join(words, ", ") + " (" + p.fingerprint(s.Fingerprint) + ")" + fromText(s))
}

func fromText(s Side) string {
	if len(s.Trail) == 0 {
		return ""
	}
	from := origin(s.Trail)
	if s.Source == "job" {
		from = cmp.Or(s.Trail[0].What, from) + " of this job"
	}
	return ", from " + from
}

// phrases says the differences in words.
func (c Comparison) phrases(d Difference) string {
	if len(c.Differences) == 0 {
		return "no difference to tell"
	}
	return strings.Join(convert(c.Differences, func(word string) string { return c.phrase(word, d) }), "; ")
}

func (c Comparison) phrase(word string, d Difference) string {
	switch word {
	case Missing:
		return c.missing(d)
	case NotComparable:
		return c.incomparable(d)
	}
	return map[string]string{
		SameKey:       "the same key in both",
		SameVariable:  "both are shown the same variable of this job",
		SameReference: "both refer to the same entry of a secret store",
		OtherProvider: "keys of different providers",
		OtherKind:     "keys of different kinds",
		OtherMode:     "keys of different modes",
		OtherValue:    "different values",
		OtherSource:   "from different sources",
		OtherJourney:  "by different ways",
	}[word]
}

func (c Comparison) missing(d Difference) string {
	const absent = "absent"
	switch {
	case c.Left.State == absent && c.Right.State == absent:
		return "missing in both"
	case c.Left.State == absent:
		return c.missingIn(d.Left)
	}
	return c.missingIn(d.Right)
}

func (c Comparison) missingIn(environment string) string {
	if c.Matched == "none" {
		return fmt.Sprintf("%s has no consumer that receives it", environment)
	}
	return "missing in " + environment
}

func (c Comparison) incomparable(d Difference) string {
	switch {
	case c.Left.State == c.Right.State:
		return "not known in either"
	case c.Left.State == "unknown":
		return "not known in " + d.Left
	}
	return "not known in " + d.Right
}

func differenceSummary(d Difference) string {
	s := d.Summary
	if s.Variables == 0 {
		return fmt.Sprintf("%s: no key in either; --all compares all variables", d)
	}
	return fmt.Sprintf("%s: %s compared: %d differ, %d unknown, %d as they may be; %s",
		d, plural(s.Variables, "variable", "variables"), s.Differing, s.Unknown, s.Alike, plural(len(d.Problems), "problem", "problems"))
}

// writeDifferenceMarkdown is a table, at most as long as a comment may be.
func writeDifferenceMarkdown(w io.Writer, d Difference, _ Options) error {
	m := &markdown{}
	m.add("## keyfit diff: " + md(d.String()) + "\n\n" + md(differenceSummary(d)) + "\n\n")
	shown := slices.DeleteFunc(slices.Clone(d.Variables), func(c Comparison) bool { return c.weight() == 3 })
	if len(shown) > 0 {
		m.add(fmt.Sprintf("| | Consumer | Variable | Difference | %s | %s |\n|---|---|---|---|---|---|\n", md(d.Left), md(d.Right)))
	}
	for i, c := range shown {
		if !m.add(comparisonRow(d, c)) {
			m.leftOut(len(shown)-i, "variables")
			break
		}
	}
	_, err := io.WriteString(w, m.b.String())
	return err
}

func comparisonRow(d Difference, c Comparison) string {
	p := &page{}
	mark := []string{"❌", "⚠️", "·", "✅"}[c.weight()]
	cells := []string{
		mark, mdCode(slotTitle("", c.Consumer.Workload, c.Consumer.Container, "")), mdCode(c.Variable),
		md(c.phrases(d)), md(p.sideText(c.Left, c.Key)), md(p.sideText(c.Right, c.Key)),
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}
