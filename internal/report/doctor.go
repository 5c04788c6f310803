package report

import (
	"io"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/order"
)

// Diagnosis is the answer of `keyfit doctor`: what this job can see. It holds no value, nor
// anything about one but whether it is there.
type Diagnosis struct {
	SchemaVersion int    `json:"schema_version" doc:"always 1"`
	Tool          Tool   `json:"tool" doc:"what wrote it"`
	Started       string `json:"started" doc:"RFC 3339, UTC"`
	Errors        int    `json:"errors" doc:"facts that will make a check fail"`
	Unreachable   int    `json:"unreachable" doc:"hosts that could not be reached"`
	Warnings      int    `json:"warnings" doc:"facts that deserve a look"`
	Facts         []Fact `json:"facts" doc:"what was found, in the order of the sections"`
}

// Fact is one thing that the doctor found.
type Fact struct {
	Section     string   `json:"section" enum:"configuration,environments,inputs,pipeline,proxy,certificates,hosts,clock" doc:"what it is about"`
	Level       string   `json:"level" enum:"ok,note,warning,unreachable,error" doc:"error: a check will fail; unreachable: a check cannot verify; warning: look at it"`
	Name        string   `json:"name" doc:"of the file, environment, input, variable or host"`
	Environment string   `json:"environment,omitempty" doc:"where it counts; left out when everywhere"`
	State       string   `json:"state,omitempty" enum:"present,empty,absent,unknown" doc:"of an input; never more about its value"`
	Message     string   `json:"message" doc:"the fact in a sentence"`
	Fix         string   `json:"fix,omitempty" doc:"what to do"`
	Details     []string `json:"details,omitempty" doc:"more of it, a line each"`
	Host        *Host    `json:"host,omitempty" doc:"of a host: what was measured"`
}

// Host is what was measured of a host, without a key.
type Host struct {
	Environments []string `json:"environments" doc:"in which a check would ask it"`
	Providers    []string `json:"providers" doc:"whose it is"`
	Reason       string   `json:"reason" doc:"ok, or what stands in the way"`
	Proxy        string   `json:"proxy,omitempty" doc:"the proxy on the way, without user and password"`
	Addresses    []string `json:"addresses,omitempty" doc:"as this machine's DNS tells"`
	TLS          string   `json:"tls,omitempty" doc:"the version"`
	Issuer       string   `json:"issuer,omitempty" doc:"who signed its certificate"`
	Expires      string   `json:"expires,omitempty" doc:"when that certificate ends: RFC 3339, UTC"`
	Status       int      `json:"status" doc:"of the answer in HTTP; 0 without one"`
	LatencyMS    int64    `json:"latency_ms" doc:"in milliseconds"`
	SkewSeconds  *int64   `json:"skew_seconds,omitempty" doc:"how far its clock is ahead of this machine's; left out when it tells no time"`
}

// The levels of a [Fact].
const (
	FactOK          = "ok"
	FactNote        = "note"
	FactWarning     = "warning"
	FactUnreachable = "unreachable"
	FactError       = "error"
)

// sections are the sections of a diagnosis, in order.
func sections() []string {
	return []string{"configuration", "environments", "inputs", "pipeline", "proxy", "certificates", "hosts", "clock"}
}

// Complete sorts the facts by their sections, counts, and cleans every text.
func (d *Diagnosis) Complete() {
	d.SchemaVersion, d.Tool.Name = SchemaVersion, "keyfit"
	if d.Facts == nil {
		d.Facts = []Fact{}
	}
	ranked := sections()
	order.By(d.Facts, func(a, b Fact) int {
		return slices.Index(ranked, a.Section) - slices.Index(ranked, b.Section)
	})
	d.Errors, d.Unreachable, d.Warnings = 0, 0, 0
	for _, f := range d.Facts {
		switch f.Level {
		case FactError:
			d.Errors++
		case FactUnreachable:
			d.Unreachable++
		case FactWarning:
			d.Warnings++
		}
	}
	cleanAll(d)
}

// ExitCode gives the exit code of a diagnosis: 1 when a check will fail, 3 when a host could not
// be reached, else 0.
func (d Diagnosis) ExitCode() int {
	switch {
	case d.Errors > 0:
		return exitFindings
	case d.Unreachable > 0:
		return exitUnverified
	}
	return exitOK
}

// WriteDiagnosis writes d in the named format: text or json.
func WriteDiagnosis(w io.Writer, name string, d Diagnosis, opt Options) error {
	i, err := choose("--format", name, []string{"text", "json"})
	if err != nil {
		return err
	}
	if i == 1 {
		return encode(w, d)
	}
	if opt.Width == 0 {
		opt.Width = 80
	}
	p := &page{opt: opt}
	for _, section := range sections() {
		p.section(section, d.Facts)
	}
	p.line(p.paint(bold, diagnosisText(d)))
	return p.writeTo(w)
}

func (p *page) section(name string, facts []Fact) {
	told := false
	for _, f := range facts {
		if f.Section != name || p.opt.Quiet && (f.Level == FactOK || f.Level == FactNote) {
			continue
		}
		if !told {
			p.line(p.paint(bold, name))
		}
		told = true
		p.fact(f)
	}
	if told {
		p.line()
	}
}

func (p *page) fact(f Fact) {
	p.hanging("  "+p.factMark(f.Level)+" ", f.Message)
	for _, detail := range f.Details {
		p.hanging("    "+p.glyph("·", "-")+" ", detail)
	}
	if f.Fix != "" {
		p.hanging("    = "+p.paint(bold, "fix:")+" ", f.Fix)
	}
}

// hanging writes a text behind a head, its further lines below the text.
func (p *page) hanging(head, text string) {
	indent := visibleWidth(head)
	for i, piece := range p.wrap(p.text(text), indent) {
		if i > 0 {
			head = strings.Repeat(" ", indent)
		}
		p.line(head, piece)
	}
}

func (p *page) factMark(level string) string {
	switch level {
	case FactOK:
		return p.rungMark("pass")
	case FactError, FactUnreachable:
		return p.rungMark("fail")
	case FactWarning:
		return p.paint(yellow, "!")
	}
	return p.rungMark("")
}

func diagnosisText(d Diagnosis) string {
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{{d.Errors, "error", "errors"}, {d.Unreachable, "host unreachable", "hosts unreachable"}, {d.Warnings, "warning", "warnings"}} {
		if part.n > 0 {
			parts = append(parts, plural(part.n, part.one, part.many))
		}
	}
	text := "nothing stands in the way of a check"
	switch {
	case d.Errors > 0:
		text = "a check will fail"
	case d.Unreachable > 0:
		text = "a check cannot verify everything"
	}
	return strings.TrimSuffix(text+": "+strings.Join(parts, ", "), ": ")
}
