package report

import (
	"fmt"
	"slices"
	"strings"
)

// A run that finds more than a person reads is folded: of each kind of finding one is told in
// full, the most widespread, and the rest is counted. --verbose tells all.
const (
	maxFindings = 12 // told in full each
	maxBlocks   = 8  // of more than that
	maxUntold   = 12 // unverified slots told in full each
	maxNamed    = 4  // names of consumers in one line
	maxPassed   = 20 // passed slots
	maxIgnored  = 20
	maxFewer    = 5 // of the last three in a folded run
)

// crowded reports whether the findings are to be folded.
func (p *page) crowded(findings []Finding) bool { return !p.opt.Verbose && len(findings) > maxFindings }

// most is how many entries of a list are told.
func (p *page) most(d *Document, usual int) int {
	switch {
	case p.opt.Verbose:
		return int(^uint(0) >> 1)
	case p.crowded(d.Findings):
		return maxFewer
	}
	return usual
}

// more says how many entries of a list were left out.
func (p *page) more(n int, what string) {
	if n > 0 {
		p.line(fmt.Sprintf("%d more %s; --verbose shows all", n, what))
	}
}

// cluster is the same finding at several consumers.
type cluster []Finding

// clusters puts together what differs in its consumer alone, in the order of the report.
func clusters(findings []Finding) []cluster {
	type kind struct {
		id, severity, environment, variable string
		at                                  At
	}
	var out []cluster
	at := map[kind]int{}
	for _, f := range findings {
		k := kind{f.ID, f.Severity, f.Environment, f.Variable, f.At}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	return out
}

// findings writes all findings, or, where they are many, one of each kind and a count of the
// rest.
func (p *page) findings(x index, told map[string]bool) {
	all := x.doc.Findings
	if p.opt.Quiet {
		all = slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { return f.Severity != "error" })
	}
	if !p.crowded(all) {
		for _, f := range all {
			p.finding(f, x, told)
		}
		return
	}
	chosen, rest := examples(clusters(all))
	for _, c := range chosen {
		p.block(c, x, told)
	}
	for _, f := range all {
		for _, i := range x.slotsOf(&f) {
			told[x.doc.Slots[i].key()] = true
		}
	}
	p.counts(rest)
}

// examples chooses the most widespread finding of each id; the rest is left.
func examples(all []cluster) (chosen []cluster, rest []Finding) {
	best := map[string]int{}
	var ids []string
	for i, c := range all {
		id := c[0].ID
		j, ok := best[id]
		if !ok {
			ids = append(ids, id)
		}
		if !ok || len(c) > len(all[j]) {
			best[id] = i
		}
	}
	for i, c := range all {
		if at := slices.Index(ids, c[0].ID); at >= maxBlocks || best[c[0].ID] != i {
			rest = append(rest, c...)
		}
	}
	for _, id := range ids[:min(len(ids), maxBlocks)] {
		chosen = append(chosen, all[best[id]])
	}
	return chosen, rest
}

// others names the further consumers of a cluster.
func (c cluster) others() string {
	if len(c) < 2 {
		return ""
	}
	var names []string
	for _, f := range c[1:] {
		names = append(names, slotTitle("", f.Consumer, f.Container, ""))
	}
	return fmt.Sprintf("%s: %s", plural(len(c)-1, "more consumer", "more consumers"), some(distinct(names)))
}

// some lists the first few of many names.
func some(names []string) string {
	if extra := len(names) - maxNamed; extra > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), extra)
	}
	return strings.Join(names, ", ")
}

// counts tells findings by kind and environment, one line each.
func (p *page) counts(findings []Finding) {
	if len(findings) == 0 {
		return
	}
	type kind struct{ severity, name, environment string }
	names, count, order := map[kind][]string{}, map[kind]int{}, []kind{}
	for _, f := range findings {
		k := kind{f.Severity, f.ID + " " + f.Name, f.Environment}
		if count[k]++; count[k] == 1 {
			order = append(order, k)
		}
		names[k] = append(names[k], f.Variable)
	}
	rows := [][]string{}
	for _, k := range order[:min(len(order), maxRows)] {
		rows = append(rows, []string{
			fmt.Sprint(count[k]), k.severity, p.text(k.name), p.text(k.environment), p.text(some(distinct(names[k]))),
		})
	}
	p.line(p.paint(bold, plural(len(findings), "more finding", "more findings")), "; --verbose shows each, the JSON report has all")
	for _, line := range columns(rows) {
		p.line("| ", p.cut(line, p.opt.Width-2))
	}
	p.more(len(order)-len(rows), "kinds")
	p.line()
}
