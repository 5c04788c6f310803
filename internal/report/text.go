package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// writeText is the report for people: findings, worst first, each with the journey of
// its value; then what could not be verified; a table; one line that sums up.
func writeText(w io.Writer, d Document, opt Options) error {
	p := &page{opt: opt}
	x := newIndex(&d)
	told := map[string]bool{}
	p.findings(x, told)
	p.problems(d)
	p.untold(d, told)
	switch {
	case opt.Verbose:
		p.passed(d)
	case !opt.Quiet:
		p.passedBriefly(x)
	}
	if !opt.Quiet {
		p.ignored(d)
		p.table(x)
		p.notes(d)
	}
	p.line(p.paint(bold, p.text(summaryText(d))))
	return p.writeTo(w)
}

// notes says what else has to be known.
func (p *page) notes(d Document) {
	for _, note := range d.Notes {
		for i, piece := range p.wrap(p.text(note), len("note: ")) {
			if i == 0 {
				p.line(p.paint(bold, "note:"), " ", piece)
				continue
			}
			p.line("      ", piece)
		}
	}
	if len(d.Notes) > 0 {
		p.line()
	}
}

// finding writes one block. told remembers the slots whose journey was shown already.
func (p *page) finding(f Finding, x index, told map[string]bool) { p.block(cluster{f}, x, told) }

// block writes the first finding of a cluster, and where else there is the same.
func (p *page) block(c cluster, x index, told map[string]bool) {
	f := c[0]
	p.headline(f)
	if f.At.File != "" {
		p.line("  ", p.paint(blue, p.glyph("-->", "-->")), " ", p.text(f.At.String()))
	}
	s, ok := x.slotOf(f)
	switch {
	case !ok:
		if title := f.title(); title != "" {
			p.gutter(p.text(title))
		}
	case told[s.key()]:
		p.gutter(p.text(s.title()), p.paint(faint, "  (its journey is shown above)"))
	default:
		told[s.key()] = true
		p.slot(s, f.ID != "K102" && len(s.Unconfirmed) == 0) // whose own words say it all
	}
	for _, r := range f.Related {
		p.note("see", strings.TrimPrefix(r.At.String()+": "+r.Message, ": "))
	}
	p.note("same at", c.others())
	p.note("fix", f.Fix)
	p.note("help", f.Help)
	p.line()
}

func (p *page) headline(f Finding) {
	color := map[string]string{"error": red, "warning": yellow}[f.Severity]
	head := f.Severity + "[" + f.ID + "]"
	lines := p.wrap(p.text(f.Message), len(head)+2)
	p.line(p.paint(cmp.Or(color, blue)+";"+bold, head), p.paint(bold, ": "+lines[0]))
	for _, more := range lines[1:] {
		p.gutter(p.paint(bold, more))
	}
}

func (p *page) gutter(parts ...string) {
	p.line("   ", p.paint(blue, "|"), "  ", strings.Join(parts, ""))
}

// slot writes everything that is known of one slot.
// told says that a finding speaks of it, so that the doubt is still to be told.
func (p *page) slot(s Slot, told bool) {
	p.gutter(p.text(s.title()), p.paint(faint, p.text(p.slotFacts(s))))
	p.journey(s)
	p.background(s.DecidedBy, s.Reference)
	p.rungs(s)
	p.note("asked", requestText(s.Request))
	p.note("whose", identityText(s.Identity))
	p.note("doubt", s.Doubt)
	if s.Elsewhere != nil {
		p.note("elsewhere", strings.TrimSuffix(s.Elsewhere.Environment+" accepts it: "+identityText(s.Elsewhere.Identity), ": "))
	}
	if s.Outcome == Unsettled && told {
		p.note("unverified", doubt(s))
	}
	for _, c := range s.Also {
		p.note("also", slotTitle(c.Kind, c.Workload, c.Container, "")+" receives the same value")
	}
	for _, a := range s.Alternatives {
		p.note("candidate", p.candidateText(a))
	}
}

// slotFacts is what stands behind a slot's name: provider, kind, fingerprint.
func (p *page) slotFacts(s Slot) string {
	var facts []string
	for _, fact := range []string{s.Provider, s.Kind, p.fingerprint(s.Fingerprint)} {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	if len(facts) == 0 {
		return ""
	}
	return "  (" + strings.Join(facts, ", ") + ")"
}

func (p *page) candidateText(a Alternative) string {
	what := a.State
	switch {
	case a.Fingerprint != "":
		what = p.fingerprint(a.Fingerprint)
	case a.Reason != "":
		what += " (" + a.Reason + ")"
	}
	if n := len(a.Trail); n > 0 {
		what += " from " + a.Trail[n-1].At.place()
	}
	return what
}

// fingerprint shortens a fingerprint for people; -v shows the whole.
func (p *page) fingerprint(f string) string {
	const enough = len("kf:") + 8
	if p.opt.Verbose || len(f) <= enough {
		return f
	}
	return f[:enough]
}

// maxHops is how many stops of a journey a finding shows; -v and trace show all.
const maxHops = 12

// journey draws the stops as a short tree, overridden definitions first.
func (p *page) journey(s Slot) {
	rows := p.stops(s.Trail, s.Shadowed)
	if len(rows) == 0 {
		return
	}
	if extra := len(rows) - maxHops; extra > 0 && !p.opt.Verbose {
		middle := []string{p.glyph("…", "..."), fmt.Sprintf("%d more", extra), ""}
		rows = slices.Concat(rows[:maxHops/2], [][]string{middle}, rows[len(rows)-maxHops/2:])
	}
	for i, line := range columns(rows) {
		branch := p.glyph("├─ ", "|- ")
		if i == len(rows)-1 {
			branch = p.glyph("└─ ", "`- ")
		}
		p.gutter(p.paint(blue, branch), line)
	}
}

func (p *page) stops(trail []Hop, shadowed []Definition) [][]string {
	var rows [][]string
	for _, d := range slices.Backward(shadowed) {
		rows = append(rows, p.stop(d.At, d.Kind, d.What, p.paint(yellow, "overridden")))
	}
	winner := winning(trail)
	for i, h := range trail {
		remark := ""
		switch {
		case i == winner && len(shadowed) > 0:
			remark = p.paint(green, "wins")
		case h.Literal:
			remark = p.paint(faint, "written here")
		}
		rows = append(rows, p.stop(h.At, h.Kind, h.What, remark))
	}
	return rows
}

// winning is the stop at which a value replaced others: the last one that does more than
// refer to it.
func winning(trail []Hop) int {
	i := len(trail) - 1
	for i > 0 && trail[i].passesOn() && trail[i].Kind != model.KindCommand {
		i--
	}
	return i
}

func (p *page) stop(at At, kind, what, remark string) []string {
	room := 0
	if p.opt.Width > 0 {
		room = max(16, p.opt.Width-50)
	}
	return []string{p.text(at.place()), p.text(kind), p.cut(p.text(what), room), remark}
}

// background tells what chose the value, and where a secret store keeps it.
func (p *page) background(decidedBy []Hop, r *Reference) {
	decidedBy = choices(decidedBy)
	for i, h := range decidedBy {
		if extra := len(decidedBy) - i; i == maxDeciders && !p.opt.Verbose && extra > 1 {
			p.note("decided by", fmt.Sprintf("%d more places; --verbose shows all", extra))
			break
		}
		p.note("decided by", deciderText(h))
	}
	if r != nil {
		p.note("kept in", referenceText(*r))
	}
}

// choices leaves out what stands fixed in a template or a manifest: it decides, but nobody
// chose it.
func choices(decidedBy []Hop) []Hop {
	return slices.DeleteFunc(slices.Clone(decidedBy), func(h Hop) bool {
		return h.Kind == model.KindHelmTemplate || h.Kind == model.KindManifest
	})
}

// maxDeciders is how many conditions a finding shows.
const maxDeciders = 3

func deciderText(h Hop) string {
	return strings.TrimPrefix(fmt.Sprintf("%s: %s %s", h.At, h.Kind, h.What), ": ")
}

// referenceText is one line for a place in a store: store, name, path#property.
func referenceText(r Reference) string {
	words := []string{r.Store}
	if r.Name != "" {
		words = append(words, r.Name)
	}
	entry := r.Path
	if r.Property != "" {
		entry += "#" + r.Property
	}
	if r.Version != "" {
		entry += " version " + r.Version
	}
	return strings.TrimSpace(strings.Join(append(words, entry), " "))
}

func (p *page) rungs(s Slot) {
	names := []string{"format", "known", "linked", "active", "authorised"}
	var parts []string
	for i, answer := range s.Rungs.all() {
		parts = append(parts, names[i]+" "+p.rungMark(answer))
	}
	text := strings.Join(parts, "  ")
	if s.Reason != "" {
		text += "  " + p.paint(faint, "("+p.text(s.Reason)+")")
	}
	p.line("   ", p.paint(blue, "="), " ", p.paint(bold, "rungs:"), " ", text)
}

// problems writes those that no finding speaks of.
func (p *page) problems(d Document) {
	all := untoldProblems(&d)
	most := min(p.most(&d, maxUntold), len(all))
	for _, problem := range all[:most] {
		p.line(p.paint(yellow+";"+bold, "problem"), p.paint(bold, ": "+p.text(problem.Message)))
		if problem.At.File != "" {
			p.line("  ", p.paint(blue, "-->"), " ", p.text(problem.At.String()))
		}
		p.note("fix", problem.Fix)
		p.line()
	}
	p.more(len(all)-most, "problems")
}

// untold writes the unverified slots that no finding has shown.
func (p *page) untold(d Document, told map[string]bool) {
	most, shown, more := p.most(&d, maxUntold), 0, 0
	for _, s := range d.Slots {
		switch {
		case s.Outcome != Unsettled || told[s.key()]:
			continue
		case shown == most:
			more++
			continue
		}
		shown++
		p.line(p.paint(yellow+";"+bold, "unverified"), p.paint(bold, ": "+p.text(doubt(s))))
		p.slot(s, false)
		p.line()
	}
	if more > 0 {
		p.more(more, "could not be verified")
		p.line()
	}
}

func (p *page) passed(d Document) {
	for _, s := range d.Slots {
		if s.Outcome == Passed {
			p.line(p.paint(green+";"+bold, "passed"), p.paint(bold, ": the key fits"))
			p.slot(s, false)
			p.line()
		}
	}
}

// passedBriefly says of each key that fits, or whose misfit the configuration accepts,
// whose it is and what was proven.
func (p *page) passedBriefly(x index) {
	told, more, most := 0, 0, p.most(x.doc, maxPassed)
	for _, s := range x.doc.Slots {
		switch {
		case s.Outcome != Passed:
			continue
		case told == most:
			more++
			continue
		}
		told++
		line := p.text(s.title()) + p.paint(faint, p.text(p.slotFacts(s)))
		if whose := identityText(s.Identity); whose != "" {
			line += ": " + p.text(whose)
		}
		label := p.paint(green+";"+bold, "passed")
		if hasError(x.ignoredOf(s)) {
			label = p.paint(yellow+";"+bold, "accepted")
		}
		p.line(label, "  ", line)
		p.rungs(s)
		p.note("doubt", s.Doubt)
	}
	p.more(more, "passed")
	if told > 0 {
		p.line()
	}
}

func (p *page) ignored(d Document) {
	most := min(p.most(&d, maxIgnored), len(d.Ignored))
	for _, i := range d.Ignored[:most] {
		p.line(p.paint(faint, "ignored["+p.text(i.Finding.ID)+"]"), ": ", p.text(i.Finding.title()))
		p.note("because", strings.TrimSpace(i.Reason+until(i.Expires)))
	}
	p.more(len(d.Ignored)-most, "ignored")
	if len(d.Ignored) > 0 {
		p.line()
	}
}

func until(day string) string {
	if day == "" {
		return ""
	}
	return " (until " + day + ")"
}

// key identifies a slot within one report.
func (s Slot) key() string {
	if s.ID != "" {
		return s.ID
	}
	return s.name()
}

// name is what a slot is called; several may be called the same.
func (s Slot) name() string {
	return strings.Join([]string{s.Environment, s.Consumer, s.Container, s.Variable}, "\x00")
}
