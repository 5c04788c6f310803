package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/order"
)

// Limits of the Markdown report. A job summary may have 1 MiB; one that anybody reads
// is far shorter.
const (
	maxMarkdown = 200_000 // bytes
	spareForEnd = 4_000   // kept free for what says that something was left out
	maxNodes    = 50      // of all charts together
	maxLabel    = 60      // characters of a chart's label
)

func writeMarkdown(w io.Writer, d Document, _ Options) error {
	_, err := io.WriteString(w, Markdown(d))
	return err
}

// Markdown is the report as GitHub-flavoured Markdown, at most 200 KB: a table of all
// slots, and each finding with its journey as a table and, while there is room, a chart.
func Markdown(d Document) string {
	m := &markdown{nodes: maxNodes}
	m.add("## keyfit: " + overall(d) + "\n\n" + summaryText(d) + "\n\n")
	x := newIndex(&d)
	m.slots(x)
	m.findings(x)
	m.ignored(d)
	for _, note := range d.Notes {
		m.add("\n> " + md(note) + "\n")
	}
	return m.b.String()
}

// markdown collects blocks while there is room.
type markdown struct {
	b     strings.Builder
	nodes int // still free in charts
}

// add writes a block, whole or not at all.
func (m *markdown) add(block string) bool {
	if m.b.Len()+len(block) > maxMarkdown-spareForEnd {
		return false
	}
	m.b.WriteString(block)
	return true
}

func (m *markdown) leftOut(n int, what string) {
	if n > 0 {
		fmt.Fprintf(&m.b, "\n%d more %s are in the JSON report.\n\n", n, what)
	}
}

func (m *markdown) slots(x index) {
	d := x.doc
	if len(d.Slots) == 0 {
		return
	}
	m.add("| | Environment | Consumer | Variable | Provider | Rungs | Why |\n|---|---|---|---|---|---|---|\n")
	ranked := slices.Clone(d.Slots)
	order.By(ranked, func(a, b Slot) int { return rank(b.Outcome) - rank(a.Outcome) })
	for i, s := range ranked {
		// Half of the room is for the findings.
		if m.b.Len() > maxMarkdown/2 || !m.add(slotRow(s, x)) {
			m.leftOut(len(ranked)-i, "slots")
			break
		}
	}
	m.add("\n")
}

func slotRow(s Slot, x index) string {
	why := strings.Join(slotWords(s, x), " ")
	if s.Outcome == Unsettled {
		why = strings.TrimSpace(why + " " + doubt(s))
	}
	cells := []string{
		symbol(s.Outcome), md(s.Environment), mdCode(slotTitle("", s.Consumer, s.Container, "")), mdCode(s.Variable),
		md(s.Provider), rungSymbols(s.Rungs), md(why),
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func symbol(outcome string) string {
	switch outcome {
	case Passed:
		return "✅"
	case Failed:
		return "❌"
	}
	return "⚠️"
}

func rungSymbols(r Rungs) string {
	var b strings.Builder
	for _, answer := range r.all() {
		b.WriteString(map[string]string{"pass": "✓", "fail": "✗"}[answer])
		if answer != "pass" && answer != "fail" {
			b.WriteString("·")
		}
	}
	return b.String()
}

func (m *markdown) findings(x index) {
	d := x.doc
	if len(d.Findings) == 0 {
		return
	}
	m.add("### Findings\n\n")
	told := map[string]bool{}
	left := len(d.Findings)
	for i, c := range clusters(d.Findings) {
		block := findingLine(c)
		if i < maxFindings {
			block = findingBlock(c)
			if s, ok := x.slotOf(c[0]); ok && !told[s.key()] {
				told[s.key()] = true
				block += m.chart(s) + journeyTable(s)
			}
		}
		if !m.add(block) {
			m.leftOut(left, "findings")
			return
		}
		left -= len(c)
	}
}

// findingLine is a cluster in a line, for what comes after those that are told in full.
func findingLine(c cluster) string {
	f := c[0]
	line := fmt.Sprintf("- %s %s: %s", symbol(map[string]string{"error": Failed}[f.Severity]), md(f.ID), md(f.Message))
	if f.At.File != "" {
		line += ", at " + mdCode(f.At.String())
	}
	if others := c.others(); others != "" {
		line += md("; same at " + others)
	}
	return line + "\n"
}

// findingBlock tells the first finding of a cluster, and where else there is the same.
func findingBlock(c cluster) string {
	f := c[0]
	var b strings.Builder
	fmt.Fprintf(&b, "#### %s %s: %s\n\n", symbol(map[string]string{"error": Failed}[f.Severity]), md(f.ID+" "+f.Name), md(f.Message))
	if title := f.title(); title != "" {
		fmt.Fprintf(&b, "- slot: %s\n", md(title))
	}
	if f.At.File != "" {
		fmt.Fprintf(&b, "- at %s\n", mdCode(f.At.String()))
	}
	for _, r := range f.Related {
		fmt.Fprintf(&b, "- see %s: %s\n", mdCode(r.At.place()), md(r.Message))
	}
	if others := c.others(); others != "" {
		fmt.Fprintf(&b, "- same at %s\n", md(others))
	}
	if f.Fix != "" {
		fmt.Fprintf(&b, "- fix: %s\n", md(f.Fix))
	}
	if isID(f.ID) {
		fmt.Fprintf(&b, "- help: <%s>\n", HelpURL(f.ID))
	}
	b.WriteString("\n")
	return b.String()
}

// isID keeps a touched report from putting a link of its own making behind "help".
func isID(id string) bool {
	return len(id) == 4 && id[0] == 'K' && strings.Trim(id[1:], "0123456789") == ""
}

// journeyTable is the journey as a table: it shows where a chart does not, and can be
// searched.
func journeyTable(s Slot) string {
	if len(s.Trail)+len(s.Shadowed) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s</summary>\n\n", plural(len(s.Trail)+len(s.Shadowed), "stop of its journey", "stops of its journey"))
	b.WriteString("| Stop | Where | Kind | What |\n|---|---|---|---|\n")
	row := func(stop string, at At, kind, what string) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", stop, mdCode(at.place()), md(kind), mdCode(what))
	}
	for _, d := range slices.Backward(s.Shadowed) {
		row("overridden", d.At, d.Kind, d.What)
	}
	for i, h := range s.Trail {
		row(fmt.Sprint(i+1), h.At, h.Kind, h.What)
	}
	deciders := choices(s.DecidedBy)
	for _, h := range deciders[:min(len(deciders), maxDeciders)] {
		row("decided by", h.At, h.Kind, h.What)
	}
	if s.Reference != nil {
		row("kept in", At{}, s.Reference.Store, referenceText(*s.Reference))
	}
	b.WriteString("\n</details>\n\n")
	return b.String()
}

// chart draws the journey, as long as the report has nodes left for the whole of it.
func (m *markdown) chart(s Slot) string {
	need := len(s.Trail) + len(s.Shadowed) + 1
	if len(s.Trail) == 0 || need > m.nodes {
		return ""
	}
	m.nodes -= need
	var b strings.Builder
	b.WriteString("```mermaid\nflowchart LR\n")
	for i, h := range s.Trail {
		fmt.Fprintf(&b, "  h%d[\"%s\"]\n", i, label(h.Kind, h.At))
	}
	fmt.Fprintf(&b, "  slot([\"%s\"])\n", mermaid(shorten(s.title(), maxLabel)))
	for i := range s.Trail {
		next := "slot"
		if i+1 < len(s.Trail) {
			next = fmt.Sprintf("h%d", i+1)
		}
		fmt.Fprintf(&b, "  h%d --> %s\n", i, next)
	}
	for i, d := range s.Shadowed {
		fmt.Fprintf(&b, "  o%d[\"%s\"] -. overridden .-> slot\n", i, label(d.Kind, d.At))
	}
	b.WriteString("```\n\n")
	return b.String()
}

func label(kind string, at At) string { return mermaid(shorten(kind+" "+at.place(), maxLabel)) }

// shorten cuts a text to n characters.
func shorten(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

func (m *markdown) ignored(d Document) {
	if len(d.Ignored) == 0 {
		return
	}
	m.add("### Ignored\n\n")
	for i, entry := range d.Ignored {
		line := fmt.Sprintf("- %s %s: %s\n", md(entry.Finding.ID), md(entry.Finding.title()), md(entry.Reason+until(entry.Expires)))
		if !m.add(line) {
			m.leftOut(len(d.Ignored)-i, "ignored findings")
			return
		}
	}
}
