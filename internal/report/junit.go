package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// The dialect of JUnit that most readers share. A case has exactly one result, or none when
// it passed: of several, readers show the first or the last.

type junitSuites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []junitSuite
}

type junitSuite struct {
	XMLName    xml.Name         `xml:"testsuite"`
	Name       string           `xml:"name,attr"`
	Tests      int              `xml:"tests,attr"`
	Failures   int              `xml:"failures,attr"`
	Errors     int              `xml:"errors,attr"`
	Skipped    int              `xml:"skipped,attr"`
	Time       string           `xml:"time,attr"`
	Timestamp  string           `xml:"timestamp,attr,omitempty"`
	Properties *junitProperties `xml:"properties"`
	Cases      []junitCase
	took       int64
}

type junitCase struct {
	XMLName    xml.Name         `xml:"testcase"`
	Class      string           `xml:"classname,attr"`
	Name       string           `xml:"name,attr"`
	Time       string           `xml:"time,attr"`
	File       string           `xml:"file,attr,omitempty"`
	Line       int              `xml:"line,attr,omitempty"`
	Properties *junitProperties `xml:"properties"`
	Failure    *junitResult     `xml:"failure"`
	Error      *junitResult     `xml:"error"`
	Skipped    *junitResult     `xml:"skipped"`
	Out        *junitOutput     `xml:"system-out"`
	took       int64
}

type junitProperties struct {
	List []junitProperty
}

type junitProperty struct {
	XMLName xml.Name `xml:"property"`
	Name    string   `xml:"name,attr"`
	Value   string   `xml:"value,attr"`
}

type junitResult struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Body    string `xml:",innerxml"`
}

type junitOutput struct {
	Body string `xml:",innerxml"`
}

// writeJUnit writes a suite for each environment and a case for each slot. A slot that does
// not fit is a failure, one that could not be verified an error, and one that nobody wanted
// to have verified is skipped: none of them is ever a pass.
func writeJUnit(w io.Writer, d Document, _ Options) error {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(newJUnit(&d)); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

func newJUnit(d *Document) junitSuites {
	all := junitSuites{Name: "keyfit", Time: seconds(d.DurationMS)}
	started, _ := times(d)
	cases := junitCases(d)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		s := junitSuite{Name: name, Timestamp: started, Cases: cases[name], Properties: suiteProperties(d, name)}
		if name == "" {
			s.Name = "keyfit"
		}
		s.count()
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
	}
	return all
}

func (s *junitSuite) count() {
	s.Tests = len(s.Cases)
	for _, c := range s.Cases {
		s.took += c.took
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	s.Time = seconds(s.took)
}

// junitCases makes the cases of each environment: its slots, then what belongs to no slot.
func junitCases(d *Document) map[string][]junitCase {
	out, names, x := map[string][]junitCase{}, junitNames{}, newIndex(d)
	add := func(environment string, c junitCase) {
		names.unique(&c)
		out[environment] = append(out[environment], c)
	}
	for _, s := range d.Slots {
		add(s.Environment, slotCase(s, x))
	}
	for _, e := range entries(d) {
		if e.slot == nil {
			add(e.Environment, entryCase(e, x))
		}
	}
	if len(d.Slots) == 0 {
		add("", nothingCase(d))
	}
	for _, cases := range out {
		for i := range cases {
			cases[i].Time = seconds(cases[i].took)
		}
	}
	return out
}

// nothingCase stands for a run without slots: readers take a file without a case for broken,
// and it must not look like a pass.
func nothingCase(d *Document) junitCase {
	c := junitCase{Class: "keyfit", Name: "environments"}
	if d.isEmptyPart() {
		c.Skipped = &junitResult{Message: "nothing to check in this part", Type: "nothing"}
	} else {
		c.Error = &junitResult{Message: "nothing to check: no key in any environment", Type: "nothing"}
	}
	return c
}

// isEmptyPart reports whether others check all the slots that there are.
func (d *Document) isEmptyPart() bool { return d.Shard != nil && d.Shard.Elsewhere > 0 }

func suiteProperties(d *Document, environment string) *junitProperties {
	return properties("environment", environment, "keyfit", d.Tool.Version)
}

// properties makes a list of pairs and leaves out those without a value.
func properties(pairs ...string) *junitProperties {
	p := &junitProperties{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			p.List = append(p.List, junitProperty{Name: pairs[i], Value: pairs[i+1]})
		}
	}
	if len(p.List) == 0 {
		return nil
	}
	return p
}

func seconds(ms int64) string { return fmt.Sprintf("%d.%03d", ms/1000, ms%1000) }

// junitNames counts the cases of each name. Readers tell cases apart by class and name,
// some of them by their letters and digits alone.
type junitNames map[string]int

func (n junitNames) unique(c *junitCase) {
	name, base := c.Name, alphanumeric(c.Class+" "+c.Name)
	key := base
	for i := n[base] + 1; n[key] > 0; i++ {
		c.Name = fmt.Sprintf("%s (%d)", name, i)
		key = alphanumeric(c.Class + " " + c.Name)
		n[base] = i
	}
	n[key] = max(n[key], 1)
}

func alphanumeric(text string) string {
	return strings.Map(func(r rune) rune {
		if isRun(r) {
			return r
		}
		return '-'
	}, text)
}
